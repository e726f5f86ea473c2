"""What a role may be called, and the prefix of its messages' ids."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

MAX_NAME_LENGTH = 64

# Printable by Python's account, yet drawn as nothing: two names could look the same.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_RESERVED = " .,|@"


def normal(name: str) -> str:
    """`name` in the one spelling (NFC) that names are kept and compared in."""
    return unicodedata.normalize("NFC", name)


def identity(name: str) -> str:
    """What two names have in common when a reader cannot be expected to tell them apart."""
    return normal(unicodedata.normalize("NFD", name).casefold())


def fault(name: str) -> str:
    """What keeps `name` from being a role's name, or an empty string.

    Names are 1 to 64 printable characters of any alphabet, without space, dot, comma, `|` or `@`.
    """
    if not name:
        return "it is empty"
    if len(name) > MAX_NAME_LENGTH:
        return f"it has {len(name)} characters, more than {MAX_NAME_LENGTH}"
    hidden = unprintable(name)
    if hidden:
        return hidden
    for character in name:
        if character in _RESERVED:
            return "it has a space" if character == " " else f"it has a '{character}'"
    if unicodedata.category(name[0]).startswith("M"):
        return "it starts with a combining mark"
    if identity(name) == "user":
        return "'user' is the person's own name"
    return ""


def unprintable(text: str) -> str:
    """Which character of `text` cannot be seen, in words, or an empty string."""
    for character in text:
        if not character.isprintable() or _INVISIBLE.match(character):
            return f"it has the invisible character U+{ord(character):04X}"
    return ""


def prefixes(names: Iterable[str]) -> dict[str, str]:
    """What the ids of each role's messages start with: `a` in `a0`, `r12.` in `r12.3`.

    The casefolded initial; roles that share one all use their name and a dot. No two ids are ever
    equal, because an initial never holds a dot or, past its first character, a digit.
    """
    initials = {name: _initial(name) for name in names}
    holders = Counter(initials.values())
    return {
        name: initial if holders[initial] == 1 else f"{name}." for name, initial in initials.items()
    }


def _initial(name: str) -> str:
    """The first character as a reader sees it, with its marks, casefolded."""
    spelled = normal(name)
    end = 1
    while end < len(spelled) and unicodedata.category(spelled[end]).startswith("M"):
        end += 1
    return identity(spelled[:end])
