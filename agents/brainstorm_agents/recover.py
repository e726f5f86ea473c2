"""Damaged logs: what is whole before the damage goes into a new log."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from brainstorm_agents.errors import JournalError, LogError
from brainstorm_agents.log_file import LogFile, open_locked
from brainstorm_agents.scan import Scan

_GROUP = 2**20
"""Bytes that are written and synced at once."""


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
        lines = (line for line, _ in scan)
        first = next(lines)
        output = output or path.with_name(f"{path.name.removesuffix('.jsonl')}.recovered.jsonl")
        target = LogFile.create(output)
        try:
            problem = _copy(first, lines, target)
        except JournalError:
            output.unlink()
            raise
        finally:
            target.close()
        left_out = os.fstat(file.fileno()).st_size - scan.whole
    return Recovered(output, scan.session.seq + 1, left_out, problem)


def _copy(first: bytes, lines: Iterator[bytes], target: LogFile) -> LogError | None:
    """Copy lines as far as they are whole; what is wrong where that ends."""
    group = bytearray(first + b"\n")
    problem = None
    try:
        for line in lines:
            group += line + b"\n"
            if len(group) >= _GROUP:
                target.append(bytes(group))
                group.clear()
    except LogError as error:
        problem = error
    target.append(bytes(group))
    return problem
