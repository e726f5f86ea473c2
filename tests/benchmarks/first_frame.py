# ruff: noqa: T201 - what is measured is printed
"""How long a person waits for the first frame, against an empty Textual app.

Every program starts on a pseudo-terminal of its own, in turns; its time runs until the text that
its first frame shows has come out of it. The figures to look at are the ratios of the medians: of
the time that passed, and of the processor's time, which a busy machine spoils less.
"""

import argparse
import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from typing import NamedTuple

SIZE = 40, 120
"""Rows and columns of the terminal."""

LONGEST_S = 30.0

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("the first frame")
Empty().run()
"""


class Program(NamedTuple):
    """What is started, and what its first frame shows."""

    name: str
    words: Sequence[str]
    shows: str


class Taken(NamedTuple):
    """What a first frame took, in seconds."""

    passed: float
    processor: float


PROGRAMS = (
    Program("an empty Textual app", ("-c", EMPTY), "the first frame"),
    # What the first role says of itself: the topic prompt's last words to be drawn.
    Program("brainstorm-tui", ("-m", "brainstorm_tui"), "Opens with a question"),
    Program(
        "brainstorm-tui --topic …",
        ("-m", "brainstorm_tui", "--topic", "Why do bees dance?"),
        "Why do bees dance?",
    ),
)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="runs of each program (default 15)")
    runs = parser.parse_args().runs
    taken = measure(runs)
    print(f"{'':26}  median  fastest  ratio  processor  ratio   ({runs} runs)")
    base = _medians(taken[PROGRAMS[0].name])
    for name, each in taken.items():
        passed, processor = _medians(each)
        print(
            f"{name:26} {passed:5.3f} s  {min(each).passed:5.3f} s  {passed / base.passed:5.2f}"
            f"    {processor:5.3f} s  {processor / base.processor:5.2f}"
        )


def measure(runs: int) -> dict[str, list[Taken]]:
    """What each program took; they start in turns, so that all meet the same machine."""
    taken: dict[str, list[Taken]] = {program.name: [] for program in PROGRAMS}
    with tempfile.TemporaryDirectory() as home:
        for program in PROGRAMS:
            first_frame(program, home)  # So that everything is compiled, and in the disk's cache.
        for _ in range(runs):
            for program in PROGRAMS:
                taken[program.name].append(first_frame(program, home))
    return taken


def _medians(taken: Sequence[Taken]) -> Taken:
    return Taken(*map(statistics.median, zip(*taken, strict=True)))


def first_frame(program: Program, home: str) -> Taken:
    """Start a program on a new terminal; what it took until its first frame was there.

    Raises:
        RuntimeError: It ended, or took too long, without showing what it should.
    """
    terminal, inner = pty.openpty()
    termios.tcsetwinsize(inner, SIZE)
    environment = os.environ | {
        "BRAINSTORM_TUI_HOME": home,
        # Compiled once for all, however Python is set up here.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": f"{home}/compiled",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *program.words],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env=environment,
        start_new_session=True,
    )
    os.close(inner)
    try:
        _read_until(terminal, program, began + LONGEST_S)
        passed = time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        _, process.returncode, used = os.wait4(process.pid, 0)
        os.close(terminal)
    return Taken(passed, used.ru_utime + used.ru_stime)


def _read_until(terminal: int, program: Program, deadline: float) -> None:
    expected, shown = program.shows.encode(), b""
    while expected not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.perf_counter()))
        try:
            more = os.read(terminal, 65_536) if ready else b""
        except OSError:  # What Linux says when the other end is closed.
            more = b""
        if not more:
            raise RuntimeError(f"{program.name} did not show {program.shows!r}: {shown[-2000:]!r}")
        shown += more


if __name__ == "__main__":
    main()
