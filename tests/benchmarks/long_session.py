# ruff: noqa: T201 - what is measured is printed
"""Ten thousand messages in one session on the screen: the memory, and a round at the end.

The program itself with 25 roles that all watch each other, on a pseudo-terminal, run round after
round by a mock that says sixty words at once; with its log. The processor's time of the last
thousand messages is compared with that of the second thousand, when the panes are full, and the
memory is the most that the process had.
"""

import argparse
import asyncio
import gc
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from pseudo_terminal import PseudoTerminal

from brainstorm_agents.scenario import Role, Scenario
from brainstorm_tui.app import BrainstormApp
from brainstorm_tui.cli import GC_THRESHOLD
from brainstorm_tui.launch import Launch

SIZE = 60, 200
"""Rows and columns of the terminal."""

ROLES = 25
SAID = "A bee that has found flowers dances where they are, and the others follow. " * 5

LONGEST_S = 280.0


class Seen(NamedTuple):
    """What a long session took."""

    first_ms: float
    """Milliseconds of the processor for a message, among the second thousand."""
    last_ms: float
    """Among the last thousand."""
    before_mb: float
    """Memory when the first round had begun."""
    most_mb: float
    """The most memory."""


def main() -> None:
    """Measure, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="default 10,000")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        inside(chosen.messages, chosen.inside)
        return
    seen = watch(chosen.messages)
    print(
        f"a message: {seen.first_ms:.2f} ms at the start, {seen.last_ms:.2f} ms at the end"
        f" ({seen.last_ms / seen.first_ms:.2f} x)\n"
        f"memory: {seen.most_mb:.0f} MB, {seen.before_mb:.0f} MB of them at the start"
    )


def watch(messages: int) -> Seen:
    """Run a long session in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        report = Path(home) / "report.json"
        words = (__file__, "--messages", str(messages), "--inside", str(report))
        with PseudoTerminal(words, SIZE, home) as terminal:
            terminal.read_to_end(LONGEST_S)
        return Seen(**json.loads(report.read_text()))


def inside(messages: int, report: Path) -> None:
    """The program itself, watched."""
    gc.set_threshold(GC_THRESHOLD)
    params = {"latency": 0, "script": [SAID]}
    roles = tuple(Role(name=f"Role{place:02}", params=params) for place in range(ROLES))
    scenario = Scenario(name="long", topic="Why do bees dance?", roles=roles, rounds=messages)
    log = Path(os.environ["BRAINSTORM_TUI_HOME"]) / "long.jsonl"
    app = BrainstormApp([Launch(scenario=scenario, seed=7, log=log, run_at_once=True)])
    app.run(auto_pilot=lambda _: _measure(app, messages, report))
    sys.exit(app.return_code or 0)


async def _measure(app: BrainstormApp, messages: int, report: Path) -> None:
    async def until(count: int) -> float:
        while app.controller is None or len(app.controller.session.published) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # As somebody who looks would: no event tells it.
        return time.process_time()

    await until(ROLES)
    before = _memory()
    begun = await until(1000)
    first = await until(2000)
    late = await until(messages - 1000)
    last = await until(messages)
    seen = Seen(first - begun, last - late, before, _memory())
    await asyncio.to_thread(report.write_text, json.dumps(seen._asdict()))
    app.exit(0)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
