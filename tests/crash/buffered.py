"""The program with a writer that breaks the promise: it acknowledges what is in its memory.

    python -m tests.crash.buffered run --json …

It is here so that what looks for losses can be seen to find them.
"""

import sys

from brainstorm_agents import log_file
from brainstorm_tui.cli import main

GROUP = 8 * 1024
"""Bytes that are kept before they are written: what a buffered file of the library does."""


class Buffered(log_file.DiskFile):
    """Says that it has written, and has not."""

    kept = bytearray()

    def write(self, data: memoryview) -> int:
        self.kept += data
        if len(self.kept) >= GROUP:
            self.flush()
        return len(data)

    def sync(self) -> None:
        """Believe that it is done."""

    def close(self) -> None:
        if self.kept:
            self.flush()
        super().close()

    def flush(self) -> None:
        super().write(memoryview(bytes(self.kept)))
        self.kept.clear()


if __name__ == "__main__":
    log_file.DiskFile = Buffered  # type: ignore[misc]
    log_file.LogFile.create.__func__.__defaults__ = (Buffered,)  # type: ignore[attr-defined]
    log_file.LogFile.take.__func__.__defaults__ = (Buffered,)  # type: ignore[attr-defined]
    sys.exit(main())
