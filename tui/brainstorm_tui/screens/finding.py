"""Searching a session, and copying from it: the same in the panes and in the transcript."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from brainstorm_tui.clipboard import copy
from brainstorm_tui.draw.transcript import Entry, as_text, entries, matches
from brainstorm_tui.screens.frame import Frame, opening
from brainstorm_tui.text.markdown import plain
from brainstorm_tui.transport import Live, Transport
from brainstorm_tui.widgets.search import SearchLine


class Finding(Frame):
    """A screen of a session with a `SearchLine`, whose messages can be found and copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        opening("slash", "search", "Search"),
        Binding("n", "found(1)", "Next place", show=False),
        Binding("N", "found(-1)", "Place before", show=False),
        Binding("p", "prompt", "The prompt that was sent", show=False),
        Binding("asterisk", "keep", "Keep as an idea", show=False),
        Binding("y", "copy", "Copy the message", show=False),
        Binding("Y", "copy_all", "Copy all", show=False),
    ]

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.wanted = ""
        """What is searched for."""

    def readable(self) -> list[Entry]:
        """What can be found: by default everything that was said."""
        return [entry for entry in entries(self.transport.source.session) if entry.id]

    def looked_at(self) -> Entry | None:
        """What is looked at, and copied; None if nothing was said."""
        raise NotImplementedError

    def look_at(self, entry: Entry) -> None:
        """Have something in view, and look at it."""
        raise NotImplementedError

    def action_keep(self) -> None:
        """Keep the message that is looked at as an idea; again, take it back."""
        entry = self.looked_at()
        if not isinstance(self.transport, Live):
            self.hint(
                "this is a replay, which writes nothing: ideas are kept while a session is live"
            )
        elif entry is None or not entry.text:
            self.hint("nothing was said yet")
        elif entry.turn is None:
            self.hint("this is your own; ideas are kept of what the roles say")
        else:
            self.hint(self.transport.keep(entry.turn.id))

    def whole(self) -> str:
        """All that there is to copy: by default the transcript."""
        session = self.transport.source.session
        return as_text(session, entries(session))

    def action_search(self) -> None:
        """Ask what to look for."""
        self.query_one(SearchLine).open()

    def action_found(self, step: int) -> None:
        """Go to the next message that holds what was searched for, or to the one before."""
        if not self.wanted:
            self.hint("/ searches")
            return
        found = self._found()
        if not found:
            self.hint(f"nobody said {self.wanted!r}")
            return
        ids = [entry.id for entry in found]
        current = self.looked_at()
        if current and current.id in ids:
            place = (ids.index(current.id) + step) % len(found)
        else:
            place = 0 if step > 0 else len(found) - 1
        self.look_at(found[place])
        self.hint(f"{place + 1} of {len(found)}")

    async def action_copy(self) -> None:
        """Copy the message that is looked at."""
        entry = self.looked_at()
        if entry is None or not entry.text:
            self.hint("nothing was said yet")
            return
        way = await copy(plain(entry.text), self.app.copy_to_clipboard)
        self.hint(f"{entry.id}: {way}")

    async def action_copy_all(self) -> None:
        """Copy the whole transcript."""
        way = await copy(self.whole(), self.app.copy_to_clipboard)
        self.hint(f"all: {way}")

    def action_prompt(self) -> None:
        """Show what the model was sent for the turn that is looked at."""
        entry = self.looked_at()
        if entry is None:
            self.hint("nobody was asked yet")
        elif entry.turn is None:
            self.hint("a model was asked for what a role says: choose a message of one")
        else:
            # Imported on demand: the first frame does not wait for it.
            from brainstorm_tui.screens.prompt import PromptScreen

            self.app.push_screen(PromptScreen(self.transport, entry.turn))

    def on_search_line_wanted(self, message: SearchLine.Wanted) -> None:
        """Mark what is looked for while it is typed, and go to its last place."""
        self.wanted = message.text
        if message.text and (found := self._found()):
            self.look_at(found[-1])
        self.redraw()

    def on_search_line_closed(self) -> None:
        """Give the keys back, and say how many places there are."""
        self.set_focus(None)
        if self.wanted:
            count = len(self._found())
            self.hint(f"{count} found: n next, N before" if count else "found nowhere")
        self.redraw()

    def _found(self) -> list[Entry]:
        readable = self.readable()
        return [readable[place] for place in matches(readable, self.wanted)]
