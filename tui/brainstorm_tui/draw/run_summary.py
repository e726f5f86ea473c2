"""What a whole run waited for, and what speaking at the same time has saved."""

from collections.abc import Sequence

from textual.strip import Strip

from brainstorm_agents.critical_path import decided_path, has_rival
from brainstorm_agents.session import Session, Turn
from brainstorm_tui.draw.headings import id_piece, seconds
from brainstorm_tui.draw.row import Group, Piece, row, width_of
from brainstorm_tui.look import Look
from brainstorm_tui.saving import is_saving

_ADVICE = "shorten one of these to shorten the run"


def run_summary(
    look: Look, session: Session, chosen: Turn | None, now: float, width: int
) -> list[Strip]:
    """Two lines: the critical path, and what all would have taken one after another.

    Args:
        look: The theme and the symbols.
        session: The session as it stands at `now`.
        chosen: The turn that stands out in the path.
        now: The session's time.
        width: Cells.
    """
    return [_path(look, session, chosen, now, width), _saved(look, session, now, width)]


def _path(look: Look, session: Session, chosen: Turn | None, now: float, width: int) -> Strip:
    """`━━ critical path   a0 → c1 → c2   10.4 s   shorten one of these to shorten the run`."""
    dim, text = look.ink("dim"), look.ink("text")
    left = [Piece(f"  {look.symbols.path * 2} ", text), Piece("critical path", look.ink("older"))]
    path = decided_path(session, now)
    if not path:
        none = "not decided yet" if session.turns else "none yet: nobody was asked"
        return row(width, dim, left, [[Piece(none, dim)]])
    last = path[-1].round
    until = now if last is session.round or last.ended is None else last.ended
    took = [Piece(seconds(session.elapsed(until)), text)]
    room = width - width_of(left) - width_of(took) - 2 * 3
    return row(
        width,
        dim,
        left,
        [_chain(look, session, path, chosen, room), took, _advice(look, session, path)],
    )


def _advice(look: Look, session: Session, path: Sequence[Turn]) -> Group:
    """What makes the run shorter, unless another turn took just as long."""
    if path[-1].round is not session.round:
        return [Piece(f"round {path[-1].round.number + 1} is not decided yet", look.ink("dim"))]
    return () if any(has_rival(turn) for turn in path) else [Piece(_ADVICE, look.ink("dim"))]


def _chain(
    look: Look, session: Session, path: Sequence[Turn], chosen: Turn | None, room: int
) -> list[Piece]:
    """The ids with arrows between them; what does not fit is left out in the middle."""
    dim = look.ink("dim")
    arrow = Piece(f" {look.symbols.right} ", dim)
    gap = Piece(look.symbols.more, dim)
    head: list[Piece] = []
    tail: list[Piece] = []
    room -= width_of([gap])
    for place in range(len(path)):
        # From both ends in turn, the end first: what comes last matters most.
        at_end = place % 2 == 0
        turn = path[-1 - place // 2] if at_end else path[place // 2]
        own = id_piece(look, session, turn.id, turn.role, bold=True)
        if turn is chosen:
            own = Piece(own.text, look.role_chip(session.roles[turn.role].place))
        is_last = place == len(path) - 1
        room -= width_of([own]) + (0 if is_last else width_of([arrow]))
        if room + (width_of([gap]) if is_last else 0) < 0:
            return [*head, gap, *tail]
        if is_last:
            return [*head, own, *tail]
        if at_end:
            tail = [arrow, own, *tail]
        else:
            head += [own, arrow]
    return [*head, *tail]


def _saved(look: Look, session: Session, now: float, width: int) -> Strip:
    """`one after another 19.1 s  together 10.4 s  saved 8.7 s  1.8×  textbook ×3: …`."""
    dim, text, older = look.ink("dim"), look.ink("text"), look.ink("older")
    together, apart, roles = session.elapsed(now), session.busy(now), len(session.roles)
    left = [
        Piece("     one after another", older),
        Piece(f" {look.symbols.approx}{seconds(apart)}", text),
    ]
    groups: list[Group] = [[Piece("together ", dim), Piece(f"{seconds(together)}", text)]]
    if is_saving(apart, together):
        factor = f"{apart / together:.1f}{look.symbols.times}"
        good = look.ink("good", bold=True)
        saved = f"{look.symbols.approx}{seconds(apart - together)}"
        groups.append([Piece("saved ", dim), Piece(f"{saved} {factor}", good)])
    limit = f"textbook {look.symbols.times}{roles}"
    room = width - width_of(left) - sum(3 + width_of(group) for group in groups) - 3
    when = next((when for when in _TEXTBOOK if len(limit) + len(when) <= room), _TEXTBOOK[-1])
    groups.append([Piece(f"{limit}{when}", dim)])
    return row(width, dim, left, groups)


_TEXTBOOK = (
    ": only if all speak in every round, all equally long",
    ": if all always speak, equally long",
)
"""When the textbook is right, in long and in short."""
