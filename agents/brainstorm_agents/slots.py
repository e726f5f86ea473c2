"""Slots: who may call a model now. One limit over all, and those of each provider."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from brainstorm_agents.clock import Clock, Timer
from brainstorm_agents.models import keys
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.parameters import is_real
from brainstorm_agents.scenario import Scenario

WINDOW_S = 60.0
"""The minute of `requests_per_minute`: any stretch of that length, its ends among it."""

_MARGIN_S = 0.001
"""How much later than it might a call begins that has waited for its minute."""


class Wait(NamedTuple):
    """What a call waits for."""

    why: str = ""
    """The limit of its provider, in words; empty if it is the one over all."""
    seconds: float = 0.0
    """How long at least; 0 if nobody knows."""


class Slot:
    """The right to one call, and what it takes of its provider's minute."""

    __slots__ = ("began", "provider", "tokens")

    def __init__(self, provider: "_Provider", tokens: int) -> None:
        self.provider = provider
        self.tokens = tokens
        """What it is expected to take; once it is over, what it has taken."""
        self.began = 0.0


class Slots:
    """The slots of one session. Whoever waits for a provider gets its next slot in turn.

    Args:
        scenario: What limits there are.
        clock: The session's; a minute is a minute of it.
        api_base: The address at which all real models are asked, if the user has named one.
    """

    def __init__(self, scenario: Scenario, clock: Clock, api_base: str | None = None) -> None:
        self._scenario = scenario
        self._clock = clock
        self._api_base = api_base
        self._free = scenario.max_concurrency
        self._providers: dict[str, _Provider] = {}
        self._known: dict[tuple[str, str], _Provider] = {}
        """The same, by the models that have been asked for."""
        self._came = 0
        self._waiting = 0

    async def take(self, model: NamedModel, tokens: int, on_wait: Callable[[Wait], None]) -> Slot:
        """A slot for one call, which has to be given back.

        Args:
            model: Whom it calls.
            tokens: What it will take, as far as one knows: prompt and reply.
            on_wait: Called if there is none now, with what it waits for.
        """
        provider = self._provider(model)
        slot = Slot(provider, tokens)
        now = self._clock.now()
        if self._free and not self._waiting and provider.has_room(now, tokens):
            self._let_in(slot, now)
            return slot
        waiting = _Waiting(slot, self._came, asyncio.Event())
        self._came += 1
        self._waiting += 1
        provider.queue.append(waiting)
        self._admit()
        try:
            if not waiting.admitted.is_set():
                on_wait(provider.wait(now))
                await waiting.admitted.wait()
        except BaseException:
            if waiting.admitted.is_set():
                self.give_back(slot)
            else:
                provider.queue.remove(waiting)
                self._waiting -= 1
                self._admit()
            raise
        return slot

    def give_back(self, slot: Slot) -> None:
        """Let the next one in: the call is over."""
        self._free += 1
        slot.provider.in_flight -= 1
        if self._waiting:
            self._admit()

    def is_counting_tokens(self, model: NamedModel) -> bool:
        """Whether anybody needs to know how many tokens a call will take."""
        return self._provider(model).tokens < math.inf

    def _let_in(self, slot: Slot, now: float) -> None:
        slot.began = now
        slot.provider.let_in(slot)
        self._free -= 1

    def _admit(self) -> None:
        """Let in whoever can be, those first who came first."""
        now = self._clock.now()
        while self._free:
            ready = [one for one in self._providers.values() if one.can_let_in(now)]
            if not ready:
                break
            first = min(ready, key=lambda one: one.queue[0].number).queue.popleft()
            self._waiting -= 1
            self._let_in(first.slot, now)
            first.admitted.set()
        for one in self._providers.values():
            one.look_again(self._clock, now, self._admit, if_blocked=self._free > 0)

    def _provider(self, model: NamedModel) -> "_Provider":
        known = self._known.get((model.model, model.api_base))
        if known is None:
            name = provider(model, self._api_base)
            if name not in self._providers:
                listed = self._scenario.models.values()
                theirs = [one for one in listed if provider(one, self._api_base) == name]
                self._providers[name] = _Provider(
                    _least(one.max_in_flight for one in theirs),
                    _least(one.requests_per_minute for one in theirs),
                    _least(one.tokens_per_minute for one in theirs),
                )
            known = self._known[model.model, model.api_base] = self._providers[name]
        return known


def provider(model: NamedModel, api_base: str | None = None) -> str:
    """Whose limits a model comes under: a server's by its address, else the provider's by name."""
    if is_real(model.model) and (address := api_base or model.api_base):
        return address
    return keys.provider(model.model) or model.model


def _least(limits: Iterable[int | None]) -> float:
    return min((limit for limit in limits if limit is not None), default=math.inf)


def _count(limit: float, of: str) -> str:
    return f"{limit:,.0f} {of}{'s' * (limit != 1)}"


@dataclass
class _Waiting:
    slot: Slot
    number: int
    admitted: asyncio.Event


@dataclass
class _Provider:
    """What is under way with a provider, what began in the last minute, and who waits for it."""

    most: float
    requests: float
    tokens: float
    in_flight: int = 0
    recent: deque[Slot] = field(default_factory=deque)
    queue: deque[_Waiting] = field(default_factory=deque)
    timer: Timer | None = None

    def can_let_in(self, now: float) -> bool:
        """Whether somebody waits and may begin."""
        return bool(self.queue) and self.has_room(now, self.queue[0].slot.tokens)

    def has_room(self, now: float, tokens: int) -> bool:
        """Whether a call that takes so many tokens may begin."""
        while self.recent and now - self.recent[0].began > WINDOW_S:
            self.recent.popleft()
        if self.in_flight >= self.most or len(self.recent) >= self.requests:
            return False
        if self.tokens == math.inf or not self.recent:
            # What is larger than the limit has to begin some time: when nothing else counts.
            return True
        return sum(slot.tokens for slot in self.recent) + tokens <= self.tokens

    def wait(self, now: float) -> Wait:
        """What the last in the queue waits for."""
        before = len(self.queue) - 1
        too_many = len(self.recent) + before + 1 - self.requests
        if too_many > 0:
            oldest = int(too_many) - 1
            is_known = oldest < len(self.recent)
            seconds = self.recent[oldest].began + WINDOW_S - now if is_known else 0.0
            return Wait(f"{_count(self.requests, 'request')} a minute", seconds)
        if self.in_flight + before >= self.most:
            return Wait(f"{_count(self.most, 'call')} at once")
        if self.tokens < math.inf and (
            before or not self.has_room(now, self.queue[-1].slot.tokens)
        ):
            return Wait(f"{_count(self.tokens, 'token')} a minute")
        return Wait()

    def let_in(self, slot: Slot) -> None:
        """Count a call that begins."""
        self.in_flight += 1
        if self.requests < math.inf or self.tokens < math.inf:
            self.recent.append(slot)

    def look_again(
        self, clock: Clock, now: float, look: Callable[[], None], *, if_blocked: bool
    ) -> None:
        """Have it looked at once the oldest call of the minute counts no more, if that helps."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if if_blocked and self.queue and self.recent and self.in_flight < self.most:
            wait = self.recent[0].began + WINDOW_S - now
            self.timer = clock.call_later(wait + _MARGIN_S, look)
