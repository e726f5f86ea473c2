"""The file of one log: who may have it, and what is refused in its place."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from brainstorm_agents import log_file
from brainstorm_agents.errors import InputError, JournalError, LogError
from brainstorm_agents.file_lock import lock
from brainstorm_agents.log_file import LogFile, open_locked

from .disks import Disk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def refusal(path: Path) -> LogError:
    """What is said to somebody who wants to go on with a log."""
    with pytest.raises(LogError) as caught:
        LogFile.take(path)
    assert str(caught.value).startswith(str(path))
    return caught.value


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0


# What is new


def test_a_file_that_was_left_empty_is_as_good_as_none(path: Path) -> None:
    path.touch(0o644)
    file = LogFile.create(path)
    file.append(b"one\n")
    file.close()
    assert path.read_bytes() == b"one\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_holds_anything_or_belongs_to_somebody_is_not_new(path: Path, tmp_path: Path) -> None:
    path.touch()
    with path.open("rb") as other:
        assert lock(other.fileno())
        with pytest.raises(InputError, match="exists already"):
            LogFile.create(path)
    assert path.read_bytes() == b""
    path.write_bytes(b"mine")
    with pytest.raises(InputError, match="exists already"):
        LogFile.create(path)
    empty = tmp_path / "empty"
    empty.touch()
    link = tmp_path / "link"
    link.symlink_to(empty)
    with pytest.raises(InputError, match="exists already"):
        LogFile.create(link)
    assert path.read_bytes() == b"mine"


# Who has it


def test_a_log_that_is_being_written_is_refused_to_a_second_writer(path: Path) -> None:
    first = LogFile.create(path)
    error = refusal(path)
    assert "another process" in error.problem
    assert "replay" in error.remedy
    first.close()
    LogFile.take(path).close()


def test_it_is_refused_to_another_process_too(path: Path) -> None:
    first = LogFile.create(path)
    code = f"""
from pathlib import Path
from brainstorm_agents.file_lock import lock
from brainstorm_agents.log_file import LogFile
LogFile.take(Path({str(path)!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode
    assert "another process is at this log" in done.stderr
    first.close()


def test_a_lock_outlasts_a_descriptor_that_has_failed(path: Path) -> None:
    disk = Disk()
    file = disk.create(path)
    disk.room = 0
    with pytest.raises(JournalError):
        file.append(b"one\n")
    disk.room = None
    file.append(b"one\n")
    refusal(path)
    file.close()
    assert path.read_bytes() == b"one\n"


def test_whoever_reads_needs_no_lock(path: Path) -> None:
    file = LogFile.create(path)
    file.append(b"one\n")
    assert path.read_bytes() == b"one\n"
    with file.reading() as content:
        assert content.read() == b"one\n"
    refusal(path)
    file.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no shared locks")
def test_whoever_looks_whether_it_is_written_keeps_nobody_from_writing_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    LogFile.create(path).close()
    with path.open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        # The look is over while the other one waits.
        monkeypatch.setattr(log_file.time, "sleep", lambda _: fcntl.flock(looking, fcntl.LOCK_UN))
        LogFile.take(path).close()


def test_what_a_killed_writer_has_left_is_synced_before_anything_follows_it(path: Path) -> None:
    path.write_bytes(b"one\n")
    disk = Disk()
    file = disk.take(path)
    assert disk.steps == ["open", "sync"]
    file.append(b"two\n")
    file.close()
    assert path.read_bytes() == b"one\ntwo\n"


def test_nothing_stays_open_after_a_refusal(path: Path, tmp_path: Path) -> None:
    file = LogFile.create(path)
    before = open_descriptors()
    for taken in (path, tmp_path, tmp_path / "missing"):
        refusal(taken)
    assert open_descriptors() == before
    file.close()


# What is refused


def test_a_symbolic_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"one\n")
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    assert "symbolic link" in refusal(link).problem
    with pytest.raises(InputError):
        LogFile.create(link)
    assert path.read_bytes() == b"one\n"


def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    refusal(pipe)
    refusal(tmp_path)
    refusal(Path("/dev/null"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        refusal(tmp_path / "socket")


def test_a_log_that_is_not_there_is_refused(path: Path) -> None:
    assert "No such file" in refusal(path).problem
    with pytest.raises(LogError):
        open_locked(path, os.O_RDONLY)


# What is set aside


def test_what_is_set_aside_is_kept_beside_the_log(path: Path) -> None:
    path.write_bytes(b"one\ntwo\nthr")
    file = LogFile.take(path)
    aside = file.set_aside(8)
    file.append(b"three\n")
    file.close()
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    assert (aside.name, aside.read_bytes()) == ("session.jsonl.torn", b"thr\n")
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600


def test_what_was_set_aside_earlier_stays(path: Path) -> None:
    for tail in (b"a", b"b"):
        path.write_bytes(b"one\n" + tail)
        file = LogFile.take(path)
        aside = file.set_aside(4)
        file.close()
    assert aside.read_bytes() == b"a\nb\n"


def test_nothing_is_cut_off_that_cannot_be_set_aside(path: Path) -> None:
    path.write_bytes(b"one\ntw")
    path.with_name(f"{path.name}.torn").symlink_to("/dev/full")
    file = LogFile.take(path)
    with pytest.raises(JournalError):
        file.set_aside(4)
    file.close()
    assert path.read_bytes() == b"one\ntw"
