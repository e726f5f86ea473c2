"""The command line: what it runs, what it refuses, and how it ends."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import types
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstorm_agents.reader import read
from brainstorm_agents.scenario import builtin_names, load
from brainstorm_tui import headless, locations
from brainstorm_tui.cli import main
from brainstorm_tui.launch import Launch

PROGRAM = (sys.executable, "-m", "brainstorm_tui")
AT_ONCE = ("--speed", "0", "--seed", "7")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, also as the working directory; no key, no settings."""
    for name in os.environ:
        if name.startswith("BRAINSTORM_TUI_") or name.endswith(("_API_KEY", "_API_BASE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def start(*words: str) -> subprocess.Popen[str]:
    """The program as a process of its own."""
    return subprocess.Popen(
        [*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one message with which the program refuses some words."""
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("brainstorm-tui: ")
    assert captured.err.count("brainstorm-tui: ") == 1
    assert "Traceback" not in captured.err
    return captured.err


# Logs


def test_a_run_is_logged_privately_below_the_logs(home: Path) -> None:
    assert main(["run", *AT_ONCE]) == 0
    (log,) = (home / "logs").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d{4}-\d\d_classroom\.jsonl", log.name)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    session = read(log).session()
    assert session.ended == "rounds"
    assert len(session.rounds) == 4


def test_without_a_log_nothing_is_written(home: Path) -> None:
    assert main(["run", *AT_ONCE, "--no-log"]) == 0
    assert not home.exists()


def test_sessions_started_in_the_same_second_have_logs_of_their_own(home: Path) -> None:
    running = [start("run", *AT_ONCE, "--rounds", "0") for _ in range(4)]
    assert [process.communicate() and process.returncode for process in running] == [0] * 4
    assert len([read(path) for path in (home / "logs").iterdir()]) == 4


def test_at_speed_0_two_logs_differ_in_nothing_but_when_they_began() -> None:
    logs = []
    for name in ("a.jsonl", "b.jsonl"):
        assert main(["run", *AT_ONCE, "--log", name]) == 0
        header, *rest = read(Path(name)).lines
        fields = json.loads(header)
        del fields["started_at"], fields["crc"]
        logs.append((fields, rest))
    assert logs[0] == logs[1]


def test_a_log_is_never_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.jsonl").write_text("mine")
    assert "exists already" in refused(capsys, "run", *AT_ONCE, "--log", "a.jsonl")
    assert Path("a.jsonl").read_text() == "mine"


def test_a_log_that_cannot_be_kept_fails_the_session(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a" * 300
    assert main(["run", *AT_ONCE, "--log", name]) == 1
    assert f"the log {name} cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["0", "100"])
def test_json_prints_exactly_the_lines_of_the_log(
    speed: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["run", "--json", "--speed", speed, "--log", "a.jsonl"]) == 0
    assert capfdbinary.readouterr().out == Path("a.jsonl").read_bytes()


def test_json_without_a_log_prints_the_same_events(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main(["run", "--json", *AT_ONCE, "--no-log"]) == 0
    first, *rest = capfdbinary.readouterr().out.splitlines()
    assert main(["run", "--json", *AT_ONCE]) == 0
    assert capfdbinary.readouterr().out.splitlines()[1:] == rest
    assert json.loads(first)["type"] == "session_started"


def test_a_headless_replay_prints_what_the_run_printed(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    for number, show in enumerate((("--show", "transcript"), ("--show", "trace"), ("--json",))):
        log = f"{number}.jsonl"
        assert main(["run", *AT_ONCE, *show, "--log", log]) == 0
        printed = capfdbinary.readouterr().out
        assert main(["replay", log, "--headless", *show]) == 0
        assert capfdbinary.readouterr().out == printed


def test_a_log_is_found_by_its_name_among_the_logs(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *AT_ONCE]) == 0
    printed = capsys.readouterr().out
    (log,) = (home / "logs").iterdir()
    assert main(["replay", log.name, "--headless"]) == 0
    assert capsys.readouterr().out == printed


def test_a_torn_line_is_reported_and_left_out(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["run", *AT_ONCE, "--json", "--log", "a.jsonl"]) == 0
    whole = capfdbinary.readouterr().out
    with Path("a.jsonl").open("ab") as file:
        file.write(b'{"type":"turn_')
    assert main(["replay", "a.jsonl", "--headless", "--json"]) == 0
    captured = capfdbinary.readouterr()
    assert captured.out == whole
    assert b"14 bytes of it are left out" in captured.err


def test_a_file_that_is_no_log_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.txt").write_text("hello\n")
    assert "not a log" in refused(capsys, "replay", "a.txt", "--headless")


def test_logs_are_listed_newest_first(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "logs"
    for age, name in enumerate(("new", "older", "oldest")):
        log = folder / f"{name}.jsonl"
        main(["run", *AT_ONCE, "--rounds", "1", "--topic", f"{name}?", "--log", str(log)])
        os.utime(log, (1e9 - age, 1e9 - age))
    capsys.readouterr()
    assert main(["logs", "--limit", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [lines[0], lines[2], lines[3]] == ["new.jsonl", "    new?", "older.jsonl"]
    assert lines[1].endswith("  classroom, round 1: all rounds are done")
    assert len(lines) == 6


def test_a_damaged_log_does_not_hide_the_others(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *AT_ONCE]) == 0
    (home / "logs" / "damaged.jsonl").write_text("nothing\n")
    capsys.readouterr()
    assert main(["logs"]) == 0
    listed = capsys.readouterr().out
    assert "damaged.jsonl\n    this is not a log of brainstorm-tui\n" in listed
    assert "classroom, round 3" in listed


def test_no_logs_yet_is_no_error(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs"]) == 0
    assert capsys.readouterr() == ("", f"{home / 'logs'}: no logs yet\n")


@given(name=st.text(max_size=200))
def test_a_new_log_is_a_file_in_its_folder_whatever_the_scenario_is_called(name: str) -> None:
    folder = Path("logs").resolve()
    path = locations.new_log_path(name, datetime(2026, 11, 23, 9, 41, 27), folder)
    assert path.parent == folder
    assert path.name.startswith("2026-11-23_0941-27_")
    assert path.name.isprintable()
    assert len(path.name.encode()) < 255


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    when = datetime(2026, 11, 23, 9, 41, 27)
    names = []
    for _ in range(3):
        path = locations.new_log_path("a/b", when, tmp_path)
        path.touch()
        names.append(path.name)
    assert names == [f"2026-11-23_0941-27_a-b{end}.jsonl" for end in ("", "-2", "-3")]


# Ends


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_a_whole_log(number: signal.Signals, code: int) -> None:
    process = start("run", "--json", "-p", "latency=60", "--log", "a.jsonl")
    assert process.stdout is not None
    while '"turn_asked"' not in process.stdout.readline():
        pass
    process.send_signal(number)
    printed, errors = process.communicate()
    assert process.returncode == code
    assert errors == "log: a.jsonl\n"
    log = read(Path("a.jsonl"))
    assert log.torn == 0
    assert log.session().ended == "interrupted"
    assert printed.encode().endswith(log.lines[-1] + b"\n")


def test_an_interrupted_transcript_ends_with_its_summary() -> None:
    process = start("run", "--speed", "20", "--rounds", "100000")
    assert process.stdout is not None
    while "round 1" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate()
    assert process.returncode == 130
    assert "── interrupted ──\n" in printed


@pytest.mark.parametrize("output", [("--json",), ("--show", "transcript"), ("--show", "trace")])
@pytest.mark.parametrize("speed", ["0", "20"])
def test_a_reader_that_leaves_ends_the_session_without_a_word(
    speed: str, output: tuple[str, ...]
) -> None:
    process = start("run", "--speed", speed, "--rounds", "1000", *output, "--log", "a.jsonl")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == "log: a.jsonl\n"
    assert process.wait() == 141
    assert read(Path("a.jsonl")).session().ended == "interrupted"


def test_a_scenario_that_is_called_almost_like_a_command_is_no_slip(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("repaly").write_text("name: [")
    assert main(["repaly"]) == 2
    assert "repaly:2:1: not YAML" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["run"], ["scenarios", "check"]])
def test_a_log_that_is_given_for_a_scenario_is_known_for_what_it_is(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *AT_ONCE, "--rounds", "0", "--log", "a.jsonl"]) == 0
    capsys.readouterr()
    assert main([*command, "a.jsonl"]) == 2
    said = capsys.readouterr().err
    assert "a.jsonl: this is the log of a session, and no scenario" in said
    assert "brainstorm-tui replay a.jsonl" in said


def test_a_reader_that_has_enough_of_a_list_has_not_interrupted_it(home: Path) -> None:
    for _ in range(2):
        assert main(["run", *AT_ONCE, "--rounds", "0"]) == 0
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        listing = subprocess.run(
            [sys.executable, "-m", "brainstorm_tui", "logs"],
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert listing.returncode == 141
    assert b"Error" not in listing.stderr


@pytest.mark.parametrize("show", ["transcript", "trace"])
@pytest.mark.parametrize("rounds", ["0", "3"])
def test_an_output_that_cannot_be_written_fails_the_session(
    show: str, rounds: str, home: Path
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no device that is always full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "run", *AT_ONCE, "--rounds", rounds, "--show", show],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert read(next((home / "logs").iterdir())).session().ended
    assert "brainstorm-tui: standard output: No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_with_its_output_closed_keeps_its_log_clean() -> None:
    words = [*PROGRAM, "run", *AT_ONCE, "--log", "a.jsonl"]
    closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *words], check=False)
    assert closed.returncode == 0
    assert read(Path("a.jsonl")).session().ended == "rounds"


def test_a_session_in_which_no_turn_finished_has_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", *AT_ONCE, "-p", "fail=1"]) == 1
    assert "no turn finished: the mock model failed" in capsys.readouterr().err


def test_a_fault_of_the_program_is_a_traceback_only_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise RuntimeError("boom")

    monkeypatch.setattr(headless, "run", broken)
    assert main(["run"]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("brainstorm-tui: unexpected: RuntimeError: boom\n")
    assert "Traceback" not in errors
    assert main(["--debug", "run"]) == 1
    assert "Traceback" in capsys.readouterr().err
    monkeypatch.setenv("BRAINSTORM_TUI_DEBUG", "1")
    assert main(["run"]) == 1
    assert "Traceback" in capsys.readouterr().err


# Wrong input


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("run nosuch", "there is no scenario of that name"),
        ("run nosuch.yaml", "there is no such file"),
        ("repaly", "there is no command 'repaly'; did you mean 'replay'?"),
        ("reply session.jsonl --headless", "there is no command 'reply'; did you mean 'replay'?"),
        ("logs serch x", "Did you mean 'search'"),
        ("classrom", "there is no scenario of that name; did you mean 'classroom'?"),
        ("run --tpic x", "Did you mean '--topic'?"),
        ("run classroom small-town", "unexpected extra argument"),
        ("run --speed fast", "'fast' is not a valid float"),
        ("run --speed -1", "-1.0 is not from 0 to 1,000"),
        ("run --speed nan", "nan is not from 0 to 1,000"),
        ("run --rounds -1", "-1 is not from 0 to 100,000"),
        ("run --seed x", "'x' is not a valid integer"),
        ("run --seed 9223372036854775808", "is not from 0 to"),
        ("run --max-concurrency 0", "0 is not from 1 to 10,000"),
        ("run -p latency", "is not KEY=VALUE"),
        ("run -p =1", "is not KEY=VALUE"),
        ("run -p latency=", "is not KEY=VALUE"),
        ("run -p latency=1 -p latency=2", "given twice"),
        ("run -p latncy=1", "did you mean 'latency'?"),
        ("run -p latency=quick", "latency is the text 'quick'"),
        ("run -p latency=12:30", "--param latency:1:1"),
        ("run --topic=", "--topic is empty"),
        ("run --log a --no-log", "contradict"),
        ("run --json --show trace", "contradict"),
        ("run --show everything", "'everything' is not one of"),
        ("run --model openai/gpt-4o", "OPENAI_API_KEY is not set, and openai/gpt-4o needs it for"),
        ("classroom --model groq/x", "GROQ_API_KEY is not set, and groq/x needs it for Alex, Bob,"),
        ("bench --model xai/x", "XAI_API_KEY is not set"),
        ("run --model huggingface/https://x.test", "an address is no model's name"),
        ("run --model openai/gpt-4o --speed 2", "a real model takes the time it takes"),
        ("run --model openai/gpt-4o -p api_key=sk-1", "looks like a secret"),
        ("replay", "Missing argument 'LOG'"),
        ("replay nosuch.jsonl --headless", "No such file"),
        ("replay nosuch.jsonl --json", "they need --headless"),
        ("replay nosuch.jsonl", "the screen needs a terminal"),
        ("--seed 3 run classroom", "a command comes first: brainstorm-tui run"),
        ("--seed 3 run", "a command comes before its options: brainstorm-tui run"),
        ("--speed 0", "brainstorm-tui run --speed 0"),
        ("classroom", "the screen needs a terminal"),
        ("", "the screen needs a terminal"),
        ("nosuch", "there is no scenario of that name"),
        ("scenarios show clasroom", "did you mean 'classroom'?"),
        ("scenarios list all", "unexpected extra argument"),
        ("logs --limit 0", "0 is not in the range"),
    ],
)
def test_wrong_input_is_refused_with_one_message(
    words: str, message: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(capsys, *words.split())
    assert not home.exists()


def test_a_key_in_a_param_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("run", "--model", "openai/gpt-4o", "-p", "api_key=sk-hidden")
    assert "sk-hidden" not in refused(capsys, *words)


def test_a_message_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\x1b" not in refused(capsys, "run", "\x1b[2Jnosuch.yaml")


def test_a_scenario_without_a_topic_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("cast.yaml").write_text("name: cast\nroles: [{name: Alex}, {name: Bob}]\n")
    assert "--topic" in refused(capsys, "run", "cast.yaml")
    assert main(["run", "cast.yaml", *AT_ONCE, "--topic", "Tea?"]) == 0


# Settings


def said_model(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The model that a run would use, from its refusal to hurry a real one."""
    return refused(capsys, "run", "--speed", "2", *words).split("'")[1]


def test_an_option_beats_the_environment_beats_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "config.yaml").write_text("# mine\nmodel: openai/file\nno_log: true\n")
    assert said_model(capsys) == "openai/file"
    monkeypatch.setenv("BRAINSTORM_TUI_MODEL", "openai/environment")
    assert said_model(capsys) == "openai/environment"
    assert said_model(capsys, "--model", "openai/option") == "openai/option"


def test_logs_can_be_switched_off_for_good_and_on_for_once(home: Path) -> None:
    home.mkdir()
    (home / "config.yaml").write_text("no_log: true\nspeed: 0\n")
    assert main(["run"]) == 0
    assert not (home / "logs").exists()
    assert main(["run", "--log", "a.jsonl"]) == 0
    assert Path("a.jsonl").exists()


def test_another_folder_for_logs_can_be_set(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.mkdir()
    (home / "config.yaml").write_text("log_dir: kept\n")
    assert main(["run", *AT_ONCE]) == 0
    assert len(list(Path("kept").iterdir())) == 1
    capsys.readouterr()
    assert main(["logs"]) == 0
    assert "classroom, round 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modle: mock", "config.yaml:1:1: unknown key 'modle' in the settings; did you mean"),
        ("model: mock\nspeed: fast", "config.yaml:2:8: speed: 'fast' is not a valid float"),
        ("speed: 2000", "config.yaml:1:8: speed: 2000.0 is not from 0 to 1,000"),
        ("symbols: klingon", "config.yaml:1:10: symbols: 'klingon' is not one of"),
        ("no_log: 1", "config.yaml:1:9: no_log is the number 1; write true or false"),
        ("model: [a, b]", "config.yaml:1:1: model is a list; write one value"),
        ("model:", "config.yaml:1:1: model is nothing"),
        ("- model", "config.yaml:1:1: the settings is a list"),
        ("topic: Tea?", "unknown key 'topic'"),
    ],
)
def test_a_wrong_setting_is_refused_where_it_stands(
    text: str, message: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "config.yaml").write_text(text)
    assert message in refused(capsys, "run", *AT_ONCE)


def test_settings_that_are_all_comments_are_none(home: Path) -> None:
    home.mkdir()
    (home / "config.yaml").write_text("# theme: light\n\n")
    assert main(["run", *AT_ONCE]) == 0


# The screen


class Terminal:
    """A terminal to start the program on, and what would have been shown there."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.shown: list[tuple[Any, ...]] = []
        self._patch = patch
        app = types.ModuleType("brainstorm_tui.app")
        app.run_live = self._note("live")  # type: ignore[attr-defined]
        app.run_replay = self._note("replay")  # type: ignore[attr-defined]
        patch.setitem(sys.modules, app.__name__, app)

    def main(self, *words: str) -> int:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            self._patch.setattr(stream, "isatty", lambda: True)
        return main(words)

    def _note(self, kind: str) -> Callable[..., int]:
        def show(what: Sequence[Launch] | Path, **options: Any) -> int:
            self.shown.append((kind, what, options))
            return 0

        return show


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch)


def test_without_arguments_the_classroom_opens_and_asks_for_a_topic(terminal: Terminal) -> None:
    assert terminal.main() == 0
    ((kind, (launch, *others), options),) = terminal.shown
    assert kind == "live"
    assert [other.scenario.name for other in others] == [
        name for name in builtin_names() if name != "classroom"
    ]
    assert {other.seed for other in others} == {launch.seed}
    assert launch.scenario == load("classroom")
    assert launch.speed == 1
    assert launch.log.name.endswith("_classroom.jsonl")
    assert not launch.run_at_once
    assert options == {"theme": None, "symbols": "auto", "ask_topic": True}


def test_the_options_of_a_session_need_no_command(terminal: Terminal) -> None:
    words = "--topic Tea? --run -p latency=0.5 --rounds 2 --seed 5 --speed 4 --symbols ascii"
    assert terminal.main(*words.split(), "--theme", "light", "--no-log", "small-town") == 0
    ((_, (launch,), options),) = terminal.shown
    assert launch.scenario.name == "small-town"
    assert launch.scenario.topic == "Tea?"
    assert launch.scenario.rounds == 2
    assert {role.params["latency"] for role in launch.scenario.roles} == {0.5}
    assert (launch.seed, launch.speed, launch.log, launch.run_at_once) == (5, 4, None, True)
    assert options == {"theme": "light", "symbols": "ascii", "ask_topic": False}


def test_a_param_is_read_as_yaml(terminal: Terminal) -> None:
    assert terminal.main("-p", 'script=["Yes.", "no"]', "-p", "tokens=3") == 0
    ((_, (launch, *_), _),) = terminal.shown
    assert launch.scenario.roles[0].params == {"script": ["Yes.", "no"], "tokens": 3}


def test_a_scenario_called_like_a_command_is_given_as_a_path(terminal: Terminal) -> None:
    Path("run").write_text("name: running\nroles: [{name: Alex}]\n")
    assert terminal.main("./run") == 0
    assert terminal.shown[0][1][0].scenario.name == "running"


def test_a_log_opens_in_the_screen(terminal: Terminal) -> None:
    Path("a.jsonl").touch()
    assert terminal.main("replay", "a.jsonl", "--theme", "ansi") == 0
    chosen = {"follows": False, "idle_limit": 1.0, "theme": "ansi", "symbols": "auto"}
    assert terminal.shown == [("replay", Path("a.jsonl"), chosen)]


def test_speed_0_is_refused_with_a_screen(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.main("--speed", "0") == 2
    assert "choose a speed such as 50" in capsys.readouterr().err


def test_an_unknown_theme_is_refused_and_a_broken_one_named(
    home: Path, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "themes").mkdir(parents=True)
    (home / "themes" / "mine.yaml").write_text("nmae: mine\n")
    assert terminal.main("--theme", "mine") == 2
    message = capsys.readouterr().err
    assert "there is no theme 'mine'" in message
    assert "mine.yaml:1:1" in message


# Scenarios, help


def test_a_new_scenario_is_one_that_runs_and_is_never_overwritten(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["scenarios", "new", "mine.yaml"]) == 0
    assert main(["scenarios", "check", "mine.yaml"]) == 0
    assert main(["run", "mine.yaml", *AT_ONCE]) == 0
    Path("mine.yaml").write_text("# precious\n")
    capsys.readouterr()
    assert "exists already" in refused(capsys, "scenarios", "new", "mine.yaml")
    assert Path("mine.yaml").read_text() == "# precious\n"


def test_check_goes_on_after_a_wrong_file_and_says_where(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("wrong.yaml").write_text("name: x\nroles:\n  - nmae: Alex\n")
    assert main(["scenarios", "check", "wrong.yaml", "classroom"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("wrong.yaml:3:5: unknown key 'nmae'")
    assert captured.out == "classroom: fine: 3 roles (Alex, Bob, Chalice)\n"


def test_a_built_in_scenario_is_shown_as_its_file_has_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["scenarios", "show", "classroom"]) == 0
    Path("copy.yaml").write_text(capsys.readouterr().out)
    assert load(Path("copy.yaml")) == load("classroom")


def test_the_built_in_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == 0
    assert "classroom\n    3 roles." in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", ["", "run", "replay", "logs", "scenarios", "scenarios new", "scenarios check"]
)
def test_every_command_explains_itself(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("-h", "--help"):
        assert main([*words.split(), flag]) == 0
        assert capsys.readouterr().out.startswith(f"Usage: brainstorm-tui {words}".rstrip())


def test_the_help_is_about_the_session_and_about_the_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(part in text for part in ("--topic", "--run", "--symbols", "\n  replay ", "-h,"))
    assert main(["classroom", "--help"]) == 0
    assert capsys.readouterr().out == text


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"brainstorm-tui, version \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "number", "expected"),
    [
        ("brainstorm-tui r", 1, {"plain,run", "plain,replay"}),
        ("brainstorm-tui cla", 1, {"plain,classroom", "file,cla"}),
        ("brainstorm-tui --to", 1, {"plain,--topic"}),
        ("brainstorm-tui run sm", 2, {"plain,small-town", "file,sm"}),
        ("brainstorm-tui classroom --symb", 2, {"plain,--symbols"}),
    ],
)
def test_a_shell_completes_commands_options_and_scenarios(
    words: str, number: int, expected: set[str]
) -> None:
    done = subprocess.run(
        PROGRAM,
        env=os.environ
        | {
            "_BRAINSTORM_TUI_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(number),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert expected <= set(done.stdout.split())
