"""A widget that is given lines, and redraws those that have changed."""

from collections.abc import Sequence
from typing import Self

from rich.style import Style
from textual import events
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


class Canvas(Widget):
    """Shows lines. Whoever owns it calls `show`; nothing is laid out again because of that."""

    class Clicked(Message):
        """A cell was clicked."""

        def __init__(self, canvas: "Canvas", x: int, y: int, *, is_double: bool) -> None:
            super().__init__()
            self.canvas = canvas
            self.x = x
            self.y = y
            self.is_double = is_double

    class Resized(Message):
        """What was shown was drawn for another size."""

    DEFAULT_CSS = """
    Canvas { background: $background; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Strip] = ()
        self._drawn: list[tuple[Strip, Strip]] = []
        """The lines in view, before and behind the filters."""
        self._stale: set[int] = set()
        """Those of them that have to be drawn again."""
        self._drawn_for: object = None

    @property
    def size(self) -> Size:
        """Its cells: it has no border, and no padding."""
        return self.outer_size

    def show(self, lines: Sequence[Strip]) -> None:
        """Show these lines from now on."""
        old, self._lines = self._lines, lines
        width = self.size.width
        changed = [
            y
            for y in range(max(len(old), len(lines)))
            if y >= len(old) or y >= len(lines) or not _same(old[y], lines[y])
        ]
        if changed:
            self.refresh(*(Region(0, y, width, rows) for y, rows in _runs(changed)))

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Draw lines again with the next frame; without regions, all of them."""
        if not regions:
            self._drawn_for = None
        for region in regions:
            self._stale.update(region.line_range)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Draw all lines again: their ground may have changed."""
        super().notify_style_update()
        self._drawn_for = None

    def on_resize(self) -> None:
        """Tell that there is another size."""
        self.post_message(self.Resized())

    def on_click(self, event: events.Click) -> None:
        """Tell which cell was clicked."""
        self.post_message(self.Clicked(self, event.x, event.y, is_double=event.chain > 1))

    def word_at(self, x: int, y: int) -> str:
        """The word in a cell, without what surrounds it; nothing between words."""
        if not 0 <= y < len(self._lines):
            return ""
        line = self._lines[y]
        before, behind = line.crop(0, x).text, line.crop(x).text
        if not behind.strip() or behind[0] == " ":
            return ""
        return (before.rpartition(" ")[2] + behind.partition(" ")[0]).strip()

    def render_lines(self, crop: Region) -> list[Strip]:
        """What the terminal is given.

        Textual would see to borders, padding and opacity, of which there are none here, and ask
        again for every line beside one that has changed: with many panes, that is most of the work.
        """
        filters = self.get_line_filters()
        width, height = self.size
        state = width, height, filters
        if state != self._drawn_for:
            self._drawn_for = state
            blank = Strip([])
            self._drawn = [(blank, blank)] * height
            self._stale.update(range(height))
        if self._stale:
            self._draw_stale(filters)
        lines = [line for _, line in self._drawn[crop.y : crop.bottom]]
        return lines if crop.width == width else [line.crop(*crop.column_span) for line in lines]

    def _draw_stale(self, filters: Sequence[LineFilter]) -> None:
        _, background = self.background_colors
        # A line that has moved has been through the filters already.
        known = {id(line): (line, filtered) for line, filtered in self._drawn}
        for y in self._stale.intersection(range(len(self._drawn))):
            line = self.render_line(y)
            if id(line) not in known:
                segments = list(line)
                for each in filters:
                    segments = each.apply(segments, background)
                known[id(line)] = line, Strip(segments, line.cell_length)
            self._drawn[y] = known[id(line)]
        self._stale.clear()

    def render_line(self, y: int) -> Strip:
        """A line, padded to the widget's width."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[y]
        return line if line.cell_length == width else line.crop_extend(0, width, self.rich_style)

    @property
    def ground(self) -> Style:
        """The style of empty cells."""
        return self.rich_style


def _same(one: Strip, other: Strip) -> bool:
    return one is other or one == other


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Where ascending numbers without a gap begin, and how many they are."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == sum(runs[-1]):
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((number, 1))
    return runs
