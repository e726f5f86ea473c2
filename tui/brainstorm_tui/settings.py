"""The user's settings: `config.yaml`, whose keys are the names of options."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from brainstorm_agents import fields, strict_yaml
from brainstorm_agents.errors import InputError
from brainstorm_agents.strict_yaml import Node


def read_settings(path: Path, options: Mapping[str, click.Option]) -> dict[str, Any]:
    """The settings in a file; without a file there are none.

    Args:
        path: A flat YAML mapping, `theme: light`, 256 KiB at most.
        options: What may be set, by key.

    Raises:
        InputError: The file cannot be read, a key is unknown, or a value is not allowed.
    """
    try:
        with path.open("rb") as file:
            content = file.read(strict_yaml.MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{path}: the settings cannot be read: {error.strerror}") from None
    if all(not line.strip() or line.lstrip().startswith(b"#") for line in content.split(b"\n")):
        return {}
    root = strict_yaml.read(content, str(path))
    entries = fields.mapping(root, "the settings", known=options, example="theme: light")
    return {key: _value(node, key, options[key]) for key, node in entries.items()}


def _value(node: Node, key: str, option: click.Option) -> Any:
    if isinstance(node.value, tuple | dict) or node.value is None:
        raise node.start.error(f"{key} is {node}", "write one value")
    if option.is_flag:
        if not isinstance(node.value, bool):
            raise node.place.error(f"{key} is {node}", "write true or false")
        return node.value
    # The value as the command line would give it, so that both are checked by the same words.
    context = click.Context(click.Command(key))
    try:
        return option.process_value(context, node.written)
    except click.BadParameter as error:
        raise node.place.error(f"{key}: {error.message}") from None
