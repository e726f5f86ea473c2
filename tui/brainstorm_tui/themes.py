"""Themes for Textual: ours as its, and its own as ours."""

from collections.abc import Collection

from textual.color import Color
from textual.theme import BUILTIN_THEMES
from textual.theme import Theme as TextualTheme

import brainstorm_themes
from brainstorm_themes import Theme, ThemeError
from brainstorm_tui.locations import themes_dir

DEFAULT = "dark"


def available() -> tuple[dict[str, Theme], list[ThemeError]]:
    """Our themes and the user's by name, and what was wrong with the user's."""
    users, errors = brainstorm_themes.load_folder(themes_dir())
    return brainstorm_themes.builtin() | users, errors


def textuals(known: Collection[str]) -> dict[str, Theme]:
    """Textual's own themes by name, but for names that are known: some milliseconds of work."""
    own = brainstorm_themes.builtin()
    return {
        name: _from_textual(theme, own["dark" if theme.dark else "light"])
        for name, theme in BUILTIN_THEMES.items()
        if not theme.ansi and name not in known
    }


def to_textual(theme: Theme) -> TextualTheme:
    """A theme as Textual takes it, for what it draws itself: inputs, the palette."""
    return TextualTheme(
        name=theme.name,
        primary=theme.roles[1],
        secondary=theme.dim,
        accent=theme.roles[0],
        success=theme.good,
        error=theme.failure_ground,
        warning=theme.roles[0],
        foreground=theme.text,
        background=theme.ground,
        surface=theme.card,
        panel=theme.bar,
        dark=theme.dark,
        ansi=theme.ansi,
        variables=(
            BUILTIN_THEMES["ansi-dark"].variables
            if theme.ansi
            else {"screen-selection-background": theme.hairline}
        ),
    )


def _from_textual(theme: TextualTheme, base: Theme) -> Theme:
    """One of Textual's themes: its grounds and text, with our role colours."""
    colours = theme.to_color_system().generate()
    ground, text = Color.parse(colours["background"]), Color.parse(colours["foreground"])
    text = ground.blend(text, text.a).with_alpha(1.0) if text.a < 1 else text
    card = ground.blend(text, 0.04)
    return Theme(
        name=theme.name,
        description="one of Textual's own",
        dark=theme.dark,
        ansi=False,
        ground=ground.hex,
        card=card.hex,
        bar=ground.blend(text, 0.11).hex,
        hairline=ground.blend(text, 0.22).hex,
        text=text.hex,
        older=card.blend(text, 0.74).hex,
        dim=card.blend(text, 0.56).hex,
        good=base.good,
        failure_text=base.failure_text,
        failure_ground=base.failure_ground,
        inverse_text=ground.hex,
        inverse_ground=text.hex,
        focus_tint=base.focus_tint,
        title_tint=base.title_tint,
        roles=base.roles,
    )
