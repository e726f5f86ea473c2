"""A widget that is given lines, and redraws those that have changed."""

from collections.abc import Sequence

from rich.style import Style
from textual import events
from textual.geometry import Region
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
