"""A session: the fold of its events. Whoever decides, shows, stores or measures reads this."""

import math
from array import array
from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from brainstorm_agents import tokens
from brainstorm_agents.errors import UnfitEvent
from brainstorm_agents.events import (
    Event,
    Ranges,
    RoundFinished,
    RoundStarted,
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    TurnAsked,
    TurnCancelled,
    TurnFailed,
    TurnFinished,
    TurnRetried,
    TurnStarted,
    TurnStreamed,
    Usage,
    UserSpoke,
)
from brainstorm_agents.scenario import Scenario
from brainstorm_agents.under_way import UnderWay

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

_OVER = frozenset({Phase.DONE, Phase.FAILED})

IN_CALL = frozenset({Phase.THINKING, Phase.SPEAKING, Phase.RETRYING})
"""The phases in which somebody waits for the model."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """What was said. `to` names the recipients if it is addressed."""

    id: str
    sender: str
    text: str
    to: tuple[str, ...] = ()

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
        "discarded",
        "id",
        "marks",
        "model",
        "number",
        "observed",
        "phase",
        "reason",
        "reasoning",
        "retries",
        "revision",
        "role",
        "round",
        "usage",
        "wave_times",
        "wave_tokens",
    )

    def __init__(self, event: TurnStarted, number: int, round_: "Round") -> None:
        self.id = event.id
        self.role = event.role
        self.number = number
        self.round = round_
        self.observed: Ranges = event.observed
        self.phase = Phase.QUEUED
        self.marks: list[tuple[float, Phase]] = [(event.t, Phase.QUEUED)]
        """When each phase began, in session time."""
        self.reason = ""
        """Why it failed, was cancelled or is being retried."""
        self.attempt = 0
        self.retries: list[TurnRetried] = []
        self.model = ""
        self.reasoning = ""
        self.discarded = ""
        """What an earlier attempt had said before it was given up."""
        self.usage: Usage | None = None
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
    def is_settled(self) -> bool:
        """Whether nothing more comes, unless it is asked again."""
        return self.phase in SETTLED

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
        return sum(end - start for phase, start, end in self.stretches(now) if phase in phases)

    def enter(self, phase: Phase, t: float) -> None:
        """Note that a phase begins."""
        self.phase = phase
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
        if self.text:
            self.discarded = self.text
        self._text, self._weight, self.reasoning = "", 0.0, ""
        self.attempt, self.model = event.attempt, event.model

    def settle_text(self, text: str) -> None:
        """Take the final text, which the pieces have already given unless the model had none."""
        self._pieces.clear()
        self._text = text


class Round:
    """One step of the environment. It is open until all its turns are done or failed."""

    __slots__ = ("ended", "horizon", "number", "published", "schedule", "started", "turns")

    def __init__(self, event: RoundStarted, horizon: int) -> None:
        self.number = event.round
        self.schedule = event.schedule
        self.horizon = horizon
        """How many messages were published when it began: what its turns can have seen."""
        self.started = event.t
        self.ended: float | None = None
        self.turns: list[Turn] = []
        self.published: tuple[str, ...] = ()


class RoleState:
    """What the environment knows of one role beside its part in the scenario."""

    __slots__ = (
        "asked",
        "last_number",
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
        self.last_number = 0
        self.turns: list[Turn] = []
        self.positions: list[int] = []
        """Where its own messages stand in the published list."""
        self.revision = 0

    @property
    def turn(self) -> Turn | None:
        """Its latest turn."""
        return self.turns[-1] if self.turns else None


class Session:
    """The state of one conversation. `apply` is the only way to change it."""

    def __init__(self) -> None:
        self.header: SessionStarted | None = None
        self.published: list[Message] = []
        self.rounds: list[Round] = []
        self.roles: dict[str, RoleState] = {}
        """In the cast's order."""
        self.turns: dict[str, Turn] = {}
        """By id, in the order in which they began."""
        self.addressed: list[int] = []
        """Positions of the messages that are not meant for everyone."""
        self.user_positions: list[int] = []
        self.under_way = UnderWay()
        """The time in which turns were under way."""
        self.paused: str | None = None
        self.ended: str | None = None
        self.seq = -1
        self.said_seq = -1
        """The last event that is more than a piece of a reply."""
        self.t = 0.0
        self.revision = 0
        self.failed = 0
        """How many turns have failed."""
        self._under_way = 0
        self._busy = 0.0
        self._tokens = 0

    @property
    def scenario(self) -> Scenario:
        """The cast and the rules, as resolved when the session began."""
        if self.header is None:
            raise UnfitEvent("the session has not begun: its header is missing")
        return self.header.scenario

    @property
    def topic(self) -> str:
        """What the conversation is about: the first thing that the person said."""
        return self.published[0].text if self.published else ""

    @property
    def round(self) -> Round | None:
        """The latest round."""
        return self.rounds[-1] if self.rounds else None

    @property
    def open_round(self) -> Round | None:
        """The round that has begun and is not finished, if there is one."""
        return self.rounds[-1] if self.rounds and self.rounds[-1].ended is None else None

    @property
    def finished_round(self) -> int:
        """The number of the last finished round; -1 before the opening is over."""
        if not self.rounds:
            return -1
        return self.rounds[-1].number - (self.rounds[-1].ended is None)

    @property
    def is_under_way(self) -> bool:
        """Whether any turn is queued, thinking, speaking or being retried."""
        return self._under_way > 0

    def messages_of(self, ranges: Ranges) -> list[Message]:
        """The published messages in some ranges of positions."""
        return [message for start, end in ranges for message in self.published[start:end]]

    def elapsed(self, now: float) -> float:
        """Seconds in which turns were under way, up to a time: the idle stretches left out."""
        return self.under_way.seconds(now)

    def busy(self, now: float) -> float:
        """The sum of the turns in seconds: what they would have taken one after another."""
        if not self._under_way:
            return self._busy
        return self._busy + sum(
            turn.spent(now) for turn in self.rounds[-1].turns if not turn.is_settled
        )

    @property
    def tokens(self) -> int:
        """Tokens said by all, as far as it has come."""
        if not self._under_way:
            return self._tokens
        moving = (turn for turn in self.rounds[-1].turns if not turn.is_settled)
        return self._tokens + sum(turn.tokens for turn in moving)

    def apply(self, event: Event) -> None:
        """Take in the next event.

        Raises:
            UnfitEvent: The event cannot follow what has happened so far.
        """
        if event.seq != self.seq + 1:
            raise UnfitEvent(f"event {event.seq} follows event {self.seq}")
        if self.header is None and not isinstance(event, SessionStarted):
            raise UnfitEvent("the session has not begun: its header is missing")
        take = _TAKERS.get(type(event))
        if take is None:
            raise UnfitEvent(f"an event of unknown type {type(event).__name__}")
        take(self, event)
        self.seq = event.seq
        if type(event) is not TurnStreamed:
            self.said_seq = event.seq
        self.t = event.t
        self.revision += 1

    def _start(self, event: SessionStarted) -> None:
        if self.header is not None:
            raise UnfitEvent("a second header")
        self.header = event
        opener, prefixes = event.scenario.opener, event.scenario.prefixes
        for place, role in enumerate(event.scenario.roles):
            watched = None if role.watch == "all" else role.watch
            cursor = 0 if opener is None or role.name == opener else 1
            self.roles[role.name] = RoleState(
                role.name, place, prefixes[role.name], watched, cursor
            )

    def _hear_user(self, event: UserSpoke) -> None:
        if event.to:
            self.addressed.append(len(self.published))
        self.user_positions.append(len(self.published))
        self.published.append(Message(event.id, USER, event.text, event.to))

    def _start_round(self, event: RoundStarted) -> None:
        if self.open_round or event.round != len(self.rounds):
            raise UnfitEvent(f"round {event.round} begins out of turn")
        self.rounds.append(Round(event, len(self.published)))

    def _finish_round(self, event: RoundFinished) -> None:
        current = self.open_round
        if current is None or event.round != current.number:
            raise UnfitEvent(f"round {event.round} ends without having begun")
        if any(turn.phase not in _OVER for turn in current.turns):
            raise UnfitEvent(f"round {event.round} ends while its turns are not over")
        done = {turn.id: turn for turn in current.turns if turn.phase is Phase.DONE}
        new = set(event.published)
        if len(new) < len(event.published) or not new <= done.keys():
            raise UnfitEvent(f"round {event.round} publishes what was not said in it")
        for id_ in event.published:
            turn = done[id_]
            self.roles[turn.role].positions.append(len(self.published))
            self.published.append(Message(id_, turn.role, turn.text))
        current.ended = event.t
        current.published = event.published

    def _start_turn(self, event: TurnStarted) -> None:
        current = self.open_round
        state = self.roles.get(event.role)
        if current is None or state is None or event.round != current.number:
            raise UnfitEvent(f"turn {event.id} begins out of place")
        turn = self.turns.get(event.id)
        if turn is None:
            if current.number:
                state.last_number += 1
            turn = Turn(event, state.last_number, current)
            self.turns[event.id] = turn
            current.turns.append(turn)
            state.turns.append(turn)
        elif turn.phase is not Phase.CANCELLED or turn.role != event.role:
            raise UnfitEvent(f"turn {event.id} begins twice")
        else:
            self._busy -= turn.spent(event.t)
            self._tokens -= turn.tokens
            turn.enter(Phase.QUEUED, event.t)
        self._touch(turn)
        if not self._under_way:
            self.under_way.begin(event.t)
        self._under_way += 1

    def _ask_turn(self, event: TurnAsked) -> None:
        turn = self._turn(event.id)
        turn.begin_attempt(event)
        turn.enter(Phase.THINKING, event.t)
        self._touch(turn)

    def _stream_turn(self, event: TurnStreamed) -> None:
        turn = self._turn(event.id)
        if event.text and turn.phase is Phase.THINKING:
            turn.enter(Phase.SPEAKING, event.t)
        turn.hear(event)
        self._touch(turn)

    def _retry_turn(self, event: TurnRetried) -> None:
        turn = self._turn(event.id)
        turn.reason = event.reason
        turn.retries.append(event)
        turn.enter(Phase.RETRYING, event.t)
        self._touch(turn)

    def _finish_turn(self, event: TurnFinished) -> None:
        turn = self._turn(event.id)
        turn.settle_text(event.text)
        turn.usage = event.usage
        self._settle(turn, Phase.DONE, event.t, "")
        state = self.roles[turn.role]
        state.seen = state.asked = turn.round.horizon

    def _fail_turn(self, event: TurnFailed) -> None:
        turn = self._turn(event.id)
        self._settle(turn, Phase.FAILED, event.t, event.reason)
        self.failed += 1
        self.roles[turn.role].asked = turn.round.horizon

    def _cancel_turn(self, event: TurnCancelled) -> None:
        self._settle(self._turn(event.id), Phase.CANCELLED, event.t, event.reason)

    def _pause(self, event: SessionPaused) -> None:
        self.paused = event.reason

    def _resume(self, event: SessionResumed) -> None:
        self.paused = self.ended = None

    def _end(self, event: SessionEnded) -> None:
        self.paused, self.ended = None, event.reason

    def _turn(self, id_: str) -> Turn:
        """A turn that is under way: nothing happens in any other."""
        turn = self.turns.get(id_)
        if turn is None:
            raise UnfitEvent(f"no turn {id_!r} has begun")
        if turn.is_settled:
            raise UnfitEvent(f"turn {id_!r} is over")
        return turn

    def _settle(self, turn: Turn, phase: Phase, t: float, reason: str) -> None:
        turn.enter(phase, t)
        turn.reason = reason
        self._touch(turn)
        self._under_way -= 1
        if not self._under_way:
            self.under_way.end(t)
        self._busy += turn.spent(t)
        self._tokens += turn.tokens

    def _touch(self, turn: Turn) -> None:
        turn.revision += 1
        self.roles[turn.role].revision += 1


_TAKERS: dict[type[Event], Callable[..., None]] = {
    SessionStarted: Session._start,
    UserSpoke: Session._hear_user,
    RoundStarted: Session._start_round,
    RoundFinished: Session._finish_round,
    TurnStarted: Session._start_turn,
    TurnAsked: Session._ask_turn,
    TurnStreamed: Session._stream_turn,
    TurnRetried: Session._retry_turn,
    TurnFinished: Session._finish_turn,
    TurnFailed: Session._fail_turn,
    TurnCancelled: Session._cancel_turn,
    SessionPaused: Session._pause,
    SessionResumed: Session._resume,
    SessionEnded: Session._end,
}
