"""Programs whose screen is fed with words at a steady pace, for `streaming_panes.py` to watch.

A process of its own: `fed.py PROGRAM RATE SECONDS REPORT`. Every word is said once only, so that
who reads the terminal knows when each was drawn. The report tells when each came from the model,
how late the event loop was, and how much the processor worked.
"""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from textual.app import App, ComposeResult
from textual.containers import Grid
from textual.widgets import Log, Static

from brainstorm_agents.events import Usage
from brainstorm_agents.models import mock
from brainstorm_agents.models.model import Chunk, Request
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_tui.app import BrainstormApp
from brainstorm_tui.cli import GC_THRESHOLD
from brainstorm_tui.launch import Launch

ROLES = 25

REPLY = 500
"""Words of a reply, each a token."""

PARAGRAPH = 80
"""Words of a paragraph."""

LINE = 7
"""Words that fit a line of a pane, for the widgets that do not wrap."""

WARM_UP_S = 3.0
"""Seconds before anything is measured: the panes are full then."""

PROBE_S = 0.005
"""How often the event loop is asked to be on time."""

SETTLE_S = 0.5
"""After so long every word has to be there."""

LETTERS = "BCDFGHJKLMNPQRSTVWXYZ"
"""No word of them is drawn but those of the feed: there is no vowel, and no small letter."""


class Feed:
    """A model that says words at a steady pace, and a word that is late at once."""

    needs_real_time = False
    rate = 50.0
    """Words a second, of each role."""
    came: list[float] = []  # noqa: RUF012, one for all roles, in the order of the words
    """When each word came."""

    async def prepare(self) -> None:
        """It is always ready."""

    async def close(self) -> None:
        """Nothing is held."""

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        """Say a reply."""
        turn = request.prompt.turn
        async for text in self.say(start_of(turn.role) + turn.number):
            yield Chunk(text)
        yield Chunk(usage=Usage(completion=REPLY, counted=True))

    async def say(self, number: int) -> AsyncGenerator[str]:
        """Words, with the space or the end of a paragraph before each."""
        loop = asyncio.get_running_loop()
        started = loop.time() + 0.2 + number * 0.37 % 0.8
        for count in range(REPLY):
            await asyncio.sleep(max(0.0, started + count / self.rate - loop.time()))
            word = word_of(len(self.came))
            self.came.append(time.monotonic())
            yield f"\n\n{word}" if count and count % PARAGRAPH == 0 else f" {word}"


def start_of(name: str) -> int:
    """A number by which the roles begin at different times."""
    return sum(name.encode())


def word_of(number: int) -> str:
    """The word of a number: four letters, none of them the same."""
    letters = []
    for _ in range(4):
        number, rest = divmod(number, len(LETTERS))
        letters.append(LETTERS[rest])
    return "".join(letters)


class Bare(App[int]):
    """No more than the feed."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("fed")

    def on_mount(self) -> None:
        """Begin to listen; garbage is collected as rarely as in the program itself."""
        gc.collect()
        gc.freeze()
        for place in range(ROLES):
            self.run_worker(self.listen(place))

    async def listen(self, place: int) -> None:
        """Take in one reply after another."""
        feed, number = Feed(), 0
        while True:
            async for text in feed.say(place + number):
                self.hear(place, text)
            number += 1

    def hear(self, place: int, text: str) -> None:
        """Take in a word."""


class Logs(Bare):
    """A widget of Textual's own for each role."""

    CSS = "Grid { grid-size: 5 5; }"

    def compose(self) -> ComposeResult:
        """As many as there are roles."""
        self._logs = [Log() for _ in range(ROLES)]
        self._words = [0] * ROLES
        with Grid():
            yield from self._logs

    def hear(self, place: int, text: str) -> None:
        """Append it; the widget does not wrap, so lines end where they are full."""
        self._words[place] += 1
        is_full = self._words[place] % LINE == 0
        self._logs[place].write(text + "\n" if is_full else text)


class Gathered(Logs):
    """The same, given what came within 50 ms at once, as the panes are."""

    def on_mount(self) -> None:
        """Begin to listen, and to write."""
        self._waiting = [""] * ROLES
        super().on_mount()
        self.set_interval(0.05, self._write)

    def hear(self, place: int, text: str) -> None:
        """Keep it for a moment."""
        self._words[place] += 1
        is_full = self._words[place] % LINE == 0
        self._waiting[place] += text + "\n" if is_full else text

    def _write(self) -> None:
        for place, text in enumerate(self._waiting):
            if text:
                self._logs[place].write(text)
                self._waiting[place] = ""


def panes(home: Path) -> App[int]:
    """The program itself, which logs its session as always."""
    mock.MockModel = Feed  # type: ignore[assignment,misc]
    roles = tuple(Role(name=f"Role{place:02}", profile="speaks") for place in range(ROLES))
    scenario = Scenario(
        name="fed",
        topic="What is it worth?",
        roles=roles,
        rounds=1000,
        max_concurrency=ROLES,
    )
    return BrainstormApp(
        [Launch(scenario=scenario, seed=7, log=home / "fed.jsonl", run_at_once=True)]
    )


async def measure(app: App[int], seconds: float, report: Path) -> None:
    """Watch the event loop for some time, write the report, and end the program."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(WARM_UP_S)
    late: list[float] = []
    began, worked = time.monotonic(), time.process_time()
    while time.monotonic() < began + seconds:
        due = loop.time() + PROBE_S
        await asyncio.sleep(PROBE_S)
        late.append(loop.time() - due)
    ended, worked = time.monotonic(), time.process_time() - worked
    known = len(Feed.came)
    await asyncio.sleep(SETTLE_S)
    told = {
        "began": began,
        "ended": ended,
        "worked": worked,
        "late": late,
        "came": Feed.came,
        "dropped": max(0, known - held(app)),
    }
    await asyncio.to_thread(report.write_text, json.dumps(told))
    app.exit(0)


def held(app: App[int]) -> int:
    """How many words a program has, drawn or not."""
    if isinstance(app, BrainstormApp):
        assert app.controller is not None
        texts = [turn.text for turn in app.controller.session.turns.values()]
    elif isinstance(app, Logs):
        texts = [line for log in app.query(Log) for line in log.lines]
    else:
        return len(Feed.came)
    return sum(len(text.split()) for text in texts)


def main() -> None:
    """Run one of the programs until it has been measured."""
    program, rate, seconds, report = sys.argv[1:]
    gc.set_threshold(GC_THRESHOLD)
    Feed.rate = float(rate)
    home = Path(os.environ["BRAINSTORM_TUI_HOME"])
    app = panes(home) if program == "panes" else PROGRAMS[program]()
    app.run(auto_pilot=lambda _: measure(app, float(seconds), Path(report)))


PROGRAMS = {"feed": Bare, "logs": Logs, "gathered": Gathered}

if __name__ == "__main__":
    main()
