"""Schedules: who acts in the next round, and what each may see. Pure, one file each."""

from brainstorm_agents.schedules import eager, sequential, simultaneous
from brainstorm_agents.schedules.plan import Planned, Schedule
from brainstorm_agents.session import Session

SCHEDULES: dict[str, Schedule] = {
    schedule.name: schedule
    for schedule in (simultaneous.SCHEDULE, sequential.SCHEDULE, eager.SCHEDULE)
}
"""The schedules by name."""


def current(session: Session) -> Schedule:
    """How the open round runs, or else the next one."""
    name = session.open_round.schedule if session.open_round else session.schedule
    # A log may name one that a newer program has; the fold takes it for one with a barrier.
    return SCHEDULES.get(name, simultaneous.SCHEDULE)


def plan(session: Session) -> list[Planned]:
    """The turns that are to be taken next; none if all is quiet."""
    return current(session)(session)


__all__ = ["SCHEDULES", "Planned", "Schedule", "current", "plan"]
