"""What the schedules are called where they are shown."""

from brainstorm_agents.cast import SCHEDULE_NAMES, ScheduleName
from brainstorm_agents.session import Round

WORDS: dict[str, str] = {
    "simultaneous": "at the same time",
    "sequential": "one after another",
    "eager": "eager: no barrier",
}
"""How the turns of a round run, by its schedule's name."""


def following(schedule: ScheduleName) -> ScheduleName:
    """The schedule that a key which goes through them comes to next."""
    place = SCHEDULE_NAMES.index(schedule) + 1
    return SCHEDULE_NAMES[place % len(SCHEDULE_NAMES)]


def marked(name: str, round_: Round) -> str:
    """A round's name, with a word about its schedule if it decides who hears whom."""
    return f"{name}, eager" if round_.is_eager else name
