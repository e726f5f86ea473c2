"""The command that takes a session elsewhere."""

import sys
from pathlib import Path

import click

from brainstorm_agents.errors import InputError
from brainstorm_tui import locations
from brainstorm_tui.exports import FORMATS, exporter
from brainstorm_tui.options import log_dir_option

_LIST = "\n".join(f"      {name:<9} {what}" for name, what in FORMATS.items())


@click.command(
    "export",
    help=f"""Take a session elsewhere.

    LOG is a log's path, or the name of a file among the logs. The export goes to standard output,
    or with --output to a file. What a terminal or a browser would obey in a text becomes a visible
    mark; the log keeps it as it came. The same log gives the same bytes.

    \b
    Formats:
{_LIST}

    \b
    Examples:
      brainstorm-tui export session.jsonl --to markdown > transcript.md
      brainstorm-tui export session.jsonl --to html --output session.html
    """,
)
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "name",
    required=True,
    metavar="FORMAT",
    type=click.Choice(list(FORMATS)),
    help="What to.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to a file, which must not exist.  [default: standard output]",
)
@click.option("--force", is_flag=True, help="Replace that file if it exists.")
@log_dir_option
def export_log(
    log: Path, name: str, output: Path | None, force: bool, log_dir: Path | None
) -> None:
    """Export a log."""
    if force and output is None:
        raise click.UsageError("--force replaces a file: it needs --output")
    path = locations.find_log(log, log_dir)
    if output and output.exists() and path.exists() and output.samefile(path):
        raise InputError(f"{output} is the log itself; choose another name")
    from brainstorm_agents.reader import read

    found = read(path)
    if found.torn:
        left_out = f"the last line was not finished, {found.torn} bytes of it are left out"
        click.echo(f"{path}: {left_out}", err=True)
    pieces = exporter(name)(found)
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece.encode())
        sys.stdout.buffer.flush()
        return
    from brainstorm_tui.exports import file

    file.write(pieces, output, may_replace=force)
    click.echo(f"{output} is written", err=True)
