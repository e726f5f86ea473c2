"""Damaged logs: what is whole before the damage goes into a new log."""

import os
from itertools import islice
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


def recover(path: Path, output: Path | None = None) -> Recovered | None:
    """Write the longest valid beginning of a log into a new file; the log stays as it is.

    Returns:
        What became of it; None if nothing is wrong with the log, and nothing was written.

    Args:
        path: The log.
        output: The new file; by default `<log>.recovered.jsonl` beside the log.

    Raises:
        InputError: The new file exists, or there is no log of which anything could be saved.
        JournalError: The new file cannot be written.
    """
    with os.fdopen(open_locked(path, os.O_RDONLY), "rb") as file:
        scan = Scan(path, file)
        problem = _gone_through(scan)
        if problem is None and not scan.torn:
            return None
        if problem and scan.session.header is None:
            raise problem
        events = scan.session.seq + 1
        left_out = os.fstat(file.fileno()).st_size - scan.whole
        output = output or path.with_name(f"{path.name.removesuffix('.jsonl')}.recovered.jsonl")
        target = LogFile.create(output)
        try:
            target.append_all(line for line, _ in islice(Scan(path, file), events))
        except JournalError:
            output.unlink()
            raise
        finally:
            target.close()
    return Recovered(output, events, left_out, problem)


def _gone_through(scan: Scan) -> LogError | None:
    """Go through a log as far as it is whole; what is wrong where that ends."""
    try:
        for _ in scan:
            pass
    except LogError as error:
        return error
    return None
