"""The run diagram: who spoke when, who waited for whom, and what the whole run waited for."""

from bisect import bisect_left
from itertools import count

from rich.cells import cell_len
from textual.strip import Strip

from brainstorm_agents.critical_path import decided_path
from brainstorm_agents.session import Session, Turn
from brainstorm_tui.draw.cells import Cells
from brainstorm_tui.draw.diagram_lanes import draw_labels, draw_lane
from brainstorm_tui.draw.diagram_path import draw_path
from brainstorm_tui.draw.diagram_view import READABLE, SHAPES, Shape, View
from brainstorm_tui.draw.lanes import CLOSE_MS, Page, Scale, edge, scale
from brainstorm_tui.draw.row import Piece, clip, strip
from brainstorm_tui.draw.timeline import MARGIN, Track, timeline_head
from brainstorm_tui.look import Look

_PAGES_WIDTH = 60
"""Cells from which on there is room to name the keys of the lanes that are out of view."""

_AXIS_MS = tuple(base * 10**power for power in range(2, 12) for base in (1, 2, 5))
"""Milliseconds between two labels of the axis."""

_HEAD = 2
"""Lines over the lanes."""

_LEAST_READABLE = 3
"""Lanes that have to be in view together: with less room the ids go first."""

_LABEL_CELLS = 8
"""Cells between two labels of the axis, at least."""


def view_of(
    look: Look,
    track: Track,
    width: int,
    height: int,
    *,
    chosen: str | None,
    cell_ms: int | None = None,
    first_cell: int = 0,
    with_ids: bool | None = None,
) -> View:
    """What is in view.

    Args:
        look: The theme and the symbols.
        track: The session, and how far it has come.
        width: Cells.
        height: Lines.
        chosen: The id of the turn that stands out.
        cell_ms: Milliseconds a cell; by default what makes the whole run fit.
        first_cell: How many cells of the run are left of what is seen.
        with_ids: Whether the lanes have their turns' ids, or give them up so that more have room;
            by default they have, unless all lanes fit without.
    """
    session, rows = track.session, max(height - _HEAD, 0)
    roles = len(session.roles)
    shape = lane_shape(roles, rows, with_ids=with_ids)
    lanes, first = lanes_in_view(roles, rows, shape), 0
    if lanes < roles:
        turn = session.turns.get(chosen or "")
        # Whole pages, so that the lanes stay where they are while the cursor walks among them.
        page = (session.roles[turn.role].place if turn else 0) // max(lanes, 1)
        first = max(0, min(page * lanes, roles - lanes))
    grid = Cells(width, rows - (roles > lanes and rows > 0), look.ink("dim"))
    scale_ = scale(session, track.end, width - MARGIN - 1, cell_ms, steps_ms=CLOSE_MS)
    return View(look, track, grid, scale_, first_cell, shape, first, lanes, chosen)


def diagram(view: View, height: int, *, shows_path: bool = True) -> list[Strip]:
    """The rounds' names, an axis of seconds under way, and a lane for each role.

    Where not all lanes have room, with their turns' ids, those around the chosen turn's are drawn,
    and how many are not.

    Args:
        view: What is in view; it is drawn on once.
        height: Lines.
        shows_path: Whether the critical path is drawn.
    """
    lines = [_head(view), _axis(view), *_lanes(view, shows_path=shows_path)]
    if hidden := len(view.track.session.roles) - view.lanes:
        lines.append(_hidden(view, hidden))
    return lines[: max(height, 0)]


def lane_shape(roles: int, rows: int, *, with_ids: bool | None) -> Shape:
    """The roomiest shape that all lanes have room in, else the lowest that can be read."""
    shapes = [shape for shape in SHAPES if with_ids in (None, shape.label is not None)]
    is_low = rows < _LEAST_READABLE * READABLE.rows + 1
    least = READABLE if with_ids or (with_ids is None and not is_low) else SHAPES[-1]
    return next((shape for shape in shapes if shape.rows * roles <= rows), least)


def lanes_in_view(roles: int, rows: int, shape: Shape) -> int:
    """How many lanes have room; one row is for saying how many have not."""
    return roles if roles * shape.rows <= rows else max(rows - 1, 0) // shape.rows


def zoomed(cell_ms: int, step: int) -> int:
    """The milliseconds a cell after some steps of zooming: out with more than 0, in with less."""
    place = bisect_left(CLOSE_MS, cell_ms) + step
    wanted: int = CLOSE_MS[max(0, min(place, len(CLOSE_MS) - 1))]
    return wanted


def panned_by(track: Track, width: int, cell_ms: int, first_cell: int, step: int) -> int:
    """The first cell to show after moving by half of what is in view, to the right with 1."""
    room = width - MARGIN - 1
    last = scale(track.session, track.end, room, cell_ms).edge(track.end)
    return max(0, min(first_cell + step * max(room // 2, 1), last - room))


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


def turn_at(view: View, x: int, y: int) -> Turn | None:
    """The turn that a cell of the diagram belongs to: in its lane, the last to have begun there."""
    row = y - _HEAD
    place = view.first_lane + row // view.shape.rows
    if row < 0 or place >= view.first_lane + view.lanes:
        return None
    state = list(view.track.session.roles.values())[place]
    begun = [turn for turn in state.turns if turn.started <= view.track.now]
    here = [turn for turn in begun if view.x(turn.started) <= max(x, MARGIN)]
    return next(iter(here[-1:] or begun[:1]), None)


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


def _lanes(view: View, *, shows_path: bool) -> list[Strip]:
    track, symbols, width = view.track, view.look.symbols, view.grid.width
    path = decided_path(track.session, track.end) if shows_path else []
    on_path = {turn.id for turn in path}
    for round_ in track.session.rounds:
        x = view.x(round_.started)
        for y in range(view.grid.height if x < width else 0):
            view.put(x, y, symbols.barrier, view.look.ink("hairline"))
    for state in view.states:
        draw_lane(view, state, on_path)
    covered = draw_path(view, path)
    if track.is_replay or track.session.is_under_way:
        x = view.x(track.now)
        for y in range(view.grid.height):
            if track.is_replay or view.grid.is_free(x, y):
                view.put(x, y, symbols.now, view.look.ink("text"))
    for state in view.states:
        draw_labels(view, state, on_path, covered)
    return view.grid.strips()


class _Panned(Scale):
    """A scale whose first cells are out of view: what began before begins at the edge."""

    __slots__ = ()

    def edge(self, t: float) -> int:
        """The first cell of what begins at a time."""
        return max(0, super().edge(t))


def _head(view: View) -> Strip:
    scale_ = view.scale
    panned = _Panned(scale_.cell_ms, scale_.under_way, view.first_cell * scale_.cell_ms)
    page = Page(panned, view.track.session.rounds)
    return timeline_head(view.look, view.track, page, view.grid.width, "run")


def _axis(view: View) -> Strip:
    """Labels at whole steps of seconds under way, the first to be seen with the unit."""
    width, cell_ms, dim = view.grid.width, view.scale.cell_ms, view.look.ink("dim")
    grid = Cells(width, 1, dim)
    step_ms = next(step for step in _AXIS_MS if step >= _LABEL_CELLS * cell_ms)
    digits = 0 if step_ms % 1000 == 0 else 1
    unit = " s"
    for number in count(-(-view.first_cell * cell_ms // step_ms)):
        t = number * step_ms / 1000
        x = MARGIN + edge(number * step_ms, cell_ms) - view.first_cell
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
    pages = "  PgUp PgDn" if view.grid.width >= _PAGES_WIDTH else ""
    text = f" {hidden} more role{'s' * (hidden != 1)}{where}{pages}"
    dim = view.look.ink("dim")
    return strip(view.grid.width, dim, [Piece(clip(text, view.grid.width), dim)])
