"""The ledger: who saw what, round by round, and what speaking at the same time has saved."""

from collections.abc import Sequence
from heapq import nlargest
from itertools import islice
from weakref import WeakKeyDictionary

from textual.strip import Strip

from brainstorm_agents.session import Phase, Round, Session, Turn
from brainstorm_tui.draw.column import Column
from brainstorm_tui.draw.headings import cost_words, observed_pieces, phase_sign, seconds
from brainstorm_tui.draw.row import Group, Piece, width_of
from brainstorm_tui.look import Look
from brainstorm_tui.money import dearest, is_paid
from brainstorm_tui.saving import is_saving
from brainstorm_tui.text.safe import one_line

WORTH_SAYING = 0.05
"""Seconds saved or waited that round to a tenth."""


def ledger(look: Look, session: Session, now: float, width: int, height: int) -> list[Strip]:
    """A title, the rounds' turns with what each observed, and the time taken; `height` at most.

    The latest rounds are at the end of the list; earlier ones that do not fit are counted.
    """
    column = Column(look, width)
    page = _Page(look, session, now, column)
    lines = [column.title("who saw what")]
    if height > _ROOMY:
        lines.append(column.blank())
    below = page.times() if session.under_way else []
    room = height - len(lines)
    wanted = page.wanted(room)
    # The list keeps a few lines before the times, then the bars, then the savings get theirs.
    for kept in (below, below[:4], []):
        space = room - len(kept) - bool(kept)
        if wanted <= space or space >= _FEWEST:
            break
    lines += page.rounds(space)
    if kept:
        gap = min(2, height - len(lines) - len(kept))
        lines += [*[column.blank()] * gap, *kept]
    return lines[: max(0, height)]


_ROOMY = 8
"""Above so many lines there is an empty one under the title."""

_FEWEST = 6
"""Lines that the list keeps before anything else has a place."""


class _Page:
    """The parts of the ledger, each as lines."""

    def __init__(self, look: Look, session: Session, now: float, column: Column) -> None:
        self._look = look
        self._session = session
        self._now = now
        self._column = column
        self._dim = look.ink("dim")

    def wanted(self, most: int) -> int:
        """How many lines all rounds would take; something above `most` if it is more."""
        lines = -1
        for round_ in reversed(self._session.rounds):
            lines += max(1, len(round_.turns)) + 1
            if lines > most:
                break
        return max(1, lines)

    def rounds(self, room: int) -> list[Strip]:
        """The latest rounds in at most so many lines, whole ones but for the very last."""
        rounds = self._session.rounds
        if not rounds:
            return [self._column.line([Piece("nobody has spoken yet", self._dim)])][: max(0, room)]
        label = max(9, len(_name(rounds[-1])) + 1)
        blocks: list[list[Strip]] = []
        free = room
        for round_ in reversed(rounds):
            note = 2 if round_.number else 0
            if blocks and max(1, len(round_.turns)) > free - note:
                break
            blocks.append(self._round(round_, label, max(1, free - note)))
            free -= len(blocks[-1]) + 1
        lines = [line for block in reversed(blocks) for line in (*block, self._column.blank())][:-1]
        if earlier := len(rounds) - len(blocks):
            note_text = f"{self._look.symbols.more} {earlier} earlier"
            lines = [self._column.line([Piece(note_text, self._dim)]), self._column.blank(), *lines]
        return lines[max(0, len(lines) - max(0, room)) :]

    def times(self) -> list[Strip]:
        """One after another against together, what that saved, and who has waited."""
        apart, together = self._session.busy(self._now), self._session.elapsed(self._now)
        longest = max(apart, together)
        bars = [
            self._measure(("one after another", "in turn"), [self._time(apart)]),
            self._bar(apart, longest, "hairline"),
            self._measure(("together",), [self._time(together)]),
            self._bar(together, longest, "good"),
        ]
        found = (self._saved(apart, together), self._waited(), self._cost(), self._dearest())
        below = [line for line in found if line]
        return [*bars, self._column.blank(), *below] if below else bars

    def _round(self, round_: Round, label: int, room: int) -> list[Strip]:
        """A round's turns in the cast's order, as many as there is room for."""
        turns = round_.turns
        name = Piece(_name(round_).ljust(label), self._dim)
        indent = Piece(" " * label, self._dim)
        fitting = len(turns) if len(turns) <= room else max(1, room - 1)
        lines = [
            self._turn(turn, indent if position else name)
            for position, turn in enumerate(turns[:fitting])
        ]
        if not turns:
            return [self._column.line([name])]
        if fitting < len(turns):
            lines.append(
                self._column.line([indent, Piece(f"+{len(turns) - fitting} more", self._dim)])
            )
        return lines

    def _turn(self, turn: Turn, label: Piece) -> Strip:
        look, session = self._look, self._session
        own = Piece(one_line(turn.id), look.role(session.roles[turn.role].place, bold=True))
        if self._column.inner < 24:
            label = Piece("", self._dim)
        left = [label, own, Piece(f" {look.symbols.arrow}", self._dim)]
        right = [self._outcome(turn)]
        room = self._column.inner - width_of(left) - width_of(right) - 1
        return self._column.line([*left, *self._observed(turn, room)], right)

    def _observed(self, turn: Turn, room: int) -> list[Piece]:
        """What a turn observed, which is settled when it begins."""
        observed = _kept(self._session).observed
        key = self._look, turn.id, room
        if key not in observed:
            if len(observed) >= _MOST_OBSERVED:
                observed.clear()
            observed[key] = observed_pieces(self._look, self._session, turn.observed, room)
        return observed[key]

    def _outcome(self, turn: Turn) -> Piece:
        look = self._look
        sign = phase_sign(look, turn)
        match turn.phase:
            case Phase.DONE:
                return Piece(seconds(turn.spent(self._now)), self._dim)
            case Phase.FAILED if turn.has_failed:
                return Piece(f" {sign} ", look.chip("failure"))
            case _:
                return Piece(sign, look.role(self._session.roles[turn.role].place))

    def _time(self, value: float) -> Piece:
        return Piece(seconds(value), self._look.ink("text"))

    def _bar(self, value: float, longest: float, colour: str) -> Strip:
        share = value / longest if longest > 0 else 0.0
        return self._column.line(
            [Piece(_bar(self._look, share, self._column.inner), self._look.ink(colour))]
        )

    def _saved(self, apart: float, together: float) -> Strip | None:
        look, saved = self._look, apart - together
        if not is_saving(apart, together):
            return None
        amount = f"{look.symbols.approx}{seconds(saved)}"
        factor = f"  {apart / together:.1f}{look.symbols.times}"
        good = look.ink("good", bold=True)
        return self._measure(("saved",), [Piece(amount, good), Piece(factor, good)])

    def _waited(self) -> Strip | None:
        """Who has waited longest; the second as well if there is room."""
        waits = nlargest(2, waited(self._session, self._now).items(), lambda item: item[1])
        words = ("waited at the barrier", "waited longest", "waited")
        named: list[Piece] = []
        for name, wait in waits:
            if wait < WORTH_SAYING:
                break
            style = self._look.role(self._session.roles[name].place)
            one = [Piece(f"{one_line(name)} {seconds(wait)}", style)]
            more = [*named, Piece("  ", self._dim), *one] if named else one
            if named and len(words[0]) + 2 + width_of(more) > self._column.inner:
                break
            named = more
        return self._measure(words, named) if named else None

    def _cost(self) -> Strip | None:
        """Tokens sent and said, and what they cost; nothing where nobody has to be paid."""
        look, bill = self._look, self._session.bill
        if not is_paid(bill):
            return None
        about = look.symbols.approx if bill.is_counted else ""
        used = Piece(f"{about}{bill.tokens:,} tok  ", self._dim)
        amount = Piece(cost_words(look, bill), look.ink("text", bold=True))
        return self._measure(("sent and said", "used"), [used, amount])

    def _dearest(self) -> Strip | None:
        """Who has cost most."""
        named: list[Piece] = []
        for name, bill in islice(dearest(self._session), 2):
            style = self._look.role(self._session.roles[name].place)
            one = [Piece(f"{one_line(name)} {cost_words(self._look, bill)}", style)]
            more = [*named, Piece("  ", self._dim), *one] if named else one
            if named and len("dearest") + 2 + width_of(more) > self._column.inner:
                break
            named = more
        is_worth_it = named and len(self._session.roles) > 1
        return self._measure(("dearest",), named) if is_worth_it else None

    def _measure(self, names: Sequence[str], value: Group) -> Strip:
        """A value at the right, and the longest of its names that fits at the left."""
        style = self._look.ink("older")
        ways = [[Piece(name, style)] for name in names]
        return self._column.line(self._column.first_fitting(ways, width_of(value) + 2), value)


def waited(session: Session, now: float) -> dict[str, float]:
    """Seconds that each role has waited for others at the end of a round, up to now."""
    kept = _kept(session)
    for round_ in session.rounds[kept.rounds :]:
        if round_.ended is None:
            break
        _add_waits(kept.waits, session, round_, round_.ended)
        kept.rounds += 1
    if session.open_round is None:
        return kept.waits
    waits = kept.waits.copy()
    _add_waits(waits, session, session.open_round, now)
    return waits


class _Kept:
    """What never changes again in a session."""

    def __init__(self) -> None:
        self.rounds = 0
        """How many finished rounds are in the waits."""
        self.waits: dict[str, float] = {}
        self.observed: dict[tuple[Look, str, int], list[Piece]] = {}


_MOST_OBSERVED = 1000
"""Turns of which what they observed is kept as pieces: more than a screen shows."""

_kept_by_session: WeakKeyDictionary[Session, _Kept] = WeakKeyDictionary()


def _kept(session: Session) -> _Kept:
    kept = _kept_by_session.get(session)
    if kept is None:
        kept = _kept_by_session[session] = _Kept()
    return kept


def _add_waits(waits: dict[str, float], session: Session, round_: Round, until: float) -> None:
    for turn in round_.turns:
        if turn.phase is Phase.DONE and turn.ended is not None:
            wait = session.elapsed(until) - session.elapsed(turn.ended)
            waits[turn.role] = waits.get(turn.role, 0.0) + wait


def _name(round_: Round) -> str:
    return "opening" if round_.number == 0 else f"round {round_.number}"


_EIGHTHS = " ▏▎▍▌▋▊▉"


def _bar(look: Look, share: float, width: int) -> str:
    """A bar over a share of the width, to an eighth of a cell where there are such signs."""
    full = look.symbols.waves[-1]
    if full.isascii():
        return full * round(share * width)
    cells, eighths = divmod(round(share * width * 8), 8)
    return full * cells + (_EIGHTHS[eighths] if eighths else "")
