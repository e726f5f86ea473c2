"""The timeline: a multitrack recorder of who thinks, speaks and waits."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.strip import Strip

from brainstorm_agents.session import Phase, Round, Session, Turn
from brainstorm_tui.draw.at_once import at_once
from brainstorm_tui.draw.cells import Cells
from brainstorm_tui.draw.headings import observed_pieces, seconds
from brainstorm_tui.draw.lane_cell import cell_style, put_cell
from brainstorm_tui.draw.lanes import Page, lane
from brainstorm_tui.draw.lanes import page as page_of
from brainstorm_tui.draw.row import Piece, clip, width_of
from brainstorm_tui.look import Look
from brainstorm_tui.schedule_words import WORDS
from brainstorm_tui.text.safe import one_line

MARGIN = 10
"""Cells for the names of the lanes."""

MOST_LANES = 8
"""With more roles than this the timeline shows how many at once."""


@dataclass(frozen=True, slots=True)
class Track:
    """What is drawn: a session with its future, and how far it has come."""

    session: Session
    """All that is known."""
    now: float
    """Where the now-line is."""
    end: float
    """Up to where anything is known; the same as `now` in a live session."""
    focus: str | None = None
    """The role whose name stands out."""
    chosen: str | None = None
    """The id of the turn that is selected."""

    @property
    def is_replay(self) -> bool:
        """Whether there is a future to show."""
        return self.end > self.now


def timeline(look: Look, track: Track, width: int, rows: int, *, lane_rows: int) -> list[Strip]:
    """The head and the lanes.

    Args:
        rows: Lines in all.
        lane_rows: Lines a role; 0 draws how many at once.
    """
    page = _page(track, width)
    head = timeline_head(look, track, page, width, "timeline")
    grid = Cells(width, rows - 1, look.ink("dim"))
    for round_ in page.rounds:
        x = MARGIN + page.scale.edge(round_.started)
        for y in range(grid.height):
            grid.put(x, y, look.symbols.barrier, look.ink("hairline"))
    if lane_rows:
        for place, name in enumerate(track.session.roles):
            _lane(look, grid, track, page, name, place * lane_rows, lane_rows)
    else:
        _at_once(look, grid, track, page)
    if track.session.under_way:
        now = MARGIN + page.scale.edge(track.now)
        line = look.symbols.path_down if track.is_replay else look.symbols.now
        for y in range(grid.height):
            is_label = lane_rows > 1 and y % lane_rows == lane_rows - 1
            if grid.is_free(now, y) or (track.is_replay and not is_label):
                grid.put(now, y, line, look.ink("text"))
    return [head, *grid.strips()]


def hit(track: Track, width: int, lane_rows: int, x: int, y: int) -> tuple[float, str | None]:
    """The time, and the role if there are lanes, of a cell of the timeline."""
    t = _page(track, width).scale.time(max(0, x - MARGIN))
    names = list(track.session.roles)
    place = (y - 1) // lane_rows if lane_rows and y > 0 else len(names)
    return t, names[place] if place < len(names) else None


def lane_strip(look: Look, track: Track, name: str, width: int) -> Strip:
    """One role's lane alone, in one line, for its pane or the overview."""
    page = page_of(track.session, track.now, track.end, width)
    grid = Cells(width, 1, look.ink("dim"))
    state = track.session.roles[name]
    now = page.scale.edge(track.now) - 1
    for x, cell in lane(page.turns(state), page.scale, track.end):
        style = cell_style(look, cell, state.place, is_faint=x > now)
        put_cell(look.symbols, grid, x, 0, cell, style, is_tall=False)
    return grid.strips()[0]


def _page(track: Track, width: int) -> Page:
    return page_of(track.session, track.now, track.end, width - MARGIN - 1)


def timeline_head(look: Look, track: Track, page: Page, width: int, title: str) -> Strip:
    """The rounds' names over the lanes, each as far as there is room, and the time in all."""
    dim, text = look.ink("dim", "bar"), look.ink("text", "bar")
    grid = Cells(width, 1, dim)
    grid.put(1, 0, title, dim if title == "timeline" else text)
    rounds = page.rounds
    total = seconds(track.session.elapsed(track.now))
    if track.is_replay:
        total += f" of {seconds(track.session.elapsed(track.end))}"
    edge = width - cell_len(total) - 1
    starts = [MARGIN + page.scale.edge(round_.started) for round_ in rounds]
    for round_, start, after in zip(rounds, starts, [*starts, edge][1:], strict=True):
        grid.put(start, 0, look.symbols.barrier, look.ink("older", "bar"))
        room = min(after, edge) - start - 2
        if room <= 0:
            continue
        x = start + 1
        for piece in _round_label(look, track, round_, room):
            x = grid.put(x, 0, piece.text, piece.style)
    grid.put(edge, 0, total, text)
    return grid.strips()[0]


def _round_label(look: Look, track: Track, round_: Round, room: int) -> Sequence[Piece]:
    dim, text = look.ink("dim", "bar"), look.ink("older", "bar")
    name = Piece("opening" if round_.number == 0 else f"round {round_.number}", text)
    until = track.now if round_.ended is None else min(round_.ended, track.now)
    took = track.session.elapsed(until) - track.session.elapsed(round_.started)
    # An opening hears the user alone, eagerly as well.
    how = () if round_.is_eager and not round_.number else _SCHEDULES.get(round_.schedule, ())
    names = [[name, Piece(f" {word}", look.ink("text", "bar"))] for word in how] + [[name]]
    label = names[0]
    labels = [*names, [Piece(str(round_.number), text)]]
    if until > round_.started:
        label = [*label, Piece(f" {seconds(took)}", dim)]
        labels.insert(0, label)
    last = _last(round_, track.now)
    if last is not None:
        place = track.session.roles[last.role].place
        who = Piece(one_line(last.role), look.role(place, "bar"))
        labels.insert(0, [*label, Piece(f" {look.symbols.dot} ", dim), who, Piece(" last", dim)])
    return next((pieces for pieces in labels if width_of(pieces) <= room), ())


_SCHEDULES = {name: (words,) for name, words in WORDS.items() if name != "simultaneous"}
"""What a round's label says of how it runs; nothing of the usual way."""


def _last(round_: Round, now: float) -> Turn | None:
    """Who held a finished round up, if it was one role and worth a word."""
    if round_.ended is None or round_.ended > now or len(round_.turns) < 2:
        return None
    *_, second, last = sorted(round_.turns, key=lambda turn: turn.ended or 0.0)
    return last if (last.ended or 0.0) - (second.ended or 0.0) >= 0.1 else None


def _lane(look: Look, grid: Cells, track: Track, page: Page, name: str, y: int, rows: int) -> None:
    session = track.session
    state = session.roles[name]
    label_y = y + (1 if rows == 3 else 0)
    is_focus = name == track.focus
    grid.put(
        1,
        label_y,
        clip(one_line(name), MARGIN - 2, look.symbols.more),
        look.role(state.place, bold=is_focus),
    )
    now = page.scale.edge(track.now) - 1
    for x, cell in lane(page.turns(state), page.scale, track.end):
        style = cell_style(look, cell, state.place, is_faint=x > now)
        put_cell(look.symbols, grid, MARGIN + x, label_y, cell, style, is_tall=rows == 3)
    if rows > 1:
        _labels(look, grid, track, page, page.turns(state), y + rows - 1)


def _labels(
    look: Look, grid: Cells, track: Track, page: Page, turns: Sequence[Turn], y: int
) -> None:
    session = track.session
    starts = [MARGIN + page.scale.edge(_asked(turn)) for turn in turns]
    for turn, x, after in zip(turns, starts, [*starts, grid.width][1:], strict=True):
        if turn.started > track.now:
            return
        place = session.roles[turn.role].place
        room = after - x - 2
        if turn.round.ended is not None:
            room = min(room, MARGIN + page.scale.cell(turn.round.ended) - x - 2)
        else:
            room = grid.width - x - 2
        id_ = one_line(turn.id)
        if cell_len(id_) > room:
            continue
        is_chosen = turn.id == track.chosen
        style = look.role_chip(place) if is_chosen else look.role(place, bold=True)
        at = grid.put(x + 1, y, id_, style)
        rest = room - cell_len(id_) - 2
        observed = observed_pieces(look, session, turn.observed, rest)
        if width_of(observed) <= rest:
            at = grid.put(at, y, f" {look.symbols.arrow}", look.ink("dim"))
            for piece in observed:
                at = grid.put(at, y, piece.text, look.ink("dim"))


def _asked(turn: Turn) -> float:
    asked = turn.since(Phase.THINKING)
    return asked if asked is not None else turn.started


def _at_once(look: Look, grid: Cells, track: Track, page: Page) -> None:
    """How many speak (solid), and how many wait for a model or speak (pale), over time."""
    count = len(track.session.roles)
    height, dim = grid.height, look.ink("dim")
    for y, value in ((0, count), (height // 2, count // 2), (height - 1, 0)):
        grid.put(1, y, f"{value:>7} {look.symbols.axis}", dim)
    for x, counts in enumerate(at_once(track.session, page, track.now), MARGIN):
        for amount, style in (
            (counts.in_call, look.ink("hairline")),
            (counts.speaking, look.ink("good")),
        ):
            eighths = round(amount / count * height * 8)
            for row in range(height):
                level = min(8, eighths - row * 8)
                if level > 0:
                    grid.put(x, height - 1 - row, look.symbols.waves[level - 1], style)
