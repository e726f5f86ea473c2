"""The app on a stage: a test moves its clock, presses its keys and reads its screen."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from textual.pilot import Pilot

from brainstorm_agents import scenario as scenarios
from brainstorm_agents.clock import LoopClock, ManualClock, VirtualLoop
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.environment import Environment
from brainstorm_agents.journal import NoJournal
from brainstorm_agents.models import Models
from brainstorm_agents.reader import Log, read
from brainstorm_agents.scenario import Scenario
from brainstorm_agents.session import Session
from brainstorm_tui.app import BrainstormApp
from brainstorm_tui.launch import Launch
from brainstorm_tui.screens.frame import Frame

SEED = 7
"""Of every session on the stage: what is said is always the same."""

STARTED_AT = "2026-11-23T09:41:27+01:00"

DEADLINE_S = 20.0
"""Real seconds that anything may take at most."""

LONG_S = 60.0
"""Session seconds after which any round of the mock is over."""


def cast(
    name: str = "classroom",
    *,
    topic: str | None = None,
    rounds: int | None = None,
    of: dict[str, dict[str, Any]] | None = None,
    schedule: str | None = None,
    **params: Any,
) -> Scenario:
    """A built-in scenario, with params for every role, and `of` those of single roles."""
    scenario = scenarios.with_overrides(
        scenarios.load(name), topic=topic, rounds=rounds, params=params, schedule=schedule
    )
    roles = tuple(
        msgspec.structs.replace(role, params={**role.params, **(of or {}).get(role.name, {})})
        for role in scenario.roles
    )
    return msgspec.structs.replace(scenario, roles=roles)


def launch(scenario: Scenario, *, log: Path | None = None) -> Launch:
    """A launch on a clock that a test moves: its journal writes inline, as at speed 0."""
    return Launch(scenario=scenario, seed=SEED, speed=0, log=log)


def record(scenario: Scenario, path: Path) -> Log:
    """A whole session, logged at a time that never changes."""

    lines: list[bytes] = []

    async def play() -> None:
        environment = Environment(Models(), LoopClock(), NoJournal(lines.append))
        environment.open(scenario, seed=SEED, version="0", started_at=STARTED_AT)
        controller = Controller(environment, scenario.rounds)
        await controller.run_to_end()
        await controller.close(Reason.QUIT)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play())
    path.write_bytes(b"".join(lines))
    return read(path)


class Stage:
    """An app that runs.

    Args:
        pilot: Presses its keys.
        clock: The session's time, if it is live.
    """

    def __init__(self, pilot: Pilot[int], clock: ManualClock) -> None:
        self.pilot = pilot
        self.clock = clock

    @property
    def app(self) -> BrainstormApp:
        """The app."""
        assert isinstance(self.pilot.app, BrainstormApp)
        return self.pilot.app

    @property
    def frame(self) -> Frame:
        """The uppermost screen of a session, whatever dialog is over it."""
        (*_, frame) = (screen for screen in self.app.screen_stack if isinstance(screen, Frame))
        return frame

    @property
    def session(self) -> Session:
        """The session that is shown."""
        return self.frame.transport.source.session

    @property
    def lines(self) -> list[str]:
        """The rows of the screen."""
        strips = self.app.screen._compositor.render_strips(self.app.size)
        return [strip.text.rstrip() for strip in strips]

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self.lines)

    def place(self, text: str) -> tuple[int, int]:
        """Column and row where some text begins."""
        for row, line in enumerate(self.lines):
            if text in line:
                return line.index(text), row
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    async def press(self, *keys: str) -> None:
        """Press keys, one after another, and let the screen come to rest."""
        for key in keys:
            await self.pilot.press(key)
        await self.rest()

    async def begin(self) -> None:
        """Wait until the app has come up, and the opening, if it is live, has begun."""
        async with asyncio.timeout(DEADLINE_S):
            while (controller := self.app.controller) and not controller.session.is_under_way:
                await self.pilot.pause(0)
        await self.rest()

    async def advance(self, seconds: float) -> None:
        """Let session time pass."""
        await self.clock.advance(seconds)
        await self.rest()

    async def play(self, *keys: str) -> None:
        """Press keys, and let what they begin come to its end."""
        await self.press(*keys)
        await self.advance(LONG_S)

    async def rest(self) -> None:
        """Log what is said, and draw until nothing moves: a layout before what is in it."""
        if controller := self.app.controller:
            await controller.environment.journal.synced(controller.session.seq)
        before = None
        while before != self.lines:
            before = self.lines
            screen = self.app.screen
            if isinstance(screen, Frame) and screen.size.width:
                screen.draw_all()
            await self.pilot.pause(0)

    async def see(self, *texts: str) -> None:
        """Wait for what comes in real time: notifications, files that have changed."""
        async with asyncio.timeout(DEADLINE_S):
            while not all(text in self.text for text in texts):
                await self.pilot.pause(0.02)


@contextlib.asynccontextmanager
async def staged(
    *scenarios_: Scenario,
    size: tuple[int, int] = (120, 40),
    log: Path | None = None,
    **options: Any,
) -> AsyncIterator[Stage]:
    """The app with these casts, or with a replay among the options; the opening has begun."""
    clock = ManualClock()
    launches = [launch(scenario, log=log) for scenario in scenarios_]
    app = BrainstormApp(launches, clock=clock, **options)
    async with app.run_test(size=size, notifications=True) as pilot:
        stage = Stage(pilot, clock)
        await stage.begin()
        yield stage
