"""The session's clock: now, sleep, call later. Real, virtual, or moved by hand.

The virtual clock is no class of its own but an event loop whose time jumps to the next timer, so
that everything that asyncio times (timeouts among it) is virtual too. While real input or output
is awaited it jumps as well: nothing on it may use threads, sockets or a screen.
"""

import asyncio
import heapq
import itertools
import selectors
from collections.abc import Callable
from typing import Any, Protocol


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Call it off."""


class Clock(Protocol):
    """What the engine asks for time. Seconds throughout."""

    def now(self) -> float:
        """Seconds on this clock; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Have something called later, in the event loop."""


class LoopClock:
    """The time of the running event loop, `speed` times as fast. It keeps to the first loop."""

    def __init__(self, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError("a clock's speed is above 0; for 0 run on a virtual loop")
        self._speed = speed
        self._time: Callable[[], float] | None = None

    def now(self) -> float:
        """Seconds of the loop's clock, times the speed."""
        if self._time is None:
            self._time = asyncio.get_running_loop().time
        return self._time() * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait that long on this clock, at least until the loop has come round."""
        await asyncio.sleep(seconds / self._speed if seconds > 0 else 0)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Have something called later."""
        return asyncio.get_running_loop().call_later(seconds / self._speed, callback)


class ManualClock:
    """A clock that stands until `advance` moves it: for tests of what runs on a real loop."""

    def __init__(self) -> None:
        self._now = 0.0
        self._due: list[tuple[float, int, _Due]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Seconds that it was moved so far."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        timer = self.call_later(seconds, woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()

    def call_later(self, seconds: float, callback: Callable[[], Any]) -> Timer:
        """Have something called when the clock gets there."""
        due = _Due(callback)
        heapq.heappush(self._due, (self._now + seconds, next(self._order), due))
        return due

    async def advance(self, seconds: float) -> None:
        """Move the clock, and let all that is due on the way run in its order."""
        end = self._now + seconds
        await _settle()
        while self._due and self._due[0][0] <= end:
            self._now, _, due = heapq.heappop(self._due)
            if due.callback:
                due.callback()
                await _settle()
        self._now = end


class _Due:
    def __init__(self, callback: Callable[[], Any]) -> None:
        self.callback: Callable[[], Any] | None = callback

    def cancel(self) -> None:
        self.callback = None


async def _settle() -> None:
    """Let the loop come round until what a timer has woken can have asked for the next one."""
    for _ in range(10):
        await asyncio.sleep(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        self._virtual = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual

    def jump(self, seconds: float) -> None:
        """Move the clock."""
        self._virtual += seconds


class _Jumping(selectors.DefaultSelector):
    """Looks at what is ready without waiting: where it would have waited, the clock jumps."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(None if timeout is None else 0)
        if timeout and not ready:
            self._loop.jump(timeout)
        return list(ready)
