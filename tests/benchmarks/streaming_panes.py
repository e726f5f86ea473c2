# ruff: noqa: T201 - what is measured is printed
"""Twenty-five panes that stream on a terminal of 200 by 60, against as many `Log` widgets.

Every program runs on a pseudo-terminal of its own, in turns, and is fed with the same words at the
same pace (`fed.py`): the program itself, with its engine and its log; a grid of Textual's `Log`
widgets, given each word as it comes; the same, given what came within 50 ms at once; and an app
that draws nothing of it. Of each is told how much of a core it took, how late its event loop was,
how late the words were on the terminal, how many came and
went between two frames, and how many were lost. While the program itself
runs, keys are pressed; until their answer is there is the time of a key.

The machine's other work spoils times: of several runs the best one is told.
"""

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fed import LETTERS, WARM_UP_S, word_of
from pseudo_terminal import PseudoTerminal

SIZE = 60, 200
"""Rows and columns of the terminal."""

PROGRAMS = {
    "panes": "the panes",
    "logs": "a grid of Log",
    "gathered": "the same, every 50 ms",
    "feed": "the feed alone",
}

KEYS = (("G", b"at the end, following"), ("u", b"that key does nothing here"))
"""What is pressed in turns, and the answer."""

START_S = 30.0
"""How long a program may take to come up, or to end."""

LATEST_S = 1.0
"""Words of the last moment are not looked for: they may not have been drawn yet."""

_word = re.compile(rb"(\x1b\[[\x30-\x3f]*[A-Za-z])|([%s]{4})" % LETTERS.encode())
"""What moves the cursor or colours, which may end with a letter; and the words between."""


class Watched(NamedTuple):
    """What was seen of a program. Milliseconds, but for `core`."""

    core: float
    """How much of a processor it took."""
    words: float
    """Words a second that came."""
    lag: tuple[float, float, float]
    """How late the event loop was: p50, p90, p99."""
    late: tuple[float, float]
    """From the model to the terminal: p99, and the most."""
    passed_by: int
    """Words that no frame has shown: they came and went between two."""
    dropped: int
    """Words that the program does not have."""
    key: tuple[float, float]
    """From a key to its answer: p50, p99; nothing where none was pressed."""


def main() -> None:
    """Measure, and print a table for each pace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, nargs="+", default=[50, 500], help="a second, a role")
    parser.add_argument("--seconds", type=float, default=20, help="of each run (default 20)")
    parser.add_argument("--runs", type=int, default=3, help="of each program (default 3)")
    parser.add_argument("--only", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    chosen = parser.parse_args()
    for rate in chosen.tokens:
        print(f"\n{rate} tokens/s for each of 25 roles; the best of {chosen.runs} runs")
        print(
            f"{'':22} {'core':>6} {'by Log':>6} {'lag p50':>8} {'p90':>6} {'p99':>6}"
            f" {'late p99':>9} {'most':>6} {'unseen':>7} {'dropped':>7} {'key p50':>8} {'p99':>6}"
        )
        seen = best_of(chosen.only, rate, chosen.seconds, chosen.runs)
        for name, watched in seen.items():
            by = f"{watched.core / seen['logs'].core:.2f}" if "logs" in seen else ""
            key = [f"{ms:.0f}" if ms else "" for ms in watched.key]
            print(
                f"{PROGRAMS[name]:22} {watched.core:6.0%} {by:>6} {watched.lag[0]:8.1f}"
                f" {watched.lag[1]:6.1f} {watched.lag[2]:6.1f} {watched.late[0]:9.0f}"
                f" {watched.late[1]:6.0f} {watched.passed_by:7} {watched.dropped:7}"
                f" {key[0]:>8} {key[1]:>6}"
            )


def best_of(names: Sequence[str], rate: int, seconds: float, runs: int) -> dict[str, Watched]:
    """The best figures of each program, each figure by itself."""
    seen: dict[str, list[Watched]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as home:
        for run in range(runs):
            for name in names:
                place = Path(home) / f"{name}-{rate}-{run}"
                place.mkdir()
                seen[name].append(watch(name, rate, seconds, place))
    return {name: best(each) for name, each in seen.items()}


def best(each: Sequence[Watched]) -> Watched:
    """The least of each figure: what the machine's other work did not spoil."""
    return Watched(
        core=min(watched.core for watched in each),
        words=max(watched.words for watched in each),
        lag=min((watched.lag for watched in each), key=lambda lag: lag[2]),
        late=min((watched.late for watched in each), key=lambda late: late[1]),
        passed_by=min(watched.passed_by for watched in each),
        dropped=max(watched.dropped for watched in each),
        key=min((watched.key for watched in each), key=lambda key: key[1]),
    )


def watch(name: str, rate: int, seconds: float, home: Path) -> Watched:
    """Run a program, fed, and see."""
    report = home / "report.json"
    script = str(Path(__file__).with_name("fed.py"))
    words = [script, name, str(rate), str(seconds), str(report)]
    with PseudoTerminal(words, SIZE, str(home)) as terminal:
        if name != "feed":
            terminal.read_until(word_of(0).encode(), START_S)
        terminal.read_for(WARM_UP_S)
        keys = _press_for(terminal, seconds - 2) if name == "panes" else [0.0]
        terminal.read_to_end(seconds + START_S)
    told = json.loads(report.read_text())
    passed = told["ended"] - told["began"]
    came = told["came"]
    wanted = [
        number for number, t in enumerate(came) if told["began"] <= t < told["ended"] - LATEST_S
    ]
    late, passed_by = _lateness(terminal, came, wanted) if name != "feed" else ([0.0, 0.0], 0)
    return Watched(
        core=told["worked"] / passed,
        words=len(wanted) / (passed - LATEST_S),
        lag=_spread(told["late"], 0.5, 0.9, 0.99),
        late=_spread(late, 0.99, 1.0),
        passed_by=passed_by,
        dropped=told["dropped"],
        key=_spread(keys, 0.5, 0.99),
    )


def _press_for(terminal: PseudoTerminal, seconds: float) -> list[float]:
    """Press keys for some time; how long each answer took."""
    chance = random.Random(7)
    until = time.monotonic() + seconds
    taken = []
    while time.monotonic() < until:
        for key, answer in KEYS:
            start = len(terminal.drawn)
            pressed = terminal.press(key)
            taken.append(terminal.read_until(answer, START_S, start) - pressed)
            terminal.read_for(chance.uniform(0.05, 0.25))
    return taken


def _lateness(
    terminal: PseudoTerminal, came: Sequence[float], wanted: Sequence[int]
) -> tuple[list[float], int]:
    """From the model to the terminal, in seconds, for each word; and how many were never there."""
    drawn: dict[bytes, int] = {}
    for found in _word.finditer(terminal.drawn):
        if found[2]:
            drawn.setdefault(found[2], found.start())
    places = [(number, drawn.get(word_of(number).encode())) for number in wanted]
    late = [terminal.time_of(place) - came[number] for number, place in places if place is not None]
    return late, len(wanted) - len(late)


def _spread(seconds: Sequence[float], *shares: float) -> tuple[float, ...]:
    """Some quantiles, in milliseconds."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return tuple(ordered[min(last, round(share * last))] * 1000 for share in shares)


if __name__ == "__main__":
    main()
