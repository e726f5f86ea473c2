"""A disk that fails as it is told, and knows what a power cut would leave of a log."""

import errno
import os
import threading
from pathlib import Path

from brainstorm_agents.log_file import DiskFile, LogFile


class Disk:
    """Stands between one log and the real disk."""

    def __init__(self) -> None:
        self.room: int | None = None
        """Bytes that still fit; None if there is no end to them."""
        self.most_at_once: int | None = None
        """Bytes that one write takes; None if it takes all."""
        self.write_fault = 0
        """The error of every write, by its number; 0 if there is none."""
        self.sync_fault = 0
        """The error of every sync."""
        self.steps: list[str] = []
        """What was asked of it."""
        self.is_refused = threading.Event()
        """Whether a write has been refused for want of room."""
        self.durable = bytearray()
        """What would be left of the log if the power went now."""
        self._dirty: list[tuple[int, bytes]] = []

    def create(self, path: Path) -> LogFile:
        """A new log on this disk."""
        return LogFile.create(path, lambda opened: _File(opened, self))

    def take(self, path: Path) -> LogFile:
        """An existing log on this disk."""
        self.durable[:] = path.read_bytes()
        return LogFile.take(path, lambda opened: _File(opened, self))

    def wrote(self, offset: int, data: bytes) -> None:
        """Note bytes that are in memory only."""
        self._dirty.append((offset, data))

    def synced(self) -> None:
        """Note that all that is in memory has got to the disk."""
        for offset, data in self._dirty:
            self.durable.extend(bytes(max(0, offset - len(self.durable))))
            self.durable[offset : offset + len(data)] = data
        self._dirty.clear()

    def lost(self) -> None:
        """Note that it has not, and never will: a later sync says nothing about it any more."""
        self._dirty.clear()

    def cut(self, length: int) -> None:
        """Note that the file ends earlier."""
        del self.durable[length:]
        self._dirty = [(at, data[: length - at]) for at, data in self._dirty if at < length]


class _File(DiskFile):
    def __init__(self, path: Path, disk: Disk) -> None:
        super().__init__(path)
        self._disk = disk
        disk.steps.append("open")

    def write(self, data: memoryview) -> int:
        disk = self._disk
        disk.steps.append("write")
        if disk.write_fault:
            raise _error(disk.write_fault)
        if disk.room == 0:
            disk.is_refused.set()
            raise _error(errno.ENOSPC)
        most = min(len(data), disk.room or len(data), disk.most_at_once or len(data))
        offset = os.fstat(self.fileno()).st_size
        count = super().write(data[:most])
        if disk.room is not None:
            disk.room -= count
        disk.wrote(offset, bytes(data[:count]))
        return count

    def sync(self) -> None:
        self._disk.steps.append("sync")
        if self._disk.sync_fault:
            self._disk.lost()
            raise _error(self._disk.sync_fault)
        self._disk.synced()

    def truncate(self, length: int) -> None:
        self._disk.steps.append("truncate")
        super().truncate(length)
        self._disk.cut(length)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
