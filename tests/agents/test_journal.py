"""The journal: append, sync, acknowledge, in this order; and what a failing disk does to it."""

import asyncio
import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

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
from brainstorm_agents.reader import read

from .casts import (
    Kept,
    cast,
    environment,
    phases,
    role,
    snapshot,
    transcript,
    trio,
    virtual,
)

Make = Callable[[Path, Acknowledge | None], Journal]

KINDS = [InlineJournal, ThreadedJournal]


@pytest.fixture(params=KINDS, ids=["inline", "threaded"])
def make(request: pytest.FixtureRequest) -> Make:
    """Either of the two journals that write a file: the same is claimed of both."""
    made: Make = request.param
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "session.jsonl"


def happening(seq: int, reason: str = "user") -> Event:
    return SessionPaused(seq, float(seq), reason=reason)


def lines(*events: Event) -> bytes:
    return b"".join(encode(event) + b"\n" for event in events)


def content(path: Path) -> bytes:
    return path.read_bytes()


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
    make: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_write = os.write

    def write(descriptor: int, data: bytes) -> int:
        steps.append("write")
        return real_write(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr("brainstorm_agents.journal._sync", lambda _: steps.append("sync"))
    journal = make(path, lambda _: steps.append("acknowledge"))
    journal.append(happening(0))
    await journal.synced(0)
    assert steps == ["write", "sync", "acknowledge"]
    await journal.close()


async def test_a_write_that_takes_a_part_only_is_continued(
    make: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real_write(file, bytes(data[:10])))
    journal = make(path, None)
    journal.append(happening(0))
    await journal.synced(0)
    monkeypatch.undo()
    await journal.close()
    assert content(path) == lines(happening(0))


async def test_many_waiters_are_served_by_few_syncs(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    monkeypatch.setattr("brainstorm_agents.journal._sync", syncs.append)
    journal = ThreadedJournal(path)

    async def producer(seq: int) -> None:
        journal.append(happening(seq))
        await journal.synced(seq)

    await asyncio.gather(*(producer(seq) for seq in range(100)))
    await journal.close()
    assert content(path) == lines(*(happening(seq) for seq in range(100)))
    assert len(syncs) < 10


async def test_a_group_waits_for_company_until_somebody_waits_for_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    monkeypatch.setattr("brainstorm_agents.journal._sync", syncs.append)
    monkeypatch.setattr("brainstorm_agents.journal.LINGER_S", 600)
    journal = ThreadedJournal(path)
    for seq in range(20):
        journal.append(happening(seq))
        await asyncio.sleep(0.001)
    assert syncs == []
    await asyncio.wait_for(journal.synced(19), 5)
    assert len(syncs) == 1
    await journal.close()


async def test_what_nobody_waits_for_is_written_too(path: Path) -> None:
    written = asyncio.Event()
    journal = ThreadedJournal(path, lambda _: written.set())
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
    journal = ThreadedJournal(path)
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


async def test_a_log_is_private_to_its_user(make: Make, path: Path) -> None:
    mask = os.umask(0)
    try:
        journal = make(path, None)
    finally:
        os.umask(mask)
    await journal.close()
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


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
    journal = ThreadedJournal(path)
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


@pytest.fixture(params=["write", "sync"])
def fill_disk(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Makes every write, or every sync, from now on fail for want of space."""

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill() -> None:
        if request.param == "write":
            monkeypatch.setattr(os, "write", fail)
        else:
            monkeypatch.setattr("brainstorm_agents.journal._sync", fail)

    return fill


async def test_a_full_disk_is_reported_to_those_who_wait_and_to_all_later(
    make: Make, path: Path, fill_disk: Callable[[], None]
) -> None:
    acknowledged: list[bytes] = []
    journal = make(path, acknowledged.append)
    journal.append(happening(0))
    await journal.synced(0)
    fill_disk()
    journal.append(happening(1))
    waits = [journal.synced(1), journal.synced(1)]
    for result in await asyncio.gather(*waits, return_exceptions=True):
        assert isinstance(result, JournalError)
        assert "No space left" in str(result)
    journal.append(happening(2))
    with pytest.raises(JournalError, match="No space left"):
        await journal.synced(2)
    with pytest.raises(JournalError, match="No space left"):
        await journal.close()
    assert acknowledged == [lines(happening(0))]
    assert journal.synced_seq == 0
    assert writers() == []


async def test_nothing_is_written_after_a_failure_even_if_there_is_space_again(
    make: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write = os.write

    def half(descriptor: int, data: bytes) -> int:
        real_write(descriptor, bytes(data[:20]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    journal = make(path, None)
    journal.append(happening(0))
    await journal.synced(0)
    with monkeypatch.context() as full:
        full.setattr(os, "write", half)
        journal.append(happening(1))
        with pytest.raises(JournalError):
            await journal.synced(1)
    journal.append(happening(2))
    with pytest.raises(JournalError):
        await journal.synced(2)
    with pytest.raises(JournalError):
        await journal.close()
    assert content(path) == lines(happening(0)) + lines(happening(1))[:20]


async def test_a_failure_while_nobody_waits_is_told_at_the_next_sync(
    path: Path, fill_disk: Callable[[], None]
) -> None:
    journal = ThreadedJournal(path)
    fill_disk()
    journal.append(happening(0))
    for thread in writers():
        thread.join(5)
    with pytest.raises(JournalError):
        await journal.synced(0)
    with pytest.raises(JournalError):
        await journal.close()


async def test_an_event_that_cannot_be_written_keeps_nobody_waiting(make: Make, path: Path) -> None:
    journal = make(path, None)
    journal.append(happening(0, "half \ud83d of one"))
    with pytest.raises(JournalError):
        await asyncio.wait_for(journal.synced(0), 5)
    with pytest.raises(JournalError):
        await journal.close()


async def test_a_full_disk_ends_a_round_with_every_turn_settled(
    make: Make, path: Path, fill_disk: Callable[[], None]
) -> None:
    env = environment(trio(), journal=make(path, None))
    await env.step()
    fill_disk()
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
async def test_a_round_waits_for_the_log_before_its_calls_and_after_it() -> None:
    class Watched(Kept):
        def __init__(self) -> None:
            super().__init__()
            self.waits: list[str] = []

        async def synced(self, seq: int) -> None:
            assert seq == self.events[-1].seq
            self.waits.append(type(self.events[-1]).__name__)

    kept = Watched()
    env = environment(cast(role("Alex")), journal=kept)
    await env.step()
    assert kept.waits == ["TurnStarted", "RoundFinished"]
