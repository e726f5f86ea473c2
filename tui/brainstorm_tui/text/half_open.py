"""Markdown that is still being written: markers without their other half must not flash.

`install` teaches the parser to take what is open in the last paragraph as open to its end, and
emphasis to work beside ideographs, where nobody writes spaces.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.emphasis import tokenize as _tokenize_emphasis
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token
from rich.cells import get_character_cell_size

HALF_OPEN = "half_open"
"""The key in the inline parser's environment that, if true, makes it leave nothing open."""


def install(parser: MarkdownIt) -> None:
    """Add the rules for open ends and for emphasis beside ideographs."""
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.ruler.before("backticks", "half_open_code", _half_open_code)
    parser.inline.ruler2.after("balance_pairs", "half_open_emphasis", _half_open_emphasis)


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Tokenise emphasis; beside ideographs, only white space decides what opens and closes.

    By the letter of CommonMark, ``**重点。**后面`` is not bold, and its stars would be shown.
    """
    start, known = state.pos, len(state.delimiters)
    if not _tokenize_emphasis(state, silent):
        return False
    if state.src[start] == "*":
        before = state.src[start - 1 : start]
        after = state.src[state.pos : state.pos + 1]
        if _is_wide(before) or _is_wide(after):
            for delimiter in state.delimiters[known:]:
                delimiter.open = delimiter.open or not (after.isspace() or not after)
                delimiter.close = delimiter.close or not (before.isspace() or not before)
    return True


def _is_wide(character: str) -> bool:
    return bool(character) and get_character_cell_size(character) == 2


def _half_open_code(state: StateInline, silent: bool) -> bool:
    """Take a code span without an end as code to the end."""
    if silent or not state.env.get(HALF_OPEN) or state.src[state.pos] != "`":
        return False
    marker = _TICKS.match(state.src, state.pos)
    assert marker is not None
    start, end = marker.end(), state.posMax
    if start >= end or state.src[start].isspace():
        return False
    if any(ticks[0] == marker[0] for ticks in _TICKS.finditer(state.src, start, end)):
        return False
    token = state.push("code_inline", "code", 0)
    token.content = state.src[start:end].replace("\n", " ")
    state.pos = end
    return True


_TICKS = re.compile("`+")


def _half_open_emphasis(state: StateInline) -> None:
    """Close what is open, innermost first, as if the markers stood at the end."""
    if not state.env.get(HALF_OPEN):
        return
    delimiters = state.delimiters
    openers = [
        opener
        for opener in delimiters
        if opener.open and opener.end < 0 and not _multiplies(opener, state.tokens)
    ]
    for opener in reversed(openers):
        state.push("text", "", 0).content = state.tokens[opener.token].content
        opener.end = len(delimiters)
        last = len(state.tokens) - 1
        delimiters.append(Delimiter(opener.marker, 0, last, end=-1, open=False, close=True))


def _multiplies(star: Delimiter, tokens: list[Token]) -> bool:
    """Whether a star, or each of two, stands between digits: 5*3, 2**10."""
    if star.marker != ord("*") or star.length > 2:
        return False
    is_second = star.length == 2 and star.token and tokens[star.token - 1].content == "*"
    first = star.token - 1 if is_second else star.token
    before = tokens[first - 1].content[-1:] if first else ""
    following = first + star.length
    after = tokens[following].content[:1] if following < len(tokens) else ""
    return before.isdigit() and after.isdigit()
