"""A table as aligned columns, or row by row where there is no room for columns."""

from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len

from brainstorm_tui.text.wrap import Line, Span, wrap

Side = Literal["left", "center", "right"]
Cell = Sequence[Span]

_GUTTER = 2


def lay_out_table(
    rows: Sequence[Sequence[Cell]], sides: Sequence[Side], width: int, rule: str
) -> list[Line]:
    """Draw rows of cells, the first of which is the head.

    Args:
        rows: Cells of one line each; rows may be of different lengths.
        sides: Where each column is aligned.
        width: Cells in a line.
        rule: What the line under the head is made of.
    """
    widths = [max(_cells(row[i]) if i < len(row) else 0 for row in rows) for i in range(len(sides))]
    whole = sum(widths) + _GUTTER * (len(widths) - 1)
    if whole > width:
        return [line for row in rows for line in wrap(_in_a_row(row), width, hanging=2)]
    lines = [_aligned(row, widths, sides) for row in rows]
    return [lines[0], (Span(rule * whole, "dim"),) if rule else (), *lines[1:]]


def _cells(cell: Cell) -> int:
    return sum(cell_len(span.text) for span in cell)


def _in_a_row(row: Sequence[Cell]) -> list[Span]:
    spans: list[Span] = []
    for cell in row:
        spans += [Span(" | ", "dim"), *cell] if spans else cell
    return spans


def _aligned(row: Sequence[Cell], widths: Sequence[int], sides: Sequence[Side]) -> Line:
    spans: list[Span] = []
    owed = 0  # blank cells that are due if anything follows
    for cell, width, side in zip(row, widths, sides, strict=False):
        free = width - _cells(cell)
        before = {"left": 0, "center": free // 2, "right": free}[side]
        if cell:
            if owed + before:
                spans.append(Span(" " * (owed + before)))
            spans += cell
            owed = 0
        else:
            before = 0
        owed += free - before + _GUTTER
    return tuple(spans)
