"""Markdown, as models write it, as rows of a pane.

Nothing in it is active: links are text, HTML is text, and all of it is sanitised.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from brainstorm_tui.text.safe import one_line, sanitise
from brainstorm_tui.text.table import Side, lay_out_table
from brainstorm_tui.text.undecided import hold_back
from brainstorm_tui.text.wrap import Line, Span, chop, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Symbols:
    """What is drawn for marks of Markdown, each one cell wide."""

    bullet: str
    quote: str
    rule: str


UNICODE = Symbols("•", "▏", "─")
ASCII = Symbols("*", "|", "-")


def layout(
    text: str, width: int, *, streaming: bool = False, symbols: Symbols = UNICODE
) -> list[Line]:
    """Draw a message in lines of at most `width` cells.

    Args:
        text: What a model or a person wrote; it need not be sanitised.
        width: Cells in a line, at least 1.
        streaming: More is to come. Markers whose other half is missing are not shown: what is
            open counts as open to the end, and what is undecided waits.
        symbols: What to draw bullets, quotes and rules with.
    """
    # Imported with the first text: the first frame has none, and does not wait for the parser.
    from brainstorm_tui.text.parse import parse

    if streaming:
        text = hold_back(text)
    text = sanitise(text)
    blocks = parse(text, half_open=streaming)
    if blocks is None:
        return wrap([Span(text.strip("\n"))], width)
    page = _Page(width, symbols)
    page.fill(blocks)
    return page.lines()


class Growing:
    """Draws a message that is still coming, again and again.

    Its lines are those of `layout`. What is above its last block does not change any more, so it is
    laid out once only: those lines are the same objects every time.
    """

    def __init__(self, width: int, symbols: Symbols = UNICODE) -> None:
        self._width, self._symbols = width, symbols
        self._above = ""
        """The text above the last block."""
        self._page = _Page(width, symbols)
        """What is laid out of it."""

    def layout(self, text: str, *, streaming: bool = True) -> list[Line]:
        """Draw what there is of the message by now; once it is whole, without `streaming`."""
        from brainstorm_tui.text.parse import is_too_much, parse

        known = sanitise(hold_back(text) if streaming else text)
        if not known.startswith(self._above):
            # It begins anew, or what was held back is longer than it was.
            self._above, self._page = "", _Page(self._width, self._symbols)
        rest = known[len(self._above) :]
        blocks = None if is_too_much(known) else parse(rest, half_open=streaming)
        if blocks is None:
            return layout(text, self._width, streaming=streaming, symbols=self._symbols)
        last = max((at for at, block in enumerate(blocks) if _is_top(block)), default=0)
        if last:
            start = (blocks[last].map or [0])[0]
            self._page.fill(blocks[:last])
            self._above = known.removesuffix(rest.split("\n", start)[start])
        page = self._page.twin()
        page.fill(blocks[last:])
        return page.lines()


def _is_top(block: "Token") -> bool:
    return block.level == 0 and block.nesting >= 0


def plain(text: str) -> str:
    """The text without its Markdown, for a clipboard; lines and lists stay."""
    rows = layout(text, _UNBROKEN, symbols=Symbols("-", ">", "-"))
    return "\n".join("".join(span.text for span in row) for row in rows)


def preview(text: str) -> str:
    """The first words on one line, without Markdown; for the caller to cut to its room."""
    rows = layout(
        text[:_PREVIEWED], _UNBROKEN, streaming=len(text) > _PREVIEWED, symbols=Symbols("", "", "")
    )
    return one_line("".join(span.text for row in rows for span in (*row, Span("\n"))))


_UNBROKEN = 1_000_000
_PREVIEWED = 600


@dataclass(slots=True)
class _Margin:
    """What a list item or a quote puts before its lines."""

    first: Span | None
    """Before the first line; None once that is drawn."""
    rest: Span


# What a block follows without a blank line: nothing, its heading, its own bullet.
_OPENINGS = frozenset({"", "heading", "margin"})
_LIST_FOLLOWS = frozenset({*_OPENINGS, "paragraph", "list"})


class _Page:
    """Lines under construction, with the margins of the blocks that are open."""

    def __init__(self, width: int, symbols: Symbols) -> None:
        self._width = max(width, 1)
        self._symbols = symbols
        self._lines: list[Line] = []
        self._margins: list[_Margin] = []
        self._previous = ""

    def twin(self) -> "_Page":
        """A page that is the same now, between two blocks, and is filled by itself from here on."""
        twin = _Page(self._width, self._symbols)
        twin._lines, twin._previous = self._lines[:], self._previous
        return twin

    def lines(self) -> list[Line]:
        """All lines up to the last that is not empty."""
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        return self._lines

    def fill(self, blocks: Sequence["Token"]) -> None:
        """Draw blocks under those that are there."""
        style = ""
        table: list[Token] | None = None
        for block in blocks:
            if block.type == "table_open":
                table = []
            elif block.type == "table_close":
                self._draw_table(table or [])
                table = None
            elif table is not None:
                table.append(block)
            elif block.type == "heading_open":
                style = "heading"
            elif block.type == "heading_close":
                style = ""
            elif block.type == "inline":
                spans = _spans(block.children or [], style)
                self._draw(style or "paragraph", wrap(spans, self._room()))
            else:
                self._draw_block(block)

    def _draw_block(self, block: "Token") -> None:
        match block.type:
            case "fence" | "code_block":
                self._draw("code", chop(sanitise(block.content).strip("\n"), self._room()))
            case "hr":
                rule = self._symbols.rule * min(self._room(), _RULE)
                self._draw("rule", [(Span(rule, "dim"),)])
            case "bullet_list_open" | "ordered_list_open":
                if self._previous not in _LIST_FOLLOWS:
                    self._skip_line()
            case "list_item_open":
                mark = f"{block.info}{block.markup}" if block.info else self._symbols.bullet
                rest = Span(" " * (cell_len(mark) + 1))
                self._open(_Margin(Span(f"{mark} ", "bullet"), rest))
            case "list_item_close":
                if self._margins[-1].first:
                    self._put([()])
                self._close("list")
            case "blockquote_open":
                if self._previous not in _OPENINGS:
                    self._skip_line()
                self._open(_Margin(None, Span(f"{self._symbols.quote} ", "quote")))
            case "blockquote_close":
                self._close("quote")

    def _draw_table(self, tokens: Sequence["Token"]) -> None:
        rows: list[list[list[Span]]] = []
        sides: list[Side] = []
        style = "bold"
        for token in tokens:
            match token.type:
                case "tr_open":
                    rows.append([])
                case "th_open":
                    sides.append(_SIDES.get(str(token.attrs.get("style")), "left"))
                case "tbody_open":
                    style = ""
                case "inline":
                    spans = _spans(token.children or [], style)
                    rows[-1].append([Span(text.replace("\n", " "), s) for text, s in spans])
        room = self._room()
        self._draw("table", lay_out_table(rows, sides, room, self._symbols.rule))

    def _open(self, margin: _Margin) -> None:
        self._margins.append(margin)
        self._previous = "margin"

    def _close(self, kind: str) -> None:
        self._margins.pop()
        self._previous = kind

    def _draw(self, kind: str, lines: Sequence[Line]) -> None:
        if not lines:
            return
        if self._previous not in _OPENINGS:
            self._skip_line()
        self._put(lines)
        self._previous = kind

    def _skip_line(self) -> None:
        self._lines.append(_trimmed([margin.rest for margin in self._shown_margins()]))

    def _put(self, lines: Sequence[Line]) -> None:
        margins = self._shown_margins()
        head = [margin.first or margin.rest for margin in margins]
        rest = [margin.rest for margin in margins]
        for margin in self._margins:
            margin.first = None
        for line in lines:
            self._lines.append((*head, *line) if line else _trimmed(head))
            head = rest

    def _room(self) -> int:
        return self._width - sum(cell_len(margin.rest.text) for margin in self._shown_margins())

    def _shown_margins(self) -> list[_Margin]:
        """The innermost margins that leave half the width to the text."""
        room = self._width // 2
        start = len(self._margins)
        while start and (room := room - cell_len(self._margins[start - 1].rest.text)) >= 0:
            start -= 1
        return self._margins[start:]


_RULE = 8
_SIDES: dict[str, Side] = {"text-align:right": "right", "text-align:center": "center"}


def _trimmed(margins: list[Span]) -> Line:
    """A line that holds nothing but margins, without the blanks at its end."""
    while margins and not margins[-1].text.strip():
        margins = margins[:-1]
    if not margins:
        return ()
    return (*margins[:-1], Span(margins[-1].text.rstrip(), margins[-1].style))


def _spans(tokens: Sequence["Token"], base: str) -> list[Span]:
    """Inline tokens as spans; `base` is the style of what bears no mark."""
    spans: list[Span] = []
    bold = italic = strike = link = link_start = 0
    url = ""
    for token in tokens:
        match token.type:
            case "text" | "text_special":
                if token.content:
                    style = base
                    if link:
                        style = "link"
                    elif strike:
                        style = "strike"
                    elif base != "heading" and (bold or italic):
                        heavy = bold or base == "bold"
                        style = "bold italic" if heavy and italic else "bold" if bold else "italic"
                    spans.append(Span(sanitise(token.content), style))
            case "softbreak" | "hardbreak":
                spans.append(_BREAK)
            case "code_inline":
                spans.append(Span(sanitise(token.content), "code"))
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "s_open" | "s_close":
                strike += token.nesting
            case "link_open":
                link, link_start = 1, len(spans)
                url = one_line(str(token.attrs["href"]))
            case "link_close":
                link = 0
                text = "".join(span.text for span in spans[link_start:])
                if url not in _addresses(text):
                    spans.append(Span(f" ({url})", "dim"))
            case "image":
                alt = _spans(token.children or [], base)
                spans += alt or [Span(one_line(str(token.attrs["src"])), "dim")]
    return spans


_BREAK = Span("\n")


def _addresses(text: str) -> set[str]:
    """The addresses that a reader would take a link's text for."""
    from brainstorm_tui.text.parse import address_of

    address = address_of(text)
    return {"", *(f"{scheme}{address}{end}" for scheme in _SCHEMES for end in ("", "/"))}


_SCHEMES = ("", "http://", "https://", "mailto:")
