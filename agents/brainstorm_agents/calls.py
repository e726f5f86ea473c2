"""One call to a model: its stream, gathered into pieces that are worth an event."""

import math
from collections.abc import Callable

import msgspec

from brainstorm_agents import tokens
from brainstorm_agents.clock import Clock, Timer
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import Usage, whole_text
from brainstorm_agents.models.model import COALESCE_S, Chunk, Model, Request
from brainstorm_agents.patience import Patience, patience
from brainstorm_agents.time_limits import is_limited, limited

Hear = Callable[[str, str], None]
"""Takes a piece of text and a piece of reasoning; one of them may be empty."""


class Reply(msgspec.Struct, frozen=True):
    """A whole reply."""

    text: str
    usage: Usage
    note: str = ""


async def call(
    model: Model,
    request: Request,
    hear: Hear,
    left: float = math.inf,
    granted: Patience | None = None,
) -> Reply:
    """Ask a model and give its whole reply; `hear` gets the pieces on the way.

    Args:
        model: Whom to ask.
        request: What to ask.
        hear: Gets the pieces.
        left: Seconds that are left to the turn.
        granted: What it may take and say; by default what its model's entry says.

    Raises:
        ModelError: The model failed, took too long, said too much, or nothing.
    """
    name, granted = request.model.model, granted or patience(request.model)
    gathered = _Gathered(request.clock, hear, name, granted.max_reply)
    stream = model.stream(request)
    try:
        if is_limited(granted.timeouts, left):
            async with limited(request.clock, name, granted.timeouts, left) as heard:
                async for chunk in stream:
                    if chunk.text or chunk.reasoning:
                        heard()
                    gathered.take(chunk)
        else:
            async for chunk in stream:
                gathered.take(chunk)
    finally:
        gathered.flush()
        await stream.aclose()
    text = gathered.text
    if not text.strip():
        raise ModelError("the model ended its reply without a word")
    return Reply(text, gathered.usage, gathered.note)


def _without_last(chunk: Chunk, more: float) -> Chunk:
    """A chunk without its last characters; its reasoning came first."""
    room = int(len(chunk.text) + len(chunk.reasoning) - more)
    reasoning = chunk.reasoning[:room]
    return Chunk(chunk.text[: room - len(reasoning)], reasoning)


class _Gathered:
    """Text and reasoning since the last piece, given on after a moment or as the kind changes."""

    def __init__(self, clock: Clock, hear: Hear, model: str, most: float) -> None:
        self.note = ""
        self._clock = clock
        self._hear = hear
        self._model = model
        self._most = most
        self._room = most
        self._told: Usage | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._said: list[str] = []
        self._thought: list[str] = []
        self._timer: Timer | None = None

    @property
    def text(self) -> str:
        """All the text that was given on."""
        return "".join(self._said)

    @property
    def usage(self) -> Usage:
        """What the model has told; else the tokens of all that was given on, estimated.

        Thoughts cost what words do.
        """
        if self._told is not None:
            return self._told
        said = tokens.count(self.text) + tokens.count("".join(self._thought))
        return Usage(completion=said, counted=True)

    def take(self, chunk: Chunk) -> None:
        """Take in what has just arrived.

        Raises:
            ModelError: It is more than a reply may be.
        """
        if chunk.text or chunk.reasoning:
            self._room -= len(chunk.text) + len(chunk.reasoning)
            # Cut before anything else is done with it: it may be megabytes.
            kept = chunk if self._room >= 0 else _without_last(chunk, -self._room)
            self._add(whole_text(kept.text), whole_text(kept.reasoning))
            if self._room < 0:
                raise ModelError(
                    f"{self._model}: the reply was cut off at {self._most:,} characters;"
                    " its limit is max_reply of the model in the scenario"
                )
        if chunk.usage is not None:
            self._told = chunk.usage
        if chunk.note:
            self.note = chunk.note

    def _add(self, text: str, reasoning: str) -> None:
        if reasoning:
            self._reasoning.append(reasoning)
        if text:
            is_first = not self._said and not self._text
            if is_first:
                self.flush()
            self._text.append(text)
            if is_first:
                self.flush()
                return
        if self._timer is None:
            self._timer = self._clock.call_later(COALESCE_S, self.flush)

    def flush(self) -> None:
        """Give on what there is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._text or self._reasoning:
            text, reasoning = "".join(self._text), "".join(self._reasoning)
            if text:
                self._said.append(text)
            if reasoning:
                self._thought.append(reasoning)
            self._text.clear()
            self._reasoning.clear()
            self._hear(text, reasoning)
