"""A role's part of each round, as lines. A score: with `is_aligned`, across is at once."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from textual.strip import Strip

from brainstorm_agents.session import Message, Phase, Session, Turn
from brainstorm_tui.draw.again import after_stop, again, in_queue, took_over
from brainstorm_tui.draw.headings import phase_sign, phase_word, said_by_user, turn_heading
from brainstorm_tui.draw.prose import GrowingProse, plain, prose
from brainstorm_tui.draw.reasoning import reasoning
from brainstorm_tui.draw.row import Group, Margins, Piece, strip, width_of
from brainstorm_tui.failure_words import brief, reason
from brainstorm_tui.look import Look

KEPT = 500
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
    is_open: bool = False
    """What was thought aloud is shown whole."""

    @property
    def margins(self) -> Margins:
        """The empty cells before and behind the text."""
        return self.left, self.right


class Blocks:
    """Lines for every role and round of a session, settled ones kept."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._settled: OrderedDict[tuple[object, ...], list[Strip]] = OrderedDict()
        self._moving: dict[str, tuple[tuple[object, ...], list[Strip]]] = {}
        self._growing: dict[str, tuple[tuple[object, ...], GrowingProse]] = {}

    def lines(
        self,
        session: Session,
        name: str,
        index: int,
        form: Form,
        chosen: str | None = None,
        now: float = 0.0,
    ) -> list[Strip]:
        """A role's part of a round.

        Args:
            index: Of the round; the number of rounds stands for what follows the last one.
            chosen: The id of the turn that is selected, if any.
            now: The session's time, by which a wait counts down.
        """
        state = session.roles[name]
        turn = _turn_in(session, name, index)
        heard = _said_before(session, name, index)
        is_current = index >= len(session.rounds) - 1
        wait = again(self.look, turn, now) or in_queue(self.look, turn, now) if turn else ""
        key = (
            name,
            index,
            form,
            is_current,
            turn and (turn.id, turn.revision, turn.id == chosen, turn.id in session.ideas),
            len(heard),
            index < len(session.rounds),
            wait,
            after_stop(session, turn) if turn else "",
        )
        kept = self._settled.get(key)
        if kept is not None:
            self._settled.move_to_end(key)
            return kept
        moving = self._moving.get(name)
        if moving is not None and moving[0] == key:
            return moving[1]
        drawing = _Drawing(self.look, session, form, state.place, wait, self._said)
        lines = list(drawing.block(index, turn, heard, is_chosen=bool(turn and turn.id == chosen)))
        if turn is not None and not turn.is_settled:
            self._moving[name] = key, lines
            return lines
        self._settled[key] = lines
        if len(self._settled) > KEPT:
            self._settled.popitem(last=False)
        return lines

    def _said(self, turn: Turn, form: Form, ink: str, place: int) -> list[Strip]:
        """The text of a turn; what of each role's latest one was laid out before is kept."""
        streaming = turn.phase is not Phase.DONE
        key = turn.id, turn.attempt, form.width, form.margins
        kept = self._growing.get(turn.role)
        if kept is not None and kept[0] == key:
            return kept[1].lines(turn.text, ink=ink, streaming=streaming)
        if turn.is_settled:
            return list(
                prose(
                    self.look,
                    turn.text,
                    form.width,
                    ink=ink,
                    place=place,
                    streaming=streaming,
                    margins=form.margins,
                )
            )
        growing = GrowingProse(self.look, form.width, place, form.margins)
        self._growing[turn.role] = key, growing
        return growing.lines(turn.text, ink=ink, streaming=streaming)


@dataclass(frozen=True, slots=True)
class _Drawing:
    look: Look
    session: Session
    form: Form
    place: int
    wait: str
    """When the turn is tried again, or what it is queued for, in words."""
    said: Callable[[Turn, Form, str, int], list[Strip]]

    def block(
        self, index: int, turn: Turn | None, heard: list[Message], *, is_chosen: bool
    ) -> Iterator[Strip]:
        """Separator, what the user said, the turn."""
        look, form = self.look, self.form
        exists = index < len(self.session.rounds)
        is_spaced = form.is_aligned and exists
        if is_spaced:
            yield self._separator(index)
        for message in heard:
            heading = said_by_user(look, self.session, message.id, message.to, message.edited)
            yield self._line(heading)
            yield from prose(look, message.text, form.width, margins=form.margins)
            if form.is_aligned:
                yield self._line()
        if turn is not None:
            yield self._line(
                *turn_heading(
                    look,
                    self.session,
                    turn,
                    form.width,
                    is_terse=form.is_terse,
                    is_chosen=is_chosen,
                )
            )
            is_current = index >= len(self.session.rounds) - 1
            yield from self._turn(turn, "text" if is_current else "older")
        elif is_spaced and not heard:
            yield self._line([Piece("listens", look.ink("dim", italic=True))])
        if is_spaced:
            yield self._line()

    def _line(self, left: Group = (), right: Group = ()) -> Strip:
        return strip(self.form.width, self.look.ink("dim"), left, right, self.form.margins)

    def _plain(
        self, text: str, ink: str = "dim", *, strike: bool = False, indent: int = 0
    ) -> Iterator[Strip]:
        return plain(
            self.look,
            text,
            self.form.width,
            ink=ink,
            strike=strike,
            indent=indent,
            margins=self.form.margins,
        )

    def _separator(self, index: int) -> Strip:
        if index == 0:
            return self._line()
        label = f"round {index} " if self.form.is_labelled else ""
        rule = self.look.symbols.rule * (self.form.width - len(label))
        dim, hairline = self.look.ink("dim"), self.look.ink("hairline")
        return self._line([Piece(label, dim), Piece(rule, hairline)])

    def _turn(self, turn: Turn, ink: str) -> Iterator[Strip]:
        look = self.look
        sign = phase_sign(look, turn)
        yield from reasoning(
            look, turn, self.form.width, is_open=self.form.is_open, margins=self.form.margins
        )
        if instead := took_over(turn):
            yield from self._plain(instead)
        if turn.text and turn.phase in (Phase.FAILED, Phase.RETRYING):
            yield from self._plain(turn.text, strike=True)
        if turn.is_skipped:
            yield self._line([Piece(f"{sign} {phase_word(turn)}", look.ink(ink))])
        elif turn.phase is Phase.FAILED:
            yield self._line([Piece(f" {sign} failed ", look.chip("failure"))])
            yield from self._plain(reason(turn), ink)
        elif turn.phase is Phase.RETRYING:
            yield from self._again(turn, ink)
        elif turn.phase is Phase.CANCELLED:
            if turn.text:
                yield from self._said(turn, "dim")
            stopped = Piece(f"{sign} {phase_word(turn)}", look.ink(ink))
            then = after_stop(self.session, turn)
            yield self._line([stopped, Piece(f"  {then}", look.ink("dim"))])
        elif turn.text:
            yield from self._said(turn, ink)
        elif turn.waits:
            yield from self._plain(self.wait)
        elif not turn.is_settled and not turn.reasoning:
            yield self._line([Piece(look.symbols.more, look.ink("dim"))])
        if turn.note:
            yield from self._plain(turn.note)

    def _again(self, turn: Turn, ink: str) -> Iterator[Strip]:
        """Why it is tried again, and when: on one line if there is room."""
        look = self.look
        mark = Piece(f"{look.symbols.phases[turn.phase]} ", look.role(self.place))
        why = [mark, Piece(brief(turn.retries[-1].reason), look.ink(ink))]
        when = f" {look.symbols.dot} {self.wait}"
        if width_of(why) + cell_len(when) <= self.form.width:
            yield self._line([*why, Piece(when, look.ink("dim"))])
            return
        yield self._line(why)
        yield from self._plain(self.wait, indent=2)

    def _said(self, turn: Turn, ink: str) -> Iterator[Strip]:
        """The text; while it still comes, with a bar in the role's colour behind it."""
        look, form = self.look, self.form
        lines = self.said(turn, form, ink, self.place)
        if turn.is_settled:
            yield from lines
            return
        cursor = Piece(look.symbols.bar, look.role(self.place))
        yield from lines[:-1]
        used = cell_len(lines[-1].text.rstrip()) - form.left if lines else 0
        if lines and used >= form.width:
            yield lines[-1]
            used = 0
        kept = lines[-1].crop(form.left, form.left + used) if used > 0 else ()
        pieces = [Piece(text, style or look.ink(ink)) for text, style, _ in kept]
        yield self._line([*pieces, cursor])


def _turn_in(session: Session, name: str, index: int) -> Turn | None:
    """The role's turn in a round, if it has one."""
    turns = session.roles[name].turns
    found = bisect_left(turns, index, key=lambda turn: turn.round.number)
    is_there = found < len(turns) and turns[found].round.number == index
    return turns[found] if is_there else None


def _horizon(session: Session, name: str, index: int) -> int:
    """How much was published when a role's turn in a round began, or else the round."""
    if index >= len(session.rounds):
        return len(session.published)
    turn = _turn_in(session, name, index)
    return turn.horizon if turn else session.rounds[index].horizon


def _said_before(session: Session, name: str, index: int) -> list[Message]:
    """What the user said that this round was the first to hear, if the role can hear it."""
    start = _horizon(session, name, index - 1) if index else 1
    end = _horizon(session, name, index)
    positions = session.user_positions
    said = positions[bisect_left(positions, start) : bisect_left(positions, end)]
    messages = (session.published[position] for position in said)
    return [message for message in messages if message.reaches(name)]
