"""The run diagram as a vector drawing: who spoke when, and what the whole run waited for."""

from collections.abc import Iterator
from itertools import count

import brainstorm_themes
from brainstorm_agents.critical_path import critical_path
from brainstorm_agents.reader import Log
from brainstorm_agents.session import Session
from brainstorm_themes import Theme
from brainstorm_tui.exports import facts
from brainstorm_tui.exports.html_text import words
from brainstorm_tui.exports.intervals import intervals
from brainstorm_tui.exports.lanes import CHARACTER, CROSS, ZIGZAG, Lanes, Shape
from brainstorm_tui.plain import why

MARGIN = 24
LEAST_WIDTH, ROUND_WIDTH = 960, 120
"""Pixels for the time: at least, and a round."""

MOST_WIDTH = 30_000
HEAD, AXIS, LANE_GAP, FOOT = 64, 44, 14, 92
LONGEST_NAME = 24
LONGEST_TITLE = 100
LONGEST_MODELS = 60
LONGEST_ID = 66
TICK = 70
"""Pixels between two labels of the axis, at least."""


def export(log: Log) -> Iterator[str]:
    """The drawing; it is light or dark as its reader prefers."""
    session = log.session()
    drawing = _Drawing(session)
    yield from drawing.head()
    yield from drawing.axis()
    yield from drawing.lanes()
    yield from drawing.path()
    yield from drawing.foot()


class _Drawing:
    """Where everything is."""

    def __init__(self, session: Session) -> None:
        self.session = session
        names = [facts.shortened(name, LONGEST_NAME) for name in session.roles]
        self._names = names
        self._left = MARGIN + round(max([4, *map(len, names)]) * 8.5) + 16
        rounds = len(session.rounds) * ROUND_WIDTH
        self._time = min(max(LEAST_WIDTH, rounds), MOST_WIDTH)
        self._lanes = Lanes(session, Shape(wave=34, label=18, width=self._time))
        self._row = self._lanes.shape.height + LANE_GAP
        self._top = HEAD + AXIS
        self._bottom = self._top + self._row * len(names)
        self.width = self._left + self._time + MARGIN
        self.height = self._bottom + FOOT

    def head(self) -> Iterator[str]:
        """The beginning of the document: what it is, its colours, its title."""
        title = words(facts.shortened(self.session.topic, LONGEST_TITLE)) or "a session"
        scenario = words(facts.shortened(self.session.scenario.name, LONGEST_NAME))
        yield (
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc"'
            f' width="{self.width}" height="{self.height}"'
            f' viewBox="0 0 {self.width} {self.height}">\n'
            f'<title id="title">{scenario}: {title}</title>\n'
            f'<desc id="desc">{self._described()}</desc>\n'
            f"<style>{_style()}</style>\n{ZIGZAG}\n"
            '<rect class="ground" width="100%" height="100%"/>\n'
            f'<rect class="bar" width="100%" height="{HEAD}"/>\n'
        )
        seed = self.session.header.seed if self.session.header else 0
        known = (
            f"{words(facts.shortened(facts.models(self.session), LONGEST_MODELS))} · seed {seed}"
        )
        yield (
            f'<text class="dim" x="{MARGIN}" y="26">{scenario} · {known}</text>\n'
            f'<text class="title" x="{MARGIN}" y="48">{title}</text>\n'
        )

    def axis(self) -> Iterator[str]:
        """The rounds' names over labels at whole steps of the seconds under way."""
        yield self._over_time(HEAD, self._bottom - HEAD)
        yield from self._lanes.barriers()
        yield from self._lanes.rounds(18)
        total = self._lanes.total
        steps = (base * 10**power for power in range(2, 13) for base in (1, 2, 5))
        step = next(ms for ms in steps if self._time * ms / total >= TICK)
        for ms in (number * step for number in count()):
            if ms > total * 0.98:
                break
            unit = " s" if ms == 0 else ""
            x, shown = self._lanes.percent(ms), f"{ms / 1000:,.{0 if step % 1000 == 0 else 1}f}"
            yield f'<text class="dim tick" x="{x}" dx="6" y="38">{shown}{unit}</text>'
        yield "</svg>\n"

    def lanes(self) -> Iterator[str]:
        """A name and a lane for each role."""
        for state, name in zip(self.session.roles.values(), self._names, strict=True):
            y = self._top + state.place * self._row
            place = state.place % brainstorm_themes.ROLE_COLOURS
            yield f'<text class="name r{place}" x="{MARGIN}" y="{y + 30}">{words(name)}</text>\n'
            yield self._over_time(y, self._row)
            yield from self._lanes.lane(state)
            yield "</svg>\n"

    def path(self) -> Iterator[str]:
        """The critical path: a line below the turns that the run waited for."""
        points: list[str] = []
        before = 0
        for turn in critical_path(self.session, self.session.t):
            own = [item for item in intervals(self.session, turn) if item.phase is not None]
            y = self._top + self.session.roles[turn.role].place * self._row + self._row - 8
            # One after another, a turn waits for the one before: the line is not there twice.
            start, before = max(own[0].start, before), own[-1].end
            for ms in (start, before):
                points.append(f"{self._left + self._time * ms / self._lanes.total:.1f},{y}")
        if points:
            yield f'<polyline class="path" points="{" ".join(points)}"/>\n'

    def foot(self) -> Iterator[str]:
        """The critical path in words, what was saved, and what the shapes mean."""
        session = self.session
        path = critical_path(session, session.t)
        chain = [words(facts.shortened(turn.id, LONGEST_ID)) for turn in path]
        # From both ends: what comes last matters most.
        most = int(self.width / CHARACTER / 12)
        if len(chain) > most:
            chain[most // 2 : -(most // 2)] = ["…"]
        y = self._bottom + 22
        took = facts.seconds(session.elapsed(session.t))
        yield f'<line class="path" x1="{MARGIN}" y1="{y - 4}" x2="{MARGIN + 22}" y2="{y - 4}"/>'
        yield self._words(y, 32, "critical path", " → ".join(chain) or "none", took)
        saved = facts.saved(session)
        apart = f"one after another ≈{facts.seconds(session.busy(session.t))}"
        gain = f"saved {saved}" if saved else "nothing saved"
        ended = words(facts.shortened(why(session), LONGEST_MODELS))
        yield self._words(y + 22, 32, ended, apart, gain)
        x = MARGIN
        for mark, label in _LEGEND:
            yield f'<svg x="{x}" y="{y + 34}" width="22" height="16">{mark}</svg>'
            yield f'<text class="dim" x="{x + 30}" y="{y + 48}">{label}</text>\n'
            x += 30 + round((len(label) + 3) * 8)
        yield "</svg>\n"

    def _words(self, y: int, dx: int, label: str, *told: str) -> str:
        rest = "".join(f'<tspan class="text" dx="18">{part}</tspan>' for part in told)
        return f'<text class="older" x="{MARGIN + dx}" y="{y}">{label}{rest}</text>\n'

    def _over_time(self, y: int, height: int) -> str:
        return (
            f'<svg x="{self._left}" y="{y}" width="{self._time}" height="{height}"'
            ' overflow="visible">'
        )

    def _described(self) -> str:
        rounds, took = max(self.session.finished_round, 0), self.session.elapsed(self.session.t)
        return (
            f"{len(self.session.roles)} roles, {rounds} rounds after the opening in"
            f" {facts.seconds(took)}; {words(why(self.session))}"
        )


_LEGEND = (
    ('<line class="thinking key" y1="10" x2="22" y2="10"/>', "thinking"),
    ('<path class="wave key" d="M0 14V8H5V4H10V6H16V2H22V14Z"/>', "tokens a second"),
    ('<line class="waiting" y1="10" x2="22" y2="10"/>', "waiting for others"),
    ('<rect fill="url(#zigzag)" y="7" width="22" height="6"/>', "retry"),
    (f'<svg x="18" y="1" overflow="visible">{CROSS}</svg>', "failed or stopped"),
)


def _style() -> str:
    themes = brainstorm_themes.builtin()
    dark = _colours(themes["dark"])
    return f"{_SHAPES}{_colours(themes['light'])}@media (prefers-color-scheme: dark){{{dark}}}"


_SHAPES = (
    "text{font:13px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}"
    ".title{font-size:16px;font-weight:bold}.name,.id{font-weight:bold}"
    ".id,.tick{font-size:12px}.id .dim{font-weight:normal}"
    ".thinking{stroke-width:2;stroke-dasharray:4 3}.queued{stroke-width:2;stroke-dasharray:2 8}"
    ".waiting{stroke-width:1.5;stroke-dasharray:1.5 5}.barrier{stroke-width:1}"
    ".retry{fill:none;stroke-width:1.5}.cross{font-size:12px}"
    ".hit{fill:none}.path{fill:none;stroke-width:2.5;stroke-linejoin:round}"
)


def _colours(theme: Theme) -> str:
    rules = [
        f".ground{{fill:{theme.card}}}.bar{{fill:{theme.bar}}}",
        f".title,.text{{fill:{theme.text}}}.older{{fill:{theme.older}}}",
        f".barrier{{stroke:{theme.hairline}}}.waiting{{stroke:{theme.dim}}}",
        f".path{{stroke:{theme.text}}}.cross{{fill:{theme.failure_text}}}",
        f".chip{{fill:{theme.failure_ground}}}",
        f".retry,.thinking.key{{stroke:{theme.dim}}}.wave.key{{fill:{theme.dim}}}",
    ]
    for place, colour in enumerate(theme.roles):
        rules.append(
            f".r{place} .wave,.r{place} .id,.name.r{place}{{fill:{colour}}}"
            f".r{place} .thinking,.r{place} .queued{{stroke:{colour}}}"
        )
    rules.append(f".dim,.id .dim,.older .dim{{fill:{theme.dim}}}")
    return "".join(rules)
