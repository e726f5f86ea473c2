"""Chance without a stream: numbers drawn from a hash of who asks, so that order cannot matter."""

from hashlib import blake2b


def draw(*key: object) -> float:
    """A number in [0, 1) that depends on nothing but the key."""
    digest = blake2b("\x1f".join(map(str, key)).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
