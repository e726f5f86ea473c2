"""The status line and the line of keys."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from textual.strip import Strip

from brainstorm_agents.cast import Budget
from brainstorm_agents.session import SETTLED, Phase, Session
from brainstorm_tui.draw.headings import WORDS, cost_words, seconds
from brainstorm_tui.draw.row import GAP, Group, Piece, row, width_of
from brainstorm_tui.look import Look
from brainstorm_tui.money import is_paid
from brainstorm_tui.schedule_words import now_and_next

_NO_BUDGET = Budget()

REASONS = {
    "rounds": "all rounds done",
    "quiet": "all is quiet",
    "time": "its time is up",
    "word": "the word was said",
    "circles": "going in circles",
    "budget": "the budget does not hold the next round",
    "user": "by you",
    "stopped": "you stopped it",
    "quit": "you left",
    "interrupted": "interrupted",
}
"""Why a session paused or ended, as the screen says it."""


class Key(NamedTuple):
    """A key that does something now."""

    key: str
    does: str
    is_called_for: bool = False
    """The session waits for it."""


class Standing(NamedTuple):
    """What the status line says beside the session itself."""

    state: str
    """The chip: `● round 2 of 3`."""
    doing: str
    """In a word, if nobody is doing anything."""
    log: Literal["logged", "logging", "no log", ""]
    """Whether all that was said is on the disk; nothing in a replay."""
    extra: Sequence[tuple[str, str]] = ()
    """What a replay adds: labels and values."""
    is_replay: bool = False


def status(
    look: Look,
    session: Session,
    now: float,
    standing: Standing,
    width: int,
    calls: Sequence[Key] = (),
) -> Strip:
    """The status line; whole groups drop from the right as it narrows, failures never.

    Args:
        calls: Keys that the session waits for, where there is no other place to say so.
    """
    bar, dim = look.ink("text", "bar"), look.ink("dim", "bar")
    chip = Piece(f" {standing.state} ", look.chip("inverse"))
    groups: list[Group] = []
    doing = _doing(session) or standing.doing
    if calls:
        groups.append(key_pieces(look, calls, "bar"))
    elif doing:
        groups.append([Piece(doing, bar)])
    if how := now_and_next(session, is_replay=standing.is_replay):
        groups.append([Piece(how, look.ink("older", "bar"))])
    if session.failed:
        sign = look.symbols.phases[Phase.FAILED]
        chip_text = f" {sign} {session.failed} failed "
        groups.insert(0, [Piece(chip_text, look.chip("failure"))])
    groups += [[Piece(f"{label} ", dim), Piece(value, bar)] for label, value in standing.extra]
    cost = [Piece("cost ", dim), Piece(cost_words(look, session.bill), bar)]
    sums = [_saved(look, session, now), _tokens(look, session), cost]
    right = _log(look, standing.log, width)
    if is_paid(session.bill) or session.budget != _NO_BUDGET:
        # What has to be paid is looked for here: the others make room for it.
        while len(sums) > 1 and _needed([[chip], *groups, *sums, right]) > width:
            sums.pop(0)
    groups = [group for group in (*groups, *sums) if group]
    return row(width, bar, [chip], groups, right, keep=1 if session.failed else 0)


def _needed(groups: Sequence[Group]) -> int:
    """The cells that groups take with the gaps between them."""
    return sum(GAP + width_of(group) for group in groups if group) - GAP


def key_pieces(look: Look, keys: Sequence[Key], on: str = "ground") -> list[Piece]:
    """Keys and what they do."""
    ground = "bar" if on == "bar" else "ground"
    pieces: list[Piece] = []
    for key in keys:
        if pieces:
            pieces.append(Piece("   ", look.ink("dim", ground)))
        if key.is_called_for:
            pieces.append(Piece(f" {key.key} ", look.chip("inverse")))
        else:
            pieces.append(Piece(key.key, look.ink("text", ground, bold=True)))
        pieces.append(
            Piece(f" {key.does}", look.ink("older" if key.is_called_for else "dim", ground))
        )
    return pieces


def keys_line(look: Look, keys: Sequence[Key], right: Sequence[Key], width: int) -> Strip:
    """The line of keys; what does not fit is dropped from the right."""
    ground = look.ink("dim", "ground")
    gap = 3 if width >= 100 else 2
    groups = [key_pieces(look, [key]) for key in keys]
    end: list[Piece] = []
    for key in right:
        end += [Piece("  ", ground), *key_pieces(look, [key])]
    first, *rest = groups or [[]]
    left = [Piece(" ", ground), *first]
    return row(width, ground, left, rest, [*end, Piece(" ", ground)], gap=gap)


def _doing(session: Session) -> str:
    if not session.is_under_way or session.round is None:
        return ""
    counts = Counter(turn.phase for turn in session.round.turns if turn.phase not in SETTLED)
    order = (Phase.SPEAKING, Phase.THINKING, Phase.RETRYING, Phase.QUEUED)
    return ", ".join(f"{counts[phase]} {WORDS[phase]}" for phase in order if counts[phase])


def _saved(look: Look, session: Session, now: float) -> Group:
    """Time saved against one after another: by the sum of the turns, so about."""
    together, apart = session.elapsed(now), session.busy(now)
    if together <= 0 or apart - together < 0.05:
        return ()
    good, dim = look.ink("good", "bar"), look.ink("dim", "bar")
    return [
        Piece("saved ", dim),
        Piece(
            f"{look.symbols.approx}{seconds(apart - together)}", look.ink("good", "bar", bold=True)
        ),
        Piece(f" {apart / together:.1f}{look.symbols.times}", good),
    ]


def _tokens(look: Look, session: Session) -> Group:
    return [
        Piece(f"{session.tokens:,}", look.ink("text", "bar")),
        Piece(" tok", look.ink("dim", "bar")),
    ]


def _log(look: Look, log: str, width: int) -> Group:
    bar, dim = look.ink("text", "bar"), look.ink("dim", "bar")
    words = [Piece(f"{log} ", dim)] if width >= 100 else []
    if log in ("", "no log"):
        return words if log else ()
    is_done = log == "logged"
    sign = look.symbols.phases[Phase.DONE if is_done else Phase.THINKING]
    mark = Piece(f"{sign} ", look.ink("good", "bar") if is_done else bar)
    return [mark, *words]
