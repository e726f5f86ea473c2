# ruff: noqa: T201 - what is measured is printed
"""A replay of a large log: the first frame, reading to the end, going anywhere, and the memory.

The log is made for it: roles who all watch each other, round after round, each reply in forty
pieces. Two processes open it: the reader alone, which reads it to its end and then goes to a
thousand positions; and the program, on a pseudo-terminal, until it has drawn its first frame and
until it has read all. The memory is the most that each had at once.
"""

import argparse
import gc
import os
import pty
import random
import resource
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from brainstorm_agents.events import (
    Event,
    RoundFinished,
    RoundStarted,
    SessionStarted,
    TurnAsked,
    TurnFinished,
    TurnStarted,
    TurnStreamed,
    Usage,
    UserSpoke,
    encode,
)
from brainstorm_agents.reader import Log
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_tui.cli import GC_THRESHOLD
from brainstorm_tui.source import ReplaySource

ROLES = 3
PIECES = 40
PIECE = "A bee that has found {} flowers dances where they are. "
PIECE_S = 0.05
THINKING_S = 0.8
SEEKS = 1000
SEED = 7

SIZE = 40, 120
"""Rows and columns of the terminal."""

LONGEST_S = 120.0


def main() -> None:
    """Make a log, measure, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000, help="default 500,000")
    parser.add_argument("--roles", type=int, default=ROLES, help="how many talk (default 3)")
    parser.add_argument("--log", type=Path, help="a log that is there already, instead")
    parser.add_argument("--reader-alone", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.reader_alone:
        measure_reader(chosen.log)
        return
    with tempfile.TemporaryDirectory() as home:
        path = chosen.log
        if path is None:
            path = Path(home) / "large.jsonl"
            make_log(path, chosen.events, chosen.roles)
        print(f"{path.stat().st_size / 1e6:.0f} MB")
        words = [sys.executable, __file__, "--reader-alone", "--log", str(path)]
        subprocess.run(words, check=True)
        small = Path(home) / "small.jsonl"
        make_log(small, 100, ROLES)
        print(
            f"the first frame of a small log after {measure_screen(small, home, b'paused'):.2f} s"
        )
        print(f"its first frame after {measure_screen(path, home, b'reading'):.2f} s")
        print(f"all of it is read after {measure_screen(path, home, b'paused'):.1f} s")


def make_log(path: Path, count: int, roles: int) -> None:
    """A log of about so many events: it ends with a whole round."""
    with path.open("wb") as file:
        for event in conversation(count, roles):
            file.write(encode(event) + b"\n")


def conversation(count: int, roles: int) -> Iterator[Event]:
    """The events of a conversation that goes on until there are enough."""
    names = [f"Role{place:02}" for place in range(roles)]
    cast = tuple(Role(name=name) for name in names)
    scenario = Scenario(name="large", topic="Why do bees dance?", roles=cast)
    yield SessionStarted(
        0, 0.0, format=1, version="0", scenario=scenario, seed=SEED, started_at="2026-11-23T12:00"
    )
    yield UserSpoke(1, 0.0, id="user", text=scenario.topic)
    seq, t, number, published = 1, 0.0, 0, 1

    def at(seconds: float) -> tuple[int, float]:
        nonlocal seq
        seq += 1
        return seq, round(t + seconds, 3)

    while seq < count:
        ids = [f"{scenario.prefixes[name]}{number}" for name in names]
        yield RoundStarted(*at(0), round=number, schedule="simultaneous")
        seen = (max(0, published - roles), published)
        for id_, name in zip(ids, names, strict=True):
            yield TurnStarted(*at(0), id=id_, role=name, round=number, observed=(seen,))
        for id_, name in zip(ids, names, strict=True):
            yield TurnAsked(*at(0), id=id_, role=name, attempt=1, model="mock")
        texts = [[PIECE.format(number + place) for place in range(PIECES)] for _ in names]
        for piece in range(PIECES):
            for place, id_ in enumerate(ids):
                came = at(THINKING_S + piece * PIECE_S)
                yield TurnStreamed(*came, id=id_, role=names[place], text=texts[place][piece])
        for place, id_ in enumerate(ids):
            yield TurnFinished(
                *at(THINKING_S + PIECES * PIECE_S),
                id=id_,
                role=names[place],
                text="".join(texts[place]),
                usage=Usage(100 * number, 12 * PIECES, counted=True),
                queued_s=0.0,
                thinking_s=THINKING_S,
                speaking_s=PIECES * PIECE_S,
            )
        t += THINKING_S + PIECES * PIECE_S
        yield RoundFinished(*at(0), round=number, schedule="simultaneous", published=tuple(ids))
        number, published = number + 1, published + roles


def measure_reader(path: Path) -> None:
    """The reader alone: how long it takes, and a seek."""
    gc.set_threshold(GC_THRESHOLD)  # As the program has it.
    before = _most_memory()
    began, worked = time.perf_counter(), time.process_time()
    log = Log(path)
    log.read_on()
    took, worked = time.perf_counter() - began, time.process_time() - worked
    turns = len(log.session().turns)
    print(
        f"the reader: {len(log.events):,} events, {turns:,} turns in {took:.1f} s"
        f" (processor {worked:.1f} s)"
    )
    source = ReplaySource(log)
    draw = random.Random(SEED)
    passed, processor = [], []
    for _ in range(SEEKS):
        position = draw.randrange(1, len(log.events))
        began, worked = time.perf_counter(), time.process_time()
        source.seek(position)
        passed.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - worked) * 1000)
    print(f"a seek: {_spread(passed)} (processor {_spread(processor)})")
    print(f"memory: {_most_memory():.0f} MB, {before:.0f} MB of them before it began")


def _spread(seeks: list[float]) -> str:
    *_, p99 = statistics.quantiles(seeks, n=100)
    return f"p50 {statistics.median(seeks):.1f} ms, p99 {p99:.1f} ms, most {max(seeks):.1f} ms"


def _most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measure_screen(path: Path, home: str, shows: bytes) -> float:
    """Open a log with the program; seconds until something is on the screen."""
    terminal, inner = pty.openpty()
    termios.tcsetwinsize(inner, SIZE)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "brainstorm_tui", "replay", str(path)],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env=os.environ | {"BRAINSTORM_TUI_HOME": home, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(inner)
    try:
        read_until(terminal, shows)
        return time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        _, process.returncode, used = os.wait4(process.pid, 0)
        os.close(terminal)
        print(f"memory of the program: {used.ru_maxrss / 1000:.0f} MB")


def read_until(terminal: int, expected: bytes) -> None:
    """Read what is drawn until there is some text in it.

    Raises:
        RuntimeError: It took too long, or the program ended.
    """
    shown, deadline = b"", time.perf_counter() + LONGEST_S
    while expected not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.perf_counter()))
        more = os.read(terminal, 65_536) if ready else b""
        if not more:
            raise RuntimeError(f"{expected!r} was not shown: {shown[-2000:]!r}")
        shown += more


if __name__ == "__main__":
    main()
