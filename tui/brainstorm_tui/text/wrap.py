"""Wrapping of styled text, measured in the cells of a terminal."""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from brainstorm_tui.text.cells import JOINER, cluster_end, clusters, extends


class Span(NamedTuple):
    """A piece of text in one style.

    The styles are "" (plain), "bold", "italic", "bold italic", "code", "heading", "bullet",
    "quote", "strike", "dim" and "link". What they look like is the theme's affair.
    """

    text: str
    style: str = ""


Line = tuple[Span, ...]
"""One row of a pane; an empty tuple is a blank row."""


def wrap(spans: Sequence[Span], width: int, indent: int = 0, hanging: int = 0) -> list[Line]:
    """Break spans into lines of at most `width` cells.

    Lines break at spaces, between ideographs and kana where the East Asian rules allow it, and
    inside a word only if the word alone is wider than a line. A grapheme cluster is never cut:
    in one cell, a wide one stands alone and sticks out. Only spaces at breaks are lost.

    Args:
        spans: The text. A line feed in it always breaks.
        width: Cells in a line, at least 1.
        indent: Blank cells before the first line.
        hanging: Blank cells before the others. Both give way where fewer than two cells remain.
    """
    spans = _whole_clusters(spans)
    if not spans:
        return []
    text = "".join([span.text for span in spans])
    room = max(width, 1)
    indent = max(min(indent, room - 2), 0)
    hanging = max(min(hanging, room - 2), 0)
    ranges: list[tuple[int, int]] = []
    start = 0
    for paragraph in text.split("\n"):
        end = start + len(paragraph)
        if ranges or indent == hanging:
            ranges += _break(paragraph, start, room - hanging)
        else:
            ranges += _break(paragraph, start, room - indent)[:1]
            if rest := text[ranges[0][1] : end].lstrip(_BLANKS):
                ranges += _break(rest, end - len(rest), room - hanging)
        start = end + 1
    lines = _cut(spans, ranges)
    if not indent and not hanging:
        return lines
    margins = (indent, *[hanging] * (len(lines) - 1))
    return [
        (Span(" " * margin), *line) if margin and line else line
        for margin, line in zip(margins, lines, strict=True)
    ]


def chop(text: str, width: int, style: str = "code") -> list[Line]:
    """Break text that is laid out already, such as code: at the width, keeping its indentation.

    The rest of a row that is too long continues under the row's own indentation.
    """
    lines: list[Line] = []
    room = max(width, 1)
    if not text:
        return lines
    for row in text.split("\n"):
        row = row.rstrip(" ")
        if len(row) <= room and not _ANY_CELLS.search(row):
            lines.append((Span(row, style),) if row else ())
            continue
        indent = len(row) - len(row.lstrip(" "))
        margin = " " * indent if indent <= min(room // 2, room - 2) else ""
        line, used = "", 0
        for start, end, cells in clusters(row):
            if used and used + cells > room:
                if line.strip(" "):
                    lines.append((Span(line, style),))
                line, used = margin, len(margin)
            line += row[start:end]
            used += cells
        lines.append((Span(line, style),) if line else ())
    return lines


_NARROW = (  # Latin, Greek, Cyrillic, typographic punctuation, currencies: a cell each
    "\\x21-\\x7e\\xa0-\\xac\\xae-\\u02ff\\u0370-\\u0482\\u048a-\\u052f"
    "\\u2010-\\u2027\\u2030-\\u205e\\u20a0-\\u20bf"
)
_ANY_CELLS = re.compile(f"[^ {_NARROW}]")
_BLANKS = " \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u205f\u3000"

_NEVER_FIRST = frozenset(
    "、。，．・：；？！‼⁇⁈⁉…‥゛゜ー々〻ヽヾゝゞ〜～゠–‐％‰℃’”›»"
    "」』】〕〉》）］｝〙〗〟ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
    "｡｣､･ｰｧｨｩｪｫｬｭｮｯﾞﾟ,.:;!?)]}%"
)
_NEVER_LAST = frozenset("「『（【〔〈《［｛〘〖〝｢‘“‹«￥＄￡([{$£¥€#")


def _break(text: str, offset: int, room: int) -> list[tuple[int, int]]:
    """Where the lines of a paragraph start and stop, counted from `offset`."""
    find = _break_any if _ANY_CELLS.search(text) else _break_narrow
    return find(text, offset, room)


def _break_narrow(text: str, offset: int, room: int) -> list[tuple[int, int]]:
    """Break text of which every character takes one cell."""
    lines: list[tuple[int, int]] = []
    start, end = 0, len(text.rstrip(" "))
    while end - start > room:
        cut = text.rfind(" ", start, start + room + 1)
        if cut >= 0:
            stop = start + len(text[start:cut].rstrip(" "))
        if cut < 0 or stop == start:
            stop = cut = start + room
        if text[start:stop].strip(" "):
            lines.append((offset + start, offset + stop))
        start = cut
        while text[start] == " ":
            start += 1
    lines.append((offset + start, offset + end))
    return lines


def _break_any(text: str, offset: int, room: int) -> list[tuple[int, int]]:
    """Break text that holds wide or composed characters."""
    lines: list[tuple[int, int]] = []
    line_start, used = 0, 0
    # The last place where the line may end, where the next one then starts, the cells up to there.
    stop, resume, spent = 0, 0, 0
    gap: int | None = None
    last, was_wide = "", False

    def end_line(end: int, then: int) -> None:
        nonlocal line_start
        kept = len(text[line_start:end].rstrip(_BLANKS))
        if kept:
            lines.append((offset + line_start, offset + line_start + kept))
        line_start = then

    for start, end, cells, kind in _units(text):
        if kind is _Kind.SPACE:
            gap = start if gap is None else gap
            used += cells
            continue
        first = text[start]
        is_wide = kind is _Kind.IDEOGRAPHS or (
            kind is _Kind.CLUSTER and _is_ideographic(first, cells)
        )
        if gap is None:
            if start and (was_wide or is_wide) and _may_part(last, first):
                stop, resume, spent = start, start, used
        elif gap > line_start and not (first in _NEVER_FIRST and first >= "\u3000"):
            stop, resume, spent = gap, start, used
        gap, was_wide = None, is_wide
        last = first if kind is _Kind.CLUSTER else text[end - 1]
        step = 0 if kind is _Kind.CLUSTER else cells // (end - start)
        # A line takes as many ideographs as fit; anything else moves to the next line whole, and
        # is cut only if it is alone there.
        can_be_cut = kind is _Kind.IDEOGRAPHS and room - used >= step
        if used + cells > room and resume > line_start and not can_be_cut:
            end_line(stop, resume)
            used -= spent
        unbroken = start
        while used + cells > room:
            cut = start + (max(room - used, 0) // step if step else 0)
            if cut == line_start:  # a single cell, and something wide to put into it
                if cells <= 2:
                    break
                cut += 1
            cells -= (cut - start) * step
            end_line(cut, cut)
            start, used = cut, 0
        used += cells
        if kind is _Kind.IDEOGRAPHS and end - unbroken > 1:
            stop, resume, spent = end - 1, end - 1, used - 2
    end_line(len(text), len(text))
    return lines or [(offset, offset)]


class _Kind(Enum):
    SPACE = auto()
    WORD = auto()
    HANGUL = auto()
    IDEOGRAPHS = auto()
    CLUSTER = auto()


def _units(text: str) -> Iterator[tuple[int, int, int, _Kind]]:
    """Split into spaces, narrow words, ideographs and single clusters: start, end, cells, kind."""
    start, length = 0, len(text)
    while start < length:
        kind, end = _Kind.CLUSTER, start
        for candidate, pattern in _RUNS:
            if run := pattern.match(text, start):
                kind, end = candidate, run.end()
                if end < length and extends(text[end]):
                    end -= 1  # the last character belongs to the cluster that follows
                break
        if end > start:
            if kind is _Kind.SPACE:
                cells = cell_len(text[start:end])
            else:
                cells = (end - start) * (1 if kind is _Kind.WORD else 2)
            yield start, end, cells, kind
        else:
            end = cluster_end(text, start)
            single = end == start + 1
            cells = get_character_cell_size(text[start]) if single else cell_len(text[start:end])
            yield start, end, cells, _Kind.CLUSTER
        start = end


_KANA = "".join(
    kana for kana in map(chr, range(0x3041, 0x30FB)) if kana.isalpha() and kana not in _NEVER_FIRST
)
_RUNS = (
    (_Kind.WORD, re.compile(f"[{_NARROW}]+")),
    (_Kind.SPACE, re.compile(f"[{_BLANKS}]+")),
    (_Kind.HANGUL, re.compile("[\\uac00-\\ud7a3]+")),
    (_Kind.IDEOGRAPHS, re.compile(f"[{_KANA}\u3400-\u4dbf\u4e00-\u9fff]+")),
)


def _is_ideographic(character: str, cells: int) -> bool:
    """Whether lines may break beside it: wide and not Hangul, or half-width kana."""
    if cells == 2:
        return not _is_hangul(character)
    return "\uff61" <= character <= "\uff9f"


def _is_hangul(character: str) -> bool:
    return (
        "\uac00" <= character <= "\ud7ff"
        or "\u1100" <= character <= "\u11ff"
        or "\u3131" <= character <= "\u318e"
        or "\ua960" <= character <= "\ua97f"
    )


def _may_part(before: str, after: str) -> bool:
    if before in _NEVER_LAST or after in _NEVER_FIRST:
        return False
    return not (_is_hangul(before) or _is_hangul(after))


def _whole_clusters(spans: Sequence[Span]) -> list[Span]:
    """Give a cluster that lies across two styles to the first, or its cells would not add up."""
    whole: list[Span] = []
    for span in spans:
        text, style = span
        if not text:
            continue
        if whole and (whole[-1].text[-1] == JOINER or extends(text[0])):
            before = whole[-1]
            taken = cluster_end(before.text[-1] + text, 0) - 1
            whole[-1] = Span(before.text + text[:taken], before.style)
            text = text[taken:]
        if text:
            whole.append(Span(text, style))
    return whole


def _cut(spans: Sequence[Span], ranges: Iterable[tuple[int, int]]) -> list[Line]:
    """Cut ascending ranges of the joined text out of the spans."""
    lines: list[Line] = []
    index, begin, end = 0, 0, len(spans[0].text)
    for start, stop in ranges:
        line: list[Span] = []
        while start < stop:
            while end <= start:
                index += 1
                begin, end = end, end + len(spans[index].text)
            upto = min(stop, end)
            text, style = spans[index].text[start - begin : upto - begin], spans[index].style
            if line and line[-1].style == style:
                text = line.pop().text + text
            line.append(Span(text, style))
            start = upto
        lines.append(tuple(line))
    return lines
