"""Time limits of a call, on the session's clock: to its first token, between pieces, as a whole."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from brainstorm_agents.clock import Clock, Timer
from brainstorm_agents.errors import ModelError, TookTooLong
from brainstorm_agents.named_model import Timeouts

_TICK_S = 1e-6
"""A timer that comes this much too early has come: less than a log can tell."""


def is_limited(timeouts: Timeouts, left: float) -> bool:
    """Whether there is any limit, with so many seconds of the turn's left."""
    return not timeouts.first_token == timeouts.gap == left == math.inf


@asynccontextmanager
async def limited(
    clock: Clock, model: str, timeouts: Timeouts, left: float
) -> AsyncGenerator[Callable[[], None]]:
    """Let what is done in the context take no longer than it may.

    Gives what is to be called with every piece that comes.

    Args:
        clock: The session's.
        model: Whom an error names.
        timeouts: The limits.
        left: Seconds of the turn's limit that are left.

    Raises:
        ModelError: It took longer.
    """
    try:
        async with asyncio.timeout(None) as expiry:
            watch = _Watch(clock, timeouts, left, expiry)
            try:
                yield watch.heard
            finally:
                watch.end()
    except TimeoutError:
        if not expiry.expired():
            raise
        passed = watch.passed
    else:
        return
    raise passed.error(model)


class _Limit:
    """One of the three."""

    def __init__(self, name: str, seconds: float, told: str, retryable: bool) -> None:
        self.name = name
        self.seconds = seconds
        self._told = told
        self._retryable = retryable

    def error(self, model: str) -> ModelError:
        what = self._told.format(f"{self.seconds:g} s")
        where = f"its limit is {self.name}, among the timeouts of the model in the scenario"
        return TookTooLong(f"{model}: {what}; {where}", retryable=self._retryable)


class _Watch:
    """Has a timeout expire when the first of the limits has passed."""

    def __init__(
        self, clock: Clock, timeouts: Timeouts, left: float, expiry: asyncio.Timeout
    ) -> None:
        self._clock = clock
        self._expiry = expiry
        self._gap = _Limit("gap", timeouts.gap, "no more came for {}", True)
        self._turn = _Limit("turn", timeouts.turn, "the turn has taken its {}", False)
        self._silence = _Limit("first_token", timeouts.first_token, "nothing came for {}", True)
        self._last = clock.now()
        self._end = self._last + left
        self._timer: Timer | None = None
        self.passed = self._turn
        self._check()

    def heard(self) -> None:
        """Note that something came: silence begins anew."""
        self._last = self._clock.now()
        if self._silence is not self._gap:
            self._silence = self._gap
            self.end()
            self._check()

    def end(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _check(self) -> None:
        """Expire, or look again when the first limit could have passed: no timer for each piece."""
        silent = self._last + self._silence.seconds
        due, self.passed = min(silent, self._end), self._turn
        if silent <= self._end:
            self.passed = self._silence
        wait = due - self._clock.now()
        if wait <= _TICK_S:
            self._expiry.reschedule(asyncio.get_running_loop().time())
        elif wait < math.inf:
            self._timer = self._clock.call_later(wait, self._check)
