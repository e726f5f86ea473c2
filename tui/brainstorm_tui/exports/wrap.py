"""Lines broken between words, for what does not break them itself."""

import unicodedata
from collections.abc import Iterator


def wrapped(line: str, width: int) -> Iterator[str]:
    """A line's rows, of at most `width` cells; what was indented stays so.

    A word that is longer than a row is cut, and ideographs break anywhere.
    """
    indent = " " * min(len(line) - len(line.lstrip(" ")), width // 2)
    row: list[str] = []
    cells = broken = 0
    for character in line:
        size = _cells(character)
        if size == 2 and not _continues(row, character):
            broken = len(row)
        if cells + size > width:
            # Up to where a word ended, unless that is the indentation.
            cut = broken if broken > len(indent) else len(row)
            yield "".join(row[:cut]).rstrip(" ")
            rest = "".join(row[cut:]).lstrip(" ")
            row, broken = [*indent, *rest], 0
            cells = len(indent) + sum(map(_cells, rest))
        if character == " " and broken == 0 and len(row) == len(indent) and row:
            continue
        row.append(character)
        cells += size
        if character == " ":
            broken = len(row)
    yield "".join(row)


def _continues(row: list[str], character: str) -> bool:
    """Whether a character is part of the picture before it."""
    return bool(row) and (row[-1] == "\u200d" or "\U0001f3fb" <= character <= "\U0001f3ff")


def _cells(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
