"""Going on with a logged session: what can be said about it anew, and the launch that it gives."""

from dataclasses import dataclass
from pathlib import Path

import click
import msgspec
from click.core import ParameterSource

from brainstorm_agents import budget_section
from brainstorm_agents.budget import overspent
from brainstorm_agents.errors import BrainstormError, InputError
from brainstorm_agents.reopen import Reopened, reopen
from brainstorm_tui import locations
from brainstorm_tui.launch import Launch
from brainstorm_tui.recordings import read_recordings
from brainstorm_tui.text.safe import one_line

_CHANGEABLE = "--rounds, --budget, --speed, --api-base and --allow-key"
_ALLOWED = {
    "resume",
    "show",
    "as_json",
    "log_dir",
    "rounds",
    "budget",
    "speed",
    "api_base",
    "allowed_keys",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How somebody wants to go on."""

    rounds: int | None
    speed: float
    api_base: str | None
    budget: str | None = None
    allowed_keys: tuple[str, ...] = ()
    run_at_once: bool = False


def refuse_what_the_log_says() -> None:
    """Refuse words on the command line that describe a new session.

    Raises:
        click.UsageError: There is such a word.
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        name = str(parameter.name)
        if name not in _ALLOWED and _is_written(name):
            what = parameter.opts[0] if isinstance(parameter, click.Option) else name.upper()
            raise click.UsageError(
                f"{what} does not go with --resume: the session is what its log says; only"
                f" {_CHANGEABLE} can be given"
            )


def reopened_launch(log: Path, folder: Path | None, wishes: Wishes) -> Launch:
    """Take a log and go on with its session; an unfinished last line is set aside, and said.

    The rounds that the settings name are for new sessions: this one has its own.

    Args:
        log: A log's path, or the name of a file among the logs.
        folder: Where the logs are, if not where they always are.
        wishes: What is asked for.

    Raises:
        InputError: There is no such log, another process has it, or the wishes do not fit it.
        JournalError: The log cannot be written.
    """
    reopened = reopen(locations.find_log(log, folder))
    try:
        launch = _launch(reopened, folder, wishes)
    except BrainstormError:
        reopened.file.close()
        raise
    if reopened.aside:
        what = f"an unfinished last line of {reopened.torn} bytes is set aside"
        click.echo(
            f"{one_line(str(launch.log))}: {what}: {one_line(reopened.aside.name)}", err=True
        )
    return launch


def _launch(reopened: Reopened, folder: Path | None, wishes: Wishes) -> Launch:
    header = reopened.session.header
    assert header is not None, "the reader has checked it"
    scenario = header.scenario
    if wishes.rounds is not None and _is_written("rounds"):
        scenario = msgspec.structs.replace(scenario, rounds=wishes.rounds)
    budget = reopened.session.budget
    if wishes.budget is not None:
        budget = budget_section.written(wishes.budget, budget)
        if spent := overspent(reopened.session, budget):
            raise InputError(
                f"--budget {wishes.budget}: the session has used {spent} already; give it more"
            )
    scenario = msgspec.structs.replace(scenario, budget=budget)
    return Launch(
        scenario=scenario,
        recordings=read_recordings(scenario, folder, reopened.file.path.parent),
        seed=header.seed,
        speed=wishes.speed,
        log=reopened.file.path,
        api_base=wishes.api_base,
        allowed_keys=wishes.allowed_keys,
        run_at_once=wishes.run_at_once,
        reopened=reopened,
    )


def _is_written(name: str) -> bool:
    """Whether a word on the command line says so, rather than a setting."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE
