"""Attempts: what is asked again, after how long, whom else, and when nobody is asked any more."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest

from brainstorm_agents.chance import share
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import (
    Event,
    TurnAsked,
    TurnFailed,
    TurnFinished,
    TurnQueued,
    TurnRetried,
    TurnStarted,
    TurnSwitched,
)
from brainstorm_agents.models import Request
from brainstorm_agents.named_model import NamedModel, Retry, Timeouts
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.session import Phase

from .casts import SEED, FakeModel, Kept, Step, cast, environment, fold, snapshot, virtual

Answer = Callable[[Request], Iterable[Step]]


def passing(text: str = "busy", after: float | None = None) -> ModelError:
    """A failure that may pass."""
    return ModelError(text, retryable=True, retry_after=after)


def solo(
    *, fallbacks: tuple[str, ...] = (), attempts: int = 5, rest: Iterable[str] = (), **said: object
) -> Scenario:
    """Alex alone, on a model called `fast`; and others of these names."""
    named = NamedModel(
        model="openai/fast",
        retry=Retry(attempts=attempts),
        fallbacks=fallbacks,
        **said,  # type: ignore[arg-type]
    )
    others = {name: NamedModel(model=f"openai/{name}", params={"top_p": 0.5}) for name in rest}
    alex = Role(name="Alex", model="fast", params={"temperature": 0.5})
    return cast(alex, models={"fast": named, **others})


async def opened(scenario: Scenario, answer: Answer, model: FakeModel | None = None) -> Kept:
    """What happens in an opening."""
    kept = Kept()
    env = environment(scenario, model or FakeModel(otherwise=answer), kept)
    await env.step()
    assert snapshot(fold(kept.events)) == snapshot(env.session)
    return kept


def told(events: Iterable[Event]) -> list[str]:
    """The events of turns, by type."""
    return [type(event).__name__ for event in events if hasattr(event, "id")][1:]


def turn(kept: Kept):  # type: ignore[no-untyped-def]
    """The opening turn, at the end."""
    return fold(kept.events).turns["a0"]


# ------------------------------------------------------------------------------------ once more


@virtual
async def test_a_failure_that_may_pass_is_tried_again_and_the_reply_starts_afresh() -> None:
    def answer(request: Request) -> list[Step]:
        if request.attempt < 3:
            return [f"Half {request.attempt}", 1.0, passing()]
        return ["Whole."]

    kept = await opened(solo(), answer)
    again = kept.of(TurnRetried)
    assert [(one.attempt, one.of, one.reason) for one in again] == [(1, 5, "busy"), (2, 5, "busy")]
    assert [asked.attempt for asked in kept.of(TurnAsked)] == [1, 2, 3]
    alex = turn(kept)
    assert (alex.phase, alex.text, alex.discarded) == (Phase.DONE, "Whole.", "Half 2")


@virtual
async def test_the_wait_is_drawn_from_all_of_a_doubling_range_by_seed_turn_and_attempt() -> None:
    kept = await opened(solo(), lambda _: [passing()])
    expected = [round(2 ** (n - 1) * share("retry", SEED, "a0", n), 3) for n in (1, 2, 3, 4)]
    retries = kept.of(TurnRetried)
    assert [one.wait_s for one in retries] == expected
    asked = [one.t for one in kept.of(TurnAsked)]
    waited = [after - before for before, after in pairwise(asked)]
    assert waited == pytest.approx(expected, abs=1e-5)


@virtual
async def test_what_the_server_asks_to_wait_is_waited_where_it_is_longer() -> None:
    after = {1: 7.5, 2: 0.0}
    kept = await opened(
        solo(), lambda r: [passing(after=after[r.attempt]) if r.attempt < 3 else "Bees."]
    )
    first, second = (one.wait_s for one in kept.of(TurnRetried))
    assert first == 7.5
    assert second == round(2 * share("retry", SEED, "a0", 2), 3)


@virtual
async def test_the_last_attempt_fails_for_good_and_says_how_many_there_were() -> None:
    kept = await opened(solo(attempts=3), lambda _: ["Half", passing()])
    assert told(kept.events).count("TurnAsked") == 3
    assert [one.reason for one in kept.of(TurnFailed)] == ["busy (given up after 3 attempts)"]


@virtual
async def test_what_cannot_pass_is_not_tried_again() -> None:
    kept = await opened(solo(), lambda _: [ModelError("no such model")])
    assert told(kept.events) == ["TurnStarted", "TurnAsked", "TurnFailed"]
    assert turn(kept).reason == "no such model"


@virtual
async def test_a_wait_beyond_the_turns_limit_is_refused_at_once() -> None:
    limit = Timeouts(turn=100)
    kept = await opened(solo(timeouts=limit), lambda _: [10.0, passing(after=90.5)])
    alex = turn(kept)
    assert alex.ended == 10.0
    assert alex.reason.startswith("busy (given up: to wait 91 s would be longer than a turn may")
    assert "its limit is turn, among the timeouts" in alex.reason


@virtual
async def test_a_turn_that_was_stopped_has_all_its_attempts_again() -> None:
    kept = Kept()
    gate = asyncio.Event()
    env = environment(
        solo(attempts=2),
        FakeModel(otherwise=lambda r: [passing()] if r.attempt in (1, 3) else [gate, "Bees."]),
        kept,
    )
    step = asyncio.create_task(env.step())
    await asyncio.sleep(5)
    env.stop("stopped")
    await step
    gate.set()
    await env.step()
    assert [(one.attempt, one.of) for one in kept.of(TurnRetried)] == [(1, 2), (3, 4)]
    assert env.session.turns["a0"].text == "Bees."


@virtual
async def test_stopping_during_the_wait_ends_it() -> None:
    kept = Kept()
    env = environment(solo(), FakeModel(otherwise=lambda _: [passing(after=60.0)]), kept)
    step = asyncio.create_task(env.step())
    await asyncio.sleep(10)
    assert env.session.turns["a0"].phase is Phase.RETRYING
    env.stop("stopped")
    await step
    alex = env.session.turns["a0"]
    assert (alex.phase, alex.ended) == (Phase.CANCELLED, 10.0)


# ------------------------------------------------------------------------------------ whom else


@virtual
async def test_fallbacks_are_asked_in_order_and_each_switch_is_told() -> None:
    scenario = solo(attempts=2, fallbacks=("slow", "slower"), rest=("slow", "slower"))
    names = {"openai/fast": passing(), "openai/slow": ModelError("no such model")}
    kept = await opened(scenario, lambda r: ["Half ", names.get(r.model.model, "Bees.")])
    assert [(one.attempt, one.model) for one in kept.of(TurnAsked)] == [
        (1, "fast"),
        (2, "fast"),
        (3, "slow"),
        (4, "slower"),
    ]
    assert [(one.model, one.reason) for one in kept.of(TurnSwitched)] == [
        ("slow", "busy (given up after 2 attempts)"),
        ("slower", "no such model"),
    ]
    alex = turn(kept)
    assert (alex.text, alex.discarded, alex.model) == ("Half Bees.", "Half ", "slower")


@virtual
async def test_a_fallback_gets_its_own_params_and_a_role_its_merged_ones() -> None:
    model = FakeModel(otherwise=lambda r: [ModelError("down")] if r.attempt == 1 else ["Bees."])
    await opened(solo(fallbacks=("slow",), rest=("slow",)), lambda _: [], model)
    assert [request.params for request in model.asked] == [{"temperature": 0.5}, {"top_p": 0.5}]


@virtual
async def test_fallbacks_that_name_each_other_are_asked_once_each() -> None:
    models = {
        "fast": NamedModel(model="openai/fast", fallbacks=("slow",)),
        "slow": NamedModel(model="openai/slow", fallbacks=("fast", "slow", "mock")),
    }
    scenario = cast(Role(name="Alex", model="fast"), models=models)
    kept = await opened(scenario, lambda _: [ModelError("down")])
    assert [one.model for one in kept.of(TurnAsked)] == ["fast", "slow", "mock"]
    assert turn(kept).reason == "down"


# --------------------------------------------------------------------------------- between them


@virtual
async def test_the_slot_is_given_back_between_attempts() -> None:
    scenario = cast(
        *(Role(name=name, model="fast", watch=()) for name in ("Alex", "Bob")),
        models={"fast": NamedModel(model="openai/fast", max_in_flight=1)},
    )

    def answer(request: Request) -> list[Step]:
        if request.prompt.turn.id == "b0":
            return [30.0, "Bob."]
        return [passing(after=5.0)] if request.attempt == 1 else ["Alex."]

    kept = await opened(scenario, answer)
    asked = [(one.id, one.attempt, one.t) for one in kept.of(TurnAsked)]
    assert asked == [("a0", 1, 0.0), ("b0", 1, 0.0), ("a0", 2, 30.0)]
    assert [(one.id, one.t) for one in kept.of(TurnQueued)] == [("a0", 5.0)]
    finished = {one.id: one.queued_s for one in kept.of(TurnFinished)}
    assert finished == {"a0": 25.0, "b0": 0.0}


@virtual
async def test_time_in_the_queue_does_not_count_against_the_turn() -> None:
    scenario = cast(
        *(Role(name=name, model="fast", watch=()) for name in ("Alex", "Bob", "Chalice")),
        models={
            "fast": NamedModel(model="openai/fast", max_in_flight=1, timeouts=Timeouts(turn=15))
        },
    )
    kept = await opened(scenario, lambda _: [10.0, "Bees."])
    assert [one.t for one in kept.of(TurnFinished)] == [10.0, 20.0, 30.0]


@virtual
async def test_an_hour_with_one_fault_in_ten_calls_accounts_for_every_turn() -> None:
    models = {
        "fast": NamedModel(
            model="openai/fast",
            retry=Retry(attempts=2),
            timeouts=Timeouts(first_token=20, gap=15, turn=90),
            max_in_flight=3,
        )
    }
    names = [f"Role{number}" for number in range(6)]
    scenario = cast(*(Role(name=name, model="fast") for name in names), models=models)

    def answer(request: Request) -> list[Step]:
        key = request.prompt.turn.id, request.attempt
        faults: list[list[Step]] = [
            [passing()],
            [passing(after=100.0)],
            [ModelError("refused")],
            [60.0],
            ["Bees ", 60.0],
            ["Bees ", 1.0, passing("reset")],
            [ValueError("garbage")],
            [" "],
        ]
        drawn = share("fault", *key)
        if drawn < 0.1:
            return faults[int(drawn * 10 * len(faults))]
        return [5 + 10 * share("wait", *key), "Bees ", 10.0, "dance."]

    kept = Kept()
    env = environment(scenario, FakeModel(otherwise=answer), kept)
    while env.session.t < 3600:
        assert await env.step()
    turns = env.session.turns.values()
    states = [one.phase for one in turns]
    assert states.count(Phase.DONE) + states.count(Phase.FAILED) == len(states)
    started = {one.id for one in kept.of(TurnStarted)}
    assert started == set(env.session.turns)
    assert states.count(Phase.DONE) == len(kept.of(TurnFinished))
    assert states.count(Phase.FAILED) == len(kept.of(TurnFailed)) > 10
    assert len(kept.of(TurnRetried)) > 20
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert snapshot(fold(kept.events)) == snapshot(env.session)
