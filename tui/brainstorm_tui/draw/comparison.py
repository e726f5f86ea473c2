"""Two sessions as two columns: a score in which the same round begins on the same line.

Between the columns runs a spine, whose sign and word say how one side stands to the other.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from brainstorm_agents.session import Round, Session, Turn
from brainstorm_tui.comparison import Comparison, Kind, Part, Row
from brainstorm_tui.draw.comparison_side import body, brief, heading, rule, silence
from brainstorm_tui.draw.prose import plain
from brainstorm_tui.draw.row import Group, Piece, strip
from brainstorm_tui.look import Look
from brainstorm_tui.plain import ended_words

WITH_WORDS = 100
"""From this width on the spine has words beside its signs."""

WIDEST = 96
"""Cells of text in a column: longer lines are hard to read."""

KEPT = 1000
"""How many blocks keep their lines."""

_UNICODE = {Kind.SAME: "=", Kind.DIFFERS: "≠", Kind.SAW: "≠", Kind.ONLY_A: "‹", Kind.ONLY_B: "›"}
_ASCII = _UNICODE | {Kind.DIFFERS: "#", Kind.SAW: "#", Kind.ONLY_A: "<", Kind.ONLY_B: ">"}


def sign(look: Look, kind: Kind) -> str:
    """The sign of a kind, in the look's symbols: one cell."""
    return (_ASCII if look.symbols.arrow.isascii() else _UNICODE)[kind]


class Layout(NamedTuple):
    """The measures of the two columns and of what is around them, in cells."""

    width: int
    margin: int
    """Before the first column."""
    column: int
    """Each column, with an empty cell on either side of its text."""
    spine: int
    """Between them."""
    has_words: bool

    @classmethod
    def of(cls, width: int) -> "Layout":
        """The layout of a width: two equal columns, in the middle if they need not all of it."""
        has_words = width >= WITH_WORDS
        spine = 11 if has_words else 3
        column = max(3, min(WIDEST + 2, (width - spine) // 2))
        rest = max(0, width - spine - 2 * column)
        # An odd cell goes to the spine, so that both columns break their lines alike.
        return cls(width, rest // 2, column, spine + rest % 2, has_words)

    @property
    def inner(self) -> int:
        """Text in a column."""
        return self.column - 2

    def line(self, look: Look, a: Strip | None, b: Strip | None, spine: Group = ()) -> Strip:
        """Both sides on their cards, and what is between them on the ground."""
        card, ground = look.ink("text"), look.ink("dim", "ground")
        blank = Strip.blank(self.inner, card)
        edge = Segment(" ", card)
        joined = Strip(
            [
                Segment(" " * self.margin, ground),
                *(edge, *(a or blank), edge),
                *strip(self.spine, ground, spine),
                *(edge, *(b or blank), edge),
            ]
        )
        return joined.crop_extend(0, self.width, ground)


class Block(NamedTuple):
    """What is drawn in one piece: a row, or what begins a round."""

    round: int
    row: Row | None = None


class Columns:
    """Draws a comparison, block by block; what was drawn is kept.

    Args:
        blocks: Those of the comparison.
        width: Cells.
        is_folded: What is the same takes one line.
    """

    def __init__(
        self,
        look: Look,
        comparison: Comparison,
        blocks: Sequence[Block],
        width: int,
        *,
        is_folded: bool,
    ) -> None:
        self.count = len(blocks) + 1
        """How many there are to draw: behind the last it is said how the sessions ended."""
        self._blocks = blocks
        self._look = look
        self._comparison = comparison
        self._layout = Layout.of(width)
        self._is_folded = is_folded
        self._parting = next(
            (
                at
                for at, block in enumerate(self._blocks)
                if block.row and block.row is comparison.parting
            ),
            None,
        )
        self._kept: OrderedDict[tuple[int, bool], list[Strip]] = OrderedDict()

    def lines(self, index: int, *, is_chosen: bool = False) -> list[Strip]:
        """The lines of a block."""
        key = index, is_chosen
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = list(self._draw(index, is_chosen))
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept

    def blank(self) -> Strip:
        """A line without anything, for what is below the end."""
        return self._line(None, None)

    def _draw(self, index: int, is_chosen: bool) -> Iterator[Strip]:
        if self._is_apart(index):
            yield self._line(None, None, self._parting_above(index))
        if index == len(self._blocks):
            yield from self._end()
            return
        block = self._blocks[index]
        if block.row is None:
            # What follows a rule has no empty line above itself, so the rule speaks for it.
            yield self._rule(block.round, self._parting_above(index + 1))
        elif not self._is_one_line(block):
            yield from self._row(block.row, is_chosen)
        elif is_chosen:
            yield from self._row(block.row, is_chosen)
            yield self._line(None, None)
        else:
            yield self._folded(block.row)

    def _parting_above(self, index: int) -> list[Piece]:
        """What the spine says above the place where they part."""
        if not self._layout.has_words or index != self._parting:
            return []
        return [Piece(" they part", self._look.ink("text", "ground", bold=True))]

    def _is_apart(self, index: int) -> bool:
        """Whether an empty line comes first: not at the top, nor between folded lines."""
        if index == 0:
            return False
        if index == len(self._blocks) or self._blocks[index].row is None:
            return True
        before, block = self._blocks[index - 1], self._blocks[index]
        is_dense = self._is_one_line(before) and self._is_one_line(block)
        return before.row is not None and not is_dense

    def _is_one_line(self, block: Block) -> bool:
        return self._is_folded and block.row is not None and block.row.kind is Kind.SAME

    def _rule(self, number: int, spine: Group) -> Strip:
        """`round 2 ──── 4.1 s             ──── 5.0 s`."""
        look, layout = self._look, self._layout
        a, b = self._rounds(number)
        name = label = "opening" if number == 0 else f"round {number}"
        if self._parting is not None and self._blocks[self._parting].round == number:
            label = name if layout.has_words else f"{name} {look.symbols.dot} they part"
        if a is None and b is None:
            said = rule(look, None, "after the last round", layout.inner)
            return self._line(said, said, spine)
        left = rule(look, a, label if a else f"no {name}", layout.inner)
        right = rule(look, b, ("" if a else label) if b else f"no {name}", layout.inner)
        return self._line(left, right, spine)

    def _rounds(self, number: int) -> tuple[Round | None, Round | None]:
        both = self._comparison.a.rounds, self._comparison.b.rounds
        a, b = (rounds[number] if number < len(rounds) else None for rounds in both)
        return a, b

    def _folded(self, row: Row) -> Strip:
        look, comparison, width = self._look, self._comparison, self._layout.inner
        assert row.a is not None, "what is the same is on both sides"
        assert row.b is not None, "what is the same is on both sides"
        return self._line(
            brief(look, comparison.a, row.a, width, with_words=True),
            brief(look, comparison.b, row.b, width, with_words=False),
            self._spine(row.kind, is_chosen=False),
        )

    def _row(self, row: Row, is_chosen: bool) -> Iterator[Strip]:
        one, other = self._rounds(row.round)
        a = self._head(self._comparison.a, row.a, row, one)
        b = self._head(self._comparison.b, row.b, row, other)
        yield self._line(a, b, self._spine(row.kind, is_chosen))
        for a, b in zip_longest(*self._bodies(row)):
            yield self._line(a, b)

    def _head(
        self, session: Session, part: Part | None, row: Row, round_: Round | None
    ) -> Strip | None:
        if part is not None:
            return heading(self._look, session, part, self._layout.inner)
        has_listened = round_ is not None and isinstance(row.part, Turn)
        return silence(self._look, self._layout.inner) if has_listened else None

    def _bodies(self, row: Row) -> tuple[list[Strip], list[Strip]]:
        """What both have said; what is the same in both, up to where they part, is dimmed."""
        sides = (self._comparison.a, row.a), (self._comparison.b, row.b)
        bright, dim = (
            [
                list(body(self._look, session, part, self._layout.inner, ink)) if part else []
                for session, part in sides
            ]
            for ink in ("text", "dim")
        )
        before, behind = _shared(*bright)
        a, b = (
            [*dark[:before], *lit[before : len(lit) - behind], *dark[len(dark) - behind :]]
            for lit, dark in zip(bright, dim, strict=True)
        )
        return a, b

    def _spine(self, kind: Kind, is_chosen: bool) -> list[Piece]:
        look, spine = self._look, self._layout.spine
        words = f" {sign(look, kind)} "
        if self._layout.has_words:
            words += kind
        if is_chosen:
            return [Piece(words.ljust(spine), look.chip("inverse"))]
        if kind is Kind.SAME:
            return [Piece(words, look.ink("dim", "ground"))]
        return [Piece(words, look.ink("text", "ground", bold=True))]

    def _end(self) -> Iterator[Strip]:
        """Why each of them stopped."""
        look, width = self._look, self._layout.inner
        line = strip(
            width, look.ink("text"), [Piece(look.symbols.rule * width, look.ink("hairline"))]
        )
        yield self._line(line, line)
        sides = (
            plain(look, ended_words(session.ended, session.paused), width, ink="dim")
            for session in (self._comparison.a, self._comparison.b)
        )
        for a, b in zip_longest(*sides):
            yield self._line(a, b)

    def _line(self, a: Strip | None, b: Strip | None, spine: Group = ()) -> Strip:
        return self._layout.line(self._look, a, b, spine)


def blocks_of(comparison: Comparison) -> list[Block]:
    """What there is to draw, in order."""
    blocks: list[Block] = []
    number = -1
    for row in comparison.rows:
        if row.round != number:
            number = row.round
            blocks.append(Block(number))
        blocks.append(Block(number, row))
    return blocks


def _shared(a: list[Strip], b: list[Strip]) -> tuple[int, int]:
    """How many lines are the same in both before they part, and how many at the end."""
    shorter = min(len(a), len(b))
    before = 0
    while before < shorter and a[before].text == b[before].text:
        before += 1
    behind = 0
    while behind < shorter - before and a[-1 - behind].text == b[-1 - behind].text:
        behind += 1
    return before, behind
