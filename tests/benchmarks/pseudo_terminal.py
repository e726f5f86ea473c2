"""A program on a pseudo-terminal that reads all that it draws, and notes when."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

_CAN_SYNC, _I_CAN_SYNC = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""How a program asks whether a terminal shows whole frames only, as most do by now."""


class PseudoTerminal:
    """Python on a new terminal; `with` ends it.

    Args:
        words: What follows the interpreter on its command line.
        size: Rows and columns.
        home: The folder that settings, logs and compiled files go to.
        variables: More of the environment.
    """

    def __init__(
        self,
        words: Sequence[str],
        size: tuple[int, int],
        home: str,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._drawn = bytearray()
        self._starts: list[int] = []
        self._times: list[float] = []
        self._terminal, inner = pty.openpty()
        termios.tcsetwinsize(inner, size)
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, *words],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=os.environ | _environment(home) | dict(variables or {}),
            start_new_session=True,
        )
        os.close(inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._terminal)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def drawn(self) -> bytes:
        """All that came out of it so far."""
        return bytes(self._drawn)

    def time_of(self, offset: int) -> float:
        """When a byte of what was drawn came, on the monotonic clock."""
        return self._times[bisect_right(self._starts, offset) - 1]

    def press(self, keys: str) -> float:
        """Send keys; the time."""
        os.write(self._terminal, keys.encode())
        return time.monotonic()

    def read_for(self, seconds: float) -> bool:
        """Read what comes for some time; whether the program still runs then."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not self._read(left):
                return False
        return True

    def read_until(self, shown: bytes, seconds: float, start: int = 0) -> float:
        """Read until some text has come after an offset; the time that it came.

        Raises:
            RuntimeError: The program ended, or the time was over, without that.
        """
        deadline = time.monotonic() + seconds
        while (place := self._drawn.find(shown, start)) < 0:
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise RuntimeError(f"{shown!r} was not shown: {self.drawn[-2000:]!r}")
        return self.time_of(place)

    def read_to_end(self, seconds: float) -> None:
        """Read until the program has ended.

        Raises:
            RuntimeError: It did not end in time, or it failed.
        """
        if self.read_for(seconds):
            raise RuntimeError(f"it did not end within {seconds:.0f} s")
        if self._process.wait() != 0:
            raise RuntimeError(f"it failed: {self.drawn[-4000:].decode(errors='replace')}")

    def _read(self, seconds: float) -> bool:
        """Take in what comes next, if anything comes in time; false at the end."""
        if not select.select([self._terminal], [], [], seconds)[0]:
            return True
        try:
            more = os.read(self._terminal, 65_536)
        except OSError:  # What Linux says when the other end is closed.
            return False
        if not more:
            return False
        self._starts.append(len(self._drawn))
        self._times.append(time.monotonic())
        self._drawn += more
        if _CAN_SYNC in more:
            os.write(self._terminal, _I_CAN_SYNC)
        return True


def _environment(home: str) -> dict[str, str]:
    return {
        "BRAINSTORM_TUI_HOME": home,
        # Compiled once for all, however Python is set up here.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": f"{home}/compiled",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
