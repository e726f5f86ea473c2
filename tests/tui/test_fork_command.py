"""Forking a log from the command line, and the families among the logs."""

import os
import stat
import sys
from pathlib import Path

import pytest

from brainstorm_agents.reader import read
from brainstorm_tui import fork_command
from brainstorm_tui.cli import main

AT_ONCE = ("--speed", "0", "--seed", "7")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, also as the working directory."""
    for name in [name for name in os.environ if name.startswith("BRAINSTORM_TUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def log(home: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A whole session among the logs."""
    path = home / "logs" / "lesson.jsonl"
    assert main(["run", *AT_ONCE, "--log", str(path)]) == 0
    capfd.readouterr()
    return path


def editor(monkeypatch: pytest.MonkeyPatch, program: str, *, has_terminal: bool = True) -> None:
    """Let the user's editor be a few lines of Python; `file` is what it edits."""
    script = Path("editor.py")
    script.write_text(f"import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\n{program}\n")
    monkeypatch.setenv("EDITOR", f"'{sys.executable}' {script}")
    monkeypatch.setattr(fork_command, "is_terminal", lambda *_: has_terminal)


def test_a_fork_is_a_private_new_log_whose_path_is_printed_and_which_goes_on(
    log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "fork", "lesson.jsonl", "--round", "2"]) == 0
    printed = capfd.readouterr()
    fork = Path(printed.out.removesuffix("\n"))
    assert fork.parent == log.parent
    assert stat.S_IMODE(fork.stat().st_mode) == 0o600
    assert "forked from lesson.jsonl at round 2" in printed.err
    assert f"brainstorm-tui resume {fork}" in printed.err
    assert main(["run", "--resume", str(fork), "--speed", "0"]) == 0
    assert "forked from lesson.jsonl at round 2" in capfd.readouterr().out
    assert read(fork).session().published == read(log).session().published


def test_a_message_is_edited_by_the_users_editor(
    log: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    editor(monkeypatch, "file.write_text('Never mind.\\n')")
    assert main(["logs", "fork", str(log), "--edit", "b1", "--output", "fork.jsonl"]) == 0
    assert capfd.readouterr().out == "fork.jsonl\n"
    turn = read(Path("fork.jsonl")).session().turns["b1"]
    assert (turn.text, turn.edited) == ("Never mind.", True)
    assert main(["replay", "fork.jsonl", "--headless"]) == 0
    assert "Bob (edited)\n  Never mind.\n" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("program", "code", "words"),
    [
        ("pass", 0, "nothing is forked"),
        ("file.write_text(file.read_text() + '\\n')", 0, "nothing is forked"),
        ("file.write_bytes(b'\\xff')", 2, "not UTF-8"),
        ("sys.exit(3)", 2, "Editing failed"),
        ("file.write_text('')", 2, "is empty"),
    ],
)
def test_an_editor_that_changes_nothing_or_fails_forks_nothing(
    program: str,
    code: int,
    words: str,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    editor(monkeypatch, program)
    assert main(["logs", "fork", str(log), "--edit", "b1"]) == code
    printed = capfd.readouterr()
    assert printed.out == ""
    assert words in printed.err
    assert list(log.parent.iterdir()) == [log]


def test_without_a_terminal_no_editor_is_started(
    log: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    editor(monkeypatch, "pathlib.Path('started').touch()", has_terminal=False)
    assert main(["logs", "fork", str(log), "--edit", "b1"]) == 2
    assert "--text" in capfd.readouterr().err
    assert not Path("started").exists()
    assert list(log.parent.iterdir()) == [log]


def test_a_role_cannot_be_muted_and_not(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "fork", str(log), "--mute", "Bob", "--unmute", "Bob"]) == 2
    assert "--mute Bob and --unmute Bob contradict each other" in capfd.readouterr().err
    assert list(log.parent.iterdir()) == [log]


def test_a_model_of_which_nobody_has_heard_is_refused_before_anything_is_forked(
    log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "fork", str(log), "--model", "mok"]) == 2
    assert "mok: litellm knows no provider of that name" in capfd.readouterr().err
    assert list(log.parent.iterdir()) == [log]
    assert main(["logs", "fork", str(log), "--model", "ollama_chat/llama3.2"]) == 0


def test_with_all_roles_muted_the_rounds_that_were_asked_for_are_not_said_to_be_done(
    log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    muted = [word for name in ("Alex", "Bob", "Chalice") for word in ("--mute", name)]
    assert main(["logs", "fork", str(log), *muted, "--output", "fork.jsonl"]) == 0
    capfd.readouterr()
    resume = ["run", "--resume", "fork.jsonl", "--speed", "0", "--rounds", "5"]
    assert main(resume) == 0
    assert "all roles are muted" in capfd.readouterr().out
    length = Path("fork.jsonl").stat().st_size
    assert main(resume) == 0
    assert "all roles are muted" in capfd.readouterr().out
    assert Path("fork.jsonl").stat().st_size == length, "with nothing to do, nothing is added"


def test_settings_are_for_new_sessions_and_change_no_fork(
    home: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.yaml").write_text("model: openai/gpt-4o-mini\nseed: 99\nrounds: 1\n")
    monkeypatch.setenv("BRAINSTORM_TUI_MODEL", "openai/gpt-4o-mini")
    assert main(["logs", "fork", str(log), "--output", "fork.jsonl"]) == 0
    header, parent = read(Path("fork.jsonl")).header, read(log).header
    assert (header.scenario, header.seed) == (parent.scenario, parent.seed)


def test_of_a_torn_log_it_is_said_that_the_last_line_is_left_out(
    log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with log.open("ab") as file:
        file.write(b'{"type"')
    assert main(["logs", "fork", str(log)]) == 0
    assert f"{log}: the last line was not finished, 7 bytes" in capfd.readouterr().err
    assert main(["logs", "fork", str(log), "--round", "0"]) == 0
    assert "not finished" not in capfd.readouterr().err


def test_to_open_a_fork_needs_a_terminal_before_anything_is_forked(
    log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "fork", str(log), "--open"]) == 2
    assert "needs a terminal" in capfd.readouterr().err
    assert list(log.parent.iterdir()) == [log]


def test_the_tree_shows_each_fork_under_its_parent_whatever_that_is_called_now(
    log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = log.parent
    one, two, three = (str(folder / f"{name}.jsonl") for name in ("one", "two", "three"))
    assert main(["run", *AT_ONCE, "--topic", "Bees?", "--log", str(folder / "alone.jsonl")]) == 0
    assert main(["logs", "fork", str(log), "--round", "2", "--output", one]) == 0
    words = ["--edit", "b1", "--text", "No.", "--mute", "Bob", "--seed", "8", "--output", two]
    assert main(["logs", "fork", one, *words]) == 0
    assert main(["logs", "fork", two, "--output", three]) == 0
    log.rename(folder / "renamed.jsonl")
    capfd.readouterr()
    assert main(["logs", "tree"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "renamed.jsonl",
        "one.jsonl",
        "two.jsonl",
        "three.jsonl",
    ]
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 2, 4, 6]
    assert "at round 1, b1 edited, Bob muted, seed 8" in lines[2]
    assert "all rounds are done" in lines[0]
    assert main(["logs", "tree", "--all"]) == 0
    assert "alone.jsonl" in capfd.readouterr().out
    (folder / "one.jsonl").unlink()
    assert main(["logs", "tree"]) == 0
    assert capfd.readouterr().out.splitlines()[0] == "one.jsonl  not among these logs"


def test_without_forks_the_tree_says_so(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "tree"]) == 0
    assert capfd.readouterr().err == f"{log.parent}: no log has a fork\n"
