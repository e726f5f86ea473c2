"""What speaking at the same time has saved, where that is anything."""

_LEAST_S = 0.05
"""Less than that rounds to no tenth of a second."""

_LEAST_FACTOR = 1.05
"""Less than that rounds to once as fast."""


def is_saving(apart: float, together: float) -> bool:
    """Whether it is worth saying what was saved.

    Args:
        apart: Seconds that it would have taken one after another.
        together: Seconds that it has taken.
    """
    return together > 0 and apart - together >= _LEAST_S and apart / together >= _LEAST_FACTOR
