"""A bill: the tokens that attempts have used, and what those cost, as far as anybody knows."""

import msgspec

from brainstorm_agents.events import Usage
from brainstorm_agents.named_model import Price

_MILLION = 1_000_000


class Bill(msgspec.Struct, frozen=True, gc=False):
    """What a turn, a round, a role or a session has used, its failed attempts among it."""

    prompt: int = 0
    completion: int = 0
    """What was said and thought aloud."""
    is_counted: bool = False
    """Whether any of it is our estimate rather than the provider's word."""
    usd: float | None = None
    """US dollars; None as long as nothing with a price is in it."""
    is_partial: bool = False
    """Whether there is something in it that has a price which nobody knows."""

    @property
    def tokens(self) -> int:
        """Prompts and replies together."""
        return self.prompt + self.completion

    def __add__(self, other: "Bill") -> "Bill":
        usd = self.usd
        if other.usd is not None:
            usd = (usd or 0.0) + other.usd
        return Bill(
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.is_counted or other.is_counted,
            usd,
            self.is_partial or other.is_partial,
        )


def bill(usage: Usage, price: Price | None, *, is_free: bool) -> Bill:
    """What one attempt has used.

    Args:
        usage: Its tokens.
        price: That of its model, if it is known.
        is_free: Whether there is nothing to pay, whatever the price: nobody was asked.
    """
    usd = None if is_free or price is None else cost(price, usage.prompt, usage.completion)
    return Bill(
        usage.prompt, usage.completion, usage.counted, usd, is_partial=not is_free and price is None
    )


def cost(price: Price, prompt: int, completion: int) -> float:
    """Dollars for so many tokens."""
    return (price.input * prompt + price.output * completion) / _MILLION


def dollars(usd: float) -> str:
    """An amount in words: cents above a dollar, two digits that count below it."""
    if usd == 0 or usd >= 1:
        return f"${usd:,.2f}"
    places = 2
    while places < _MOST_PLACES and round(usd * 10**places) < _TWO_DIGITS:
        places += 1
    return f"${usd:.{places}f}"


_TWO_DIGITS = 10
_MOST_PLACES = 8
