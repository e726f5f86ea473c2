"""How far a bench is, and how long it will go on: one line on a terminal."""

import asyncio
import time
from collections import defaultdict

from brainstorm_tui.bench import Bench, Way
from brainstorm_tui.plain import Marks, progress
from brainstorm_tui.progress_line import TICK_S, ProgressLine


class BenchProgress:
    """Watches a bench and draws its line. Times here are real seconds, whatever the speed."""

    def __init__(self, bench: Bench, line: ProgressLine, marks: Marks) -> None:
        self._bench = bench
        self._line = line
        self._marks = marks
        self._took: dict[Way, list[float]] = defaultdict(list)
        self._began = 0.0

    async def next(self) -> None:
        """Let the bench do its next run, and draw the line while it does."""
        way, self._began = self._bench.way(), time.monotonic()
        if self._line.is_shown:
            self._line.draw(self.text(self._began))
        # On the virtual clock a run is over before anybody could read more.
        is_watched = self._line.is_shown and self._bench.launch.speed > 0
        watching = asyncio.create_task(self._watch()) if is_watched else None
        try:
            await self._bench.next()
        finally:
            if watching:
                watching.cancel()
        self._took[way].append(time.monotonic() - self._began)

    def text(self, now: float) -> str:
        """`run 5 of 20 · 42 s left · one after another · round 2 of 3 · Alex speaking`."""
        bench, number = self._bench, len(self._bench.runs) + 1
        parts = [f"run {number} of {2 * bench.repeat}"]
        if (left := self._left(now)) is not None:
            parts.append(f"{_duration(left)} left")
        parts.append(_WORDS[bench.way()])
        if controller := bench.controller:
            doing = progress(controller.session, self._marks)
            parts.append("getting the model ready" if controller.is_preparing else doing)
        return f" {self._marks.dot} ".join(part for part in parts if part)

    def _left(self, now: float) -> float | None:
        """Seconds until all is done, once there has been a run each way."""
        if len(self._took) < len(Way):
            return None
        left = -(now - self._began)
        for way in self._bench.to_come():
            left += sum(self._took[way]) / len(self._took[way])
        return max(0.0, left)

    async def _watch(self) -> None:
        while True:
            self._line.draw(self.text(time.monotonic()))
            await asyncio.sleep(TICK_S)


_WORDS = {Way.CONCURRENT: "concurrent", Way.SEQUENTIAL: "one after another"}


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
