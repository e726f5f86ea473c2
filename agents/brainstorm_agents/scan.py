"""One pass through a log: every line verified, every event taken into the session."""

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from brainstorm_agents.errors import LogError, UnfitEvent
from brainstorm_agents.events import (
    AnyEvent,
    decode,
    decode_header,
    empty_log,
    not_a_log,
    reading_step,
    verify,
)
from brainstorm_agents.session import Session
from brainstorm_agents.upgrade import Step

LONGEST_LINE = 64 * 2**20
"""Bytes of the longest line that is taken for one."""


class Scan:
    """A log's lines and their events, each of them verified.

    It keeps no event: what it needs is the session and the longest line. Going through it raises
    `LogError` where the log is damaged; up to there, what it tells is right. It may be left and
    gone through again: that goes on where it was left, also where the file has grown meanwhile.

    Args:
        path: Where the log is.
        file: The same, open. Between two passes its place does not matter.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.session = Session()
        """The fold of the events so far."""
        self.whole = 0
        """Bytes of the lines so far."""
        self.torn = 0
        """Bytes of an unfinished last line, known when it has been gone through."""
        self._source = str(path)
        self._file = file
        self._step: Step | None = None

    def __iter__(self) -> Iterator[tuple[bytes, AnyEvent]]:
        for number, line in enumerate(self._lines(), self.session.seq + 2):
            event = self.event(line, number)
            try:
                self.session.apply(event)
            except UnfitEvent as error:
                raise self._damage(str(error), number) from None
            self.whole += len(line) + 1
            yield line, event
        if self.session.header is None:
            raise self._nothing()

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines with their numbers, from 1, each verified by itself; nothing is taken in.

        That an event can follow the ones before it is not verified. It is for a scan that has not
        begun.
        """
        number = 0
        for number, line in enumerate(self._lines(), 1):
            if number == 1:
                self.event(line, number)
            else:
                self._verified(line, number)
            yield number, line
        if not number:
            raise self._nothing()

    def event(self, line: bytes, number: int) -> AnyEvent:
        """The event of a line, verified; lines count from 1, and the first has to be the first.

        Raises:
            LogError: The line is damaged, or no event.
        """
        if number == 1:
            header = decode_header(line, self._source)
            self._step = reading_step(header)
            return header
        try:
            return decode(line, self._source, number, self._step)
        except LogError as error:
            raise error if error.remedy else self._damage(error.problem, number) from None

    def _verified(self, line: bytes, number: int) -> None:
        try:
            verify(line, self._source, number, self._step)
        except LogError as error:
            raise error if error.remedy else self._damage(error.problem, number) from None

    def _lines(self) -> Iterator[bytes]:
        self.torn = 0
        self._file.seek(self.whole)
        number = self.session.seq + 1
        while line := self._readline():
            number += 1
            if line.endswith(b"\n"):
                yield line[:-1]
            elif len(line) <= LONGEST_LINE:
                self.torn = len(line)
            elif number == 1:
                raise not_a_log(self._source)
            else:
                raise self._damage(f"the line is longer than {LONGEST_LINE >> 20} MiB", number)

    def _readline(self) -> bytes:
        try:
            return self._file.readline(LONGEST_LINE + 1)
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}") from None

    def _damage(self, problem: str, number: int) -> LogError:
        command = f"brainstorm-tui logs recover {shlex.quote(self._source)}"
        remedy = f"`{command}` saves what is whole before it"
        return LogError(problem, source=self._source, line=number, remedy=remedy)

    def _nothing(self) -> LogError:
        return not_a_log(self._source) if self.torn else empty_log(self._source)

    def _error(self, problem: str) -> LogError:
        return LogError(problem, source=self._source)


def open_log(path: Path) -> BinaryIO:
    """Open a log to read it; nothing but a regular file is one.

    Raises:
        LogError: There is no such file, or it is something else.
    """
    source = str(path)
    # A named pipe without a writer would keep us waiting for one.
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise LogError(f"cannot be read: {error.strerror}", source=source) from None
    except ValueError:
        raise LogError("cannot be read: this is no path", source=source) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise LogError("cannot be read: this is no regular file", source=source)
    return os.fdopen(descriptor, "rb")
