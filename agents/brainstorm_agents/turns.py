"""What a session is made of: messages, turns with their phases, rounds, and each role's place."""

import math
from array import array
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

import msgspec

from brainstorm_agents import tokens
from brainstorm_agents.bill import Bill
from brainstorm_agents.events import (
    SKIPPED,
    Ranges,
    RoundStarted,
    TurnAsked,
    TurnQueued,
    TurnRetried,
    TurnStarted,
    TurnStreamed,
    TurnSwitched,
    TurnTrimmed,
    Usage,
)
from brainstorm_agents.fault import Fault

USER = "user"
"""The sender of what the person says, and the id of the topic."""


class Phase(StrEnum):
    """Where a turn is."""

    QUEUED = "queued"
    THINKING = "thinking"
    SPEAKING = "speaking"
    RETRYING = "retrying"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


SETTLED = frozenset({Phase.DONE, Phase.FAILED, Phase.CANCELLED})
"""The phases in which nothing more comes, unless the turn is asked again."""

OVER = frozenset({Phase.DONE, Phase.FAILED})
"""The phases after which a turn is not asked again."""

IN_CALL = frozenset({Phase.THINKING, Phase.SPEAKING, Phase.RETRYING})
"""The phases in which somebody waits for the model."""


class LeftOut(NamedTuple):
    """What a prompt does not hold, so that it fits; the oldest of both."""

    turns: int = 0
    """Of the role's own finished turns, each with what it had heard in it."""
    messages: int = 0
    """Of what is new to it."""


EVERYTHING = LeftOut()
"""A prompt that holds everything."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """What was said. `to` names the recipients if it is addressed."""

    id: str
    sender: str
    text: str
    to: tuple[str, ...] = ()
    edited: bool = False
    """Whether a fork has put this text in the place of another."""

    def reaches(self, name: str) -> bool:
        """Whether it is meant for a role, as far as its address goes."""
        return not self.to or name in self.to


class Turn:
    """One role's part of a round, as it stands."""

    __slots__ = (
        "_pieces",
        "_text",
        "_weight",
        "attempt",
        "before",
        "bill",
        "discarded",
        "edited",
        "fault",
        "horizon",
        "id",
        "marks",
        "model",
        "note",
        "number",
        "observed",
        "phase",
        "reason",
        "reasoning",
        "retries",
        "revision",
        "role",
        "round",
        "switches",
        "trimmed",
        "usage",
        "waits",
        "wave_times",
        "wave_tokens",
    )

    def __init__(self, event: TurnStarted, number: int, round_: "Round", horizon: int) -> None:
        self.id = event.id
        self.role = event.role
        self.number = number
        self.round = round_
        self.observed: Ranges = event.observed
        self.horizon = horizon
        """How many messages were published when it began: what it can have seen."""
        self.phase = Phase.QUEUED
        self.marks: list[tuple[float, Phase]] = [(event.t, Phase.QUEUED)]
        """When each phase began, in session time."""
        self.reason = ""
        """Why it failed, was cancelled or is being retried."""
        self.attempt = 0
        self.before = 0
        """How many attempts were made before this model was asked, this time."""
        self.retries: list[TurnRetried] = []
        self.switches: list[TurnSwitched] = []
        self.trimmed: TurnTrimmed | None = None
        """What its prompt does not hold, from the attempt after that on."""
        self.waits: TurnQueued | None = None
        """What it is queued for, if that is known."""
        self.model = ""
        """The name of the model that was asked last."""
        self.reasoning = ""
        self.discarded = ""
        """What an earlier attempt had said before it was given up."""
        self.usage: Usage | None = None
        self.bill = Bill()
        """What all its attempts that are over have used and cost."""
        self.note = ""
        """What is worth knowing about the reply beside its text."""
        self.fault: Fault | None = None
        """What goes wrong with it because somebody asked for it."""
        self.edited = False
        """Whether a fork has put its text in the place of what the model said."""
        self.wave_times = array("d")
        self.wave_tokens = array("f")
        self.revision = 0
        self._text: str = ""
        self._pieces: list[str] = []
        self._weight = 0.0

    @property
    def text(self) -> str:
        """What has been said so far; the whole reply once it is done."""
        if self._pieces:
            self._text += "".join(self._pieces)
            self._pieces.clear()
        return self._text

    @property
    def tokens(self) -> int:
        """Tokens said: the provider's count once it is there, else an estimate."""
        return self.usage.completion if self.usage else math.ceil(self._weight)

    @property
    def is_by_user(self) -> bool:
        """Whether the person has typed what it says: then the person is its model."""
        return self.model == USER

    @property
    def left_out(self) -> LeftOut:
        """What its prompt does not hold."""
        trimmed = self.trimmed
        return LeftOut(trimmed.turns, trimmed.messages) if trimmed else EVERYTHING

    @property
    def is_settled(self) -> bool:
        """Whether nothing more comes, unless it is asked again."""
        return self.phase in SETTLED

    @property
    def is_skipped(self) -> bool:
        """Whether the person gave it up."""
        return self.phase is Phase.FAILED and self.reason == SKIPPED

    @property
    def has_failed(self) -> bool:
        """Whether it failed by itself: nobody gave it up."""
        return self.phase is Phase.FAILED and self.reason != SKIPPED

    @property
    def started(self) -> float:
        """When it first began to wait for its call."""
        return self.marks[0][0]

    @property
    def ended(self) -> float | None:
        """When it settled, if it has."""
        return self.marks[-1][0] if self.is_settled else None

    def since(self, phase: Phase) -> float | None:
        """When it last entered a phase, if it has."""
        for t, entered in reversed(self.marks):
            if entered is phase:
                return t
        return None

    def stretches(self, now: float) -> Iterator[tuple[Phase, float, float]]:
        """Its phases with their beginning and end, up to now; a settled phase has no length."""
        for position, (t, phase) in enumerate(self.marks):
            if phase in SETTLED:
                continue
            after = self.marks[position + 1][0] if position + 1 < len(self.marks) else max(now, t)
            yield phase, t, after

    def spent(self, now: float, phases: frozenset[Phase] = IN_CALL) -> float:
        """Seconds spent in some phases up to now; by default in calls, not in the queue."""
        spent = 0.0
        for (start, phase), (end, _) in pairwise(self.marks):
            if phase in phases:
                spent += end - start
        start, phase = self.marks[-1]
        return spent + (max(now, start) - start if phase in phases else 0.0)

    def enter(self, phase: Phase, t: float) -> None:
        """Note that a phase begins."""
        self.phase, self.waits = phase, None
        self.marks.append((t, phase))

    def hear(self, event: TurnStreamed) -> None:
        """Take in what has arrived."""
        if event.reasoning:
            self.reasoning += event.reasoning
        if event.text:
            weight = tokens.weigh(event.text)
            self._pieces.append(event.text)
            self._weight += weight
            self.wave_times.append(event.t)
            self.wave_tokens.append(weight)

    def begin_attempt(self, event: TurnAsked) -> None:
        """Start the reply afresh; what was there is discarded."""
        self.discard()
        self.attempt, self.model = event.attempt, event.model

    def discard(self) -> None:
        """Give up what was said so far."""
        if self.text:
            self.discarded = self.text
        self._text, self._weight, self.reasoning = "", 0.0, ""

    def settle_text(self, text: str) -> None:
        """Take the final text, which the pieces have already given unless the model had none."""
        self._pieces.clear()
        self._text = text

    def twin(self) -> "Turn":
        """A turn that is the same now, and goes its own way from here on."""
        # Not `copy`, which takes four times as long: thousands of turns may be at once.
        twin = Turn.__new__(Turn)
        for name in Turn.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.marks, twin.retries = self.marks[:], self.retries[:]
        twin.switches = self.switches[:]
        twin.wave_times, twin.wave_tokens = self.wave_times[:], self.wave_tokens[:]
        twin._text, twin._pieces = self.text, []
        return twin


class Round:
    """One step of the environment. It is open until all its turns are done or failed."""

    __slots__ = ("bill", "ended", "horizon", "number", "published", "schedule", "started", "turns")

    def __init__(self, event: RoundStarted, horizon: int) -> None:
        self.number = event.round
        self.schedule = event.schedule
        self.horizon = horizon
        """How many messages were published when it began: all that its turns see, unless eager."""
        self.started = event.t
        self.ended: float | None = None
        self.turns: list[Turn] = []
        self.published: tuple[str, ...] = ()
        self.bill = Bill()
        """What its attempts that are over have used and cost."""

    @property
    def is_eager(self) -> bool:
        """Whether replies are published as they finish, and heard in the same round."""
        return self.schedule == "eager"

    @property
    def in_order(self) -> list[Turn]:
        """Its turns as they are read: in an eager round the published ones first, as they came."""
        if not self.is_eager:
            return self.turns
        places = {id_: place for place, id_ in enumerate(self.published)}
        return sorted(self.turns, key=lambda turn: places.get(turn.id, len(places)))


class WentOn(NamedTuple):
    """Where a session went on after a stop."""

    round: int
    """The last round that was finished."""
    seconds: float
    """Session time with turns under way."""


class Muting(NamedTuple):
    """A role was muted, or takes turns again."""

    round: int
    """The first round that began after it, or will."""
    role: str
    muted: bool


class RoleState:
    """What the environment knows of one role beside its part in the scenario."""

    __slots__ = (
        "asked",
        "bill",
        "last_number",
        "muted",
        "name",
        "place",
        "positions",
        "prefix",
        "revision",
        "seen",
        "turns",
        "watched",
    )

    def __init__(
        self, name: str, place: int, prefix: str, watched: tuple[str, ...] | None, cursor: int
    ) -> None:
        self.name = name
        self.place = place
        self.prefix = prefix
        """What the ids of its turns begin with."""
        self.watched = watched
        """The roles that it listens to; None stands for all others."""
        self.seen = cursor
        """The position behind the last message that it has taken into a finished turn."""
        self.asked = cursor
        """The same for a finished or failed turn: news is what comes after this."""
        self.bill = Bill()
        """What its attempts that are over have used and cost."""
        self.last_number = 0
        self.muted = False
        """Whether it takes no turns. What it misses meanwhile, it hears when it is not any more."""
        self.turns: list[Turn] = []
        self.positions: list[int] = []
        """Where its own messages stand in the published list."""
        self.revision = 0

    @property
    def turn(self) -> Turn | None:
        """Its latest turn."""
        return self.turns[-1] if self.turns else None
