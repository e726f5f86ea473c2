"""A sample of measured times: its mean, how sure that is, and its bounds."""

import math
import statistics
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Sample:
    """What is told of some times, in seconds."""

    times: tuple[float, ...]
    """In the order in which they were measured; at least one."""

    @property
    def mean(self) -> float:
        """The arithmetic mean."""
        return math.fsum(self.times) / len(self.times)

    @property
    def ci95(self) -> float | None:
        """Half the width of the 95 % confidence interval around the mean; None for one time alone.

        Student's: the times are few, and taken to be normally distributed.
        """
        degrees = len(self.times) - 1
        if degrees < 1:
            return None
        return t_quantile(degrees) * statistics.stdev(self.times) / math.sqrt(len(self.times))

    @property
    def least(self) -> float:
        """The shortest."""
        return min(self.times)

    @property
    def most(self) -> float:
        """The longest."""
        return max(self.times)


def t_quantile(degrees: int) -> float:
    """The t within which Student's distribution has 95 % of its weight, on both sides of 0."""
    low, high = 0.0, 1.0
    while _within(high, degrees) < CONFIDENCE:
        high *= 2
    # Halved until no float lies between.
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _within(middle, degrees) < CONFIDENCE else (low, middle)
    return high


def _within(t: float, degrees: int) -> float:
    """The weight of Student's distribution between -t and t, for whole degrees of freedom.

    Finite series: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    angle = math.atan(t / math.sqrt(degrees))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    is_odd = degrees % 2 == 1
    term = math.cos(angle) if is_odd else 1.0
    total = 0.0
    for step in range(2 if is_odd else 1, degrees, 2):
        total += term
        term *= square * step / (step + 1)
    return 2 / math.pi * (angle + sine * total) if is_odd else sine * total
