"""The critical path: what the session waited for, and why."""

import asyncio
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents.critical_path import critical_path, held_up_by, parts, waited
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import (
    RoundStarted,
    SessionStarted,
    TurnAsked,
    TurnFailed,
    TurnRetried,
    TurnStarted,
    TurnStreamed,
    UserSpoke,
)
from brainstorm_agents.session import Phase, Session

from .casts import FakeModel, cast, environment, fold, prices, role, run, trio, virtual

MIXED = {"Alex": {"latency": 2.0}, "Bob": {"latency": 1.0}, "Chalice": {"latency": 3.0}}


def path(session: Session, now: float = math.inf) -> list[str]:
    return [turn.id for turn in critical_path(session, now)]


@virtual
async def test_the_slowest_turn_of_each_round_is_on_the_path() -> None:
    session = await run(trio(MIXED), rounds=3)
    assert path(session) == ["a0", "c1", "c2", "c3"]


@virtual
async def test_among_equals_the_first_in_the_cast_is_on_the_path() -> None:
    session = await run(trio(latency=1.0), rounds=3)
    assert path(session) == ["a0", "b1", "a1", "a2"]


@virtual
async def test_the_path_is_as_long_as_the_session() -> None:
    session = await run(trio(MIXED, max_concurrency=1), rounds=3)
    turns = critical_path(session, session.t)
    assert sum(sum(parts(turn, session.t)) for turn in turns) == pytest.approx(
        session.elapsed(session.t)
    )


@virtual
async def test_a_failed_turn_holds_its_round_up_too() -> None:
    model = FakeModel({"b1": [2.0, ModelError("no")], "c1": [1.0, "so"]})
    session = await run(trio(), rounds=1, model=model)
    assert path(session) == ["a0", "b1"]
    assert waited(session.turns["c1"], session.t) == pytest.approx(1.0)


@virtual
async def test_in_the_open_round_the_call_under_way_for_longest_is_on_the_path() -> None:
    env = environment(trio(latency=2.0, max_concurrency=1))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(1)
    assert path(env.session, env.now()) == ["a0", "b1"]
    assert held_up_by(env.session.turns["b1"]) is None
    await asyncio.sleep(2)
    assert path(env.session, env.now()) == ["a0", "c1"]
    assert waited(env.session.turns["b1"], env.now()) == pytest.approx(1.0)
    assert held_up_by(env.session.turns["b1"]) is env.session.turns["c1"]
    await step


@virtual
async def test_a_round_that_nobody_was_asked_in_has_no_turn_on_the_path() -> None:
    env = environment(trio())
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0)
    assert env.session.turns["a0"].phase is Phase.QUEUED
    assert path(env.session) == []
    await step


@virtual
async def test_the_past_of_a_whole_session_is_as_it_was() -> None:
    session = await run(trio(MIXED), rounds=2)
    assert path(session, 1.0) == ["a0"]
    assert path(session, 2.5) == ["a0", "b1"], "both are under way: the first in the cast"
    assert path(session, 4.0) == ["a0", "c1"], "b1 is over"


@virtual
async def test_a_turn_waits_for_the_last_of_its_round() -> None:
    session = await run(prices(), rounds=0)
    ant, bee, cat = session.turns.values()
    assert held_up_by(ant) is cat
    assert held_up_by(bee) is cat
    assert held_up_by(cat) is None
    assert [waited(turn, session.t) for turn in (ant, bee, cat)] == pytest.approx([2, 1, 0])


@virtual
async def test_turns_that_end_together_wait_for_nobody() -> None:
    session = await run(trio(latency=1.0), rounds=1)
    assert held_up_by(session.turns["b1"]) is None
    assert held_up_by(session.turns["c1"]) is None


@virtual
async def test_nobody_waits_while_all_are_stopped() -> None:
    env = environment(cast(role("Ant", latency=1.0), role("Bee", latency=4.0)))
    step = asyncio.create_task(env.step())
    await asyncio.sleep(2)
    env.stop("user")
    await step
    ant, bee = env.session.turns["a0"], env.session.turns["b0"]
    await asyncio.sleep(60)
    assert waited(ant, env.now()) == pytest.approx(1.0)
    assert waited(bee, env.now()) == 0
    assert held_up_by(bee) is None
    await env.step()
    assert waited(ant, env.now()) == pytest.approx(5.0)


@virtual
async def test_a_turn_is_taken_apart() -> None:
    env = environment(trio(latency=4.0, max_concurrency=1))
    await env.step()
    await env.step()
    bob, chalice = (parts(env.session.turns[id_], env.now()) for id_ in ("b1", "c1"))
    assert bob == pytest.approx((0, 0, 1, 3))
    assert chalice == pytest.approx((4, 0, 1, 3))


@virtual
async def test_what_a_stop_cut_off_is_lost() -> None:
    env = environment(cast(role("Ant", latency=4.0)))
    step = asyncio.create_task(env.step())
    await asyncio.sleep(2)
    env.stop("user")
    await step
    await env.step()
    assert parts(env.session.turns["a0"], env.now()) == pytest.approx((0, 2, 1, 3))


_seconds = st.integers(0, 40).map(lambda tenths: tenths / 10)


@settings(max_examples=40, deadline=None)
@given(
    latencies=st.tuples(_seconds, _seconds, _seconds),
    max_concurrency=st.integers(1, 3),
    rounds=st.integers(0, 4),
)
def test_who_is_on_the_path_did_not_wait(
    latencies: tuple[float, float, float], max_concurrency: int, rounds: int
) -> None:
    own = {
        name: {"latency": latency}
        for name, latency in zip(("Alex", "Bob", "Chalice"), latencies, strict=True)
    }
    session = virtual(run)(trio(own, max_concurrency=max_concurrency), rounds)
    turns = critical_path(session, session.t)
    assert [turn.round for turn in turns] == session.rounds
    assert all(held_up_by(turn) is None for turn in turns)
    for turn in session.turns.values():
        assert turn.ended is not None
        assert turn.round.ended is not None
        assert waited(turn, session.t) == pytest.approx(turn.round.ended - turn.ended, abs=1e-5)
        assert (held_up_by(turn) is None) == (waited(turn, session.t) == 0)


def test_a_session_without_rounds_has_no_path() -> None:
    assert critical_path(fold([]), 1.0) == []


def test_what_a_retry_discarded_is_lost_and_so_is_the_wait_after_it() -> None:
    a0 = {"id": "a0", "role": "Alex"}
    session = fold(
        [
            SessionStarted(
                0, 0.0, format=1, version="0", scenario=trio(), seed=7, started_at="now"
            ),
            UserSpoke(1, 0.0, id="user", text="Why?"),
            RoundStarted(2, 0.0, round=0, schedule="simultaneous"),
            TurnStarted(3, 0.0, round=0, observed=((0, 1),), **a0),
            TurnAsked(4, 1.0, attempt=1, model="mock", **a0),
            TurnStreamed(5, 2.0, text="I thi", **a0),
            TurnRetried(6, 3.0, attempt=1, reason="busy", wait_s=2.0, **a0),
            TurnAsked(7, 5.0, attempt=2, model="mock", **a0),
            TurnStreamed(8, 6.0, text="I think so.", **a0),
            TurnFailed(9, 8.5, reason="cut off", **a0),
        ]
    )
    assert parts(session.turns["a0"], 9.0) == pytest.approx((1, 4, 1, 2.5))
    assert parts(session.turns["a0"], 2.5) == pytest.approx((1, 1.5, 0, 0)), "as far as then"
