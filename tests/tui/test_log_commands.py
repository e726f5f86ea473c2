"""Searching logs, and saving damaged ones, from the command line."""

import os
from pathlib import Path

import pytest

from brainstorm_agents.reader import read
from brainstorm_tui.cli import main

AT_ONCE = ("--speed", "0", "--seed", "7", "--rounds", "1")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, also as the working directory."""
    for name in [name for name in os.environ if name.startswith("BRAINSTORM_TUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def record(home: Path, name: str, topic: str, reply: str = "Yes.") -> Path:
    """Log a session; the later one is recorded, the newer it is."""
    log = home / "logs" / f"{name}.jsonl"
    words = ["--topic", topic, "--param", f"script=[{reply}]", "--log", str(log)]
    assert main(["run", *AT_ONCE, *words]) == 0
    return log


def test_what_was_said_is_found_with_its_log_its_id_and_its_speaker(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(home, "bees", "Why do BEES dance?", "Humming along.")
    record(home, "ants", "Why do ants walk?", "Behind the bees.")
    capsys.readouterr()
    assert main(["logs", "search", "bees"]) == 0
    found = capsys.readouterr().out.splitlines()
    assert "bees.jsonl  user user: Why do BEES dance?" in found
    assert "ants.jsonl  a0 Alex: Behind the bees." in found
    assert "ants.jsonl  b1 Bob: Behind the bees." in found
    assert len(found) == 4


def test_of_a_long_message_only_the_place_is_shown(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(home, "a", f"{'x ' * 500}NEEDLE{' y' * 500}")
    capsys.readouterr()
    assert main(["logs", "search", "needle"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "…" in line
    assert "NEEDLE" in line
    assert len(line) < 150


def test_nothing_found_is_no_failure(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(home, "a", "Bees?")
    capsys.readouterr()
    assert main(["logs", "search", "[.*"]) == 0
    assert capsys.readouterr() == ("", f"{home / 'logs'}: nothing found\n")
    assert main(["logs", "search", " "]) == 2


def test_what_is_found_cannot_do_anything_to_a_terminal(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(home, "a", "bees \x1b]52;c;AAAA\x07 \u202e fly\r\n\x00 \u200b")
    capsys.readouterr()
    assert main(["logs", "search", "bees"]) == 0
    assert capsys.readouterr().out.removesuffix("\n").isprintable()


def test_what_cannot_be_read_is_said_and_does_not_hide_the_rest(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = record(home, "damaged", "Bees and bees?")
    content = log.read_bytes()
    log.write_bytes(content.replace(b"seq", b"sEq").replace(b"sEq", b"seq", 2))
    (home / "logs" / "other.jsonl").write_text("hello\n")
    os.mkfifo(home / "logs" / "pipe.jsonl")
    record(home, "whole", "Bees?")
    capsys.readouterr()
    assert main(["logs", "search", "bees"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "whole.jsonl  user user: Bees?",
        "damaged.jsonl  user user: Bees and bees?",
    ]
    assert "damaged.jsonl:" in captured.err
    assert "other.jsonl: this is not a log" in captured.err


@pytest.mark.parametrize("words", ["logs --log-dir {} search", "logs search --log-dir {}"])
def test_the_folder_may_be_another(
    words: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(home, "a", "Bees?").rename(Path("b.jsonl"))
    capsys.readouterr()
    assert main([*words.format(Path.cwd()).split(), "bees"]) == 0
    assert capsys.readouterr().out == "b.jsonl  user user: Bees?\n"


def test_a_damaged_log_is_saved_and_goes_on(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = record(home, "a", "Bees?")
    content = log.read_bytes()
    middle = len(content) // 2
    damaged = content[:middle] + b"#" + content[middle + 1 :]
    log.write_bytes(damaged)
    assert main(["replay", str(log), "--headless"]) == 2
    assert f"brainstorm-tui logs recover {log}" in capsys.readouterr().err
    assert main(["logs", "recover", "a.jsonl"]) == 0
    captured = capsys.readouterr()
    saved = Path(captured.out.removesuffix("\n"))
    assert saved == home / "logs" / "a.recovered.jsonl"
    assert "left out" in captured.err
    assert "its checksum does not fit" in captured.err
    assert log.read_bytes() == damaged
    assert main(["run", "--resume", str(saved), "--speed", "0"]) == 0
    assert read(saved).session().ended == "rounds"
    assert main(["logs", "recover", "a.jsonl"]) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_log_whose_end_is_one_long_reply_is_listed_with_its_round(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = record(home, "a", "Bees?")
    lines = log.read_bytes().splitlines(keepends=True)
    cut = next(n for n, line in enumerate(lines) if b'"turn_streamed"' in line)
    log.write_bytes(b"".join(lines[:cut]) + lines[cut] * 3000)
    capsys.readouterr()
    assert main(["logs"]) == 0
    assert "classroom, round 0: the log ends here" in capsys.readouterr().out
