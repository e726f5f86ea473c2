"""A log's reader: verifies every line, and never writes."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from brainstorm_agents.errors import LogError, UnfitEvent
from brainstorm_agents.events import AnyEvent, SessionStarted, decode, decode_header, not_a_log
from brainstorm_agents.session import Session

LARGEST = 512 * 2**20
"""Bytes of the largest log that is read into memory."""


class Log(msgspec.Struct, frozen=True):
    """A log as it was read."""

    path: Path
    events: Sequence[AnyEvent]
    lines: Sequence[bytes]
    """The lines as they stand in the file, without their newlines."""
    torn: int
    """Bytes of an unfinished last line, ignored."""

    @property
    def header(self) -> SessionStarted:
        """The first event."""
        header = self.events[0]
        assert isinstance(header, SessionStarted), "the reader has checked it"
        return header

    def session(self) -> Session:
        """The session that the log holds."""
        session = Session()
        for event in self.events:
            session.apply(event)
        return session


def read(path: Path) -> Log:
    """Read a log and check that every event can follow the ones before it.

    Raises:
        LogError: There is no such file, it is no log, or it is damaged before its last line.
    """
    source = str(path)
    *lines, tail = _content(path, source).split(b"\n")
    if not lines:
        raise not_a_log(source)
    session = Session()
    events: list[AnyEvent] = []
    for number, line in enumerate(lines, 1):
        event = decode(line, source, number) if events else decode_header(line, source)
        try:
            session.apply(event)
        except UnfitEvent as error:
            raise LogError(str(error), source=source, line=number) from None
        events.append(event)
    return Log(path, events, lines, len(tail))


def _content(path: Path, source: str) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise LogError(f"the file is larger than {LARGEST >> 20} MiB", source=source)
        content = path.read_bytes()
    except OSError as error:
        raise LogError(f"cannot be read: {error.strerror}", source=source) from None
    if not content:
        raise LogError("the file is empty", source=source)
    return content
