"""Schedules: who acts in the next round, and what each may see. Pure, one file each."""

from brainstorm_agents.schedules import simultaneous
from brainstorm_agents.schedules.plan import Planned, Schedule

SCHEDULES: dict[str, Schedule] = {simultaneous.NAME: simultaneous.plan}
"""The schedules by name."""

__all__ = ["SCHEDULES", "Planned", "Schedule"]
