"""A fault: something that goes wrong with one turn of a role, because somebody asked for it."""

from typing import Literal, get_args

import msgspec

FaultKind = Literal["slow", "fails", "stalls", "rate_limited", "cut_off"]
"""What can go wrong: a late first token; no reply; a reply that stops coming, and waits for a
limit or a person; a server that is asked too often; a reply that ends in its midst."""

KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes wrong, and with which turn."""

    role: str
    kind: FaultKind
    turn: int | None = None
    """The number of the turn, as in its id, 0 being the opening; None is the role's next one."""
    seconds: float | None = None
    """How long it takes, where that can be said."""
