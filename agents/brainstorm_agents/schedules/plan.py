"""The face that every schedule has."""

from collections.abc import Callable

import msgspec

from brainstorm_agents.events import Ranges
from brainstorm_agents.session import Session


class Planned(msgspec.Struct, frozen=True, gc=False):
    """A turn that is to be taken: its id, whose it is, and what it observes."""

    id: str
    role: str
    observed: Ranges


Schedule = Callable[[Session], list[Planned]]
"""From a session to the turns of its next round, in the cast's order; none if all is quiet."""
