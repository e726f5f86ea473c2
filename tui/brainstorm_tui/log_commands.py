"""The commands about logs: list, search, show a prompt, fork, tree, recover."""

from pathlib import Path

import click

from brainstorm_agents.errors import InputError
from brainstorm_tui import fork_command, locations, log_list, log_tree
from brainstorm_tui.options import log_dir_option
from brainstorm_tui.text.safe import one_line, sanitise


@click.group("logs", invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1), default=20, metavar="N", help="How many.")
@log_dir_option
@click.pass_context
def group(context: click.Context, limit: int, log_dir: Path | None) -> None:
    """List the latest logs, search them, show a prompt, fork one, save a damaged one.

    Without a command they are listed. Of each: when, which scenario, how far it came, how it
    ended, whether it is damaged, and on what topic. Of the newest, 64 MiB are verified.

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
    verifier = log_list.Verifier()
    for path in found:
        click.echo(log_list.describe(path, verifier), nl=False)


@group.command("search")
@click.argument("text")
@log_dir_option
@click.pass_obj
def search(above: Path | None, text: str, log_dir: Path | None) -> None:
    """Find TEXT in the topics and messages of all logs, the newest log first.

    Upper and lower case are the same. Of each message that has it: the log, the message's id, who
    said it, and the place. Every line is verified: of a damaged log, what is before the damage is
    searched, and standard error says so.
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


@group.command("prompt")
@click.argument("log", type=click.Path(path_type=Path))
@click.argument("turn")
@click.option("--json", "as_json", is_flag=True, help="Print the list that the model was given.")
@log_dir_option
@click.pass_obj
def prompt(above: Path | None, log: Path, turn: str, as_json: bool, log_dir: Path | None) -> None:
    """Print the messages that the model was sent for TURN, such as a1.

    They are made again from LOG, which says what the role had seen. The mock gets none of these
    words: of its turns they are what a real model would have been sent.
    """
    from brainstorm_agents.reader import read
    from brainstorm_tui import plain_prompt

    path = locations.find_log(log, log_dir or above)
    session = read(path).session()
    if turn not in session.turns:
        some = ", ".join(list(session.turns)[:3])
        there = f"there are {some}, …" if some else "there are none"
        raise InputError(f"{path}: there is no turn {turn!r}; {one_line(there)}")
    show = plain_prompt.prompt_json if as_json else plain_prompt.prompt_text
    click.echo(show(session, turn).rstrip("\n"))


group.add_command(fork_command.fork_log)


@group.command("tree")
@click.option("--all", "with_single", is_flag=True, help="Also the logs that have no relatives.")
@log_dir_option
@click.pass_obj
def tree(above: Path | None, with_single: bool, log_dir: Path | None) -> None:
    """Show the families among the logs: each session, and under it its forks.

    Of each fork: where it parts from its parent, what it does otherwise, how far it came and how it
    ended. Under one parent, the fork that was made first comes first.
    """
    folder = log_dir or above or locations.logs_dir()
    is_found = False
    for line in log_tree.tree(folder, _complain, with_single):
        is_found = True
        click.echo(line)
    if not is_found:
        what = "no logs yet" if with_single else "no log has a fork"
        click.echo(f"{folder}: {what}", err=True)


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

    That is everything before the first damage. LOG itself stays as it is. Of a log with which
    nothing is wrong, nothing is written.
    """
    from brainstorm_agents.recover import recover

    recovered = recover(locations.find_log(log, log_dir or above), output)
    if recovered is None:
        _complain(f"{log}: nothing is wrong with this log; nothing is written")
        return
    if recovered.problem:
        _complain(f"{log}:{recovered.problem.line}: {recovered.problem.problem}")
    _complain(f"{log}: saved {recovered.events:,} events; left out {recovered.left_out:,} bytes")
    click.echo(recovered.path)


def _complain(text: str) -> None:
    click.echo(sanitise(text), err=True)
