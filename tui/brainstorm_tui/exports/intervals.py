"""When each turn was in which phase: whole numbers that never run backwards.

A log may hold any time that decodes, so times are kept within what every format can say.
"""

from typing import NamedTuple

from brainstorm_agents.session import SETTLED, Phase, Session, Turn

LONGEST_S = 1e9
"""Seconds (some 31 years) beyond which a time is taken for this one."""


class Interval(NamedTuple):
    """A stretch of a turn."""

    phase: Phase | None
    """None stands for waiting at the barrier."""
    start: int
    end: int


def bounded(t: float) -> float:
    """Seconds as they can be shown: from 0 to `LONGEST_S`."""
    # A difference of two huge times may be no number at all, which compares as false.
    return min(t, LONGEST_S) if t > 0 else 0.0


def milliseconds(session: Session, t: float) -> int:
    """A time of the session in milliseconds under way: its idle stretches are left out."""
    return _whole(session.elapsed(t), 1000)


def microseconds(t: float) -> int:
    """A time of the session in microseconds."""
    return _whole(t, 1_000_000)


def total(session: Session) -> int:
    """The length of a session, in milliseconds under way."""
    return max((milliseconds(session, round_end(session, i)) for i in _rounds(session)), default=0)


def round_end(session: Session, place: int) -> float:
    """When the round at a place ended, or how far it has come."""
    ended = session.rounds[place].ended
    return session.t if ended is None else ended


def intervals(session: Session, turn: Turn) -> list[Interval]:
    """A turn's stretches in milliseconds under way, in order, without overlap."""
    found: list[Interval] = []
    last = 0
    for phase, start, end in _stretches(session, turn):
        begins = max(last, milliseconds(session, start))
        last = max(begins, milliseconds(session, end))
        found.append(Interval(phase, begins, last))
    return found


def _stretches(session: Session, turn: Turn) -> list[tuple[Phase | None, float, float]]:
    found: list[tuple[Phase | None, float, float]] = list(turn.stretches(session.t))
    if turn.phase in SETTLED and turn.ended is not None and turn.round.ended is not None:
        found.append((None, turn.ended, turn.round.ended))
    return found


def _rounds(session: Session) -> range:
    return range(len(session.rounds))


def _whole(t: float, unit: int) -> int:
    return round(bounded(t) * unit)
