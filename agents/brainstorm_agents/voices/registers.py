"""A role's register: the manner in which it talks, inferred from what the scenario says of it."""

import re
from collections.abc import Sequence
from functools import lru_cache

from brainstorm_agents.chance import draw
from brainstorm_agents.voices.data_files import load

_READ = 400
"""Characters of a profile or a persona that are looked at."""


def register_of(profile: str, persona: str, *, place: int, seed: int) -> str:
    """The register of a role; one that says nothing of itself gets another than its neighbours."""
    told = _told(profile[:_READ], persona[:_READ])
    names = told or tuple(load("registers"))
    return names[(draw(seed, "register") + place) % len(names)]


@lru_cache(maxsize=1024)
def _told(profile: str, persona: str) -> Sequence[str]:
    """The registers that the words speak for most. What a role is weighs more than how it is."""
    scores = {
        name: 3 * _matches(profile, keys.split()) + _matches(persona, keys.split())
        for name, keys in load("registers").items()
    }
    best = max(scores.values())
    return tuple(name for name, score in scores.items() if score == best) if best else ()


def _matches(text: str, keys: Sequence[str]) -> int:
    words = re.findall(r"[\w-]+", text.casefold())
    spaced = tuple(key for key in keys if key < "\u2e80")
    count: int = sum(word.startswith(spaced) for word in words)
    return count + sum(key in text for key in keys if key >= "\u2e80")
