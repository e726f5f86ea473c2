"""The default schedule: all roles with news act at once, each seeing the round's start.

News is what was published after the last turn for which a role was asked; what it observes is
everything after the last turn that it finished. So what a failed turn missed comes with the next
one, and a role that always fails cannot keep a session going.

A muted role has no turn and its place does not move: what it misses it observes when it takes turns
again. Until then its news counts for nothing, so it cannot keep a session going either.
"""

from bisect import bisect_left
from collections.abc import Iterable
from heapq import merge

from brainstorm_agents.events import Ranges
from brainstorm_agents.schedules.plan import Planned
from brainstorm_agents.session import RoleState, Session

NAME = "simultaneous"


def plan(session: Session) -> list[Planned]:
    """The turns of the next round, or those that an open round still lacks."""
    current = session.open_round
    number = current.number if current else len(session.rounds)
    horizon = current.horizon if current else len(session.published)
    turns = []
    for state in session.roles.values():
        if state.muted:
            continue
        observed = _observed(session, state, horizon)
        if observed and observed[-1][1] > state.asked:
            has_begun = state.turn is not None and state.turn.round is current
            turn = state.last_number + (not has_begun) if number else 0
            turns.append(Planned(f"{state.prefix}{turn}", state.name, observed))
    return turns


def _observed(session: Session, state: RoleState, end: int) -> Ranges:
    start = state.seen
    if start >= end:
        return ()
    if state.watched is None:
        missed: Iterable[int] = _within(state.positions, start, end)
        if others := _within(session.addressed, start, end):
            missed = merge(missed, (p for p in others if not _reaches(session, p, state)))
        return _gaps(missed, start, end)
    heard = merge(
        *(_within(session.roles[name].positions, start, end) for name in state.watched),
        (p for p in _within(session.user_positions, start, end) if _reaches(session, p, state)),
    )
    return _runs(heard)


def _within(positions: list[int], start: int, end: int) -> list[int]:
    return positions[bisect_left(positions, start) : bisect_left(positions, end)]


def _reaches(session: Session, position: int, state: RoleState) -> bool:
    return session.published[position].reaches(state.name)


def _gaps(missed: Iterable[int], start: int, end: int) -> Ranges:
    ranges = []
    for position in missed:
        if position > start:
            ranges.append((start, position))
        start = position + 1
    if start < end:
        ranges.append((start, end))
    return tuple(ranges)


def _runs(heard: Iterable[int]) -> Ranges:
    ranges: list[tuple[int, int]] = []
    for position in heard:
        if ranges and ranges[-1][1] == position:
            ranges[-1] = (ranges[-1][0], position + 1)
        else:
            ranges.append((position, position + 1))
    return tuple(ranges)
