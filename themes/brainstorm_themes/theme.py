"""A theme: every colour the screen draws with, by what it means."""

import msgspec

ANSI_NAMES = (
    "ansi_default",
    "ansi_black",
    "ansi_red",
    "ansi_green",
    "ansi_yellow",
    "ansi_blue",
    "ansi_magenta",
    "ansi_cyan",
    "ansi_white",
    "ansi_bright_black",
    "ansi_bright_red",
    "ansi_bright_green",
    "ansi_bright_yellow",
    "ansi_bright_blue",
    "ansi_bright_magenta",
    "ansi_bright_cyan",
    "ansi_bright_white",
)
"""The terminal's own colours: its default, and its sixteen."""

ROLE_COLOURS = 8
"""How many role colours a theme has."""


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """Colours as data.

    A colour is `#RRGGBB`, or one of `ANSI_NAMES` where `ansi` is true.
    """

    name: str
    description: str = ""
    """One line for the list of themes."""
    dark: bool
    """Light text on a dark ground. What an `ansi` theme says here is a guess."""
    ansi: bool
    """Some colours are the terminal's own; they cannot be mixed."""

    ground: str
    """Behind everything: the gutters between cards, the row of keys."""
    card: str
    """Behind the text of a pane and the lanes of the timeline."""
    bar: str
    """Behind the topic, the head of the timeline and the status line."""
    hairline: str
    """The thin rules between rounds. Never text."""

    text: str
    older: str
    """Text of past rounds, and the profile in a focused title."""
    dim: str
    """Labels, times, counts."""
    good: str
    """What went well: time saved, logged."""
    failure_text: str
    failure_ground: str
    inverse_text: str
    """The state chip."""
    inverse_ground: str

    focus_tint: float
    """How much of a role's colour is in its title while it has the focus, 0 to 1."""
    title_tint: float
    """The same without the focus."""
    roles: tuple[str, ...]
    """Eight colours, in the order of the cast."""

    def role_colour(self, index: int) -> str:
        """The colour of the role at a place in the cast; past the last they repeat."""
        return self.roles[index % len(self.roles)]

    def title_ground(self, index: int, *, focused: bool) -> str:
        """What is behind the title of a role's pane: the card, tinted with the role's colour.

        The terminal's own colours are unknown here and cannot be mixed: with them it is `bar`.
        """
        colour = self.role_colour(index)
        if self.card.startswith("#") and colour.startswith("#"):
            return _mix(self.card, colour, self.focus_tint if focused else self.title_tint)
        return self.bar


def _mix(ground: str, colour: str, share: float) -> str:
    below, above = bytes.fromhex(ground[1:]), bytes.fromhex(colour[1:])
    mixed = (round(b + (a - b) * share) for b, a in zip(below, above, strict=True))
    return "#" + "".join(f"{channel:02X}" for channel in mixed)
