"""Going on with a session from the command line."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from brainstorm_agents.events import encode
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.reader import read
from brainstorm_tui.cli import main

from .terminal import Terminal

AT_ONCE = ("--speed", "0")
SEEDED = (*AT_ONCE, "--seed", "7")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, also as the working directory."""
    for name in [name for name in os.environ if name.startswith("BRAINSTORM_TUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def log() -> Path:
    """A session of three rounds, cut off in its second one, in the middle of a line."""
    path = Path("a.jsonl")
    assert main(["run", *SEEDED, "--log", "whole.jsonl"]) == 0
    content = Path("whole.jsonl").read_bytes()
    path.write_bytes(content[: content.index(b'"type":"turn_finished","seq":', 15_000) + 40])
    assert read(path).session().open_round
    return path


def test_the_transcript_is_that_of_an_uninterrupted_run(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "whole.jsonl", "--headless"]) == 0
    printed = capsys.readouterr().out
    assert main(["run", "--resume", str(log), *AT_ONCE]) == 0
    resumed = capsys.readouterr().out
    assert _without_times(resumed) == _without_times(printed)
    assert main(["replay", str(log), "--headless"]) == 0
    assert capsys.readouterr().out == resumed


def _without_times(transcript: str) -> list[str]:
    return [line for line in transcript.splitlines() if not line.startswith(("time ", "tokens "))]


def test_json_prints_the_new_lines_and_nothing_else(
    log: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    before = b"".join(line + b"\n" for line in read(log).lines)
    capfdbinary.readouterr()
    assert main(["run", "--resume", str(log), *AT_ONCE, "--json"]) == 0
    printed = capfdbinary.readouterr().out
    assert before + printed == log.read_bytes()
    assert json.loads(printed.split(b"\n")[0])["type"] == "session_resumed"


def test_a_torn_line_is_set_aside_and_that_is_said(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tail = log.read_bytes().rpartition(b"\n")[2]
    assert main(["run", "--resume", str(log), *AT_ONCE]) == 0
    assert f"{len(tail)} bytes is set aside: a.jsonl.torn" in capsys.readouterr().err
    assert Path("a.jsonl.torn").read_bytes() == tail + b"\n"


def test_rounds_are_counted_from_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *SEEDED, "--rounds", "4", "--log", "four.jsonl"]) == 0
    whole = _without_times(capsys.readouterr().out)
    assert main(["run", *SEEDED, "--rounds", "1", "--log", "a.jsonl"]) == 0
    capsys.readouterr()
    assert main(["run", "--resume", "a.jsonl", *AT_ONCE, "--rounds", "4"]) == 0
    assert _without_times(capsys.readouterr().out) == whole


def test_with_nothing_left_to_do_it_is_a_success_and_the_log_stays_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", *SEEDED, "--log", "a.jsonl"]) == 0
    content = Path("a.jsonl").read_bytes()
    printed = capsys.readouterr().out
    assert main(["run", "--resume", "a.jsonl"]) == 0
    assert capsys.readouterr().out == printed
    assert main(["run", "--resume", "a.jsonl", "--json"]) == 0
    assert capsys.readouterr().out == ""
    assert Path("a.jsonl").read_bytes() == content


def test_it_is_found_by_its_name_among_the_logs(home: Path) -> None:
    assert main(["run", *SEEDED, "--rounds", "1"]) == 0
    (path,) = (home / "logs").iterdir()
    assert main(["run", "--resume", path.name, *AT_ONCE, "--rounds", "2"]) == 0
    assert read(path).session().finished_round == 2


@pytest.mark.parametrize("words", [[], ["--allow-key", "OTHER_KEY"]])
def test_a_log_of_a_stranger_gets_no_key_sent_to_his_server(
    words: list[str],
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MY_KEY", "never-sent")
    session = read(log).session()
    own = NamedModel(model="openai/x", api_base="https://x.test/v1", api_key_env="MY_KEY")
    roles = tuple(msgspec.structs.replace(role, model="own") for role in session.scenario.roles)
    scenario = msgspec.structs.replace(session.scenario, models={"own": own}, roles=roles)
    assert session.header is not None
    header = msgspec.structs.replace(session.header, scenario=scenario)
    theirs = Path("theirs.jsonl")
    theirs.write_bytes(encode(header) + b"\n")
    assert main(["run", "--resume", str(theirs), *words]) == 2
    assert "would send the key in MY_KEY to https://x.test/v1" in capsys.readouterr().err
    assert theirs.read_bytes() == encode(header) + b"\n"


@pytest.mark.parametrize(
    "words",
    [
        "small-town",
        "--topic Bees",
        "--model openai/gpt-4o-mini",
        "--param latency=0",
        "--seed 1",
        "--max-concurrency 1",
        "--log b.jsonl",
        "--no-log",
    ],
)
def test_what_the_log_says_cannot_be_said_anew(
    words: str, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = log.read_bytes()
    capsys.readouterr()
    assert main(["run", "--resume", str(log), *words.split()]) == 2
    captured = capsys.readouterr()
    assert "does not go with --resume" in captured.err
    assert captured.out == ""
    assert log.read_bytes() == before


def test_settings_for_new_sessions_do_not_matter(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRAINSTORM_TUI_ROUNDS", "1")
    monkeypatch.setenv("BRAINSTORM_TUI_SEED", "3")
    monkeypatch.setenv("BRAINSTORM_TUI_MODEL", "openai/gpt-4o-mini")
    monkeypatch.setenv("BRAINSTORM_TUI_NO_LOG", "1")
    assert main(["run", "--resume", str(log), *AT_ONCE]) == 0
    assert read(log).session().finished_round == 3


def test_a_log_that_somebody_writes_is_refused(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = LogFile.take(log)
    for words in (["run", "--resume"], ["logs", "recover"]):
        assert main([*words, str(log)]) == 2
        assert "another process is at this log" in capsys.readouterr().err
    assert main(["replay", str(log), "--headless"]) == 0
    writer.close()


def test_a_refused_wish_lets_go_of_the_log(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = read(log).header
    roles = tuple(msgspec.structs.replace(role, model="real") for role in header.scenario.roles)
    scenario = msgspec.structs.replace(header.scenario, roles=roles)
    real = msgspec.structs.replace(header, scenario=scenario)
    log.write_bytes(encode(real) + b"\n")
    assert main(["run", "--resume", str(log), *AT_ONCE]) == 2
    assert "--speed 0 does not go with the model 'real'" in capsys.readouterr().err
    LogFile.take(log).close()


@pytest.mark.parametrize("command", ["replay --headless", "run --resume", "logs recover"])
def test_a_file_that_is_no_log_is_refused_in_one_line(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo("pipe")
    Path("empty").touch()
    Path("json").write_text('{"name": "somebody else"}\n')
    Path("noise").write_bytes(bytes(range(256)) * 100)
    Path("huge").touch()
    os.truncate("huge", 2 * 2**30)
    for name in ("pipe", "empty", "json", "noise", "huge", ".", "/dev/zero", "missing"):
        assert main([*command.split(), name]) == 2, name
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith(f"brainstorm-tui: {name}: "), captured.err
        assert captured.err.count("\n") == 1


def test_the_screen_needs_a_terminal_before_the_log_is_touched(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = log.read_bytes()
    assert main(["resume", str(log)]) == 2
    assert f"run --resume {log}" in capsys.readouterr().err
    assert main(["resume", str(log), "--speed", "0"]) == 2
    assert log.read_bytes() == before


def test_on_the_screen_it_waits_where_it_was_cut_off_and_goes_on_when_told_to(
    log: Path, tmp_path: Path
) -> None:
    before = b"".join(line + b"\n" for line in read(log).lines)
    words = ("resume", str(log.resolve()), "--speed", "100")
    with Terminal(*words, home=tmp_path, size=(110, 30)) as terminal:
        terminal.wait_for("cut off  s asks again", "one round", " logged")
        assert not read(log).session().is_under_way
        terminal.press("r")
        terminal.wait_for("all rounds done")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert log.read_bytes().startswith(before)
    resumed, whole = read(log).session(), read(Path("whole.jsonl")).session()
    assert resumed.published == whole.published


def test_a_disk_without_room_fails_the_run_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("brainstorm_agents.log_file.os.write", write)
        assert main(["run", *SEEDED, "--log", "a.jsonl"]) == 1
    message = capsys.readouterr().err
    assert "a.jsonl cannot be written: No space left on device" in message
    assert "brainstorm-tui resume" in message
    assert "Traceback" not in message
