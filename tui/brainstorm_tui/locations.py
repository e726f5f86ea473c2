"""Where files live: the one place that knows.

Settings and themes are where the platform keeps what a person configures, logs where it keeps what
a person makes. `BRAINSTORM_TUI_HOME` puts all of it below one folder instead.
"""

import itertools
import os
import re
from datetime import datetime
from pathlib import Path

import platformdirs

HOME_VARIABLE = "BRAINSTORM_TUI_HOME"
"""The environment variable that names one folder for everything."""

_APP = "brainstorm-tui"
_LONGEST_NAME = 60


def config_dir() -> Path:
    """The folder of `config.yaml`; it need not exist."""
    return _home() or platformdirs.user_config_path(_APP, appauthor=False)


def config_path() -> Path:
    """The file of the user's settings; it need not exist."""
    return config_dir() / "config.yaml"


def themes_dir() -> Path:
    """The folder of the user's themes; it need not exist."""
    return config_dir() / "themes"


def logs_dir() -> Path:
    """The folder of the logs; it need not exist.

    Logs are data rather than state: nothing can make them again.
    """
    return (_home() or platformdirs.user_data_path(_APP, appauthor=False)) / "logs"


def topics_path() -> Path:
    """The file of the topics that were asked earlier; it need not exist."""
    return (_home() or platformdirs.user_state_path(_APP, appauthor=False)) / "topics.jsonl"


def new_log_path(scenario_name: str, started_at: datetime, folder: Path | None = None) -> Path:
    """A path for a new log that no file has yet: `2026-11-23_0941-27_classroom.jsonl`.

    Args:
        scenario_name: Any text; what does not belong in a file's name becomes `-`.
        started_at: When the session starts, in the time that the user's clock shows.
        folder: Where to, if not into `logs_dir`.
    """
    folder = logs_dir() if folder is None else folder
    name = re.sub(r"[^\w-]+", "-", scenario_name)[:_LONGEST_NAME].strip("-") or "session"
    stem = f"{started_at:%Y-%m-%d_%H%M-%S}_{name}"
    paths = (folder / f"{stem}{suffix}.jsonl" for suffix in _suffixes())
    return next(path for path in paths if not os.path.lexists(path))


def find_log(log: Path, folder: Path | None = None) -> Path:
    """A log by its path, or else by its name among the logs; it need not exist.

    Args:
        log: What somebody calls it.
        folder: Where the logs are, if not in `logs_dir`.
    """
    among = (folder or logs_dir()) / log
    return among if among.exists() and not log.exists() else log


def _suffixes() -> itertools.chain[str]:
    return itertools.chain([""], (f"-{number}" for number in itertools.count(2)))


def _home() -> Path | None:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) if home else None
