"""The templates of a language, and which of them a turn gets.

Nothing is remembered between turns: a bank is put in an order that the seed decides, and a turn's
number and its role's place say where in it to look. One role meets no template twice until the bank
is used up; two roles never meet the same one in the same round or in neighbouring rounds. A bank
too small for that in a large cast says so, and the improviser turns to one that all share.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, zip_longest
from math import gcd

from brainstorm_agents.chance import shuffled
from brainstorm_agents.voices.data_files import load

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Seat:
    """Whose turn it is, as far as the choice of a template is concerned."""

    seed: int
    language: str
    number: int
    place: int
    cast_size: int

    @property
    def slot(self) -> int:
        """Neighbours are out of step, so that they use different banks in one round."""
        return self.number + self.place


def template(seat: Seat, *path: str, every: int = 1) -> str | None:
    """The template for this turn, or None if the bank is too small for a cast so large.

    Args:
        seat: Whose turn it is.
        path: Where the bank is in the language's file.
        every: The bank is asked in at most one of so many slots, always the same one. 1: it is
            asked in any, and always finds a template.
    """
    bank = _ordered(seat.seed, seat.language, path)
    size, cast = len(bank), max(seat.cast_size, seat.place + 1)
    # How far apart the counts of two roles can be in neighbouring rounds.
    drift = 1 if every == 1 else -(-cast // every)
    stride = next((step for step in range(cast, size) if gcd(step, size) == 1), 1)
    if drift * stride + cast > size:
        stride = 1
        if every > 1 and seat.place - (-(seat.place + 1) // every) >= size:
            return None
    count = seat.number if every == 1 and stride > 1 else seat.slot // every
    return bank[(count * stride + seat.place) % size]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The template with its slots filled once: what is inserted is never read as a template."""
    return _SLOT.sub(lambda slot: values[slot.group(1)], text)


def quoted(text: str, language: str) -> str:
    """The text in the language's quotation marks."""
    opening, closing = load(language)["quotes"]
    return f"{opening}{text}{closing}"


@lru_cache(maxsize=512)
def _ordered(seed: int, language: str, path: tuple[str, ...]) -> Sequence[str]:
    """A bank in the order of this seed. Moves alternate: neighbours do different things."""
    bank = _bank(language, path)
    if isinstance(bank, Mapping):
        moves = shuffled(sorted(bank), seed, *path)
        columns = zip_longest(*(shuffled(bank[move], seed, *path, move) for move in moves))
        return tuple(text for text in chain.from_iterable(columns) if text)
    return shuffled(bank, seed, *path)


@cache
def _bank(language: str, path: tuple[str, ...]) -> Sequence[str] | Mapping[str, Sequence[str]]:
    bank = load(language)
    for key in path:
        bank = bank[key]
    return bank
