"""What a session has cost, in words: `$0.012`, `≈ $0.012`, `≥ $0.012`, or a dash."""

from collections.abc import Iterator

from brainstorm_agents.bill import Bill, dollars
from brainstorm_agents.session import Session

NOT_KNOWN = "–"
"""What is said of a cost that nobody knows, or of one that is none."""


def cost(bill: Bill, *, none: str = NOT_KNOWN, is_ascii: bool = False) -> str:
    """What a bill comes to.

    `≥` says that there is more in it whose price nobody knows, `≈` that tokens were counted here.

    Args:
        bill: Whose.
        none: What is said if nothing in it has a known price.
        is_ascii: Whether the signs have to be ASCII.
    """
    if bill.usd is None:
        return none
    sign = ""
    if bill.is_partial:
        sign = ">= " if is_ascii else "≥ "
    elif bill.is_counted and bill.usd:
        sign = "about " if is_ascii else "≈ "
    return sign + dollars(bill.usd)


def is_paid(bill: Bill) -> bool:
    """Whether there is anything in a bill that somebody has to pay, known or not."""
    return bill.usd is not None or bill.is_partial


def dearest(session: Session) -> Iterator[tuple[str, Bill]]:
    """The roles that have cost something known, the dearest first."""
    paid = [state for state in session.roles.values() if state.bill.usd]
    paid.sort(key=lambda state: -(state.bill.usd or 0.0))
    return ((state.name, state.bill) for state in paid)
