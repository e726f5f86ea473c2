"""The details of a turn: what it saw, what it spent its time on, and who waited for whom."""

from collections.abc import Sequence

from textual.strip import Strip

from brainstorm_agents.critical_path import Parts, held_up_by, parts, waited
from brainstorm_agents.session import Phase, Session, Turn
from brainstorm_tui.draw.again import after_stop, took_over
from brainstorm_tui.draw.futures import futures
from brainstorm_tui.draw.headings import id_piece, observed_pieces, phase_word, seconds
from brainstorm_tui.draw.row import Group, Piece, clip, row, strip, width_of
from brainstorm_tui.draw.run_summary import run_summary
from brainstorm_tui.look import Look
from brainstorm_tui.schedule_words import UNSEEN
from brainstorm_tui.text.safe import one_line

_WIDE = 100
"""Cells from which on it is told when a phase began, not only how long it was."""

_TOLD_S = 0.05
"""Less than that would be told as no time at all."""

_NAMED_S = 0.1
"""The shortest wait, and the smallest difference, that is worth a word."""


def turn_details(
    look: Look, session: Session, turn: Turn | None, now: float, width: int, height: int
) -> list[Strip]:
    """A title, three lines about a turn, and two about the run.

    Args:
        look: The theme and the symbols.
        session: The session as it stands at `now`, without what is still to come.
        turn: One of its turns; without one only the run is told of.
        now: The session's time.
        width: Cells.
        height: Lines; what there is no room for is left out from the end.
    """
    card, bar = look.ink("dim"), look.ink("older", "bar")
    blank = strip(width, card, [])
    rule = Piece(look.symbols.rule * (width - 4), look.ink("hairline"))
    run = run_summary(look, session, turn, now, width)
    title = [Piece(" turn" if turn else " run", bar)]
    shown = turn.round if turn else session.round
    right = futures(look, session, shown, width - width_of(title) - 3) if shown else []
    lines = [strip(width, bar, title, right)]
    if turn is not None:
        about = [
            _seen(look, session, turn, width),
            _phases(look, session, turn, now, width),
            _ending(look, session, turn, now, width),
        ]
        spare = height - len(lines) - len(about) - len(run)
        lines += [blank] * (spare > 1) + about + [blank] * (spare > 2)
        lines += [strip(width, card, [Piece("  ", card), rule])] * (spare > 0)
    elif height > len(lines) + len(run):
        lines.append(blank)
    lines += run
    return [*lines, *[blank] * (height - len(lines))][: max(height, 0)]


def _seen(look: Look, session: Session, turn: Turn, width: int) -> Strip:
    """`b2  Bob, round 2   saw c1   could not see a1 c2, said at the same time`."""
    dim = look.ink("dim")
    round_ = f"round {turn.round.number}" if turn.round.number else "the opening"
    left = [
        Piece("  ", dim),
        id_piece(look, session, turn.id, turn.role, bold=True),
        Piece(f"  {one_line(turn.role)}, {round_}", look.ink("text")),
    ]
    hidden = _hidden(session, turn)
    room = width - width_of(left) - len("   saw")
    share = room // 2 if hidden else room
    saw = [Piece("saw", dim), *observed_pieces(look, session, turn.observed, share)]
    room -= width_of(saw[1:]) + len("   ")
    return row(width, dim, left, [saw, _unseen(look, session, hidden, room)])


def _unseen(look: Look, session: Session, hidden: Sequence[Turn], room: int) -> Group:
    """What a turn could not see, with as many ids as there is room for."""
    if not hidden:
        return ()
    dim = look.ink("dim")
    why = f", {UNSEEN.get(hidden[0].round.schedule, UNSEEN['simultaneous'])}"
    for number, reason in ((6, why), (6, ""), (3, ""), (1, "")):
        ids = _ids(look, session, hidden, number)
        group = [Piece("could not see ", dim), *ids, Piece(reason, dim)]
        if width_of(group) <= room:
            return group
    return ()


def _hidden(session: Session, turn: Turn) -> list[Turn]:
    """What those that the role listens to said in its round without its seeing it."""
    watched = session.roles[turn.role].watched
    seen = {
        message.id
        for start, end in turn.observed
        for message in session.published[max(start, turn.round.horizon) : end]
    }
    return [
        other
        for other in turn.round.turns
        if other is not turn
        and other.id not in seen
        and other.phase not in (Phase.FAILED, Phase.CANCELLED)
        and (watched is None or other.role in watched)
    ]


def _phases(look: Look, session: Session, turn: Turn, now: float, width: int) -> Strip:
    """`queued 0.0 s at 5.1 s   first token 0.8 s at 5.9 s   spoke 2.0 s at 22 tok/s   44 tokens`.

    A time of the run, on the axis, stands behind how long it took.
    """
    dim, spent = look.ink("dim"), parts(turn, now)
    is_wide = width >= _WIDE
    left = [Piece("  ", dim), *_told(look, "queued ", seconds(spent.queued))]
    if is_wide:
        left += _told(look, " at ", seconds(session.elapsed(turn.started)))
    is_lost = spent.lost >= _TOLD_S and turn.phase is not Phase.CANCELLED
    room = 40 if is_wide else 14
    groups: list[Group] = [_attempts(look, turn, spent, room)] if is_lost else []
    if sum(spent) > spent.queued + spent.lost or turn.tokens:
        first, *rest = _call(look, turn, spent)
        spoke = turn.since(Phase.SPEAKING)
        if is_wide and turn.tokens and spoke is not None:
            first = [*first, *_told(look, " at ", seconds(session.elapsed(spoke)))]
        groups += [first, *rest]
        if not is_lost:
            groups.append(_attempts(look, turn, spent, room))
    return row(width, dim, left, groups, gap=3 if is_wide else 2)


def _call(look: Look, turn: Turn, spent: Parts) -> list[Group]:
    """The last attempt's call."""
    if not turn.tokens:
        word = "no token in " if turn.is_settled else "no token yet, for "
        return [_told(look, word, seconds(spent.first_token))]
    spoke = ["spoke " if turn.is_settled else "speaks for ", seconds(spent.spoke)]
    if spent.spoke >= _NAMED_S:
        spoke += [" at ", f"{turn.tokens / spent.spoke:.0f} tok/s"]
    return [
        _told(look, "first token ", seconds(spent.first_token)),
        _told(look, *spoke),
        _told(look, "", f"{turn.tokens:,}", " token" if turn.tokens == 1 else " tokens"),
    ]


def _attempts(look: Look, turn: Turn, spent: Parts, room: int) -> Group:
    """What earlier attempts have cost, and why, in so many cells."""
    if turn.switches:
        reason = clip(took_over(turn), room * 3 // 2, look.symbols.more)
        return _told(
            look, "", str(turn.attempt), " attempts, ", seconds(spent.lost), f" lost: {reason}"
        )
    if not turn.retries:
        if turn.phase is Phase.CANCELLED or spent.lost < _TOLD_S:
            return _told(look, "no retries")
        return _told(look, "stopped before, after ", seconds(spent.lost))
    number = len(turn.retries)
    words = " retry, " if number == 1 else " retries, "
    reason = clip(one_line(turn.retries[-1].reason), room, look.symbols.more)
    return _told(look, "", str(number), words, seconds(spent.lost), f" lost: {reason}")


def _ending(look: Look, session: Session, turn: Turn, now: float, width: int) -> Strip:
    """How it ended, and who waits for whom."""
    dim, text = look.ink("dim"), look.ink("text")
    indent = Piece("  ", dim)
    if turn.phase is Phase.CANCELLED:
        then = f"{phase_word(turn)}: {after_stop(session, turn)}"
        return row(width, dim, [indent, Piece(then, dim)])
    if turn.is_skipped:
        then = f"{phase_word(turn)}: the round went on without"
        return row(width, dim, [indent, Piece(then, dim)])
    if turn.phase is Phase.FAILED:
        chip = Piece(
            f" {look.symbols.phases[Phase.FAILED]} {phase_word(turn)} ", look.chip("failure")
        )
        room = width - 2 - width_of([indent, chip])
        reason = clip(one_line(turn.reason), room, look.symbols.more)
        return row(width, dim, [indent, chip, Piece(f" {reason}", text)])
    holder = held_up_by(turn)
    if holder is not None and (not holder.is_settled or waited(turn, now) >= _TOLD_S):
        return row(width, dim, [indent, *_wait(look, session, turn, holder, now, width - 2)])
    return row(width, dim, [indent, *_held_up(look, session, turn, now)])


def _wait(
    look: Look, session: Session, turn: Turn, holder: Turn, now: float, room: int
) -> list[Piece]:
    """`then waited 1.3 s at the barrier for c2, held up by a queue (0.3 s)`, or less of it."""
    wait = waited(turn, now)
    verb = "then waited " if holder.is_settled else "has waited " if wait >= _TOLD_S else "waits"
    where = (
        " at the barrier at the round's end for " if turn.round.is_eager else " at the barrier for "
    )
    pieces = [
        *_told(look, verb, *([seconds(wait)] if wait >= _TOLD_S else [""]), where),
        id_piece(look, session, holder.id, holder.role),
    ]
    reasons = _reasons(turn, holder, now)
    if not reasons:
        return pieces
    if abs(sum(more for *_, more in reasons) - wait) < _NAMED_S:
        shares = _rounded([more for *_, more in reasons], wait)
        long = _listed([f"{name} ({s})" for (name, _, _), s in zip(reasons, shares, strict=True)])
        short = ", ".join(f"{name} +{s}" for (_, name, _), s in zip(reasons, shares, strict=True))
    else:
        # It began later, or lost less elsewhere: the parts are no shares of the wait.
        long = short = max(reasons, key=lambda reason: reason[2])[0]
    room -= width_of(pieces)
    why = next((why for why in (f", held up by {long}", f": {short}") if len(why) <= room), "")
    return [*pieces, Piece(why, look.ink("dim"))]


def _rounded(parts_s: Sequence[float], total_s: float) -> list[str]:
    """Seconds that add up to the total as it is told: the largest takes what rounding leaves."""
    tenths = [round(part * 10) for part in parts_s]
    tenths[max(range(len(tenths)), key=tenths.__getitem__)] += round(total_s * 10) - sum(tenths)
    return [seconds(part / 10) for part in tenths]


_REASONS = (
    ("a queue", "queue"),
    ("lost attempts", "lost attempts"),
    ("a late first token", "first token"),
    ("a long reply", "reply"),
)
"""What a turn can spend more time on than another: its `Parts`, in long and in short."""


def _reasons(turn: Turn, holder: Turn, now: float) -> list[tuple[str, str, float]]:
    """What the turn that is waited for spent more seconds on, with its long and its short name."""
    pairs = zip(_REASONS, parts(holder, now), parts(turn, now), strict=True)
    return [(*names, more - less) for names, more, less in pairs if more - less >= _NAMED_S]


def _held_up(look: Look, session: Session, turn: Turn, now: float) -> list[Piece]:
    """Who waits for a turn for which nobody else is waited."""
    if len(turn.round.turns) == 1:
        return _told(look, "alone in its round")
    waits = [(waited(other, now), other) for other in turn.round.turns if other is not turn]
    waits = [(wait, other) for wait, other in waits if wait >= _NAMED_S]
    if not waits:
        return _told(look, "nobody waited for it" if turn.is_settled else "nobody waits for it yet")
    longest = max(wait for wait, _ in waits)
    names = _ids(look, session, [other for _, other in waits])
    verb = (
        "waited for it" if turn.is_settled else "waits for it" if len(waits) == 1 else "wait for it"
    )
    return [*names, *_told(look, f" {verb}, up to ", seconds(longest))]


def _ids(look: Look, session: Session, turns: Sequence[Turn], most: int = 6) -> list[Piece]:
    """Ids, so many at most, and how many more."""
    dim = look.ink("dim")
    pieces: list[Piece] = []
    for turn in turns[:most]:
        pieces += [id_piece(look, session, turn.id, turn.role), Piece(" ", dim)]
    pieces.pop()
    if len(turns) > most:
        pieces.append(Piece(f" +{len(turns) - most}", dim))
    return pieces


def _told(look: Look, *words: str) -> list[Piece]:
    """Words and values in turn, a word first."""
    inks = look.ink("dim"), look.ink("text")
    return [Piece(word, inks[place % 2]) for place, word in enumerate(words)]


def _listed(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
