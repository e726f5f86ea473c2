"""The face that every schedule has."""

from collections.abc import Callable

import msgspec

from brainstorm_agents.cast import ScheduleName
from brainstorm_agents.events import Ranges
from brainstorm_agents.session import Session


class Planned(msgspec.Struct, frozen=True, gc=False):
    """A turn that is to be taken: its id, whose it is, and what it observes."""

    id: str
    role: str
    observed: Ranges


class Schedule(msgspec.Struct, frozen=True):
    """How the turns of a round are taken."""

    name: ScheduleName
    plan: Callable[[Session], list[Planned]]
    """The turns of the next round, or those that an open one still lacks, in the cast's order."""
    is_one_at_a_time: bool = False
    """Whether there is never more than one call."""

    def __call__(self, session: Session) -> list[Planned]:
        """The turns that are to be taken; none if all is quiet."""
        return self.plan(session)
