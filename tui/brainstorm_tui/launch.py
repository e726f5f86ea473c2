"""A launch: everything that a session is started with; and the start itself."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from brainstorm_agents import memory
from brainstorm_agents.clock import Clock, LoopClock
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.environment import Environment
from brainstorm_agents.errors import InputError
from brainstorm_agents.journal import (
    Acknowledge,
    InlineJournal,
    Journal,
    NoJournal,
    ThreadedJournal,
)
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.models import MOCK, Models, is_real, keys, priced
from brainstorm_agents.recording import Recording
from brainstorm_agents.reopen import Reopened
from brainstorm_agents.scenario import Scenario
from brainstorm_tui import locations

DISTRIBUTION = "brainstorm-tui"
"""The name under which the program is installed."""


@cache
def version() -> str:
    """The program's version, as every log's header names it."""
    # Imported when a session starts: the topic prompt need not wait for it.
    from importlib import metadata

    return metadata.version(DISTRIBUTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Everything that a session is started with, all options resolved.

    Raises:
        InputError: The speed does not go with the models, or a key is missing or would go to
            somebody who may not have it.
    """

    scenario: Scenario
    """With the topic and all overrides."""
    seed: int
    speed: float = 1.0
    """Session seconds in a second; 0 is the virtual clock, without a screen only."""
    log: Path | None = None
    """The file to log to, which must not exist; `None` keeps no log."""
    api_base: str | None = None
    """Where litellm's calls go, if not to the provider's own address."""
    allowed_keys: tuple[str, ...] = ()
    """The variables whose keys the scenario may have sent to an address of its own."""
    may_rename_log: bool = False
    """Whether the log gets another name where somebody else has just taken its own."""
    recordings: Mapping[str, Recording] = field(default_factory=dict)
    """What its recorded models play, by their names."""
    run_at_once: bool = False
    """Whether the rounds follow the opening without being asked for."""
    reopened: Reopened | None = None
    """The session to go on with, if this is no new one."""

    def __post_init__(self) -> None:
        if self.speed != 1:
            self._need_no_real_model()
        keys.check(self.scenario, self.api_base, self.allowed_keys)
        if not self.reopened:
            memory.check(self.scenario)
        described = self.reopened.session.described if self.reopened else {}
        priced.check(self.scenario, described, self.api_base)

    def _need_no_real_model(self) -> None:
        for role in self.scenario.roles:
            for name in self.scenario.models_in_turn(role.model):
                if is_real(self.scenario.model(name).model):
                    raise InputError(
                        f"--speed {self.speed:g} does not go with the model {name!r} of"
                        f" {role.name}: a real model takes the time it takes; leave --speed out, or"
                        f" choose --model {MOCK}"
                    )


def start(
    launch: Launch,
    *,
    is_attended: bool,
    acknowledge: Acknowledge | None = None,
    clock: Clock | None = None,
) -> Controller:
    """Open a session in the running event loop: its header and topic are said, no round is.

    A reopened one is taken up where it stopped. Whoever calls this closes the controller. At speed
    0 the loop has to be a `VirtualLoop`, unless there is another clock.

    Args:
        launch: What to start.
        is_attended: Whether somebody is there who may go on where the session would end.
        acknowledge: Gets the log's new lines once they are safe; without a log, at once.
        clock: The session's time; by default the loop's, at the launch's speed.

    Raises:
        InputError: The log's file exists.
        JournalError: The log cannot be written.
    """
    reopened = launch.reopened
    environment = Environment(
        Models(launch.api_base, launch.recordings),
        # A virtual loop's seconds are the session's as they are.
        clock or LoopClock(launch.speed or 1.0),
        _journal(launch, acknowledge),
        reopened.session if reopened else None,
    )
    if reopened:
        environment.reopen(Reason.REOPENED)
        if launch.scenario.budget != environment.session.budget:
            environment.choose_budget(launch.scenario.budget)
    else:
        environment.open(
            launch.scenario,
            seed=launch.seed,
            version=version(),
            started_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        )
    return Controller(environment, launch.scenario.rounds, is_attended=is_attended)


def start_anew(
    launch: Launch,
    *,
    is_attended: bool,
    acknowledge: Acknowledge | None = None,
    clock: Clock | None = None,
) -> tuple[Launch, Controller]:
    """The same, under another log's name if need be; with the launch as it was in the end."""
    while True:
        try:
            controller = start(
                launch, is_attended=is_attended, acknowledge=acknowledge, clock=clock
            )
        except InputError:
            if not (launch.may_rename_log and launch.log and os.path.lexists(launch.log)):
                raise
            folder = launch.log.parent
            another = locations.new_log_path(launch.scenario.name, datetime.now(), folder)
            launch = replace(launch, log=another)
        else:
            return launch, controller


def _journal(launch: Launch, acknowledge: Acknowledge | None) -> Journal:
    if launch.log is None:
        return NoJournal(acknowledge)
    reopened = launch.reopened
    file = reopened.file if reopened else LogFile.create(launch.log)
    synced_seq = reopened.session.seq if reopened else -1
    kind = InlineJournal if launch.speed == 0 else ThreadedJournal
    return kind(file, acknowledge, synced_seq)
