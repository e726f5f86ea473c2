"""Two sessions side by side: scrolled together, their differences marked and walked through."""

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer

from brainstorm_tui.comparison import Comparison, Kind, Row
from brainstorm_tui.draw.arrange import LOW
from brainstorm_tui.draw.comparison import Columns, blocks_of
from brainstorm_tui.draw.comparison_heads import titles, top, verdict
from brainstorm_tui.draw.highlight import highlight
from brainstorm_tui.draw.row import Piece, row
from brainstorm_tui.draw.score import Place, View, end_of, scrolled, window
from brainstorm_tui.draw.status import Key, keys_line
from brainstorm_tui.look import Look
from brainstorm_tui.screens.frame import HINT_S
from brainstorm_tui.widgets.canvas import Canvas
from brainstorm_tui.widgets.search import SearchLine

if TYPE_CHECKING:
    from brainstorm_tui.app import BrainstormApp

WHEEL = 3
"""Lines that the wheel scrolls."""


class CompareScreen(Screen[None]):
    """Shows a comparison. Nothing in it moves by itself.

    Args:
        comparison: The two sessions.
        names: What their logs are called.
    """

    app: "BrainstormApp"

    AUTO_FOCUS = ""
    CSS = """
    CompareScreen { layout: vertical; }
    #titles { height: 3; }
    #under { height: 1; }
    #columns { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "difference(1)", "Next difference", show=False),
        Binding("N", "difference(-1)", "Difference before", show=False),
        Binding("equals_sign", "fold", "Fold what is the same", show=False),
        Binding("left_square_bracket,shift+left", "round(-1)", "Round before", show=False),
        Binding("right_square_bracket,shift+right", "round(1)", "Next round", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup,b", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home", "to_start", "Beginning", show=False),
        Binding("end,G", "to_end", "End", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("escape", "give_up", "Give the search up", show=False),
        Binding("question_mark,f1", "help", "Help", show=False),
        Binding("colon", "app.command_palette", "Palette", show=False),
        Binding("q", "app.leave", "Quit", show=False),
    ]

    def __init__(self, comparison: Comparison, names: tuple[str, str]) -> None:
        super().__init__()
        self._comparison = comparison
        self._names = names
        self._blocks = blocks_of(comparison)
        self._differing = [
            index
            for index, block in enumerate(self._blocks)
            if block.row and block.row.kind is not Kind.SAME
        ]
        self._found: list[int] = []
        """The blocks that hold what was searched for."""
        self._columns: Columns | None = None
        self._form: tuple[Look, int, bool] | None = None
        """What the columns were made for."""
        self._is_folded = True
        self._view = View(Place(0, 0))
        self._shown: list[Place] = []
        """Of each line in view, where it comes from."""
        self._drawn_at = 0, 0
        """The width, and the height of the columns."""
        self._chosen = self._differing[0] if self._differing else None
        """The block that is looked at."""
        self._wanted = ""
        self._hint = ""
        self._hint_timer: Timer | None = None

    @property
    def look(self) -> Look:
        """How things look now."""
        return self.app.look

    def compose(self) -> ComposeResult:
        """What stays above, the two columns, and what stays below."""
        yield Canvas(id="top")
        yield Canvas(id="titles")
        yield Canvas(id="under")
        yield Canvas(id="columns")
        yield SearchLine()
        yield Canvas(id="status")
        yield Canvas(id="keys")

    def on_resize(self) -> None:
        """Draw at the new size, once it is known how much of it the columns get."""
        self.query_one("#under").display = self.size.height >= LOW
        self.call_after_refresh(self.redraw)

    def on_canvas_resized(self) -> None:
        """Draw again: a layout has come to rest."""
        self.redraw()

    def on_screen_resume(self) -> None:
        """Draw again: the theme may have changed meanwhile."""
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        """Drop the hint that the last key gave; a key that means nothing here gets one too."""
        if event.key not in self.active_bindings:
            self.hint("that key does nothing here: ? shows the keys")
        elif self._hint:
            self.hint("")

    def on_canvas_clicked(self, message: Canvas.Clicked) -> None:
        """Look at the difference that was clicked."""
        if message.canvas.id != "columns" or message.y >= len(self._shown):
            return
        index = self._shown[message.y].round
        if index in self._differing:
            self._chosen = index
            self.redraw()

    def on_mouse_scroll_up(self) -> None:
        """Scroll back."""
        self.action_scroll(-WHEEL)

    def on_mouse_scroll_down(self) -> None:
        """Scroll on."""
        self.action_scroll(WHEEL)

    def on_search_line_wanted(self, message: SearchLine.Wanted) -> None:
        """Go to the first place while it is typed."""
        self._wanted = message.text
        needle = message.text.casefold()
        self._found = [
            index
            for index, block in enumerate(self._blocks)
            if needle and block.row and _holds(block.row, needle)
        ]
        if self._found:
            self._choose(self._found[0])
        self.redraw()

    def on_search_line_closed(self) -> None:
        """Give the keys back."""
        self.set_focus(None)
        if self._wanted and not self._places:
            self.hint("found nowhere: Esc gives it up")
        self.redraw()

    def hint(self, text: str) -> None:
        """Say something in the line of keys for a moment."""
        self._hint = text
        if self._hint_timer is not None:
            self._hint_timer.stop()
        self._hint_timer = self.set_timer(HINT_S, lambda: self.hint("")) if text else None
        self.redraw()

    def action_difference(self, step: int) -> None:
        """Go to the next difference, or to the next place that was searched for."""
        places = self._places
        if not places:
            self.hint("found nowhere" if self._wanted else "there is no difference")
            return
        seen = {place.round for place in self._shown}
        current = self._chosen
        if current not in seen:
            # It was scrolled away: what is in view counts.
            current = min(seen, default=0) - 1 if step > 0 else max(seen, default=0) + 1
        assert current is not None, "what is in view is a number"
        if step > 0:
            wanted = next((place for place in places if place > current), None)
        else:
            wanted = next((place for place in reversed(places) if place < current), None)
        if wanted is None:
            wanted = places[0 if step > 0 else -1]
            self.hint("from the beginning again" if step > 0 else "from the end again")
        self._choose(wanted)
        self.redraw()

    def action_fold(self) -> None:
        """Fold what is the same, or show all of it."""
        is_in_view = self._chosen in {place.round for place in self._shown}
        self._is_folded = not self._is_folded
        self._view.top = Place(self._shown[0].round if self._shown else 0, 0)
        if is_in_view and self._chosen is not None:
            self._choose(self._chosen)
        self.hint("what is the same is folded" if self._is_folded else "all is shown: = folds")

    def action_round(self, step: int) -> None:
        """Go to the beginning of the next round, or of the one before."""
        rules = [index for index, block in enumerate(self._blocks) if block.row is None]
        top = self._shown[0] if self._shown else Place(0, 0)
        if step > 0:
            wanted = next((index for index in rules if index > top.round), None)
            self._view.top = self._end if wanted is None else Place(wanted, 0)
        else:
            earlier = [index for index in rules if Place(index, 0) < top]
            self._view.top = Place(earlier[-1] if earlier else 0, 0)
        self.redraw()

    def action_scroll(self, lines: int) -> None:
        """Scroll both by lines."""
        self._scroll(lines)
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Scroll both by pages."""
        self.action_scroll(pages * max(1, self._room - 2))

    def action_to_start(self) -> None:
        """Go to the first line."""
        self._view.top = Place(0, 0)
        self.redraw()

    def action_to_end(self) -> None:
        """Go to the last line."""
        self._view.top = self._end
        self.redraw()

    def action_search(self) -> None:
        """Ask what to look for."""
        self.query_one(SearchLine).open()

    def action_give_up(self) -> None:
        """Look for nothing any more."""
        if self._wanted:
            self._wanted = ""
            self.redraw()
        else:
            self.hint("q quits")

    def action_help(self) -> None:
        """Show the keys."""
        self.app.show_help()

    def redraw(self) -> None:
        """Draw the whole screen."""
        if not self.is_mounted or not self.size.width or not self._room:
            return
        look, width = self.look, self.size.width
        columns = self._made()
        if (width, self._room) != self._drawn_at:
            is_in_view = self._chosen in {place.round for place in self._shown}
            if self._chosen is not None and (is_in_view or not self._shown):
                self._choose(self._chosen)
            self._drawn_at = width, self._room
        # What was folded, or a larger screen, must not leave emptiness below the end.
        self._scroll(0)
        seen = window(self._lines, columns.count, self._room, self._view)
        self._shown = [place for place, _ in seen.lines]
        lines = [line for _, line in seen.lines]
        if self._wanted:
            lines = [highlight(line, self._wanted, look.chip("inverse")) for line in lines]
        lines += [columns.blank()] * (self._room - len(lines))
        comparison = self._comparison
        self.query_one("#top", Canvas).show([top(look, comparison, width)])
        self.query_one("#titles", Canvas).show(titles(look, comparison, self._names, width))
        self.query_one("#columns", Canvas).show(lines)
        self.query_one("#status", Canvas).show([self._status()])
        self.query_one("#keys", Canvas).show([self._keys()])

    @property
    def _room(self) -> int:
        return self.query_one("#columns", Canvas).size.height

    def _made(self) -> Columns:
        """The columns for the present look, width and folding."""
        form = self.look, self.size.width, self._is_folded
        if self._columns is None or form != self._form:
            look, width, is_folded = self._form = form
            self._columns = Columns(
                look, self._comparison, self._blocks, width, is_folded=is_folded
            )
        return self._columns

    def _lines(self, index: int) -> list[Strip]:
        return self._made().lines(index, is_chosen=index == self._chosen)

    @property
    def _places(self) -> list[int]:
        """The blocks that n and N walk through."""
        return self._found if self._wanted else self._differing

    @property
    def _end(self) -> Place:
        return end_of(self._lines, self._made().count, self._room)

    def _scroll(self, lines: int) -> None:
        """Look that many lines further on, but not below the end."""
        count = self._made().count
        # Nothing is to come that could be followed, so the end is a place like any other.
        self._view.top = scrolled(self._lines, count, self._room, self._view, lines) or self._end

    def _choose(self, index: int) -> None:
        """Look at a block: all of it is in view, or it begins a third down, if it can."""
        self._chosen = index
        columns, room = self._made(), self._room
        seen = window(self._lines, columns.count, room, self._view).lines
        length = len(self._lines(index))
        if sum(place.round == index for place, _ in seen) < length:
            above = min(room // 3, max(0, room - length))
            self._view.top = Place(index, 0)
            self._scroll(-above)

    def _status(self) -> Strip:
        chosen = self._blocks[self._chosen].row if self._chosen is not None else None
        found = f"found {self._place_in(self._found)}" if self._wanted else ""
        if chosen is not None and chosen.kind is Kind.SAME:
            chosen = None
        return verdict(self.look, self._comparison, chosen, self.size.width, found)

    def _place_in(self, places: list[int]) -> str:
        at = f"{places.index(self._chosen) + 1} of " if self._chosen in places else ""
        return f"{at}{len(places)}"

    def _keys(self) -> Strip:
        look, width = self.look, self.size.width
        if self._hint:
            ground = look.ink("dim", "ground")
            said = Piece(self._hint, look.ink("text", "ground", bold=True))
            return row(width, ground, [Piece(" ", ground), said])
        keys = [
            Key("n N", "place" if self._wanted else "difference"),
            Key("=", "show what is the same" if self._is_folded else "fold what is the same"),
            Key("[ ]", "round"),
            Key(look.symbols.up_down, "scroll"),
            Key("/", "search"),
        ]
        return keys_line(look, keys, [Key("?", "help"), Key("q", "quit")], width)


def _holds(row: Row, needle: str) -> bool:
    """Whether a text is said on either side, in any case of letters; or is the id."""
    parts = [part for part in (row.a, row.b) if part]
    return any(needle in part.text.casefold() or needle == part.id.casefold() for part in parts)
