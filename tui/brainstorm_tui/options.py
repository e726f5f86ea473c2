"""The options that start a session, and the launch that they add up to."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from brainstorm_agents import scenario as scenarios
from brainstorm_agents import strict_yaml
from brainstorm_agents.cast import SCHEDULE_NAMES, Scenario
from brainstorm_agents.errors import InputError
from brainstorm_agents.models import RECORDED
from brainstorm_agents.recording import Recording
from brainstorm_tui import locations
from brainstorm_tui.launch import Launch
from brainstorm_tui.recordings import played_scenario, read_recording, read_recordings

DEFAULT_SCENARIO = "classroom"
FASTEST = 1000
MAX_SEED = 2**63 - 1
DRAWN_SEEDS = 1_000_000
"""Seeds that are drawn are below this: short enough to type again."""

Callback = TypeVar("Callback", bound=Callable[..., Any])


def setting(flag: str, *others: str, **attributes: Any) -> Callable[[Callback], Callback]:
    """An option that an environment variable and the settings file may give too."""
    variable = "BRAINSTORM_TUI_" + flag.removeprefix("--").replace("-", "_").upper()
    return click.option(flag, *others, envvar=variable, **attributes)


def is_setting(parameter: click.Parameter) -> bool:
    """Whether a parameter was made by `setting`."""
    return isinstance(parameter, click.Option) and parameter.envvar is not None


def complete_scenario(incomplete: str) -> list[CompletionItem]:
    """The built-in scenarios whose name starts so, and the files, for a shell."""
    names = [name for name in scenarios.builtin_names() if name.startswith(incomplete)]
    return [CompletionItem(name) for name in names] + [CompletionItem(incomplete, type="file")]


def between(least: int, most: int) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """What refuses a number outside of a range; not a number is outside of all of them."""

    def check(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        if value is not None and not least <= value <= most:
            raise click.BadParameter(f"{value} is not from {least:,} to {most:,}")
        return value

    return check


scenario_argument = click.argument(
    "scenario",
    required=False,
    shell_complete=lambda context, parameter, incomplete: complete_scenario(incomplete),
)

log_dir_option = setting(
    "--log-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The folder of the logs.  [default: the user's data folder]",
)

rounds_option = setting(
    "--rounds",
    type=int,
    callback=between(0, scenarios.MAX_ROUNDS),
    metavar="N",
    help="Rounds after the opening, instead of the scenario's.",
)
api_base_option = setting(
    "--api-base", metavar="URL", help="Where to find that model, if not at its provider."
)
allow_key_option = click.option(
    "--allow-key",
    "allowed_keys",
    multiple=True,
    metavar="VARIABLE",
    help="Let the scenario have the key in this variable sent to an address of its own; may be"
    " repeated.",
)
speed_option = setting(
    "--speed",
    type=float,
    default=1.0,
    show_default=False,
    metavar="N",
    callback=between(0, FASTEST),
    help="How many times faster the mock and recordings speak. 0, without a screen: they wait for"
    " nothing."
    "  [default: 1]",
)

schedule_option = setting(
    "--schedule",
    type=click.Choice(SCHEDULE_NAMES),
    help="How the turns of a round run: all at once; one after another, which says the same; or"
    " eagerly, without a barrier: each role starts as soon as it has news.  [default: the"
    " scenario's]",
)

budget_option = click.option(
    "--budget",
    metavar="AMOUNT",
    help="What the session may use: US dollars, or tokens, or both, as in 0.50,20000tok. A round"
    " that could use more is not begun.  [default: the scenario's]",
)

_SESSION_OPTIONS = (
    click.option("--topic", metavar="TEXT", help="What to talk about, instead of the scenario's."),
    rounds_option,
    setting(
        "--model",
        metavar="NAME",
        help="The model of every role: mock, an entry of the scenario's models, or any that"
        " litellm can call, such as ollama_chat/llama3.2. Keys come from the provider's"
        " environment variable. recorded:LOG says again what a session's models said; without"
        " SCENARIO it takes the scenario, the topic and the seed from LOG, too.",
    ),
    api_base_option,
    allow_key_option,
    click.option(
        "-p",
        "--param",
        "params",
        multiple=True,
        metavar="KEY=VALUE",
        help="A parameter of every role's model; may be repeated. The mock takes latency,"
        " first_token, tokens_per_second, tokens, fail and script, recordings strict.",
    ),
    setting(
        "--max-concurrency",
        type=int,
        callback=between(1, scenarios.MAX_CONCURRENCY),
        metavar="N",
        help="Calls under way at the same time, at most, instead of the scenario's.",
    ),
    setting(
        "--seed",
        type=int,
        callback=between(0, MAX_SEED),
        metavar="N",
        help="What chance depends on: the same seed gives the same session.  [default: drawn]",
    ),
    speed_option,
)

_LOG_OPTIONS = (
    click.option(
        "--log",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Where to log the session; the file must not exist.  [default: a new file]",
    ),
    setting("--no-log", is_flag=True, help="Keep no log."),
    log_dir_option,
)


def launch_options(callback: Callback) -> Callback:
    """Give a command the options that `make_launch` takes."""
    return _with_options(
        callback, (*_SESSION_OPTIONS, schedule_option, budget_option, *_LOG_OPTIONS)
    )


def session_options(callback: Callback) -> Callback:
    """Give a command the same but `--schedule` and those about the log, of which none is kept."""
    return _with_options(callback, _SESSION_OPTIONS)


def need_topic(scenario: Scenario) -> None:
    """Refuse a scenario that has nothing to talk about.

    Raises:
        InputError: It has no topic.
    """
    if not scenario.topic:
        raise InputError(f"the scenario {scenario.name!r} has no topic; give one: --topic")


def make_launch(
    ref: str | None,
    *,
    topic: str | None,
    rounds: int | None,
    model: str | None,
    api_base: str | None,
    allowed_keys: tuple[str, ...],
    params: Iterable[str],
    max_concurrency: int | None,
    seed: int | None,
    speed: float,
    schedule: str | None = None,
    budget: str | None = None,
    log: Path | None = None,
    no_log: bool = True,
    log_dir: Path | None = None,
    run_at_once: bool = False,
) -> Launch:
    """The launch that a scenario and the options add up to.

    Without a scenario it is the recording's, if a recording is to be played, else the classroom.

    Raises:
        InputError: The scenario or an option is wrong.
        click.UsageError: Two options contradict each other.
    """
    if topic is not None and not topic.strip():
        raise click.UsageError("--topic is empty; leave it out to use the scenario's topic")
    recordings: dict[str, Recording] = {}
    if ref is None and model and model.startswith(RECORDED) and model != RECORDED:
        recording = recordings[model] = read_recording(model, log_dir)
        written, drawn = played_scenario(recording), recording.seed
    else:
        written = scenarios.load(ref or DEFAULT_SCENARIO)
        drawn = secrets.randbelow(DRAWN_SEEDS)
    scenario = scenarios.with_overrides(
        written,
        topic=topic,
        rounds=rounds,
        model=model,
        params=read_params(params),
        max_concurrency=max_concurrency,
        schedule=schedule,
        budget=budget,
    )
    return Launch(
        scenario=scenario,
        seed=drawn if seed is None else seed,
        speed=speed,
        log=_log_path(scenario, log, no_log, log_dir),
        api_base=api_base,
        allowed_keys=allowed_keys,
        recordings=recordings or read_recordings(scenario, log_dir, Path(ref or "").parent),
        may_rename_log=log is None,
        run_at_once=run_at_once,
    )


def _with_options(
    callback: Callback, options: Sequence[Callable[[Callback], Callback]]
) -> Callback:
    for option in reversed(options):
        callback = option(callback)
    return callback


def read_params(written: Iterable[str]) -> dict[str, Any]:
    params = {}
    for pair in written:
        key, equals, value = pair.partition("=")
        if not (key and equals and value.strip()):
            raise click.UsageError(f"--param {pair!r} is not KEY=VALUE, such as latency=0.5")
        if key in params:
            raise click.UsageError(f"--param {key} is given twice; keep one")
        params[key] = strict_yaml.read(value, f"--param {key}").data
    return params


def _log_path(
    scenario: Scenario, log: Path | None, no_log: bool, folder: Path | None
) -> Path | None:
    if log:
        source = click.get_current_context().get_parameter_source("no_log")
        if no_log and source is ParameterSource.COMMANDLINE:
            raise click.UsageError("--log and --no-log contradict each other; keep one")
        return log
    return None if no_log else locations.new_log_path(scenario.name, datetime.now(), folder)
