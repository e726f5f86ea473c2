"""How a screen of some size is shared out among panes, timeline and side panel."""

from dataclasses import dataclass
from math import ceil

from brainstorm_tui.draw.timeline import MOST_LANES

LOW, TALL = 32, 50
"""Rows from which rounds align across the panes, and from which waves are two lines high."""

NARROW, WIDE = 100, 160
"""Columns from which there is room for words beside signs, and for the ledger."""

LEAST_PANE = 24
SIDE = 40


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Sizes in cells."""

    columns: int
    """Panes beside each other; 0 stands for the overview, one line a role."""
    rows: int
    gap: int
    """Empty rows above the timeline and above the status line."""
    timeline: int
    """Rows of the timeline, its head among them."""
    lane_rows: int
    """Rows a lane; 0 shows how many at once."""
    side: int
    """Columns of the panel at the right; 0 without one."""
    is_zoomed: bool
    """One pane only, by wish or since there is no room for more beside the panel."""
    is_terse: bool
    is_aligned: bool
    has_lanes_in_panes: bool


def arrange(
    width: int, height: int, roles: int, *, is_zoomed: bool = False, has_side: bool = False
) -> Arrangement:
    """Share out a screen.

    Args:
        roles: How many there are.
        is_zoomed: One pane is to fill the stage.
        has_side: A panel is wished for at the right.
    """
    gap = 0 if height < LOW else 1
    lane_rows = 0 if roles > MOST_LANES else 1 if height < LOW else 2 if height < TALL else 3
    while lane_rows and lane_rows * roles + 1 > height * 0.42:
        lane_rows -= 1
    chart = 3 if height < LOW else 5
    timeline = 1 + (lane_rows * roles or chart) + (1 if lane_rows == 3 else 0)
    stage = height - 1 - gap - timeline - gap - 2
    side = 0
    if has_side:
        side = SIDE if width >= 2 * SIDE + 10 else width // 2
    room = width - side - bool(side)
    columns, rows = (1, 1) if is_zoomed else grid(room, stage, roles, gap)
    if has_side and not is_zoomed and columns == 0 and roles <= MOST_LANES:
        columns, rows, is_zoomed = 1, 1, True
    return Arrangement(
        columns=columns,
        rows=rows,
        gap=gap,
        timeline=timeline,
        lane_rows=lane_rows,
        side=side,
        is_zoomed=is_zoomed,
        is_terse=width < NARROW,
        is_aligned=gap == 1 and rows == 1,
        has_lanes_in_panes=roles > MOST_LANES and not is_zoomed,
    )


def grid(width: int, height: int, roles: int, gap: int) -> tuple[int, int]:
    """Columns and rows of panes; (0, 0) if they do not fit."""
    across = (width - (roles - 1)) // roles
    if across >= (18 if roles <= 3 else LEAST_PANE):
        return roles, 1
    best, choice = 0.0, (0, 0)
    for columns in range(roles - 1, 0, -1):
        rows = ceil(roles / columns)
        across = (width - (columns - 1)) // columns
        down = (height - (rows - 1) * gap) // rows
        if across < LEAST_PANE or down < 5:
            continue
        fit = min(across / 38, down / 8)
        if fit > best:
            best, choice = fit, (columns, rows)
    return choice
