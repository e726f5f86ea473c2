"""The roles of a scenario's file: who they are, whom they watch, what speaks for them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from brainstorm_agents import fields, names, parameters
from brainstorm_agents.cast import Role
from brainstorm_agents.strict_yaml import Node, shown

MAX_ROLES = 1_000
MAX_PERSONA_LENGTH = 8_000
MAX_PROFILE_LENGTH = 200
MAX_MODEL_LENGTH = 1_000

EXAMPLE = "roles: [{name: Alex, profile: teacher}]"
"""What `roles` looks like when it is right, for messages."""

_KEYS = ("name", "profile", "persona", "watch", "model", "params")
_ELSEWHERE = {
    **dict.fromkeys(
        ("topic", "rounds", "opener", "schedule"), "it belongs to the scenario, beside 'roles'"
    ),
    "max_concurrency": "it belongs under the scenario's 'defaults'",
}
_WATCH_EXAMPLE = "watch: [Bob, Chalice], or watch: all"


def roles(node: Node, defaults: Mapping[str, Node]) -> tuple[Role, ...]:
    """The value of `roles`, with the values of `defaults` merged into each.

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
    default = model_name(defaults["model"]) if "model" in defaults else parameters.MOCK
    models = [model_name(values["model"]) if "model" in values else default for values in written]
    shared = parameters.shared(_params(defaults), models)
    return tuple(
        Role(
            name=name,
            profile=_profile(values["profile"]) if "profile" in values else "",
            persona=_persona(values["persona"]) if "persona" in values else "",
            watch=_watch(values["watch"], name, cast) if "watch" in values else "all",
            model=model,
            params=shared[model] | _own_params(values, model),
        )
        for name, values, model in zip(cast, written, models, strict=True)
    )


def model_name(node: Node) -> str:
    """`mock`, `recorded:` and a log, or what looks like a name that litellm could know."""
    name = fields.text(node, "model", most=MAX_MODEL_LENGTH, example="model: mock")
    if name == parameters.RECORDED:
        raise node.place.error("it names no log", f"write {parameters.RECORDED}session.jsonl")
    has_space = " " in name and not name.startswith(parameters.RECORDED)
    if not name or has_space or names.unprintable(name):
        raise node.place.error(
            f"{shown(name)} cannot be a model's name",
            "write mock, or a name that litellm knows, such as openai/gpt-4o-mini",
        )
    return name


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


def _own_params(values: Mapping[str, Node], model: str) -> dict[str, Any]:
    return {key: parameters.checked(key, node, model) for key, node in _params(values).items()}


def _params(values: Mapping[str, Node]) -> Mapping[str, Node]:
    if "params" not in values:
        return {}
    return fields.mapping(values["params"], "params", example="params: {latency: 1.0}")
