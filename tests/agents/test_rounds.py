"""Rounds: who acts, what each observes, and what is published."""

import asyncio

import pytest

from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import (
    RoundFinished,
    RoundStarted,
    TurnFinished,
)
from brainstorm_agents.scenario import Scenario

from .casts import (
    TRACE,
    FakeModel,
    Kept,
    cast,
    environment,
    phases,
    prices,
    role,
    run,
    trace,
    transcript,
    trio,
    virtual,
)

MIXED: dict[str, dict[str, float]] = {
    "Alex": {"latency": 0.5},
    "Bob": {"latency": 0},
    "Chalice": {"latency": 0.01},
}


# ---------------------------------------------------------------------------- the reference trace


@pytest.mark.parametrize(
    "scenario",
    [trio(), trio(MIXED), trio(latency=1.0), trio(MIXED, max_concurrency=1)],
    ids=["at once", "mixed latencies", "one second", "one after another"],
)
@virtual
async def test_the_reference_trace_holds_whatever_the_latency(scenario: Scenario) -> None:
    session = await run(scenario)
    assert trace(session) == TRACE
    assert transcript(session) == transcript(await run(trio()))


@virtual
async def test_replies_are_published_in_the_casts_order_whatever_order_they_arrive_in() -> None:
    kept = Kept()
    session = await run(trio(MIXED), journal=kept)
    arrived = [event.id for event in kept.of(TurnFinished)]
    assert arrived[1:3] == ["b1", "c1"]
    assert arrived[3:6] == ["b2", "c2", "a1"]
    assert [event.published for event in kept.of(RoundFinished)][:3] == [
        ("a0",),
        ("b1", "c1"),
        ("a1", "b2", "c2"),
    ]
    assert [message.id for message in session.published][:4] == ["user", "a0", "b1", "c1"]


@virtual
async def test_rounds_0_to_2_take_three_latencies_concurrently() -> None:
    session = await run(trio(latency=1.0), rounds=2)
    assert session.t == 3.0
    assert session.elapsed(session.t) == 3.0
    assert session.busy(session.t) == pytest.approx(6.0)


@virtual
async def test_rounds_0_to_2_take_six_latencies_one_after_another() -> None:
    session = await run(trio(latency=1.0, max_concurrency=1), rounds=2)
    assert session.t == pytest.approx(6.0)
    assert session.elapsed(session.t) == pytest.approx(6.0)
    assert session.busy(session.t) == pytest.approx(6.0)


@pytest.mark.parametrize(("at_once", "seconds"), [(16, 3.0), (1, 6.0)])
@virtual
async def test_roles_that_watch_nobody_have_one_round(at_once: int, seconds: float) -> None:
    session = await run(prices(max_concurrency=at_once))
    assert trace(session) == ["round 0: a0 <- user | b0 <- user | c0 <- user"]
    assert session.ended == "quiet"
    assert session.elapsed(session.t) == pytest.approx(seconds)
    assert session.busy(session.t) == pytest.approx(6.0)


@virtual
async def test_no_more_calls_are_under_way_than_the_scenario_allows() -> None:
    model = FakeModel(otherwise=lambda request: [1.0, "x"])
    roles = [role(name) for name in "ABCDE"]
    await run(cast(*roles, max_concurrency=2), rounds=1, model=model)
    assert model.most_at_once == 2


@virtual
async def test_a_step_that_finds_all_quiet_does_nothing() -> None:
    kept = Kept()
    env = environment(prices(), journal=kept)
    await env.step()
    before = list(kept.events)
    assert env.is_quiet()
    assert await env.step() is False
    assert kept.events == before


@virtual
async def test_a_round_names_its_schedule() -> None:
    kept = Kept()
    await run(prices(), journal=kept)
    assert kept.of(RoundStarted)[0].schedule == "simultaneous"
    assert kept.of(RoundFinished)[0].schedule == "simultaneous"


# -------------------------------------------------------------------------------------------- ids


@virtual
async def test_roles_that_share_an_initial_use_their_name_and_a_dot() -> None:
    session = await run(cast(role("Alex"), role("anna"), role("Bob"), opener="Alex"), rounds=1)
    assert trace(session) == [
        "round 0: Alex.0 <- user",
        "round 1: anna.1 <- Alex.0 | b1 <- Alex.0",
    ]


@virtual
async def test_an_opening_is_turn_0_and_the_first_turn_in_a_round_is_turn_1() -> None:
    session = await run(cast(role("Émile"), role("学"), opener="学"), rounds=2)
    assert trace(session) == ["round 0: 学0 <- user", "round 1: é1 <- 学0", "round 2: 学1 <- é1"]


# --------------------------------------------------------------------------------------- failures


@virtual
async def test_a_failed_role_does_not_stop_the_others() -> None:
    session = await run(trio(), rounds=1, model=FakeModel({"b1": [ModelError("it broke")]}))
    assert phases(session) == {"a0": "done", "b1": "failed", "c1": "done"}
    assert session.turns["b1"].reason == "it broke"
    assert session.rounds[1].published == ("c1",)


@virtual
async def test_a_failed_role_hears_all_that_it_missed_in_its_next_turn() -> None:
    session = await run(trio(), model=FakeModel({"b1": [ModelError("no")]}))
    assert trace(session)[2:] == [
        "round 2: a1 <- c1 | b2 <- a0 c1",
        "round 3: a2 <- b2 | b3 <- a1 | c2 <- a1 b2",
    ]


@virtual
async def test_a_role_that_always_fails_cannot_keep_a_session_alive() -> None:
    session = await run(
        cast(role("Alex"), role("Bob", fail=1), opener="Alex"), rounds=50, journal=Kept()
    )
    assert phases(session) == {"a0": "done", "b1": "failed"}
    assert session.ended == "quiet"


@virtual
async def test_an_opener_that_fails_leaves_it_quiet_with_nothing_finished() -> None:
    session = await run(trio({"Alex": {"fail": 1}}))
    assert phases(session) == {"a0": "failed"}
    assert session.ended == "quiet"
    assert [message.id for message in session.published] == ["user"]


@virtual
async def test_an_opener_that_failed_hears_the_topic_once_the_user_speaks_again() -> None:
    env = environment(trio(), FakeModel({"a0": [ModelError("no")]}))
    await env.step()
    env.say("Once more?")
    await env.step()
    assert trace(env.session)[1] == "round 1: a1 <- user user2 | b1 <- user2 | c1 <- user2"


@virtual
async def test_an_error_that_nobody_foresaw_is_a_failure_of_that_turn_alone() -> None:
    session = await run(trio(), rounds=1, model=FakeModel({"b1": ["half", ZeroDivisionError("x")]}))
    assert phases(session) == {"a0": "done", "b1": "failed", "c1": "done"}
    assert session.turns["b1"].reason == "unexpectedly: ZeroDivisionError: x"


@virtual
async def test_an_error_with_a_lone_surrogate_can_still_be_logged() -> None:
    kept = Kept()
    session = await run(trio(), 0, FakeModel({"a0": [ModelError("bad \ud800 byte")]}), kept)
    assert session.turns["a0"].reason == "bad \ufffd byte"
    assert len(kept.lines()) == len(kept.events)


# -------------------------------------------------------------------------------------- the user


@virtual
async def test_only_openers_observe_the_topic() -> None:
    session = await run(trio())
    heard_it = [turn.id for turn in session.turns.values() if turn.observed[0][0] == 0]
    assert heard_it == ["a0"]


@virtual
async def test_what_the_user_says_reaches_everyone_in_the_next_round() -> None:
    env = environment(trio())
    await env.step()
    env.say("And wasps?")
    env.say("And ants?")
    await env.step()
    assert trace(env.session)[1] == (
        "round 1: a1 <- user2 user3 | b1 <- a0 user2 user3 | c1 <- a0 user2 user3"
    )


@virtual
async def test_what_is_said_to_one_role_is_news_to_that_one_only() -> None:
    env = environment(prices())
    await env.step()
    env.say("Only you, Bee.", to=["Bee"])
    assert await env.step()
    assert trace(env.session)[1:] == ["round 1: b1 <- user2"]
    assert env.is_quiet()


@virtual
async def test_the_others_never_see_what_was_said_to_one() -> None:
    env = environment(trio())
    await env.step()
    env.say("A secret.", to=["Bob"])
    for _ in range(4):
        await env.step()
    heard_it = [
        turn.id
        for turn in env.session.turns.values()
        if any(message.id == "user2" for message in env.session.messages_of(turn.observed))
    ]
    assert heard_it == ["b1"]


@virtual
async def test_what_is_said_during_a_round_is_heard_in_the_next() -> None:
    env = environment(trio(latency=1))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0.5)
    env.say("Meanwhile.")
    await step
    await env.step()
    assert trace(env.session)[1:] == [
        "round 1: b1 <- a0 | c1 <- a0",
        "round 2: a1 <- user2 b1 c1 | b2 <- user2 c1 | c2 <- user2 b1",
    ]


@virtual
async def test_lone_surrogates_are_replaced_before_they_are_published() -> None:
    kept = Kept()
    env = environment(cast(role("Alex"), topic="bad \udcff byte"), journal=kept)
    env.say("half \ud83d of one")
    assert [message.text for message in env.session.published] == [
        "bad \ufffd byte",
        "half \ufffd of one",
    ]
    assert env.session.scenario.topic == "bad \ufffd byte"
    assert len(kept.lines()) == 3
