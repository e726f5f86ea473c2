"""What calls cost: by what the scenario says, else by the table that litellm brings along."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from brainstorm_agents.bill import cost
from brainstorm_agents.named_model import Facts, NamedModel, Price

Table = Mapping[str, Mapping[str, Any]]
"""litellm's table: what it says of each model, by its name."""

_MILLION = 1_000_000


def price(model: NamedModel, prompt: int, completion: int, address: str = "") -> float | None:
    """What some tokens cost in dollars; None where nobody knows.

    Unless the scenario says it, imports litellm, which takes seconds, and asks nobody. Not to be
    called in an event loop.

    Args:
        model: Whose tokens.
        prompt: Tokens that it is sent.
        completion: Tokens that it says.
        address: The server, if it is not the provider's: those have prices of their own.
    """
    known = model.price
    if known is None and not address:
        known = facts(model.model, table()).price
    return None if known is None else cost(known, prompt, completion)


def facts(name: str, table: Table) -> Facts:
    """What the table says of a model by its own name; nobody is asked."""
    entry = _entry(name, table)
    asked, said = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    window = entry.get("max_input_tokens")
    return Facts(
        price=None if asked is None or said is None else Price(_rate(asked), _rate(said)),
        window=int(window) if isinstance(window, int | float) and window > 0 else None,
    )


@cache
def table() -> Table:
    """The table; the first time this imports litellm, which takes seconds."""
    from brainstorm_agents.models.litellm import import_litellm

    # In a thread: the import runs an event loop of its own, and there may be one here.
    with ThreadPoolExecutor(max_workers=1) as pool:
        found: Table = pool.submit(import_litellm).result().model_cost
    return found


def _rate(a_token: float) -> float:
    """Dollars for a million tokens, without the dust of binary fractions."""
    return round(float(a_token) * _MILLION, 9)


def _entry(name: str, table: Table) -> Mapping[str, Any]:
    """A model's entry: some stand there without their provider, which they name."""
    if name in table:
        return table[name]
    provider, _, rest = name.partition("/")
    entry = table.get(rest, {})
    return entry if str(entry.get("litellm_provider", "")).startswith(provider) else {}
