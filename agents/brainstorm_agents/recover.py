"""Damaged logs: what is whole before the damage goes into a new log."""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import msgspec

from brainstorm_agents.errors import JournalError, LogError
from brainstorm_agents.log_file import LogFile, open_locked
from brainstorm_agents.scan import Scan


class Recovered(msgspec.Struct, frozen=True):
    """What became of a log."""

    path: Path
    """The new log."""
    events: int
    """How many events are in it."""
    left_out: int
    """Bytes at the end of the old log that are not."""
    problem: LogError | None
    """What is wrong where it breaks off; None if nothing is, but for an unfinished last line."""


def recover(path: Path, output: Path | None = None) -> Recovered:
    """Write the longest valid beginning of a log into a new file; the log stays as it is.

    Args:
        path: The log.
        output: The new file; by default `<log>.recovered.jsonl` beside the log.

    Raises:
        InputError: The new file exists, or there is no log of which anything could be saved.
        JournalError: The new file cannot be written.
    """
    with os.fdopen(open_locked(path, os.O_RDONLY), "rb") as file:
        scan = Scan(path, file)
        problems: list[LogError] = []
        lines = _whole(scan, problems)
        first = next(lines, None)
        if first is None:
            raise problems[0]
        output = output or path.with_name(f"{path.name.removesuffix('.jsonl')}.recovered.jsonl")
        target = LogFile.create(output)
        try:
            target.append_all(chain([first], lines))
        except JournalError:
            output.unlink()
            raise
        finally:
            target.close()
        left_out = os.fstat(file.fileno()).st_size - scan.whole
    return Recovered(output, scan.session.seq + 1, left_out, problems[0] if problems else None)


def _whole(scan: Scan, problems: list[LogError]) -> Iterator[bytes]:
    """The lines of a log as far as they are whole; what is wrong where that ends."""
    try:
        for line, _ in scan:
            yield line
    except LogError as error:
        problems.append(error)
