"""What is new to a role: the published messages that it has not taken into a finished turn."""

from bisect import bisect_left
from collections.abc import Iterable
from heapq import merge

from brainstorm_agents.events import Ranges
from brainstorm_agents.session import RoleState, Session


def observed(session: Session, state: RoleState, end: int) -> Ranges:
    """What a role would observe of the first `end` messages."""
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
