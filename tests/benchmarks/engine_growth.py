# ruff: noqa: T201 - what is measured is printed
"""What grows: rounds, roles, and the wait of a round.

Three questions, each in processes of their own:

- Is a turn of the ten-thousandth round as cheap as one of the tenth? Three roles, no log.
- A thousand roles that all watch each other, ten rounds, one line each, with a log: how long after
  the first round, how much memory, how large a log?
- Three roles, five rounds, 200 ms a reply: how close to the ideal, which is the longest chain of
  turns?
"""

import argparse
import asyncio
import gc
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from brainstorm_agents.cast import Role, Scenario, Stop
from brainstorm_agents.clock import LoopClock
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.environment import Environment
from brainstorm_agents.journal import Journal, NoJournal, ThreadedJournal
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.models import Models
from brainstorm_tui.cli import GC_THRESHOLD

LINE = "Bees dance maps."
MANY_ROUNDS = 10_000
MANY_ROLES = 1_000


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default 3)")
    runs = parser.parse_args().runs
    ratios = [apart(many_rounds) for _ in range(runs)]
    print(f"a turn after {MANY_ROUNDS:,} rounds: {statistics.median(ratios):.2f} × one after ten")
    crowds = [apart(many_roles) for _ in range(runs)]
    seconds, megabytes, log = (statistics.median(column) for column in zip(*crowds, strict=True))
    print(
        f"{MANY_ROLES:,} roles, 10 rounds beyond the first: {seconds:.2f} s,"
        f" {megabytes:.0f} MB of memory, {log:.1f} MB of log"
    )
    ratios = [apart(waiting) for _ in range(runs)]
    print(f"3 roles, 5 rounds at 200 ms: {statistics.median(ratios):.3f} × the ideal")


def many_rounds() -> float:
    """What a turn takes at the end, by what one takes at the beginning."""

    async def measure() -> float:
        controller = _controller(3, NoJournal(), latency=0)
        times = []
        for goal in range(0, MANY_ROUNDS + 1, 100):
            began = time.perf_counter()
            controller.goal = goal
            await controller.run_to_end()
            times.append(time.perf_counter() - began)
        return statistics.median(times[-10:]) / statistics.median(times[1:11])

    return asyncio.run(measure())


def many_roles() -> tuple[float, float, float]:
    """Seconds beyond the first round; the most memory, and the log, in megabytes."""

    async def measure(path: Path) -> float:
        controller = _controller(MANY_ROLES, ThreadedJournal(LogFile.create(path)), latency=0)
        controller.goal = 0
        await controller.run_to_end()
        began = time.perf_counter()
        controller.goal = 10
        await controller.run_to_end()
        passed = time.perf_counter() - began
        await controller.close(Reason.INTERRUPTED)
        return passed

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        passed = asyncio.run(measure(path))
        size = path.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return passed, peak / (2**20 if sys.platform == "darwin" else 2**10), size / 10**6


def waiting() -> float:
    """The time of a run by that of its longest chain of turns, which nothing can make shorter."""

    async def measure() -> float:
        await _controller(3, NoJournal(), latency=0).run_to_end()  # Imports what speaks.
        controller = _controller(3, NoJournal(), latency=0.2)
        controller.goal = 5
        began = time.perf_counter()
        await controller.run_to_end()
        return (time.perf_counter() - began) / (6 * 0.2)

    return asyncio.run(measure())


def _controller(roles: int, journal: Journal, latency: float) -> Controller:
    params = {"script": (LINE,), "latency": latency}
    cast = tuple(Role(name=f"Role{number}", watch="all", params=params) for number in range(roles))
    scenario = Scenario(
        name="growth", topic="Why?", roles=cast, max_concurrency=roles, stop=Stop(circles=False)
    )
    environment = Environment(Models(), LoopClock(), journal)
    environment.open(scenario, seed=7, version="0", started_at="2026-11-23T12:00:00Z")
    return Controller(environment, 0)


def apart(measure: Callable[[], Any]) -> Any:
    """The result of a function that runs in a new process."""
    with multiprocessing.get_context("spawn").Pool(1, gc.set_threshold, (GC_THRESHOLD,)) as pool:
        return pool.apply(measure)


if __name__ == "__main__":
    main()
