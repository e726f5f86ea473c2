"""A reply's Markdown as HTML in which nothing is active: no link, no image, no address fetched."""

from html import escape

from markdown_it.tree import SyntaxTreeNode

from brainstorm_tui.exports import markup
from brainstorm_tui.text.safe import one_line, sanitise


def words(text: str) -> str:
    """One line, safe in HTML: as text, and as the value of an attribute."""
    return escape(one_line(text))


def rendered(text: str) -> str:
    """The HTML of a reply: blocks without attributes, headings as bold lines."""
    safe = sanitise(text).strip("\n")
    tree = markup.parse(safe)
    if tree is None:
        return f"<pre>{escape(safe)}</pre>"
    return "".join(_block(node) for node in tree.children)


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph":
            inner = _inside(node)
            return inner if node.hidden else f"<p>{inner}</p>"
        case "heading":
            return f"<p><strong>{_inside(node)}</strong></p>"
        case "fence" | "code_block":
            return f"<pre>{escape(markup.content(node))}</pre>"
        case "hr":
            return "<hr>"
        case "ordered_list":
            start = int(str(node.attrs.get("start", 1)))
            return f'<ol start="{start}">{_blocks(node)}</ol>'
        case "inline":
            return _inside(node)
    tag = _BLOCKS.get(node.type)
    return f"<{tag}>{_blocks(node)}</{tag}>" if tag else _blocks(node)


_BLOCKS = {
    "bullet_list": "ul",
    "list_item": "li",
    "blockquote": "blockquote",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tr": "tr",
    "th": "th",
    "td": "td",
}
_INLINES = {"em": "em", "strong": "strong", "s": "s"}


def _blocks(node: SyntaxTreeNode) -> str:
    return "".join(_block(child) for child in node.children)


def _inside(node: SyntaxTreeNode) -> str:
    return "".join(_inline(child) for child in node.children)


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return escape(markup.content(node))
        case "softbreak":
            return "\n"
        case "hardbreak":
            return "<br>"
        case "code_inline":
            return f"<code>{escape(markup.content(node))}</code>"
        case "image":
            return f"{words(f'image {node.content}')} {_address(node)}"
        case "link":
            inner, shown = _inside(node), _address(node)
            return inner if inner == escape(markup.address(node)) else f"{inner} {shown}"
    tag = _INLINES.get(node.type)
    return f"<{tag}>{_inside(node)}</{tag}>" if tag else _inside(node)


def _address(node: SyntaxTreeNode) -> str:
    return f"<small>({escape(markup.address(node))})</small>"
