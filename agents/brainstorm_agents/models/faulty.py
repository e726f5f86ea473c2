"""A model with which something goes wrong, as a fault asks: around whatever model a role has.

Nothing is drawn: the same fault does the same to every reply. It does so to the first attempt at a
turn, so that what is tried again, or asked again by a person, is answered.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from math import inf

from msgspec.structs import replace

from brainstorm_agents.errors import ModelError
from brainstorm_agents.fault import Fault
from brainstorm_agents.models.model import Chunk, Model, Request
from brainstorm_agents.named_model import Timeouts

SLOW_S = 10.0
"""How much later the first token comes, where the fault does not say."""

RATE_LIMITED_ATTEMPTS = 2
"""How many attempts a server refuses that is asked too often."""

SAID = 40
"""Characters of a reply that are heard before it stalls or is cut off."""

FOREVER_S = 86_400.0
"""How long a stall lasts if its limit is that long and nobody stops it."""


def afflicted(model: Model, fault: Fault | None, attempt: int) -> Model:
    """The model, or with a fault that concerns this attempt one with which that goes wrong."""
    return FaultyModel(model, fault) if fault and concerns(fault, attempt) else model


def concerns(fault: Fault, attempt: int) -> bool:
    """Whether a fault does something to an attempt of that number."""
    return attempt <= (RATE_LIMITED_ATTEMPTS if fault.kind == "rate_limited" else 1)


def bounded(timeouts: Timeouts, fault: Fault, attempt: int) -> Timeouts:
    """The limits of an attempt: one that stalls has a gap, also where its model needs none."""
    stalls = fault.kind == "stalls" and concerns(fault, attempt)
    return replace(timeouts, gap=Timeouts().gap) if stalls and timeouts.gap == inf else timeouts


class FaultyModel:
    """Asks another model, and lets something go wrong.

    Args:
        model: The one that is asked; whoever made it closes it.
        fault: What goes wrong.
    """

    def __init__(self, model: Model, fault: Fault) -> None:
        self._model = model
        self._fault = fault

    @property
    def needs_real_time(self) -> bool:
        """Whether the other one does."""
        return self._model.needs_real_time

    async def prepare(self) -> None:
        """Get the other one ready."""
        await self._model.prepare()

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        """Give the other one's reply, as far as it comes.

        Raises:
            ModelError: What the fault makes of the reply.
        """
        name, clock = request.model.model, request.clock
        match self._fault.kind:
            case "fails":
                raise ModelError(f"{name}: it failed, as a fault asked it to")
            case "rate_limited":
                raise ModelError(
                    f"{name}: rate limited, as a fault asked it to be",
                    retryable=True,
                    retry_after=self._fault.seconds,
                )
            case "slow":
                late = SLOW_S if self._fault.seconds is None else self._fault.seconds
                await clock.sleep(late)
                async with aclosing(self._model.stream(request)) as reply:
                    async for chunk in reply:
                        yield chunk
                yield Chunk(note=f"it came {late:g} s late, as a fault asked it to")
            case "stalls" | "cut_off":
                async with aclosing(self._beginning(request)) as beginning:
                    async for chunk in beginning:
                        yield chunk
                if self._fault.kind == "stalls":
                    await clock.sleep(FOREVER_S)
                    raise ModelError(f"{name}: it stalled for a day, as a fault asked it to")
                raise ModelError(
                    f"{name}: the reply was cut off, as a fault asked it to be", retryable=True
                )

    async def close(self) -> None:
        """Nothing of its own is held."""

    async def _beginning(self, request: Request) -> AsyncGenerator[Chunk]:
        room = SAID
        async with aclosing(self._model.stream(request)) as reply:
            async for chunk in reply:
                yield Chunk(chunk.text[:room], chunk.reasoning)
                room -= len(chunk.text)
                if room <= 0:
                    return
