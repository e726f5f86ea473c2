"""The command that forks a session: `logs fork`."""

import shlex
import sys
from pathlib import Path

import click

from brainstorm_agents.errors import InputError
from brainstorm_agents.fork import Fork, plan
from brainstorm_agents.parent import Changes
from brainstorm_tui import locations
from brainstorm_tui.forking import check_model, make
from brainstorm_tui.log_tree import changes_words
from brainstorm_tui.options import MAX_SEED, between, log_dir_option, read_params
from brainstorm_tui.plain import forked_from, torn_words
from brainstorm_tui.screen_options import is_terminal, need_terminal
from brainstorm_tui.text.safe import one_line

# These parameters are not called as the settings are: a setting is for new sessions, and a fork is
# what its parent is unless the command line says otherwise.


@click.command("fork")
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--round",
    "after_round",
    type=click.IntRange(0),
    metavar="N",
    help="Fork at the end of this round.  [default: at the log's end]",
)
@click.option(
    "--edit",
    "edited",
    default="",
    show_default=False,
    metavar="ID",
    help="Let this message say something else; your editor ($VISUAL, $EDITOR) opens with it. What"
    " heard it is left out.",
)
@click.option("--text", metavar="TEXT", help="What that message says, without an editor.")
@click.option("--mute", "muted", multiple=True, metavar="NAME", help="A role takes no more turns.")
@click.option(
    "--unmute", "unmuted", multiple=True, metavar="NAME", help="A muted role takes turns again."
)
@click.option("--model", "new_model", metavar="NAME", help="Another model, for every role.")
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter of every role's model; may be repeated.",
)
@click.option(
    "--seed",
    "new_seed",
    type=int,
    callback=between(0, MAX_SEED),
    metavar="N",
    help="Another seed.  [default: the parent's]",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The new log; the file must not exist.  [default: a new one among the logs]",
)
@click.option("--open", "is_opened", is_flag=True, help="Go on with it on the screen at once.")
@log_dir_option
@click.pass_context
def fork_log(
    context: click.Context,
    log: Path,
    after_round: int | None,
    edited: str,
    text: str | None,
    muted: tuple[str, ...],
    unmuted: tuple[str, ...],
    new_model: str | None,
    params: tuple[str, ...],
    new_seed: int | None,
    output: Path | None,
    is_opened: bool,
    log_dir: Path | None,
) -> int:
    """Make a new session that shares the past of another.

    The new log holds a copy of that past, and names its parent. LOG itself stays as it is; it may
    be one that is being written. Standard output gets the new log's path.

    \b
    Examples:
      brainstorm-tui logs fork session.jsonl --round 2
      brainstorm-tui logs fork session.jsonl --edit b1 --open
      brainstorm-tui logs fork session.jsonl --mute Bob --model ollama_chat/llama3.2
      brainstorm-tui run --resume "$(brainstorm-tui logs fork session.jsonl --seed 8)"
    """
    if text is not None and not edited:
        raise click.UsageError("--text is what a message says: name it with --edit")
    if both := [name for name in muted if name in unmuted]:
        raise click.UsageError(
            f"--mute {both[0]} and --unmute {both[0]} contradict each other; keep one"
        )
    folder = log_dir or context.obj
    changes = Changes(
        edited=edited,
        muted=tuple(dict.fromkeys(muted)),
        unmuted=tuple(dict.fromkeys(unmuted)),
        model=new_model,
        params=read_params(params),
        seed=new_seed,
    )
    fork = plan(locations.find_log(log, folder), changes, after_round=after_round)
    if is_opened:
        need_terminal("the same without --open, and then brainstorm-tui run --resume")
    check_model(fork)
    if fork.edit and text is None:
        if not is_terminal(sys.stdin, sys.stdout):
            raise InputError(
                f"--edit {one_line(edited)}: an editor needs a terminal; without one, say with"
                " --text what the message says"
            )
        text = _edited(fork.edit.text)
        if text is None:
            click.echo(f"{one_line(edited)} says what it said: nothing is forked", err=True)
            return 0
    output = make(fork, text or "", output, folder)
    if fork.torn:
        click.echo(torn_words(fork.log, fork.torn), err=True)
    click.echo("\n".join(_told(fork, output)), err=True)
    click.echo(output)
    return _open(context, output) if is_opened else 0


def _edited(text: str) -> str | None:
    """What somebody makes of a text in an editor; None if that is the same.

    Raises:
        InputError: What the editor has saved is no text.
        click.ClickException: There is no such editor, or it failed.
    """
    try:
        edited = click.edit(text, extension=".md")
    except UnicodeDecodeError:
        raise InputError("what the editor has saved is not UTF-8; nothing is forked") from None
    # Editors end a file with a newline.
    if edited is None or edited.rstrip("\n") == text.replace("\r\n", "\n").rstrip("\n"):
        return None
    return edited.rstrip("\n")


def _told(fork: Fork, output: Path) -> list[str]:
    changes = "".join(f"; {words}" for words in changes_words(fork.parent.changes))
    name = shlex.quote(str(output))
    return [
        f"{forked_from(fork.parent)}, {fork.shared:,} events are shared{changes}",
        f"go on with it: brainstorm-tui resume {name}",
        f"without a screen: brainstorm-tui run --resume {name}",
    ]


def _open(context: click.Context, log: Path) -> int:
    root = context.find_root()
    assert isinstance(root.command, click.Group), "the program is a group of commands"
    resume = root.command.commands["resume"]
    with resume.make_context("resume", [str(log)], parent=root) as own:
        code: int = resume.invoke(own)
    return code
