"""Going on with a session: what is asked again, what is not, and when it is."""

import asyncio

import pytest

from brainstorm_agents.controller import Controller
from brainstorm_agents.environment import Environment
from brainstorm_agents.events import Event, SessionResumed, TurnAsked, TurnFinished, TurnStarted

from .casts import (
    TRACE,
    FakeModel,
    Kept,
    fold,
    going_on,
    phases,
    run,
    trace,
    transcript,
    trio,
    virtual,
)


@virtual
async def _session() -> Kept:
    kept = Kept()
    await run(trio(latency=1), journal=kept)
    return kept


KEPT = _session()


def cut_at(kind: type[Event], id_: str) -> int:
    """How many events there were when the first of a kind had happened to a turn."""
    return next(
        number
        for number, event in enumerate(KEPT.events, 1)
        if isinstance(event, kind) and getattr(event, "id", "") == id_
    )


async def finish(env: Environment, rounds: int = 3) -> Kept:
    """Go on to the end; what was added to the log."""
    env.reopen("reopened")
    await Controller(env, rounds).run_to_end()
    kept = env.journal
    assert isinstance(kept, Kept)
    return kept


@virtual
async def test_only_the_unfinished_turns_of_a_round_are_asked_again() -> None:
    session = fold(KEPT.events[: cut_at(TurnFinished, "b1")])
    assert session.turns["c1"].phase == "speaking"
    model = FakeModel()
    await finish(going_on(session, model), rounds=1)
    assert model.ids() == ["c1"]


@virtual
async def test_what_was_under_way_is_cancelled_before_anything_else_happens() -> None:
    env = going_on(fold(KEPT.events[: cut_at(TurnAsked, "c1")]))
    env.reopen("reopened")
    assert not env.session.is_under_way
    assert phases(env.session) == {"a0": "done", "b1": "cancelled", "c1": "cancelled"}
    assert {env.session.turns[id_].reason for id_ in ("b1", "c1")} == {"cut off"}


@virtual
async def test_a_turn_is_asked_again_under_its_id_with_what_it_observed() -> None:
    first = next(event for event in KEPT.of(TurnStarted) if event.id == "c1")
    added = await finish(going_on(fold(KEPT.events[: cut_at(TurnAsked, "c1")])))
    again = next(event for event in added.of(TurnStarted) if event.id == "c1")
    assert (again.observed, again.round, again.role) == (first.observed, 1, "Chalice")


@virtual
async def test_the_topic_is_said_if_the_log_was_cut_right_after_its_header() -> None:
    env = going_on(fold(KEPT.events[:1]))
    await finish(env)
    assert trace(env.session) == TRACE
    assert transcript(env.session) == transcript(fold(KEPT.events))


@virtual
async def test_time_goes_on_where_it_stopped() -> None:
    cut = cut_at(TurnFinished, "b1")
    await asyncio.sleep(1000)
    added = await finish(going_on(fold(KEPT.events[:cut])))
    assert isinstance(added.events[0], SessionResumed)
    assert added.events[0].t == KEPT.events[cut - 1].t
    assert added.events[-1].t < 20


@pytest.mark.parametrize("rounds", [0, 2, 3])
def test_with_nothing_left_to_do_nothing_is_added(rounds: int) -> None:
    @virtual
    async def check() -> None:
        env = going_on(fold(KEPT.events))
        assert (await finish(env, rounds)).events == []
        assert env.session.ended == "rounds"

    check()


@virtual
async def test_a_session_that_ended_in_silence_is_left_as_it_is() -> None:
    kept = Kept()
    await run(trio(latency=1), 3, FakeModel({"b1": [RuntimeError()], "c1": [RuntimeError()]}), kept)
    assert (session := fold(kept.events)).ended == "quiet"
    assert (await finish(going_on(session), 9)).events == []


@virtual
async def test_rounds_are_counted_from_the_start() -> None:
    kept = Kept()
    await run(trio(latency=1), 1, journal=kept)
    env = going_on(fold(kept.events))
    added = await finish(env, rounds=3)
    assert trace(env.session) == TRACE
    assert [event.reason for event in added.of(SessionResumed)] == ["user"]


@virtual
async def test_only_the_end_is_added_to_a_session_cut_off_right_before_it() -> None:
    added = await finish(going_on(fold(KEPT.events[:-1])))
    assert [type(event).__name__ for event in added.events] == ["SessionResumed", "SessionEnded"]


@virtual
async def test_a_session_that_had_paused_waits_for_somebody_to_go_on() -> None:
    session = fold(KEPT.events[: cut_at(TurnFinished, "a0") + 1])
    going_on(session).pause("user")
    again = going_on(session)
    again.reopen("reopened")
    assert again.session.paused == "user"
    assert isinstance(again.journal, Kept)
    assert again.journal.events == []
