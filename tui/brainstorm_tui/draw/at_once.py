"""How many roles do something at the same time, cell by cell: for casts too large for lanes."""

from bisect import bisect_right
from typing import NamedTuple
from weakref import WeakKeyDictionary

from brainstorm_agents.session import IN_CALL, Phase, RoleState, Session, Turn
from brainstorm_tui.draw.lanes import Page


class Counts(NamedTuple):
    """How many in one cell."""

    speaking: int
    in_call: int
    """Those who speak among them."""


_kept: WeakKeyDictionary[Session, tuple[tuple[int, int], list[Counts]]] = WeakKeyDictionary()


def at_once(session: Session, page: Page, now: float) -> list[Counts]:
    """The counts of each cell up to now. What is past is counted once a scale."""
    key = page.scale.cell_ms, page.scale.first_ms
    kept_key, counts = _kept.get(session, (None, []))
    if kept_key != key:
        counts = []
        _kept[session] = key, counts
    last = page.scale.cell(now)
    for cell in range(len(counts), last):
        middle = page.scale.first_ms + cell * page.scale.cell_ms + page.scale.cell_ms // 2
        counts.append(_count(session, page, page.scale.under_way.time(middle / 1000)))
    return [*counts[:last], _count(session, page, now)]


def _count(session: Session, page: Page, t: float) -> Counts:
    phases = [_phase_at(page, state, t) for state in session.roles.values()]
    return Counts(
        sum(phase is Phase.SPEAKING for phase in phases),
        sum(phase in IN_CALL for phase in phases),
    )


def _phase_at(page: Page, state: RoleState, t: float) -> Phase | None:
    turns = page.turns(state)
    found = bisect_right(turns, t, key=_started) - 1
    if found < 0:
        return None
    marks = turns[found].marks
    return marks[max(0, bisect_right(marks, t, key=lambda mark: mark[0]) - 1)][1]


def _started(turn: Turn) -> float:
    return turn.started
