"""Schedules: one after another says the same as at once; eagerly, who is faster is heard sooner."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents.cast import SCHEDULE_NAMES, Scenario, ScheduleName
from brainstorm_agents.clock import LoopClock
from brainstorm_agents.controller import Controller
from brainstorm_agents.critical_path import critical_path
from brainstorm_agents.environment import Environment
from brainstorm_agents.errors import JournalError, ModelError, ScenarioError, UnfitEvent
from brainstorm_agents.events import Event, RoundFinished, RoundStarted, TurnStarted
from brainstorm_agents.keyframe import Keyframe
from brainstorm_agents.scenario import parse, with_overrides
from brainstorm_agents.schedules import SCHEDULES
from brainstorm_agents.session import Phase, Session

from .casts import (
    TRACE,
    FakeModel,
    FakeModels,
    Kept,
    cast,
    environment,
    fold,
    going_on,
    phases,
    prices,
    role,
    run,
    snapshot,
    trace,
    transcript,
    trio,
    virtual,
)

MIXED = {"Alex": {"latency": 2.0}, "Bob": {"latency": 1.0}, "Chalice": {"latency": 3.0}}


def scheduled(scenario: Scenario, schedule: ScheduleName) -> Scenario:
    return with_overrides(scenario, schedule=schedule)


def said(session: Session) -> list[str]:
    return [message.id for message in session.published]


def test_every_schedule_has_a_name_that_can_be_asked_for() -> None:
    assert tuple(SCHEDULES) == SCHEDULE_NAMES
    assert all(schedule.name == name for name, schedule in SCHEDULES.items())


# ------------------------------------------------------------------------------------ sequential


@virtual
async def test_one_after_another_the_same_is_said_as_at_once() -> None:
    sequential = await run(scheduled(trio(MIXED), "sequential"))
    together = await run(trio(MIXED))
    assert trace(sequential) == trace(together) == TRACE
    assert transcript(sequential) == transcript(together)


@virtual
async def test_one_after_another_a_round_takes_the_sum_of_its_turns() -> None:
    at_once = await run(prices(), rounds=0)
    sequential = await run(scheduled(prices(), "sequential"), rounds=0)
    assert at_once.elapsed(at_once.t) == pytest.approx(3)
    assert sequential.elapsed(sequential.t) == pytest.approx(6)


@virtual
async def test_one_after_another_is_in_the_casts_order_and_never_two_at_once() -> None:
    model = FakeModel(otherwise=lambda request: [1.0, "so"])
    await run(scheduled(trio(), "sequential"), rounds=2, model=model)
    assert model.ids() == ["a0", "b1", "c1", "a1", "b2", "c2"]
    assert model.most_at_once == 1


@virtual
async def test_one_after_another_all_turns_are_on_the_critical_path() -> None:
    session = await run(scheduled(trio(MIXED), "sequential"), rounds=2)
    path = critical_path(session, session.t)
    assert [turn.id for turn in path] == ["a0", "b1", "c1", "a1", "b2", "c2"]
    assert sum(turn.spent(session.t) for turn in path) == pytest.approx(session.elapsed(session.t))


# ----------------------------------------------------------------------------------------- eager


@virtual
async def test_eagerly_a_role_starts_as_soon_as_it_has_news() -> None:
    session = await run(scheduled(trio(latency=1.0), "eager"), rounds=2)
    assert trace(session) == [
        "round 0: a0 <- user",
        "round 1: b1 <- a0 | c1 <- a0 | a1 <- b1 c1",
        "round 2: b2 <- c1 a1 | c2 <- b1 a1 | a2 <- b2 c2",
    ]
    starts = [turn.started for turn in session.rounds[1].turns]
    assert starts == pytest.approx([1, 1, 2])


@virtual
async def test_eagerly_replies_are_published_as_they_finish() -> None:
    journal = Kept()
    session = await run(scheduled(trio(MIXED), "eager"), rounds=1, journal=journal)
    assert trace(session)[1] == "round 1: b1 <- a0 | c1 <- a0 | a1 <- b1"
    # Both end at the same moment, three seconds after a0: the first in the cast comes first.
    assert said(session) == ["user", "a0", "b1", "a1", "c1"]
    assert journal.of(RoundFinished)[1].published == ("b1", "a1", "c1")
    assert session.rounds[1].published == ("b1", "a1", "c1")


@virtual
async def test_eagerly_what_is_heard_is_what_was_said_before_the_turn_began() -> None:
    model = FakeModel({"b1": [1.0, "b1"], "c1": [3.0, "c1"], "a1": [0.5, "a1"]})
    session = await run(scheduled(trio(), "eager"), rounds=2, model=model)
    assert trace(session)[1:] == [
        "round 1: b1 <- a0 | c1 <- a0 | a1 <- b1",
        # What was said while it spoke, or after, is new in the next round; nothing is lost.
        "round 2: a2 <- c1 | b2 <- a1 c1 | c2 <- b1 a1",
    ]


@virtual
async def test_eagerly_everyone_has_one_turn_a_round_at_most() -> None:
    model = FakeModel(otherwise=lambda request: [0.1, "so"])
    session = await run(scheduled(trio(), "eager"), rounds=6, model=model)
    for round_ in session.rounds:
        roles = [turn.role for turn in round_.turns]
        assert len(set(roles)) == len(roles)


@virtual
async def test_the_opening_hears_the_user_alone_whatever_the_schedule() -> None:
    session = await run(scheduled(trio(latency=1.0), "eager"), rounds=0)
    assert trace(session) == ["round 0: a0 <- user"]


@virtual
async def test_eagerly_what_the_user_says_is_heard_by_turns_that_begin_after_it() -> None:
    env = environment(
        scheduled(cast(role("Ant", latency=2), role("Bee", ()), opener="Ant"), "eager")
    )
    await env.step()
    env.say("Well, Ant?", ["Ant"])
    step = asyncio.create_task(env.step())
    await asyncio.sleep(1)
    env.say("And Bee?", ["Bee"])
    await step
    assert trace(env.session)[1] == "round 1: a1 <- user2 | b1 <- user3"
    assert env.session.turns["b1"].started == pytest.approx(3)


@virtual
async def test_eagerly_a_failure_is_its_own_and_does_not_come_again_in_the_round() -> None:
    model = FakeModel({"b1": [1.0, ModelError("no")], "c1": [2.0, "c1"]})
    session = await run(scheduled(trio(), "eager"), rounds=2, model=model)
    assert trace(session)[1:] == [
        "round 1: b1 <- a0 | c1 <- a0 | a1 <- c1",
        "round 2: b2 <- a0 c1 a1 | c2 <- a1 | a2 <- b2 c2",
    ]
    assert session.turns["b1"].phase is Phase.FAILED


@virtual
async def test_eagerly_a_stop_keeps_what_was_said_and_the_next_step_completes_the_round() -> None:
    env = environment(scheduled(trio(MIXED), "eager"))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(1.5)
    env.stop("user")
    await step
    assert phases(env.session) == {"a0": "done", "b1": "done", "c1": "cancelled", "a1": "cancelled"}
    assert said(env.session) == ["user", "a0", "b1"]
    assert env.session.open_round is not None
    await env.step()
    assert trace(env.session)[1] == "round 1: b1 <- a0 | c1 <- a0 | a1 <- b1"
    assert env.session.open_round is None


@virtual
async def test_eagerly_a_turn_stopped_before_it_began_ends_the_step_too() -> None:
    env = environment(scheduled(trio(MIXED), "eager"))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0)
    env.stop("user")
    async with asyncio.timeout(60):
        await step
    assert phases(env.session) == {"a0": "done", "b1": "cancelled", "c1": "cancelled"}


@virtual
async def test_eagerly_one_turn_is_stopped_and_the_others_go_on_with_each_other() -> None:
    env = environment(scheduled(trio(MIXED), "eager"))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0.5)
    env.stop("user", only="c1")
    await step
    assert phases(env.session) == {"a0": "done", "b1": "done", "c1": "cancelled", "a1": "done"}
    await env.step()
    assert said(env.session) == ["user", "a0", "b1", "a1", "c1"]


@virtual
async def test_an_eager_round_that_was_cut_off_goes_on_where_it_was() -> None:
    journal = Kept()
    await run(scheduled(trio(MIXED), "eager"), rounds=1, journal=journal)
    events = journal.events
    for length in range(3, len(events) + 1):
        env = going_on(fold(events[:length]))
        env.reopen("reopened")
        await Controller(env, 1).run_to_end()
        first = env.session.rounds[1]
        assert sorted(turn.id for turn in first.turns) == ["a1", "b1", "c1"]
        assert len(said(env.session)) == 5
        assert env.session.turns["a1"].observed in (((2, 3),), ((2, 4),), ((3, 4),))


@virtual
async def test_an_eager_round_waits_for_the_log_before_every_call() -> None:
    class Full(Kept):
        """A journal whose disk is full after the first reply of round 1."""

        async def synced(self, seq: int) -> None:
            if any(event.id == "a1" for event in self.of(TurnStarted)):
                raise JournalError("no space is left")

    model = FakeModel({"b1": [1.0, "b1"], "c1": [3.0, "c1"]})
    env = environment(scheduled(trio(), "eager"), model=model, journal=Full())
    await env.step()
    with pytest.raises(JournalError):
        await env.step()
    assert "a1" not in model.ids()
    assert phases(env.session) == {"a0": "done", "b1": "done", "c1": "cancelled", "a1": "cancelled"}


@virtual
async def test_eagerly_the_critical_path_goes_through_what_was_heard() -> None:
    session = await run(scheduled(trio(latency=1.0), "eager"), rounds=2)
    path = critical_path(session, session.t)
    assert [turn.id for turn in path] == ["a0", "c1", "a1", "c2", "a2"]
    assert sum(turn.spent(session.t) for turn in path) == pytest.approx(session.elapsed(session.t))


def test_an_eager_round_that_publishes_otherwise_than_it_said_is_refused() -> None:
    env_events = _eager_events()
    end = next(i for i, event in enumerate(env_events) if _is_end(event, 1))
    session = fold(env_events[:end])
    wrong = RoundFinished(
        seq=session.seq + 1, t=session.t, round=1, schedule="eager", published=("c1", "b1", "a1")
    )
    with pytest.raises(UnfitEvent, match="otherwise"):
        session.apply(wrong)


def _eager_events() -> list[Event]:
    journal = Kept()
    virtual(run)(scheduled(trio(MIXED), "eager"), rounds=2, journal=journal)
    return journal.events


def _is_end(event: Event, number: int) -> bool:
    return isinstance(event, RoundFinished) and event.round == number


def test_an_open_eager_round_can_be_had_again_as_it_was() -> None:
    events = _eager_events()
    session, frames = Session(), []
    for position, event in enumerate(events, 1):
        session.apply(event)
        frames.append((position, Keyframe(session)))
    for position, frame in frames:
        again = frame.session()
        assert snapshot(again) == snapshot(fold(events[:position]))
        for event in events[position:]:
            again.apply(event)
        assert snapshot(again) == snapshot(session)


# --------------------------------------------------------------------------------------- choosing


@virtual
async def test_a_schedule_is_chosen_for_the_next_round_and_the_open_one_goes_on_as_it_is() -> None:
    env = environment(trio(MIXED))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0.5)
    Controller(env, 3).schedule_next("eager")
    await step
    assert trace(env.session)[1] == "round 1: b1 <- a0 | c1 <- a0"
    await env.step()
    assert [round_.schedule for round_ in env.session.rounds] == [
        "simultaneous",
        "simultaneous",
        "eager",
    ]
    assert env.session.schedule == "eager"


@virtual
async def test_a_choice_outlives_the_program() -> None:
    journal = Kept()
    env = environment(trio(), journal=journal)
    env.choose_schedule("eager")
    again = going_on(fold(journal.events))
    await again.step()
    assert again.session.rounds[0].schedule == "eager"


@virtual
async def test_a_round_of_an_unknown_schedule_is_completed_with_a_barrier() -> None:
    journal = Kept()
    environment(trio(latency=1), journal=journal)
    session = fold(journal.events)
    session.apply(RoundStarted(session.seq + 1, 0.0, round=0, schedule="of a newer program"))
    env = Environment(FakeModels(FakeModel()), LoopClock(), Kept(), session)
    await env.step()
    assert said(env.session) == ["user", "a0"]


def test_a_scenario_names_its_schedule() -> None:
    text = "name: x\nschedule: {}\nroles: [{{name: Ant}}]\n"
    assert parse(text.format("eager"), "x.yaml").schedule == "eager"
    with pytest.raises(ScenarioError, match="did you mean 'eager'") as caught:
        parse(text.format("eagre"), "x.yaml")
    assert "x.yaml:2" in str(caught.value)


def test_the_command_line_names_another() -> None:
    with pytest.raises(ScenarioError, match="--schedule"):
        with_overrides(trio(), schedule="fast")
    assert with_overrides(trio(), schedule="sequential").schedule == "sequential"


_seconds = st.integers(0, 40).map(lambda tenths: tenths / 10)


@settings(max_examples=40, deadline=None)
@given(
    latencies=st.tuples(_seconds, _seconds, _seconds),
    max_concurrency=st.integers(1, 3),
    schedule=st.sampled_from(SCHEDULE_NAMES),
)
def test_whatever_the_schedule_nobody_hears_twice_or_misses_anything(
    latencies: tuple[float, float, float], max_concurrency: int, schedule: ScheduleName
) -> None:
    own = {
        name: {"latency": latency}
        for name, latency in zip(("Alex", "Bob", "Chalice"), latencies, strict=True)
    }
    scenario = scheduled(trio(own, max_concurrency=max_concurrency), schedule)
    session = virtual(run)(scenario, 4)
    for state in session.roles.values():
        heard = [
            message.id for turn in state.turns for message in session.messages_of(turn.observed)
        ]
        start = 0 if state.name == "Alex" else 1
        others = [m.id for m in session.published[start : state.seen] if m.sender != state.name]
        assert heard == others
    path = critical_path(session, session.t)
    took = sum(turn.spent(session.t) for turn in path)
    if schedule == "sequential" or max_concurrency == 3:
        assert took == pytest.approx(session.elapsed(session.t), abs=1e-4)
