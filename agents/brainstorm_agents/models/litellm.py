"""Any model that litellm can call: its import kept out of the way, its streams made ours."""

import asyncio
import importlib
import logging
import os
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Any
from weakref import WeakSet

from brainstorm_agents import tokens
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import Usage, whole_text
from brainstorm_agents.models.litellm_errors import explain, is_secret
from brainstorm_agents.models.model import Chunk, Request
from brainstorm_agents.prompt import ChatMessage

BEHIND_S = 5.0
"""How much longer than the limits of the call its connection holds, in seconds: it is the call's
own limit that is told. A `timeout` among the params is taken as it is."""

NO_KEY = "none"
"""Sent where no key is set and the server is not the provider's: most such want none."""

# Read while litellm is imported: no price list from the network, no `.env` file, no log.
_SETTINGS = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
}

# Variables in which litellm takes a key without telling so.
_OTHER_NAMES = {"HUGGINGFACE_API_KEY": "HF_TOKEN", "COHERE_API_KEY": "CO_API_KEY"}

# These sign in as soon as litellm is asked about them, in a browser, and wait for it.
_SIGNING_IN = ("github_copilot/", "chatgpt/")


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
        model, params = request.model.model, request.params
        api_base = self._address(request)
        arguments = self._arguments(request)
        unset: list[str] = []
        try:
            await self.prepare()
            unset = _unset_keys(self._litellm, model, params)
            if unset and not api_base and not _has_address(unset):
                raise ModelError(
                    f"{model}: {' or '.join(unset)} is not set; export it, or use --model mock"
                )
            if unset:
                arguments["api_key"] = NO_KEY
            async with aclosing(self._listen(arguments)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        except ModelError:
            raise
        except Exception as error:
            secrets = list(_secrets(params))
            failure = explain(error, model, api_base=api_base, unset=unset, secrets=secrets)
        raise failure  # Not in the `except`: what led to it may hold a key.

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

    def _arguments(self, request: Request) -> dict[str, Any]:
        limits = request.model.timeouts
        arguments = {
            "timeout": max(limits.first_token, limits.gap) + BEHIND_S,
            "stream_options": {"include_usage": True},
            **request.params,
            "model": request.model.model,
            "messages": request.prompt.messages(),
            "stream": True,
            "num_retries": 0,
            "max_retries": 0,
        }
        if address := self._api_base or request.model.api_base:
            arguments["api_base"] = address
        return arguments

    def _address(self, request: Request) -> str | None:
        """Whom to ask instead of the provider."""
        params = request.params
        given = params.get("api_base") or params.get("base_url")
        return self._api_base or request.model.api_base or given

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
        yield Chunk(usage=told or _counted(arguments["messages"], "".join(texts + thoughts)))

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


def _unset_keys(litellm: Any, model: str, params: Mapping[str, Any]) -> list[str]:
    """The variables of which one should hold a key and none does, where that is certain."""
    if "mock_response" in params or "api_key" in params or model.startswith(_SIGNING_IN):
        return []
    missing: list[str] = litellm.validate_environment(model)["missing_keys"]
    # Where more than a key is missing, there are other ways in: profiles, files, defaults.
    if not missing or not all(name.endswith("_API_KEY") for name in missing):
        return []
    if any(os.environ.get(_OTHER_NAMES.get(name, "")) for name in missing):
        return []
    _, _, found, _ = litellm.get_llm_provider(model)
    return [] if found else missing


def _has_address(unset: list[str]) -> bool:
    """Whether a variable names a server of the user's own for the provider."""
    stems = [name.removesuffix("_API_KEY") for name in unset]
    return any(os.environ.get(stem + end) for stem in stems for end in ("_API_BASE", "_BASE_URL"))


def _secrets(params: Mapping[str, Any]) -> Iterator[str]:
    """The values of params, and of the headers among them, that must not be told."""
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from _secrets(value)
        elif is_secret(name):
            yield str(value).removeprefix("Bearer ")


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


def _told_usage(stream: Any) -> Usage | None:
    """The usage that the server sent. litellm shows an invented one where none came, but keeps
    the chunks as they were."""
    chunks = getattr(stream, "chunks", ())
    told = [chunk.usage for chunk in chunks if getattr(chunk, "usage", None)]
    completion = max((usage.completion_tokens or 0 for usage in told), default=0)
    if not completion:
        return None
    return Usage(max(usage.prompt_tokens or 0 for usage in told), completion)


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
