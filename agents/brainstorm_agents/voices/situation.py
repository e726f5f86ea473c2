"""What a role knows at the moment it speaks."""

from collections.abc import Sequence
from dataclasses import dataclass

USER = "user"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that the speaker observed and may take up."""

    id: str
    speaker: str
    """A role's name, or "user"."""
    text: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a reply may depend on."""

    scenario: str
    topic: str
    """The user's words: any language, any length, possibly none."""
    role: str
    profile: str
    persona: str
    place: int
    """The role's position in the cast, from 0."""
    cast_size: int
    number: int
    """The number of the role's turn: 0 is an opening."""
    round: int
    heard: Sequence[Heard]
    """What the role observed now. May be lazy and long: indexed, never walked."""
    said: Sequence[str]
    """What the role said before."""
    seed: int
