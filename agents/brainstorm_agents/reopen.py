"""Going on with a session that was logged: its log, taken under its lock, and its state."""

from dataclasses import dataclass
from pathlib import Path

from brainstorm_agents.log_file import LogFile
from brainstorm_agents.scan import Scan
from brainstorm_agents.session import Session


@dataclass(frozen=True, slots=True)
class Reopened:
    """A session whose log this process has taken. Whoever has it closes the file."""

    file: LogFile
    session: Session
    torn: int
    """Bytes of an unfinished last line, now set aside."""
    aside: Path | None
    """Where they are."""


def reopen(path: Path) -> Reopened:
    """Take a log, verify it, and set an unfinished last line aside.

    Raises:
        LogError: There is no such log, another process has it, or it is damaged before its end.
        JournalError: It cannot be written.
    """
    file = LogFile.take(path)
    try:
        with file.reading() as content:
            scan = Scan(path, content)
            for _ in scan:
                pass
        aside = file.set_aside(scan.whole) if scan.torn else None
    except BaseException:
        file.close()
        raise
    return Reopened(file, scan.session, scan.torn, aside)
