"""Which lines of a role's blocks are in view: at the end, or from a place that was scrolled to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual.strip import Strip

Lines = Callable[[int], Sequence[Strip]]
"""The lines of the block of a round, all panes of a row equally many if they are aligned."""


class Place(NamedTuple):
    """A line of a block."""

    round: int
    line: int


@dataclass(slots=True)
class View:
    """Where a pane looks, or a row of aligned panes: None follows the end."""

    top: Place | None = None

    @property
    def is_following(self) -> bool:
        """Whether it shows the end and moves with it."""
        return self.top is None


class Window(NamedTuple):
    """The lines in view."""

    lines: list[tuple[Place, Strip]]
    below: int
    """Blocks that begin below the view."""


def window(blocks: Lines, count: int, height: int, view: View) -> Window:
    """The lines in view.

    Args:
        blocks: The lines of each block.
        count: How many blocks there are.
        height: Lines that can be seen.
    """
    start = view.top if view.top is not None else end_of(blocks, count, height)
    lines: list[tuple[Place, Strip]] = []
    index = start.round
    for index in range(start.round, count):
        block = blocks(index)
        first = start.line if index == start.round else 0
        lines += [(Place(index, line), block[line]) for line in range(first, len(block))]
        if len(lines) >= height:
            break
    return Window(lines[:height], max(0, count - 1 - index))


def end_of(blocks: Lines, count: int, height: int) -> Place:
    """The first line in view when the end is in view."""
    room = height
    for index in range(count - 1, -1, -1):
        length = len(blocks(index))
        if length >= room:
            return Place(index, length - room)
        room -= length
    return Place(0, 0)


def scrolled(blocks: Lines, count: int, height: int, view: View, lines: int) -> Place | None:
    """The first line in view after scrolling by some lines; None if that reaches the end."""
    end = end_of(blocks, count, height)
    at = view.top if view.top is not None else end
    index, line = at.round, at.line + lines
    while line < 0 and index > 0:
        index -= 1
        line += len(blocks(index))
    line = max(line, 0)
    while index < count - 1 and line >= len(blocks(index)):
        line -= len(blocks(index))
        index += 1
    place = Place(index, line)
    return None if place >= end else place
