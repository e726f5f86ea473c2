"""A session: the fold of its events. Whoever decides, shows, stores or measures reads this."""

from collections.abc import Callable
from itertools import islice

from brainstorm_agents.bill import Bill, bill
from brainstorm_agents.cast import Budget, ScheduleName
from brainstorm_agents.errors import UnfitEvent
from brainstorm_agents.events import (
    BudgetChosen,
    Event,
    FaultSet,
    IdeaKept,
    ModelsDescribed,
    Ranges,
    RoleAskedAgain,
    RoleMuted,
    RoleTakenOver,
    RoundFinished,
    RoundStarted,
    ScheduleChosen,
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    TurnAsked,
    TurnCancelled,
    TurnFailed,
    TurnFinished,
    TurnQueued,
    TurnRetried,
    TurnStarted,
    TurnStreamed,
    TurnSwitched,
    TurnTrimmed,
    Usage,
    UserSpoke,
)
from brainstorm_agents.fault import Fault
from brainstorm_agents.named_model import Facts, Price
from brainstorm_agents.parameters import is_real
from brainstorm_agents.scenario import Scenario
from brainstorm_agents.turns import (
    IN_CALL,
    OVER,
    SETTLED,
    USER,
    Message,
    Muting,
    Phase,
    RoleState,
    Round,
    Turn,
    WentOn,
)
from brainstorm_agents.under_way import UnderWay

__all__ = [
    "IN_CALL",
    "OVER",
    "SETTLED",
    "USER",
    "Message",
    "Muting",
    "Phase",
    "RoleState",
    "Round",
    "Session",
    "Turn",
    "WentOn",
]

_NEVER = WentOn(-1, 0.0)


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
        self.ideas: dict[str, None] = {}
        """The ids of the turns that the person keeps as ideas, in the order of keeping."""
        self.described: dict[str, Facts] = {}
        """What is known of models beside what the scenario says, by their names."""
        self.bill = Bill()
        """What all attempts that are over have used and cost."""
        self.schedule: ScheduleName = "simultaneous"
        """How the next round runs."""
        self.budget = Budget()
        """What it may use."""
        self.lines: dict[str, str] = {}
        """What the person has typed for roles that have not said it yet."""
        self.faults: dict[str, Fault] = {}
        """What goes wrong with the next turn of a role."""
        self.mutings: tuple[Muting, ...] = ()
        """Who was muted and when, and who was not any more."""
        self.under_way = UnderWay()
        """The time in which turns were under way."""
        self.paused: str | None = None
        self.ended: str | None = None
        self.overruled: dict[str, WentOn] = {}
        """Where somebody went on although it had stopped, by the reason for which it had."""
        self.seq = -1
        self.said_seq = -1
        """The last event that is more than a piece of a reply."""
        self.t = 0.0
        self.revision = 0
        self.failed = 0
        """How many turns have failed; those that the person gave up are not among them."""
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

    @property
    def turns_under_way(self) -> int:
        """How many turns are queued, thinking, speaking or being retried."""
        return self._under_way

    def is_awaited(self, turn: Turn) -> bool:
        """Whether a turn's round cannot finish yet for its sake.

        One that was cancelled is asked again, unless its role has been muted.
        """
        if turn.phase is Phase.CANCELLED:
            return not self.roles[turn.role].muted
        return turn.phase not in OVER

    def price(self, name: str) -> Price | None:
        """The price of the model called `name`: the scenario's, else the table's at the time."""
        said = self.scenario.model(name).price
        return said if said is not None else self.described.get(name, _UNKNOWN).price

    def is_free(self, name: str) -> bool:
        """Whether nobody has to be paid for what the model called `name` says."""
        return name == USER or not is_real(self.scenario.model(name).model)

    def horizon(self, round_: Round) -> int:
        """How many of the published messages a turn of a round that begins now can see.

        In the opening only the user is heard, whatever the schedule.
        """
        is_open_to_all = round_.is_eager and round_.number > 0
        return len(self.published) if is_open_to_all else round_.horizon

    def messages_of(self, ranges: Ranges) -> list[Message]:
        """The published messages in some ranges of positions."""
        return [message for start, end in ranges for message in self.published[start:end]]

    def newest_of(self, ranges: Ranges, most: int) -> list[Message]:
        """The same, but the newest few of them, newest first."""
        positions = (p for start, end in reversed(ranges) for p in range(end - 1, start - 1, -1))
        return [self.published[position] for position in islice(positions, most)]

    def went_on_after(self, reason: str) -> WentOn:
        """Where somebody last went on although it had stopped for that reason."""
        return self.overruled.get(reason, _NEVER)

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
        seq, kind = event.seq, type(event)
        if seq != self.seq + 1:
            raise UnfitEvent(f"event {seq} follows event {self.seq}")
        if self.header is None and kind is not SessionStarted:
            raise UnfitEvent("the session has not begun: its header is missing")
        take = _TAKERS.get(kind)
        if take is None:
            raise UnfitEvent(f"an event of unknown type {kind.__name__}")
        take(self, event)
        self.seq = seq
        if kind is not TurnStreamed:
            self.said_seq = seq
        self.t = event.t
        self.revision += 1

    def _start(self, event: SessionStarted) -> None:
        if self.header is not None:
            raise UnfitEvent("a second header")
        self.header = event
        self.schedule = event.scenario.schedule
        self.faults = {fault.role: fault for fault in event.scenario.faults if fault.turn is None}
        self.budget = event.scenario.budget
        opener, prefixes = event.scenario.opener, event.scenario.prefixes
        for place, role in enumerate(event.scenario.roles):
            watched = None if role.watch == "all" else role.watch
            cursor = 0 if opener is None or role.name == opener else 1
            self.roles[role.name] = RoleState(
                role.name, place, prefixes[role.name], watched, cursor
            )

    def _describe(self, event: ModelsDescribed) -> None:
        # A new one: what is there may be shared with a session of the past.
        self.described = self.described | event.models

    def _hear_user(self, event: UserSpoke) -> None:
        if event.to:
            self.addressed.append(len(self.published))
        self.user_positions.append(len(self.published))
        self.published.append(Message(event.id, USER, event.text, event.to, event.edited))

    def _start_round(self, event: RoundStarted) -> None:
        if self.open_round or event.round != len(self.rounds):
            raise UnfitEvent(f"round {event.round} begins out of turn")
        self.rounds.append(Round(event, len(self.published)))

    def _finish_round(self, event: RoundFinished) -> None:
        current = self.open_round
        if current is None or event.round != current.number:
            raise UnfitEvent(f"round {event.round} ends without having begun")
        if any(self.is_awaited(turn) for turn in current.turns):
            raise UnfitEvent(f"round {event.round} ends while its turns are not over")
        done = {turn.id: turn for turn in current.turns if turn.phase is Phase.DONE}
        new = set(event.published)
        if len(new) < len(event.published) or not new <= done.keys():
            raise UnfitEvent(f"round {event.round} publishes what was not said in it")
        if not current.is_eager:
            for id_ in event.published:
                self._publish(done[id_])
        elif event.published != current.published:
            raise UnfitEvent(f"round {event.round} publishes otherwise than its replies came")
        current.ended = event.t
        current.published = event.published

    def _publish(self, turn: Turn) -> None:
        self.roles[turn.role].positions.append(len(self.published))
        self.published.append(Message(turn.id, turn.role, turn.text, edited=turn.edited))

    def _choose_schedule(self, event: ScheduleChosen) -> None:
        self.schedule = event.schedule

    def _choose_budget(self, event: BudgetChosen) -> None:
        self.budget = event.budget

    def _start_turn(self, event: TurnStarted) -> None:
        current = self.open_round
        state = self.roles.get(event.role)
        if current is None or state is None or event.round != current.number:
            raise UnfitEvent(f"turn {event.id} begins out of place")
        turn = self.turns.get(event.id)
        if turn is None:
            if current.number:
                state.last_number += 1
            turn = Turn(event, state.last_number, current, self.horizon(current))
            turn.fault = self._take_fault(turn)
            self.turns[event.id] = turn
            current.turns.append(turn)
            state.turns.append(turn)
        elif turn.phase is not Phase.CANCELLED or turn.role != event.role:
            raise UnfitEvent(f"turn {event.id} begins twice")
        else:
            self._busy -= turn.spent(event.t)
            self._tokens -= turn.tokens
            turn.before = turn.attempt
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
        self._charge(turn, event.usage)
        turn.enter(Phase.RETRYING, event.t)
        self._touch(turn)

    def _switch_turn(self, event: TurnSwitched) -> None:
        turn = self._turn(event.id)
        turn.reason = event.reason
        turn.switches.append(event)
        turn.before = turn.attempt
        self._charge(turn, event.usage)
        self._queue(turn, event.t)

    def _trim_turn(self, event: TurnTrimmed) -> None:
        turn = self._turn(event.id)
        turn.trimmed = event
        self._touch(turn)

    def _queue_turn(self, event: TurnQueued) -> None:
        turn = self._turn(event.id)
        if turn.phase is not Phase.QUEUED:
            self._queue(turn, event.t)
        turn.waits = event if event.why else None
        self._touch(turn)

    def _finish_turn(self, event: TurnFinished) -> None:
        turn = self._turn(event.id)
        self._charge(turn, event.usage)
        turn.settle_text(event.text)
        turn.usage, turn.note, turn.edited = event.usage, event.note, event.edited
        self._settle(turn, Phase.DONE, event.t, "")
        if turn.is_by_user:
            self.lines = {name: line for name, line in self.lines.items() if name != turn.role}
        state = self.roles[turn.role]
        state.seen = state.asked = turn.horizon
        if turn.round.is_eager:
            self._publish(turn)
            turn.round.published += (turn.id,)

    def _fail_turn(self, event: TurnFailed) -> None:
        turn = self.turns.get(event.id)
        if turn and turn.phase is Phase.CANCELLED and turn.round is self.open_round:
            # It has been stopped, and now it is given up.
            self._turn_over(turn, Phase.FAILED, event.t, event.reason)
        else:
            turn = self._turn(event.id)
            self._charge(turn, event.usage)
            self._settle(turn, Phase.FAILED, event.t, event.reason)
        self.failed += turn.has_failed
        self.roles[turn.role].asked = turn.horizon

    def _cancel_turn(self, event: TurnCancelled) -> None:
        turn = self._turn(event.id)
        self._charge(turn, event.usage)
        self._settle(turn, Phase.CANCELLED, event.t, event.reason)

    def _keep_idea(self, event: IdeaKept) -> None:
        turn = self.turns.get(event.id)
        if turn is None:
            raise UnfitEvent(f"no turn {event.id!r} has begun, so none of its ideas is kept")
        # A new one: what is there may be shared with a session of the past, like the turn itself.
        others = {id_: None for id_ in self.ideas if id_ != event.id}
        self.ideas = self.ideas | {event.id: None} if event.kept else others
        self.roles[turn.role].revision += 1

    def _ask_again(self, event: RoleAskedAgain) -> None:
        state = self.roles.get(event.role)
        turn = state.turn if state else None
        if state is None or turn is None or turn.phase is not Phase.FAILED:
            raise UnfitEvent(f"{event.role!r} is asked again, and its last turn has not failed")
        state.asked = state.seen
        state.revision += 1
        if turn.round is self.open_round:
            self.failed -= turn.has_failed
            self._turn_over(turn, Phase.CANCELLED, event.t, turn.reason)

    def _take_over(self, event: RoleTakenOver) -> None:
        state = self.roles.get(event.role)
        if state is None:
            raise UnfitEvent(f"there is no role {event.role!r} to take over")
        if state.turn is not None:
            self._charge(state.turn, event.usage)
        # A new one: what is there may be shared with a session of the past.
        self.lines = self.lines | {event.role: event.text}
        state.revision += 1

    def _set_fault(self, event: FaultSet) -> None:
        state = self.roles.get(event.role)
        if state is None:
            raise UnfitEvent(f"there is no role {event.role!r} with which something goes wrong")
        self._forget_fault(event.role)
        if event.kind:
            self.faults[event.role] = Fault(role=event.role, kind=event.kind)
        state.revision += 1

    def _take_fault(self, turn: Turn) -> Fault | None:
        """What goes wrong with a turn that begins: what waits for it, or what names its number."""
        fault = self.scenario.fault(turn.role, turn.number)
        if turn.role in self.faults:
            fault = self.faults[turn.role]
            self._forget_fault(turn.role)
        return fault

    def _forget_fault(self, role: str) -> None:
        # A new one: what is there may be shared with a session of the past.
        self.faults = {name: fault for name, fault in self.faults.items() if name != role}

    def _mute(self, event: RoleMuted) -> None:
        state = self.roles.get(event.role)
        if state is None:
            raise UnfitEvent(f"there is no role {event.role!r} to mute")
        state.muted = event.muted
        self.mutings += (Muting(len(self.rounds), event.role, event.muted),)
        state.revision += 1

    def _pause(self, event: SessionPaused) -> None:
        self.paused = event.reason

    def _resume(self, event: SessionResumed) -> None:
        stopped = self.paused or self.ended
        if stopped:
            # A new one: what is there may be shared with a session of the past.
            here = WentOn(self.finished_round, self.elapsed(event.t))
            self.overruled = self.overruled | {stopped: here}
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

    def _queue(self, turn: Turn, t: float) -> None:
        turn.discard()
        turn.enter(Phase.QUEUED, t)
        self._touch(turn)

    def _charge(self, turn: Turn, usage: Usage | None) -> None:
        """Put what an attempt has used on every bill that it belongs to."""
        if usage is None:
            return
        name = turn.model
        used = bill(usage, self.price(name), is_free=self.is_free(name))
        state = self.roles[turn.role]
        turn.bill += used
        turn.round.bill += used
        state.bill += used
        self.bill += used

    def _turn_over(self, turn: Turn, phase: Phase, t: float, reason: str) -> None:
        """Let a turn that is settled be settled otherwise."""
        turn.enter(phase, t)
        turn.reason = reason
        self._touch(turn)

    def _settle(self, turn: Turn, phase: Phase, t: float, reason: str) -> None:
        self._turn_over(turn, phase, t, reason)
        self._under_way -= 1
        if not self._under_way:
            self.under_way.end(t)
        self._busy += turn.spent(t)
        self._tokens += turn.tokens

    def _touch(self, turn: Turn) -> None:
        turn.revision += 1
        self.roles[turn.role].revision += 1


_UNKNOWN = Facts()

_TAKERS: dict[type[Event], Callable[..., None]] = {
    SessionStarted: Session._start,
    ModelsDescribed: Session._describe,
    UserSpoke: Session._hear_user,
    RoundStarted: Session._start_round,
    RoundFinished: Session._finish_round,
    ScheduleChosen: Session._choose_schedule,
    BudgetChosen: Session._choose_budget,
    TurnStarted: Session._start_turn,
    TurnAsked: Session._ask_turn,
    TurnStreamed: Session._stream_turn,
    TurnRetried: Session._retry_turn,
    TurnSwitched: Session._switch_turn,
    TurnTrimmed: Session._trim_turn,
    TurnQueued: Session._queue_turn,
    TurnFinished: Session._finish_turn,
    TurnFailed: Session._fail_turn,
    TurnCancelled: Session._cancel_turn,
    IdeaKept: Session._keep_idea,
    RoleAskedAgain: Session._ask_again,
    RoleTakenOver: Session._take_over,
    FaultSet: Session._set_fault,
    RoleMuted: Session._mute,
    SessionPaused: Session._pause,
    SessionResumed: Session._resume,
    SessionEnded: Session._end,
}
