"""The models of a scenario's file: what each is called with, how patiently, and for what price."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from brainstorm_agents import fields, forbidden, names, parameters
from brainstorm_agents.named_model import NamedModel, Price, Retry, Timeouts
from brainstorm_agents.parameters import MOCK, RECORDED
from brainstorm_agents.redaction import looks_like_a_key
from brainstorm_agents.strict_yaml import Node, shown

MAX_MODELS = 1_000
MAX_NAME_LENGTH = 64
MAX_MODEL_LENGTH = 1_000
MAX_ATTEMPTS = 100
MAX_REPLY = 10_000_000
"""Characters."""

EXAMPLE = "models: {fast: {model: openai/gpt-4o-mini}}"
"""What `models` looks like when it is right, for messages."""

_KEYS = NamedModel.__struct_fields__
_HERE = "it belongs to a named model, under the scenario's 'models'"
_EXPORT = (
    "a scenario is copied into every log: export the key, and let a named model have the name of"
    " its variable, api_key_env: MY_API_KEY"
)

ELSEWHERE = {key: _HERE for key in _KEYS if key not in ("model", "params")} | {"api_key": _EXPORT}
"""Keys that are looked for outside of `models`, and where they belong."""

_IN_PARAMS = "it belongs under params: params: {temperature: 0.7, max_tokens: 200}"
_ELSEWHERE_HERE = {
    "api_key": _EXPORT,
    "memory": "it belongs to a role, or under 'defaults'",
    "budget": "it belongs to the scenario, beside 'models'",
    "stop": "it belongs to the scenario, beside 'models'",
    **dict.fromkeys(("max_tokens", "max_completion_tokens", "temperature", "top_p"), _IN_PARAMS),
    **dict.fromkeys(parameters.MOCK_PARAMS, "it belongs under params: params: {latency: 1.0}"),
}
"""Keys that are looked for in an entry of `models`, and where they belong."""

_DAY_S = 86_400
_MOST_AT_ONCE = 10_000
_MOST_A_MINUTE = 1_000_000_000
_name = re.compile(r"\w[\w.-]*")
_variable = re.compile(r"(?:[A-Z][A-Z0-9_]*_)?(?:KEY|TOKEN)")


def models(node: Node) -> dict[str, NamedModel]:
    """The value of `models`, each with the params that it names itself.

    Raises:
        ScenarioError: The first thing that is wrong, where, and what would be right.
    """
    entries = fields.mapping(node, "models", example=EXAMPLE)
    if len(entries) > MAX_MODELS:
        raise node.place.error(f"there are {len(entries):,} models", f"{MAX_MODELS:,} is the most")
    found = {name: _named(name, entry, entries) for name, entry in entries.items()}
    for name, entry in entries.items():
        _refuse_circle(name, entry, found)
    return found


def model_name(node: Node) -> str:
    """`mock`, `recorded:` and a log, or what looks like a name that litellm could know."""
    name = fields.text(node, "model", most=MAX_MODEL_LENGTH, example="model: mock")
    if name == RECORDED:
        raise node.place.error("it names no log", f"write {RECORDED}session.jsonl")
    is_log = name.startswith(RECORDED)
    if not name or (" " in name and not is_log) or names.unprintable(name):
        raise node.place.error(
            f"{shown(name)} cannot be a model's name",
            "write mock, or a name that litellm knows, such as openai/gpt-4o-mini",
        )
    if "://" in name and not is_log:
        raise node.place.error(
            "an address is no model's name", "write it as the api_base of a named model"
        )
    return name


def chosen_name(node: Node, known: Collection[str]) -> str:
    """The same, or the name of an entry; what is neither, but almost an entry, is refused."""
    name = model_name(node)
    is_bare = "/" not in name and name != MOCK and not name.startswith(RECORDED)
    if is_bare and known and name not in known:
        guess = fields.nearest(name, known, "models")
        if guess.endswith("?"):
            raise node.place.error(f"no model is called {shown(name)}", guess)
    return name


def api_base(node: Node, what: str = "api_base") -> str:
    """The address of a server: nothing in it that could be a key, or be read in two ways."""
    address = fields.text(node, what, most=2_000, example="api_base: http://127.0.0.1:8000/v1")
    if not forbidden.is_address(address):
        raise node.place.error(
            f"{what} is no plain address",
            "write it without a password and a query, such as http://127.0.0.1:8000/v1",
        )
    return address


def api_key_env(node: Node) -> str:
    """The name of a variable that holds a key. What is written is not repeated: it may be one."""
    name = fields.text(node, "api_key_env", most=MAX_MODEL_LENGTH, example="api_key_env: MY_KEY")
    if not _variable.fullmatch(name):
        raise node.place.error(
            "api_key_env is not the name of a variable for a key",
            "export the key, and write its variable's name, which ends in _KEY or _TOKEN:"
            " api_key_env: MY_API_KEY",
        )
    return name


def _named(name: str, entry: Node, entries: Collection[str]) -> NamedModel:
    if not _name.fullmatch(name) or name == MOCK or len(name) > MAX_NAME_LENGTH:
        shown_name = "that" if looks_like_a_key(name) else shown(name)
        raise entry.start.error(
            f"a model of one's own cannot be called {shown_name}",
            f"choose a word of letters, digits, '.', '_' and '-', other than {MOCK}",
        )
    what = f"the model {shown(name)}"
    values = fields.mapping(
        entry,
        what,
        example="fast: {model: openai/gpt-4o-mini}",
        known=_KEYS,
        elsewhere=_ELSEWHERE_HERE,
    )
    node = fields.required(values, "model", entry, what, "model: openai/gpt-4o-mini")
    model = model_name(node)
    if model in entries and model != name:
        raise node.place.error(
            f"{shown(model)} is another entry of 'models'",
            "write what litellm calls the model, such as openai/gpt-4o-mini",
        )
    found = {key: _READERS[key](values[key]) for key in _READERS if key in values}
    if "params" in values:
        found["params"] = parameters.own(values["params"], model)
    if "fallbacks" in values:
        found["fallbacks"] = _fallbacks(values["fallbacks"], name, entries)
    return NamedModel(model=model, **found)


def _retry(node: Node) -> Retry:
    values = fields.mapping(
        node, "retry", example="retry: {attempts: 4}", known=Retry.__struct_fields__
    )
    found: dict[str, Any] = {}
    if "attempts" in values:
        found["attempts"] = fields.whole(
            values["attempts"], "attempts", least=1, most=MAX_ATTEMPTS, example="4"
        )
    for key, example in (("base", "0.5 (seconds)"), ("cap", "30 (seconds)")):
        if key in values:
            found[key] = fields.number(values[key], key, most=_DAY_S, example=example)
    return Retry(**found)


def _timeouts(node: Node) -> Timeouts:
    example = "timeouts: {first_token: 30}"
    values = fields.mapping(node, "timeouts", example=example, known=Timeouts.__struct_fields__)
    return Timeouts(
        **{
            key: fields.number(value, key, most=_DAY_S, zero=False, example="30 (seconds)")
            for key, value in values.items()
        }
    )


def _price(node: Node) -> Price:
    example = "price: {input: 0.15, output: 0.6}"
    values = fields.mapping(node, "price", example=example, known=Price.__struct_fields__)
    given = {
        key: fields.required(values, key, node, "price", example) for key in Price.__struct_fields__
    }
    remedy = "0.15 (US dollars for a million tokens)"
    return Price(
        **{key: fields.number(value, key, most=1e9, example=remedy) for key, value in given.items()}
    )


def _fallbacks(node: Node, name: str, entries: Collection[str]) -> tuple[str, ...]:
    others: dict[str, None] = {}
    for item in fields.items(node, "fallbacks", example="fallbacks: [slow, mock]"):
        other = model_name(item)
        if other == name:
            raise item.place.error(f"{shown(name)} is its own fallback", "remove it")
        if other in others:
            raise item.place.error(f"{shown(other)} is there twice", "remove one of the two")
        if other not in entries and other != MOCK and "/" not in other:
            raise item.place.error(
                f"no model is called {shown(other)}",
                fields.nearest(other, [*entries, MOCK], "models")
                + "; any other is written provider/model",
            )
        others[other] = None
    return tuple(others)


def _refuse_circle(name: str, entry: Node, found: Mapping[str, NamedModel]) -> None:
    """Refuse a model that is asked when it has failed itself."""
    ahead, seen = list(found[name].fallbacks), set[str]()
    while ahead:
        other = ahead.pop()
        if other == name:
            raise entry.start.error(
                f"the fallbacks of {shown(name)} come back to it",
                "remove one of them: a model that has failed is not asked again",
            )
        if other in found and other not in seen:
            seen.add(other)
            ahead += found[other].fallbacks


def _limit(key: str, most: int, example: str) -> Callable[[Node], int]:
    return partial(fields.whole, what=key, least=1, most=most, example=example)


_READERS: Mapping[str, Callable[[Node], Any]] = {
    "api_base": api_base,
    "api_key_env": api_key_env,
    "retry": _retry,
    "timeouts": _timeouts,
    "max_in_flight": _limit("max_in_flight", _MOST_AT_ONCE, "8"),
    "requests_per_minute": _limit("requests_per_minute", _MOST_A_MINUTE, "60"),
    "tokens_per_minute": _limit("tokens_per_minute", _MOST_A_MINUTE, "100000"),
    "max_reply": _limit("max_reply", MAX_REPLY, "200000 (characters)"),
    "price": _price,
}
