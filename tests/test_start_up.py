"""What a start costs: nothing is imported that the session does not need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from brainstorm_agents.events import SessionStarted, encode

from .tui.stage import cast, record
from .tui.terminal import Terminal

SCREEN = {"textual", "rich"}
PROVIDERS = {"litellm", "openai", "httpx", "aiohttp"}
DEVELOPMENT = {
    *("_pytest", "coloraide", "fakellm", "hypothesis", "importlinter", "mypy", "pyte", "pytest"),
    *("pytest_asyncio", "pytest_textual_snapshot", "ruff", "xdist"),
}

TELLING = """
import atexit, os, sys

def tell():
    with open(os.environ["TOLD_IN"], "w") as file:
        file.write(" ".join(sys.modules))

atexit.register(tell)
"""
"""What Python imports as it starts, if it finds it: notes at the end what has been imported."""


@pytest.fixture
def telling(tmp_path: Path) -> dict[str, str]:
    """Variables that make a process tell what it has imported."""
    folder = tmp_path / "telling"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(TELLING)
    return {
        "PYTHONPATH": str(folder),
        "TOLD_IN": str(tmp_path / "told"),
        "BRAINSTORM_TUI_HOME": str(tmp_path),
    }


def told(variables: dict[str, str]) -> set[str]:
    """The modules that a process had imported when it ended."""
    return set(Path(variables["TOLD_IN"]).read_text().split())


def packages(modules: set[str]) -> set[str]:
    """The packages on top of some modules."""
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("words", [("--speed", "0"), ("--speed", "50", "--json")], ids=" ".join)
def test_a_run_on_the_mock_needs_no_screen_no_provider_and_no_tool(
    words: tuple[str, ...], telling: dict[str, str]
) -> None:
    program = (sys.executable, "-m", "brainstorm_tui", "run", "--rounds", "1", *words)
    subprocess.run(program, env=os.environ | telling, capture_output=True, check=True)
    assert not packages(told(telling)) & (SCREEN | PROVIDERS | DEVELOPMENT)


def test_a_replay_of_real_models_needs_no_provider(tmp_path: Path, telling: dict[str, str]) -> None:
    log = record(cast(rounds=1), tmp_path / "session.jsonl")
    header, *events = log.events
    assert isinstance(header, SessionStarted)
    roles = [replace(role, model="openai/gpt-4o") for role in header.scenario.roles]
    header = replace(header, scenario=replace(header.scenario, roles=tuple(roles)))
    log.path.write_bytes(b"".join(encode(event) + b"\n" for event in (header, *events)))
    with Terminal("replay", str(log.path), home=tmp_path, environment=telling) as terminal:
        terminal.wait_for("round 1 of 1")
        terminal.press("[", "Space", "s", "r")
        terminal.wait_for("f forks it")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert not packages(told(telling)) & PROVIDERS


def test_a_session_on_the_mock_needs_no_provider_and_no_tool(
    tmp_path: Path, telling: dict[str, str]
) -> None:
    words = ("--topic", "Why do bees dance?", "--speed", "20", "--run")
    with Terminal(*words, home=tmp_path, environment=telling) as terminal:
        terminal.wait_for("all rounds done")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    imported = packages(told(telling))
    assert "textual" in imported
    assert not imported & (PROVIDERS | DEVELOPMENT)


def test_the_topic_prompt_waits_for_nothing_that_only_a_session_needs(
    tmp_path: Path, telling: dict[str, str]
) -> None:
    with Terminal(home=tmp_path, environment=telling) as terminal:
        terminal.wait_for("Opens with a question")
        terminal.press("Escape")
        assert terminal.wait_exit() == 0
    assert not told(telling) & {
        "markdown_it",
        "brainstorm_agents.models.mock",
        "brainstorm_tui.headless",
        "brainstorm_tui.screens.diagram",
        "brainstorm_tui.screens.help",
    }
