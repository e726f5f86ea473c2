"""What litellm and the servers behind it report, in our words, and without a key in them."""

import math
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import whole_text
from brainstorm_agents.redaction import redact

DETAIL_CHARACTERS = 200
"""How much of a server's own words a message quotes, at most."""

# What litellm puts before the words of a server, once or twice: `litellm.XError: YException - `.
_prefix = re.compile(r"^(?:(?:litellm\.)?\w*(?:Error|Exception|Timeout)(?: \w*Error)?(?:: | - ))+")
_message = re.compile(r'"message"\s*:\s*"((?:[^"\\]|\\.)+)"')
# A proxy tells it in its own words, which litellm does not take for what they mean.
_too_long = re.compile(
    r"context.?(?:window|length).{0,20}exceed|exceed.{0,60}context.?(?:window|length)"
    r"|maximum context length",
    re.IGNORECASE,
)
_keyless = re.compile(r"missing credentials|missing \S* ?api.?key|no key is set", re.IGNORECASE)


def explain(
    error: Exception,
    model: str,
    *,
    api_base: str | None = None,
    key_advice: str = "",
    secrets: Iterable[str] = (),
) -> ModelError:
    """Say in words for the user what went wrong with a call.

    The result carries nothing of `error`, which may hold a key: raise it outside of the `except`.

    Args:
        error: What litellm raised.
        model: The model's name, as the scenario has it.
        api_base: The server that was asked, where it is not the provider's own.
        key_advice: What to do if the key is not a valid one, where the provider does not tell.
        secrets: What must not be told, beside the secrets in the environment.
    """
    chain = tuple(_chain(error))
    detail = _detail(chain[0], secrets)
    key_advice = key_advice or _key_advice(chain, model)
    problem, retryable, is_too_long = _judge(chain, detail, model, api_base, key_advice)
    return ModelError(
        redact(f"{model}: {problem}", secrets),
        retryable=retryable,
        retry_after=_retry_after(chain) if retryable else None,
        is_too_long=is_too_long,
    )


class _Verdict(NamedTuple):
    problem: str
    passes: bool = False
    """Whether the same call may succeed later."""
    is_too_long: bool = False
    """Whether a shorter prompt may succeed."""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, without litellm's wrapper around failures in mid-stream.

    It ends at our own errors: those belong to an earlier attempt that a caller is handling.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ModelError):
        original = getattr(cause, "original_exception", None)
        yield original if isinstance(original, BaseException) else cause
        cause = cause.__cause__ or cause.__context__


def _judge(
    chain: Sequence[BaseException],
    detail: str,
    model: str,
    api_base: str | None,
    key_advice: str,
) -> _Verdict:
    kinds = {kind.__name__ for error in chain for kind in type(error).__mro__}
    return (
        _judge_request(kinds, detail, model, api_base)
        or _judge_connection(kinds, detail, _place(chain, api_base))
        or _judge_answer(chain, detail, api_base, key_advice)
        or _Verdict(f"the call failed: {detail}", passes="APIConnectionError" in kinds)
    )


def _judge_request(
    kinds: set[str], detail: str, model: str, api_base: str | None
) -> _Verdict | None:
    """What litellm knows about, by its classes and its phrases."""
    if "ContextWindowExceededError" in kinds or (
        "BadRequestError" in kinds and _too_long.search(detail)
    ):
        return _Verdict(
            f"the conversation has become too long for the model: {detail};"
            " give the role a memory, run fewer rounds, or take a model with a longer context",
            is_too_long=True,
        )
    if "ContentPolicyViolationError" in kinds:
        return _Verdict(
            "the provider's content policy refused this; change the topic or the persona"
        )
    if "UnsupportedParamsError" in kinds:
        return _Verdict(f"the model does not take one of the role's params: {detail}")
    if "LLM Provider NOT provided" in detail:
        example = f"openai/{model} for the server at --api-base" if api_base else "openai/gpt-4o"
        return _Verdict(
            "litellm knows no provider of that name; a model is written provider/model,"
            f" as in {example} or ollama/llama3.2, and the one without a provider is mock"
        )
    if _keyless.search(detail):
        return _Verdict("there is no key for the provider; export it, or use --model mock")
    if "JSONDecodeError" in kinds:
        return _Verdict("the server sent what nobody can read; try again", passes=True)
    if "repeating the same chunk" in detail:
        return _Verdict("the model repeated itself without end and was stopped", passes=True)
    return None


def _judge_connection(kinds: set[str], detail: str, place: str) -> _Verdict | None:
    """What went wrong on the way, before a whole answer was there."""
    if "ConnectionRefusedError" in kinds:
        return _Verdict(f"connection refused at {place}: is the server running?", passes=True)
    if "gaierror" in kinds:
        return _Verdict(f"no host found at {place}: check address and network", passes=True)
    if "SSLError" in kinds:
        return _Verdict(f"no secure connection to {place}: {detail}; check its certificate")
    if kinds & {"TimeoutException", "TimeoutError"}:
        return _Verdict(
            f"{place} went silent; try again, or raise the timeouts of the model in the scenario",
            passes=True,
        )
    if kinds & {"TransportError", "ClientConnectionError", "ConnectionError"}:
        return _Verdict(
            f"the connection to {place} failed; check the network, and try again", passes=True
        )
    return None


def _judge_answer(
    chain: Sequence[BaseException], detail: str, api_base: str | None, key_advice: str
) -> _Verdict | None:
    """What the server said, by its status."""
    match status := _status(chain):
        case 401:
            return _Verdict(f"the server wants a valid key (401); {key_advice}")
        case 402:
            return _Verdict("the provider wants to be paid first (402); check the account")
        case 403:
            return _Verdict(f"the key may not do this (403): {detail}; check the account's rights")
        case 404:
            where = "the server's models, and --api-base" if api_base else "the model's name"
            return _Verdict(f"not found (404): {detail}; check {where}")
        case 408 | 504:
            return _Verdict(f"the server gave up waiting ({status}); try again", passes=True)
        case 413:
            return _Verdict(
                "the conversation is too long for the server (413);"
                " give the role a memory, or run fewer rounds",
                is_too_long=True,
            )
        case 429 if "insufficient_quota" in {getattr(error, "code", None) for error in chain}:
            return _Verdict("the account's quota is used up (429); check its plan and billing")
        case 429:
            return _Verdict(
                "rate limited (429); wait, or lower the model's max_in_flight or"
                " requests_per_minute",
                passes=True,
            )
        case int() if status in (409, 425) or status >= 500:
            return _Verdict(f"the server failed ({status}): {detail}; try later", passes=True)
        case int() if status >= 400:
            return _Verdict(f"the server refused the request ({status}): {detail}; check params")
    return None


def _status(chain: Sequence[BaseException]) -> int | None:
    """The HTTP status that the server sent. Where none came, litellm invents one."""
    if any(type(error).__name__ == "APIConnectionError" for error in chain):
        return None
    for error in reversed(chain):
        for source in (getattr(error, "response", None), error):
            status = getattr(source, "status_code", None)
            if isinstance(status, int):
                return status
    return None


def _place(chain: Sequence[BaseException], api_base: str | None) -> str:
    """Whom we could not reach, as `host:port` where that is known; never with a password."""
    for error in reversed(chain):
        host, port = getattr(error, "host", None), getattr(error, "port", None)
        if isinstance(host, str) and isinstance(port, int):
            return f"{host}:{port}"
    return urlsplit(api_base or "").netloc.rpartition("@")[2] or "the provider"


def _key_advice(chain: Sequence[BaseException], model: str) -> str:
    providers = [model.partition("/")[0], *(getattr(error, "llm_provider", "") for error in chain)]
    names = (f"{provider}_API_KEY".upper() for provider in providers)
    used = next((name for name in names if name in os.environ), "the key of the provider")
    return f"check {used}"


def _detail(error: BaseException, secrets: Iterable[str]) -> str:
    """The server's own words: short, on one line, without keys."""
    text = redact(_prefix.sub("", str(error)[:10_000]), secrets)
    if found := _message.search(text):
        text = found[1]
    text = whole_text(" ".join(text.split()))
    if len(text) > DETAIL_CHARACTERS:
        text = text[:DETAIL_CHARACTERS].rstrip() + "…"
    return text.rstrip(".") or type(error).__name__


def _retry_after(chain: Sequence[BaseException]) -> float | None:
    for error in chain:
        headers: Any = getattr(getattr(error, "response", None), "headers", None) or {}
        if value := headers.get("retry-after"):
            return _seconds(value)
    return None


def _seconds(value: str) -> float | None:
    """A Retry-After header: seconds, or a date."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
