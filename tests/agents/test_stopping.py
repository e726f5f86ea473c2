"""Stopping: what is finished is kept, and the next step asks the rest again."""

import asyncio
from dataclasses import dataclass, field

import pytest

from brainstorm_agents.environment import Environment
from brainstorm_agents.events import (
    RoundStarted,
    TurnAsked,
    TurnStarted,
)

from .casts import (
    TRACE,
    FakeModel,
    Kept,
    environment,
    phases,
    trace,
    trio,
    virtual,
)


@dataclass
class Stopped:
    """A session in whose round 1 Bob finished, and Chalice was cancelled in mid-sentence."""

    kept: Kept = field(default_factory=Kept)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    said_meanwhile: str = ""

    async def environment(self) -> Environment:
        model = FakeModel({"b1": ["b1"], "c1": ["Dan", self.gate, "ces."]})
        env = environment(trio(), model, self.kept)
        await env.step()
        step = asyncio.create_task(env.step())
        await asyncio.sleep(1)
        if self.said_meanwhile:
            env.say(self.said_meanwhile)
        env.stop("stopped")
        assert await step
        return env


@virtual
async def test_stop_keeps_what_is_finished_and_publishes_nothing() -> None:
    env = await Stopped().environment()
    assert phases(env.session) == {"a0": "done", "b1": "done", "c1": "cancelled"}
    assert env.session.turns["c1"].reason == "stopped"
    assert env.session.turns["c1"].text == "Dan"
    assert env.session.open_round is env.session.rounds[1]
    assert [message.id for message in env.session.published] == ["user", "a0"]


@virtual
async def test_the_step_after_a_stop_asks_only_the_cancelled_again() -> None:
    stopped = Stopped()
    env = await stopped.environment()
    before = len(stopped.kept.events)
    stopped.gate.set()
    assert await env.step()
    again = stopped.kept.events[before:]
    assert [(e.id, e.observed) for e in again if isinstance(e, TurnStarted)] == [("c1", ((1, 2),))]
    assert [(e.id, e.attempt) for e in again if isinstance(e, TurnAsked)] == [("c1", 2)]
    assert not any(isinstance(event, RoundStarted) for event in again)
    assert env.session.turns["c1"].text == "Dances."
    assert env.session.rounds[1].published == ("b1", "c1")


@virtual
async def test_what_is_said_before_a_stopped_round_is_complete_is_heard_only_after_it() -> None:
    stopped = Stopped(said_meanwhile="During it.")
    env = await stopped.environment()
    env.say("Between.")
    stopped.gate.set()
    await env.step()
    await env.step()
    assert trace(env.session)[1:] == [
        "round 1: b1 <- a0 | c1 <- a0",
        "round 2: a1 <- user2 user3 b1 c1 | b2 <- user2 user3 c1 | c2 <- user2 user3 b1",
    ]


@virtual
async def test_one_turn_can_be_stopped_while_the_others_finish() -> None:
    env = environment(trio(latency=1))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0.5)
    env.stop("stopped", only="b1")
    await step
    assert phases(env.session) == {"a0": "done", "b1": "cancelled", "c1": "done"}
    assert env.session.open_round is not None
    await env.step()
    assert env.session.rounds[1].published == ("b1", "c1")


@virtual
async def test_stop_reaches_turns_before_their_first_token_and_in_the_queue() -> None:
    env = environment(trio(latency=1, max_concurrency=1))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0.1)
    assert phases(env.session) == {"a0": "done", "b1": "thinking", "c1": "queued"}
    env.stop("stopped")
    await step
    assert phases(env.session) == {"a0": "done", "b1": "cancelled", "c1": "cancelled"}
    await env.step()
    assert trace(env.session) == TRACE[:2]
    assert env.session.turns["c1"].attempt == 1


class SlowDisk(Kept):
    """A journal whose syncs take a second."""

    async def synced(self, seq: int) -> None:
        await asyncio.sleep(1)


@virtual
async def test_stop_while_the_log_is_being_synced_stops_the_round_before_its_calls() -> None:
    model = FakeModel()
    env = environment(trio(), model, SlowDisk())
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0.5)
    env.stop("stopped")
    await step
    assert phases(env.session) == {"a0": "cancelled"}
    assert model.asked == []


@virtual
async def test_stopping_one_turn_while_the_log_is_being_synced_stops_no_other() -> None:
    env = environment(trio(), journal=SlowDisk())
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0.5)
    env.stop("stopped", only="c1")
    await step
    assert phases(env.session) == {"a0": "done", "b1": "done", "c1": "cancelled"}


@virtual
async def test_stop_with_nothing_under_way_does_not_touch_the_next_step() -> None:
    env = environment(trio())
    env.stop("stopped")
    await env.step()
    assert phases(env.session) == {"a0": "done"}


@pytest.mark.parametrize("delay", [0, 0.1, 0.9])
@virtual
async def test_a_cancelled_step_settles_every_turn_and_stays_cancelled(delay: float) -> None:
    env = environment(trio(latency=1, max_concurrency=1))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(delay)
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    assert phases(env.session) == {"a0": "done", "b1": "cancelled", "c1": "cancelled"}
    assert env.session.turns["b1"].reason == "interrupted"
    assert not env.session.is_under_way
    await env.step()
    assert trace(env.session) == TRACE[:2]
