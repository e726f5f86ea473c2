"""A column beside the panes: a title on the bar, and lines inside margins."""

from collections.abc import Sequence

from textual.strip import Strip

from brainstorm_tui.draw.row import Group, Piece, strip, width_of
from brainstorm_tui.look import Look

NARROW = 24
"""Below this width a column has margins of one cell, above it of two."""


class Column:
    """Makes strips of one width."""

    def __init__(self, look: Look, width: int) -> None:
        self.width = width
        self._margin = 2 if width >= NARROW else 1
        self.inner = max(1, width - 2 * self._margin)
        """Cells between the margins."""
        self._ground = look.ink("text")
        self._bar = look.ink("older", "bar", bold=True)

    def title(self, *pieces: Piece | str) -> Strip:
        """The first line; words without a style are in the bar's own."""
        styled = [Piece(one, self._bar) if isinstance(one, str) else one for one in pieces]
        return strip(self.width, self._bar, [Piece(" ", self._bar), *styled])

    def blank(self) -> Strip:
        """An empty line."""
        return Strip.blank(self.width, self._ground)

    def line(self, left: Group, right: Group = ()) -> Strip:
        """A line; where both do not fit the left gives way."""
        margin = Piece(" " * self._margin, self._ground)
        end = [Piece(" ", self._ground), *right, margin] if right else [margin]
        if width_of(end) >= self.width:
            end = []
        return strip(self.width, self._ground, [margin, *left], end)

    def first_fitting(self, variants: Sequence[Group], right: int = 0) -> Group:
        """The first of some ways to say a thing that fits, beside some cells; else the last."""
        room = self.inner - right
        return next((group for group in variants if width_of(group) <= room), variants[-1])
