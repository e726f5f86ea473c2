"""The command `compare`: two logs, on the screen or as text."""

import sys
from pathlib import Path

import click

from brainstorm_agents.reader import Log, read
from brainstorm_tui import locations
from brainstorm_tui.comparison import Comparison, compare
from brainstorm_tui.options import log_dir_option
from brainstorm_tui.screen_options import (
    check_theme,
    need_terminal,
    symbols_option,
    theme_option,
)


@click.command("compare")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--headless", "is_headless", is_flag=True, help="Print it instead.")
@theme_option
@symbols_option
@log_dir_option
def command(
    a: Path,
    b: Path,
    is_headless: bool,
    theme: str | None,
    symbols: str,
    log_dir: Path | None,
) -> int:
    """Show two sessions of one scenario side by side.

    They are scrolled together, round by round; where they part and what differs is marked, with
    the times of both. A and B are paths of logs, or names of files among the logs. Nothing is
    asked, nothing is written.

    --headless prints a line for each difference, beginning with `round`, and a summary. The exit
    code is 0 whether they differ or not, and 2 if they cannot be compared: one is no log, or
    their casts are not the same.

    \b
    Examples:
      brainstorm-tui compare monday.jsonl tuesday.jsonl
      brainstorm-tui compare monday.jsonl tuesday.jsonl --headless | grep -c '^round '
    """
    paths = locations.find_log(a, log_dir), locations.find_log(b, log_dir)
    if not is_headless:
        need_terminal(f"brainstorm-tui compare {a} {b} --headless")
        check_theme(theme)
    logs = read(paths[0]), read(paths[1])
    comparison = compare(logs[0].session(), logs[1].session())
    names = _names(*paths)
    if is_headless:
        _print(comparison, logs, names)
        return 0
    from brainstorm_tui.app import run_compare

    return run_compare(comparison, names, theme=theme, symbols=symbols)


def _names(a: Path, b: Path) -> tuple[str, str]:
    """What to call the logs: their names, or if those are the same, their paths."""
    return (a.name, b.name) if a.name != b.name else (str(a), str(b))


def _print(comparison: Comparison, logs: tuple[Log, Log], names: tuple[str, str]) -> None:
    from brainstorm_tui.headless import marks_for, spell_out
    from brainstorm_tui.plain_comparison import comparison_text

    for log in logs:
        if log.torn:
            said = f"the last line was not finished, {log.torn} bytes of it are left out"
            click.echo(f"{log.path}: {said}", err=True)
    spell_out(sys.stdout)
    for line in comparison_text(comparison, names, marks_for(sys.stdout)):
        click.echo(line)
