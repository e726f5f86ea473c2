"""The whole transcript, to read and to search."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.strip import Strip

from brainstorm_tui.clipboard import copy
from brainstorm_tui.draw.highlight import highlight
from brainstorm_tui.draw.score import Place, View, scrolled, window
from brainstorm_tui.draw.status import Key
from brainstorm_tui.draw.transcript import Entry, Transcript, as_text, entries, matches
from brainstorm_tui.screens.frame import Frame
from brainstorm_tui.text.markdown import plain
from brainstorm_tui.transport import Transport
from brainstorm_tui.widgets.canvas import Canvas
from brainstorm_tui.widgets.search import SearchLine


class TranscriptScreen(Frame):
    """Everything that was said, in order, over the session, which goes on."""

    CSS = """
    TranscriptScreen { layout: vertical; }
    #reading { height: 1fr; background: $surface; }
    """

    KEYS_FIRST = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v", "close", "Back", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup,b", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "to_start", "Beginning", show=False),
        Binding("end,G", "to_end", "End", show=False),
        Binding("tab", "entry(1)", "Next message", show=False),
        Binding("shift+tab", "entry(-1)", "Message before", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("n", "found(1)", "Next place", show=False),
        Binding("N", "found(-1)", "Place before", show=False),
        Binding("y", "copy", "Copy the message", show=False),
        Binding("Y", "copy_all", "Copy all", show=False),
    ]

    def __init__(self, transport: Transport, chosen: str | None) -> None:
        super().__init__(transport)
        self._view = View()
        self._entries: list[Entry] = []
        self._wanted = ""
        self._chosen = chosen
        self._transcript = Transcript(self.look)

    def compose_middle(self) -> ComposeResult:
        """The text, and the line to search with."""
        yield Canvas(id="reading")
        yield SearchLine()

    def action_close(self) -> None:
        """Back to the panes."""
        self.app.pop_screen()

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self._view.top = scrolled(self._lines, len(self._entries), self._room, self._view, lines)
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self.action_scroll(pages * max(1, self._room - 2))

    def action_to_start(self) -> None:
        """Go to the first line."""
        self.action_scroll(-(10**9))

    def action_to_end(self) -> None:
        """Go to the end, and follow it."""
        self._view.top, self._chosen = None, None
        self.redraw()

    def action_entry(self, step: int) -> None:
        """Choose the next message, or the one before."""
        places = [place for place, entry in enumerate(self._entries) if entry.id]
        self._go(places, step, "nothing was said yet")

    def action_search(self) -> None:
        """Ask what to look for."""
        self.query_one(SearchLine).open()

    def action_found(self, step: int) -> None:
        """Go to the next place that holds what was searched for."""
        if not self._wanted:
            self.hint("/ searches")
            return
        places = matches(self._entries, self._wanted)
        self._go(places, step, f"nobody said {self._wanted!r}")

    async def action_copy(self) -> None:
        """Copy the chosen message, or the last one."""
        said = [entry for entry in self._entries if entry.id]
        chosen = [entry for entry in said if entry.id == self._chosen] or said[-1:]
        if not chosen:
            self.hint("nothing was said yet")
            return
        way = await copy(plain(chosen[0].text), self.app.copy_to_clipboard)
        self.hint(f"{chosen[0].id}: {way}")

    async def action_copy_all(self) -> None:
        """Copy the whole transcript."""
        text = as_text(self.transport.source.session, self._entries)
        self.hint(f"all: {await copy(text, self.app.copy_to_clipboard)}")

    def on_search_line_wanted(self, message: SearchLine.Wanted) -> None:
        """Go to the first place while it is typed."""
        self._wanted = message.text
        if message.text:
            places = matches(self._entries, message.text)
            if places:
                self._show(places[0])
        self.redraw()

    def on_search_line_closed(self) -> None:
        """Give the keys back, and say how many places there are."""
        self.set_focus(None)
        if self._wanted:
            count = len(matches(self._entries, self._wanted))
            self.hint(f"{count} found: n next, N before" if count else "found nowhere")
        self.redraw()

    def keys(self) -> list[Key]:
        """The keys of reading."""
        return [
            Key(self.look.symbols.up_down, "scroll"),
            Key("Tab", "message"),
            Key("/ n N", "search"),
            Key("y Y", "copy"),
            Key("Esc", "back"),
        ]

    def draw(self, now: float) -> None:
        """Draw what is in view."""
        if self._transcript.look is not self.look:
            self._transcript = Transcript(self.look)
        self._entries = entries(self.transport.source.session)
        seen = window(self._lines, len(self._entries), self._room, self._view)
        lines = [line for _, line in seen.lines]
        if self._wanted:
            style = self.look.chip("inverse")
            lines = [highlight(line, self._wanted, style) for line in lines]
        self.query_one("#reading", Canvas).show(lines)

    @property
    def _room(self) -> int:
        return self.query_one("#reading", Canvas).size.height

    def _lines(self, place: int) -> list[Strip]:
        entry = self._entries[place]
        return self._transcript.lines(
            self.transport.source.session,
            entry,
            self.size.width,
            is_chosen=bool(entry.id) and entry.id == self._chosen,
        )

    def _go(self, places: list[int], step: int, otherwise: str) -> None:
        """Choose the next of some entries, seen from the chosen one; round at the ends."""
        if not places:
            self.hint(otherwise)
            return
        at = [place for place, entry in enumerate(self._entries) if entry.id == self._chosen]
        current = at[0] if self._chosen and at else (-1 if step > 0 else len(self._entries))
        if step > 0:
            wanted = next((place for place in places if place > current), places[0])
        else:
            wanted = next((place for place in reversed(places) if place < current), places[-1])
        self._show(wanted)

    def _show(self, place: int) -> None:
        self._chosen = self._entries[place].id
        self._view.top = Place(place, 0)
        self.redraw()
