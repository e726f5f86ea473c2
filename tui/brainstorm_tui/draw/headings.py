"""Headings: who, and from what. Provenance is never more than a glance away."""

from collections.abc import Sequence

from textual.strip import Strip

from brainstorm_agents.bill import Bill
from brainstorm_agents.events import CUT_OFF, SKIPPED, Ranges
from brainstorm_agents.session import USER, Phase, Session, Turn
from brainstorm_tui.draw.row import Group, Piece, clip, row, width_of
from brainstorm_tui.look import Ground, Look
from brainstorm_tui.money import cost
from brainstorm_tui.text.safe import one_line

WORDS = {
    Phase.QUEUED: "queued",
    Phase.THINKING: "thinking",
    Phase.SPEAKING: "speaking",
    Phase.RETRYING: "retrying",
    Phase.DONE: "done",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "stopped",
}
"""Phases, as the screen says them."""


def phase_word(turn: Turn) -> str:
    """The phase of a turn, as the screen says it: who was stopped by nobody was cut off."""
    if turn.is_skipped:
        return SKIPPED
    return CUT_OFF if is_cut_off(turn) else WORDS[turn.phase]


def phase_sign(look: Look, turn: Turn) -> str:
    """The sign of a turn's phase: one that was given up has the sign of a stopped one."""
    return look.symbols.phases[Phase.CANCELLED if turn.is_skipped else turn.phase]


def is_cut_off(turn: Turn) -> bool:
    """Whether the process ended in which it was under way, before it was told to stop."""
    return turn.phase is Phase.CANCELLED and turn.reason == CUT_OFF


def seconds(value: float) -> str:
    """A duration, in tenths of a second."""
    return f"{value:.1f} s" if value < 1000 else f"{value:,.0f} s"


def cost_words(look: Look, bill: Bill) -> str:
    """What a bill comes to, as far as anybody knows."""
    return cost(bill, none=look.symbols.none, is_ascii=look.symbols.approx.isascii())


def sender_place(session: Session, sender: str) -> int | None:
    """The place of a sender in the cast; None for the user."""
    state = session.roles.get(sender)
    return state.place if state else None


def id_piece(
    look: Look, session: Session, id_: str, sender: str, on: Ground = "card", *, bold: bool = False
) -> Piece:
    """An id in its speaker's colour."""
    place = sender_place(session, sender)
    style = look.ink("text", on) if place is None else look.role(place, on, bold=bold)
    return Piece(id_ if id_.isprintable() else one_line(id_), style)


def observed_pieces(
    look: Look, session: Session, observed: Ranges, room: int, on: Ground = "card"
) -> list[Piece]:
    """The ids that a turn observed, as many as there is room for, and how many more."""
    rest = sum(end - start for start, end in observed)
    dim = look.ink("dim", on)
    pieces: list[Piece] = []
    for start, end in observed:
        for message in session.published[start:end]:
            piece = id_piece(look, session, message.id, message.sender, on)
            room -= 1 + width_of([piece])
            more = len(f" +{rest - 1}") if rest > 1 else 0
            if room < more:
                return [*pieces, Piece(f" +{rest}", dim)]
            pieces += [Piece(" ", dim), piece]
            rest -= 1
    return pieces


def turn_heading(
    look: Look,
    session: Session,
    turn: Turn,
    width: int,
    *,
    is_terse: bool,
    is_chosen: bool = False,
    with_name: bool = False,
) -> tuple[Group, Group]:
    """`a1 ← b1 c1` on the left, with the speaker's name if wished; what it took on the right."""
    dim = look.ink("dim")
    place = session.roles[turn.role].place
    own = Piece(one_line(turn.id), look.role(place, bold=True))
    if is_chosen:
        own = Piece(f" {own.text} ", look.role_chip(place))
    left = [own]
    if with_name:
        left.append(Piece(f" {one_line(turn.role)}", look.role(place)))
    if turn.id in session.ideas:
        left.append(Piece(f" {look.symbols.idea}", look.ink("text", bold=True)))
    left.append(Piece(f" {look.symbols.arrow}", dim))
    right = _measures(look, turn, is_terse=is_terse)
    room = width - width_of(left) - width_of(right) - 1
    left += observed_pieces(look, session, turn.observed, room)
    return left, right


def _measures(look: Look, turn: Turn, *, is_terse: bool) -> list[Piece]:
    dim = look.ink("dim")
    if turn.phase is Phase.DONE and turn.ended is not None:
        took = seconds(turn.spent(turn.ended))
        tokens = f" {look.symbols.dot} {turn.tokens} tok"
        if turn.bill.usd is not None:
            tokens += f" {look.symbols.dot} {cost_words(look, turn.bill)}"
        measures = [Piece(took if is_terse else took + tokens, dim)]
        if turn.edited:
            # Nobody took that long to say these words: that they are others comes first.
            measures.insert(0, Piece(f"edited {look.symbols.dot} ", look.ink("text")))
        elif turn.is_by_user:
            measures = [Piece("by you", look.ink("text"))]
        return measures
    if turn.phase is Phase.RETRYING:
        return [Piece("discarded", dim)]
    if turn.text:
        return [Piece(f"{turn.tokens} tok", dim)]
    return []


def pane_title(
    look: Look,
    session: Session,
    name: str,
    now: float,
    width: int,
    *,
    focused: bool,
    is_terse: bool,
    aside: str = "",
) -> Strip:
    """A pane's title: the name, its profile, its phase and for how long.

    Args:
        aside: What is said instead of the phase, if anything: how much is new below.
    """
    state, role = session.roles[name], session.scenario.role(name)

    def ink(colour: str | None, *, bold: bool = False) -> Piece:
        return Piece("", look.on_title(colour, state.place, focused=focused, bold=bold))

    plain = ink("text").style
    bar = look.symbols.bar if focused else " "
    left = [Piece(bar, ink(None).style), Piece(one_line(name), ink(None, bold=True).style)]
    right = _phase_pieces(look, state.turn, now, state.place, focused, is_terse)
    if state.muted and (state.turn is None or state.turn.is_settled):
        right = [Piece("muted", plain)]
    if aside:
        right = [Piece(aside, plain)]
    room = width - width_of(left) - width_of(right) - 2
    if room < 0:
        left[1] = Piece(clip(left[1].text, max(1, width_of(left) - 1 + room)), left[1].style)
    profile = one_line(role.profile)
    profile_style = ink("older" if focused else "dim").style
    groups = [[Piece(profile, profile_style)]] if profile else []
    return row(width, plain, left, groups, [*right, Piece(" ", plain)], gap=2)


def _phase_pieces(
    look: Look, turn: Turn | None, now: float, place: int, focused: bool, is_terse: bool
) -> list[Piece]:
    if turn is None:
        return []
    text = look.on_title("text", place, focused=focused)
    sign, word = phase_sign(look, turn), phase_word(turn)
    if turn.has_failed:
        return [
            Piece(f" {sign} ", look.chip("failure")),
            Piece("" if is_terse else f" {word}", text),
        ]
    mark = Piece(f"{sign} ", look.on_title(None, place, focused=focused))
    if turn.is_settled:
        return [
            mark if not is_terse else Piece(sign, mark.style),
            Piece("" if is_terse else word, text),
        ]
    since = turn.since(turn.phase)
    elapsed = seconds(max(0.0, now - (since if since is not None else now)))
    return [mark, Piece(elapsed if is_terse else f"{word} {elapsed}", text)]


def said_by_user(
    look: Look, session: Session, message_id: str, to: Sequence[str], is_edited: bool = False
) -> list[Piece]:
    """The heading of what the user said."""
    dim = look.ink("dim")
    pieces = [
        Piece("you" if message_id == USER else one_line(message_id), look.ink("text", bold=True))
    ]
    if to:
        pieces.append(Piece(f" {look.symbols.right}", dim))
        for name in to:
            place = sender_place(session, name)
            style = look.role(place) if place is not None else look.ink("text")
            pieces += [Piece(" ", dim), Piece(one_line(name), style)]
    if is_edited:
        pieces.append(Piece(f" {look.symbols.dot} edited", dim))
    return pieces
