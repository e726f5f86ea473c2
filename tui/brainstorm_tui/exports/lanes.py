"""The lanes of a session as SVG: a multitrack recorder of who thinks, speaks and waits.

Shape carries the phase, so it survives without colour: thinking is dashes, speech a wave of tokens
a second, waiting dots, a retry a zigzag, a failure a cross. Places along the time are percentages,
so a lane fits any width; what must not be stretched, text and dashes, is not.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from brainstorm_agents.session import Phase, RoleState, Session, Turn
from brainstorm_themes import ROLE_COLOURS
from brainstorm_tui.exports import facts
from brainstorm_tui.exports.html_text import words
from brainstorm_tui.exports.intervals import (
    Interval,
    intervals,
    milliseconds,
    round_end,
    total,
)

REFERENCE_TPS = 18.0
"""Tokens a second that make half a wave."""

STEP = 3
"""Pixels for each of which the pace of speech is drawn."""

LEAST_STEP_MS = 100
WINDOW_MS = 450
"""Over how much time the pace is measured, at least."""

CHARACTER = 7.5
"""Pixels that a character of a label takes: small monospace."""

WAVE_TOP = 100
"""The height of a wave in its own units."""

ZIGZAG = (
    '<defs><pattern id="zigzag" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path class="retry" d="M0 4.5 1.5 1.5 4.5 4.5 6 3"/></pattern></defs>'
)
"""To be put once into a document with lanes."""

CROSS = (
    '<rect class="chip" x="-13" width="13" height="14"/><text class="cross" x="-11" y="12">✗</text>'
)
"""The mark of a failure, to the left of where it is put."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The measures of a lane, in pixels."""

    wave: int
    """Height of the part with the phases."""
    label: int
    """Height of the part below it with the ids; 0 for none."""
    width: int
    """About how wide a lane will be: labels that would not fit are left out."""

    @property
    def height(self) -> int:
        """The height of a lane."""
        return self.wave + self.label


class Lanes:
    """Draws the lanes of one session."""

    def __init__(self, session: Session, shape: Shape) -> None:
        self.session = session
        self.shape = shape
        self.total = max(1, total(session))
        self._step = max(self.total * STEP / shape.width, LEAST_STEP_MS)
        self._places = {id_: place for place, id_ in enumerate(session.turns)}

    def percent(self, ms: float) -> str:
        """A place along the time."""
        return f"{100 * ms / self.total:.3f}".rstrip("0").rstrip(".") + "%"

    def barriers(self) -> Iterator[str]:
        """A hairline where each round begins, as high as what it is put into."""
        for round_ in self.session.rounds:
            x = self.percent(milliseconds(self.session, round_.started))
            yield f'<line class="barrier" x1="{x}" y1="0" x2="{x}" y2="100%"/>'

    def rounds(self, y: int) -> Iterator[str]:
        """The rounds' names, each as far as there is room.

        Args:
            y: The line that they stand on.
        """
        for place, round_ in enumerate(self.session.rounds):
            start = milliseconds(self.session, round_.started)
            end = max(start, milliseconds(self.session, round_end(self.session, place)))
            name = f"round {round_.number}" if round_.number else "opening"
            took = facts.seconds((end - start) / 1000)
            room = self._pixels(end - start) - 6
            shown = next((text for text in (name, str(round_.number)) if _fits(text, room)), "")
            more = f' <tspan class="dim">{took}</tspan>' if _fits(f"{name} {took}", room) else ""
            if shown:
                text = f'<text class="older" x="6" y="{y}">{shown}{more}</text>'
                yield self._clipped(start, end, text)

    def lane(self, state: RoleState) -> Iterator[str]:
        """One role's lane."""
        yield f'<g class="r{state.place % ROLE_COLOURS}">'
        for turn, after in pairwise([*state.turns, None]):
            if turn is not None:
                yield from self._turn(turn, after)
        yield "</g>"

    def _turn(self, turn: Turn, after: Turn | None) -> Iterator[str]:
        found = intervals(self.session, turn)
        yield f'<g data-turn="{self._places[turn.id]}"><title>{self._told(turn)}</title>'
        for interval in found:
            if interval.end > interval.start:
                yield self._phase(turn, interval)
        start = found[0].start if found else 0
        own_end = max((item.end for item in found if item.phase is not None), default=start)
        if turn.phase in (Phase.FAILED, Phase.CANCELLED):
            x, y = self.percent(own_end), self.shape.wave - 14
            yield f'<svg x="{x}" y="{y}" overflow="visible">{CROSS}</svg>'
        # The whole span takes the pointer, also between the strokes.
        width = self.percent(max(own_end - start, 1))
        yield (
            f'<rect class="hit" x="{self.percent(start)}" y="0" width="{width}"'
            f' height="{self.shape.height}"/>'
        )
        if self.shape.label:
            limit = milliseconds(self.session, after.started) if after else self.total
            yield self._label(turn, start, limit)
        yield "</g>"

    def _phase(self, turn: Turn, interval: Interval) -> str:
        x1, x2 = self.percent(interval.start), self.percent(interval.end)
        width = self.percent(interval.end - interval.start)
        middle = self.shape.wave - 4
        match interval.phase:
            case Phase.SPEAKING:
                path = self._wave(turn, interval)
                return (
                    f'<svg x="{x1}" y="2" width="{width}" height="{self.shape.wave - 2}"'
                    f' viewBox="0 0 {interval.end - interval.start} {WAVE_TOP}"'
                    f' preserveAspectRatio="none"><path class="wave" d="{path}"/></svg>'
                )
            case Phase.RETRYING:
                return (
                    f'<rect fill="url(#zigzag)" x="{x1}" y="{middle - 3}" width="{width}"'
                    ' height="6"/>'
                )
        kind = str(interval.phase or "waiting")
        return f'<line class="{kind}" x1="{x1}" y1="{middle}" x2="{x2}" y2="{middle}"/>'

    def _wave(self, turn: Turn, interval: Interval) -> str:
        """Steps of equal time, as high as its speech was fast there."""
        pace = _Pace(self.session, turn)
        path = [f"M0 {WAVE_TOP}"]
        step = interval.start
        while step < interval.end:
            # Steps begin at whole parts of the whole time, so those of all roles are in line.
            after = min(interval.end, int((step // self._step + 1) * self._step))
            after = max(after, step + 1)
            level = pace.level(step, after, interval)
            top = round(WAVE_TOP - max(0.08, level) * WAVE_TOP)
            path.append(f"V{top}H{after - interval.start}")
            step = after
        return "".join([*path, f"V{WAVE_TOP}Z"])

    def _label(self, turn: Turn, start: int, limit: int) -> str:
        messages, more = facts.heard(self.session, turn)
        own, room = words(turn.id), self._pixels(limit - start) - 8
        if not _fits(own, room):
            return ""
        ids = " ".join(words(message.id) for message in messages) + (f" +{more}" if more else "")
        heard = (
            f'<tspan class="dim" dx="7">← {ids}</tspan>' if _fits(f"{own} ← {ids}", room) else ""
        )
        y = self.shape.height - 4
        return self._clipped(start, limit, f'<text class="id" x="4" y="{y}">{own}{heard}</text>')

    def _clipped(self, start: int, end: int, text: str) -> str:
        """Text that ends where the next begins, however narrow the lane is in the end."""
        x, width = self.percent(start), self.percent(end - start)
        return f'<svg x="{x}" width="{width}" height="100%">{text}</svg>'

    def _told(self, turn: Turn) -> str:
        messages, more = facts.heard(self.session, turn)
        ids = " ".join(words(message.id) for message in messages) + (f" +{more}" if more else "")
        ended = words(facts.outcome(turn)) or f"{turn.tokens} tokens"
        took = facts.seconds(turn.spent(self.session.t))
        return f"{words(turn.role)}: {words(turn.id)} ← {ids}, {took}, {ended}"

    def _pixels(self, ms: int) -> float:
        return self.shape.width * ms / self.total


class _Pace:
    """How fast a turn spoke."""

    def __init__(self, session: Session, turn: Turn) -> None:
        self._times = [milliseconds(session, t) for t in turn.wave_times]
        self._tokens = turn.wave_tokens

    def level(self, start: int, end: int, within: Interval) -> float:
        """From 0 to 1: a curve that is half up at the reference pace."""
        spare = max(0.0, WINDOW_MS - (end - start)) / 2
        start_ms, end_ms = max(start - spare, within.start), min(end + spare, within.end)
        first, last = bisect_left(self._times, start_ms), bisect_left(self._times, end_ms)
        pace = 1000 * sum(self._tokens[first:last]) / max(end_ms - start_ms, 50)
        return pace * pace / (pace * pace + REFERENCE_TPS * REFERENCE_TPS)


def _fits(text: str, room: float) -> bool:
    return len(text) * CHARACTER <= room
