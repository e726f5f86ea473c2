"""What calls cost, by the table of prices that litellm brings along."""

from brainstorm_agents.models.litellm import import_litellm


def price(model: str, prompt: int, completion: int) -> float | None:
    """What some tokens cost in dollars; None where the table does not have the model.

    Imports litellm, which takes seconds, and asks nobody. Not to be called in an event loop.
    """
    litellm = import_litellm()
    try:
        asked, said = litellm.cost_per_token(
            model=model, prompt_tokens=prompt, completion_tokens=completion
        )
    except Exception:  # What it raises for an unknown model depends on the model and the version.
        return None
    return float(asked + said)
