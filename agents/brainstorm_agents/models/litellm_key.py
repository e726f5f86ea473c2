"""The key that a call through litellm is made with, as the rules of `keys` have it."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from brainstorm_agents.errors import ModelError
from brainstorm_agents.models.keys import (
    NO_KEY,
    OWN_SERVERS,
    Access,
    has_address,
    missing,
    provider,
)
from brainstorm_agents.models.model import Request

# These sign in as soon as litellm is asked about them, in a browser, and wait for it.
_SIGNING_IN = ("github_copilot/", "chatgpt/")


class Key(NamedTuple):
    """What a call is made with."""

    sent: str = ""
    """Empty: what litellm finds in the environment."""
    advice: str = ""
    """What to do if the server wants another one; empty where the usual advice will do."""


def key_for(request: Request, reached: Access, litellm: Any) -> Key:
    """The key for a call.

    Args:
        request: The call.
        reached: How its model is reached.
        litellm: The module, which is asked for the providers that only it knows.

    Raises:
        ModelError: There is none, or the server may not have it.
    """
    model, params = request.model, request.params
    if params.get("api_key"):
        return Key()
    is_scenarios = bool(reached.address) and not reached.is_users
    if is_scenarios and provider(model.model) not in OWN_SERVERS:
        raise ModelError(f"{model.model}: it cannot be asked at an address of the scenario's")
    if model.api_key_env:
        if reached.missing:
            raise _unset(model.model, reached.missing)
        return Key(os.environ[model.api_key_env], f"check {model.api_key_env}")
    if is_scenarios:
        return Key(NO_KEY, "let its entry of models name a variable: api_key_env")
    if params.get("mock_response"):
        return Key()
    unset: Sequence[str] | None = missing(model.model)
    if unset is None:
        unset = _missing_to_litellm(litellm, model.model)
    if not unset:
        return Key()
    if not reached.address and not has_address(unset):
        raise _unset(model.model, unset)
    return Key(NO_KEY, f"export {unset[0]}")


def _unset(model: str, variables: Sequence[str]) -> ModelError:
    return ModelError(f"{model}: {variables[0]} is not set; export it, or use --model mock")


def _missing_to_litellm(litellm: Any, model: str) -> Sequence[str]:
    """The variables of which one should hold a key and none does, where litellm is certain."""
    if model.startswith(_SIGNING_IN):
        return ()
    unset: list[str] = litellm.validate_environment(model)["missing_keys"]
    # Where more than a key is missing, there are other ways in: profiles, files, defaults.
    if not unset or not all(name.endswith("_API_KEY") for name in unset):
        return ()
    _, _, found, _ = litellm.get_llm_provider(model)
    return () if found else unset
