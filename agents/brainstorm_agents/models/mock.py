"""The mock model: offline, seeded, at a human pace. What it says comes from the voices."""

import math
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, overload

from brainstorm_agents import tokens
from brainstorm_agents.chance import share
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import Usage
from brainstorm_agents.models.model import Chunk, Request
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.session import Message
from brainstorm_agents.voices import Heard, Situation, reply

FIRST_TOKEN_S = 0.5, 1.3
"""The range of waits for the first token, where no parameter says otherwise."""

TOKENS_PER_SECOND = 16.0, 24.0
"""The range of paces, likewise: quick for a speaker, comfortable for a reader."""

REMEMBERED = 20
"""How many of its own replies a role has in mind, so as not to repeat them."""

THINKING_SHARE = 0.25
"""How much of a constant `latency` passes before the first token."""

_piece = re.compile(r"\s*\S{1,4}|\s+$")
_pause = re.compile(r"[.!?:;。！？：；]$")


class MockModel:
    """Speaks without a network.

    Parameters (all optional): `latency`, seconds for the whole reply, constant; or `first_token`,
    seconds, and `tokens_per_second`. `tokens` is the length of a reply. `script` gives the exact
    lines, in a cycle. `fail` is the probability that a turn fails, however often it is asked.
    """

    needs_real_time = False

    async def prepare(self) -> None:
        """It is always ready."""

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        """Say the reply, piece by piece, at the pace that the parameters ask for."""
        clock = request.clock
        started = clock.now()
        key = request.seed, request.prompt.turn.id
        text = _words(request)
        first, speaking = _pacing(text, request.params, key)
        fail = request.params.get("fail")
        if fail and share("fail", *key) < fail:
            await clock.sleep(first)
            raise ModelError("the mock model failed, as its parameter fail asks it to")
        if first + speaking == 0:
            await clock.sleep(0)
            yield Chunk(text, usage=_usage(text))
            return
        for piece, offset in _timed(text, speaking, key):
            await clock.sleep(started + first + offset - clock.now())
            yield Chunk(piece)
        await clock.sleep(started + first + speaking - clock.now())
        yield Chunk(usage=_usage(text))

    async def close(self) -> None:
        """Nothing is held."""


def _usage(text: str) -> Usage:
    return Usage(completion=tokens.count(text), counted=True)


def _words(request: Request) -> str:
    prompt, params = request.prompt, request.params
    if script := params.get("script"):
        return str(script[prompt.turns_before % len(script)])
    situation = _situation(prompt, request.seed)
    text = reply(situation)
    if limit := params.get("tokens"):
        more = 0
        while tokens.weigh(text) < limit:
            more += 1
            text += "\n\n" + reply(replace(situation, number=situation.number + 1000 * more))
        text = _cut(text, limit)
    return text


def _cut(text: str, limit: float) -> str:
    said = 0.0
    for piece in _piece.finditer(text):
        said += tokens.weigh(piece[0])
        if said > limit:
            return text[: piece.start()] or text[: piece.end()]
    return text


def _pacing(text: str, params: Mapping[str, Any], key: tuple[int, str]) -> tuple[float, float]:
    """Seconds before the first token, and seconds of speaking."""
    latency = params.get("latency")
    if latency is not None:
        return latency * THINKING_SHARE, latency * (1 - THINKING_SHARE)
    first = params.get("first_token", _between(FIRST_TOKEN_S, share("first", *key)))
    pace = params.get("tokens_per_second", _between(TOKENS_PER_SECOND, share("pace", *key)))
    return first, tokens.weigh(text) / pace


def _between(bounds: tuple[float, float], share: float) -> float:
    low, high = bounds
    return low + (high - low) * share


def _timed(text: str, speaking: float, key: tuple[int, str]) -> Iterator[tuple[str, float]]:
    """Pieces of the text with their offsets in seconds: quicker and slower, as people speak."""
    pieces = _piece.findall(text)
    turns, start = 1.5 + 2 * share("turns", *key), share("start", *key)
    costs = []
    for position, piece in enumerate(pieces):
        swing = math.sin(math.tau * (start + turns * position / len(pieces)))
        costs.append(tokens.weigh(piece) * (1 + 0.45 * swing) + bool(_pause.search(piece)))
    scale = speaking / sum(costs)
    offset = 0.0
    for piece, cost in zip(pieces, costs, strict=True):
        yield piece, offset
        offset += cost * scale


def _situation(prompt: Prompt, seed: int) -> Situation:
    role = prompt.role
    return Situation(
        scenario=prompt.scenario_name,
        topic=prompt.topic,
        role=role.name,
        profile=role.profile,
        persona=role.persona,
        place=prompt.place,
        cast_size=prompt.cast_size,
        number=prompt.turn.number,
        round=prompt.turn.round.number,
        heard=_Heard(prompt.observed),
        said=prompt.said(REMEMBERED),
        seed=seed,
    )


class _Heard(Sequence[Heard]):
    """What was observed, as the voices take it; made message by message, on demand."""

    def __init__(self, observed: Sequence[Message]) -> None:
        self._observed = observed

    def __len__(self) -> int:
        return len(self._observed)

    @overload
    def __getitem__(self, index: int) -> Heard: ...

    @overload
    def __getitem__(self, index: slice) -> list[Heard]: ...

    def __getitem__(self, index: int | slice) -> Heard | list[Heard]:
        if isinstance(index, slice):
            return [_heard(message) for message in self._observed[index]]
        return _heard(self._observed[index])


def _heard(message: Message) -> Heard:
    return Heard(message.id, message.sender, message.text)
