"""The face that every model has: a question in, a stream of chunks out."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol

import msgspec

from brainstorm_agents.clock import Clock
from brainstorm_agents.events import Usage
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.prompt import Prompt

COALESCE_S = 0.05
"""What arrives within this much session time becomes one event."""


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """A piece of a reply. Usage comes at most once, with or without text."""

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    note: str = ""
    """What is worth knowing about the reply beside its text."""


class Request(msgspec.Struct, frozen=True):
    """One attempt at one turn."""

    prompt: Prompt
    params: Mapping[str, Any]
    """The role's `params`, as in the scenario."""
    seed: int
    attempt: int
    """Counted from 1."""
    clock: Clock
    model: NamedModel
    """Which model, and what the scenario says of it."""


class Model(Protocol):
    """Whatever produces a reply as a stream of chunks.

    A reply that ends without an error is whole. What goes wrong is raised as a `ModelError`, in
    words for the user. Closing the generator, or cancelling its task, ends the call at once.
    """

    @property
    def needs_real_time(self) -> bool:
        """Whether it waits for something outside of this process, so that time cannot be bent."""

    async def prepare(self) -> None:
        """Get ready for the first call, if that takes time; the event loop stays alive."""

    def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        """Ask, and give the reply as it comes."""

    async def close(self) -> None:
        """Give back what it holds: connections, sessions."""
