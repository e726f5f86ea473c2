"""Keys: which variable holds one, who may be sent it, and which are missing.

A scenario may come from a stranger. It may name a server, and it may name a variable; so that it
cannot have the one sent to the other, these rules hold:

- A server that the scenario names gets no key but that of the scenario's `api_key_env`.
- It gets that one if it is on this computer, or if the user has named the variable.
- The server that the user names (`api_base`) gets what the provider would get.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from brainstorm_agents import models_section, parameters
from brainstorm_agents.cast import Scenario
from brainstorm_agents.errors import InputError
from brainstorm_agents.forbidden import ADDRESSES
from brainstorm_agents.models import is_real
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.strict_yaml import from_data

NO_KEY = "none"
"""Sent where there is no key and the server is not the provider's: most such want none."""

USUAL = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
    "baseten": ("BASETEN_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "dashscope": ("DASHSCOPE_API_KEY",),
    "deepinfra": ("DEEPINFRA_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks_ai": (
        "FIREWORKS_AI_API_KEY",
        "FIREWORKS_API_KEY",
        "FIREWORKSAI_API_KEY",
        "FIREWORKS_AI_TOKEN",
    ),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "huggingface": ("HF_TOKEN", "HUGGINGFACE_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "nebius": ("NEBIUS_API_KEY",),
    "novita": ("NOVITA_API_KEY",),
    "nvidia_nim": ("NVIDIA_NIM_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY", "OR_API_KEY"),
    "perplexity": ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
    "together_ai": (
        "TOGETHERAI_API_KEY",
        "TOGETHER_API_KEY",
        "TOGETHER_AI_API_KEY",
        "TOGETHER_AI_TOKEN",
    ),
    "xai": ("XAI_API_KEY",),
}
"""The variables in which a provider's key may be, the usual one first; so litellm reads them.

Providers with more ways in (profiles, files, a signing in) are not here: litellm is asked for them.
"""

OWN_SERVERS = frozenset(USUAL) | {
    "azure",
    "custom_openai",
    "hosted_vllm",
    "litellm_proxy",
    "llamafile",
    "lm_studio",
    "ollama",
    "ollama_chat",
    "text-completion-openai",
}
"""The providers whose protocol a scenario's own server may speak: with a key given they send that
one and no other. Some others would sign in with what is on this computer, whoever asks."""

_BARE = {"gpt-": "openai", "o1": "openai", "o3": "openai", "o4": "openai", "claude-": "anthropic"}
"""How names begin that litellm knows without their provider."""

_NAMES_SHOWN = 6


class Access(NamedTuple):
    """How a model is reached."""

    address: str = ""
    """The server; empty for the provider's own."""
    is_users: bool = False
    """Whether it is the user who has named the address."""
    variables: tuple[str, ...] = ()
    """Of these one has to hold the key; none if none is needed, or if only litellm knows."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables, if none of them is set."""
        return () if _first_set(self.variables) else self.variables


def access(model: NamedModel, params: Mapping[str, Any], api_base: str | None = None) -> Access:
    """How a model is reached with these params.

    Args:
        model: A real one.
        params: What it is asked with.
        api_base: The address that the user has named, if any.
    """
    own = next((str(params[name]) for name in ADDRESSES if params.get(name)), model.api_base)
    address = api_base or own
    if model.api_key_env:
        return Access(address, bool(api_base), (model.api_key_env,))
    if address or params.get("mock_response"):
        return Access(address, bool(api_base))
    usual = USUAL.get(provider(model.model), ())
    return Access(variables=() if has_address(usual) else usual)


def missing(model: str) -> tuple[str, ...] | None:
    """The usual variables for a model's key, if none of them is set; None if only litellm knows."""
    usual = USUAL.get(provider(model))
    return Access(variables=usual).missing if usual else None


def has_address(variables: Iterable[str]) -> bool:
    """Whether the environment names a server of the user's own beside where these keys would be."""
    stems = {variable.removesuffix("_API_KEY") for variable in variables}
    others = [stem + end for stem in stems for end in ("_API_BASE", "_BASE_URL")]
    return any(map(os.environ.get, [*others, "USE_LITELLM_PROXY"]))


def provider(model: str) -> str:
    """What litellm calls the provider of a model; empty if only litellm can tell."""
    name, slash, _ = model.partition("/")
    if slash:
        return name
    return next((known for start, known in _BARE.items() if model.startswith(start)), "")


def check(scenario: Scenario, api_base: str | None = None, allowed: Collection[str] = ()) -> None:
    """Refuse to start a session some of whose models could not be asked, or should not.

    Args:
        scenario: Whose models; their fallbacks among them.
        api_base: The address that the user has named, if any.
        allowed: The variables whose keys the user lets the scenario send where it likes.

    Raises:
        InputError: A key is missing, cannot be one, or would go to somebody who may not have it.
    """
    unset: dict[str, dict[str, None]] = {}
    askers: dict[str, list[str]] = {}
    for name, model, params, role in _asked(scenario):
        _vet(name, model, params)
        found = access(model, params, api_base)
        if found.address and not found.is_users:
            _check_own_server(name, model, found, allowed)
        if found.missing:
            unset.setdefault(found.missing[0], {})[model.model] = None
            askers.setdefault(found.missing[0], []).append(role)
        elif not found.address or found.is_users or found.variables:
            _check_sendable(found.variables or USUAL.get(provider(model.model), ()))
    if unset:
        raise InputError(
            "\n".join(
                f"{variable} is not set, and {_listed(models)} need{'s' * (len(models) == 1)} it"
                f" for {_listed(dict.fromkeys(askers[variable]))}"
                for variable, models in unset.items()
            )
            + f"; export {'it' if len(unset) == 1 else 'them'}, or use --model mock"
        )


def _asked(scenario: Scenario) -> Iterator[tuple[str, NamedModel, Mapping[str, Any], str]]:
    """Every real model that a role may ask: its name, itself, the params, the role."""
    for role in scenario.roles:
        for name in scenario.models_in_turn(role.model):
            model = scenario.model(name)
            if is_real(model.model):
                params = role.params if name == role.model else model.params
                yield name, model, params, role.name


def _vet(name: str, model: NamedModel, params: Mapping[str, Any]) -> None:
    """Hold a model against the rules for files once more: it may come from a stranger's log."""
    source = f"the model {name!r}"
    for key, value in params.items():
        parameters.checked(key, from_data(value, source), model.model)
    if model.api_base:
        models_section.api_base(from_data(model.api_base, source))
    if model.api_key_env:
        models_section.api_key_env(from_data(model.api_key_env, source))


def _check_own_server(
    name: str, model: NamedModel, found: Access, allowed: Collection[str]
) -> None:
    if provider(model.model) not in OWN_SERVERS:
        raise InputError(
            f"the model {name!r} does not go with an address of the scenario's,"
            f" {found.address}: write openai/… for a server that speaks OpenAI's protocol, or name"
            " the address yourself with --api-base"
        )
    for variable in found.variables:
        if variable not in allowed and not _is_on_this_computer(found.address):
            raise InputError(
                f"the scenario would send the key in {variable} to {found.address}; if you trust"
                f" both of them, add --allow-key {variable}"
            )


def _check_sendable(variables: Iterable[str]) -> None:
    """Refuse a key that no header takes. It is not quoted: all but a letter of it may be right."""
    variable = _first_set(variables)
    key = os.environ.get(variable, "")
    if key != key.rstrip("\r\n"):
        problem = "a line end at its end"
    elif key != key.strip():
        problem = "white space around it"
    elif not (key.isascii() and key.isprintable()):
        problem = "a character that no key has"
    else:
        return
    raise InputError(f"{variable} has {problem}; export it anew")


def _first_set(variables: Iterable[str]) -> str:
    """The first of these variables that is set; empty if none is."""
    return next(filter(os.environ.get, variables), "")


def _is_on_this_computer(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _NAMES_SHOWN} more" if len(listed) > _NAMES_SHOWN else ""
    return ", ".join(listed[:_NAMES_SHOWN]) + more
