"""The Markdown parser, set up for what models write."""

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from brainstorm_tui.text.half_open import HALF_OPEN, install

LONGEST = 50_000
"""Characters in a text beyond which its Markdown is shown as it was written."""

MOST_BRACKETS = 2_000
"""Brackets that are looked into for links: each costs the parser some 50 µs."""
DEEPEST = 40
"""Nesting of tokens beyond which the parser drops text; a list takes two."""


def parse(text: str, *, half_open: bool) -> list[Token] | None:
    """Parse into tokens with their children, or None if it is better shown as it is.

    Args:
        text: Sanitised already.
        half_open: Take what is open at the end as open to the end.
    """
    if is_too_much(text):
        return None
    parser = _parser()
    blocks = parser.parse(text)
    last = next((block for block in reversed(blocks) if block.nesting >= 0), None)
    for block in blocks:
        if block.level >= DEEPEST - 1:
            return None
        if block.type == "inline":
            block.children = []
            env = {HALF_OPEN: half_open and block is last}
            parser.inline.parse(block.content, parser, env, block.children)
    return blocks


def is_too_much(text: str) -> bool:
    """Whether a text is shown as it was written, since it takes too long to parse."""
    return len(text) > LONGEST or text.count("[") > MOST_BRACKETS


def address_of(text: str) -> str:
    """The address that a link with this text would have, as the parser writes addresses."""
    return _parser().normalizeLink(text)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    parser.enable(["strikethrough", "table"])
    # A line of dashes under a line of text is meant as a rule, and a definition far below would
    # change what was read long ago. Inline text is parsed here, block by block.
    parser.disable(["lheading", "reference", "inline", "text_join"])
    install(parser)
    return parser
