"""Asking for the reply of one turn: again after a failure that may pass, then another model."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from brainstorm_agents.accounts import sent, used
from brainstorm_agents.budget import Purse
from brainstorm_agents.calls import Reply, call
from brainstorm_agents.clock import Clock
from brainstorm_agents.errors import ModelError, TookTooLong
from brainstorm_agents.events import (
    Event,
    TurnAsked,
    TurnQueued,
    TurnRetried,
    TurnStreamed,
    TurnSwitched,
    TurnTrimmed,
    Usage,
)
from brainstorm_agents.memory import fitted, room
from brainstorm_agents.models import Models, Request
from brainstorm_agents.models.faulty import afflicted, bounded
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.patience import ENDLESS, Patience, backoff, patience
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.reply_length import limited, reply_tokens
from brainstorm_agents.session import Phase, Session, Turn
from brainstorm_agents.slots import Slot, Slots, Wait

Emit = Callable[..., None]
"""Takes the type of an event and its fields after its number and time."""


@dataclass
class Asking:
    """One turn under way.

    Args:
        session: Whose turn it is.
        turn: The turn; its attempts go on counting where they stand.
        models: Whom to ask.
        slots: Who may call now.
        purse: What may be used.
        clock: The session's.
        emit: Where each attempt is told.
    """

    session: Session
    turn: Turn
    models: Models
    slots: Slots
    purse: Purse
    clock: Clock
    emit: Emit
    used: Usage | None = None
    """What the attempt has used after which nobody was asked any more."""
    _began: float = 0.0
    _queued: float = 0.0
    _came: float | None = None
    """Since when it waits for a slot."""

    async def reply(self) -> Reply:
        """The reply, of the first model that gives one.

        Raises:
            ModelError: None did; the error is that of the last one.
        """
        self._began = self.clock.now()
        scenario = self.session.scenario
        role = scenario.role(self.turn.role)
        failure: ModelError | None = None
        for name in scenario.models_in_turn(role.model):
            model = scenario.model(name)
            if failure:
                if self._left(patience(model)) <= 0:
                    break
                self._tell(TurnSwitched, name, str(failure), self.used)
            params = limited(self.session, name, model.params if failure else role.params)
            try:
                return await self._ask(name, model, params)
            except ModelError as error:
                failure = error
        assert failure is not None, "a role has a model"
        raise failure

    async def _ask(self, name: str, model: NamedModel, params: Mapping[str, Any]) -> Reply:
        """The reply of one model."""
        assert self.session.header is not None, "a turn is taken in a session that has begun"
        most = room(self.session, self.turn, name, params)
        seed, granted, before = self.session.header.seed, patience(model), self.turn.attempt
        while True:
            number = self.turn.attempt + 1
            if most is not None or self.turn.trimmed:
                self._trim(most)
            request = Request(
                Prompt(self.session, self.turn), params, seed, number, self.clock, model
            )
            slot = await self._slot(name, request)
            try:
                if refusal := self.purse.refusal(self.turn, name, params):
                    raise ModelError(f"{model.model}: {refusal}")
                self._tell(TurnAsked, number, name)
                reply = await call(
                    afflicted(self.models[model.model], self.turn.fault, number),
                    request,
                    self._hear,
                    self._left(granted),
                    self._granted_now(granted, number),
                )
                reply = self._with_prompt(reply)
                slot.tokens = reply.usage.prompt + reply.usage.completion
                return reply
            except ModelError as error:
                failure = error
                is_refused = not isinstance(error, TookTooLong)
                self.used = used(self.session, self.turn, is_refused=is_refused)
            finally:
                self.slots.give_back(slot)
            made = number - before
            drawn = backoff(granted.retry, made, seed, self.turn.id, number)
            wait = round(max(drawn, failure.retry_after or 0.0), 3)
            if failure.is_too_long and made < granted.retry.attempts:
                most = Prompt(self.session, self.turn).tokens // 2
                if fitted(self.session, self.turn, most) != self.turn.left_out:
                    last = before + granted.retry.attempts
                    self._tell(TurnRetried, number, str(failure), 0.0, last, self.used)
                    continue
            if reason := self._reason_to_give_up(failure, granted, made, wait):
                raise ModelError(reason)
            last = before + granted.retry.attempts if granted.retry.attempts < ENDLESS else 0
            self._tell(TurnRetried, number, str(failure), wait, last, self.used)
            await self.clock.sleep(wait)

    def _granted_now(self, granted: Patience, number: int) -> Patience:
        """What an attempt is granted: with a fault that only a limit ends, there is one."""
        fault = self.turn.fault
        if fault is None:
            return granted
        return replace(granted, timeouts=bounded(granted.timeouts, fault, number))

    def _reason_to_give_up(
        self, failure: ModelError, granted: Patience, made: int, wait: float
    ) -> str:
        """Why the same model is not asked again; empty if it is."""
        if not failure.retryable:
            return str(failure)
        if made >= granted.retry.attempts:
            return f"{failure} (given up after {made} attempts)" if made > 1 else str(failure)
        if wait >= self._left(granted):
            limit = f"{granted.timeouts.turn:g} s"
            return (
                f"{failure} (given up: to wait {math.ceil(wait)} s would be longer than a turn may"
                f" take, {limit}; its limit is turn, among the timeouts of the model)"
            )
        return ""

    def _trim(self, most: int | None) -> None:
        """Note what the next prompt leaves out, where that is not what the last one did."""
        left_out = fitted(self.session, self.turn, most)
        if left_out != self.turn.left_out:
            fits = Prompt(self.session, self.turn, left_out).tokens
            self._tell(TurnTrimmed, *left_out, fits, most or 0)

    def _with_prompt(self, reply: Reply) -> Reply:
        """A reply with the tokens that were sent, where its model has not counted them."""
        usage = reply.usage
        if not usage.counted or usage.prompt:
            return reply
        prompt = sent(self.session, self.turn)
        return replace(reply, usage=replace(usage, prompt=prompt)) if prompt else reply

    def _left(self, granted: Patience) -> float:
        """What is left of the turn's limit, in seconds: its time in the queue does not count."""
        if granted.timeouts.turn == math.inf:
            return math.inf
        return granted.timeouts.turn - (self.clock.now() - self._began - self._queued)

    async def _slot(self, name: str, request: Request) -> Slot:
        needed = 0
        if self.slots.is_counting_tokens(request.model):
            needed = request.prompt.tokens + reply_tokens(self.session, name, request.params)
        slot = await self.slots.take(request.model, needed, self._wait)
        if self._came is not None:
            self._queued += self.clock.now() - self._came
            self._came = None
        return slot

    def _wait(self, wait: Wait) -> None:
        """Note that there is no slot now, and why."""
        self._came = self.clock.now()
        if wait.why or self.turn.phase is not Phase.QUEUED:
            self._tell(TurnQueued, wait.why, round(wait.seconds, 3))

    def _hear(self, text: str, reasoning: str) -> None:
        self._tell(TurnStreamed, text, reasoning)

    def _tell(self, kind: type[Event], *rest: Any) -> None:
        """Emit an event of this turn; `rest` are its fields after `id` and `role`."""
        self.emit(kind, self.turn.id, self.turn.role, *rest)
