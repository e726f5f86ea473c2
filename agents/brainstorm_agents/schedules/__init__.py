"""Schedules: who acts in the next round, and what each may see. Pure, one file each."""

from brainstorm_agents.schedules import eager, sequential, simultaneous
from brainstorm_agents.schedules.plan import Planned, Schedule

SCHEDULES: dict[str, Schedule] = {
    schedule.name: schedule
    for schedule in (simultaneous.SCHEDULE, sequential.SCHEDULE, eager.SCHEDULE)
}
"""The schedules by name."""

__all__ = ["SCHEDULES", "Planned", "Schedule"]
