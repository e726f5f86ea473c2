# ruff: noqa: T201 - what is measured is printed
"""What the engine adds to a turn, against a bare `asyncio.gather` of equal coroutines.

Thirty roles that all watch each other talk for ten rounds on the mock model, with one line each
and no latency. The figures to look at are the ratios to the bare gather of the same run: of the
time that passed, and of the processor's time, all threads together, which a busy machine spoils
less.
"""

import argparse
import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from brainstorm_agents.cast import Role, Scenario, Stop
from brainstorm_agents.clock import LoopClock
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.environment import Environment
from brainstorm_agents.journal import Journal, NoJournal, ThreadedJournal
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.models import Models
from brainstorm_tui.cli import GC_THRESHOLD

ROLES = 30
ROUNDS = 10
TURNS = ROLES * (ROUNDS + 1)
LINE = "Bees dance maps."


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="runs of each (default 30)")
    runs = parser.parse_args().runs
    gc.set_threshold(GC_THRESHOLD)  # As the program has it.
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(measure(runs, Path(folder)))
    print(f"{'µs a turn, medians':22} passed  ratio  processor  ratio   ({runs} runs)")
    base, *_ = [_medians(taken) for _, taken in measured]
    for name, taken in measured:
        passed, processor = _medians(taken)
        print(
            f"{name:22} {passed:6.1f} {passed / base.passed:6.1f}"
            f" {processor:10.1f} {processor / base.processor:6.1f}"
        )


class Taken(NamedTuple):
    """What a turn took, in µs."""

    passed: float
    processor: float


def _medians(taken: list[Taken]) -> Taken:
    return Taken(*map(statistics.median, zip(*taken, strict=True)))


async def measure(runs: int, folder: Path) -> list[tuple[str, list[Taken]]]:
    """What each took; they run in turns, so that all meet the same machine."""

    async def bare(run: int) -> None:
        await gather()

    async def without_log(run: int) -> None:
        await converse(NoJournal())

    async def with_log(run: int) -> None:
        await converse(ThreadedJournal(LogFile.create(folder / f"{run}.jsonl")))

    candidates: list[tuple[str, Callable[[int], Awaitable[None]]]] = [
        ("a bare gather", bare),
        ("the engine, no log", without_log),
        ("the engine, with log", with_log),
    ]
    measured: list[tuple[str, list[Taken]]] = [(name, []) for name, _ in candidates]
    for run in range(runs + 1):
        for (_, start), (_, taken) in zip(candidates, measured, strict=True):
            began, used = time.perf_counter(), time.process_time()
            await start(run)
            passed, processor = time.perf_counter() - began, time.process_time() - used
            if run:  # The first one warms up.
                taken.append(Taken(passed / TURNS * 1e6, processor / TURNS * 1e6))
    return measured


async def gather() -> None:
    """The same turns without an engine: every coroutine comes round once, and gives its line."""

    async def reply() -> str:
        await asyncio.sleep(0)
        return LINE

    for _ in range(ROUNDS + 1):
        await asyncio.gather(*(reply() for _ in range(ROLES)))


async def converse(journal: Journal) -> None:
    """A whole session."""
    params = {"script": (LINE,), "latency": 0}
    roles = tuple(Role(name=f"Role{number}", watch="all", params=params) for number in range(ROLES))
    scenario = Scenario(
        name="overhead", topic="Why?", roles=roles, max_concurrency=ROLES, stop=Stop(circles=False)
    )
    environment = Environment(Models(), LoopClock(), journal)
    environment.open(scenario, seed=7, version="0", started_at="2026-11-23T12:00:00Z")
    controller = Controller(environment, ROUNDS)
    await controller.run_to_end()
    await controller.close(Reason.INTERRUPTED)
    assert len(environment.session.turns) == TURNS


if __name__ == "__main__":
    main()
