"""What the schedules are called where they are shown."""

from brainstorm_agents.cast import SCHEDULE_NAMES, ScheduleName
from brainstorm_agents.session import Round, Session

WORDS: dict[str, str] = {
    "simultaneous": "at once",
    "sequential": "one after another",
    "eager": "eagerly",
}
"""How the turns of a round run, by its schedule's name."""

SPOKEN: dict[str, str] = {
    "simultaneous": "at once: all with news at the same time",
    "sequential": "one after another: the same is said, it takes longer",
    "eager": "eagerly, without a barrier: each starts as soon as it has news",
}
"""The same, for somebody who has just chosen it."""

UNSEEN: dict[str, str] = {
    "simultaneous": "said at the same time",
    "sequential": "said in the same round",
    "eager": "said after it began",
}
"""Why a turn could not see another of its round."""


def following(schedule: ScheduleName) -> ScheduleName:
    """The schedule that a key which goes through them comes to next."""
    place = SCHEDULE_NAMES.index(schedule) + 1
    return SCHEDULE_NAMES[place % len(SCHEDULE_NAMES)]


def now_and_next(session: Session, *, is_replay: bool = False) -> str:
    """How the open round runs, and the next one if otherwise; empty for the usual way.

    In a replay what is next has been decided long ago, and its round will tell.
    """
    current = session.open_round
    if is_replay:
        is_usual = current is None or current.schedule == "simultaneous"
        return "" if current is None or is_usual else WORDS.get(current.schedule, "")
    following_ = WORDS[session.schedule]
    if current is None:
        return "" if session.schedule == "simultaneous" else f"next {following_}"
    now = "" if current.schedule == "simultaneous" else WORDS.get(current.schedule, "")
    if current.schedule == session.schedule:
        return now
    return f"{now}, then {following_}" if now else f"then {following_}"


def marked(name: str, round_: Round) -> str:
    """A round's name, with a word about its schedule if it decides who hears whom."""
    return f"{name}, eagerly" if round_.is_eager and round_.number else name
