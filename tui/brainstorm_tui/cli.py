"""The command line: what can be asked for, and how the program ends."""

import atexit
import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from brainstorm_agents import scenario as scenarios
from brainstorm_agents.errors import BrainstormError, InputError
from brainstorm_agents.redaction import redact
from brainstorm_tui import (
    bench_command,
    compare_command,
    export_command,
    locations,
    log_commands,
    options,
    scenario_commands,
)
from brainstorm_tui.default_command import DefaultCommand, DefaultGroup
from brainstorm_tui.launch import DISTRIBUTION, Launch
from brainstorm_tui.options import (
    is_setting,
    launch_options,
    make_launch,
    need_topic,
    setting,
)
from brainstorm_tui.resuming import Wishes, refuse_what_the_log_says, reopened_launch
from brainstorm_tui.screen_options import (
    check_theme,
    need_terminal,
    symbols_option,
    theme_option,
)
from brainstorm_tui.settings import read_settings
from brainstorm_tui.text.safe import sanitise

if TYPE_CHECKING:
    from brainstorm_tui.headless import Output
    from brainstorm_tui.plain import Show

NAME = "brainstorm-tui"
DEBUG_VARIABLE = "BRAINSTORM_TUI_DEBUG"
COMPLETE_VARIABLE = "_BRAINSTORM_TUI_COMPLETE"
"""What a shell sets to ask for completions; click answers."""

GC_THRESHOLD = 50_000
"""Allocations between two collections: rare, so that neither start-up nor a frame waits for one."""

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130
"""Exit codes."""

UNREAD = 141
"""The exit code if nobody reads standard output any more: what a shell says of SIGPIPE."""

CONTEXT = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
    "show_default": True,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: The words of the command line; by default the process's.

    Returns:
        The exit code: 0 done, 1 the session failed, 2 the input was wrong, 130 interrupted, 141
        nobody read standard output to its end.
    """
    gc.set_threshold(GC_THRESHOLD)
    # Python takes every object apart as it ends, and with litellm that takes a second or two.
    atexit.register(gc.freeze)
    _open_closed_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    is_debugged = "--debug" in words or bool(os.environ.get(DEBUG_VARIABLE))
    try:
        if COMPLETE_VARIABLE in os.environ:
            cli.main(words, prog_name=NAME, complete_var=COMPLETE_VARIABLE)
        with cli.make_context(NAME, words) as context:
            code = cli.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as request:
        return request.exit_code
    except BrokenPipeError:
        _give_up_output()
        return UNREAD
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except Exception as error:
        if is_debugged:
            click.echo(sanitise(redact(traceback.format_exc())), err=True, nl=False)
        if isinstance(error, OSError) and error.filename is None:
            _give_up_output()
        code, message = _explained(error)
        click.echo(f"{NAME}: {sanitise(redact(message))}", err=True)
    return code if isinstance(code, int) else 0


def _give_up_output() -> None:
    """Nobody takes standard output any more: Python would fail again as it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_closed_streams() -> None:
    """Give a stream that the caller has closed a place to go, before a log gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _explained(error: Exception) -> tuple[int, str]:
    """The exit code and the words for an error."""
    # Only what has imported the themes can raise their error.
    from brainstorm_themes import ThemeError

    match error:
        case click.UsageError():
            path = error.ctx.command_path.strip() if error.ctx else NAME
            return WRONG_INPUT, f"{error.format_message()}\nTry '{path} --help'."
        case click.ClickException():
            return WRONG_INPUT, error.format_message()
        case InputError() | ThemeError():
            return WRONG_INPUT, str(error)
        case BrainstormError():
            return FAILED, str(error)
        case OSError():
            return FAILED, f"{error.filename or 'standard output'}: {error.strerror or error}"
    problem = f"unexpected: {type(error).__name__}: {error}"
    return FAILED, f"{problem}\nThis is a fault of the program; --debug shows where."


@click.group(cls=DefaultGroup, things=scenarios.builtin_names, context_settings=CONTEXT)
@click.option("--debug", is_flag=True, help="Show where in the program an error comes from.")
@click.version_option(package_name=DISTRIBUTION, prog_name=NAME)
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """Conversations between agents, in the terminal.

    SCENARIO is a built-in's name or a YAML file: it names the roles, who listens to whom, and the
    topic. Without one, a classroom of three talks on the embedded mock model, which needs no key,
    no account and no network. A scenario that is called like a command is given as a path:
    ./run.yaml

    \b
    Examples:
      brainstorm-tui
      brainstorm-tui classroom --topic "How do we explain recursion?" --run
      brainstorm-tui cast.yaml --model ollama_chat/llama3.2
      brainstorm-tui run --speed 0 --seed 7 > transcript.txt

    An option that is not given is taken from the environment (BRAINSTORM_TUI_MODEL for --model),
    then from config.yaml (`model: mock`, a line for each), which is in ~/.config/brainstorm-tui on
    Linux. BRAINSTORM_TUI_HOME names one folder for settings, themes and logs instead. API keys are
    no options: the provider's environment variable holds them.

    The shell completes commands, options and scenarios after
    eval "$(_BRAINSTORM_TUI_COMPLETE=bash_source brainstorm-tui)"; zsh_source and fish_source do
    the same for theirs.
    """
    command = cli.commands[context.invoked_subcommand or ""]
    if any(is_setting(parameter) for parameter in command.params):
        context.default_map = dict.fromkeys(cli.commands, _settings())


def _settings() -> dict[str, Any]:
    """The user's settings, checked against the options of all commands."""
    known = {
        str(parameter.name): parameter
        for command in cli.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option) and is_setting(parameter)
    }
    return read_settings(locations.config_path(), known)


@cli.command(DefaultCommand.__name__, cls=DefaultCommand)
@options.scenario_argument
@launch_options
@setting("--run", is_flag=True, help="Do not wait for a key after the opening.")
@theme_option
@symbols_option
def session(scenario: str | None, run: bool, theme: str | None, symbols: str, **chosen: Any) -> int:
    """The interactive session."""
    if scenario in cli.commands:
        raise InputError(
            f"a command comes before its options: {NAME} {scenario} …; a scenario that is called"
            f" so is given as a path: ./{scenario}"
        )
    _need_time(chosen["speed"])
    launch = make_launch(scenario, run_at_once=run, **chosen)
    need_terminal(f"{NAME} run")
    check_theme(theme)
    from brainstorm_tui.app import run_live

    asks = chosen["topic"] is None and not launch.recordings
    others = _other_launches(launch, run_at_once=run, **chosen) if asks else []
    return run_live([launch, *others], theme=theme, symbols=symbols, ask_topic=asks)


def _other_launches(first: Launch, **chosen: Any) -> list[Launch]:
    """The same with the built-in casts, for the topic prompt; where the options do not fit, not."""
    launches = []
    for name in scenarios.builtin_names():
        if name != first.scenario.name:
            with contextlib.suppress(InputError):
                launches.append(make_launch(name, **(chosen | {"seed": first.seed})))
    return launches


show_option = click.option(
    "--show",
    type=click.Choice(["transcript", "trace"]),
    help="What was said, or only who heard whom.  [default: transcript]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the log's lines.")


@cli.command()
@options.scenario_argument
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="LOG",
    help="Go on with this session instead, to --rounds in all, counted from its start.",
)
@show_option
@json_option
@launch_options
def run(
    scenario: str | None, resume: Path | None, show: "Show | None", as_json: bool, **chosen: Any
) -> int:
    """Run a session without a screen and print it.

    Standard output gets the transcript, each round as it is finished; everything else goes to
    standard error. With --speed 0 a session on the mock waits for nothing. The same seed prints the
    same text. With --resume the replies that there are stay, and only the others are asked for;
    --json then prints the new lines.

    \b
    Examples:
      brainstorm-tui run
      brainstorm-tui run small-town --rounds 5 --speed 0
      brainstorm-tui run --show trace --speed 0
      brainstorm-tui run --json --no-log | jq -r 'select(.type == "turn_finished").text'
      brainstorm-tui run --resume session.jsonl --rounds 6
    """
    output = _output(show, as_json)
    if resume:
        refuse_what_the_log_says()
        named = ("rounds", "budget", "speed", "api_base", "allowed_keys")
        wishes = Wishes(**{name: chosen[name] for name in named})
        launch = reopened_launch(resume, chosen["log_dir"], wishes)
    else:
        launch = make_launch(scenario, **chosen)
        need_topic(launch.scenario)
    from brainstorm_tui import headless

    return headless.run(launch, output)


@cli.command("resume")
@click.argument("log", type=click.Path(path_type=Path))
@options.rounds_option
@options.budget_option
@options.speed_option
@options.api_base_option
@options.allow_key_option
@setting("--run", is_flag=True, help="Do not wait for a key.")
@theme_option
@symbols_option
@options.log_dir_option
def resume_session(
    log: Path,
    rounds: int | None,
    budget: str | None,
    speed: float,
    api_base: str | None,
    allowed_keys: tuple[str, ...],
    run: bool,
    theme: str | None,
    symbols: str,
    log_dir: Path | None,
) -> int:
    """Go on with a session, on the screen.

    The replies that there are stay, also those of a round that was cut off: only the others are
    asked for. LOG is a log's path, or the name of a file among the logs; what is new is added to
    it. --rounds counts from the session's start.

    \b
    Examples:
      brainstorm-tui resume 2026-11-23_0941-27_classroom.jsonl
      brainstorm-tui resume session.jsonl --rounds 6 --run
    """
    _need_time(speed)
    need_terminal(f"{NAME} run --resume {log}")
    check_theme(theme)
    wishes = Wishes(
        rounds=rounds,
        budget=budget,
        speed=speed,
        api_base=api_base,
        allowed_keys=allowed_keys,
        run_at_once=run,
    )
    launch = reopened_launch(log, log_dir, wishes)
    from brainstorm_tui.app import run_live

    return run_live([launch], theme=theme, symbols=symbols, ask_topic=False)


@cli.command()
@click.argument("log", type=click.Path(path_type=Path))
@click.option("--headless", "is_headless", is_flag=True, help="Print it instead, as `run` does.")
@click.option("--follow", "follows", is_flag=True, help="Go on as another process writes it.")
@setting(
    "--idle-limit",
    type=click.FloatRange(min=0),
    default=1.0,
    metavar="SECONDS",
    help="While it plays, what a stretch in which nothing was under way lasts at most: long enough"
    " to see that the session waited. 0 leaves such stretches out.",
)
@show_option
@json_option
@theme_option
@symbols_option
@options.log_dir_option
def replay(
    log: Path,
    is_headless: bool,
    follows: bool,
    idle_limit: float,
    show: "Show | None",
    as_json: bool,
    theme: str | None,
    symbols: str,
    log_dir: Path | None,
) -> int:
    """Show a saved session again.

    No model is asked, and nothing is written. LOG is a log's path, or the name of a file
    among the logs. A large log is shown at once, and the rest is read meanwhile.

    With --follow it shows a session that another process is running, as it comes; nothing is
    locked, and the session takes no notice. Going back leaves its end, End returns there. With
    --headless it prints each round as it is finished, until the session has ended. Where nobody is
    writing it any more and it has no end, that is said; with --headless the exit code is then 1.

    \b
    Examples:
      brainstorm-tui replay 2026-11-23_0941-27_classroom.jsonl
      brainstorm-tui replay session.jsonl --headless --show trace
      brainstorm-tui replay session.jsonl --follow
    """
    output = _output(show, as_json)
    path = locations.find_log(log, log_dir)
    if is_headless:
        from brainstorm_tui import headless

        return (headless.follow if follows else headless.replay)(path, output)
    if show or as_json:
        raise click.UsageError("--show and --json print: they need --headless")
    need_terminal(f"{NAME} replay {log} --headless")
    check_theme(theme)
    from brainstorm_tui.app import run_replay

    return run_replay(path, follows=follows, idle_limit=idle_limit, theme=theme, symbols=symbols)


cli.add_command(compare_command.command)
cli.add_command(bench_command.command)
cli.add_command(log_commands.group)
cli.add_command(export_command.export_log)
cli.add_command(scenario_commands.group)


def _output(show: "Show | None", as_json: bool) -> "Output":
    if as_json and show:
        raise click.UsageError("--json and --show contradict each other; keep one")
    return "json" if as_json else show or "transcript"


def _need_time(speed: float) -> None:
    if speed == 0:
        raise InputError(
            "--speed 0 leaves nothing to watch: without a screen it works"
            f" ({NAME} run --speed 0), with one choose a speed such as 50"
        )
