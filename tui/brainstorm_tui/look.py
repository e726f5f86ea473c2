"""How things look: a theme and a set of symbols, as styles by what they mean."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rich.color import Color
from rich.style import Style

from brainstorm_agents.session import Phase
from brainstorm_themes import Theme

Ground = Literal["ground", "card", "bar"]
"""What text can stand on, beside titles and chips."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """Every sign that is not a letter."""

    phases: dict[Phase, str]
    bar: str
    """Focus, and the cursor of a text that is still coming."""
    arrow: str
    thinking: str
    queued: str
    retrying: str
    waiting: str
    """At the barrier."""
    waves: str
    """Levels of a wave, from low to high."""
    barrier: str
    now: str
    rule: str
    path: str
    path_down: str
    path_turn: str
    path_end: str
    bullet: str
    quote: str
    dot: str
    idea: str
    more: str
    approx: str
    times: str
    below: str
    up_down: str
    left_right: str
    prompt: str
    paused: str
    none: str
    axis: str
    right: str


UNICODE = Symbols(
    phases={
        Phase.QUEUED: "◌",
        Phase.THINKING: "◐",
        Phase.SPEAKING: "●",
        Phase.RETRYING: "↻",
        Phase.DONE: "✓",
        Phase.FAILED: "✗",
        Phase.CANCELLED: "◌",
    },
    bar="▌",
    arrow="←",
    thinking="╌",
    queued="·",
    retrying="~",
    waiting="┈",
    waves="▁▂▃▄▅▆▇█",
    barrier="▏",
    now="▏",
    rule="─",
    path="━",
    path_down="┃",
    path_turn="┓",
    path_end="┗",
    bullet="•",
    quote="▏",
    dot="·",
    idea="✦",
    more="…",
    approx="≈",
    times="×",
    below="↓",
    up_down="↑ ↓",
    left_right="← →",
    prompt="▸",
    paused="▷",
    none="–",
    axis="┤",
    right="→",
)

ASCII = Symbols(
    phases={
        Phase.QUEUED: ":",
        Phase.THINKING: "o",
        Phase.SPEAKING: "*",
        Phase.RETRYING: "~",
        Phase.DONE: "+",
        Phase.FAILED: "x",
        Phase.CANCELLED: ":",
    },
    bar="|",
    arrow="<-",
    thinking=".",
    queued=":",
    retrying="~",
    waiting=" ",
    waves="__--==##",
    barrier="|",
    now="|",
    rule="-",
    path="=",
    path_down="|",
    path_turn="+",
    path_end="+",
    bullet="*",
    quote="|",
    dot="-",
    idea="*",
    more="...",
    approx="~",
    times="x",
    below="v",
    up_down="Up/Down",
    left_right="Left/Right",
    prompt=">",
    paused="||",
    none="-",
    axis="|",
    right="->",
)


class Look:
    """Styles by meaning, made once each."""

    def __init__(self, theme: Theme, symbols: Symbols) -> None:
        self.theme = theme
        self.symbols = symbols

    def __hash__(self) -> int:
        return id(self)

    @lru_cache(maxsize=1024)  # noqa: B019, a look lives as long as the program, or the next theme
    def ink(
        self,
        name: str,
        on: Ground = "card",
        *,
        bold: bool = False,
        italic: bool = False,
        strike: bool = False,
        underline: bool = False,
    ) -> Style:
        """A colour of the theme on one of its grounds."""
        return Style(
            color=_colour(getattr(self.theme, name)),
            bgcolor=_colour(getattr(self.theme, on)),
            bold=bold or None,
            italic=italic or None,
            strike=strike or None,
            underline=underline or None,
        )

    @lru_cache(maxsize=1024)  # noqa: B019
    def role(self, place: int, on: Ground = "card", *, bold: bool = False) -> Style:
        """A role's colour."""
        return Style(
            color=_colour(self.theme.role_colour(place)),
            bgcolor=_colour(getattr(self.theme, on)),
            bold=bold or None,
        )

    @lru_cache(maxsize=1024)  # noqa: B019
    def on_title(self, name: str | None, place: int, *, focused: bool, bold: bool = False) -> Style:
        """A colour of the theme, or with None the role's own, on the title of a role's pane."""
        colour = self.theme.role_colour(place) if name is None else getattr(self.theme, name)
        return Style(
            color=_colour(colour),
            bgcolor=_colour(self.theme.title_ground(place, focused=focused)),
            bold=bold or None,
        )

    @lru_cache(maxsize=64)  # noqa: B019
    def chip(self, name: Literal["failure", "inverse"]) -> Style:
        """Text on a ground of its own: a state, or a failure."""
        return Style(
            color=_colour(getattr(self.theme, f"{name}_text")),
            bgcolor=_colour(getattr(self.theme, f"{name}_ground")),
            bold=True,
        )

    @lru_cache(maxsize=64)  # noqa: B019
    def role_chip(self, place: int) -> Style:
        """A selected id: the card's colour on the role's."""
        return Style(
            color=_colour(self.theme.card if not self.theme.ansi else "ansi_black"),
            bgcolor=_colour(self.theme.role_colour(place)),
            bold=True,
        )

    @lru_cache(maxsize=64)  # noqa: B019
    def faint(self, place: int) -> Style:
        """A role's colour, faintly: what is still to come in a replay."""
        if self.theme.ansi:
            return Style(color=_colour(self.theme.role_colour(place)), dim=True)
        ground, colour = (
            _colour(name).get_truecolor()
            for name in (self.theme.card, self.theme.role_colour(place))
        )
        mixed = (round(a + (b - a) * 0.25) for a, b in zip(ground, colour, strict=True))
        return Style(color=Color.from_rgb(*mixed), bgcolor=_colour(self.theme.card))


def _colour(name: str) -> Color:
    return Color.parse(name.removeprefix("ansi_") if name.startswith("ansi_") else name)
