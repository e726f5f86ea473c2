"""The whole conversation in the order in which it was published, to be read."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from brainstorm_agents.session import USER, Message, Phase, Session, Turn
from brainstorm_tui.draw.headings import phase_sign, phase_word, said_by_user, turn_heading
from brainstorm_tui.draw.prose import plain, prose
from brainstorm_tui.draw.reasoning import reasoning
from brainstorm_tui.draw.row import Piece, strip
from brainstorm_tui.look import Look
from brainstorm_tui.schedule_words import marked
from brainstorm_tui.text.safe import one_line

WIDEST = 96
"""Cells of a line: longer ones are hard to read."""

KEPT = 1000
"""How many entries keep their lines."""


class Entry(NamedTuple):
    """What is read in one piece: a message, a turn that has none yet, or what begins a round."""

    round: int
    turn: Turn | None = None
    message: Message | None = None

    @property
    def text(self) -> str:
        """What was said."""
        if self.turn is not None:
            return self.turn.text
        return self.message.text if self.message else ""

    @property
    def id(self) -> str:
        """The id of the message."""
        if self.turn is not None:
            return self.turn.id
        return self.message.id if self.message else ""


def entries(session: Session) -> list[Entry]:
    """All there is to read, in order."""
    found = []
    start = 0
    for round_ in session.rounds:
        said = session.published[start : round_.horizon]
        found += [Entry(round_.number, message=one) for one in said if one.sender == USER]
        found.append(Entry(round_.number))
        found += [Entry(round_.number, turn) for turn in round_.in_order]
        start = round_.horizon
    rest = session.published[start:]
    found += [Entry(len(session.rounds), message=one) for one in rest if one.sender == USER]
    return found


class Transcript:
    """Lines for every entry, settled ones kept."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._kept: OrderedDict[tuple[object, ...], list[Strip]] = OrderedDict()

    def lines(self, session: Session, entry: Entry, width: int, *, is_chosen: bool) -> list[Strip]:
        """The lines of an entry, in the middle of the width."""
        revision = entry.turn.revision if entry.turn else 0
        key = entry.round, entry.id, revision, entry.id in session.ideas, width, is_chosen
        kept = self._kept.get(key)
        if kept is None:
            inner = min(WIDEST, max(1, width - 4))
            left = max(1, (width - inner) // 2)
            drawn = self._draw(session, entry, inner, is_chosen)
            kept = [self._placed(line, left, inner, width) for line in drawn]
            self._kept[key] = kept
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept

    def _placed(self, line: Strip, left: int, inner: int, width: int) -> Strip:
        ground = self.look.ink("text")
        right = max(0, width - left - inner)
        return Strip([Segment(" " * left, ground), *line, Segment(" " * right, ground)], width)

    def _draw(self, session: Session, entry: Entry, width: int, is_chosen: bool) -> Iterator[Strip]:
        look = self.look
        ground = look.ink("dim")
        if entry.turn is not None:
            yield from self._turn(session, entry.turn, width, is_chosen)
        elif entry.message is not None:
            message = entry.message
            heading = said_by_user(look, session, message.id, message.to, message.edited)
            yield strip(width, ground, heading)
            yield from prose(look, entry.message.text, width)
        else:
            name = "opening" if entry.round == 0 else f"round {entry.round}"
            name = marked(name, session.rounds[entry.round]) + " "
            rule = look.symbols.rule * max(0, width - len(name))
            yield strip(width, ground, [Piece(name, ground), Piece(rule, look.ink("hairline"))])
        yield Strip.blank(width, ground)

    def _turn(self, session: Session, turn: Turn, width: int, is_chosen: bool) -> Iterator[Strip]:
        look = self.look
        place = session.roles[turn.role].place
        left, right = turn_heading(
            look, session, turn, width, is_terse=False, is_chosen=is_chosen, with_name=True
        )
        yield strip(width, look.ink("dim"), left, right)
        yield from reasoning(look, turn, width, is_open=is_chosen)
        if turn.is_skipped:
            yield from plain(look, f"{phase_sign(look, turn)} {phase_word(turn)}", width)
        elif turn.phase is Phase.FAILED:
            chip = f" {look.symbols.phases[Phase.FAILED]} failed "
            yield strip(width, look.ink("dim"), [Piece(chip, look.chip("failure"))])
            yield from plain(look, turn.reason, width)
        elif turn.text:
            is_whole = turn.phase is Phase.DONE
            ink = "text" if is_whole else "older"
            yield from prose(look, turn.text, width, ink=ink, place=place, streaming=not is_whole)
        elif not turn.reasoning:
            yield strip(width, look.ink("dim"), [Piece(look.symbols.more, look.ink("dim"))])
        if turn.note:
            yield from plain(look, turn.note, width)


def matches(found: Sequence[Entry], wanted: str) -> list[int]:
    """Where a text is said, in any case of letters; the places in the entries."""
    needle = wanted.casefold()
    return [
        place
        for place, entry in enumerate(found)
        if needle in entry.text.casefold() or (entry.id and needle == entry.id.casefold())
    ]


def as_text(session: Session, found: Sequence[Entry]) -> str:
    """The whole conversation as plain text, for the clipboard."""
    parts = [one_line(session.topic)]
    for entry in found:
        if entry.turn is not None and entry.turn.phase is Phase.DONE:
            parts.append(f"{entry.turn.id} {one_line(entry.turn.role)}\n{entry.text}")
        elif entry.message is not None and entry.message.id != USER:
            parts.append(f"{entry.message.id}\n{entry.text}")
    return "\n\n".join(parts)
