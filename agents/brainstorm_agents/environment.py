"""The environment: the roles, and the messages published among them. The only emitter."""

from collections.abc import Iterable
from typing import Any

import msgspec

from brainstorm_agents import schedules
from brainstorm_agents.accounts import used
from brainstorm_agents.acting import Acting
from brainstorm_agents.budget import Lack
from brainstorm_agents.cast import Budget, ScheduleName
from brainstorm_agents.clock import Clock
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
    UserSpoke,
    whole_text,
)
from brainstorm_agents.fault import FaultKind
from brainstorm_agents.journal import Journal
from brainstorm_agents.models import Models
from brainstorm_agents.named_model import Facts
from brainstorm_agents.scenario import Scenario
from brainstorm_agents.session import USER, Phase, Round, Session


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
        self._acting = Acting(self.session, models, clock, journal, self._emit, self.now)

    @property
    def lack(self) -> Lack | None:
        """Why the last step did not begin turns, if the budget does not hold them."""
        return self._acting.lack

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
            self._acting.cancel(turn, CUT_OFF)

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
        self._acting.look_again()

    def keep_idea(self, turn: str, kept: bool = True) -> None:
        """Note that what was said in a turn is kept as an idea, or no more."""
        self._emit(IdeaKept, id=turn, kept=kept)

    def mute(self, role: str, muted: bool = True) -> None:
        """Let a role take no turns after the one under way, or let it take them again."""
        self._emit(RoleMuted, role=role, muted=muted)
        self._acting.look_again()

    def ask_again(self, role: str) -> None:
        """Ask a role again whose turn has failed: in its round if it is open, else in the next."""
        self._emit(RoleAskedAgain, role=role)
        self._acting.look_again()

    def take_over(self, role: str, text: str) -> None:
        """Let a role say what the person has typed: in its turn under way, or else its next one."""
        turn = self.session.roles[role].turn
        usage = used(self.session, turn) if turn else None
        self._emit(RoleTakenOver, role=role, text=whole_text(text), usage=usage)
        if turn and not turn.is_settled:
            self._acting.cut_short(turn)

    def skip(self, id_: str) -> None:
        """Give up a turn that is under way or has been stopped: it has failed."""
        self._acting.skip(self.session.turns[id_])

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
        self._acting.stop(reason, only)

    def is_quiet(self) -> bool:
        """Whether nobody has news, so that a step would do nothing."""
        return not schedules.plan(self.session)

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
        plan = schedules.plan(session)
        if self._acting.is_lacking(plan):
            return False
        if session.open_round is None:
            if not plan:
                return False
            self._emit(RoundStarted, round=len(session.rounds), schedule=session.schedule)
        current = session.rounds[-1]
        await self._acting.run(current, plan)
        if not self._is_awaited(current):
            self._emit(
                RoundFinished,
                round=current.number,
                schedule=current.schedule,
                published=self._replies(current),
            )
        return True

    def _is_awaited(self, round_: Round) -> bool:
        """Whether a round cannot finish yet."""
        if any(self.session.is_awaited(turn) for turn in round_.turns):
            return True
        return round_.is_eager and bool(schedules.plan(self.session))

    def _replies(self, round_: Round) -> tuple[str, ...]:
        """The ids of what a round publishes, in their order."""
        if round_.is_eager:
            return round_.published
        done = [turn for turn in round_.turns if turn.phase is Phase.DONE]
        done.sort(key=lambda turn: self.session.roles[turn.role].place)
        return tuple(turn.id for turn in done)

    def _emit(self, kind: type[Event], /, *values: Any, **fields: Any) -> None:
        """Apply and log an event; what is given are its fields after its number and time."""
        session = self.session
        # As `now` has it; without a call, since this is done several times a turn.
        t = self.now() if self._origin is None else self.clock.now() - self._origin
        event = kind(session.seq + 1, round(t, 6), *values, **fields)
        session.apply(event)
        self.journal.append(event)
