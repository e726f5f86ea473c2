"""The roles of a scenario's file: who they are, whom they watch, what speaks for them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from brainstorm_agents import fields, models_section, names, parameters
from brainstorm_agents.cast import NO_LIMIT, Memory, Role
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.parameters import MOCK
from brainstorm_agents.strict_yaml import Node, shown

MAX_ROLES = 1_000
MAX_PERSONA_LENGTH = 8_000
MAX_PROFILE_LENGTH = 200
LEAST_MEMORY = 100
MOST_MEMORY = 100_000_000
"""Tokens."""

EXAMPLE = "roles: [{name: Alex, profile: teacher}]"
"""What `roles` looks like when it is right, for messages."""

_KEYS = ("name", "profile", "persona", "watch", "model", "memory", "params")
_ELSEWHERE = {
    **dict.fromkeys(
        ("topic", "rounds", "opener", "schedule", "budget", "stop", "faults"),
        "it belongs to the scenario, beside 'roles'",
    ),
    "max_concurrency": "it belongs under the scenario's 'defaults'",
    **models_section.ELSEWHERE,
}
_WATCH_EXAMPLE = "watch: [Bob, Chalice], or watch: all"


def roles(
    node: Node, defaults: Mapping[str, Node], named: Mapping[str, NamedModel]
) -> tuple[tuple[Role, ...], dict[str, NamedModel]]:
    """The value of `roles`, and the named models, with the values of `defaults` merged into each.

    A role's params go over those of its model, which go over the defaults.

    Raises:
        ScenarioError: The first thing that is wrong, where, and what would be right.
    """
    items = fields.items(node, "roles", example=EXAMPLE)
    if not items:
        raise node.place.error("there is no role", f"write at least one: {EXAMPLE}")
    if len(items) > MAX_ROLES:
        raise items[MAX_ROLES].place.error(
            f"there are {len(items):,} roles", f"{MAX_ROLES:,} is the most"
        )
    written = [
        fields.mapping(item, "a role", example="- name: Alex", known=_KEYS, elsewhere=_ELSEWHERE)
        for item in items
    ]
    cast = _names(items, written)
    memory = _memory(defaults["memory"]) if "memory" in defaults else NO_LIMIT
    default = MOCK
    if "model" in defaults:
        default = models_section.chosen_name(defaults["model"], named)
    models = [
        models_section.chosen_name(values["model"], named) if "model" in values else default
        for values in written
    ]
    callees = [named[model].model if model in named else model for model in models]
    given = _params(defaults)
    shared = parameters.shared(given, [*callees, *(model.model for model in named.values())])
    named = {
        name: msgspec.structs.replace(model, params=shared[model.model] | model.params)
        for name, model in named.items()
    }
    cast_roles = tuple(
        Role(
            name=name,
            profile=_profile(values["profile"]) if "profile" in values else "",
            persona=_persona(values["persona"]) if "persona" in values else "",
            watch=_watch(values["watch"], name, cast) if "watch" in values else "all",
            model=model,
            memory=_memory(values["memory"]) if "memory" in values else memory,
            params=(named[model].params if model in named else shared[callee])
            | (parameters.own(values["params"], callee) if "params" in values else {}),
        )
        for name, values, model, callee in zip(cast, written, models, callees, strict=True)
    )
    return cast_roles, named


def known_name(node: Node, what: str, cast: Collection[str], example: str) -> str:
    """The name of a role that there is."""
    name = _name(node, what, example)
    if name not in cast:
        raise node.place.error(
            f"{what} names {shown(name)}, and no role is called that",
            fields.nearest(name, cast, "roles"),
        )
    return name


def _name(node: Node, what: str, example: str) -> str:
    return names.normal(fields.text(node, what, most=names.MAX_NAME_LENGTH, example=example))


def _names(items: Sequence[Node], written: Sequence[Mapping[str, Node]]) -> dict[str, Node]:
    """The cast's names, each a right one and no two alike, and where they stand."""
    cast: dict[str, Node] = {}
    twins: dict[str, str] = {}
    for item, values in zip(items, written, strict=True):
        node = fields.required(values, "name", item, "a role", "name: Alex")
        name = _name(node, "name", "name: Alex")
        if fault := names.fault(name):
            raise node.place.error(f"{shown(name)} cannot be a role's name: {fault}", _NAME_REMEDY)
        twin = twins.setdefault(names.identity(name), name)
        if twin in cast:
            raise node.place.error(
                f"{shown(name)} is the name of a second role",
                f"choose another; {shown(twin)} is on line {cast[twin].place.line}",
            )
        cast[name] = node
    return cast


_NAME_REMEDY = "write one word of visible characters without dot, comma, | or @, such as Alex"


def _profile(node: Node) -> str:
    profile = fields.text(node, "profile", most=MAX_PROFILE_LENGTH, example="profile: teacher")
    if problem := names.unprintable(profile):
        raise node.place.error(f"profile is not one plain line: {problem}", "remove it")
    return profile


def _persona(node: Node) -> str:
    return fields.text(
        node, "persona", most=MAX_PERSONA_LENGTH, example="persona: Opens with a question."
    )


def _watch(node: Node, name: str, cast: Collection[str]) -> tuple[str, ...] | Literal["all"]:
    if node.value == "all":
        return "all"
    watched: dict[str, None] = {}
    for item in fields.items(node, "watch", example=_WATCH_EXAMPLE):
        other = known_name(item, "watch", cast, _WATCH_EXAMPLE)
        if other == name:
            raise item.place.error(f"{name} watches itself", "remove it: nobody hears themselves")
        if other in watched:
            raise item.place.error(f"{name} watches {other} twice", "remove one of the two")
        watched[other] = None
    return tuple(watched)


def _memory(node: Node) -> Memory:
    example = "memory: {tokens: 4000}"
    values = fields.mapping(node, "memory", example=example, known=Memory.__struct_fields__)
    if "tokens" not in values:
        return NO_LIMIT
    most = fields.whole(
        values["tokens"], "tokens", least=LEAST_MEMORY, most=MOST_MEMORY, example="4000"
    )
    return Memory(tokens=most)


def _params(defaults: Mapping[str, Node]) -> Mapping[str, Node]:
    if "params" not in defaults:
        return {}
    return fields.mapping(defaults["params"], "params", example="params: {latency: 1.0}")
