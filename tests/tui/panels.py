"""Whole sessions and hostile casts for the panels: what their tests share."""

import asyncio
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from textual.strip import Strip

import brainstorm_themes
from brainstorm_agents.clock import LoopClock, VirtualLoop
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.environment import Environment
from brainstorm_agents.events import Event, decode
from brainstorm_agents.journal import NoJournal
from brainstorm_agents.models import Models
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.session import Session
from brainstorm_tui.look import ASCII, UNICODE, Look

LOOK = Look(brainstorm_themes.builtin()["dark"], UNICODE)
PLAIN = Look(brainstorm_themes.builtin()["dark"], ASCII)


def cast(*names: str, **params: dict[str, Any]) -> Scenario:
    """Roles that each take one second a turn, with params of their own by name."""
    roles = tuple(
        Role(name=name, profile=f"p-{name}", params={"latency": 1.0, **params.get(name, {})})
        for name in names
    )
    return Scenario(name="test", topic="Why?", opener=names[0], roles=roles)


def played(scenario: Scenario, rounds: int, says: Sequence[str] = ()) -> list[Event]:
    """The events of a whole session on a virtual clock."""
    log: list[bytes] = []

    async def play() -> None:
        environment = Environment(Models(), LoopClock(), NoJournal(log.append))
        environment.open(scenario, seed=7, version="0", started_at="now")
        for text in says:
            environment.say(text)
        controller = Controller(environment, rounds)
        await controller.run_to_end()
        await controller.close(Reason.QUIT)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play())
    return [decode(line[:-1], "test", number) for number, line in enumerate(log)]


def folded(events: Sequence[Event], until: float = float("inf")) -> Session:
    """The session as it stood at a time."""
    session = Session()
    for event in events:
        if event.t <= until:
            session.apply(event)
    return session


def texts(strips: Sequence[Strip]) -> list[str]:
    return [strip.text.rstrip() for strip in strips]


def assert_exact(strips: Sequence[Strip], width: int) -> None:
    for strip in strips:
        assert strip.cell_length == width
        assert sum(cell_len(segment.text) for segment in strip) == width
        assert "\x1b" not in strip.text
        assert "\n" not in strip.text


FOREIGN: dict[str, dict[str, Any]] = {
    "Ana": {"script": ["**静かに**、ね。\x1b[31mred\u202e 👨‍👩‍👧 end", "一心不可二用" * 30]},
    "山田太郎": {"script": ["短い。\n\n- 一\n- 二\n\n```\ncode\n```", "Yes. " * 200]},
    "Bo👩‍🚀": {"script": ["é" * 300]},
    "Fail": {"fail": 1.0},
}
FOREIGN_EVENTS = played(cast(*FOREIGN, **FOREIGN), 3, ["and\x9b you?"])
MANY = [f"Role{number}" for number in range(25)]
MANY_EVENTS = played(cast(*MANY), 3)
THREE = played(cast("Alex", "Bob", "Chalice", Bob={"latency": 2.5}), 3)
