"""Acting: the turns of a round, asked all at once, one after another, or as the roles have news."""

import asyncio
from collections.abc import Callable

from brainstorm_agents import schedules
from brainstorm_agents.accounts import used
from brainstorm_agents.attempts import Asking, Emit
from brainstorm_agents.budget import Lack, Purse
from brainstorm_agents.calls import Reply
from brainstorm_agents.clock import Clock
from brainstorm_agents.critical_path import parts
from brainstorm_agents.errors import JournalError, ModelError
from brainstorm_agents.events import (
    SKIPPED,
    TurnAsked,
    TurnCancelled,
    TurnFailed,
    TurnFinished,
    TurnStarted,
    TurnStreamed,
    Usage,
    whole_text,
)
from brainstorm_agents.journal import Journal
from brainstorm_agents.models import Models
from brainstorm_agents.redaction import redact
from brainstorm_agents.schedules import Planned
from brainstorm_agents.session import USER, Round, Session, Turn
from brainstorm_agents.slots import Slots
from brainstorm_agents.ties import Ties


class Acting:
    """The turns of a session under way: begun, asked, and brought to their end.

    Args:
        session: Whose turns.
        models: Whom to ask.
        clock: The session's.
        journal: What calls wait for.
        emit: Where everything is told.
        now: Seconds of session time.
    """

    def __init__(
        self,
        session: Session,
        models: Models,
        clock: Clock,
        journal: Journal,
        emit: Emit,
        now: Callable[[], float],
    ) -> None:
        self._session = session
        self._models = models
        self._clock = clock
        self._journal = journal
        self._emit = emit
        self._now = now
        self._slots: Slots | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stops: dict[str, str] = {}
        self._is_stopping = False
        self._news = asyncio.Event()
        self._ties = Ties()
        self._purse = Purse(session)
        self.lack: Lack | None = None
        """Why turns were not begun, if the budget does not hold them."""

    def is_lacking(self, plan: list[Planned]) -> bool:
        """Whether the budget does not hold what these turns could use; `lack` says it."""
        self.lack = self._purse.lack(plan)
        return self.lack is not None

    async def run(self, round_: Round, plan: list[Planned]) -> None:
        """Take the turns of a round that are planned; in the end none of it is under way.

        Raises:
            JournalError: The log cannot be written now. What was under way is cancelled.
        """
        self._stops.clear()
        self._is_stopping = False
        try:
            await self._take_turns(round_, plan)
        finally:
            self._tasks.clear()
            for turn in round_.turns:
                self.cancel(turn)
            self._stops.clear()

    def look_again(self) -> None:
        """Let turns of an eager round begin for which there may be news now."""
        self._news.set()

    def stop(self, reason: str, only: str | None = None) -> None:
        """Cancel the turns under way, or one of them by its id."""
        current = self._session.open_round
        self._is_stopping = self._is_stopping or only is None
        for turn in current.turns if current else ():
            if not turn.is_settled and only in (None, turn.id):
                self._stops[turn.id] = reason
                self.cut_short(turn)

    def skip(self, turn: Turn) -> None:
        """Give up a turn that is under way or has been stopped: it has failed."""
        if turn.is_settled:
            self._fail(turn, SKIPPED, None)
        else:
            self.stop(SKIPPED, only=turn.id)

    def cut_short(self, turn: Turn) -> None:
        """End the call of a turn, if it has one; `cancel` then says what becomes of the turn."""
        if turn.id in self._tasks:
            self._tasks[turn.id].cancel()

    def cancel(self, turn: Turn, why: str = "interrupted") -> None:
        """Bring a turn that is cut off to its end."""
        if turn.is_settled:
            return
        reason = self._stops.get(turn.id, "")
        if reason == SKIPPED:
            self._fail(turn, SKIPPED, self._used(turn))
        elif turn.role in self._session.lines and not reason:
            self._say_line(turn)
        else:
            reason = reason or why
            usage = self._used(turn)
            self._emit(TurnCancelled, id=turn.id, role=turn.role, reason=reason, usage=usage)

    async def _take_turns(self, round_: Round, plan: list[Planned]) -> None:
        """Take the turns of a round: all at once, or in an eager one as the roles have news."""
        session = self._session
        is_one_at_a_time = schedules.current(session).is_one_at_a_time
        gate = asyncio.Lock() if is_one_at_a_time else None
        begun = self._begin_turns(round_, plan)
        await self._journal.synced(session.seq)
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
                begun = self._begin_turns(round_, schedules.plan(session))
                try:
                    if begun:
                        await self._journal.synced(session.seq)
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
            turns.append(self._session.turns[planned.id])
        return turns

    async def _take(self, turn: Turn, gate: asyncio.Lock | None) -> None:
        """Take one turn. Its failure is its own; only cancellation gets out."""
        if turn.role in self._session.lines:
            self._say_line(turn)
            return
        if self._slots is None:
            self._slots = Slots(self._session.scenario, self._clock, self._models.api_base)
        asking = Asking(
            self._session, turn, self._models, self._slots, self._purse, self._clock, self._emit
        )
        try:
            if gate is None:
                reply = await asking.reply()
            else:
                async with gate:
                    reply = await asking.reply()
            if turn.round.is_eager:
                await self._ties.turn_of(self._session.roles[turn.role].place)
        except asyncio.CancelledError:
            self.cancel(turn)
            raise
        except ModelError as error:
            self._fail(turn, str(error), asking.used)
        except Exception as error:
            usage = used(self._session, turn)
            self._fail(turn, redact(f"unexpectedly: {type(error).__name__}: {error}"), usage)
        else:
            self._finish(turn, reply)

    def _finish(self, turn: Turn, reply: Reply) -> None:
        took = parts(turn, self._now())
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
        text = self._session.lines[turn.role]
        about = {"id": turn.id, "role": turn.role}
        self._emit(TurnAsked, **about, attempt=turn.attempt + 1, model=USER)
        self._emit(TurnStreamed, **about, text=text)
        self._finish(turn, Reply(text, Usage()))

    def _used(self, turn: Turn) -> Usage | None:
        """What the attempt under way has used; one that was taken over is on the bill already."""
        return None if turn.role in self._session.lines else used(self._session, turn)
