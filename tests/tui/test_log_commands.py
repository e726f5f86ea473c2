"""Searching logs, and saving damaged ones, from the command line."""

import codecs
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from brainstorm_agents.reader import read
from brainstorm_tui import log_list
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


def flipped(lines: list[bytes]) -> list[bytes]:
    """A byte in the middle is another."""
    middle = len(lines) // 2
    line = lines[middle]
    return [*lines[:middle], line[:40] + bytes([line[40] ^ 1]) + line[41:], *lines[middle + 1 :]]


def lost(lines: list[bytes]) -> list[bytes]:
    return lines[: len(lines) // 2] + lines[len(lines) // 2 + 1 :]


def swapped(lines: list[bytes]) -> list[bytes]:
    middle = len(lines) // 2
    return [*lines[:middle], lines[middle + 1], lines[middle], *lines[middle + 2 :]]


@pytest.mark.parametrize("damage", [flipped, lost, swapped])
def test_a_log_that_is_damaged_in_its_middle_is_nowhere_taken_for_whole(
    damage: Callable[[list[bytes]], list[bytes]], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = record(home, "a", "Bees?", "Bees.")
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(damage(lines)))
    line = len(lines) // 2 + 1
    capsys.readouterr()
    assert main(["logs"]) == 0
    assert f"all rounds are done; damaged at line {line}\n" in capsys.readouterr().out
    assert main(["logs", "tree", "--all"]) == 0
    assert f"damaged at line {line}\n" in capsys.readouterr().out
    assert main(["logs", "search", "bees"]) == 0
    captured = capsys.readouterr()
    assert "a.jsonl  user user" in captured.out
    assert f"{log}:{line}: " in captured.err
    assert "logs recover" in captured.err


def test_no_more_than_so_much_is_verified_for_a_list_and_it_says_of_which_logs(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = record(home, "older", "Bees?"), record(home, "newer", "Ants?")
    limit = newer.stat().st_size + older.stat().st_size - 1
    verifier = log_list.Verifier(limit)
    assert verifier.words(newer) == ""
    assert verifier.words(older) == "not verified"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"hello\n", "this is not a log of brainstorm-tui"),
    ],
)
def test_of_a_file_that_is_no_log_all_commands_say_the_same(
    content: bytes, words: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "logs").mkdir(parents=True)
    log = home / "logs" / "a.jsonl"
    log.write_bytes(content)
    assert main(["logs"]) == 0
    assert capsys.readouterr().out == f"a.jsonl\n    {words}\n"
    for command in (["tree"], ["search", "x"], ["recover", "a.jsonl"]):
        main(["logs", *command])
        assert f"a.jsonl: {words}\n" in capsys.readouterr().err
    assert main(["replay", "a.jsonl", "--headless"]) == 2
    assert f"a.jsonl: {words}\n" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["replay", "--headless"], ["logs", "recover"]])
def test_that_an_editor_has_changed_a_log_is_said_with_the_remedy(
    command: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = record(home, "a", "Bees?")
    content = log.read_bytes()
    for changed in (content.replace(b"\n", b"\r\n"), codecs.BOM_UTF8 + content):
        log.write_bytes(changed)
        capsys.readouterr()
        assert main([*command, str(log)]) == 2
        said = capsys.readouterr().err
        assert "an editor has changed the file" in said
        assert "save it as UTF-8 without a byte order mark" in said


def test_a_log_with_which_nothing_is_wrong_is_not_saved_again(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = record(home, "a", "Bees?")
    capsys.readouterr()
    assert main(["logs", "recover", str(log)]) == 0
    assert capsys.readouterr() == (
        "",
        f"{log}: nothing is wrong with this log; nothing is written\n",
    )
    assert list(log.parent.iterdir()) == [log]


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
