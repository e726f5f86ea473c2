"""Patience: how often a model is asked, how long it may take, and how much it may say."""

import math
import sys

import msgspec

from brainstorm_agents.chance import share
from brainstorm_agents.named_model import NamedModel, Retry, Timeouts
from brainstorm_agents.parameters import MOCK, RECORDED

ENDLESS = sys.maxsize
"""As many attempts as it takes."""

_NEVER = Timeouts(math.inf, math.inf, math.inf)
_AS_RECORDED = Retry(attempts=ENDLESS, base=0.0)

_MOST_DOUBLINGS = 60
"""Beyond any cap, and still a number that a float can hold."""


class Patience(msgspec.Struct, frozen=True):
    """What a model is granted."""

    retry: Retry
    timeouts: Timeouts
    max_reply: float
    """Characters of a reply, its reasoning among them."""


def patience(named: NamedModel) -> Patience:
    """What a model is granted: what the scenario says of it.

    The mock takes as long as its params say and needs no limit, unless it was given one. A
    recording was limited when it was made: it is tried again as often, and after the same waits.
    """
    timeouts, is_recorded = named.timeouts, named.model.startswith(RECORDED)
    is_ours = is_recorded or named.model == MOCK
    return Patience(
        _AS_RECORDED if is_recorded else named.retry,
        _NEVER if is_recorded or (is_ours and timeouts == Timeouts()) else timeouts,
        math.inf if is_ours else named.max_reply,
    )


def backoff(retry: Retry, made: int, *chance: object) -> float:
    """Seconds to wait after so many attempts: exponential backoff with full jitter.

    The method, and why the jitter is full: Marc Brooker, "Exponential Backoff and Jitter", AWS
    Architecture Blog, 2015.

    Args:
        retry: How the scenario wants it.
        made: Attempts that failed, at least 1.
        chance: What the jitter depends on, and on nothing else.
    """
    most = retry.base * 2.0 ** min(made - 1, _MOST_DOUBLINGS)
    return share("retry", *chance) * min(retry.cap, most)
