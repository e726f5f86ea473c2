"""A named model: what is called, how patiently, how much of it at once, and for what price."""

from typing import Any

import msgspec


class Retry(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often a call is made, and what is waited before it is made again.

    The wait before attempt `n + 1` is drawn between 0 and `min(cap, base * 2 ** (n - 1))` seconds
    (exponential backoff with full jitter), or is what the server asked for, where that is longer.
    """

    attempts: int = 5
    """Calls for one reply, the first among them."""
    base: float = 1.0
    cap: float = 30.0


class Timeouts(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long a call may take, in seconds."""

    first_token: float = 60.0
    """From the call to the first text or reasoning."""
    gap: float = 30.0
    """Between two pieces of a reply."""
    turn: float = 300.0
    """For a turn as a whole, its waits and attempts among it, without its time in the queue."""


class Price(msgspec.Struct, frozen=True):
    """US dollars for a million tokens."""

    input: float
    output: float


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a table says of a model, beside what the scenario does."""

    price: Price | None = None
    window: int | None = None
    """How many tokens a prompt may have."""


class NamedModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of a scenario's `models`; a model that has none is called by the defaults."""

    model: str
    """`mock`, `recorded:LOG`, or what litellm calls it."""
    api_base: str = ""
    """The address of a server to ask instead of the provider's own."""
    api_key_env: str = ""
    """The environment variable that holds the key, where it is not the provider's usual one."""
    params: dict[str, Any] = {}
    retry: Retry = Retry()
    timeouts: Timeouts = Timeouts()
    max_in_flight: int | None = None
    """Calls under way at the same time, at most, of all roles on its provider."""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_reply: int = 200_000
    """Characters of a reply, its reasoning among them; a longer one is cut off, and fails."""
    fallbacks: tuple[str, ...] = ()
    """The names of models to ask, in order, when this one has failed for good."""
    price: Price | None = None
