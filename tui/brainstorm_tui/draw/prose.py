"""What somebody said, as lines of cells: with its Markdown, or word for word."""

from collections.abc import Iterator
from functools import lru_cache

from rich.style import Style
from textual.strip import Strip

from brainstorm_tui.draw.row import Margins, Piece, strip
from brainstorm_tui.look import Look
from brainstorm_tui.text import markdown
from brainstorm_tui.text.safe import sanitise
from brainstorm_tui.text.wrap import Line, Span, wrap


def prose(
    look: Look,
    text: str,
    width: int,
    *,
    ink: str = "text",
    place: int | None = None,
    streaming: bool = False,
    margins: Margins = (0, 0),
) -> Iterator[Strip]:
    """Text with its Markdown. Lines that were drawn before are the same objects again.

    Args:
        ink: The theme's colour for plain words.
        place: Of the speaker in the cast, whose colour marks bullets and code; None for the user.
        streaming: The text is still coming: what is half-open is held back.
    """
    for line in prose_lines(look, text, width, streaming=streaming):
        yield _line(look, line, width, ink, place, margins)


class GrowingProse:
    """The same for a text that is still coming: what does not change any more is drawn once."""

    def __init__(self, look: Look, width: int, place: int, margins: Margins) -> None:
        self._look, self._width, self._place, self._margins = look, width, place, margins
        self._growing = markdown.Growing(width, _signs(look))
        self._ink = ""
        self._drawn: list[tuple[Line, Strip]] = []

    def lines(self, text: str, *, ink: str, streaming: bool) -> list[Strip]:
        """All lines that there are of it by now."""
        if ink != self._ink:
            self._ink, self._drawn = ink, []
        lines = self._growing.layout(text, streaming=streaming)
        both = zip(lines, self._drawn, strict=False)
        same = next((y for y, (line, (known, _)) in enumerate(both) if line is not known), None)
        if same is None:
            same = min(len(lines), len(self._drawn))
        self._drawn[same:] = [
            (line, _line(self._look, line, self._width, ink, self._place, self._margins))
            for line in lines[same:]
        ]
        return [strip for _, strip in self._drawn]


@lru_cache(maxsize=1024)
def _line(
    look: Look, line: Line, width: int, ink: str, place: int | None, margins: Margins
) -> Strip:
    pieces = [Piece(words, prose_style(look, name, ink, place)) for words, name in line]
    return strip(width, look.ink(ink), pieces, (), margins)


def prose_lines(look: Look, text: str, width: int, *, streaming: bool = False) -> list[Line]:
    """The same as spans, whose styles `prose_style` knows."""
    return markdown.layout(text, width, streaming=streaming, symbols=_signs(look))


def _signs(look: Look) -> markdown.Symbols:
    return markdown.Symbols(look.symbols.bullet, look.symbols.quote, look.symbols.rule)


def prose_style(look: Look, name: str, ink: str, place: int | None) -> Style:
    """The style of a span of Markdown."""
    if name in ("bullet", "code") and place is not None:
        return look.role(place)
    if name in ("dim", "quote"):
        return look.ink("dim")
    return look.ink(
        ink,
        bold="bold" in name or name == "heading",
        italic="italic" in name,
        strike=name == "strike",
        underline=name == "link",
    )


def plain(
    look: Look,
    text: str,
    width: int,
    *,
    ink: str = "text",
    strike: bool = False,
    indent: int = 0,
    margins: Margins = (0, 0),
) -> Iterator[Strip]:
    """Text word for word, wrapped."""
    style = look.ink(ink, strike=strike)
    for paragraph in sanitise(text).split("\n"):
        for line in wrap([Span(paragraph, "")], width, indent, indent):
            pieces = [Piece(span.text, style) for span in line]
            yield strip(width, look.ink(ink), pieces, (), margins)
