"""Foreign text made harmless: one spelling of blanks, no control characters, no surprises."""

import re
import unicodedata

CJK = r"\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Han, Hiragana and Katakana, for the inside of a character class."""

_CJK = re.compile(f"[{CJK}]")
_LETTER = re.compile(r"[^\W_]")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean(text: str, most: int) -> str:
    """The first `most` characters without controls, bidirectional marks or surrogates."""
    start = text[:most]
    if start.isascii() and start.isprintable():
        return start
    return "".join(
        character if character == "\n" or unicodedata.category(character) not in _UNSEEN else " "
        for character in start
    )


def is_cjk(text: str) -> bool:
    """Whether the text is mostly written without spaces between its words."""
    wide = len(_CJK.findall(text))
    return wide > 0 and 2 * wide >= len(_LETTER.findall(text))


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return _LETTER.search(text) is not None
