# ruff: noqa: T201 - what is measured is printed
"""Measures, and writes what was seen into the table of `docs/performance.md`.

Rows of what is not measured this time stay as they are. The peers need an environment of their own
(`make peers` builds it): run this with its Python and `--only peers`.
"""

import argparse
import asyncio
import gc
import re
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs/performance.md"


class Row(NamedTuple):
    """A line of the table."""

    what: str
    goal: str
    seen: str
    is_reached: bool

    def __str__(self) -> str:
        return f"| {self.what} | {self.goal} | {self.seen} | {'yes' if self.is_reached else 'no'} |"


def main() -> None:
    """Measure what is wanted, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=["screen", "engine"])
    parser.add_argument("--runs", type=int, default=3, help="of each, the best counts (default 3)")
    chosen = parser.parse_args()
    for name in chosen.only:
        for row in MEASURES[name](chosen.runs):
            print(row, flush=True)
            PAGE.write_text(written(PAGE.read_text("utf-8"), row), "utf-8")


def written(page: str, row: Row) -> str:
    """The page with a row of its table as it is now.

    Raises:
        ValueError: The page has no such row.
    """
    line = re.compile(rf"^\| {re.escape(row.what)} \|.*$", re.MULTILINE)
    if not line.search(page):
        raise ValueError(f"{PAGE.name} has no row for {row.what!r}")
    return line.sub(lambda _: str(row), page, count=1)


def screen(runs: int) -> Iterator[Row]:
    """Streaming, keys, rest, the start, a long session."""
    import first_frame
    import idle
    import long_session
    import streaming_panes

    for rate, most in ((50, 16), (500, 60)):
        seen = streaming_panes.best_of(("panes", "logs"), rate, 20, runs)
        panes, logs = seen["panes"], seen["logs"]
        fed = f"25 panes, {rate} tokens/s each"
        p99, beside = panes.lag[2], logs.lag[2]
        lag = f"{p99:.1f} ms (`Log`: {beside:.0f} ms)"
        yield Row(f"{fed}: lag, p99", f"≤ {most} ms", lag, p99 <= most)
        lost = f"{panes.dropped} of {panes.words:,.0f} a second"
        yield Row(f"{fed}: tokens dropped", "0", lost, panes.dropped == 0)
        if rate == 50:
            share = panes.core / logs.core
            work = f"{share:.2f} × ({panes.core:.0%} of a core)"
            yield Row(f"{fed}: processor", "≤ 0.6 × a grid of `Log`", work, share <= 0.6)
            late = f"{panes.late[1]:.0f} ms, p99 {panes.late[0]:.0f} ms"
            yield Row(f"{fed}: latest token", "≤ 200 ms", late, panes.late[1] <= 200)
            key = f"{panes.key[1]:.0f} ms, p50 {panes.key[0]:.0f} ms"
            yield Row(f"{fed}: key to frame, p99", "≤ 50 ms", key, panes.key[1] <= 50)
    shares = idle.shares(20)
    most_idle = max(shares.values())
    yield Row("an idle screen", "≤ 1 % of a core", f"{most_idle:.1%}", most_idle <= 0.01)
    yield _first_frame(first_frame, 5 * runs)
    sessions = [long_session.watch(10_000) for _ in range(runs)]
    memory = min(session.most_mb for session in sessions)
    yield Row("10,000 messages: memory", "≤ 120 MB", f"{memory:.0f} MB", memory <= 120)
    growth = min(session.last_ms / session.first_ms for session in sessions)
    what = "10,000 messages: a message at the end, by one at the start"
    yield Row(what, "1 ×", f"{growth:.2f} ×", growth <= 1.1)


def _first_frame(first_frame, runs: int) -> Row:  # type: ignore[no-untyped-def]
    taken = first_frame.measure(runs)
    base, topic, session = (min(each) for each in taken.values())
    ratio = max(topic.processor, session.processor) / base.processor
    passed = max(topic.passed, session.passed) / base.passed
    seen = f"{ratio:.2f} × the processor's time, {passed:.2f} × the time that passes"
    return Row("the first frame", "≤ 1.5 × an empty Textual app", seen, max(ratio, passed) <= 1.5)


def engine(runs: int) -> Iterator[Row]:
    """The engine beside a bare gather; growth; waiting."""
    import engine_growth
    import engine_overhead

    gc.set_threshold(engine_overhead.GC_THRESHOLD)
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(engine_overhead.measure(10 * runs, Path(folder)))
    base, plain, logged = (
        statistics.median(each.processor for each in taken) for _, taken in measured
    )
    what = "a turn of 30 roles, log off"
    yield Row(what, "≤ 5 × a bare `gather`", f"{plain / base:.1f} ×", plain / base <= 5)
    what = "a turn of 30 roles, log on"
    yield Row(what, "≤ 10 × a bare `gather`", f"{logged / base:.1f} ×", logged / base <= 10)
    growth = min(engine_growth.apart(engine_growth.many_rounds) for _ in range(runs))
    yield Row(
        "a turn after 10,000 rounds, by one after 10", "1 ×", f"{growth:.2f} ×", growth <= 1.1
    )
    many = [engine_growth.apart(engine_growth.many_roles) for _ in range(runs)]
    passed, memory, log = (min(figures) for figures in zip(*many, strict=True))
    what = "1,000 roles, 10 rounds"
    yield Row(f"{what}: beyond the first round", "≤ 2 s", f"{passed:.1f} s", passed <= 2)
    yield Row(f"{what}: memory", "≤ 150 MB", f"{memory:.0f} MB", memory <= 150)
    yield Row(f"{what}: log", "≤ 10 MB", f"{log:.1f} MB", log <= 10)
    ideal = min(engine_growth.apart(engine_growth.waiting) for _ in range(runs))
    what = "3 roles, 5 rounds at 200 ms"
    yield Row(what, "≤ 1.02 × the ideal", f"{ideal:.3f} ×", ideal <= 1.02)


def peers(runs: int) -> Iterator[Row]:
    """Others, on the same work."""
    import peers as others

    taken = asyncio.run(others.measure(30, 10, 5 * runs))
    ours = taken["brainstorm-tui"]
    for name, goal in (("LangGraph", 5), ("AutoGen, all speak", 15)):
        faster = taken[name] / ours
        yield Row(f"30 roles, beside {name}", f"≥ {goal} ×", f"{faster:.1f} ×", faster >= goal)


MEASURES: dict[str, Callable[[int], Iterator[Row]]] = {
    "screen": screen,
    "engine": engine,
    "peers": peers,
}

if __name__ == "__main__":
    main()
