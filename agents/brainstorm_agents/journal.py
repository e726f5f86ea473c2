"""The log's writer: events are appended at once and synced to the disk in groups."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from brainstorm_agents.errors import JournalError
from brainstorm_agents.events import Event, encode
from brainstorm_agents.log_file import LogFile

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
        """Wait until that event is safe. After a failure, try again.

        Raises:
            JournalError: The log cannot be written now. Nothing that was acknowledged is lost, and
                nothing that was not is forgotten.
        """

    async def close(self) -> None:
        """Write what is left, if need be by one more try, and let go of the file.

        Raises:
            JournalError: What was left is lost.
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
    """Writes in the event loop, whenever a sync is asked for: for a virtual clock.

    Args:
        file: Where to; the journal closes it.
        acknowledge: Gets the lines that are safe.
        synced_seq: The last event that the file holds already.
    """

    def __init__(
        self, file: LogFile, acknowledge: Acknowledge | None = None, synced_seq: int = -1
    ) -> None:
        self._file = file
        self._acknowledge = acknowledge
        self._waiting: list[Event] = []
        self.synced_seq = synced_seq

    def append(self, event: Event) -> None:
        """Keep the event for the next sync."""
        self._waiting.append(event)

    async def synced(self, seq: int) -> None:
        """Write and sync what is waiting."""
        if self._waiting:
            lines = _encoded(self._waiting)
            self._file.append(lines)
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
    """Writes on a thread of its own, so that the disk never holds up the event loop.

    Args:
        file: Where to; the journal closes it.
        acknowledge: Gets the lines that are safe, in the event loop.
        synced_seq: The last event that the file holds already.
    """

    def __init__(
        self, file: LogFile, acknowledge: Acknowledge | None = None, synced_seq: int = -1
    ) -> None:
        self._file = file
        self._acknowledge = acknowledge
        self._loop = asyncio.get_running_loop()
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._error: JournalError | None = None
        self.synced_seq = synced_seq
        self._changed = threading.Condition()
        self._waiting: deque[Event] = deque()
        """Filled in the loop, emptied on the thread: a deque needs no lock for that."""
        self._linger: asyncio.TimerHandle | None = None
        """Runs out when a group has waited long enough for company."""
        self._is_urgent = False
        self._is_closing = False
        self._has_ended = asyncio.Event()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def append(self, event: Event) -> None:
        """Hand the event to the writer."""
        self._waiting.append(event)
        # After a failure it tries again when somebody asks for it, not by itself.
        if self._linger is None and self._error is None:
            self._linger = self._loop.call_later(LINGER_S, self._hurry)

    async def synced(self, seq: int) -> None:
        """Wait until that event is on the disk."""
        if seq <= self.synced_seq:
            return
        if self._has_ended.is_set():
            raise self._error or JournalError(f"event {seq} comes after the log was closed")
        waiter = self._loop.create_future()
        self._waiters.append((seq, waiter))
        self._hurry()
        await waiter

    async def close(self) -> None:
        """Write what is left, end the thread, close the file."""
        self._is_closing = True
        self._hurry()
        try:
            await self._has_ended.wait()
        finally:
            # Cancelled, it still closes: the loop then stands still for as long as one sync takes.
            self._thread.join()
            self._file.close()
        if self._error:
            raise self._error

    def _hurry(self) -> None:
        """Have what is waiting written now."""
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        with self._changed:
            self._is_urgent = True
            self._changed.notify()

    def _work(self) -> None:
        self._write_groups()
        self._tell(self._has_ended.set)

    def _write_groups(self) -> None:
        is_last = False
        while not is_last:
            with self._changed:
                while not self._is_urgent:
                    self._changed.wait()
                self._is_urgent, is_last = False, self._is_closing
            group = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if group:
                try:
                    lines = _encoded(group)
                    self._file.append(lines)
                except JournalError as error:
                    self._waiting.extendleft(reversed(group))
                    self._tell(self._fail, error)
                else:
                    self._tell(self._succeed, group[-1].seq, lines)

    def _tell(self, what: Callable[..., None], *arguments: object) -> None:
        # The loop may be gone after a hard exit; the file is what counts then.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what, *arguments)

    def _succeed(self, seq: int, lines: bytes) -> None:
        self._error = None
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


def _encoded(events: list[Event]) -> bytes:
    try:
        return b"\n".join([*map(encode, events), b""])
    except Exception as error:
        raise JournalError(f"an event cannot be written: {error}") from error
