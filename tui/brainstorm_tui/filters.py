"""The last line of defence: nothing that a terminal would obey leaves the screen's cells."""

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_obeyed = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


class Harmless(LineFilter):
    """Replaces control, bidirectional and zero-width characters, and drops hyperlinks.

    Text is sanitised where it enters the view; this stops what got past.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, harmless."""
        return [_harmless(segment) for segment in segments]


def _harmless(segment: Segment) -> Segment:
    text, style, control = segment
    has_link = style is not None and style.link is not None
    if not has_link and text.isascii() and text.isprintable():
        return segment
    if style is not None and has_link:
        style = style.update_link(None)
    return Segment(_obeyed.sub("\ufffd", text), style, control)
