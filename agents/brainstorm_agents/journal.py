"""The log's writer: events are appended at once and synced to the disk in groups."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from brainstorm_agents.errors import InputError, JournalError
from brainstorm_agents.events import Event, encode

LINGER_S = 0.1
"""How long a group may wait for company while nobody waits for its sync."""

Acknowledge = Callable[[bytes], None]
"""Takes whole lines, newlines included, that are safe now."""


class Journal(Protocol):
    """Where events go. Nothing but `synced` ever waits for it."""

    @property
    def synced_seq(self) -> int:
        """The last event that is safe, by its number."""

    def append(self, event: Event) -> None:
        """Take an event; it is written soon."""

    async def synced(self, seq: int) -> None:
        """Wait until that event is safe.

        Raises:
            JournalError: The log cannot be kept.
        """

    async def close(self) -> None:
        """Write what is left and let go of the file.

        Raises:
            JournalError: What was left cannot be kept.
        """


class NoJournal:
    """Keeps nothing, and acknowledges at once."""

    def __init__(self, acknowledge: Acknowledge | None = None) -> None:
        self._acknowledge = acknowledge
        self.synced_seq = -1

    def append(self, event: Event) -> None:
        """Acknowledge the event."""
        self.synced_seq = event.seq
        if self._acknowledge:
            self._acknowledge(encode(event) + b"\n")

    async def synced(self, seq: int) -> None:
        """Nothing to wait for."""

    async def close(self) -> None:
        """Nothing to let go of."""


class InlineJournal:
    """Writes in the event loop, whenever a sync is asked for: for a virtual clock."""

    def __init__(self, path: Path, acknowledge: Acknowledge | None = None) -> None:
        self._file = _File(path)
        self._acknowledge = acknowledge
        self._waiting: list[Event] = []
        self.synced_seq = -1

    def append(self, event: Event) -> None:
        """Keep the event for the next sync."""
        self._waiting.append(event)

    async def synced(self, seq: int) -> None:
        """Write and sync what is waiting."""
        if self._waiting:
            lines = self._file.write(self._waiting)
            self.synced_seq = self._waiting[-1].seq
            self._waiting.clear()
            if self._acknowledge:
                self._acknowledge(lines)

    async def close(self) -> None:
        """Write what is left and close the file."""
        try:
            await self.synced(0)
        finally:
            self._file.close()


class ThreadedJournal:
    """Writes on a thread of its own, so that the disk never holds up the event loop."""

    def __init__(self, path: Path, acknowledge: Acknowledge | None = None) -> None:
        self._file = _File(path)
        self._acknowledge = acknowledge
        self._loop = asyncio.get_running_loop()
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._error: JournalError | None = None
        self.synced_seq = -1
        self._changed = threading.Condition()
        self._waiting: list[Event] = []
        self._is_urgent = False
        self._is_closing = False
        self._has_ended = asyncio.Event()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def append(self, event: Event) -> None:
        """Hand the event to the writer."""
        with self._changed:
            self._waiting.append(event)
            if len(self._waiting) == 1:
                self._changed.notify()

    async def synced(self, seq: int) -> None:
        """Wait until that event is on the disk."""
        if self._error:
            raise self._error
        if seq <= self.synced_seq:
            return
        if self._has_ended.is_set():
            raise JournalError(f"event {seq} comes after the log was closed")
        waiter = self._loop.create_future()
        self._waiters.append((seq, waiter))
        with self._changed:
            self._is_urgent = True
            self._changed.notify()
        await waiter

    async def close(self) -> None:
        """Write what is left, end the thread, close the file."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        try:
            await self._has_ended.wait()
        finally:
            # Cancelled, it still closes: the loop then stands still for as long as one sync takes.
            self._thread.join()
            self._file.close()
        if self._error:
            raise self._error

    def _work(self) -> None:
        self._write_groups()
        self._tell(self._has_ended.set)

    def _write_groups(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._is_closing:
                    self._changed.wait()
                if not self._is_urgent and not self._is_closing:
                    self._changed.wait_for(lambda: self._is_urgent or self._is_closing, LINGER_S)
                group, self._waiting, self._is_urgent = self._waiting, [], False
            if not group:
                return
            try:
                lines = self._file.write(group)
            except JournalError as error:
                self._tell(self._fail, error)
                return
            self._tell(self._succeed, group[-1].seq, lines)

    def _tell(self, what: Callable[..., None], *arguments: object) -> None:
        # The loop may be gone after a hard exit; the file is what counts then.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what, *arguments)

    def _succeed(self, seq: int, lines: bytes) -> None:
        self.synced_seq = seq
        if self._acknowledge:
            self._acknowledge(lines)
        for due, waiter in self._waiters:
            if due <= seq and not waiter.done():
                waiter.set_result(None)
        self._waiters = [pair for pair in self._waiters if not pair[1].done()]

    def _fail(self, error: JournalError) -> None:
        self._error = error
        for _, waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(error)
        self._waiters.clear()


class _File:
    """A new file for one log, private to its user. After a failure it takes nothing more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failure: JournalError | None = None
        self._descriptor = -1
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
            for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
                flags |= getattr(os, name, 0)
            self._descriptor = os.open(path, flags, 0o600)
            _sync_folder(path.parent)
        except OSError as error:
            self.close()
            # The same error, if what exists is a file where the log's folder should be.
            if isinstance(error, FileExistsError) and path.parent.is_dir():
                raise InputError(
                    f"{path} exists already; a log is never overwritten: name another with --log"
                ) from None
            raise JournalError(
                f"the log {path} cannot be written: {error.strerror}; name another place with"
                " --log, or keep none with --no-log"
            ) from None

    def write(self, events: list[Event]) -> bytes:
        """Write events and sync them; their lines.

        Raises:
            JournalError: The disk is full or failing. A part may have been written; it stays the
                end of the file, which readers ignore.
        """
        if self._failure:
            raise self._failure
        try:
            lines = b"".join(encode(event) + b"\n" for event in events)
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            _sync(self._descriptor)
        except Exception as error:
            why = error.strerror if isinstance(error, OSError) else error
            self._failure = JournalError(f"the log {self._path} cannot be written: {why}")
            raise self._failure from error
        return lines

    def close(self) -> None:
        """Let go of the file, unless that has been done."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


_sync = getattr(os, "fdatasync", os.fsync)


def _sync_folder(folder: Path) -> None:
    """Make the new file's name survive too. Windows cannot, and need not, open a folder."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
