"""Text that is read in a column: in order, from message to message, searched and copied."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.strip import Strip

from brainstorm_tui.draw.highlight import highlight
from brainstorm_tui.draw.score import Place, View, scrolled, window
from brainstorm_tui.draw.status import Key
from brainstorm_tui.draw.transcript import Entry
from brainstorm_tui.screens.finding import Finding
from brainstorm_tui.transport import Transport
from brainstorm_tui.widgets.canvas import Canvas
from brainstorm_tui.widgets.search import SearchLine


class Reading(Finding):
    """A screen of a session on which entries are read, over the session, which goes on.

    Args:
        chosen: The id of the entry that is chosen at first, if one is.
    """

    CSS = """
    Reading { layout: vertical; }
    #reading { height: 1fr; background: $surface; }
    """

    KEYS_FIRST = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup,b", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "to_start", "Beginning", show=False),
        Binding("end,G", "to_end", "End", show=False),
        Binding("tab", "entry(1)", "Next message", show=False),
        Binding("shift+tab", "entry(-1)", "Message before", show=False),
    ]

    def __init__(self, transport: Transport, chosen: str | None) -> None:
        super().__init__(transport)
        self.view = View()
        self._entries: list[Entry] = []
        self._chosen = chosen

    def entries(self) -> list[Entry]:
        """What there is to read by now."""
        raise NotImplementedError

    def lines(self, entry: Entry, width: int, *, is_chosen: bool) -> list[Strip]:
        """An entry, drawn."""
        raise NotImplementedError

    def readable(self) -> list[Entry]:
        """What can be found: what has an id."""
        return [entry for entry in self.entries() if entry.id]

    def compose_middle(self) -> ComposeResult:
        """The text, and the line to search with."""
        yield Canvas(id="reading")
        yield SearchLine()

    def action_close(self) -> None:
        """Back to the panes."""
        self.app.pop_screen()

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.view.top = scrolled(self._lines, len(self._entries), self._room, self.view, lines)
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self.action_scroll(pages * max(1, self._room - 2))

    def action_to_start(self) -> None:
        """Go to the first line."""
        self.action_scroll(-(10**9))

    def action_to_end(self) -> None:
        """Go to the end, and follow it."""
        self.view.top, self._chosen = None, None
        self.redraw()

    def action_entry(self, step: int) -> None:
        """Choose the next message, or the one before."""
        places = [place for place, entry in enumerate(self._entries) if entry.id]
        self._go(places, step, "nothing was said yet")

    def looked_at(self) -> Entry | None:
        """The chosen message, or the last one."""
        said = [entry for entry in self._entries if entry.id]
        chosen = [entry for entry in said if entry.id == self._chosen] or said[-1:]
        return chosen[0] if chosen else None

    def look_at(self, entry: Entry) -> None:
        """Choose a message, and have it at the top."""
        self._entries = self.entries()
        self._show(self._entries.index(entry))

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
        self._entries = self.entries()
        seen = window(self._lines, len(self._entries), self._room, self.view)
        lines = [line for _, line in seen.lines]
        if self.wanted:
            style = self.look.chip("inverse")
            lines = [highlight(line, self.wanted, style) for line in lines]
        self.query_one("#reading", Canvas).show(lines)

    @property
    def _room(self) -> int:
        return self.query_one("#reading", Canvas).size.height

    def _lines(self, place: int) -> list[Strip]:
        entry = self._entries[place]
        is_chosen = bool(entry.id) and entry.id == self._chosen
        return self.lines(entry, self.size.width, is_chosen=is_chosen)

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
        self.view.top = Place(place, 0)
        self.redraw()
