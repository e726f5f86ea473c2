"""Any model that litellm can call: its import kept out of the way, its streams made ours."""

import asyncio
import importlib
import logging
import os
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import Any
from weakref import WeakSet

import msgspec

from brainstorm_agents import tokens
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import Usage, whole_text
from brainstorm_agents.forbidden import ADDRESSES
from brainstorm_agents.models.keys import access
from brainstorm_agents.models.litellm_errors import explain
from brainstorm_agents.models.litellm_key import Key, key_for
from brainstorm_agents.models.model import Chunk, Request
from brainstorm_agents.models.prices import facts
from brainstorm_agents.named_model import Facts, NamedModel
from brainstorm_agents.parameters import REPLY_LIMITS
from brainstorm_agents.prompt import ChatMessage
from brainstorm_agents.redaction import StreamRedactor, is_secret

BEHIND_S = 5.0
"""How much longer than the limits of the call its connection holds, in seconds: it is the call's
own limit that is told. A `timeout` among the params is taken as it is."""

# Read while litellm is imported: no price list from the network, no `.env` file, no log.
_SETTINGS = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
}


class LitellmModel:
    """Asks the model of the role through litellm; the role's params go along.

    Args:
        api_base: The address of a server to ask instead of the provider's own.
    """

    needs_real_time = True

    def __init__(self, api_base: str | None = None) -> None:
        self._api_base = api_base
        self._litellm: Any = None
        self._preparing = asyncio.Lock()
        self._refusing_options: set[str] = set()

    async def prepare(self) -> None:
        """Import litellm, which takes seconds, in a thread."""
        async with self._preparing:
            if self._litellm is None:
                self._litellm = await asyncio.to_thread(import_litellm)
                _in_use.add(self)

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        """Ask, and give the reply as it comes.

        Raises:
            ModelError: The call failed, or the reply is not whole.
        """
        name, params = request.model.model, request.params
        reached = access(request.model, params, self._api_base)
        key = Key()
        try:
            await self.prepare()
            key = key_for(request, reached, self._litellm)
            arguments = self._arguments(request, reached.address, key.sent)
            secrets = [*_secrets(params), key.sent]
            async with aclosing(without_secrets(self._listen(arguments), secrets)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        except ModelError:
            raise
        except Exception as error:
            secrets = [*_secrets(params), key.sent]
            failure = explain(
                error, name, api_base=reached.address, key_advice=key.advice, secrets=secrets
            )
        raise failure  # Not in the `except`: what led to it may hold a key.

    def facts(self, model: NamedModel, params: Mapping[str, Any]) -> Facts:
        """What litellm's table says of a model once it is prepared; nobody is asked.

        A server of somebody's own has prices and windows of its own.
        """
        if self._litellm is None or access(model, params, self._api_base).address:
            return Facts()
        return facts(model.model, self._litellm.model_cost)

    async def close(self) -> None:
        """Close the connections, unless another model in this process still needs them."""
        litellm, self._litellm = self._litellm, None
        _in_use.discard(self)
        if litellm is None or _in_use:
            return
        await litellm.close_litellm_async_clients()
        before = asyncio.all_tasks()
        # It would go on to hand the closed clients out.
        litellm.in_memory_llm_clients_cache.flush_cache()
        vars(litellm).pop("module_level_aclient", None)
        await _end({task for task in before if _is_background(task)} | asyncio.all_tasks() - before)

    def _arguments(self, request: Request, address: str, key: str) -> dict[str, Any]:
        limits = request.model.timeouts
        arguments = {
            "timeout": max(limits.first_token, limits.gap) + BEHIND_S,
            "stream_options": {"include_usage": True},
            **{name: value for name, value in request.params.items() if name not in ADDRESSES},
            "model": request.model.model,
            "messages": request.prompt.messages(),
            "stream": True,
            "num_retries": 0,
            "max_retries": 0,
        }
        if address:
            arguments["api_base"] = address
        if key:
            arguments["api_key"] = key
        return arguments

    async def _listen(self, arguments: dict[str, Any]) -> AsyncGenerator[Chunk]:
        """The chunks of one reply, the usage last."""
        texts, thoughts, finish = [], [], None
        async with aclosing(await self._open(arguments)) as stream:
            async for part in stream:
                # A stream that is all there already would never let the event loop come round.
                await asyncio.sleep(0)
                if not part.choices:
                    continue
                choice = part.choices[0]
                finish = choice.finish_reason or finish
                text = whole_text(choice.delta.content or "")
                thought = whole_text(getattr(choice.delta, "reasoning_content", None) or "")
                texts.append(text)
                thoughts.append(thought)
                if text or thought:
                    yield Chunk(text, thought)
        if "mock_response" not in arguments:
            finish = _sent_finish(stream, finish)
        _check_whole(arguments["model"], "".join(texts), finish)
        told = _told_usage(stream)
        yield Chunk(
            usage=told or _counted(arguments["messages"], "".join(texts + thoughts)),
            note=_cut(arguments) if finish == "length" else "",
        )

    async def _open(self, arguments: dict[str, Any]) -> Any:
        """Ask, once more without `stream_options` if the server does not know them."""
        acompletion, model = self._litellm.acompletion, arguments["model"]
        if model not in self._refusing_options:
            try:
                return await acompletion(**arguments)
            except self._litellm.BadRequestError as error:
                if "stream_options" not in str(error):
                    raise
                self._refusing_options.add(model)
        del arguments["stream_options"]
        return await acompletion(**arguments)


_in_use: WeakSet[LitellmModel] = WeakSet()
"""The models that are prepared and not closed: litellm has one pool of connections for all."""


def import_litellm() -> Any:
    """Import litellm, quietly, and let it load in this thread what it loads with its first call."""
    os.environ.update(_SETTINGS)
    import litellm

    litellm.suppress_debug_info = True
    litellm.disable_hf_tokenizer_download = True
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("LiteLLM"):
            logger = logging.getLogger(name)
            logger.handlers[:] = [logging.NullHandler()]
            logger.propagate = False
    importlib.import_module("openai.resources.chat")
    asyncio.run(_rehearse(litellm))
    return litellm


async def _rehearse(litellm: Any) -> None:
    message = {"role": "user", "content": "Hello."}
    stream = await litellm.acompletion(
        model="openai/any", messages=[message], stream=True, mock_response="Hello."
    )
    async with aclosing(stream):
        async for _ in stream:
            pass


def _secrets(params: Mapping[str, Any]) -> Iterator[str]:
    """The values of params, and of the headers among them, that must not be told."""
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from _secrets(value)
        elif is_secret(name):
            yield str(value).removeprefix("Bearer ")


async def without_secrets(
    chunks: AsyncGenerator[Chunk], secrets: Iterable[str]
) -> AsyncGenerator[Chunk]:
    """The same chunks without the keys that a server echoes, in whatever pieces."""
    secrets = list(secrets)
    text, thought = StreamRedactor(secrets), StreamRedactor(secrets)
    async with aclosing(chunks):
        async for chunk in chunks:
            is_last = chunk.usage is not None
            told = text.take(chunk.text) + (text.rest() if is_last else "")
            thoughts = thought.take(chunk.reasoning) + (thought.rest() if is_last else "")
            if told or thoughts or is_last:
                yield msgspec.structs.replace(chunk, text=told, reasoning=thoughts)


def _sent_finish(stream: Any, shown: str | None) -> str | None:
    """The finish reason that the server sent: litellm shows one also where none came."""
    if not hasattr(stream, "received_finish_reason"):
        return shown
    sent: str | None = stream.received_finish_reason or stream.intermittent_finish_reason
    return sent


def _check_whole(model: str, text: str, finish: str | None) -> None:
    if finish is None:
        raise ModelError(
            f"{model}: the reply was cut short by the server; try again", retryable=True
        )
    if finish == "content_filter":
        raise ModelError(
            f"{model}: the provider's content filter stopped the reply;"
            " change the topic or the persona"
        )
    if not text.strip():
        if finish == "length":
            raise ModelError(f"{model}: no text came before max_tokens was used up; raise it")
        raise ModelError(f"{model}: the reply was empty; try again", retryable=True)


def _cut(arguments: Mapping[str, Any]) -> str:
    """What is said of a reply that was cut at its limit, and kept."""
    limit = next((arguments[name] for name in REPLY_LIMITS if arguments.get(name)), None)
    return f"cut at max_tokens, {limit}" if limit else "cut at the length that the server allows"


def _told_usage(stream: Any) -> Usage | None:
    """The usage that the server sent, if it can be true.

    litellm shows an invented one where none came, but keeps the chunks as they were.
    """
    chunks = getattr(stream, "chunks", ())
    told = [chunk.usage for chunk in chunks if getattr(chunk, "usage", None)]
    prompt = max((usage.prompt_tokens or 0 for usage in told), default=0)
    completion = max((usage.completion_tokens or 0 for usage in told), default=0)
    return Usage(prompt, completion) if prompt >= 0 and completion > 0 else None


def _counted(messages: list[ChatMessage], reply: str) -> Usage:
    prompt = sum(tokens.count(message["content"]) for message in messages)
    return Usage(prompt, tokens.count(reply), counted=True)


def _is_background(task: asyncio.Task[Any]) -> bool:
    """Whether litellm started the task: it keeps accounts behind every call."""
    frame = getattr(task.get_coro(), "cr_frame", None)
    return frame is not None and frame.f_globals["__name__"].startswith("litellm.")


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=0.5)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
