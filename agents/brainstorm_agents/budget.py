"""The budget: what turns could use at worst is set aside before they begin.

A round begins whole or not at all: every attempt that every model of a turn may be given is taken
to send its whole prompt and to say all that it may. Each attempt is looked at once more before it
is made. So no more is spent than there is, but for what replies say beyond their `max_tokens`.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from brainstorm_agents import schedules
from brainstorm_agents.bill import cost, dollars
from brainstorm_agents.cast import Budget
from brainstorm_agents.events import RoundStarted, TurnStarted
from brainstorm_agents.memory import fitted, room
from brainstorm_agents.parameters import is_real
from brainstorm_agents.patience import patience
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.reply_length import reply_tokens
from brainstorm_agents.schedules.plan import Planned
from brainstorm_agents.session import Phase, Round, Session, Turn

_NONE = Budget()

_DUST_USD = 1e-9
"""Sums of binary fractions are off by less."""


class Amount(NamedTuple):
    """What something uses."""

    tokens: float = 0
    usd: float = 0.0

    def plus(self, other: "Amount") -> "Amount":
        """Both together."""
        return Amount(self.tokens + other.tokens, self.usd + other.usd)

    def times(self, count: int) -> "Amount":
        """So many of it."""
        return Amount(self.tokens * count, self.usd * count)


class Lack(NamedTuple):
    """Why turns are not begun: what they could use, and what there is."""

    needed: Amount
    left: Amount
    """Infinite where there is no limit."""
    turns: int
    raised: Budget
    """The budget that would hold them."""


class Purse:
    """What is left of a session's budget, with what turns under way may still use set aside."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._needs: dict[str, Amount] = {}
        self._asked: dict[str, Amount] = {}

    def lack(self, plan: Iterable[Planned]) -> Lack | None:
        """Why some turns cannot begin together; None if they can, and then they should."""
        session = self._session
        if session.budget == _NONE:
            return None
        needs = {planned.id: worst(session, _turn(session, planned)) for planned in plan}
        held = _sum(self._needs[turn.id] for turn in self._under_way() if turn.id in self._needs)
        spent = _spent(session).plus(held)
        needed = _sum(needs.values())
        if needed == Amount() or _holds(session.budget, spent.plus(needed)):
            self._needs.update(needs)
            return None
        raised = _raised(session.budget, spent.plus(needed))
        return Lack(needed, _left(session.budget, spent), len(needs), raised)

    def refusal(self, turn: Turn, name: str, params: Mapping[str, Any]) -> str:
        """Why the model called `name` is not asked now; empty if it may be."""
        session = self._session
        if session.budget == _NONE:
            return ""
        needed = _attempt(session, turn, name, params)
        others = (
            self._asked.get(other.id, Amount())
            for other in self._under_way()
            if other is not turn and other.phase in (Phase.THINKING, Phase.SPEAKING)
        )
        spent = _spent(session).plus(_sum(others))
        if not _holds(session.budget, spent.plus(needed)):
            left = _left(session.budget, spent)
            needs, has = told(needed, session.budget), told(left, session.budget)
            return f"not asked: it could use {needs}, and the budget has {has} left"
        self._asked[turn.id] = needed
        return ""

    def _under_way(self) -> list[Turn]:
        current = self._session.open_round
        return [turn for turn in current.turns if not turn.is_settled] if current else []


def lack_of(session: Session) -> Lack | None:
    """Why the next round of a session that stands still cannot begin, if it cannot."""
    return Purse(session).lack(schedules.plan(session))


def overspent(session: Session, budget: Budget) -> str:
    """What a session has used, if that is more than a budget; else empty."""
    spent = _spent(session)
    return "" if _holds(budget, spent) else told(spent, budget)


def worst(session: Session, turn: Turn) -> Amount:
    """What a turn could use: every attempt of every model that it may come to."""
    scenario = session.scenario
    if turn.role in session.lines:
        return Amount()
    role = scenario.role(turn.role)
    total = Amount()
    for place, name in enumerate(scenario.models_in_turn(role.model)):
        model = scenario.model(name)
        # What is ours fails for good, or as a recording has it; each attempt is looked at again.
        attempts = patience(model).retry.attempts if is_real(model.model) else 1
        params = model.params if place else role.params
        total = total.plus(_attempt(session, turn, name, params).times(attempts))
    return total


def _attempt(session: Session, turn: Turn, name: str, params: Mapping[str, Any]) -> Amount:
    """What one attempt could use; without a price, there are no dollars that are enough."""
    left_out = fitted(session, turn, room(session, turn, name, params))
    prompt = Prompt(session, turn, left_out).tokens
    reply = reply_tokens(session, name, params)
    if session.is_free(name):
        return Amount(prompt + reply, 0.0)
    price = session.price(name)
    return Amount(prompt + reply, math.inf if price is None else cost(price, prompt, reply))


def told(amount: Amount, budget: Budget) -> str:
    """An amount in the measures of a budget: `1,200 tokens and $0.02`."""
    parts = []
    if budget.tokens is not None:
        parts.append(f"{max(0, math.ceil(amount.tokens)):,} tokens")
    if budget.usd is not None:
        is_known = amount.usd < math.inf
        parts.append(dollars(max(0.0, amount.usd)) if is_known else "dollars that nobody knows")
    return " and ".join(parts)


def _turn(session: Session, planned: Planned) -> Turn:
    """A turn that is planned, as it would begin."""
    if planned.id in session.turns:
        return session.turns[planned.id]
    number = len(session.rounds)
    begun = TurnStarted(0, 0.0, planned.id, planned.role, number, planned.observed)
    return Turn(begun, 0, Round(RoundStarted(0, 0.0, number, session.schedule), 0), 0)


def _spent(session: Session) -> Amount:
    """What is spent: of what has no price, nobody knows."""
    bill = session.bill
    return Amount(bill.tokens, math.inf if bill.is_partial else bill.usd or 0.0)


def _holds(budget: Budget, amount: Amount) -> bool:
    is_within = budget.tokens is None or amount.tokens <= budget.tokens
    return is_within and (budget.usd is None or amount.usd <= budget.usd + _DUST_USD)


def _left(budget: Budget, spent: Amount) -> Amount:
    return Amount(
        math.inf if budget.tokens is None else budget.tokens - spent.tokens,
        math.inf if budget.usd is None else budget.usd - spent.usd,
    )


def _raised(budget: Budget, amount: Amount) -> Budget:
    usd, most = budget.usd, budget.tokens
    if usd is not None and usd < amount.usd < math.inf:
        # Rounded up, so that it holds: a person reads it.
        usd = math.ceil(amount.usd * 10_000) / 10_000
    if most is not None:
        most = max(most, math.ceil(amount.tokens))
    return Budget(usd=usd, tokens=most)


def _sum(amounts: Iterable[Amount]) -> Amount:
    total = Amount()
    for amount in amounts:
        total = total.plus(amount)
    return total
