"""What a model's `params` may be: checked for the mock model, passed through for the others."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from brainstorm_agents import fields, forbidden
from brainstorm_agents.strict_yaml import Node, shown

MOCK = "mock"
"""The model that is embedded."""

RECORDED = "recorded:"
"""What the name of a recorded model begins with; a log's name follows."""


def is_real(name: str) -> bool:
    """Whether a model of that name is asked for every reply: that takes its time, and may cost."""
    return name != MOCK and not name.startswith(RECORDED)


MOCK_PARAMS = ("latency", "first_token", "tokens_per_second", "tokens", "fail", "script")
RECORDED_PARAMS = ("strict",)

REPLY_LIMITS = "max_tokens", "max_completion_tokens"
"""The params of a real model that limit a reply, in tokens."""

_MOST_REPLY = 10_000_000
_DAY_S = 86_400
_MOST_TOKENS = 100_000


def shared(values: Mapping[str, Node], models: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The params that a whole cast is given, as plain data, by model.

    The mock and the recorded models get those of their own, the other models the rest. What is
    then meant for nobody is checked against all of them, and refused.

    Raises:
        ScenarioError: A model cannot take one of its params.
    """
    by_model: dict[str, dict[str, Any]] = {model: {} for model in models}
    for key, node in values.items():
        takers = [model for model in by_model if _owner(key) == _kind(model)]
        for model in takers or by_model:
            by_model[model][key] = checked(key, node, model)
    return by_model


def own(node: Node, model: str) -> dict[str, Any]:
    """The params that are given to one model alone, as plain data."""
    values = fields.mapping(node, "params", example="params: {latency: 1.0}")
    return {key: checked(key, value, model) for key, value in values.items()}


def checked(key: str, node: Node, model: str) -> Any:
    """One param of `model`, as plain data.

    Raises:
        ScenarioError: The model cannot take it.
    """
    match _kind(model):
        case "mock":
            return _checked_mock(key, node)
        case "recorded":
            return _checked_recorded(key, node)
    return _checked_other(key, node)


Kind = Literal["mock", "recorded", "other"]


def _kind(model: str) -> Kind:
    if model == MOCK:
        return "mock"
    return "recorded" if model.startswith(RECORDED) else "other"


def _owner(key: str) -> Kind:
    """The models that alone take a param."""
    if key in MOCK_PARAMS:
        return "mock"
    return "recorded" if key in RECORDED_PARAMS else "other"


def _checked_mock(key: str, node: Node) -> Any:
    match key:
        case "latency" | "first_token":
            return fields.number(node, key, most=_DAY_S, example="1.5 (seconds)")
        case "tokens_per_second":
            return fields.number(node, key, most=math.inf, zero=False, example="20")
        case "tokens":
            return fields.whole(node, key, least=1, most=_MOST_TOKENS, example="40")
        case "fail":
            return fields.number(node, key, most=1, example="0.1 (one turn in ten)")
        case "script":
            return _script(node)
    raise node.start.error(
        f"unknown param {shown(key)} of the mock model", fields.nearest(key, MOCK_PARAMS, "params")
    )


def _script(node: Node) -> list[str]:
    example = 'script: ["First reply.", "Second reply."]'
    lines = []
    for item in fields.items(node, "script", example=example):
        line = fields.text(item, "a line of the script", most=20_000, example=example)
        if not line:
            raise item.place.error("a line of the script is empty", "write what the role says")
        lines.append(line)
    if not lines:
        raise node.place.error("script is an empty list", f"write it like this: {example}")
    return lines


def _checked_recorded(key: str, node: Node) -> bool:
    if key not in RECORDED_PARAMS:
        raise node.start.error(
            f"unknown param {shown(key)} of a recorded model",
            "remove it: its replies and times are the log's; strict is all it takes",
        )
    if not isinstance(node.value, bool):
        raise node.place.error(f"strict is {node}", "write strict: true")
    return node.value


def _checked_other(key: str, node: Node) -> Any:
    if key in MOCK_PARAMS:
        raise node.start.error(
            f"{shown(key)} is a param of the mock model only", "remove it, or write model: mock"
        )
    if key in RECORDED_PARAMS:
        raise node.start.error(f"{shown(key)} is a param of recorded models only", "remove it")
    if key in REPLY_LIMITS:
        # A budget is kept by it.
        return fields.whole(node, key, least=1, most=_MOST_REPLY, example="400")
    forbidden.refuse(key, node)
    return node.data
