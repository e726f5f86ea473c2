"""Chance without a stream: the same parts always draw the same number."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def draw(*parts: object) -> int:
    """A number of 64 bits that depends on `parts` alone."""
    key = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(key, digest_size=8).digest())


def share(*parts: object) -> float:
    """A number in [0, 1) that depends on `parts` alone."""
    return draw(*parts) / 2**64


def shuffled(items: Sequence[T], *parts: object) -> tuple[T, ...]:
    """The items in an order that depends on `parts` alone."""
    order = sorted(range(len(items)), key=lambda index: draw(*parts, index))
    return tuple(items[index] for index in order)
