"""What calls cost: by what the scenario says, else by the table that litellm brings along."""

from brainstorm_agents.models.litellm import import_litellm
from brainstorm_agents.named_model import NamedModel

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
    if model.price is not None:
        return (model.price.input * prompt + model.price.output * completion) / _MILLION
    if address:
        return None
    litellm = import_litellm()
    try:
        asked, said = litellm.cost_per_token(
            model=model.model, prompt_tokens=prompt, completion_tokens=completion
        )
    except Exception:  # What it raises for an unknown model depends on the model and the version.
        return None
    return float(asked + said)
