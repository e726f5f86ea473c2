"""Sessions to draw, made on the virtual clock: what the tests of what is drawn share."""

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

from textual.strip import Strip

import brainstorm_themes
from brainstorm_agents.cast import ScheduleName
from brainstorm_agents.clock import LoopClock, VirtualLoop
from brainstorm_agents.controller import Controller
from brainstorm_agents.environment import Environment
from brainstorm_agents.events import Event
from brainstorm_agents.journal import NoJournal
from brainstorm_agents.models import Models
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.session import Session
from brainstorm_tui.draw.timeline import Track
from brainstorm_tui.look import ASCII, UNICODE, Look

DARK = Look(brainstorm_themes.builtin()["dark"], UNICODE)
PLAIN = Look(brainstorm_themes.builtin()["ansi"], ASCII)

MIXED = {"Alex": {"latency": 2.0}, "Bob": {"latency": 1.0}, "Chalice": {"latency": 3.0}}


class Kept(NoJournal):
    """A journal in memory."""

    def __init__(self) -> None:
        super().__init__(lambda line: None)
        self.events: list[Event] = []

    def append(self, event: Event) -> None:
        super().append(event)
        self.events.append(event)


def cast(*names: str, own: Mapping[str, Mapping[str, Any]] | None = None, **rules: Any) -> Scenario:
    roles = tuple(Role(name=name, params=dict((own or {}).get(name, {}))) for name in names)
    return Scenario(name="test", topic="Why do bees dance?", opener=names[0], roles=roles, **rules)


def run(scenario: Scenario, rounds: int = 3, stop_after: float | None = None) -> list[Event]:
    """The events of a session; with `stop_after` its last round is stopped so many seconds in."""
    journal = Kept()

    async def session() -> None:
        environment = Environment(Models(), LoopClock(), journal)
        environment.open(scenario, seed=7, version="0", started_at="now")
        await Controller(environment, rounds).run_to_end()
        if stop_after is not None:
            step = asyncio.create_task(environment.step())
            await asyncio.sleep(stop_after)
            environment.stop("user")
            await step

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(session())
    return journal.events


def at(events: list[Event], t: float = float("inf")) -> Session:
    """The session as it was at a time."""
    session = Session()
    for event in events:
        if event.t <= t:
            session.apply(event)
    return session


@cache
def trio() -> list[Event]:
    return run(cast("Alex", "Bob", "Chalice", own=MIXED))


@cache
def scheduled(schedule: ScheduleName) -> list[Event]:
    """The trio, its rounds run otherwise."""
    return run(cast("Alex", "Bob", "Chalice", own=MIXED, schedule=schedule))


@cache
def strange() -> dict[str, list[Event]]:
    """Sessions with what is hard to draw."""
    many = [f"{first}{second}a" for first in "BCDGK" for second in "aeiou"]
    failing: dict[str, dict[str, Any]] = {"Bob": {"fail": 0.6}, "陳": {"latency": 0}}
    return {
        "mixed": trio(),
        "failing": run(cast("Alex", "Bob", "陳", "陳大文與他的朋友們", own=failing), 5),
        "stopped": run(cast("Alex", "Bob", "Chalice"), 1, stop_after=1.3),
        "queued": run(cast(*many, max_concurrency=4), 2),
        "instant": run(cast("Alex", "Bob", own={"Alex": {"latency": 0}, "Bob": {"latency": 0}})),
        "eager": scheduled("eager"),
        "sequential": scheduled("sequential"),
        "begun": trio()[:2],
        "opened": trio()[:3],
    }


def live(session: Session, now: float) -> Track:
    return Track(session, now, now)


def cells(line: Strip) -> int:
    """How wide a line really is."""
    return sum(segment.cell_length for segment in line)
