"""The Markdown of a reply, parsed: what is HTML in it is text."""

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from brainstorm_tui.text.safe import sanitise

LONGEST = 50_000
"""Characters beyond which a text is shown as it was written."""

MOST_BRACKETS = 2_000
"""Brackets that are looked into for links: their cost grows with their square."""

DEEPEST = 40
"""Nesting beyond which the parser would drop text."""


def parse(text: str) -> SyntaxTreeNode | None:
    """The tree of a sanitised text, or None if it is better shown as it is."""
    if len(text) > LONGEST or text.count("[") > MOST_BRACKETS:
        return None
    tokens = _parser().parse(text)
    if any(token.level >= DEEPEST - 1 for token in tokens):
        return None
    return SyntaxTreeNode(tokens)


def content(node: SyntaxTreeNode) -> str:
    """The text of a node. Entities are decoded by the parser, and may hide what was sanitised."""
    return sanitise(node.content)


def inline(node: SyntaxTreeNode) -> str:
    """The same, on one line."""
    return content(node).replace("\n", " ")


def address(node: SyntaxTreeNode) -> str:
    """Where a link or an image points to, percent-encoded."""
    target = node.attrs.get("src" if node.type == "image" else "href", "")
    return sanitise(str(target)).translate(_NOT_IN_ADDRESS)


_NOT_IN_ADDRESS = {ord(mark): f"%{ord(mark):02X}" for mark in ' <>"\\\n`'}


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    parser.enable(["strikethrough", "table"])
    # A line of dashes under a line of text is meant as a rule, and a definition far below would
    # change what is read here.
    return parser.disable(["lheading", "reference"])
