"""The journal: append, sync, acknowledge, in this order; and what a failing disk does to it."""

import asyncio
import contextlib
import errno
import os
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.errors import InputError, JournalError
from brainstorm_agents.events import Event, SessionPaused, encode
from brainstorm_agents.journal import (
    Acknowledge,
    InlineJournal,
    Journal,
    NoJournal,
    ThreadedJournal,
)
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.reader import read

from .casts import (
    Kept,
    environment,
    phases,
    snapshot,
    transcript,
    trio,
    virtual,
)
from .disks import Disk

Make = Callable[[Path, Acknowledge | None], Journal]

KINDS = [InlineJournal, ThreadedJournal]


@pytest.fixture
def disk() -> Disk:
    """The disk that the logs are on: a sound one, unless a test says otherwise."""
    return Disk()


@pytest.fixture(params=KINDS, ids=["inline", "threaded"])
def make(request: pytest.FixtureRequest, disk: Disk) -> Make:
    """Either of the two journals that write a file: the same is claimed of both."""
    kind: type[InlineJournal | ThreadedJournal] = request.param
    return lambda path, acknowledge: kind(disk.create(path), acknowledge)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "session.jsonl"


def happening(seq: int, reason: str = "user") -> Event:
    return SessionPaused(seq, float(seq), reason=reason)


def lines(*events: Event) -> bytes:
    return b"".join(encode(event) + b"\n" for event in events)


def content(path: Path) -> bytes:
    return path.read_bytes()


def put(path: Path, text: str) -> None:
    """Put another file in the place of one."""
    path.unlink()
    path.write_text(text)


def everything_in(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def writers() -> list[threading.Thread]:
    """The threads that write logs now."""
    return [thread for thread in threading.enumerate() if thread.name == "journal"]


# ------------------------------------------------------------------------------------ what is kept


async def test_what_is_synced_is_in_the_file_in_order(make: Make, path: Path) -> None:
    journal = make(path, None)
    events = [happening(seq, "Süß 学 \u202e" * seq) for seq in range(50)]
    for event in events:
        journal.append(event)
        if event.seq % 7 == 0:
            await journal.synced(event.seq)
            assert content(path).startswith(lines(*events[: event.seq + 1]))
            assert journal.synced_seq >= event.seq
    await journal.close()
    assert content(path) == lines(*events)
    assert journal.synced_seq == 49


async def test_close_writes_what_is_left(make: Make, path: Path) -> None:
    acknowledged: list[bytes] = []
    journal = make(path, acknowledged.append)
    journal.append(happening(0))
    journal.append(happening(1))
    await journal.close()
    assert content(path) == lines(happening(0), happening(1)) == b"".join(acknowledged)


async def test_lines_are_acknowledged_once_each_after_they_are_written(
    make: Make, path: Path
) -> None:
    acknowledged = b""

    def acknowledge(safe: bytes) -> None:
        nonlocal acknowledged
        acknowledged += safe
        assert content(path).startswith(acknowledged)
        assert safe.endswith(b"\n")

    journal = make(path, acknowledge)
    events = [happening(seq) for seq in range(30)]
    for event in events:
        journal.append(event)
        await journal.synced(event.seq)
        assert acknowledged.endswith(lines(event))
    await journal.close()
    assert acknowledged == lines(*events)


async def test_a_line_is_acknowledged_only_after_its_sync(
    make: Make, path: Path, disk: Disk
) -> None:
    journal = make(path, lambda _: disk.steps.append("acknowledge"))
    journal.append(happening(0))
    await journal.synced(0)
    assert disk.steps == ["open", "write", "sync", "acknowledge"]
    await journal.close()


async def test_a_write_that_takes_a_part_only_is_continued(
    make: Make, path: Path, disk: Disk
) -> None:
    disk.most_at_once = 10
    journal = make(path, None)
    journal.append(happening(0))
    await journal.synced(0)
    await journal.close()
    assert content(path) == lines(happening(0)) == disk.durable


async def test_many_waiters_are_served_by_few_syncs(path: Path, disk: Disk) -> None:
    journal = ThreadedJournal(disk.create(path))

    async def producer(seq: int) -> None:
        journal.append(happening(seq))
        await journal.synced(seq)

    await asyncio.gather(*(producer(seq) for seq in range(100)))
    await journal.close()
    assert content(path) == lines(*(happening(seq) for seq in range(100)))
    assert disk.steps.count("sync") < 10


async def test_a_group_waits_for_company_until_somebody_waits_for_it(
    path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brainstorm_agents.journal.LINGER_S", 600)
    journal = ThreadedJournal(disk.create(path))
    for seq in range(20):
        journal.append(happening(seq))
        await asyncio.sleep(0.001)
    assert "sync" not in disk.steps
    await asyncio.wait_for(journal.synced(19), 5)
    assert disk.steps.count("sync") == 1
    await journal.close()


async def test_what_nobody_waits_for_is_written_too(path: Path) -> None:
    written = asyncio.Event()
    journal = ThreadedJournal(LogFile.create(path), lambda _: written.set())
    journal.append(happening(0))
    await asyncio.wait_for(written.wait(), 5)
    assert content(path) == lines(happening(0))
    await journal.close()


async def test_what_is_synced_already_is_not_waited_for(make: Make, path: Path) -> None:
    journal = make(path, None)
    await journal.synced(-1)
    journal.append(happening(0))
    await journal.synced(0)
    await journal.synced(0)
    await journal.close()


async def test_one_waiter_that_gives_up_does_not_keep_the_others_waiting(path: Path) -> None:
    journal = ThreadedJournal(LogFile.create(path))
    journal.append(happening(0))
    first, second = (asyncio.create_task(journal.synced(0)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled()
    await journal.close()


async def test_a_log_without_a_journal_is_acknowledged_at_once() -> None:
    acknowledged: list[bytes] = []
    journal = NoJournal(acknowledged.append)
    journal.append(happening(0))
    assert acknowledged == [lines(happening(0))]
    assert journal.synced_seq == 0
    await journal.synced(0)
    await journal.close()


async def test_a_session_read_back_is_the_session_that_was_written(make: Make, path: Path) -> None:
    journal = make(path, None)
    env = environment(trio({"Bob": {"fail": 0.5}}), journal=journal)
    controller = Controller(env, 5)
    await controller.run_to_end()
    await controller.close(Reason.QUIT)
    log = read(path)
    assert snapshot(log.session()) == snapshot(env.session)
    assert transcript(log.session()) == transcript(env.session)
    assert log.torn == 0


# ------------------------------------------------------------------------------------- the file


async def test_a_log_and_the_folders_made_for_it_are_private_to_the_user(
    make: Make, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "logs" / "session.jsonl"
    mask = os.umask(0)
    try:
        journal = make(path, None)
    finally:
        os.umask(mask)
    await journal.close()
    assert mode(path) == 0o600
    assert mode(path.parent) == mode(path.parent.parent) == 0o700


@pytest.fixture(params=["file", "dangling link"])
def existing(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A path that is taken."""
    taken = tmp_path / "taken.jsonl"
    if request.param == "file":
        taken.write_text("mine")
    else:
        taken.symlink_to(tmp_path / "elsewhere")
    return taken


async def test_an_existing_file_is_never_overwritten(make: Make, existing: Path) -> None:
    before = everything_in(existing.parent)
    with pytest.raises(InputError, match="exists already"):
        make(existing, None)
    assert everything_in(existing.parent) == before
    assert writers() == []


@pytest.mark.parametrize("place", ["file/log.jsonl", "file/deeper/log.jsonl"])
async def test_a_place_that_cannot_be_written_is_named(
    make: Make, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("a file, and no folder")
    with pytest.raises(JournalError, match="--log"):
        make(tmp_path / place, None)
    assert writers() == []


async def test_a_folder_that_cannot_be_synced_is_a_place_that_cannot_be_written(
    make: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(JournalError, match="Input/output error"):
        make(path, None)
    assert writers() == []


async def test_no_thread_and_no_open_file_is_left_after_close(make: Make, path: Path) -> None:
    before = _open_files()
    journal = make(path, None)
    journal.append(happening(0))
    await journal.close()
    assert writers() == []
    assert _open_files() == before


async def test_close_may_be_called_twice(make: Make, path: Path) -> None:
    journal = make(path, None)
    journal.append(happening(0))
    await journal.close()
    bystander = os.open(path, os.O_RDONLY)
    await journal.close()
    assert os.read(bystander, 10)
    os.close(bystander)


async def test_what_comes_after_the_close_is_refused_and_not_waited_for(
    make: Make, path: Path
) -> None:
    journal = make(path, None)
    await journal.close()
    journal.append(happening(0))
    with pytest.raises(JournalError):
        await asyncio.wait_for(journal.synced(0), 5)


async def test_a_close_that_is_cancelled_still_writes_and_closes(path: Path) -> None:
    before = _open_files()
    journal = ThreadedJournal(LogFile.create(path))
    journal.append(happening(0))
    closing = asyncio.create_task(journal.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    assert content(path) == lines(happening(0))
    assert writers() == []
    assert _open_files() == before


def _open_files() -> set[str]:
    found = set()
    for entry in Path("/proc/self/fd").iterdir() if Path("/proc/self/fd").exists() else ():
        try:
            found.add(str(entry.readlink()))
        except OSError:
            continue
    return found


# --------------------------------------------------------------------------------- a failing disk


@pytest.fixture(params=["no room", "room for a part", "write", "sync"])
def break_disk(request: pytest.FixtureRequest, disk: Disk) -> Callable[[], None]:
    """Makes what is written, or synced, from now on fail."""

    def fail() -> None:
        match request.param:
            case "no room":
                disk.room = 0
            case "room for a part":
                disk.room = 20
            case "write":
                disk.write_fault = errno.EIO
            case "sync":
                disk.sync_fault = errno.EIO

    return fail


def repair(disk: Disk) -> None:
    disk.room, disk.write_fault, disk.sync_fault = None, 0, 0


async def test_a_failing_disk_is_reported_to_those_who_wait_and_to_all_later(
    make: Make, path: Path, disk: Disk, break_disk: Callable[[], None]
) -> None:
    acknowledged: list[bytes] = []
    journal = make(path, acknowledged.append)
    journal.append(happening(0))
    await journal.synced(0)
    break_disk()
    journal.append(happening(1))
    waits = [journal.synced(1), journal.synced(1)]
    for result in await asyncio.gather(*waits, return_exceptions=True):
        assert isinstance(result, JournalError)
        assert result.reason.startswith("the log cannot be written: ")
    journal.append(happening(2))
    with pytest.raises(JournalError, match="all that was shown as logged is in it"):
        await journal.synced(2)
    with pytest.raises(JournalError):
        await journal.close()
    assert acknowledged == [lines(happening(0))]
    assert journal.synced_seq == 0
    assert writers() == []
    assert content(path) == lines(happening(0)) == disk.durable


async def test_once_the_disk_works_again_everything_is_written_in_order(
    make: Make, path: Path, disk: Disk, break_disk: Callable[[], None]
) -> None:
    acknowledged: list[bytes] = []
    journal = make(path, acknowledged.append)
    journal.append(happening(0))
    await journal.synced(0)
    break_disk()
    journal.append(happening(1))
    for _ in range(2):
        with pytest.raises(JournalError):
            await journal.synced(1)
    journal.append(happening(2))
    repair(disk)
    await journal.synced(2)
    everything = lines(*(happening(seq) for seq in range(3)))
    assert content(path) == everything == disk.durable == b"".join(acknowledged)
    assert journal.synced_seq == 2
    journal.append(happening(3))
    await journal.close()
    assert content(path) == everything + lines(happening(3)) == disk.durable


async def test_closing_is_one_more_try(
    make: Make, path: Path, disk: Disk, break_disk: Callable[[], None]
) -> None:
    journal = make(path, None)
    break_disk()
    journal.append(happening(0))
    with pytest.raises(JournalError):
        await journal.synced(0)
    repair(disk)
    await journal.close()
    assert content(path) == lines(happening(0)) == disk.durable


async def test_what_the_last_try_could_not_sync_is_nothing_to_build_on(
    make: Make, path: Path, disk: Disk
) -> None:
    journal = make(path, None)
    journal.append(happening(0))
    await journal.synced(0)
    disk.sync_fault = errno.EIO
    journal.append(happening(1))
    with pytest.raises(JournalError):
        await journal.close()
    assert content(path) == lines(happening(0))


async def test_a_failed_sync_is_never_tried_again_on_the_same_descriptor(
    make: Make, path: Path, disk: Disk
) -> None:
    journal = make(path, None)
    disk.sync_fault = errno.EIO
    journal.append(happening(0))
    with pytest.raises(JournalError):
        await journal.synced(0)
    disk.sync_fault = 0
    disk.steps.clear()
    await journal.synced(0)
    assert disk.steps == ["open", "truncate", "sync", "write", "sync"]
    await journal.close()


async def test_a_log_that_was_taken_away_meanwhile_is_not_written_to(
    make: Make, path: Path, disk: Disk
) -> None:
    journal = make(path, None)
    disk.room = 0
    journal.append(happening(0))
    with pytest.raises(JournalError):
        await journal.synced(0)
    repair(disk)
    put(path, "mine")
    with pytest.raises(JournalError, match="another file has taken its place"):
        await journal.synced(0)
    with pytest.raises(JournalError):
        await journal.close()
    assert content(path) == b"mine"


async def test_a_failure_while_nobody_waits_is_tried_again_as_soon_as_somebody_does(
    path: Path, disk: Disk
) -> None:
    journal = ThreadedJournal(disk.create(path))
    disk.room = 0
    journal.append(happening(0))
    await asyncio.to_thread(disk.is_refused.wait, 5)
    with pytest.raises(JournalError):
        await journal.synced(0)
    repair(disk)
    await journal.synced(0)
    await journal.close()
    assert content(path) == lines(happening(0))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_the_disk_does_what_is_acknowledged_survives_a_power_cut(
    data: st.DataObject,
) -> None:
    async def check(folder: Path) -> None:
        disk = Disk()
        acknowledged = bytearray()

        def acknowledge(safe: bytes) -> None:
            acknowledged.extend(safe)
            assert disk.durable.startswith(acknowledged)

        journal = InlineJournal(disk.create(folder / "log.jsonl"), acknowledge)
        for seq in range(data.draw(st.integers(1, 12))):
            journal.append(happening(seq, data.draw(st.sampled_from(["user", "Süß" * 300]))))
            disk.room = data.draw(st.none() | st.integers(0, 2000))
            disk.most_at_once = data.draw(st.none() | st.integers(1, 50))
            disk.write_fault = data.draw(st.sampled_from([0, 0, errno.EIO, errno.ENOSPC]))
            disk.sync_fault = data.draw(st.sampled_from([0, 0, errno.EIO, errno.ENOSPC]))
            with contextlib.suppress(JournalError):
                await journal.synced(seq)
            assert disk.durable.startswith(acknowledged)
        repair(disk)
        await journal.close()
        assert content(folder / "log.jsonl") == disk.durable == acknowledged
        assert len(acknowledged.splitlines()) == seq + 1

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


async def test_an_event_that_cannot_be_written_keeps_nobody_waiting(make: Make, path: Path) -> None:
    journal = make(path, None)
    journal.append(happening(0, "half \ud83d of one"))
    with pytest.raises(JournalError, match="an event cannot be written"):
        await asyncio.wait_for(journal.synced(0), 5)
    with pytest.raises(JournalError):
        await journal.close()


async def test_a_full_disk_ends_a_round_with_every_turn_settled(
    make: Make, path: Path, break_disk: Callable[[], None]
) -> None:
    env = environment(trio(), journal=make(path, None))
    await env.step()
    await env.journal.synced(env.session.seq)
    break_disk()
    with pytest.raises(JournalError):
        await env.step()
    assert phases(env.session) == {"a0": "done", "b1": "cancelled", "c1": "cancelled"}
    assert env.session.turns["b1"].attempt == 0, "no call goes out that cannot be logged"
    controller = Controller(env, 3)
    with pytest.raises(JournalError):
        await controller.close(Reason.QUIT)
    assert writers() == []
    assert read(path).session().finished_round == 0


@virtual
async def test_rounds_wait_for_the_log_before_their_calls_and_the_last_one_after_them() -> None:
    class Watched(Kept):
        def __init__(self) -> None:
            super().__init__()
            self.waits: list[str] = []

        async def synced(self, seq: int) -> None:
            assert seq == self.events[-1].seq
            self.waits.append(type(self.events[-1]).__name__)

    kept = Watched()
    await Controller(environment(trio(), journal=kept), 2).run_to_end()
    assert kept.waits == [*["TurnStarted"] * 3, "RoundFinished", "SessionEnded"]
