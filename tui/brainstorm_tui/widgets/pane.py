"""One role's pane: its title, and what it says, drawn line by line."""

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from brainstorm_tui.draw.highlight import highlight
from brainstorm_tui.draw.score import Lines, Place, View, scrolled, window
from brainstorm_tui.widgets.canvas import Canvas

STRIDE = 1_000_000
"""A line's number for text selection is its round times this, plus its place in the block."""


class Pane(Canvas):
    """Follows the end of what a role says, until scrolled; text can be selected."""

    DEFAULT_CSS = """
    Pane { height: 1fr; background: $surface; }
    """

    class Scrolled(Message):
        """The wheel has moved what is in view."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.role = role
        self.view = View()
        """Where it looks; aligned panes share one."""
        self.below = 0
        """Blocks that begin below what is in view."""
        self._blocks: Lines = lambda _: ()
        self._count = 0
        self._places: list[Place | None] = []
        self._marked = "", Style.null()

    @property
    def room(self) -> int:
        """Lines for text, under the title."""
        return max(0, self.size.height - 1)

    def draw(
        self, title: Callable[[], Strip], extra: Sequence[Strip], blocks: Lines, count: int
    ) -> None:
        """Show the current lines.

        Args:
            title: Draws the title, once it is known what is in view.
            extra: Lines between the title and the text.
            blocks: The role's part of each round.
            count: How many of them there are.
        """
        self._blocks, self._count = blocks, count
        seen = window(blocks, count, self.room - len(extra), self.view)
        self.below = seen.below if not self.view.is_following else 0
        self._places = [None] * (1 + len(extra)) + [place for place, _ in seen.lines]
        self.show([title(), *extra, *(line for _, line in seen.lines)])

    def mark(self, wanted: str, style: Style) -> None:
        """Have a text stand out wherever it is said; an empty one marks nothing."""
        if (wanted, style) != self._marked:
            self._marked = wanted, style
            self.refresh()

    def scroll_lines(self, lines: int) -> None:
        """Scroll back (negative) or on; at the end it follows again."""
        self.view.top = scrolled(self._blocks, self._count, self.room, self.view, lines)

    def reveal(self, index: int) -> None:
        """Have the block of a round in view from its first line: nothing to do if it is."""
        first = Place(index, 0)
        if first not in self._places:
            self.view.top = first

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back, and stop following."""
        event.stop()
        self.scroll_lines(-3)
        self.post_message(self.Scrolled())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll on; at the end, follow."""
        event.stop()
        self.scroll_lines(3)
        self.post_message(self.Scrolled())

    def render_line(self, y: int) -> Strip:
        """A line, with what the selection needs to know."""
        line = super().render_line(y)
        place = self._places[y] if y < len(self._places) else None
        if place is None:
            return line
        if self._marked[0]:
            line = highlight(line, *self._marked)
        number = place.round * STRIDE + place.line
        if (selection := self.text_selection) and (span := selection.get_span(number)):
            line = self._selected(line, *span)
        return line.apply_offsets(0, number)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text: whole lines between the two ends, however far they are scrolled."""
        first = selection.start.y if selection.start else 0
        last = selection.end.y if selection.end else self._count * STRIDE
        texts = []
        for index in range(first // STRIDE, min(last // STRIDE + 1, self._count)):
            for line, strip in enumerate(self._blocks(index)):
                span = selection.get_span(index * STRIDE + line)
                if span and first <= index * STRIDE + line <= last:
                    start, end = span
                    texts.append(strip.text[start : end if end >= 0 else None].strip())
        return "\n".join(texts), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the lines again, with or without the selection."""
        self.refresh(Region(0, 0, self.size.width, self.size.height))

    def _selected(self, line: Strip, start: int, end: int) -> Strip:
        cells = line.cell_length
        left = line.index_to_cell_position(start)
        right = cells if end < 0 else line.index_to_cell_position(end)
        if left >= right:
            return line
        style = self.screen.get_component_rich_style("screen--selection")
        middle = [Segment(text, (own or style) + style) for text, own, _ in line.crop(left, right)]
        return Strip([*line.crop(0, left), *middle, *line.crop(right, cells)], cells)
