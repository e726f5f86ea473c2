"""Attempts in words: why there is another, when it comes, and which model took over."""

import math

from brainstorm_agents.session import Phase, Session, Turn
from brainstorm_tui.failure_words import brief
from brainstorm_tui.look import Look
from brainstorm_tui.text.safe import one_line


def again(look: Look, turn: Turn, now: float) -> str:
    """When the next attempt comes, and which of how many it is: `again in 4 s · 2 of 5`.

    It counts those that this model was given since the turn was last begun, as its entry says how
    many there are. Empty unless the turn waits for it. It counts down with the session's time, so
    that a replay says the same.
    """
    since = turn.since(Phase.RETRYING)
    if turn.phase is not Phase.RETRYING or since is None:
        return ""
    retry = turn.retries[-1]
    left = math.ceil(max(0.0, retry.wait_s - (now - since)))
    next_ = retry.attempt + 1 - turn.before
    number = f"{next_} of {retry.of - turn.before}" if retry.of else f"attempt {next_}"
    return f"again in {left} s {look.symbols.dot} {number}"


def in_queue(look: Look, turn: Turn, now: float) -> str:
    """What a turn is queued for, if that is known: `queued: 60 requests a minute · in 12 s`."""
    waits = turn.waits
    if waits is None:
        return ""
    left = math.ceil(waits.t + waits.wait_s - now)
    when = f" {look.symbols.dot} in {left} s" if left > 0 else ""
    return f"queued: {one_line(waits.why)}{when}"


def after_stop(session: Session, turn: Turn) -> str:
    """Whether a turn that was stopped is asked again; empty if it was not stopped."""
    if turn.phase is not Phase.CANCELLED:
        return ""
    if turn.round is not session.open_round:
        return "not asked again"
    return "s asks again" if session.is_awaited(turn) else "muted: not asked again"


def took_over(turn: Turn) -> str:
    """Which model answers instead of another, and why: of the last time; else empty."""
    if not turn.switches:
        return ""
    last = turn.switches[-1]
    return f"{one_line(last.model)} takes over: {brief(last.reason)}"
