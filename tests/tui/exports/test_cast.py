"""The asciicast: its format, and that its player takes it."""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from brainstorm_agents.reader import Log
from brainstorm_tui.exports.cast import WIDTH, export
from brainstorm_tui.exports.wrap import wrapped
from brainstorm_tui.plain import Printer
from brainstorm_tui.text.safe import sanitise


def recorded(log: Log) -> tuple[dict[str, Any], list[list[Any]]]:
    head, *events = [json.loads(line) for line in "".join(export(log)).splitlines()]
    return head, events


def output(log: Log) -> str:
    return "".join(text for _, kind, text in recorded(log)[1] if kind == "o")


def test_the_header_is_version_2(log: Log) -> None:
    head, _ = recorded(log)
    assert head["version"] == 2
    assert type(head["width"]) is type(head["height"]) is int
    assert isinstance(head["title"], str)


def test_times_never_run_backwards(log: Log) -> None:
    times = [time for time, _, _ in recorded(log)[1]]
    assert times == sorted(times)


def test_every_round_has_a_marker(logs: Callable[[str], Log]) -> None:
    log = logs("mixed")
    marks = [(time, text) for time, kind, text in recorded(log)[1] if kind == "m"]
    names = ["opening", "round 1", "round 2", "round 3"]
    assert [text for _, text in marks] == names
    starts = [round_.started for round_ in log.session().rounds]
    assert [time for time, _ in marks] == pytest.approx(starts)


def test_it_says_what_run_printed(log: Log) -> None:
    printed: list[str] = []
    Printer(printed.append, "transcript").finish(log.session())
    assert "".join(output(log).split()) == "".join(sanitise("".join(printed)).split())


def test_every_line_ends_as_a_terminal_wants_it(log: Log) -> None:
    text = output(log)
    assert text.count("\n") == text.count("\r\n") == text.count("\r")
    assert all(cell_len(line) <= WIDTH for line in text.split("\r\n"))


@given(st.text(alphabet="ab -一、👩‍🚀e\u0301", max_size=80), st.integers(4, 20))
def test_a_broken_line_fits_and_loses_only_spaces(line: str, width: int) -> None:
    rows = list(wrapped(line, width))
    assert "".join("".join(rows).split()) == "".join(line.split())
    assert all(len(row.split()) <= len(line.split()) for row in rows)


@pytest.mark.skipif(find_spec("asciinema") is None, reason="asciinema is not installed")
@pytest.mark.parametrize("name", ["mixed", "hostile"])
def test_asciinema_prints_it(name: str, logs: Callable[[str], Log], tmp_path: Path) -> None:
    path = tmp_path / "session.cast"
    path.write_text("".join(export(logs(name))), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "asciinema", "cat", str(path)],
        capture_output=True,
        env={"LC_ALL": "C.UTF-8", "HOME": str(tmp_path)},
        check=True,
    )
    assert done.stdout.decode() == output(logs(name))
