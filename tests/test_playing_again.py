"""A real session becomes one that needs no key and no network: the program, as it is started."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from brainstorm_agents.reader import read
from brainstorm_tui.cli import main

from .agents.casts import phases, transcript
from .agents.servers import ChatServer, Reply

# litellm silences these itself; pytest lets them through.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the:DeprecationWarning")

DEADLINE_S = 60.0

OFFLINE = """
import atexit, os, socket, sys

def refuse(*_):
    raise OSError("the network is off")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse

def tell():
    with open(os.environ["TOLD_IN"], "w") as file:
        file.write(" ".join(sys.modules))

atexit.register(tell)
"""
"""What Python imports as it starts: no network, and at the end what has been imported."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, also as the working directory; no key, no settings."""
    for name in os.environ:
        if name.startswith("BRAINSTORM_TUI_") or name.endswith(("_API_KEY", "_API_BASE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
async def lesson(home: Path) -> Path:
    """A session that was recorded from a server on loopback; one of its turns failed."""
    replies = [
        Reply(pieces=(f"Line {number}, ", news(number)), reasoning=(f"Thought {number}. ", "Hm."))
        for number in range(8)
    ]
    async with ChatServer(*replies[:3], Reply(status=400), *replies[3:]) as server:
        words = ["--model", "openai/any", "--api-base", server.address, "--log", "lesson.jsonl"]
        async with asyncio.timeout(DEADLINE_S):
            assert await asyncio.to_thread(main, ["run", "--seed", "7", *words]) == 0
    return home / "lesson.jsonl"


def news(number: int) -> str:
    """Words that no other reply has: nobody goes in circles."""
    return " ".join(f"{letter}{number}" for letter in "abcdef") + "."


def offline(home: Path, *words: str) -> tuple[str, set[str]]:
    """What the program prints without a network, and the modules that it has imported."""
    folder = home / "offline"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(OFFLINE)
    told = {"PYTHONPATH": str(folder), "TOLD_IN": str(home / "told")}
    program = (sys.executable, "-m", "brainstorm_tui", *words)
    done = subprocess.run(program, env=os.environ | told, capture_output=True, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), set((home / "told").read_text().split())


def without_models_and_times(text: str) -> str:
    """A transcript without the name of the model, its price, and what a clock has measured."""
    return re.sub(r"(?m)^((time|cost) .*\n|classroom · .* · )", "", text)


def test_a_session_with_a_real_model_plays_again_with_the_network_off(
    lesson: Path, home: Path
) -> None:
    words = ("run", "--model", "recorded:lesson.jsonl", "--log", "again.jsonl")
    printed, imported = offline(home, *words)
    shown, _ = offline(home, "replay", "lesson.jsonl", "--headless")
    assert without_models_and_times(printed) == without_models_and_times(shown)
    assert not imported & {"litellm", "openai", "httpx", "aiohttp"}

    before, after = read(lesson).session(), read(home / "again.jsonl").session()
    assert transcript(after) == transcript(before)
    assert phases(after) == phases(before)
    assert "failed" in phases(after).values()
    for id_, turn in before.turns.items():
        again = after.turns[id_]
        assert (again.text, again.reasoning) == (turn.text, turn.reasoning)
        assert (again.usage, again.reason, again.note) == (turn.usage, turn.reason, "")


def test_at_speed_0_a_recording_takes_the_times_that_it_took(lesson: Path, home: Path) -> None:
    words = ("run", "--model", "recorded:lesson.jsonl", "--speed", "0", "--log", "again.jsonl")
    offline(home, *words)
    before, after = read(lesson).session(), read(home / "again.jsonl").session()
    for id_, turn in before.turns.items():
        assert after.turns[id_].spent(99) == pytest.approx(turn.spent(99), abs=1e-5)


def test_a_scenario_finds_a_recording_beside_it(lesson: Path, home: Path) -> None:
    folder = home / "casts"
    folder.mkdir()
    lesson.rename(folder / "my lesson.jsonl")
    cast = folder / "cast.yaml"
    cast.write_text(
        "name: again\n"
        "topic: How do we make asynchronous programming fun to learn?\n"
        "opener: Alex\n"
        "defaults: {model: 'recorded:my lesson.jsonl', params: {strict: false}}\n"
        "roles: [{name: Alex}, {name: Bob}, {name: Chalice}]\n"
    )
    printed, _ = offline(home, "run", str(cast), "--rounds", "0", "--speed", "0")
    assert "Line 0, a0 b0" in printed


def test_a_named_model_may_be_a_recording(lesson: Path, home: Path) -> None:
    (home / "cast.yaml").write_text(
        "name: again\n"
        "topic: How do we make asynchronous programming fun to learn?\n"
        "opener: Alex\n"
        "models: {then: {model: 'recorded:lesson.jsonl'}}\n"
        "defaults: {model: then}\n"
        "roles: [{name: Alex}, {name: Bob}, {name: Chalice}]\n"
    )
    printed, imported = offline(home, "run", "cast.yaml", "--rounds", "0", "--speed", "0")
    assert "then (recorded:lesson.jsonl)" in printed
    assert "Line 0, a0 b0" in printed
    assert "litellm" not in imported


def test_a_resumed_session_finds_its_recording_again(lesson: Path, home: Path) -> None:
    words = ("--model", "recorded:lesson.jsonl", "--rounds", "0", "--speed", "0")
    offline(home, "run", *words, "--log", "again.jsonl")
    offline(home, "run", "--resume", "again.jsonl", "--rounds", "3", "--speed", "0")
    assert transcript(read(home / "again.jsonl").session()) == transcript(read(lesson).session())


def test_another_topic_is_reported_on_standard_error(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--model", "recorded:lesson.jsonl", "--speed", "0", "--no-log"]
    capsys.readouterr()
    assert main([*words, "--topic", "Why do bees dance?"]) == 0
    told = capsys.readouterr()
    assert "Line 0, a0 b0" in told.out
    assert told.err.startswith(
        "a0: the prompt differs from the one in lesson.jsonl: message 1 of 2 (system) is another\n"
    )
    assert main([*words, "--topic", "Why do bees dance?", "-p", "strict=true"]) == 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--model", "recorded:"], "--model: it names no log; write recorded:session.jsonl"),
        (["--model", "recorded:none.jsonl"], "none.jsonl: cannot be read"),
        (["--model", "recorded:damaged.jsonl"], "damaged.jsonl:2: the line is damaged"),
        (["--model", "recorded:notes.txt"], "this is not a log of brainstorm-tui"),
        (
            ["--model", "recorded:lesson.jsonl", "-p", "latency=1"],
            "unknown param 'latency' of a recorded model",
        ),
        (["--model", "recorded:lesson.jsonl", "-p", "strict=very"], "write strict: true"),
        (["-p", "strict=true"], "unknown param 'strict' of the mock model"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_played_is_refused_before_anything_starts(
    lesson: Path, home: Path, words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = lesson.read_bytes().split(b"\n")
    (home / "damaged.jsonl").write_bytes(b"\n".join([lines[0], b"!" + lines[1], *lines[2:]]))
    (home / "notes.txt").write_text("Buy honey.\n")
    capsys.readouterr()
    assert main(["run", *words, "--log", "new.jsonl"]) == 2
    told = capsys.readouterr()
    assert problem in told.err
    assert told.err.count("\n") == 1
    assert not (home / "new.jsonl").exists()
