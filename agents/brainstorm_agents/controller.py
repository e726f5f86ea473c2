"""The controller: what a person asks for, turned into rounds; and why a session stopped."""

import asyncio
from enum import StrEnum

from brainstorm_agents import stop_rules
from brainstorm_agents.budget import Lack, lack_of
from brainstorm_agents.cast import ScheduleName
from brainstorm_agents.environment import Environment
from brainstorm_agents.errors import JournalError
from brainstorm_agents.fault import FaultKind
from brainstorm_agents.session import Phase, Session


class Reason(StrEnum):
    """Why a session paused, went on or ended, as its log says it."""

    ROUNDS = "rounds"
    QUIET = "quiet"
    TIME = stop_rules.TIME
    WORD = stop_rules.WORD
    CIRCLES = stop_rules.CIRCLES
    BUDGET = "budget"
    USER = "user"
    STOPPED = "stopped"
    QUIT = "quit"
    INTERRUPTED = "interrupted"
    REOPENED = "reopened"


class Controller:
    """Decides when the environment steps.

    All but `serve` and `run` return at once: they say what is wanted, and `serve`, which runs as
    long as there is a screen, does it.
    """

    def __init__(self, environment: Environment, rounds: int, *, is_attended: bool = False) -> None:
        self.environment = environment
        self.is_attended = is_attended
        """Whether somebody is there who may go on: then a session pauses where it would end."""
        self.rounds = rounds
        """How many rounds a run has, after the opening."""
        self.goal = rounds
        """The round after which the session ends."""
        self.until = -1
        """The round up to which rounds follow each other now."""
        self.is_preparing = False
        """Whether a model is being got ready for its first call."""
        self.log_error: JournalError | None = None
        """Why the session waits: the log could not be written. Going on tries it again."""
        self._pause: Reason | None = None
        self._completes = False
        """Whether the open round is stepped once more, for a turn that is asked again in it."""
        self._wanted = asyncio.Event()
        self._lack: tuple[int, Lack | None] | None = None

    @property
    def session(self) -> Session:
        """The session that is controlled."""
        return self.environment.session

    @property
    def is_running(self) -> bool:
        """Whether a round is under way, or follows at once."""
        if self.session.is_under_way:
            return True
        return self._next() <= self.until and not self.log_error

    @property
    def is_pausing(self) -> bool:
        """Whether it pauses after the round under way."""
        return self._pause is Reason.USER

    @property
    def rounds_to_come(self) -> int:
        """How many more rounds follow the one under way without being asked for again."""
        return max(0, self.until - self._next())

    def open(self, is_run: bool = False) -> None:
        """Let the opening begin, and with `is_run` all rounds after it."""
        self._want(self.goal if is_run else 0)

    def step(self) -> None:
        """One round; while one is under way, one more after it."""
        if self.log_error:
            self._wanted.set()
        else:
            self._want(max(self.until, self._next() - 1) + 1)

    def run(self) -> None:
        """All rounds to the goal; past the goal, as many again."""
        if self.log_error:
            self._wanted.set()
            return
        if self._next() > self.goal:
            self.goal = self.session.finished_round + self.rounds
        self._pause = None
        if self.session.paused or self.session.ended:
            self.environment.resume(Reason.USER)
        self._want(max(self.goal, self._next()))

    def pause(self) -> None:
        """No round after the one under way."""
        if self.is_running:
            begun = self._next() - (self.session.open_round is None)
            self.until = min(self.until, begun)
            self._pause = Reason.USER

    def stop(self) -> None:
        """Cancel the turns under way; `step` asks them again."""
        if self.is_running:
            self.until = self._next() - 1
            if self.is_preparing and self.is_attended:
                # Nothing is under way that would have to end first.
                if not self.session.paused and not self.session.ended:
                    self.environment.pause(Reason.STOPPED)
                return
            self._pause = Reason.STOPPED
            self._completes = False
            self.environment.stop(Reason.STOPPED)

    def stop_turn(self, id_: str) -> None:
        """Cancel one turn; the others of the round finish."""
        self.environment.stop(Reason.STOPPED, only=id_)

    def ask_again(self, role: str) -> None:
        """Ask a role again whose last turn has failed or was stopped.

        In a round that is under way, as soon as the others are over; else with the next step.
        """
        turn = self.session.roles[role].turn
        if turn and turn.phase is Phase.FAILED:
            self.environment.ask_again(role)
        self._complete_for(role)

    def skip(self, id_: str) -> None:
        """Give up a turn that is under way or has been stopped."""
        self.environment.skip(id_)
        self._finish_round()

    def take_over(self, role: str, text: str) -> None:
        """Let a role say what the person has typed, in its turn under way or its next one."""
        turn = self.session.roles[role].turn
        if turn and turn.round is self.session.open_round and turn.phase is Phase.FAILED:
            self.environment.ask_again(role)
        self.environment.take_over(role, text)
        self._complete_for(role)
        self._finish_round()

    def set_fault(self, role: str, kind: FaultKind | None) -> None:
        """Let something go wrong with a role's next turn, or nothing any more."""
        self.environment.set_fault(role, kind)

    def mute(self, role: str, muted: bool) -> None:
        """Let a role take no more turns, or take them again."""
        self.environment.mute(role, muted)
        self._finish_round()

    def say(self, text: str, to: tuple[str, ...] = ()) -> None:
        """Publish what the user says."""
        self.environment.say(text, to)

    def keep_idea(self, turn: str, kept: bool = True) -> None:
        """Keep what was said in a turn as an idea, or no more."""
        self.environment.keep_idea(turn, kept)

    def schedule_next(self, schedule: ScheduleName) -> None:
        """Let the next round, and those after it, run otherwise; the open one goes on as it is."""
        self.environment.choose_schedule(schedule)

    def lack(self) -> Lack | None:
        """Why the budget does not hold what comes next, while nothing is under way."""
        session = self.session
        if self.is_running or self.log_error:
            return None
        if self._lack is None or self._lack[0] != session.said_seq:
            self._lack = session.said_seq, lack_of(session)
        return self._lack[1]

    def raise_budget(self) -> None:
        """Let the session use what the turns that wait for it could use."""
        if (lack := self.lack()) and lack.raised != self.session.budget:
            self.environment.choose_budget(lack.raised)

    async def serve(self) -> None:
        """Step whenever rounds are wanted, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self._drive()

    async def run_to_end(self) -> None:
        """Run all rounds to the goal, or as far as there is news."""
        self.until = self.goal
        await self._drive()
        await self.environment.journal.synced(self.session.seq)

    async def close(self, reason: Reason) -> None:
        """End the session if it has not ended, and let go of the models and the log."""
        try:
            if self.session.header and not self.session.ended:
                self.environment.end(reason)
            await self.environment.models.close()
        finally:
            await self.environment.journal.close()

    def _next(self) -> int:
        """The number of the round that a step would run or complete."""
        return self.session.finished_round + 1

    def _complete_for(self, role: str) -> None:
        """Let the round under way go on after the others, for a turn of it that is asked again."""
        turn = self.session.roles[role].turn
        is_waiting = turn is not None and turn.phase is Phase.CANCELLED
        if turn and turn.round is self.session.open_round and is_waiting:
            self._completes = self.is_running

    def _finish_round(self) -> None:
        """Complete an open round for which nobody has to be asked any more."""
        current = self.session.open_round
        if current is None or self.is_running:
            return
        awaited = [turn.role for turn in current.turns if self.session.is_awaited(turn)]
        if all(role in self.session.lines for role in awaited):
            self._want(self._next())

    def _want(self, until: int) -> None:
        self.until = until
        self._wanted.set()

    async def _drive(self) -> None:
        await self._prepare()
        try:
            if self.log_error:
                await self.environment.journal.synced(self.session.seq)
                self.log_error = None
                self.environment.resume(Reason.USER)
            await self._run_rounds()
        except JournalError as error:
            if not self.is_attended:
                raise
            self._wait_for_log(error)

    def _wait_for_log(self, error: JournalError) -> None:
        """Pause, with what is wanted still wanted."""
        if not self.log_error:
            self.environment.pause(error.reason)
        self.log_error = error

    async def _run_rounds(self) -> None:
        while self._next() <= self.until:
            if (self.session.ended or self.session.paused) and self._has_something_to_do():
                self.environment.resume(Reason.USER)
            if not await self.environment.step():
                self._pause = Reason.BUDGET if self.environment.lack else Reason.QUIET
            elif self.environment.lack:
                self._pause = Reason.BUDGET
            elif self.session.open_round and self._completes:
                self._completes = False
                continue
            elif self.session.open_round:
                self._pause = Reason.STOPPED
            elif rule := stop_rules.stops(self.session):
                self._pause = Reason(rule)
            else:
                continue
            self.until = self._next() - 1
        await self.environment.journal.synced(self.session.seq)
        if self._has_reached_goal():
            if not self.session.ended:
                self.environment.end(Reason.ROUNDS)
        elif self._pause and self.is_attended:
            self.environment.pause(self._pause)
        elif self._pause and not self.session.ended:
            self.environment.end(self._pause)
        elif self._pause is Reason.QUIET and self.session.ended == Reason.ROUNDS:
            # It had ended at another goal: that this one was reached would not be true.
            self.environment.resume(Reason.USER)
            self.environment.end(self._pause)
        self._pause = None
        self._completes = False

    def _has_something_to_do(self) -> bool:
        """Whether going on is worth a note; to somebody who asked for it, it always is."""
        if self.is_attended or self.session.open_round:
            return True
        return not self.environment.is_quiet()

    def _has_reached_goal(self) -> bool:
        """Whether it is the goal, and nothing else, that ends the session here."""
        is_stopped = self.session.open_round is not None
        is_past = self.session.finished_round >= self.goal
        return is_past and not is_stopped and self._pause not in (Reason.QUIET, Reason.BUDGET)

    async def _prepare(self) -> None:
        self.is_preparing = True
        try:
            scenario = self.session.scenario
            await self.environment.models.prepare(
                {
                    scenario.model(name).model
                    for role in scenario.roles
                    for name in scenario.models_in_turn(role.model)
                }
            )
            self.environment.describe()
        finally:
            self.is_preparing = False
