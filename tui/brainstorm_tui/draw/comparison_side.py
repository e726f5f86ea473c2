"""One side of a comparison: what a role or the user said, in the lines of one column."""

from collections.abc import Iterator

from textual.strip import Strip

from brainstorm_agents.events import CUT_OFF
from brainstorm_agents.session import Message, Phase, Round, Session, Turn
from brainstorm_tui.comparison import Part
from brainstorm_tui.draw.headings import id_piece, phase_word, said_by_user, seconds, turn_heading
from brainstorm_tui.draw.prose import plain, prose
from brainstorm_tui.draw.row import Group, Piece, clip, strip, width_of
from brainstorm_tui.look import Look
from brainstorm_tui.text import markdown
from brainstorm_tui.text.safe import one_line

TERSE = 50
"""Below this width tokens are left out of the headings."""


def rule(look: Look, round_: Round | None, label: str, width: int) -> Strip:
    """What begins a round: `round 2 ──── 4.1 s`; without the round, its label alone."""
    dim = look.ink("dim")
    left = [Piece(label, dim)]
    if round_ is None:
        return strip(width, dim, left)
    took = "unfinished" if round_.ended is None else seconds(round_.ended - round_.started)
    right = [Piece(f" {took}", dim)]
    room = max(0, width - width_of([*left, *right]) - bool(label))
    hairline = Piece(look.symbols.rule * room, look.ink("hairline"))
    return strip(width, dim, [*left, Piece(" " * bool(label), dim), hairline], right)


def heading(look: Look, session: Session, part: Part, width: int) -> Strip:
    """Who has said it, from what, and what it took."""
    dim = look.ink("dim")
    if isinstance(part, Message):
        return strip(width, dim, said_by_user(look, session, part.id, part.to))
    is_terse = width < TERSE
    left, right = turn_heading(look, session, part, width, is_terse=is_terse, with_name=True)
    return strip(width, dim, left, right)


def body(look: Look, session: Session, part: Part, width: int, ink: str) -> Iterator[Strip]:
    """What was said; or what came of it instead."""
    if isinstance(part, Message):
        yield from prose(look, part.text, width, ink=ink)
        return
    if part.phase is Phase.DONE:
        place = session.roles[part.role].place if ink == "text" else None
        yield from prose(look, part.text, width, ink=ink, place=place)
        return
    if part.text:
        yield from plain(look, part.text, width, ink="dim", strike=part.phase is Phase.FAILED)
    outcome = f"{look.symbols.phases[part.phase]} {_outcome(part)}"
    if part.phase is Phase.FAILED:
        yield strip(width, look.ink("dim"), [Piece(f" {outcome} ", look.chip("failure"))])
        yield from plain(look, part.reason, width, ink=ink)
    else:
        yield strip(width, look.ink("dim"), [Piece(outcome, look.ink(ink))])


def brief(look: Look, session: Session, part: Part, width: int, *, with_words: bool) -> Strip:
    """All of it in one line: who, the first words, and how long it took."""
    dim = look.ink("dim")
    left: Group
    right: list[Piece] = []
    text = part.text
    if isinstance(part, Message):
        left = [Piece(piece.text, dim) for piece in said_by_user(look, session, part.id, part.to)]
    else:
        left = [
            id_piece(look, session, one_line(part.id), part.role),
            Piece(f" {one_line(part.role)}", dim),
        ]
        if part.ended is not None:
            right.append(Piece(f" {seconds(part.spent(part.ended))}", dim))
        if part.phase is not Phase.DONE:
            text = f"{look.symbols.phases[part.phase]} {_outcome(part)}"
    room = width - width_of([*left, *right]) - 3
    if with_words and room > 0:
        left = [*left, Piece(f"  {clip(markdown.preview(text), room, look.symbols.more)}", dim)]
    return strip(width, dim, left, right)


def silence(look: Look, width: int) -> Strip:
    """What stands for a role that has no turn in a round."""
    return strip(width, look.ink("dim"), [Piece("listens", look.ink("dim", italic=True))])


def _outcome(turn: Turn) -> str:
    return phase_word(turn) if turn.is_settled else CUT_OFF
