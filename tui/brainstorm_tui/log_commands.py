"""The commands about logs: list, search, recover."""

from pathlib import Path

import click

from brainstorm_tui import locations, log_list
from brainstorm_tui.options import log_dir_option
from brainstorm_tui.text.safe import one_line, sanitise


@click.group("logs", invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1), default=20, metavar="N", help="How many.")
@log_dir_option
@click.pass_context
def group(context: click.Context, limit: int, log_dir: Path | None) -> None:
    """List the latest logs, search them, save a damaged one.

    Without a command they are listed. Of each: when, which scenario, how far it came, how it
    ended, and on what topic.

    A log is one session, one event a line. `brainstorm-tui replay` shows it again,
    `brainstorm-tui resume` goes on with it.
    """
    context.default_map = dict.fromkeys(group.commands, context.default_map)
    context.obj = log_dir
    if context.invoked_subcommand is not None:
        return
    folder = log_dir or locations.logs_dir()
    found = log_list.newest(folder, limit)
    click.echo(f"{folder}: {'the latest logs' if found else 'no logs yet'}", err=True)
    for path in found:
        click.echo(log_list.describe(path), nl=False)


@group.command("search")
@click.argument("text")
@log_dir_option
@click.pass_obj
def search(above: Path | None, text: str, log_dir: Path | None) -> None:
    """Find TEXT in the topics and messages of all logs, the newest log first.

    Upper and lower case are the same. Of each message that has it: the log, the message's id, who
    said it, and the place.
    """
    if not text.strip():
        raise click.UsageError("TEXT is empty")
    from brainstorm_tui import log_search

    folder = log_dir or above or locations.logs_dir()
    is_found = False
    for found in log_search.search(folder, text, complain=_complain):
        is_found = True
        click.echo(f"{one_line(found.log.name)}  {found.id} {found.speaker}: {found.excerpt}")
    if not is_found:
        click.echo(f"{folder}: nothing found", err=True)


@group.command("recover")
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The new log; the file must not exist.  [default: LOG.recovered.jsonl]",
)
@log_dir_option
@click.pass_obj
def recover(above: Path | None, log: Path, output: Path | None, log_dir: Path | None) -> None:
    """Save what is whole of a damaged log in a new one.

    That is everything before the first damage. LOG itself stays as it is.
    """
    from brainstorm_agents.recover import recover

    recovered = recover(locations.find_log(log, log_dir or above), output)
    if recovered.problem:
        _complain(f"line {recovered.problem.line}: {recovered.problem.problem}")
    _complain(f"saved {recovered.events:,} events; left out {recovered.left_out:,} bytes")
    click.echo(recovered.path)


def _complain(text: str) -> None:
    click.echo(sanitise(text), err=True)
