"""The file of one log: private to its user, locked while it is open, appended to and synced.

What `append` has returned for is safe. After a write or a sync that failed nobody knows what the
file holds beyond that: the next `append` opens it anew, cuts it back to what is safe, and goes on
from there.
"""

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from brainstorm_agents.errors import InputError, JournalError, LogError
from brainstorm_agents.file_lock import lock

_GROUP = 2**20
"""Bytes that are written and synced at once, where there are many lines."""


PATIENCE_S = 0.02
"""Real seconds after which a lock is asked for a second time."""


class Storage(Protocol):
    """What a log asks of the system. All of it raises `OSError`."""

    def fileno(self) -> int:
        """The descriptor."""

    def write(self, data: memoryview) -> int:
        """Append bytes, or the first of them; how many."""

    def sync(self) -> None:
        """Return when what was written is on the disk."""

    def truncate(self, length: int) -> None:
        """Cut the file back to so many bytes."""

    def close(self) -> None:
        """Let go of the file; more than once is fine."""


class DiskFile:
    """An existing file, opened to append to it."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | _PLAINLY)

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def write(self, data: memoryview) -> int:
        """Append bytes, or the first of them; how many."""
        return os.write(self._descriptor, data)

    def sync(self) -> None:
        """Return when what was written is on the disk."""
        _sync(self._descriptor)

    def truncate(self, length: int) -> None:
        """Cut the file back to so many bytes."""
        os.ftruncate(self._descriptor, length)

    def close(self) -> None:
        """Let go of the file; more than once is fine."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class LogFile:
    """One log that this process alone writes. Made by `create` or `take`.

    Args:
        path: Where it is.
        lock: The descriptor that holds the lock. It is never written through, so that the lock
            outlasts a descriptor that has failed.
        open_storage: Opens what is written through.
    """

    def __init__(self, path: Path, lock: int, open_storage: Callable[[Path], Storage]) -> None:
        self.path = path
        self.length = os.fstat(lock).st_size
        """Bytes of it that are safe."""
        self._lock = lock
        self._open = open_storage
        self._storage = self._opened()
        self._is_behind = False

    @classmethod
    def create(cls, path: Path, open_storage: Callable[[Path], Storage] = DiskFile) -> Self:
        """A new log, and the folders to it.

        An empty file is as good as none: it is what a process leaves that is killed before it has
        written anything.

        Raises:
            InputError: The file exists, and something is in it or somebody has it.
            JournalError: It cannot be made there.
        """
        held = -1
        try:
            _make_folder(path.parent)
            held = _new_or_empty(path)
            # While it was empty and without a lock, it may have become somebody else's.
            if not lock(held) or os.fstat(held).st_size:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            _sync_folder(path.parent)
            return cls(path, held, open_storage)
        except OSError as error:
            if held >= 0:
                os.close(held)
            # The same error, if what exists is a file where the log's folder should be.
            if isinstance(error, FileExistsError) and path.parent.is_dir():
                raise InputError(
                    f"{path} exists already; a log is never overwritten: name another file"
                ) from None
            raise JournalError(
                f"the log {path} cannot be written: {error.strerror}; name another place with"
                " --log, or keep none with --no-log"
            ) from None

    @classmethod
    def take(cls, path: Path, open_storage: Callable[[Path], Storage] = DiskFile) -> Self:
        """An existing log, to go on with; what it holds is on the disk.

        Raises:
            LogError: There is none, it is no file of its own, or another process has it.
            JournalError: It cannot be written, or not be brought onto the disk.
        """
        held = open_locked(path, os.O_RDWR)
        try:
            taken = cls(path, held, open_storage)
            # Its last writer may have been killed between a write and its sync.
            taken._storage.sync()
        except OSError as error:
            os.close(held)
            raise _unwritable(path, error) from None
        return taken

    def reading(self) -> BinaryIO:
        """The file from its beginning, to read."""
        file = os.fdopen(os.dup(self._lock), "rb")
        file.seek(0)
        return file

    def append(self, lines: bytes) -> None:
        """Write lines and sync them.

        Raises:
            JournalError: The disk is full or failing. The next call starts over from what is safe.
        """
        try:
            if self._is_behind:
                self._start_over()
            self._is_behind = True
            rest = memoryview(lines)
            while rest:
                rest = rest[self._storage.write(rest) :]
            self._storage.sync()
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._is_behind = False
        self.length += len(lines)

    def append_all(self, lines: Iterable[bytes]) -> None:
        """Write any number of lines, given without their newlines, and sync them in groups.

        Raises:
            JournalError: The disk is full or failing.
        """
        group = bytearray()
        for line in lines:
            group += line + b"\n"
            if len(group) >= _GROUP:
                self.append(bytes(group))
                group.clear()
        self.append(bytes(group))

    def set_aside(self, length: int) -> Path:
        """Move what follows so many bytes to the end of a file beside the log: `<log>.torn`.

        Raises:
            JournalError: The disk is full or failing. The log is as it was.
        """
        aside = self.path.with_name(f"{self.path.name}.torn")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _PLAINLY
        try:
            with self.reading() as file, os.fdopen(os.open(aside, flags, 0o600), "ab") as torn:
                file.seek(length)
                torn.write(file.read() + b"\n")
                torn.flush()
                os.fsync(torn.fileno())
            _sync_folder(aside.parent)
            self._storage.truncate(length)
            self._storage.sync()
        except OSError as error:
            raise _unwritable(self.path, error) from None
        self.length = length
        return aside

    def close(self) -> None:
        """Let go of the file and of its lock, unless that has been done."""
        if self._lock < 0:
            return
        if self._is_behind:
            # Whoever goes on with the log must not build on lines that look whole and are not on
            # the disk. Where even this fails, they are a torn tail.
            with contextlib.suppress(OSError):
                self._storage.truncate(self.length)
        held, self._lock = self._lock, -1
        self._storage.close()
        os.close(held)

    def _start_over(self) -> None:
        # What a failed sync has left in memory looks written and is not, and the next sync on the
        # same descriptor would not say so.
        self._storage.close()
        self._storage = self._opened()
        self._storage.truncate(self.length)
        self._storage.sync()

    def _opened(self) -> Storage:
        storage = self._open(self.path)
        try:
            if not os.path.sameopenfile(self._lock, storage.fileno()):
                raise FileNotFoundError(errno.ENOENT, "another file has taken its place")
        except OSError:
            storage.close()
            raise
        return storage


def _new_or_empty(path: Path) -> int:
    """Make a file, or open one that is there and empty; its descriptor.

    Raises:
        OSError: Neither is possible: `FileExistsError` if something else is there.
    """
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _PLAINLY, 0o600)
    except FileExistsError:
        if not _is_empty_file(path.lstat()):
            raise
    held = os.open(path, os.O_RDWR | _PLAINLY)
    try:
        if not _is_empty_file(os.fstat(held)):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        if os.name != "nt":
            os.fchmod(held, 0o600)
    except OSError:
        os.close(held)
        raise
    return held


def _is_empty_file(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def open_locked(path: Path, flags: int) -> int:
    """Open an existing log under its lock; the descriptor, whose closing ends the lock.

    Raises:
        LogError: There is none, it is no file of its own, or another process has it.
    """
    source = str(path)
    try:
        held = os.open(path, flags | _PLAINLY)
    except OSError as error:
        if error.errno == errno.ELOOP:
            remedy = "name the file that it leads to"
            raise LogError("this is a symbolic link", source=source, remedy=remedy) from None
        raise LogError(f"cannot be opened: {error.strerror}", source=source) from None
    try:
        if not stat.S_ISREG(os.fstat(held).st_mode):
            raise LogError("this is no regular file", source=source)
        if not _lock_patiently(held):
            remedy = "wait until it has ended, or only look: brainstorm-tui replay"
            raise LogError("another process is at this log", source=source, remedy=remedy)
    except OSError as error:
        os.close(held)
        raise LogError(f"cannot be locked: {error.strerror}", source=source) from None
    except LogError:
        os.close(held)
        raise
    return held


def _lock_patiently(descriptor: int) -> bool:
    """Lock a file, unless another process keeps it."""
    if lock(descriptor):
        return True
    # Whoever follows the log shares the lock for a moment, to find out whether anybody writes it.
    time.sleep(PATIENCE_S)
    return lock(descriptor)


def _unwritable(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"the log {path} cannot be written: {error.strerror}; all that was shown as logged is in"
        " it, and once there is room `brainstorm-tui resume` goes on with it",
        reason=f"the log cannot be written: {error.strerror}",
    )


# No link is followed, nothing is inherited by other programs, and a named pipe keeps nobody
# waiting. Not all of these are there on all systems.
_PLAINLY = 0
for _name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY"):
    _PLAINLY |= getattr(os, _name, 0)

_sync = getattr(os, "fdatasync", os.fsync)


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each private to its user."""
    missing = []
    while not folder.is_dir() and folder != folder.parent:
        missing.append(folder)
        folder = folder.parent
    for made in reversed(missing):
        made.mkdir(0o700, exist_ok=True)
        _sync_folder(made.parent)


def _sync_folder(folder: Path) -> None:
    """Make a new name survive too. Windows cannot, and need not, open a folder."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
