"""Typed values out of a YAML node, each refused in words: what it is, and what would be right."""

import difflib
import math
from collections.abc import Collection, Mapping

from brainstorm_agents.strict_yaml import Node, shown

_NOTHING: Mapping[str, str] = {}


def text(node: Node, what: str, *, most: int, example: str) -> str:
    """Text of up to `most` characters, without the white space around it; it may be empty."""
    if isinstance(node.value, str):
        stripped = node.value.strip()
        if len(stripped) > most:
            raise node.place.error(
                f"{what} has {len(stripped):,} characters", f"{most:,} is the most; shorten it"
            )
        return stripped
    if isinstance(node.value, bool | int | float):
        raise node.place.error(f"{what} is {node}, not text", f'quote it: "{node.written}"')
    raise node.start.error(f"{what} is {node}, not text", f"write it like this: {example}")


def whole(node: Node, what: str, *, least: int, most: int, example: str) -> int:
    """A whole number from `least` to `most`."""
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    place = node.start if node.value is None else node.place
    raise place.error(
        f"{what} is {node}", f"write a whole number from {least:,} to {most:,}, such as {example}"
    )


def number(node: Node, what: str, *, example: str, most: float, zero: bool = True) -> float:
    """A number from 0, or from just above it unless `zero`, to `most`."""
    value = node.value
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= most
        and (zero or value > 0)
    ):
        return value
    place = node.start if value is None else node.place
    least = "0" if zero else "more than 0"
    limit = f" to {most:,.12g}" if math.isfinite(most) else " up"
    raise place.error(f"{what} is {node}", f"write a number from {least}{limit}, such as {example}")


def flag(node: Node, what: str) -> bool:
    """True or false."""
    if isinstance(node.value, bool):
        return node.value
    place = node.start if node.value is None else node.place
    raise place.error(f"{what} is {node}", f"write {what}: true, or {what}: false")


def items(node: Node, what: str, *, example: str) -> tuple[Node, ...]:
    """The items of a list."""
    if isinstance(node.value, tuple):
        return node.value
    place = node.start if node.value is None else node.place
    raise place.error(f"{what} is {node}, not a list", f"write it like this: {example}")


def mapping(
    node: Node,
    what: str,
    *,
    example: str,
    known: Collection[str] | None = None,
    elsewhere: Mapping[str, str] = _NOTHING,
) -> dict[str, Node]:
    """The values of a mapping by their keys.

    Args:
        node: What should be a mapping.
        what: Its name in messages.
        example: A right one, for messages.
        known: The keys that it may have; `None` means any.
        elsewhere: Keys that belong somewhere else, and where.
    """
    if not isinstance(node.value, dict):
        place = node.start if node.value is None else node.place
        raise place.error(f"{what} is {node}, not a mapping", f"write it like this: {example}")
    for key, value in node.value.items():
        if known is not None and key not in known:
            raise value.start.error(
                f"unknown key {shown(key)} in {what}", elsewhere.get(key) or nearest(key, known)
            )
    return node.value


def required(values: Mapping[str, Node], key: str, owner: Node, what: str, example: str) -> Node:
    """The value of a key that a mapping must have."""
    if key not in values:
        raise owner.place.error(f"{what} has no {shown(key)}", f"add it: {example}")
    return values[key]


def nearest(word: str, known: Collection[str], noun: str = "keys") -> str:
    """The remedy for an unknown word: the known one that is most like it, or all of them."""
    by_identity = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word[:100].casefold(), by_identity, n=1)
    if close:
        return f"did you mean {shown(by_identity[close[0]])}?"
    if not known:
        return f"there are no {noun}"
    listed = list(known)
    more = ", …" if len(listed) > 12 else ""
    return f"the {noun} are: {', '.join(listed[:12])}{more}"
