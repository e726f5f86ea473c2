"""The budget of a session: in a scenario's file, and on the command line."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from brainstorm_agents import fields
from brainstorm_agents.cast import Budget
from brainstorm_agents.strict_yaml import Node, from_data

MOST_USD = 1_000_000.0
MOST_TOKENS = 1_000_000_000

_EXAMPLE = "budget: {usd: 0.50, tokens: 20000}"
_part = re.compile(r"(?P<dollar>\$?)(?P<number>\d+(?:\.\d*)?|\.\d+)(?P<unit>\s*(?:tok|tokens)?)")


def budget(node: Node) -> Budget:
    """The value of `budget`.

    Raises:
        ScenarioError: The first thing that is wrong, where, and what would be right.
    """
    values = fields.mapping(node, "budget", example=_EXAMPLE, known=Budget.__struct_fields__)
    found: dict[str, Any] = {}
    if "usd" in values:
        found["usd"] = fields.number(
            values["usd"], "usd", most=MOST_USD, zero=False, example="0.50 (US dollars)"
        )
    if "tokens" in values:
        found["tokens"] = fields.whole(
            values["tokens"], "tokens", least=1, most=MOST_TOKENS, example="20000"
        )
    return Budget(**found)


def spelled(budget: Budget) -> str:
    """A budget as the command line takes it: `0.50,20000tok`."""
    parts = []
    if budget.usd is not None:
        parts.append(f"{budget.usd:.8f}".rstrip("0").rstrip("."))
    if budget.tokens is not None:
        parts.append(f"{budget.tokens}tok")
    return ",".join(parts)


def written(text: str, otherwise: Budget, source: str = "--budget") -> Budget:
    """What the command line says: `0.50` dollars, `20000tok`, or both with a comma between.

    Args:
        text: What was written.
        otherwise: What holds for what is not named.
        source: Whom an error names.

    Raises:
        ScenarioError: It is no budget.
    """
    values: dict[str, float] = {}
    for part in text.split(","):
        found = _part.fullmatch(part.strip())
        name = "tokens" if found and found["unit"] else "usd"
        is_whole = found is not None and (name == "usd" or found["number"].isdecimal())
        if not found or not is_whole or name in values or (found["dollar"] and found["unit"]):
            raise from_data(text, source).place.error(
                f"{text!r} is no budget",
                "write US dollars, or a whole number of tokens, or both: 0.50, 20000tok",
            )
        values[name] = int(found["number"]) if name == "tokens" else float(found["number"])
    said = budget(from_data(values, source))
    chosen: Mapping[str, Any] = {
        key: value for key, value in msgspec.structs.asdict(said).items() if value is not None
    }
    return msgspec.structs.replace(otherwise, **chosen)
