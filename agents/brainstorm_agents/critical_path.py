"""The critical path: which turns the session waited for, and for what.

With a barrier per round, a round takes as long as the turn that ends last in it, whatever the
others do. The chain of these turns, one a round, is the critical path: together they are as long
as the whole session, so only making one of them shorter makes the session shorter. One after
another, all turns are on it. In an eager round it is the turn that ends last, the one whose words
let that turn begin, and so on back to the round's start.
"""

import math
from typing import NamedTuple

from brainstorm_agents.session import SETTLED, Phase, Round, Session, Turn


def critical_path(session: Session, now: float) -> list[Turn]:
    """The turns that held the rounds up, from the opening on, as far as it had come by `now`.

    In a finished round it is the turn that ended last, of those for which a model was asked; among
    equals the first in the cast's order. In the round that is open at `now` it is the one whose
    call has been under way for longest. A round in which no model was asked has none.
    """
    begun = (round_ for round_ in session.rounds if round_.started <= now)
    return [turn for round_ in begun for turn in _chain(session, round_, now)]


def decided_path(session: Session, now: float) -> list[Turn]:
    """The critical path without what can still change.

    While several turns of a round are under way, nobody knows which of them will have held it up.
    One after another each of them does, from its call on.
    """
    path = critical_path(session, now)
    if not path or (last := path[-1].round).schedule == "sequential":
        return path
    running = [turn for turn in last.turns if not _has_ended(turn, now)]
    is_open = last.ended is None or last.ended > now
    return [turn for turn in path if turn.round is not last or not is_open or len(running) < 2]


def held_up_by(turn: Turn) -> Turn | None:
    """The turn that this one has to wait for, or had to, at the barrier after its end.

    None if it is not over, or if nobody in its round ended later.
    """
    holder = _holder(turn.round, math.inf)
    if holder is None or holder is turn or not _is_over(turn):
        return None
    return holder if _end(holder) > _end(turn) else None


def has_rival(turn: Turn) -> bool:
    """Whether another turn of its round ended with it, so that nothing is won if it is shorter."""
    if turn.round.schedule == "sequential" or turn.ended is None:
        return False
    others = (other.ended for other in turn.round.turns if other is not turn)
    return any(end is not None and abs(end - turn.ended) < _TOGETHER_S for end in others)


_TOGETHER_S = 0.05
"""Ends that are closer than this are told as one time."""


def waited(turn: Turn, now: float) -> float:
    """Seconds that a turn has waited at the barrier since its end.

    That is the time in which others of its round were under way: while all are stopped nobody
    waits.
    """
    if not _is_over(turn):
        return 0.0
    stretches = sorted(
        (start, min(end, now))
        for other in turn.round.turns
        if other is not turn
        for _, start, end in other.stretches(now)
    )
    total, until = 0.0, _end(turn)
    for start, end in stretches:
        if end > until:
            total += end - max(start, until)
            until = end
    return total


class Parts(NamedTuple):
    """What a turn spent its time on, in seconds; all of it, from its start to its end."""

    queued: float
    """No call yet."""
    lost: float
    """In attempts that came to nothing, and in the waits after them."""
    first_token: float
    """From the last time that the model was asked to the first visible token."""
    spoke: float


def parts(turn: Turn, now: float) -> Parts:
    """A turn's time, taken apart, as far as it had come by `now`."""
    asked, requeued = turn.since(_THINKING), turn.since(_QUEUED)
    if asked is not None and requeued is not None and requeued > asked:
        asked = None
    queued = lost = first_token = spoke = 0.0
    ends = [t for t, _ in turn.marks[1:]]
    ends.append(now)
    for (start, phase), end in zip(turn.marks, ends, strict=True):
        took = min(end, now) - start
        if took <= 0 or phase in SETTLED:
            continue
        if phase is _QUEUED:
            queued += took
        elif asked is None or start < asked or phase is _RETRYING:
            lost += took
        elif phase is _THINKING:
            first_token += took
        else:
            spoke += took
    return Parts(queued, lost, first_token, spoke)


_QUEUED, _THINKING, _RETRYING = Phase.QUEUED, Phase.THINKING, Phase.RETRYING


def _chain(session: Session, round_: Round, now: float) -> list[Turn]:
    """What a round waited for, in the order of time."""
    if round_.schedule == "sequential":
        called = ((_first_asked(turn), turn) for turn in round_.turns)
        asked = [(t, turn) for t, turn in called if t is not None and t <= now]
        return [turn for _, turn in sorted(asked, key=lambda pair: pair[0])]
    chain: list[Turn] = []
    turn = _holder(round_, now)
    while turn is not None:
        chain.append(turn)
        turn = _heard_last(session, turn) if round_.is_eager else None
    return chain[::-1]


def _heard_last(session: Session, turn: Turn) -> Turn | None:
    """The turn of the same round whose words let this one begin; None if it began without."""
    if not turn.observed:
        return None
    last = turn.observed[-1][1] - 1
    return session.turns.get(session.published[last].id) if last >= turn.round.horizon else None


def _holder(round_: Round, now: float) -> Turn | None:
    called = [
        (asked, turn)
        for turn in round_.turns
        if (asked := _first_asked(turn)) is not None and asked <= now
    ]
    running = [pair for pair in called if not _has_ended(pair[1], now)]
    if running:
        return min(running, key=lambda pair: pair[0])[1]
    return max((turn for _, turn in called), key=_end, default=None)


def _first_asked(turn: Turn) -> float | None:
    return next((t for t, phase in turn.marks if phase is Phase.THINKING), None)


def _has_ended(turn: Turn, now: float) -> bool:
    return turn.ended is not None and turn.ended <= now


def _is_over(turn: Turn) -> bool:
    """Whether it ended for good: a cancelled one is asked again."""
    return turn.phase is Phase.DONE or turn.phase is Phase.FAILED


def _end(turn: Turn) -> float:
    return math.inf if turn.ended is None else turn.ended
