"""That a role is muted is told wherever a session is read."""

import os
from pathlib import Path

import pytest

from brainstorm_tui.cli import main

AT_ONCE = ("--speed", "0", "--seed", "7")


@pytest.fixture
def logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> tuple[Path, Path]:
    """A session, and a fork of it in which Bob is muted after round 1 and speaks after round 2."""
    for name in [name for name in os.environ if name.startswith("BRAINSTORM_TUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert main(["run", *AT_ONCE, "--log", "parent.jsonl"]) == 0
    fork = ["logs", "fork", "--output"]
    assert main([*fork, "muted.jsonl", "parent.jsonl", "--round", "1", "--mute", "Bob"]) == 0
    assert main(["run", "--resume", "muted.jsonl", "--speed", "0", "--rounds", "2"]) == 0
    assert main([*fork, "fork.jsonl", "muted.jsonl", "--unmute", "Bob", "--mute", "Alex"]) == 0
    assert main(["run", "--resume", "fork.jsonl", "--speed", "0", "--rounds", "3"]) == 0
    capfd.readouterr()
    return Path("parent.jsonl"), Path("fork.jsonl")


def in_order(text: str, *parts: str) -> bool:
    places = [text.index(part) for part in parts]
    return places == sorted(places)


def test_the_transcript_tells_it_where_it_happened(
    logs: tuple[Path, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    bob, alex = "Bob is muted from here on", "Alex is muted from here on"
    again = "Bob speaks from here on"
    for words, heading in (
        (["replay", str(logs[1]), "--headless"], "── round"),
        (["export", str(logs[1]), "--to", "markdown"], "## Round"),
    ):
        assert main(words) == 0
        told = [f"{heading} 1", bob, f"{heading} 2", alex, again, f"{heading} 3"]
        assert in_order(capfd.readouterr().out, *told)
    assert main(["export", str(logs[1]), "--to", "html"]) == 0
    told = ["<h2>round 1", "<h2>round 2", f">{bob}<", "<h2>round 3", f">{alex}<", f">{again}<"]
    assert in_order(capfd.readouterr().out, *told)
    assert main(["replay", str(logs[0]), "--headless"]) == 0
    assert "from here on" not in capfd.readouterr().out


def test_who_was_muted_at_the_end_is_told_there(
    logs: tuple[Path, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "fork", str(logs[0]), "--mute", "Bob", "--output", "end.jsonl"]) == 0
    capfd.readouterr()
    assert main(["replay", "end.jsonl", "--headless"]) == 0
    assert "Bob is muted from here on\n\n──" in capfd.readouterr().out
    for kind in ("markdown", "html"):
        assert main(["export", "end.jsonl", "--to", kind]) == 0
        assert capfd.readouterr().out.count("Bob is muted from here on") == 1


def test_a_comparison_names_it_among_what_was_set_otherwise(
    logs: tuple[Path, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *map(str, logs), "--headless"]) == 0
    assert (
        "muted: not set | Bob from round 2, not from round 3; Alex from round 3\n"
        in capfd.readouterr().out
    )
