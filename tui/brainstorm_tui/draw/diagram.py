"""The run diagram: who spoke when, who waited for whom, and what the whole run waited for."""

from bisect import bisect_left
from itertools import count

from rich.cells import cell_len
from textual.strip import Strip

from brainstorm_agents.critical_path import critical_path
from brainstorm_agents.session import Session, Turn
from brainstorm_tui.draw.cells import Cells
from brainstorm_tui.draw.diagram_lanes import draw_labels, draw_lane
from brainstorm_tui.draw.diagram_path import draw_path
from brainstorm_tui.draw.diagram_view import SHAPES, View
from brainstorm_tui.draw.lanes import STEPS_MS, Page, Scale, edge, scale
from brainstorm_tui.draw.row import Piece, clip, strip
from brainstorm_tui.draw.timeline import MARGIN, Track, timeline_head
from brainstorm_tui.look import Look

_AXIS_MS = tuple(base * 10**power for power in range(2, 12) for base in (1, 2, 5))
"""Milliseconds between two labels of the axis."""

_LABEL_CELLS = 8
"""Cells between two labels of the axis, at least."""


def diagram(
    look: Look,
    track: Track,
    width: int,
    height: int,
    *,
    chosen: str | None,
    cell_ms: int | None = None,
    first_cell: int = 0,
    shows_path: bool = True,
) -> list[Strip]:
    """The rounds' names, an axis of seconds under way, and a lane for each role.

    With more roles than rows the lanes around the chosen turn's are drawn, and how many are not.

    Args:
        look: The theme and the symbols.
        track: The session, and how far it has come.
        width: Cells.
        height: Lines.
        chosen: The id of the turn that stands out.
        cell_ms: Milliseconds a cell; by default what makes the whole run fit.
        first_cell: How many cells of the run are left of what is seen.
        shows_path: Whether the critical path is drawn.
    """
    scale_ = scale(track.session, track.end, width - MARGIN - 1, cell_ms)
    lines = [_head(look, track, scale_, width, first_cell), _axis(look, scale_, width, first_cell)]
    view = _view(look, track, scale_, width, height - len(lines), chosen, first_cell)
    lines += _lanes(view, shows_path=shows_path)
    if hidden := len(track.session.roles) - view.lanes:
        lines.append(_hidden(view, hidden))
    return lines[: max(height, 0)]


def zoomed(cell_ms: int, step: int) -> int:
    """The milliseconds a cell after some steps of zooming: out with more than 0, in with less."""
    place = bisect_left(STEPS_MS, cell_ms) + step
    wanted: int = STEPS_MS[max(0, min(place, len(STEPS_MS) - 1))]
    return wanted


def panned_to(track: Track, turn: Turn, width: int, cell_ms: int, first_cell: int) -> int:
    """The first cell to show so that a turn can be seen, as near to the one so far as can be.

    Args:
        track: The session, and how far it has come.
        turn: One of its turns.
        width: Cells of the diagram.
        cell_ms: Milliseconds a cell.
        first_cell: What was the first so far.
    """
    room = width - MARGIN - 1
    scale_ = scale(track.session, track.end, room, cell_ms)
    start = scale_.edge(turn.started)
    end = scale_.edge(track.end if turn.ended is None else turn.ended)
    return max(0, min(max(first_cell, end - room), start))


def turns_in_order(session: Session) -> list[Turn]:
    """All turns, in the order in which they began."""
    return list(session.turns.values())


def neighbour(session: Session, turn: Turn, dx: int, dy: int) -> Turn | None:
    """Where the cursor goes from a turn; None if there is nothing that way.

    Args:
        session: The session.
        turn: Where it is.
        dx: -1 for the role's turn before, 1 for its next; at its first and last, for the one
            before or after in time, whoever's it is.
        dy: -1 for the next role above that has had a turn, 1 for the one below: its turn in the
            same round, or else the nearest in time.
    """
    if dy:
        spoken = [state.turns for state in session.roles.values() if state.turns]
        lane = next(i for i, turns in enumerate(spoken) if turns[0].role == turn.role) + dy
        if not 0 <= lane < len(spoken):
            return None
        return min(spoken[lane], key=lambda other: _distance(turn, other))
    for turns in (session.roles[turn.role].turns, turns_in_order(session)):
        place = turns.index(turn) + dx
        if 0 <= place < len(turns):
            return turns[place]
    return None


def _distance(turn: Turn, other: Turn) -> tuple[bool, float]:
    return turn.round is not other.round, abs(turn.started - other.started)


def _view(
    look: Look,
    track: Track,
    scale_: Scale,
    width: int,
    rows: int,
    chosen: str | None,
    first_cell: int,
) -> View:
    rows = max(rows, 0)
    roles = len(track.session.roles)
    shape = next((shape for shape in SHAPES if shape.rows * roles <= rows), SHAPES[-1])
    lanes, first = roles, 0
    if roles > rows:
        # One row is for saying how many are missing.
        lanes = max(rows - 1, 0)
        turn = track.session.turns.get(chosen or "")
        middle = track.session.roles[turn.role].place if turn else 0
        first = max(0, min(middle - lanes // 2, roles - lanes))
    grid = Cells(width, rows - (roles > lanes and rows > 0), look.ink("dim"))
    return View(look, track, grid, scale_, first_cell, shape, first, lanes, chosen)


def _lanes(view: View, *, shows_path: bool) -> list[Strip]:
    track, symbols, width = view.track, view.look.symbols, view.grid.width
    path = critical_path(track.session, track.end) if shows_path else []
    underlined = {turn.id for turn in path} if view.shape.label is None else set()
    for round_ in track.session.rounds:
        x = view.x(round_.started)
        for y in range(view.grid.height if x < width else 0):
            view.put(x, y, symbols.barrier, view.look.ink("hairline"))
    for state in view.states:
        draw_lane(view, state, underlined)
    draw_path(view, path)
    if track.is_replay or track.session.is_under_way:
        x = view.x(track.now)
        for y in range(view.grid.height):
            if track.is_replay or view.grid.is_free(x, y):
                view.put(x, y, symbols.now, view.look.ink("text"))
    for state in view.states:
        draw_labels(view, state)
    return view.grid.strips()


class _Panned(Scale):
    """A scale whose first cells are out of view: what began before begins at the edge."""

    __slots__ = ()

    def edge(self, t: float) -> int:
        """The first cell of what begins at a time."""
        return max(0, super().edge(t))


def _head(look: Look, track: Track, scale_: Scale, width: int, first_cell: int) -> Strip:
    panned = _Panned(scale_.cell_ms, scale_.under_way, first_cell * scale_.cell_ms)
    return timeline_head(look, track, Page(panned, track.session.rounds), width, "run")


def _axis(look: Look, scale_: Scale, width: int, first_cell: int) -> Strip:
    """Labels at whole steps of seconds under way, the first to be seen with the unit."""
    grid, dim = Cells(width, 1, look.ink("dim")), look.ink("dim")
    step_ms = next(step for step in _AXIS_MS if step >= _LABEL_CELLS * scale_.cell_ms)
    digits = 0 if step_ms % 1000 == 0 else 1
    unit = " s"
    for number in count(-(-first_cell * scale_.cell_ms // step_ms)):
        t = number * step_ms / 1000
        x = MARGIN + edge(number * step_ms, scale_.cell_ms) - first_cell
        label = f"{t:,.{digits}f}{unit}"
        if x + cell_len(label) > width:
            break
        grid.put(x, 0, label, dim)
        unit = ""
    return grid.strips()[0]


def _hidden(view: View, hidden: int) -> Strip:
    above, below = view.first_lane, hidden - view.first_lane
    where = (
        f": {above} above, {below} below" if above and below else " above" if above else " below"
    )
    text = f" {hidden} more role{'s' * (hidden != 1)}{where}"
    dim = view.look.ink("dim")
    return strip(view.grid.width, dim, [Piece(clip(text, view.grid.width), dim)])
