"""What the keys of a theme file mean, and what each may hold."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from brainstorm_themes.document import Entry, Word
from brainstorm_themes.error import ThemeError
from brainstorm_themes.theme import ANSI_NAMES, ROLE_COLOURS, Theme

_KEYS = (*Theme.__struct_fields__, "extends")
_SWITCHES = ("dark", "ansi")
_TINTS = ("focus_tint", "title_tint")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9}", re.ASCII)
_DIGITS = re.compile(r"[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}")
_DESCRIPTION_LIMIT = 120


def build_theme(entries: Mapping[str, Entry], source: str, bases: Mapping[str, Theme]) -> Theme:
    """A theme from the entries of its file; what they leave out comes from a base.

    Args:
        entries: As `read_entries` gives them.
        source: Where they came from, for errors.
        bases: The themes that `extends` may name. Without any, every key has to be there.

    Raises:
        ThemeError: A key is unknown or missing, or its value is not one that it may have.
    """
    for entry in entries.values():
        if entry.key.text not in _KEYS:
            raise entry.key.error(source, f"unknown key {entry.key.shown}; {_nearest_key(entry)}")
    if "name" not in entries:
        raise ThemeError("`name` is missing; write for example `name: my-theme`", source=source)
    given: dict[str, Any] = {}
    for key in _SWITCHES:
        if key in entries:
            given[key] = _switch(_word(entries[key], source), source)
    base = _base(entries, given, source, bases)
    ansi = given.get("ansi", base is not None and base.ansi)
    if base is not None and base.ansi and not ansi:
        problem = f"the theme extends `{base.name}`, whose colours are the terminal's"
        raise entries["ansi"].key.error(source, f"{problem}; write `ansi: true`")
    for key, entry in entries.items():
        if key == "extends" or key in given:
            continue
        if key == "roles":
            given[key] = _roles(entry, source, ansi=ansi)
        else:
            given[key] = _field(key, _word(entry, source), source, ansi=ansi)
    return _completed(given, base, source)


def _completed(given: dict[str, Any], base: Theme | None, source: str) -> Theme:
    if base is not None:
        return msgspec.structs.replace(base, **{"description": "", **given})
    missing = [key for key in Theme.__struct_fields__ if key not in {"description", *given}]
    if missing:
        raise ThemeError(f"`{missing[0]}` is missing; write it out", source=source)
    return Theme(**given)


def _base(
    entries: Mapping[str, Entry],
    given: Mapping[str, bool],
    source: str,
    bases: Mapping[str, Theme],
) -> Theme | None:
    if "extends" in entries:
        word = _word(entries["extends"], source)
        if word.text not in bases:
            problem = f"there is no {word.shown} to extend; write {_either(bases)}"
            raise word.error(source, problem)
        return bases[word.text]
    if given.get("ansi", False):
        return bases.get("ansi")
    return bases.get("dark" if given.get("dark", True) else "light")


def _nearest_key(entry: Entry) -> str:
    near = difflib.get_close_matches(entry.key.text.lower()[:40], _KEYS, n=1)
    return f"did you mean `{near[0]}`?" if near else f"the keys are {', '.join(_KEYS)}"


def _word(entry: Entry, source: str) -> Word:
    if isinstance(entry.value, Word):
        return entry.value
    raise entry.key.error(source, f"{entry.key.shown} takes one value; only `roles` takes a list")


def _switch(word: Word, source: str) -> bool:
    if word.quoted or word.text not in ("true", "false"):
        raise word.error(source, f"{word.shown} is neither; write true or false")
    return word.text == "true"


def _field(key: str, word: Word, source: str, *, ansi: bool) -> str | float:
    if key == "name":
        return _name(word, source)
    if key == "description":
        return _description(word, source)
    if key in _TINTS:
        return _tint(word, source)
    return _colour(word, source, ansi=ansi)


def _name(word: Word, source: str) -> str:
    if _NAME.fullmatch(word.text) is None:
        problem = f"{word.shown} is no name; write up to 48 letters, digits, - and _"
        raise word.error(source, problem)
    return word.text


def _description(word: Word, source: str) -> str:
    if not word.text.isprintable() or len(word.text) > _DESCRIPTION_LIMIT:
        problem = (
            f"a description is one line; write up to {_DESCRIPTION_LIMIT} printable characters"
        )
        raise word.error(source, problem)
    return word.text


def _tint(word: Word, source: str) -> float:
    if _NUMBER.fullmatch(word.text) is None or float(word.text) > 1:
        raise word.error(source, f"{word.shown} is no share; write a number from 0 to 1, like 0.2")
    return float(word.text)


def _roles(entry: Entry, source: str, *, ansi: bool) -> tuple[str, ...]:
    if isinstance(entry.value, Word):
        problem = f"`roles` is a list; write {ROLE_COLOURS} colours, each on a line after a dash"
        raise entry.value.error(source, problem)
    colours = tuple(_colour(word, source, ansi=ansi) for word in entry.value)
    if len(colours) != ROLE_COLOURS:
        problem = f"`roles` has {len(colours)} colours; write {ROLE_COLOURS}"
        raise entry.key.error(source, problem)
    return colours


def _colour(word: Word, source: str, *, ansi: bool) -> str:
    """A colour as a theme holds it: `#RRGGBB`, or a name of the terminal's."""
    text = word.text
    if text.startswith("#") and _DIGITS.fullmatch(text, 1):
        digits = text[1:] if len(text) == 7 else "".join(2 * digit for digit in text[1:])
        return f"#{digits.upper()}"
    if text in ANSI_NAMES:
        if ansi:
            return text
        problem = f"{word.shown} is the terminal's own colour; write `ansi: true` as well"
        raise word.error(source, f'{problem}, or a colour like "#A7B1BD"')
    raise word.error(source, _colour_problem(word))


def _colour_problem(word: Word) -> str:
    if not word.text and not word.quoted:
        return 'there is no colour; write it in quotes, "#A7B1BD": a bare # begins a comment'
    if _DIGITS.fullmatch(word.text):
        return f'{word.shown} lacks its #; write "#{word.text}", in quotes'
    near = difflib.get_close_matches(word.text.lower()[:40], ANSI_NAMES, n=1)
    if near:
        return f"{word.shown} is no colour; did you mean `{near[0]}`?"
    return f'{word.shown} is no colour; write it like "#A7B1BD"'


def _either(bases: Mapping[str, Theme]) -> str:
    return " or ".join(f"`{name}`" for name in bases)
