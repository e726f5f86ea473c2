"""One row of cells: pieces on the left, groups that may be dropped, pieces on the right."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


class Piece(NamedTuple):
    """Some text in one style."""

    text: str
    style: Style


GAP = 3
"""Cells between groups, unless somebody wants it otherwise."""

Group = Sequence[Piece]
"""Pieces that are shown together or not at all."""


def width_of(pieces: Iterable[Piece]) -> int:
    """How many cells pieces take."""
    return sum(cell_len(piece.text) for piece in pieces)


def row(
    width: int,
    ground: Style,
    left: Group,
    groups: Sequence[Group] = (),
    right: Group = (),
    *,
    gap: int = GAP,
    keep: int = 0,
) -> Strip:
    """Lay out a row.

    Args:
        width: Cells.
        ground: The style of the space between.
        left: Always there; cut at the end if there is no room.
        groups: In order, each after a gap; dropped whole from the last on while there is no room.
        right: At the right end, dropped when nothing else can be.
        gap: Cells before each group, and before `right` at least.
        keep: How many of the first groups are never dropped.
    """
    room = width - width_of(left)
    right_width = width_of(right)
    if right_width and right_width + 1 > room:
        right, right_width = (), 0
    room -= right_width + (gap if right_width else 0)
    shown: list[Piece] = list(left)
    for position, group in enumerate(groups):
        needed = gap + width_of(group)
        if needed > room and position >= keep:
            break
        if group:
            shown.append(Piece(" " * gap, ground))
            shown.extend(group)
            room -= needed
    return strip(width, ground, shown, right)


Margins = tuple[int, int]
"""Empty cells before and behind a line."""


def strip(
    width: int, ground: Style, left: Group, right: Group = (), margins: Margins = (0, 0)
) -> Strip:
    """Pieces from the left and from the right end, cut and padded to a width, inside margins."""
    right_width = width_of(right)
    segments = [Segment(" " * margins[0], ground)] if margins[0] else []
    room = width - right_width
    for text, style in left:
        cells = cell_len(text)
        if cells > room:
            text, cells = set_cell_size(text, room), room
        segments.append(Segment(text, style))
        room -= cells
        if room <= 0:
            break
    if room > 0:
        segments.append(Segment(" " * room, ground))
    segments.extend(Segment(text, style) for text, style in right)
    if margins[1]:
        segments.append(Segment(" " * margins[1], ground))
    return Strip(segments, sum(margins) + max(width, right_width))


def clip(text: str, width: int, more: str = "…") -> str:
    """Text of at most that many cells, with a sign if something was cut."""
    if cell_len(text) <= width:
        return text
    if width <= len(more):
        return more[: max(width, 0)]
    return set_cell_size(text, width - len(more)).rstrip() + more
