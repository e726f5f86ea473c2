"""A scenario: a YAML file, or a built-in, turned into a frozen cast."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from brainstorm_agents import (
    budget_section,
    casting,
    faults_section,
    fields,
    models_section,
    names,
    parameters,
    stop_section,
    strict_yaml,
)
from brainstorm_agents.cast import SCHEDULE_NAMES, Role, Scenario, ScheduleName
from brainstorm_agents.errors import ScenarioError
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.strict_yaml import Node, Place, shown

__all__ = ["Role", "Scenario", "builtin_names", "builtin_text", "load", "parse", "with_overrides"]

MAX_ROUNDS = 100_000
MAX_CONCURRENCY = 10_000
MAX_TOPIC_LENGTH = 20_000
MAX_DESCRIPTION_LENGTH = 2_000

_HEADER = b'{"type":"session_started"'
"""How a log begins."""

_BUILTINS = Path(__file__).with_name("scenarios")


def load(ref: str | Path) -> Scenario:
    """The scenario that `ref` names: a built-in's name, or the path of a file.

    Raises:
        ScenarioError: There is none, or it is wrong.
    """
    if isinstance(ref, str) and ref in builtin_names():
        return parse(builtin_text(ref), f"{ref}.yaml")
    try:
        with Path(ref).open("rb") as file:
            # One byte more than is allowed is enough to know that there are too many.
            text = file.read(strict_yaml.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(ref, error) from None
    if text.startswith(_HEADER):
        name = shlex.quote(str(ref))
        raise Place(str(ref)).error(
            "this is the log of a session, and no scenario",
            f"`brainstorm-tui replay {name}` shows it again,"
            f" `brainstorm-tui resume {name}` goes on with it",
        )
    return parse(text, str(ref))


def parse(text: str | bytes, source: str) -> Scenario:
    """The scenario in `text`, YAML in UTF-8, with the defaults merged into its roles.

    Args:
        text: At most 256 KiB.
        source: What the errors call it: a path, usually.

    Raises:
        ScenarioError: The first thing that is wrong, where, and what would be right.
    """
    root = strict_yaml.read(text, source)
    top = fields.mapping(
        root,
        "the scenario",
        example=f"name: classroom, and below it {casting.EXAMPLE}",
        known=_SCENARIO_KEYS,
        elsewhere=_SCENARIO_ELSEWHERE,
    )
    defaults: Mapping[str, Node] = {}
    if "defaults" in top:
        defaults = fields.mapping(
            top["defaults"],
            "defaults",
            example="defaults: {model: mock}",
            known=_DEFAULTS_KEYS,
            elsewhere=models_section.ELSEWHERE,
        )
    found: dict[str, Any] = {
        "name": _title(fields.required(top, "name", root, "the scenario", "name: classroom"))
    }
    for values, key, reader in (
        (top, "description", _description),
        (top, "topic", _topic),
        (top, "rounds", _rounds),
        (top, "schedule", _schedule),
        (top, "stop", stop_section.stop),
        (top, "budget", budget_section.budget),
        (defaults, "max_concurrency", _max_concurrency),
    ):
        if key in values:
            found[key] = reader(values[key])
    roles = fields.required(top, "roles", root, "the scenario", casting.EXAMPLE)
    named = models_section.models(top["models"]) if "models" in top else {}
    found["roles"], found["models"] = casting.roles(roles, defaults, named)
    cast = {role.name: role for role in found["roles"]}
    if "opener" in top:
        found["opener"] = _opener(top["opener"], cast)
    if "faults" in top:
        found["faults"] = faults_section.faults(top["faults"], cast, Scenario(**found).rounds)
    return Scenario(**found)


def builtin_names() -> list[str]:
    """The names of the scenarios that come with the program, sorted."""
    return sorted(path.stem for path in _BUILTINS.glob("*.yaml"))


def builtin_text(name: str) -> str:
    """A built-in scenario as its file has it, comments and all, to show or to copy.

    Raises:
        KeyError: There is none of that name.
    """
    if name not in builtin_names():
        raise KeyError(name)
    return (_BUILTINS / f"{name}.yaml").read_text(encoding="utf-8")


def with_overrides(
    scenario: Scenario,
    *,
    topic: str | None = None,
    rounds: int | None = None,
    model: str | None = None,
    params: Mapping[str, Any] | None = None,
    max_concurrency: int | None = None,
    schedule: str | None = None,
    budget: str | None = None,
) -> Scenario:
    """`scenario` with what the command line says instead; `None` leaves a thing as it is.

    Args:
        scenario: Stays as it is.
        topic: What the user says first.
        rounds: How many, after the opening.
        model: For every role; it may be one of the scenario's `models`. A role whose model changes
            loses its params: they were the other's.
        params: For every role, and for its fallbacks, over their own, key by key.
        max_concurrency: Calls under way at the same time, at most.
        schedule: How its rounds run.
        budget: What it may use, as it is written; what it does not name stays.

    Raises:
        ScenarioError: A value is not allowed; its `source` is the option, such as `--rounds`.
    """
    changes: dict[str, Any] = {}
    if topic is not None:
        changes["topic"] = _topic(strict_yaml.from_data(topic, "--topic"))
    if rounds is not None:
        changes["rounds"] = _rounds(strict_yaml.from_data(rounds, "--rounds"))
    if max_concurrency is not None:
        node = strict_yaml.from_data(max_concurrency, "--max-concurrency")
        changes["max_concurrency"] = _max_concurrency(node)
    if schedule is not None:
        changes["schedule"] = _schedule(strict_yaml.from_data(schedule, "--schedule"))
    if budget is not None:
        changes["budget"] = budget_section.written(budget, scenario.budget)
    roles = scenario.roles
    if model is not None:
        node = strict_yaml.from_data(model, "--model")
        name = models_section.chosen_name(node, scenario.models)
        roles = tuple(_recast(role, name, scenario.models) for role in roles)
    if params:
        given = strict_yaml.from_data(dict(params), "--param")
        nodes = fields.mapping(given, "params", example="latency=1.0")
        asked = {name for role in roles for name in scenario.models_in_turn(role.model)}
        shared = parameters.shared(nodes, sorted(scenario.model(name).model for name in asked))
        roles = tuple(
            msgspec.structs.replace(
                role, params=role.params | shared[scenario.model(role.model).model]
            )
            for role in roles
        )
        changes["models"] = {
            name: msgspec.structs.replace(named, params=named.params | shared.get(named.model, {}))
            for name, named in scenario.models.items()
        }
    return msgspec.structs.replace(scenario, roles=roles, **changes)


_SCENARIO_KEYS = (
    "name",
    "topic",
    "rounds",
    "opener",
    "defaults",
    "models",
    "roles",
    "description",
    "schedule",
    "stop",
    "faults",
    "budget",
)
_DEFAULTS_KEYS = ("model", "params", "max_concurrency", "memory")
_SCENARIO_ELSEWHERE = {
    **dict.fromkeys(_DEFAULTS_KEYS, "it belongs under 'defaults'"),
    **dict.fromkeys(("profile", "persona", "watch"), "it belongs to a role, under 'roles'"),
    **models_section.ELSEWHERE,
}


def _unreadable(ref: str | Path, error: OSError | ValueError) -> ScenarioError:
    place = Place(str(ref))
    builtins = builtin_names()
    match error:
        case FileNotFoundError() if isinstance(ref, str) and _is_bare(ref):
            guess = fields.nearest(ref, builtins, "built-in scenarios")
            stop = "" if guess.endswith("?") else "."
            return place.error(
                "there is no scenario of that name", f"{guess}{stop} A path would do: ./{ref}.yaml"
            )
        case FileNotFoundError() | NotADirectoryError():
            remedy = f"check the path, or name a built-in scenario: {', '.join(builtins)}"
            return place.error("there is no such file", remedy)
        case IsADirectoryError():
            return place.error("it is a directory", "name a .yaml file")
        case PermissionError():
            return place.error("it may not be read", "check its permissions")
        case OSError():
            return place.error(f"it cannot be read: {error.strerror}", "name a .yaml file")
    return place.error("it cannot be a path", "name a .yaml file")


def _is_bare(ref: str) -> bool:
    """Whether `ref` looks like a name, not like a path."""
    return not Path(ref).suffix and "/" not in ref and "\\" not in ref


def _title(node: Node) -> str:
    title = fields.text(node, "name", most=names.MAX_NAME_LENGTH, example="name: classroom")
    problem = names.unprintable(title)
    if not title:
        problem = "it is empty"
    elif "/" in title or "\\" in title or title.startswith("."):
        problem = "it looks like a path"
    if problem:
        raise node.place.error(
            f"{shown(title)} cannot be a scenario's name: {problem}", "write a word or two"
        )
    return title


def _description(node: Node) -> str:
    return fields.text(
        node, "description", most=MAX_DESCRIPTION_LENGTH, example="description: A lesson in three."
    )


def _topic(node: Node) -> str:
    return fields.text(node, "topic", most=MAX_TOPIC_LENGTH, example="topic: What is a good tea?")


def _rounds(node: Node) -> int:
    return fields.whole(node, "rounds", least=0, most=MAX_ROUNDS, example="3")


def _schedule(node: Node) -> ScheduleName:
    written = fields.text(node, "schedule", most=names.MAX_NAME_LENGTH, example="schedule: eager")
    for name in SCHEDULE_NAMES:
        if written == name:
            return name
    remedy = fields.nearest(written, SCHEDULE_NAMES, "schedules")
    raise node.place.error(f"{shown(written)} is no schedule", remedy)


def _max_concurrency(node: Node) -> int:
    return fields.whole(node, "max_concurrency", least=1, most=MAX_CONCURRENCY, example="16")


def _opener(node: Node, cast: Mapping[str, object]) -> str | None:
    if node.value is None:
        return None
    return casting.known_name(node, "opener", cast, "opener: Alex")


def _recast(role: Role, model: str, named: Mapping[str, NamedModel]) -> Role:
    if model == role.model:
        return role
    params = named[model].params if model in named else {}
    return msgspec.structs.replace(role, model=model, params=params)
