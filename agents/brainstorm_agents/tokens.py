"""How many tokens a text is, where nobody tells: an estimate, good for pacing and for waves."""

import math

_CHARACTERS_A_TOKEN = 4.0
"""English prose in the usual byte-pair vocabularies: about four characters a token."""

_WIDE_FROM = "\u2e80"
"""From here on (CJK, kana, hangul, emoji) a character is about a token of its own."""


def weigh(text: str) -> float:
    """The estimated tokens of a piece of text, as a fraction: pieces add up to the whole."""
    if text.isascii():
        return len(text) / _CHARACTERS_A_TOKEN
    wide = sum(character >= _WIDE_FROM for character in text)
    return wide + (len(text) - wide) / _CHARACTERS_A_TOKEN


def count(text: str) -> int:
    """The estimated tokens of a text, at least one if there is any text."""
    return math.ceil(weigh(text))
