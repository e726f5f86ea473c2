"""A budget in dollars needs prices: models without one are found before a session starts."""

from collections.abc import Mapping

from brainstorm_agents.cast import Scenario
from brainstorm_agents.errors import InputError
from brainstorm_agents.models import is_real, prices
from brainstorm_agents.models.keys import access
from brainstorm_agents.named_model import Facts


def check(scenario: Scenario, described: Mapping[str, Facts], api_base: str | None) -> None:
    """Refuse a budget in dollars where nobody knows what a model costs.

    Where the scenario does not say it, litellm is imported, which takes seconds.

    Args:
        scenario: With its budget.
        described: What is known already.
        api_base: The address that the user has named, if any.

    Raises:
        InputError: Some model has no price.
    """
    if scenario.budget.usd is None:
        return
    unknown: dict[str, None] = {}
    for role in scenario.roles:
        for place, name in enumerate(scenario.models_in_turn(role.model)):
            model = scenario.model(name)
            if not is_real(model.model) or model.price or described.get(name, Facts()).price:
                continue
            params = model.params if place else role.params
            address = access(model, params, api_base).address
            if address or prices.facts(model.model, prices.table()).price is None:
                unknown[scenario.label(name)] = None
    if unknown:
        names = ", ".join(unknown)
        raise InputError(
            f"the budget is in dollars, and nobody knows the price of {names}; give its"
            " entry of models a price, or choose a budget of tokens, as in --budget 20000tok"
        )
