"""How long a reply may be: what its params say, or what is taken for granted."""

import math
from collections.abc import Mapping
from typing import Any

from brainstorm_agents import tokens
from brainstorm_agents.cast import Budget
from brainstorm_agents.parameters import MOCK, REPLY_LIMITS, is_real
from brainstorm_agents.session import Session

MAX_TOKENS = 1_024
"""What a reply may say where its `params` set no limit; with a budget it is sent along."""

MOCK_TOKENS = 200
"""What the mock says at most in one reply, unless its `tokens` or its `script` say otherwise."""

_NONE = Budget()


def limited(session: Session, name: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The params that a model is asked with: with a budget, a reply always has a limit."""
    if session.budget == _NONE or not is_real(session.scenario.model(name).model):
        return params
    if any(params.get(key) for key in REPLY_LIMITS):
        return params
    return {**params, REPLY_LIMITS[0]: MAX_TOKENS}


def reply_tokens(session: Session, name: str, params: Mapping[str, Any]) -> int:
    """How many tokens a reply of the model called `name` may have."""
    model = session.scenario.model(name).model
    if model == MOCK:
        if limit := params.get("tokens"):
            return math.ceil(float(limit))
        lines = params.get("script") or ()
        counts = [tokens.count(str(line)) for line in lines]
        return max(counts, default=MOCK_TOKENS)
    said = [int(params[key]) for key in REPLY_LIMITS if params.get(key)]
    return max(said, default=MAX_TOKENS)
