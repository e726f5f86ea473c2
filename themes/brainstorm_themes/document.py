"""The YAML of a theme: keys with a word or a list of words, and where each of them stands.

A theme needs next to nothing of YAML, so nothing else is let in: no nesting, no anchors, aliases,
merge keys or tags, one document. The parser's events are read one at a time, and the first that
does not belong ends it, so no input can make this recurse or expand.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from brainstorm_themes.error import ThemeError

LIMIT = 64 * 1024
"""Bytes of UTF-8 in the largest theme that is read."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Word(msgspec.Struct, frozen=True):
    """A scalar as it was written, and its place."""

    text: str
    quoted: bool
    line: int
    column: int

    @property
    def shown(self) -> str:
        """The text, short and in quotes, for a message."""
        return repr(self.text if len(self.text) <= 40 else self.text[:39] + "…")

    def error(self, source: str, problem: str) -> ThemeError:
        """A `ThemeError` that points here."""
        return ThemeError(problem, source=source, line=self.line, column=self.column)


class Entry(msgspec.Struct, frozen=True):
    """One `key: value`; the value is a word, or a list of words."""

    key: Word
    value: Word | tuple[Word, ...]


def read_entries(text: str, source: str) -> dict[str, Entry]:
    """Read the YAML of a theme.

    Raises:
        ThemeError: It is too long, is not YAML, or uses more of YAML than a theme needs.
    """
    _check_characters(text, source)
    events = _events(text, source)
    first = next(events)
    if isinstance(first, yaml.StreamEndEvent):
        raise _error(first, source, "the file is empty; write `name: my-theme` to begin with")
    if not isinstance(first, yaml.MappingStartEvent):
        raise _error(first, source, "this is not a theme; write `key: value`, one a line")
    entries: dict[str, Entry] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        entry = Entry(_key(event, source), _value(next(events), events, source))
        earlier = entries.get(entry.key.text)
        if earlier is not None:
            problem = f"{entry.key.shown} is already on line {earlier.key.line}; keep one of them"
            raise entry.key.error(source, problem)
        entries[entry.key.text] = entry
    after = next(events)
    if not isinstance(after, yaml.StreamEndEvent):
        raise _error(after, source, "a second document begins here; keep one theme in a file")
    return entries


def _key(event: yaml.Event, source: str) -> Word:
    if not isinstance(event, yaml.ScalarEvent):
        raise _error(event, source, "a key has to be a word; write `key: value`")
    if event.value == "<<":
        raise _error(event, source, "merge keys (<<) are not read; write `extends: dark` instead")
    return _word(event)


def _value(event: yaml.Event, events: Iterator[yaml.Event], source: str) -> Word | tuple[Word, ...]:
    if isinstance(event, yaml.ScalarEvent):
        return _word(event)
    if not isinstance(event, yaml.SequenceStartEvent):
        raise _error(event, source, "a theme is flat; write one word, or a list for `roles`")
    words: list[Word] = []
    while not isinstance(item := next(events), yaml.SequenceEndEvent):
        if not isinstance(item, yaml.ScalarEvent):
            raise _error(item, source, "a list holds colours only; write one colour an item")
        words.append(_word(item))
    return tuple(words)


def _word(event: yaml.ScalarEvent) -> Word:
    line, column = _place(event.start_mark)
    return Word(text=event.value, quoted=bool(event.style), line=line, column=column)


def _events(text: str, source: str) -> Iterator[yaml.Event]:
    """The parser's events from the first that matters to the end of the stream."""
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            _check_plain(event, source)
            if not isinstance(event, _FRAME):
                yield event
    except yaml.MarkedYAMLError as error:
        line, column = _place(error.problem_mark or error.context_mark)
        raise ThemeError(_explain(error), source=source, line=line, column=column) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # Without its C half, PyYAML lets absurd versions and escapes through to int() and chr().
        raise ThemeError("not YAML; write `key: value`, one a line", source=source) from error


_FRAME = (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)


def _explain(error: yaml.MarkedYAMLError) -> str:
    what = error.problem or error.context
    if error.context_mark is not None and error.context is not None and error.problem is not None:
        what = f"{what} {error.context} that begins on line {error.context_mark.line + 1}"
    return f"not YAML: {what}; write `key: value`, one a line, and colours in quotes"


def _check_plain(event: yaml.Event, source: str) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        problem = "anchors (&) and aliases (*) are not read; write the value out"
        raise _error(event, source, problem)
    if getattr(event, "tag", None) is not None:
        raise _error(event, source, "tags (!) are not read; write the value alone")


def _check_characters(text: str, source: str) -> None:
    # A character is one byte at least: what is too long in characters need not be encoded.
    if len(text) > LIMIT or len(text.encode("utf-8", "surrogatepass")) > LIMIT:
        raise ThemeError(f"too long; a theme has {LIMIT // 1024} KiB at most", source=source)
    wrong = _NOT_YAML.search(text)
    if wrong is not None:
        line, column = place_in(text, wrong.start())
        problem = f"U+{ord(wrong[0]):04X} is no character of a text; remove it"
        raise ThemeError(problem, source=source, line=line, column=column)


def place_in(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character in a text."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _error(event: yaml.Event, source: str, problem: str) -> ThemeError:
    line, column = _place(event.start_mark)
    return ThemeError(problem, source=source, line=line, column=column)
