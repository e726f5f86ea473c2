"""The critical path in the run diagram: a heavy line under its turns, from barrier to barrier."""

from collections.abc import Sequence
from itertools import pairwise

from brainstorm_agents.session import Turn
from brainstorm_tui.draw.diagram_view import View

_MIRRORED = str.maketrans("┓┗", "┛┏")
"""The corners of a line that goes up; those of ASCII are the same both ways."""


Covered = set[tuple[int, int]]
"""Columns and rows."""


def draw_path(view: View, path: Sequence[Turn]) -> Covered:
    """Draw the line, over the lanes; of roles that are out of view only the way to them.

    In lanes of one row there is no room under the turns: there they are marked themselves.

    Returns:
        The cells that it covers.
    """
    covered: Covered = set()
    if view.shape.label is not None:
        for before, turn, after in zip([None, *path], path, [*path[1:], None], strict=False):
            _along(view, covered, before, turn, after)
    for before, after in pairwise(path):
        _across(view, covered, before, after)
    return covered


def _along(
    view: View, covered: Covered, before: Turn | None, turn: Turn, after: Turn | None
) -> None:
    """The line under a turn, up to where the next one of the path begins."""
    start = _handed_over(before, turn)
    if after is not None and after.round is turn.round:
        end = _handed_over(turn, after)
    else:
        ends = (turn.round.ended, turn.ended)
        end = next((t for t in ends if t is not None), view.track.end)
    for x in range(max(view.x(start), 0), min(view.x(end), view.grid.width)):
        _put(view, covered, x, _row(view, turn), view.look.symbols.path)


def _handed_over(before: Turn | None, after: Turn) -> float:
    """When the path comes to a turn: at the round's start, or when one in the round let it go."""
    if before is None or before.round is not after.round or before.ended is None:
        return after.round.started
    return before.ended


def _across(view: View, covered: Covered, before: Turn, after: Turn) -> None:
    """The line from a turn to the one after it: at the barrier between them, if there is one."""
    x, start, end = view.x(_handed_over(before, after)), _row(view, before), _row(view, after)
    if start == end:
        return
    symbols = view.look.symbols
    high, low = min(start, end), max(start, end)
    for y in range(max(high, 0), min(low, view.grid.height - 1) + 1):
        _put(view, covered, x, y, symbols.path_down)
    corners = symbols.path_turn, symbols.path_end
    if start > end:
        corners = symbols.path_turn.translate(_MIRRORED), symbols.path_end.translate(_MIRRORED)
    _put(view, covered, x, start, corners[0])
    _put(view, covered, x, end, corners[1])


def _row(view: View, turn: Turn) -> int:
    """The row of the path under a turn; beyond the grid for a role that is out of view."""
    place = view.track.session.roles[turn.role].place
    return view.y(place) + view.shape.path


def _put(view: View, covered: Covered, x: int, y: int, sign: str) -> None:
    ink = "hairline" if view.is_to_come(x) else "text"
    view.put(x, y, sign, view.look.ink(ink))
    covered.add((x, y))
