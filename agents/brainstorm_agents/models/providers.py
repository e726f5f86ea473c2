"""Whether a model can be asked at all, found out before anything is written that says so."""

from collections.abc import Iterable

from brainstorm_agents.errors import InputError
from brainstorm_agents.models import is_real
from brainstorm_agents.models.keys import OWN_SERVERS, USUAL, provider

# litellm signs in to these as soon as it is asked about them.
_SIGNING_IN = frozenset({"chatgpt", "github_copilot"})

_KNOWN = frozenset(USUAL) | OWN_SERVERS | _SIGNING_IN
"""The providers that need no asking: litellm takes seconds to import."""


def check_providers(models: Iterable[str]) -> None:
    """Refuse models of whose provider litellm has never heard.

    Args:
        models: Their names, as litellm has them; of the mock and recordings nothing is asked.

    Raises:
        InputError: There is one.
    """
    for model in models:
        if is_real(model) and provider(model) not in _KNOWN:
            _ask(model)


def _ask(model: str) -> None:
    from brainstorm_agents.models.litellm import import_litellm
    from brainstorm_agents.models.litellm_errors import explain

    litellm = import_litellm()
    try:
        litellm.get_llm_provider(model)
    except litellm.exceptions.BadRequestError as error:
        problem = str(explain(error, model))
    else:
        return
    raise InputError(problem)
