"""The time under way: session time with its idle stretches left out."""

from array import array
from bisect import bisect_right
from math import inf


class UnderWay:
    """Stretches of session time in which turns were under way. Times and seconds go both ways."""

    __slots__ = ("_before", "_ends", "_starts")

    def __init__(self) -> None:
        self._starts = array("d")
        self._ends = array("d")
        self._before = array("d")

    def __len__(self) -> int:
        return len(self._starts)

    def first(self, count: int, *, is_open: bool) -> "UnderWay":
        """The first stretches alone; the last of them may still be open."""
        first = UnderWay()
        first._starts = self._starts[:count]
        first._ends = self._ends[:count]
        first._before = self._before[:count]
        if is_open:
            first._ends[-1] = inf
        return first

    def begin(self, t: float) -> None:
        """Begin a stretch, which is open until it ends."""
        self._before.append(self.seconds(t))
        self._starts.append(t)
        self._ends.append(inf)

    def end(self, t: float) -> None:
        """End the open stretch."""
        self._ends[-1] = t

    def seconds(self, t: float) -> float:
        """Seconds under way up to a time of the session."""
        position = bisect_right(self._starts, t) - 1
        if position < 0:
            return 0.0
        return self._before[position] + min(t, self._ends[position]) - self._starts[position]

    def time(self, seconds: float) -> float:
        """The time of the session after so many seconds under way; the end if it is beyond."""
        position = bisect_right(self._before, seconds) - 1
        if position < 0:
            return self._starts[0] if self._starts else 0.0
        t = self._starts[position] + seconds - self._before[position]
        return min(t, self._ends[position])
