"""Saving what is whole of a damaged log; the log itself is never touched."""

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brainstorm_agents.errors import InputError, JournalError, LogError
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.reader import read
from brainstorm_agents.recover import Recovered, recover

from .casts import Kept, run, trio, virtual


@virtual
async def _session() -> Kept:
    kept = Kept()
    await run(trio(), journal=kept)
    return kept


LINES = _session().lines()
WHOLE = b"".join(line + b"\n" for line in LINES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def saved(path: Path, output: Path | None = None) -> Recovered:
    """What was saved of a log with which something is wrong."""
    recovered = recover(path, output)
    assert recovered is not None
    return recovered


def test_of_a_log_with_which_nothing_is_wrong_nothing_is_written(path: Path) -> None:
    path.write_bytes(WHOLE)
    assert recover(path) is None
    assert list(path.parent.iterdir()) == [path]


def test_what_is_whole_before_the_damage_is_saved(path: Path) -> None:
    damaged = [*LINES[:20], LINES[20][:-3] + b'0"}', *LINES[21:]]
    content = b"".join(line + b"\n" for line in damaged)
    path.write_bytes(content)
    recovered = saved(path)
    assert recovered.path == path.with_name("session.recovered.jsonl")
    assert list(read(recovered.path).lines) == LINES[:20]
    assert recovered.events == 20
    assert recovered.left_out == len(content) - recovered.path.stat().st_size
    assert recovered.problem is not None
    assert recovered.problem.line == 21
    assert path.read_bytes() == content
    assert stat.S_IMODE(recovered.path.stat().st_mode) == 0o600


def test_the_error_of_a_damaged_log_names_the_command_that_saves_it(path: Path) -> None:
    path.write_bytes(WHOLE[:2000] + b"\n" + WHOLE[2000:])
    with pytest.raises(LogError) as caught:
        read(path)
    assert f"brainstorm-tui logs recover {path}" in caught.value.remedy


def test_only_a_torn_tail_is_no_problem(path: Path, tmp_path: Path) -> None:
    path.write_bytes(WHOLE + b'{"type"')
    recovered = saved(path, tmp_path / "new.jsonl")
    assert recovered.problem is None
    assert recovered.left_out == 7
    assert (tmp_path / "new.jsonl").read_bytes() == WHOLE


@given(st.integers(len(LINES[0]) + 1, len(WHOLE) - 1), st.binary(max_size=30), st.integers(0, 200))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happened_to_a_log_what_is_saved_is_its_longest_valid_beginning(
    path: Path, place: int, junk: bytes, missing: int
) -> None:
    content = WHOLE[:place] + junk + WHOLE[place + missing :]
    path.write_bytes(content)
    recovered = recover(path)
    if recovered is None:
        assert read(path).torn == 0
        return
    kept = recovered.path.read_bytes()
    recovered.path.unlink()
    assert content.startswith(kept)
    assert kept.startswith(WHOLE[: WHOLE[:place].rfind(b"\n") + 1])
    assert recovered.left_out == len(content) - len(kept)


def test_nothing_is_overwritten(path: Path, tmp_path: Path) -> None:
    torn = WHOLE + b"?"
    path.write_bytes(torn)
    other = tmp_path / "mine"
    other.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        recover(path, other)
    with pytest.raises(InputError, match="exists already"):
        recover(path, path)
    assert other.read_text() == "mine"
    assert path.read_bytes() == torn


def test_of_a_file_that_is_no_log_nothing_is_saved(path: Path, tmp_path: Path) -> None:
    for content in (b"", b"hello\n", LINES[0][:40]):
        path.write_bytes(content)
        with pytest.raises(LogError):
            recover(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_log_that_is_being_written_is_left_alone(path: Path) -> None:
    file = LogFile.create(path)
    file.append(WHOLE)
    with pytest.raises(LogError, match="another process"):
        recover(path)
    file.close()


def test_where_there_is_no_room_nothing_half_is_left(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: LogFile, lines: bytes) -> None:
        raise JournalError("the disk is full")

    path.write_bytes(WHOLE + b"?")
    monkeypatch.setattr(LogFile, "append", fail)
    with pytest.raises(JournalError):
        recover(path)
    assert list(tmp_path.iterdir()) == [path]
