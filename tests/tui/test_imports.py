"""What a command loads: the screen's and the providers' libraries cost time that it must not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"textual", "rich", "litellm", "openai", "httpx", "aiohttp"}

TELLING = """
import sys
from brainstorm_tui.cli import main
code = main(sys.argv[1:])
print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)
sys.exit(code)
"""


def loaded_by(folder: Path, *words: str) -> set[str]:
    """The top-level packages that a command has imported when it is done."""
    done = subprocess.run(
        [sys.executable, "-c", TELLING, *words],
        env=os.environ | {"BRAINSTORM_TUI_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--speed", "0"),
        ("run", "--speed", "50", "--json", "--rounds", "1"),
        ("--help",),
        ("bench", "--speed", "0", "--repeat", "1"),
        ("scenarios", "list"),
        ("logs",),
    ],
    ids=" ".join,
)
def test_a_command_without_a_screen_loads_no_screen_and_no_provider(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    assert not loaded_by(tmp_path, *words) & HEAVY


def test_a_headless_replay_loads_no_screen(tmp_path: Path) -> None:
    log = str(tmp_path / "a.jsonl")
    loaded_by(tmp_path, "run", "--speed", "0", "--rounds", "0", "--log", log)
    assert not loaded_by(tmp_path, "replay", log, "--headless") & HEAVY
