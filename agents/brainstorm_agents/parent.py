"""Where a forked session comes from, and what it does otherwise: a part of its header."""

from typing import Any

import msgspec


class Changes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a fork does otherwise than its parent. Without any it could go on as the parent did."""

    edited: str = ""
    """The id of the message that says something else."""
    muted: tuple[str, ...] = ()
    """The roles that take no turns from here on."""
    unmuted: tuple[str, ...] = ()
    """The roles that take turns again."""
    model: str | None = None
    """The model of every role, if it is another."""
    params: dict[str, Any] = {}
    """Parameters of every role's model, over its own."""
    seed: int | None = None
    """What chance depends on, if it is another."""


class Parent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The session that a fork shares its past with."""

    log: str
    """The name of its log's file, without a folder."""
    header: str
    """The checksum of its log's first line: it tells the log whatever it is called later."""
    seq: int
    """The last event that is shared, by its number there."""
    round: int
    """The latest round that had begun by then; -1 before the opening."""
    changes: Changes = Changes()
