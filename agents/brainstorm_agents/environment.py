"""The environment: the roles, and the messages published among them. The only emitter."""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec

from brainstorm_agents.accounts import used
from brainstorm_agents.attempts import Asking
from brainstorm_agents.budget import Lack, Purse
from brainstorm_agents.calls import Reply
from brainstorm_agents.cast import Budget, ScheduleName
from brainstorm_agents.clock import Clock
from brainstorm_agents.critical_path import parts
from brainstorm_agents.errors import JournalError, ModelError
from brainstorm_agents.events import (
    CUT_OFF,
    FORMAT,
    BudgetChosen,
    Event,
    FaultSet,
    IdeaKept,
    ModelsDescribed,
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
    TurnStarted,
    TurnStreamed,
    Usage,
    UserSpoke,
    whole_text,
)
from brainstorm_agents.fault import FaultKind
from brainstorm_agents.journal import Journal
from brainstorm_agents.models import Models
from brainstorm_agents.named_model import Facts
from brainstorm_agents.redaction import redact
from brainstorm_agents.scenario import Scenario
from brainstorm_agents.schedules import SCHEDULES, Planned, Schedule
from brainstorm_agents.session import USER, Phase, Round, Session, Turn
from brainstorm_agents.slots import Slots
from brainstorm_agents.ties import Ties

SKIPPED = "skipped"
"""Why a turn has failed that the person gave up."""


class Environment:
    """Runs one session: opens it, steps it, hears the user, stops turns.

    It decides from the session that it feeds and holds no second copy of it.

    Args:
        models: Where the roles' replies come from.
        clock: The session's time.
        journal: Where every event goes, beside the session.
        session: A session to go on with, which `reopen` takes up; by default a new one, which
            `open` begins.
    """

    def __init__(
        self, models: Models, clock: Clock, journal: Journal, session: Session | None = None
    ) -> None:
        self.session = session or Session()
        self.models = models
        self.clock = clock
        self.journal = journal
        self._origin: float | None = None
        self._slots: Slots | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stops: dict[str, str] = {}
        self._is_stopping = False
        self._news = asyncio.Event()
        """Set when a turn of an eager round may begin, or the last one is over."""
        self._ties = Ties()
        self._purse = Purse(self.session)
        self.lack: Lack | None = None
        """Why the last step did not begin turns, if the budget does not hold them."""

    def now(self) -> float:
        """Seconds of session time."""
        now = self.clock.now()
        if self._origin is None:
            self._origin = now - self.session.t
        return now - self._origin

    def open(self, scenario: Scenario, *, seed: int, version: str, started_at: str) -> None:
        """Begin a session: its header, and the topic as the user's first words."""
        self._emit(
            SessionStarted,
            format=FORMAT,
            version=version,
            scenario=msgspec.structs.replace(scenario, topic=whole_text(scenario.topic)),
            seed=seed,
            started_at=started_at,
        )
        self.say(scenario.topic)

    def reopen(self, reason: str) -> None:
        """Take up a session that was cut off: what was under way is cancelled, to be asked again.

        One that had paused or ended stays as it is until somebody goes on with it.
        """
        session = self.session
        if session.paused is None and session.ended is None:
            self.resume(reason)
            if not session.published:
                self.say(session.scenario.topic)
        current = session.open_round
        for turn in current.turns if current else ():
            self._cancel(turn, CUT_OFF)

    def describe(self) -> None:
        """Note what is known of the models beside the scenario, once they are ready."""
        session = self.session
        found: dict[str, Facts] = {}
        for role in session.scenario.roles:
            for place, name in enumerate(session.scenario.models_in_turn(role.model)):
                if name not in session.described and name not in found:
                    model = session.scenario.model(name)
                    params = model.params if place else role.params
                    if (facts := self.models.facts(model, params)) != Facts():
                        found[name] = facts
        if found:
            self._emit(ModelsDescribed, models=found)

    def say(self, text: str, to: Iterable[str] = ()) -> None:
        """Publish what the user says, to everyone or to some; heard in the next round."""
        count = len(self.session.user_positions) + 1
        id_ = USER if count == 1 else f"{USER}{count}"
        self._emit(UserSpoke, id=id_, text=whole_text(text), to=tuple(to))
        self._news.set()

    def keep_idea(self, turn: str, kept: bool = True) -> None:
        """Note that what was said in a turn is kept as an idea, or no more."""
        self._emit(IdeaKept, id=turn, kept=kept)

    def mute(self, role: str, muted: bool = True) -> None:
        """Let a role take no turns after the one under way, or let it take them again."""
        self._emit(RoleMuted, role=role, muted=muted)
        self._news.set()

    def ask_again(self, role: str) -> None:
        """Ask a role again whose turn has failed: in its round if it is open, else in the next."""
        self._emit(RoleAskedAgain, role=role)
        self._news.set()

    def take_over(self, role: str, text: str) -> None:
        """Let a role say what the person has typed: in its turn under way, or else its next one."""
        turn = self.session.roles[role].turn
        usage = used(self.session, turn) if turn else None
        self._emit(RoleTakenOver, role=role, text=whole_text(text), usage=usage)
        if turn and not turn.is_settled and turn.id in self._tasks:
            self._tasks[turn.id].cancel()

    def skip(self, id_: str) -> None:
        """Give up a turn that is under way or has been stopped: it has failed."""
        turn = self.session.turns[id_]
        if turn.is_settled:
            self._fail(turn, SKIPPED, None)
        else:
            self.stop(SKIPPED, only=id_)

    def set_fault(self, role: str, kind: FaultKind | None) -> None:
        """Let something go wrong with a role's next turn, or nothing any more."""
        self._emit(FaultSet, role=role, kind=kind)

    def choose_schedule(self, schedule: ScheduleName) -> None:
        """Let the rounds after the open one run otherwise."""
        self._emit(ScheduleChosen, schedule=schedule)

    def choose_budget(self, budget: Budget) -> None:
        """Let the session use so much, what it has used already among it."""
        self._emit(BudgetChosen, budget=budget)

    def pause(self, reason: str) -> None:
        """Note that no further round starts."""
        self._emit(SessionPaused, reason=reason)

    def resume(self, reason: str) -> None:
        """Note that the session goes on."""
        self._emit(SessionResumed, reason=reason)

    def end(self, reason: str) -> None:
        """Note that the session is over."""
        self._emit(SessionEnded, reason=reason)

    def stop(self, reason: str, only: str | None = None) -> None:
        """Cancel the turns under way, or one of them by its id; the next step asks them again."""
        current = self.session.open_round
        self._is_stopping = self._is_stopping or only is None
        for turn in current.turns if current else ():
            if not turn.is_settled and only in (None, turn.id):
                self._stops[turn.id] = reason
                if turn.id in self._tasks:
                    self._tasks[turn.id].cancel()

    def is_quiet(self) -> bool:
        """Whether nobody has news, so that a step would do nothing."""
        return not self._plan()

    async def step(self) -> bool:
        """Run the next round, or complete the open one.

        Its calls wait for the log, which then holds all that came before them. Of what came after
        them it may not hold all yet: the next round waits for that, or whoever makes no other.

        Returns:
            False if nothing happened: all is quiet, nobody has news; or the budget does not hold
            what the turns could use, and `lack` says so.

        Raises:
            JournalError: The log cannot be written now. The turns under way are cancelled; a later
                step tries the log again, and goes on.
        """
        session = self.session
        plan = self._plan()
        self.lack = self._purse.lack(plan)
        if self.lack:
            return False
        if session.open_round is None:
            if not plan:
                return False
            self._emit(RoundStarted, round=len(session.rounds), schedule=session.schedule)
        current = session.rounds[-1]
        self._stops.clear()
        self._is_stopping = False
        try:
            await self._take_turns(current, plan)
        finally:
            self._tasks.clear()
            for turn in current.turns:
                self._cancel(turn)
            self._stops.clear()
        if not self._is_awaited(current):
            self._emit(
                RoundFinished,
                round=current.number,
                schedule=current.schedule,
                published=self._replies(current),
            )
        return True

    def _schedule(self) -> Schedule:
        """How the open round runs, or the next one."""
        current = self.session.open_round
        name = current.schedule if current else self.session.schedule
        # A log may name one that a newer program has; the fold takes it for one with a barrier.
        return SCHEDULES.get(name, SCHEDULES["simultaneous"])

    def _plan(self) -> list[Planned]:
        return self._schedule()(self.session)

    def _is_awaited(self, round_: Round) -> bool:
        """Whether a round cannot finish yet."""
        if any(self.session.is_awaited(turn) for turn in round_.turns):
            return True
        return round_.is_eager and bool(self._plan())

    def _replies(self, round_: Round) -> tuple[str, ...]:
        """The ids of what a round publishes, in their order."""
        if round_.is_eager:
            return round_.published
        done = [turn for turn in round_.turns if turn.phase is Phase.DONE]
        done.sort(key=lambda turn: self.session.roles[turn.role].place)
        return tuple(turn.id for turn in done)

    async def _take_turns(self, round_: Round, plan: list[Planned]) -> None:
        """Take the turns of a round: all at once, or in an eager one as the roles have news."""
        session = self.session
        is_one_at_a_time = self._schedule().is_one_at_a_time
        gate = asyncio.Lock() if is_one_at_a_time else None
        begun = self._begin_turns(round_, plan)
        await self.journal.synced(session.seq)
        problem: JournalError | None = None
        async with asyncio.TaskGroup() as group:
            while True:
                for turn in begun:
                    task = group.create_task(self._take(turn, gate))
                    if round_.is_eager:
                        task.add_done_callback(self._notice)
                    self._tasks[turn.id] = task
                    if turn.id in self._stops:
                        task.cancel()
                if not round_.is_eager or all(task.done() for task in self._tasks.values()):
                    break
                await self._news.wait()
                begun = self._begin_turns(round_, self._plan())
                try:
                    if begun:
                        await self.journal.synced(session.seq)
                except JournalError as error:
                    # Raised in here, the group would wrap it.
                    problem = error
                    self.stop("interrupted")
                    break
        if problem:
            raise problem

    def _notice(self, task: asyncio.Task[None]) -> None:
        """A turn has come to its end; one that was stopped before it began tells in no event."""
        self._news.set()

    def _begin_turns(self, round_: Round, plan: list[Planned]) -> list[Turn]:
        """Begin the turns that can begin, each once a step."""
        self._news.clear()
        turns: list[Turn] = []
        new = [one for one in plan if one.id not in self._tasks and one.id not in self._stops]
        if self._is_stopping:
            return turns
        if self._tasks:
            # In an eager round: those that began it have been looked at before.
            self.lack = self._purse.lack(new)
        for planned in () if self.lack else new:
            self._emit(
                TurnStarted, planned.id, planned.role, round_.number, observed=planned.observed
            )
            turns.append(self.session.turns[planned.id])
        return turns

    async def _take(self, turn: Turn, gate: asyncio.Lock | None) -> None:
        """Take one turn. Its failure is its own; only cancellation gets out."""
        if turn.role in self.session.lines:
            self._say_line(turn)
            return
        if self._slots is None:
            self._slots = Slots(self.session.scenario, self.clock)
        asking = Asking(
            self.session, turn, self.models, self._slots, self._purse, self.clock, self._emit
        )
        try:
            if gate is None:
                reply = await asking.reply()
            else:
                async with gate:
                    reply = await asking.reply()
            if turn.round.is_eager:
                await self._ties.turn_of(self.session.roles[turn.role].place)
        except asyncio.CancelledError:
            self._cancel(turn)
            raise
        except ModelError as error:
            self._fail(turn, str(error), asking.used)
        except Exception as error:
            usage = used(self.session, turn)
            self._fail(turn, redact(f"unexpectedly: {type(error).__name__}: {error}"), usage)
        else:
            self._finish(turn, reply)

    def _finish(self, turn: Turn, reply: Reply) -> None:
        took = parts(turn, self.now())
        self._emit(
            TurnFinished,
            turn.id,
            turn.role,
            reply.text,
            reply.usage,
            queued_s=round(took.queued, 6),
            thinking_s=round(took.first_token, 6),
            speaking_s=round(took.spoke, 6),
            note=reply.note,
        )

    def _fail(self, turn: Turn, reason: str, usage: Usage | None) -> None:
        about = {"id": turn.id, "role": turn.role, "reason": whole_text(reason)}
        self._emit(TurnFailed, **about, usage=usage)

    def _say_line(self, turn: Turn) -> None:
        """Let a turn say what the person has typed: an attempt whose model is the person."""
        text = self.session.lines[turn.role]
        about = {"id": turn.id, "role": turn.role}
        self._emit(TurnAsked, **about, attempt=turn.attempt + 1, model=USER)
        self._emit(TurnStreamed, **about, text=text)
        self._finish(turn, Reply(text, Usage()))

    def _cancel(self, turn: Turn, why: str = "interrupted") -> None:
        """Bring a turn that is cut off to its end."""
        if turn.is_settled:
            return
        reason = self._stops.get(turn.id, "")
        if reason == SKIPPED:
            self._fail(turn, SKIPPED, self._used(turn))
        elif turn.role in self.session.lines and not reason:
            self._say_line(turn)
        else:
            reason = reason or why
            usage = self._used(turn)
            self._emit(TurnCancelled, id=turn.id, role=turn.role, reason=reason, usage=usage)

    def _used(self, turn: Turn) -> Usage | None:
        """What the attempt under way has used; one that was taken over is on the bill already."""
        return None if turn.role in self.session.lines else used(self.session, turn)

    def _emit(self, kind: type[Event], /, *values: Any, **fields: Any) -> None:
        """Apply and log an event; what is given are its fields after its number and time."""
        session = self.session
        # As `now` has it; without a call, since this is done several times a turn.
        t = self.now() if self._origin is None else self.clock.now() - self._origin
        event = kind(session.seq + 1, round(t, 6), *values, **fields)
        session.apply(event)
        self.journal.append(event)
