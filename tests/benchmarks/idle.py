# ruff: noqa: T201 - what is measured is printed
"""What a screen takes on which nothing happens: a session that waits, a replay that is over.

Each is the program itself on a pseudo-terminal, beside an empty Textual app. The processor's time
is read from `/proc`, so this needs Linux.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from first_frame import EMPTY
from pseudo_terminal import PseudoTerminal

SIZE = 60, 200
"""Rows and columns of the terminal."""

SETTLE_S = 3.0
"""Seconds after which what belongs to the start is over."""


class Idle(NamedTuple):
    """What is started, and what it shows once nothing happens any more."""

    name: str
    words: Sequence[str]
    shows: bytes


def main() -> None:
    """Measure, and print the share of a core of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="of each (default 20)")
    seconds = parser.parse_args().seconds
    for name, share in shares(seconds).items():
        print(f"{name:28} {share:6.2%} of a core")


def shares(seconds: float) -> dict[str, float]:
    """The share of a core that each idle screen takes."""
    with tempfile.TemporaryDirectory() as home:
        log = Path(home) / "session.jsonl"
        session = ("-m", "brainstorm_tui", "--topic", "Why?", "--speed", "50", "--log", str(log))
        programs = (
            Idle("an empty Textual app", ("-c", EMPTY), b"the first frame"),
            Idle("a session that waits", session, b"one round"),
            Idle("a replay that is over", ("-m", "brainstorm_tui", "replay", str(log)), b"replay"),
        )
        return {program.name: _share(program, home, seconds) for program in programs}


def _share(program: Idle, home: str, seconds: float) -> float:
    with PseudoTerminal(program.words, SIZE, home) as terminal:
        terminal.read_until(program.shows, 30)
        terminal.read_for(SETTLE_S)
        began, worked = time.monotonic(), _worked(terminal.pid)
        if not terminal.read_for(seconds):
            raise RuntimeError(f"{program.name} ended: {terminal.drawn[-2000:]!r}")
        return (_worked(terminal.pid) - worked) / (time.monotonic() - began)


def _worked(pid: int) -> float:
    """Seconds that the processor has worked for a process."""
    # What follows the command's name, which may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
