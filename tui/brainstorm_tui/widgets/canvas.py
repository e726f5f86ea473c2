"""A widget that is given lines, and redraws those that have changed."""

from collections.abc import Sequence

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Canvas(Widget):
    """Shows lines. Whoever owns it calls `show`; nothing is laid out again because of that."""

    DEFAULT_CSS = """
    Canvas { background: $background; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Strip] = ()

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
            self.refresh(*(Region(0, y, width, 1) for y in changed))

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
