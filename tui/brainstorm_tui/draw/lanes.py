"""The timeline's scale and lanes: a turn's phases and the pace of its speech, cell by cell."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from brainstorm_agents.session import Phase, RoleState, Round, Session, Turn
from brainstorm_agents.under_way import UnderWay

STEPS_MS: tuple[int, ...] = tuple(
    base * 10**power
    for power in range(1, 9)
    for base in (2, 3, 5, 7, 10, 15)
    if base * 10**power >= 100
)
"""Milliseconds that a cell may stand for: the scale steps, it never crawls."""

CLOSE_MS: tuple[int, ...] = (25, 35, 50, 70, *STEPS_MS)
"""The same where one looks closely: a short run has the whole width as well."""

WINDOW_S = 0.45
"""Over how much time the pace of speech is measured."""

LEAST_ROUND = 8
"""Cells that a round has on average, at least; with more rounds the timeline has pages."""

REFERENCE_TPS = 18.0
"""Tokens a second that make half a wave. Fixed, so that past waves never move."""


class Scale(NamedTuple):
    """Session time to cells, the idle stretches left out."""

    cell_ms: int
    under_way: UnderWay
    first_ms: int = 0
    """Milliseconds under way before the first cell."""

    def ms(self, t: float) -> int:
        """Milliseconds under way from the first cell to a time of the session."""
        return round(self.under_way.seconds(t) * 1000) - self.first_ms

    def cell(self, t: float) -> int:
        """The cell that a time of the session falls into."""
        return self.ms(t) // self.cell_ms

    def edge(self, t: float) -> int:
        """The first cell whose middle is not before a time: where something begins or is over."""
        return edge(self.ms(t), self.cell_ms)

    def time(self, cell: float) -> float:
        """The time of the session at which a cell begins, or at a fraction of it."""
        return self.under_way.time((cell * self.cell_ms + self.first_ms) / 1000)


def edge(ms: int, cell_ms: int) -> int:
    """The first cell whose middle is not before so many milliseconds."""
    return -((cell_ms // 2 - ms) // cell_ms)


def scale(
    session: Session,
    now: float,
    width: int,
    cell_ms: int | None = None,
    *,
    steps_ms: Sequence[int] = STEPS_MS,
) -> Scale:
    """The scale at which the session up to now fits a width in cells.

    Args:
        cell_ms: Milliseconds a cell, to overrule what fits.
        steps_ms: What a cell may stand for, from the closest on.
    """
    if cell_ms is None:
        total = round(session.elapsed(now) * 1000)
        cell_ms = next((step for step in steps_ms if total // step < width), steps_ms[-1])
    return Scale(cell_ms, session.under_way)


class Page(NamedTuple):
    """The rounds that are in view together, and their scale."""

    scale: Scale
    rounds: Sequence[Round]

    def turns(self, state: RoleState) -> Sequence[Turn]:
        """A role's turns in these rounds."""
        if not self.rounds:
            return ()
        first, last = self.rounds[0].number, self.rounds[-1].number
        turns = state.turns
        start = bisect_left(turns, first, key=_round_of)
        return turns[start : bisect_right(turns, last, key=_round_of)]


def _round_of(turn: Turn) -> int:
    return turn.round.number


def page(session: Session, now: float, end: float, width: int) -> Page:
    """The page on which a time is: the whole session, as long as its rounds have room.

    A longer one turns by half a page at a time.

    Args:
        now: What has to be in view.
        end: Up to where anything is known.
        width: Cells.
    """
    rounds = session.rounds
    half = max(4, width // LEAST_ROUND) // 2
    current = max(0, bisect_right(rounds, now, key=lambda round_: round_.started) - 1)
    first = max(0, (current // half - 1) * half)
    shown = rounds[first : first + 2 * half]
    if len(shown) == len(rounds):
        return Page(scale(session, end, width), rounds)
    behind = first + len(shown)
    until = rounds[behind].started if behind < len(rounds) else end
    start = shown[0].started
    total = round((session.elapsed(until) - session.elapsed(start)) * 1000)
    cell_ms = next((step for step in STEPS_MS if total // step < width), STEPS_MS[-1])
    return Page(Scale(cell_ms, session.under_way, round(session.elapsed(start) * 1000)), shown)


class Cell(NamedTuple):
    """What a lane shows in one cell."""

    phase: Phase | None
    """None stands for waiting at the barrier."""
    level: float
    """How fast it spoke there, 0 to 1."""
    turn: Turn


def lane(turns: Iterable[Turn], scale_: Scale, now: float) -> Iterator[tuple[int, Cell]]:
    """The cells of one role's lane, by position."""
    for turn in turns:
        if turn.round.ended is None:
            yield from _cells(turn, scale_, now)
        else:
            yield from _settled_cells(_Settled(turn, scale_.cell_ms, scale_))


@dataclass(frozen=True, slots=True)
class _Settled:
    """A turn of a finished round: at one scale its cells never change again."""

    turn: Turn
    cell_ms: int
    scale: Scale = field(compare=False)


@lru_cache(maxsize=4096)
def _settled_cells(settled: _Settled) -> list[tuple[int, Cell]]:
    return list(_cells(settled.turn, settled.scale, settled.turn.round.ended or 0.0))


def _cells(turn: Turn, scale_: Scale, now: float) -> Iterator[tuple[int, Cell]]:
    """A turn's cells: each shows the phase in its middle, but no turn is without a cell."""
    shown = -1
    longest, at = -1.0, (0, Cell(turn.phase, 0.0, turn))
    for phase, start, end in turn.stretches(now):
        for cell in range(scale_.edge(start), scale_.edge(end)):
            level = 0.0
            if phase is Phase.SPEAKING:
                is_past = scale_.time(cell + 1) + WINDOW_S < now
                level = (_past_level if is_past else _level)(turn, scale_, cell)
            yield cell, Cell(phase, level, turn)
            shown = cell
        if end - start > longest and phase is not Phase.QUEUED:
            longest = end - start
            at = scale_.cell(start), Cell(phase, _level(turn, scale_, scale_.cell(start)), turn)
    skipped = len(turn.marks) - 1 if turn.is_skipped else None
    for place, (t, phase) in enumerate(turn.marks):
        if phase is Phase.FAILED or phase is Phase.CANCELLED:
            cell = max(scale_.edge(t) - 1, scale_.edge(turn.started))
            yield cell, Cell(Phase.CANCELLED if place == skipped else phase, 0.0, turn)
            shown = max(shown, cell)
    if turn.phase is Phase.CANCELLED:
        return
    if shown < 0 and longest >= 0:
        yield at
        shown = at[0]
    if turn.ended is not None:
        barrier = turn.round.ended if turn.round.ended is not None else now
        for cell in range(shown + 1, scale_.edge(barrier)):
            yield cell, Cell(None, 0.0, turn)


def _level(turn: Turn, scale_: Scale, cell: int) -> float:
    """How fast a turn spoke around a cell: a curve that is half up at the reference pace."""
    # Not half-way to the end of the cell, which may lie behind an idle stretch.
    middle = scale_.time(cell + 0.5)
    span = max(WINDOW_S, scale_.cell_ms / 1000)
    spoke = turn.since(Phase.SPEAKING) or 0.0
    start, end = max(middle - span / 2, spoke), middle + span / 2
    if turn.ended is not None:
        end = min(end, turn.ended)
    times = turn.wave_times
    said = sum(turn.wave_tokens[bisect_left(times, start) : bisect_left(times, end)])
    pace = said / max(end - start, 0.05)
    return pace * pace / (pace * pace + REFERENCE_TPS * REFERENCE_TPS)


@lru_cache(maxsize=16_384)
def _past_level(turn: Turn, scale_: Scale, cell: int) -> float:
    """The same, kept: nothing more is said around a cell that is past."""
    return _level(turn, scale_, cell)
