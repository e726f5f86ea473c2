"""The lanes of the run diagram: what each role did when, and its turns' ids."""

from collections.abc import Collection, Container

from brainstorm_agents.critical_path import parts
from brainstorm_agents.session import Phase, RoleState, Turn
from brainstorm_tui.draw.diagram_view import View
from brainstorm_tui.draw.headings import observed_pieces, phase_word, seconds
from brainstorm_tui.draw.lane_cell import cell_style, put_cell
from brainstorm_tui.draw.lanes import lane
from brainstorm_tui.draw.row import Piece, clip, width_of
from brainstorm_tui.draw.timeline import MARGIN
from brainstorm_tui.text.safe import one_line


def draw_lane(view: View, state: RoleState, on_path: Collection[str]) -> None:
    """Draw a role's name, and what it did.

    Args:
        on_path: The ids of the turns of the critical path. In lanes of one row they stand out, and
            their thinking is drawn as the path is.
    """
    look, y = view.look, view.y(state.place) + view.shape.base
    chosen = view.track.session.turns.get(view.chosen or "")
    is_chosen = chosen is not None and chosen.role == state.name
    name = clip(one_line(state.name), MARGIN - 2, look.symbols.more)
    view.grid.put(1, y, name, look.role(state.place, bold=is_chosen))
    for turn in view.turns(state):
        for at, cell in lane([turn], view.scale, view.track.end):
            x = MARGIN + at - view.first_cell
            if not MARGIN <= x < view.grid.width:
                continue
            is_faint = view.is_to_come(x)
            style = cell_style(look, cell, state.place, is_faint=is_faint)
            if view.shape.label is None and turn.id in on_path and cell.phase in _MARKED:
                style = look.ink("hairline" if is_faint else "text")
                if cell.phase is not Phase.SPEAKING:
                    view.grid.put(x, y, look.symbols.path, style)
                    continue
            put_cell(look.symbols, view.grid, x, y, cell, style, is_tall=view.shape.is_tall)


_MARKED = (Phase.QUEUED, Phase.THINKING, Phase.SPEAKING)
"""The phases in which it can be seen in a lane of one row whether a turn is on the path."""


def draw_labels(
    view: View, state: RoleState, on_path: Collection[str], covered: Container[tuple[int, int]]
) -> None:
    """Write `a1 ← b1 c1  3.6 s` at each turn of a role, or as much of it as there is room for.

    The chosen turn's id is always there.

    Args:
        on_path: The ids of the turns of the critical path: where it runs in the row of the labels,
            they have their ids alone.
        covered: The cells of the path, which no other label runs into.
    """
    chosen: tuple[Turn, Turn | None] | None = None
    turns = list(view.turns(state))
    for turn, after in zip(turns, [*turns[1:], None], strict=False):
        if turn.id == view.chosen:
            chosen = turn, after
        else:
            _label(view, turn, after, on_path, covered)
    if chosen is not None:
        _label(view, *chosen, on_path, covered)


def _label(
    view: View,
    turn: Turn,
    after: Turn | None,
    on_path: Collection[str],
    covered: Container[tuple[int, int]],
) -> None:
    """Write a turn's label, as far as the one after it in its lane leaves room.

    Where lanes have one row alone it is the id, over the thinking if that is long enough.
    """
    look, now, width = view.look, view.track.now, view.grid.width
    place = view.track.session.roles[turn.role].place
    start = max(view.x(_asked(turn)), MARGIN)
    if start == view.x(turn.round.started) + 1:
        # A moment in the queue moves no label away from the barrier.
        start -= 1
    end = width if after is None else min(view.x(_asked(after)), width)
    if view.shape.label is None:
        end = min(end, view.x(_spoke(turn, view.track.end)))
    y = view.y(place) + (view.shape.label or 0)
    is_in_path = view.shape.label in (None, view.shape.path) and turn.id in on_path
    if not is_in_path:
        end = next((x for x in range(start + 1, end) if (x, y) in covered), end)
    room = end - start - 2
    id_ = one_line(turn.id)
    own = Piece(id_, look.role(place, bold=True))
    is_to_come = turn.started >= now
    if is_to_come and view.track.is_replay:
        own = Piece(id_, look.faint(place))
    if turn.id == view.chosen:
        own = Piece(f" {id_} ", look.role_chip(place))
        start = max(MARGIN, min(start, width - width_of([own])))
        x = view.put(start, y, *own)
    elif width_of([own]) <= room:
        x = view.put(start + 1, y, *own)
    else:
        return
    if view.shape.label is None or is_in_path or is_to_come:
        return
    for piece in _provenance(view, turn, room - width_of([Piece(id_, own.style)])):
        x = view.put(x, y, *piece)


def _asked(turn: Turn) -> float:
    asked = turn.since(Phase.THINKING)
    return turn.started if asked is None else asked


def _spoke(turn: Turn, now: float) -> float:
    """When the first token came, or else it ended."""
    times = turn.since(Phase.SPEAKING), turn.ended, now
    return next(t for t in times if t is not None)


def _provenance(view: View, turn: Turn, room: int) -> list[Piece]:
    """What stands behind an id, in so many cells."""
    look, dim = view.look, view.look.ink("dim")
    is_chosen = turn.id == view.chosen
    arrow = Piece(f"{'' if is_chosen else ' '}{look.symbols.arrow}", dim)
    room -= is_chosen
    rest = room - width_of([arrow])
    observed = observed_pieces(look, view.track.session, turn.observed, rest)
    if not is_chosen:
        observed = [Piece(piece.text, dim) for piece in observed]
    outcome = _outcome(view, turn)
    pieces = [arrow, *observed]
    if width_of(pieces) + width_of(outcome) <= room:
        return pieces + outcome
    if turn.phase is Phase.FAILED and width_of(outcome) <= room:
        return outcome
    if width_of(pieces) <= room and (observed or not turn.observed):
        return pieces
    return outcome if width_of(outcome) <= room else []


def _outcome(view: View, turn: Turn) -> list[Piece]:
    look, now = view.look, view.track.now
    took = parts(turn, now)
    dim = look.ink("dim")
    measure = Piece(f"  {seconds(sum(took) - took.queued)}", dim)
    if turn.ended is None or turn.ended > now or turn.phase is Phase.DONE:
        return [measure]
    word = phase_word(turn)
    if turn.has_failed:
        chip = f" {look.symbols.phases[Phase.FAILED]} {word} "
        return [Piece("  ", dim), Piece(chip, look.chip("failure"))]
    return [measure, Piece(f" {word}", dim)]
