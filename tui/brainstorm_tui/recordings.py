"""Recordings that a session plays: their logs found, and read before anything starts."""

from pathlib import Path

import msgspec

from brainstorm_agents.cast import Budget
from brainstorm_agents.controller import Reason
from brainstorm_agents.models import RECORDED
from brainstorm_agents.recording import Recording
from brainstorm_agents.scenario import Scenario
from brainstorm_tui import locations


def read_recording(name: str, folder: Path | None = None, beside: Path | None = None) -> Recording:
    """What a recorded model plays.

    Args:
        name: `recorded:`, and a path, or a file beside the one that names it, or among the logs.
        folder: Where the logs are, if not where they always are.
        beside: The folder of the file that names it, if one does.

    Raises:
        LogError: There is no such log, or it is damaged.
    """
    log = Path(name.removeprefix(RECORDED))
    near = beside / log if beside else log
    if near.exists() and not log.exists():
        return Recording(near)
    return Recording(locations.find_log(log, folder))


def read_recordings(
    scenario: Scenario, folder: Path | None = None, beside: Path | None = None
) -> dict[str, Recording]:
    """What the recorded models of a scenario play, by their names; empty if it has none.

    Raises:
        LogError: A log is not there, or is damaged.
    """
    asked = {name for role in scenario.roles for name in scenario.models_in_turn(role.model)}
    models = {scenario.model(name).model for name in asked}
    return {
        model: read_recording(model, folder, beside)
        for model in sorted(models)
        if model.startswith(RECORDED)
    }


def played_scenario(recording: Recording) -> Scenario:
    """A recording's own scenario, with as many rounds as were finished.

    One in which all was quiet in the end keeps its rounds: it will be quiet again.
    """
    session = recording.session
    # What went wrong was recorded: it is played, and does not go wrong once more. Nobody is paid.
    scenario = msgspec.structs.replace(session.scenario, faults=(), budget=Budget())
    if Reason.QUIET in (session.ended, session.paused):
        return scenario
    return msgspec.structs.replace(scenario, rounds=max(0, session.finished_round))
