"""Themes of brainstorm-tui: colours as data, and their loader."""

from brainstorm_themes.error import ThemeError
from brainstorm_themes.loader import builtin, fingerprint, load, load_folder, parse
from brainstorm_themes.theme import ANSI_NAMES, ROLE_COLOURS, Theme

__all__ = [
    "ANSI_NAMES",
    "ROLE_COLOURS",
    "Theme",
    "ThemeError",
    "builtin",
    "fingerprint",
    "load",
    "load_folder",
    "parse",
]
