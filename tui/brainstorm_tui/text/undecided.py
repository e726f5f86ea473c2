"""The end of a text that is still being written: what it will be, nobody can say yet."""

import re


def hold_back(text: str) -> str:
    """Cut what is undecided off the end: a bare marker, half a link, half an emoji.

    It comes back with the characters that decide it, or when the message is settled.
    """
    start = text.rfind("\n") + 1
    line = text[start:]
    if _UNDECIDED_LINE.fullmatch(line):
        line = ""
    elif link := _UNDECIDED_LINK.search(line, max(len(line) - _LONGEST_LINK, 0)):
        line = line[: link.start()]
    line = line.rstrip(_UNDECIDED_END)
    if (len(line) - len(line.rstrip(_FLAG_HALVES))) % 2:
        line = line[:-1]
    return _without_table_head(text[:start] + line)


# Quotes, bullets, numbers, headings, fences, rules, the rulers of tables, emphasis to begin.
_MARKERS = r"[\s>\-+*_#`~=|:\[\\]*"
_UNDECIDED_LINE = re.compile(rf"{_MARKERS}(?:\d{{1,3}}[.)]?{_MARKERS})?")
_LONGEST_LINK = 500
_UNDECIDED_LINK = re.compile(
    r"(?<!\\)!?\[[^\[\]]{0,80}(?:\](?:\([^()\s]{0,400})?)?$|<[a-zA-Z][a-zA-Z+.-]{1,31}:[^\s<>]*$"
)
_UNDECIDED_END = "*_~`\\\u200d\ufe0e\ufe0f" + "".join(map(chr, range(0xE0020, 0xE0080)))
_FLAG_HALVES = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def _without_table_head(text: str) -> str:
    """Leave out the first row of a table until the row under it says that it is one."""
    if text.endswith("\n\n"):
        return text
    above, _, last = text.rstrip("\n").rpartition("\n")
    if _is_row(last) and not _is_row(above.rpartition("\n")[2]):
        return above
    return text


def _is_row(line: str) -> bool:
    return line.lstrip().startswith("|")
