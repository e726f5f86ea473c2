"""A log's reader: verifies every line, keeps where it stands, and never writes."""

import os
import sys
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar, get_args, overload

from brainstorm_agents.errors import LogError
from brainstorm_agents.events import AnyEvent, Event, SessionStarted
from brainstorm_agents.file_lock import is_locked
from brainstorm_agents.keyframe import Keyframe
from brainstorm_agents.scan import Scan, open_log
from brainstorm_agents.session import Session

SPACING = 1000
"""Events from one keyframe to the next, at least."""

COPIES = 4
"""Events more, for each turn that a keyframe has to copy: so copies stay few beside events."""

PORTION = 2**20
"""Bytes that are read again at once."""

END = 20
"""Bytes at the end of a line that tell it from others: its checksum is in them."""

_KINDS: tuple[type[Event], ...] = get_args(AnyEvent)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}


def read(path: Path) -> "Log":
    """Read a log to its end and check that every event can follow the ones before it.

    Raises:
        LogError: There is no such file, it is no log, or it is damaged before its last line.
    """
    log = Log(path)
    log.read_on()
    return log


class Log:
    """A log, as far as it has been read: where its events stand, their times and kinds, no events.

    What is asked for is read again from the file, and verified again. The file may grow while it
    is read; where its writer has cut it back, reading begins again.

    Args:
        path: Where it is. Nothing is read yet.

    Raises:
        LogError: There is no such file, or it is no file that can be a log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open_log(path)
        weakref.finalize(self, self._file.close)
        self._begin()

    def _begin(self) -> None:
        self._scan = Scan(self.path, self._file)
        self._offsets = array("Q")
        self._times = array("d")
        self._kinds = bytearray()
        self._keyframes = [Keyframe(self._scan.session)]
        self._end = b""
        self._seen: tuple[int, int] | None = None

    # Reading on

    def read_on(self, size: int = sys.maxsize) -> None:
        """Read on: to the end, or so many bytes and what belongs to the line at which they end.

        Raises:
            LogError: The file is no log, or it is damaged. What was read before stays.
        """
        before = self._trace()
        if self._is_cut_back(before[0]):
            self._begin()
        until = self._scan.whole + size
        offset = self._scan.whole
        for line, event in self._scan:
            self._offsets.append(offset)
            self._times.append(event.t)
            self._kinds.append(_NUMBERS[type(event)])
            self._keep_frame()
            self._end = line[-END:] + b"\n"
            offset = self._scan.whole
            if offset >= until:
                return
        self._seen = before

    @property
    def has_more(self) -> bool:
        """Whether the file has more than was read, or has changed in some other way."""
        return self._trace() != self._seen

    @property
    def share(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        size = self._trace()[0]
        return min(1.0, self._scan.whole / size) if size and self.has_more else 1.0

    @property
    def torn(self) -> int:
        """Bytes of an unfinished last line, ignored."""
        return self._scan.torn

    @property
    def is_being_written(self) -> bool:
        """Whether some process holds the log's lock. So it is where that cannot be found out."""
        try:
            return is_locked(self._file.fileno())
        except OSError:
            # A file system without locks: nobody can be said to have let go.
            return True

    @property
    def is_gone(self) -> bool:
        """Whether its file is where it was no more: deleted, moved, or another in its place."""
        try:
            return not os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return True

    def _trace(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns

    def _is_cut_back(self, size: int) -> bool:
        """Whether what was read is there no more: the file is shorter, or has other lines there."""
        if size < self._scan.whole:
            return True
        return self._bytes(self._scan.whole - len(self._end), self._scan.whole) != self._end

    def _keep_frame(self) -> None:
        session = self._scan.session
        since = len(self._times) - self._keyframes[-1].position
        if since < SPACING:
            return
        # Better where no turn is under way: there is next to nothing to copy.
        if not session.is_under_way or since >= 2 * SPACING + COPIES * session.turns_under_way:
            self._keyframes.append(Keyframe(session))

    # What there is

    @property
    def header(self) -> SessionStarted:
        """The first event."""
        header = self._scan.session.header
        assert header is not None, "the header has been read"
        return header

    @property
    def events(self) -> Sequence[AnyEvent]:
        """The events so far, each read again when it is asked for."""
        return _Again(self._events, 0, len(self._times))

    @property
    def lines(self) -> Sequence[bytes]:
        """The lines as they stand in the file, without their newlines; read again, too."""
        return _Again(self._lines, 0, len(self._times))

    def session(self) -> Session:
        """The session that the log holds, as far as it was read; reading on goes on with it."""
        return self._scan.session

    def session_at(self, position: int, near: Session | None = None) -> Session:
        """The session as it was after so many events; after all of them it is the whole one.

        It takes as long as there are events since the last keyframe, wherever that is.

        Args:
            near: An earlier session that this has given, which may be taken on to there.
        """
        whole = self.session()
        if position >= len(self._times):
            return whole
        keyframe = self._keyframes[bisect_right(self._keyframes, position, key=_position) - 1]
        if near and near is not whole and keyframe.position <= near.seq + 1 <= position:
            session = near
        else:
            session = keyframe.session()
        for event in self._events(session.seq + 1, position):
            session.apply(event)
        return session

    def position_at(self, t: float) -> int:
        """How many events had happened at a time."""
        return bisect_right(self._times, t)

    def time(self, seq: int) -> float:
        """When an event happened."""
        return self._times[seq]

    def kind(self, seq: int) -> type[Event]:
        """What kind of event one is."""
        return _KINDS[self._kinds[seq]]

    def first(self, kind: type[Event], start: int = 0) -> int | None:
        """The number of the first event of a kind, from one on."""
        found = self._kinds.find(_NUMBERS[kind], start)
        return None if found < 0 else found

    def last(self, kind: type[Event], stop: int) -> int | None:
        """The number of the last event of a kind before one."""
        found = self._kinds.rfind(_NUMBERS[kind], 0, stop)
        return None if found < 0 else found

    # Reading again

    def _events(self, start: int, stop: int) -> Iterator[AnyEvent]:
        for number, line in enumerate(self._lines(start, stop), start + 1):
            yield self._scan.event(line, number)

    def _lines(self, start: int, stop: int) -> Iterator[bytes]:
        while start < stop:
            offset = self._offsets[start]
            last = bisect_right(self._offsets, offset + PORTION, start + 1, stop)
            end = self._offsets[last] if last < len(self._offsets) else self._scan.whole
            lines = self._bytes(offset, end).split(b"\n")
            if len(lines) != last - start + 1 or lines.pop():
                problem = "the file has changed since it was read"
                raise LogError(problem, source=str(self.path), line=start + 1)
            yield from lines
            start = last

    def _bytes(self, start: int, stop: int) -> bytes:
        try:
            # From its end, so that nothing comes from a buffer: the file may have changed.
            self._file.seek(0, os.SEEK_END)
            self._file.seek(start)
            return self._file.read(stop - start)
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
            raise LogError(problem, source=str(self.path)) from None


def _position(keyframe: Keyframe) -> int:
    return keyframe.position


_T = TypeVar("_T")


class _Again(Sequence[_T]):
    """What a log has, without keeping it."""

    def __init__(self, read: Callable[[int, int], Iterator[_T]], start: int, stop: int) -> None:
        self._read, self._start, self._stop = read, start, stop

    def __len__(self) -> int:
        return self._stop - self._start

    def __iter__(self) -> Iterator[_T]:
        return self._read(self._start, self._stop)

    @overload
    def __getitem__(self, place: int) -> _T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[_T]: ...

    def __getitem__(self, place: int | slice) -> _T | Sequence[_T]:
        places = range(self._start, self._stop)[place]
        if isinstance(places, int):
            return next(self._read(places, places + 1))
        if places.step == 1:
            return _Again(self._read, places.start, max(places.start, places.stop))
        return [next(self._read(one, one + 1)) for one in places]
