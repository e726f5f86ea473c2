"""Where one can go to in a session: a round, a message, a time, an event."""

import re
from dataclasses import dataclass

from brainstorm_agents.errors import InputError
from brainstorm_agents.session import Session, Turn


@dataclass(frozen=True, slots=True)
class ToRound:
    """A round, as it stood at its end."""

    number: int


@dataclass(frozen=True, slots=True)
class ToMessage:
    """A message, when it was there."""

    id: str


@dataclass(frozen=True, slots=True)
class ToTime:
    """A time: seconds in which turns were under way, as the screen counts them."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ToEvent:
    """An event: as many have happened."""

    position: int


Destination = ToRound | ToMessage | ToTime | ToEvent

_ROUND = re.compile(r"(?:round\s*)?(\d{1,9})")
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d*)?)\s*s")
_CLOCK = re.compile(r"(?:(\d{1,6}):)?(\d{1,6}):(\d{1,2}(?:\.\d*)?)")
_EVENT = re.compile(r"#\s*([\d,]{1,15})")


def destination(text: str, session: Session) -> Destination:
    """What somebody means who types where to go.

    Args:
        text: `3`, `round 3`, `opening`, `b2`, `12.5s`, `1:30`, `#120`.
        session: All that is known of it.

    Raises:
        InputError: It is none of these, or there is no such round or message.
    """
    text = text.strip().casefold()
    if text == "opening":
        text = "0"
    if found := _ROUND.fullmatch(text):
        return _round(int(found[1]), session)
    if found := _SECONDS.fullmatch(text):
        return ToTime(float(found[1]))
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = found.groups(default="0")
        return ToTime(int(hours) * 3600 + int(minutes) * 60 + float(seconds))
    if found := _EVENT.fullmatch(text):
        return ToEvent(int(found[1].replace(",", "") or "0"))
    for id_ in (*session.turns, *(session.published[at].id for at in session.user_positions)):
        if id_.casefold() == text:
            return ToMessage(id_)
    if not text:
        raise InputError("type a round: 3, a message: b2, a time: 12.5s or 1:30, an event: #120")
    raise InputError(
        f"there is no message {text}; a round is 3, a time 12.5s or 1:30, an event #120"
    )


def _round(number: int, session: Session) -> ToRound:
    last = len(session.rounds) - 1
    if last < 0:
        raise InputError("there is no round yet")
    if number > last:
        known = "only the opening, round 0" if last == 0 else f"rounds 0 to {last}"
        raise InputError(f"there is no round {number}; there are {known}")
    return ToRound(number)


def turn_at(to: Destination, session: Session, role: str) -> Turn | None:
    """The turn that is meant: of a round it is a role's, or else the first one."""
    match to:
        case ToMessage(id_):
            return session.turns.get(id_)
        case ToRound(number) if number < len(session.rounds):
            turns = session.rounds[number].turns
            return next((turn for turn in turns if turn.role == role), turns[0] if turns else None)
    return None
