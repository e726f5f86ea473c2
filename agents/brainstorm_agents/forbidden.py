"""What no scenario may tell litellm: a key, and where a key goes.

A scenario is copied into every log, and it may come from a stranger.
"""

import math
import re

from brainstorm_agents.redaction import is_secret, looks_like_a_key
from brainstorm_agents.strict_yaml import Node, shown

ADDRESSES = ("api_base", "base_url")
"""The params that are the address of a server."""

_FILLED_IN = "it is filled in for each call"
_IN_MODELS = "a named model has it, under the scenario's 'models'"
_ONE_REPLY = "a turn has one reply, and a budget counts with it"
_IN_TIMEOUTS = "a named model has 'timeouts', under the scenario's 'models'"
_IN_ENVIRONMENT = "it says where a key goes, which is for the environment to say"

_ELSEWHERE = {
    **dict.fromkeys(("model", "messages", "stream", "stream_options"), _FILLED_IN),
    **dict.fromkeys(("fallbacks", "num_retries", "max_retries"), _IN_MODELS),
    **dict.fromkeys(("timeout", "request_timeout", "stream_timeout"), _IN_TIMEOUTS),
    **dict.fromkeys(("n", "best_of"), _ONE_REPLY),
    **dict.fromkeys(
        (
            "model_list",
            "context_window_fallback_dict",
            "custom_llm_provider",
            "callbacks",
            "success_callback",
            "failure_callback",
            "client",
            "region_name",
            "ssl_verify",
        ),
        _IN_ENVIRONMENT,
    ),
}
_where_keys_go = re.compile(
    r"(?:aws|azure|vertex|litellm|langfuse|s3|gcs)_"
    r"|(?:.*_)?(?:base|url|uri|host|hostname|endpoint|proxy|proxies)$"
)
_headers = re.compile(r"(?:.*_)?headers$")

_address = re.compile(r"https?://(?:[\w.-]+|\[[0-9A-Fa-f:]+\])(?::\d+)?(?:/[\w.~%/-]*)?", re.ASCII)

_secret = re.compile(r"api_?key|secret|passw(?:or)?d|credential|authori[sz]ation|cookie")
_NO_SECRETS = ("prompt_cache_key",)
_EXPORT = (
    "remove it, and export it: the provider's variable holds the key, or one that a named model has"
    " as its api_key_env"
)


def refuse(key: str, node: Node) -> None:
    """Refuse a param for litellm that no scenario may set.

    Raises:
        ScenarioError: It is one of ours to fill in, or holds a key, or says where a key goes.
    """
    _refuse_secrets(key, node)
    name = key.lower()
    if key in ADDRESSES:
        if not isinstance(node.value, str) or not is_address(node.value):
            raise node.place.error(
                f"{key} is no plain address",
                "write it without a password and a query, such as http://127.0.0.1:8000/v1",
            )
    elif key in _ELSEWHERE or _where_keys_go.match(name):
        reason = _ELSEWHERE.get(key, _IN_ENVIRONMENT)
        raise node.start.error(f"{shown(key)} is not a param: {reason}", "remove it")
    elif _headers.match(name) and isinstance(node.value, dict):
        for header, value in node.value.items():
            if header.lower() == "host":
                raise value.start.error(f"the header {shown(header)} is not sent", "remove it")


def is_address(text: str) -> bool:
    """Whether a text is the address of a server and nothing else: no password, no query."""
    return bool(_address.fullmatch(text))


def _refuse_secrets(key: str, node: Node) -> None:
    name = key.lower().replace("-", "_")
    if name not in _NO_SECRETS and (_secret.search(name) or is_secret(name)):
        raise node.start.error(
            f"{shown(key)} looks like a secret, and a scenario is copied into every log",
            "remove it, and set the provider's environment variable instead",
        )
    if looks_like_a_key(key):
        raise node.start.error("that looks like a key, and no param is called so", _EXPORT)
    match node.value:
        case dict():
            for name, inner in node.value.items():
                _refuse_secrets(name, inner)
        case tuple():
            for inner in node.value:
                _refuse_secrets("", inner)
        case str() if looks_like_a_key(node.value):
            raise node.place.error(
                "this looks like a key, and a scenario is copied into every log", _EXPORT
            )
        case str() if node.value.startswith("os.environ/"):
            raise node.place.error("the environment is not read from here", "write the value")
        case float() if not math.isfinite(node.value):
            raise node.place.error(f"{shown(key)} is {node}", "write a finite number")
