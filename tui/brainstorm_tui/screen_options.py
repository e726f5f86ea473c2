"""What every command with a screen takes and needs: colours, symbols, a terminal."""

import os
import sys
from typing import TextIO

import click

from brainstorm_agents import fields
from brainstorm_agents.errors import InputError
from brainstorm_tui import locations
from brainstorm_tui.options import setting

theme_option = setting("--theme", metavar="NAME", help="Colours.  [default: to suit the terminal]")
symbols_option = setting(
    "--symbols",
    type=click.Choice(["auto", "unicode", "ascii"]),
    default="auto",
    help="What marks and bars are drawn with.",
)


def need_terminal(instead: str) -> None:
    """Check that there is a screen to draw on.

    Args:
        instead: The command that does without one.

    Raises:
        InputError: There is none.
    """
    # Textual draws on standard error.
    if not is_terminal(sys.stdin, sys.stdout, sys.stderr):
        raise InputError(f"the screen needs a terminal; without one use: {instead}")
    if os.environ.get("TERM") == "dumb":
        raise InputError(f"TERM=dumb: such a terminal has no screen; use: {instead}")


def is_terminal(*streams: TextIO) -> bool:
    """Whether somebody sits at all of these."""
    return all(stream.isatty() for stream in streams)


def check_theme(name: str | None) -> None:
    """Check that a theme exists, before anything else is loaded.

    Raises:
        InputError: There is none of that name.
    """
    if name is None:
        return
    import brainstorm_themes

    own, errors = brainstorm_themes.load_folder(locations.themes_dir())
    known = [*brainstorm_themes.builtin(), *own]
    if name not in known:
        broken = "".join(f"\n{error}" for error in errors)
        remedy = fields.nearest(name, known, "themes")
        raise InputError(f"--theme: there is no theme {name!r}; {remedy}{broken}")
