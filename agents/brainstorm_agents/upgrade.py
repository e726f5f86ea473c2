"""Older formats of the log: what makes an event of one format an event of the next.

A log is upgraded in memory, event by event, while it is read; the file stays as it is. Whoever
changes the format writes a step here, and keeps a log of the old one among the tests.
"""

from collections.abc import Callable
from typing import Any

Step = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes an event as a JSON object, `type` and all; gives the same event as the next format has it.

The header's `format` stays what the file says.
"""

STEPS: dict[int, Step] = {}
"""By the format that a step starts from."""


def upgrade(old: int, new: int) -> Step | None:
    """All steps from one format to another in one; None if there are none to take."""
    steps = [STEPS[number] for number in range(old, new)]
    if not steps:
        return None

    def climb(event: dict[str, Any]) -> dict[str, Any]:
        for step in steps:
            event = step(event)
        return event

    return climb
