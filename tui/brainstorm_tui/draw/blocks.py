"""A role's part of each round, as lines. A score: with `is_aligned`, across is at once."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from rich.segment import Segment
from textual.strip import Strip

from brainstorm_agents.session import Message, Phase, Session, Turn
from brainstorm_tui.draw.headings import said_by_user, turn_heading
from brainstorm_tui.draw.prose import plain, prose
from brainstorm_tui.draw.row import Piece, strip
from brainstorm_tui.look import Look
from brainstorm_tui.text.safe import one_line

KEPT = 4000
"""How many settled blocks keep their lines."""


@dataclass(frozen=True, slots=True)
class Form:
    """The measures of a pane's text."""

    width: int
    """Cells of text."""
    left: int
    """Empty cells before the text."""
    right: int
    """Empty cells behind it."""
    is_aligned: bool
    """Rounds are separated by a hairline, and an idle role is said to listen."""
    is_labelled: bool
    """The hairline says which round begins."""
    is_terse: bool
    """Tokens are left out of the headings of settled messages."""


class Blocks:
    """Lines for every role and round of a session, settled ones kept."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._settled: OrderedDict[tuple[object, ...], list[Strip]] = OrderedDict()
        self._moving: dict[str, tuple[tuple[object, ...], list[Strip]]] = {}

    def lines(
        self, session: Session, name: str, index: int, form: Form, chosen: str | None = None
    ) -> list[Strip]:
        """A role's part of a round.

        Args:
            index: Of the round; the number of rounds stands for what follows the last one.
            chosen: The id of the turn that is selected, if any.
        """
        state = session.roles[name]
        turn = _turn_in(session, name, index)
        heard = _said_before(session, name, index)
        is_current = index >= len(session.rounds) - 1
        key = (
            name,
            index,
            form,
            is_current,
            turn and (turn.id, turn.revision, turn.id == chosen),
            len(heard),
            index < len(session.rounds),
        )
        kept = self._settled.get(key)
        if kept is not None:
            self._settled.move_to_end(key)
            return kept
        moving = self._moving.get(name)
        if moving is not None and moving[0] == key:
            return moving[1]
        drawn = self._draw(session, state.place, index, turn, heard, form, chosen)
        lines = [self._padded(line, form) for line in drawn]
        if turn is not None and not turn.is_settled:
            self._moving[name] = key, lines
            return lines
        self._settled[key] = lines
        if len(self._settled) > KEPT:
            self._settled.popitem(last=False)
        return lines

    def _padded(self, line: Strip, form: Form) -> Strip:
        ground = self.look.ink("text")
        left, right = Segment(" " * form.left, ground), Segment(" " * form.right, ground)
        return Strip([left, *line, right], form.left + line.cell_length + form.right)

    def _draw(
        self,
        session: Session,
        place: int,
        index: int,
        turn: Turn | None,
        heard: list[Message],
        form: Form,
        chosen: str | None,
    ) -> Iterator[Strip]:
        look, width = self.look, form.width
        dim = look.ink("dim")
        exists = index < len(session.rounds)
        if form.is_aligned and exists:
            yield self._separator(index, form)
        for message in heard:
            yield strip(width, dim, said_by_user(look, session, message.id, message.to))
            yield from prose(look, message.text, width)
            if form.is_aligned:
                yield Strip.blank(width, dim)
        if turn is not None:
            is_chosen = turn.id == chosen
            yield turn_heading(
                look, session, turn, width, is_terse=form.is_terse, is_chosen=is_chosen
            )
            yield from self._turn(turn, place, width, index >= len(session.rounds) - 1)
        elif form.is_aligned and exists and not heard:
            yield strip(width, dim, [Piece("listens", look.ink("dim", italic=True))])
        if form.is_aligned and exists:
            yield Strip.blank(width, dim)

    def _separator(self, index: int, form: Form) -> Strip:
        width, hairline = form.width, self.look.ink("hairline")
        if index == 0:
            return Strip.blank(width, hairline)
        label = f"round {index} " if form.is_labelled else ""
        rule = self.look.symbols.rule * (width - len(label))
        return strip(width, hairline, [Piece(label, self.look.ink("dim")), Piece(rule, hairline)])

    def _turn(self, turn: Turn, place: int, width: int, is_current: bool) -> Iterator[Strip]:
        look = self.look
        ink = "text" if is_current else "older"
        if turn.phase is Phase.FAILED:
            if turn.text:
                yield from plain(look, turn.text, width, ink="dim", strike=True)
            chip = f" {look.symbols.phases[Phase.FAILED]} failed "
            yield strip(width, look.ink("dim"), [Piece(chip, look.chip("failure"))])
            yield from plain(look, turn.reason, width, ink=ink)
        elif turn.phase is Phase.RETRYING:
            if turn.text:
                yield from plain(look, turn.text, width, ink="dim", strike=True)
            again = turn.retries[-1]
            sign = look.symbols.phases[Phase.RETRYING]
            left = [
                Piece(f"{sign} ", look.role(place)),
                Piece(one_line(again.reason), look.ink(ink)),
            ]
            yield strip(width, look.ink("dim"), left)
            yield from plain(look, f"again in {again.wait_s:.0f} s", width, ink="dim", indent=2)
        elif turn.phase is Phase.CANCELLED:
            if turn.text:
                yield from plain(look, turn.text, width, ink="dim")
            sign = look.symbols.phases[Phase.CANCELLED]
            said = [
                Piece(f"{sign} stopped", look.ink(ink)),
                Piece("  s asks again", look.ink("dim")),
            ]
            yield strip(width, look.ink("dim"), said)
        elif turn.text:
            lines = list(
                prose(look, turn.text, width, ink=ink, place=place, streaming=not turn.is_settled)
            )
            if turn.phase is Phase.SPEAKING:
                lines = self._with_cursor(lines, width, place)
            yield from lines
        elif turn.reasoning:
            yield from plain(look, turn.reasoning[-3 * width :], width, ink="dim")
        elif not turn.is_settled:
            yield strip(width, look.ink("dim"), [Piece(look.symbols.more, look.ink("dim"))])

    def _with_cursor(self, lines: list[Strip], width: int, place: int) -> list[Strip]:
        """The role's bar behind the last character, on a new line if the last one is full."""
        style = self.look.role(place)
        cursor = Segment(self.look.symbols.bar, style)
        last = lines[-1] if lines else Strip.blank(width, self.look.ink("text"))
        used = len(last.text.rstrip())
        cells = Strip([Segment(last.text[:used])]).cell_length
        if cells >= width:
            return [*lines, strip(width, self.look.ink("text"), [Piece(cursor.text, style)])]
        head = last.crop(0, cells)
        padding = Segment(" " * (width - cells - 1), self.look.ink("text"))
        return [*lines[:-1], Strip([*head, cursor, padding], width)]


def _turn_in(session: Session, name: str, index: int) -> Turn | None:
    """The role's turn in a round, if it has one."""
    turns = session.roles[name].turns
    found = bisect_left(turns, index, key=lambda turn: turn.round.number)
    is_there = found < len(turns) and turns[found].round.number == index
    return turns[found] if is_there else None


def _said_before(session: Session, name: str, index: int) -> list[Message]:
    """What the user said that this round was the first to hear, if the role can hear it."""
    start = session.rounds[index - 1].horizon if index else 1
    end = session.rounds[index].horizon if index < len(session.rounds) else len(session.published)
    positions = session.user_positions
    said = positions[bisect_left(positions, start) : bisect_left(positions, end)]
    messages = (session.published[position] for position in said)
    return [message for message in messages if message.reaches(name)]
