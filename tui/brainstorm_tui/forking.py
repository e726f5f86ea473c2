"""Making a fork: its log among the logs, and the launch that goes on with it."""

from datetime import datetime
from pathlib import Path

from brainstorm_agents.fork import Fork, plan
from brainstorm_agents.fork_log import write
from brainstorm_agents.models import keys
from brainstorm_agents.models.providers import check_providers
from brainstorm_agents.parent import Changes
from brainstorm_agents.reopen import reopen
from brainstorm_tui import locations
from brainstorm_tui.launch import Launch, version


def make(fork: Fork, text: str, output: Path | None = None, folder: Path | None = None) -> Path:
    """Write a fork's log; its path.

    Args:
        fork: What was planned.
        text: What the edited message says.
        output: Where to; by default a new name among the logs.
        folder: Where the logs are, if not where they always are.

    Raises:
        InputError: The file exists, or the text cannot be what a message says.
        JournalError: The file cannot be written.
    """
    now = datetime.now()
    output = output or locations.new_log_path(fork.scenario.name, now, folder)
    started_at = now.astimezone().isoformat(timespec="seconds")
    write(fork, output, text=text, version=version(), started_at=started_at)
    return output


def check_model(fork: Fork) -> None:
    """Check the model that is named for a fork, before there is a log that says so.

    Raises:
        InputError: Nobody knows whom to ask for it.
    """
    scenario = fork.scenario
    if fork.parent.changes.model is not None:
        names = {name for role in scenario.roles for name in scenario.models_in_turn(role.model)}
        check_providers(sorted(scenario.model(name).model for name in names))


def forked_launch(log: Path, position: int, changes: Changes, text: str) -> Launch:
    """Fork a log after so many events, and take the fork to go on with it.

    With a message edited it parts where that alone makes it part: the rest of the round in which it
    was said did not hear it, and is shared too, wherever the replay stood.

    Raises:
        InputError: What is asked for does not fit the log.
        JournalError: The new log cannot be written.
    """
    fork = plan(log, changes, position=None if changes.edited else position)
    keys.check(fork.scenario)  # Before there is a log of a session that cannot start.
    check_model(fork)
    path = make(fork, text)
    reopened = reopen(path)
    return Launch(scenario=fork.scenario, seed=fork.seed, log=path, reopened=reopened)
