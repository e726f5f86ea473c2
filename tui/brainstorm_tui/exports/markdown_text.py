"""A reply's Markdown, written again so that it is harmless inside a larger document.

What was emphasis, list, table or code stays so. Everything else is text: every mark that could
open something is escaped, so HTML does not pass, and nothing reaches beyond its reply.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from markdown_it.tree import SyntaxTreeNode

from brainstorm_tui.exports import markup
from brainstorm_tui.text.safe import one_line, sanitise

HEADING_SHIFT = 3
"""Levels by which a reply's headings go down: above them are the title, the round, the turn."""


def harmless(text: str) -> str:
    """The Markdown of a reply, without a newline at its end."""
    safe = sanitise(text).strip("\n")
    tree = markup.parse(safe)
    lines = _fence(safe, "") if tree is None else _blocks(tree.children)
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text in one line in which no Markdown is left."""
    return _escape(one_line(text), at_start=True)


def cell(text: str) -> str:
    """The same for a cell of a table."""
    return escaped(text) or " "


_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
# Hosts make links of bare addresses, and take in the marks behind them: a backtick, say.
_ADDRESSES = re.compile(r"://|(?<=www)\.", re.IGNORECASE)
_STARTS = re.compile(r"^(?:([-+=:])|(\d{1,9})([.)]))")


def _escape(text: str, *, at_start: bool) -> str:
    text = _MARKS.sub(r"\\\1", text.lstrip(" ") if at_start else text)
    text = _ADDRESSES.sub(r"\\\g<0>", text)
    return _STARTS.sub(_escape_start, text) if at_start else text


def _escape_start(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> list[str]:
    lines: list[str] = []
    before: SyntaxTreeNode | None = None
    for node in nodes:
        block = _block(node)
        if not block:
            continue
        if before is not None and not _follows_closely(before, node):
            lines.append("")
        lines += block
        before = node
    return lines


def _follows_closely(before: SyntaxTreeNode, node: SyntaxTreeNode) -> bool:
    """Whether a list belongs to the line above it: a blank line would spread its items."""
    is_list = node.type in ("bullet_list", "ordered_list")
    return is_list and before.type == "paragraph" and before.hidden


def _block(node: SyntaxTreeNode) -> list[str]:
    match node.type:
        case "paragraph":
            return _inline_lines(node)
        case "heading":
            level = min(6, int(node.tag[1]) + HEADING_SHIFT)
            return [f"{'#' * level} {' '.join(_inline_lines(node))}".rstrip()]
        case "bullet_list":
            return _list(node, lambda place: node.markup)
        case "ordered_list":
            start = int(str(node.attrs.get("start", 1)))
            return _list(node, lambda place: f"{start + place}{node.markup}")
        case "blockquote":
            return [f"> {line}".rstrip() for line in _blocks(node.children)]
        case "fence" | "code_block":
            return _fence(markup.content(node).rstrip("\n"), node.info)
        case "hr":
            return ["___"]
        case "table":
            return _table(node)
    return _blocks(node.children)


def _list(node: SyntaxTreeNode, mark: Callable[[int], str]) -> list[str]:
    lines: list[str] = []
    for place, item in enumerate(node.children):
        margin = f"{mark(place)} "
        inner = _blocks(item.children) or [""]
        if place and not _is_tight(node):
            lines.append("")
        lines.append((margin + inner[0]).rstrip())
        lines += [" " * len(margin) + line if line else "" for line in inner[1:]]
    return lines


def _is_tight(node: SyntaxTreeNode) -> bool:
    paragraphs = [
        part for item in node.children for part in item.children if part.type == "paragraph"
    ]
    return all(paragraph.hidden for paragraph in paragraphs)


def _fence(code: str, info: str) -> list[str]:
    runs = (len(run) for run in re.findall("`{3,}", code))
    marks = "`" * (max(runs, default=2) + 1)
    found = re.match(r"[\w+#.-]{1,30}$", info.strip())
    return [f"{marks}{found[0] if found else ''}", *code.split("\n"), marks]


def _table(node: SyntaxTreeNode) -> list[str]:
    rows = [row for part in node.children for row in part.children]
    lines = [_row(_in_table(cell) for cell in row.children) for row in rows]
    sides = [_SIDES.get(str(cell.attrs.get("style", "")), "---") for cell in rows[0].children]
    return [lines[0], _row(sides), *lines[1:]]


_SIDES = {"text-align:left": ":--", "text-align:center": ":-:", "text-align:right": "--:"}


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _in_table(node: SyntaxTreeNode) -> str:
    text = " ".join(_inline_lines(node))
    # A bar in code is the only one that is not escaped yet.
    return re.sub(r"(?<!\\)\|", r"\\|", text) or " "


def _inline_lines(node: SyntaxTreeNode) -> list[str]:
    pieces = _Line()
    for child in node.children:
        _inline(child, pieces)
    return [line for line in "".join(pieces).split("\n") if line.strip()]


class _Line(list[str]):
    """Pieces of inline Markdown."""

    @property
    def is_start(self) -> bool:
        """Whether a line begins."""
        return not self or self[-1].endswith("\n")

    def open_bracket(self) -> None:
        """Begin a link; an exclamation mark before it would make it an image."""
        if self and self[-1].endswith("!"):
            self[-1] = f"{self[-1][:-1]}\\!"
        self.append("[")


def _inline(node: SyntaxTreeNode, pieces: _Line) -> None:
    match node.type:
        case "text":
            if text := _escape(markup.inline(node), at_start=pieces.is_start):
                pieces.append(text)
        case "softbreak":
            pieces.append("\n")
        case "hardbreak":
            pieces.append("\\\n")
        case "code_inline":
            pieces.append(_code(markup.inline(node)))
        case "em" | "strong" | "s":
            pieces.append(node.markup)
            _inside(node, pieces)
            pieces.append(node.markup)
        case "link":
            pieces.open_bracket()
            _inside(node, pieces)
            pieces.append(f"](<{markup.address(node)}>)")
        case "image":
            # An image would be fetched by whoever reads the document.
            pieces.open_bracket()
            pieces.append(f"image {escaped(node.content)}](<{markup.address(node)}>)")
        case _:
            _inside(node, pieces)


def _inside(node: SyntaxTreeNode, pieces: _Line) -> None:
    for child in node.children:
        _inline(child, pieces)


def _code(text: str) -> str:
    marks = "`"
    while marks in text:
        marks += "`"
    pad = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return f"{marks}{pad}{text}{pad}{marks}"
