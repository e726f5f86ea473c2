"""A terminal that a test sits at: the real program in a pseudo-terminal, its screen, its keys."""

import contextlib
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte
import pytest

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is a Unix thing", allow_module_level=True)

import fcntl
import pty
import termios

PROGRAM = (sys.executable, "-m", "brainstorm_tui")

DEADLINE_S = 20.0
"""How long anything may take: far longer than it does, so that a busy machine fails nothing."""

KEYS = {
    "Enter": "\r",
    "Tab": "\t",
    "Escape": "\x1b",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "Right": "\x1b[C",
    "Left": "\x1b[D",
    "Space": " ",
    "C-c": "\x03",
    "C-p": "\x10",
    "C-q": "\x11",
}
"""What a terminal sends for the keys that are no character."""

_LEFT, _DRAG, _WHEEL_UP, _WHEEL_DOWN = 0, 32, 64, 65

_CAN_SYNC, _I_CAN_SYNC = b"\x1b[?2026$p", "\x1b[?2026;2$y"
_FRAME_BEGIN, _FRAME_END = b"\x1b[?2026h", b"\x1b[?2026l"
"""How a program marks a frame, so that no terminal shows half of one."""

_colour = re.compile(r"\x1b\[[\d;]*m")

Size = tuple[int, int]
"""Columns and rows."""


class Terminal:
    """Runs the program; `with` ends it if it has not ended.

    Args:
        words: The words of the command line.
        home: The folder for its settings and logs.
        size: Columns and rows.
        environment: Variables beside those that every terminal has; None takes one away.
    """

    def __init__(
        self,
        *words: str,
        home: Path,
        size: Size = (120, 40),
        environment: Mapping[str, str | None] | None = None,
    ) -> None:
        self.raw = b""
        """Everything that the program has written."""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._unfinished = b""
        """The beginning of a frame whose end has not come yet."""
        self._master, self._slave = pty.openpty()
        self._set_size(size)
        self.modes = self._modes()
        """The line's settings before the program began."""
        self._process = subprocess.Popen(
            [*PROGRAM, *words],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=home,
            env=_environment(home, environment or {}),
            start_new_session=True,
            # The terminal is the session's own, so that a new size is told by SIGWINCH.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for descriptor in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    # What it shows

    @property
    def lines(self) -> list[str]:
        """The rows of the screen."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self.lines)

    @property
    def output(self) -> str:
        """Everything that the program has written, as text."""
        return self.raw.decode("utf-8", "replace")

    @property
    def colours(self) -> set[str]:
        """The ways in which the program has set colours, as sequences."""
        return set(_colour.findall(self.output))

    def place(self, text: str) -> tuple[int, int]:
        """Column and row where some text begins, counted from 0."""
        for row, line in enumerate(self.lines):
            if text in line:
                return line.index(text), row
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    # What a person does

    def type(self, text: str) -> None:
        """Type text."""
        os.write(self._master, text.encode())

    def press(self, *keys: str) -> None:
        """Press keys: characters, or names as in `KEYS`."""
        self.type("".join(KEYS.get(key, key) for key in keys))

    def resize(self, size: Size) -> None:
        """Give the window another size."""
        self._screen.resize(size[1], size[0])
        self._set_size(size)

    def click(self, column: int, row: int, times: int = 1) -> None:
        """Click with the left button."""
        for _ in range(times):
            self._mouse(_LEFT, column, row)
            self._mouse(_LEFT, column, row, is_release=True)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the left button at one place and let it go at another."""
        self._mouse(_LEFT, *start)
        self._mouse(_LEFT + _DRAG, *end)
        self._mouse(_LEFT, *end, is_release=True)

    def wheel(self, column: int, row: int, steps: int) -> None:
        """Turn the wheel: up with negative steps."""
        for _ in range(abs(steps)):
            self._mouse(_WHEEL_UP if steps < 0 else _WHEEL_DOWN, column, row)

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """Close the window, as the system does it: the line is dead, then SIGHUP."""
        os.close(self._slave)
        os.close(self._master)

    # Waiting

    def wait_for(self, *texts: str) -> None:
        """Wait until all these texts are on the screen at the same time."""
        self.wait_until(lambda: all(text in self.text for text in texts), f"{texts} to be seen")

    def wait_gone(self, text: str) -> None:
        """Wait until a text is not on the screen any more."""
        self.wait_until(lambda: text not in self.text, f"{text!r} to be gone")

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so; it is asked again whenever the program has written."""
        deadline = time.monotonic() + DEADLINE_S
        while not is_so():
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"waited in vain for {what}; the screen is\n{self.text}")

    def frames(self) -> Iterator[str]:
        """The screen, each time that the program has written, for as long as it may take."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline and self._read(deadline - time.monotonic()):
            yield self.text

    def wait_exit(self) -> int:
        """Wait for the program's end; its exit code, as a shell would give it."""
        deadline = time.monotonic() + DEADLINE_S
        while self._process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end; the screen is\n{self.text}"
            self._read(0.02)
        while self._read(0):
            pass
        code = self._process.returncode
        return code if code >= 0 else 128 - code

    def is_as_before(self) -> bool:
        """Whether the line's settings are what they were before the program began."""
        return self._modes() == self.modes

    # How it works

    def _read(self, seconds: float) -> bool:
        """Take in what the program has written; whether there was something."""
        try:
            if not select.select([self._master], [], [], seconds)[0]:
                return False
            data = os.read(self._master, 1 << 16)
        except OSError:
            return False
        if _CAN_SYNC in data:
            self.type(_I_CAN_SYNC)
        self.raw += data
        data = self._unfinished + data
        end = data.rfind(_FRAME_END) + len(_FRAME_END) if _FRAME_END in data else 0
        begin = data.find(_FRAME_BEGIN, end)
        shown = data if begin < 0 else data[:begin]
        self._unfinished = data[len(shown) :]
        self._stream.feed(shown)
        return bool(data)

    def _mouse(self, button: int, column: int, row: int, *, is_release: bool = False) -> None:
        end = "m" if is_release else "M"
        self.type(f"\x1b[<{button};{column + 1};{row + 1}{end}")

    def _set_size(self, size: Size) -> None:
        cells = struct.pack("HHHH", size[1], size[0], 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, cells)

    def _modes(self) -> Sequence[Any]:
        return termios.tcgetattr(self._slave)


def _environment(home: Path, more: Mapping[str, str | None]) -> dict[str, str]:
    """A plain terminal's variables, and nothing else that the machine happens to have."""
    variables: dict[str, str | None] = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "BRAINSTORM_TUI_HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        **more,
    }
    return {name: value for name, value in variables.items() if value is not None}
