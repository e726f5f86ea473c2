"""Slots: never more at once, never more in a minute, and everybody in turn."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from brainstorm_agents.clock import LoopClock
from brainstorm_agents.events import TurnAsked, TurnQueued, Usage
from brainstorm_agents.models import Chunk, Request
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.slots import Slots, provider

from .casts import FakeModel, Kept, Step, cast, environment, phases, virtual


def crowd(number: int, model: NamedModel, **rules: object) -> Scenario:
    """So many roles on one model; nobody watches anybody, and all open."""
    roles = (Role(name=f"R{one}", model="fast", watch=()) for one in range(number))
    return cast(*roles, models={"fast": model}, **({"max_concurrency": 1000} | rules))


def a_second(request: Request) -> list[Step]:
    return [1.0, "Bees."]


async def asked(scenario: Scenario, model: FakeModel) -> list[float]:
    """When the calls of an opening began."""
    kept = Kept()
    await environment(scenario, model, kept).step()
    return [event.t for event in kept.of(TurnAsked)]


def most_in_a_minute(times: list[float]) -> int:
    """The most that fall into any sixty seconds, both ends among them."""
    return max(sum(start <= t <= start + 60.0 for t in times) for start in times)


@virtual
async def test_of_200_roles_on_one_provider_8_are_under_way_and_never_9() -> None:
    model = FakeModel(otherwise=a_second)
    times = await asked(crowd(200, NamedModel(model="openai/fast", max_in_flight=8)), model)
    assert model.most_at_once == 8
    assert len(times) == 200
    assert max(times) == 24.0


@virtual
async def test_no_minute_ever_sees_one_request_more() -> None:
    named = NamedModel(model="openai/fast", requests_per_minute=10)
    times = await asked(crowd(45, named), FakeModel(otherwise=a_second))
    assert len(times) == 45
    assert most_in_a_minute(times) == 10
    assert max(times) == pytest.approx(240, abs=0.01)


@virtual
async def test_who_waits_for_a_limit_is_told_which_and_for_how_long() -> None:
    for named, why, wait in (
        (NamedModel(model="openai/fast", requests_per_minute=1), "1 request a minute", 60.0),
        (NamedModel(model="openai/fast", tokens_per_minute=9), "9 tokens a minute", 0.0),
        (NamedModel(model="openai/fast", max_in_flight=1), "1 call at once", 0.0),
    ):
        kept = Kept()
        await environment(crowd(3, named), FakeModel(otherwise=a_second), kept).step()
        told = [(event.role, event.why, event.wait_s) for event in kept.of(TurnQueued)]
        assert told == [("R1", why, wait), ("R2", why, 0.0)]


@virtual
async def test_who_waits_for_the_limit_over_all_is_only_queued() -> None:
    kept = Kept()
    crowded = crowd(3, NamedModel(model="openai/fast"), max_concurrency=1)
    await environment(crowded, FakeModel(otherwise=a_second), kept).step()
    assert not list(kept.of(TurnQueued))


@virtual
async def test_a_minute_goes_on_from_round_to_round() -> None:
    kept = Kept()
    scenario = cast(
        Role(name="Alex", model="fast"),
        Role(name="Bob", model="fast"),
        models={"fast": NamedModel(model="openai/fast", requests_per_minute=3)},
    )
    env = environment(scenario, FakeModel(otherwise=a_second), kept)
    for _ in range(5):
        await env.step()
    times = [event.t for event in kept.of(TurnAsked)]
    assert len(times) == 10
    assert most_in_a_minute(times) == 3


@virtual
async def test_no_minute_is_given_more_tokens_than_it_may_take() -> None:
    named = NamedModel(model="openai/fast", tokens_per_minute=5000)
    scenario = crowd(12, named)
    kept = Kept()
    model = FakeModel(otherwise=lambda _: [1.0, Chunk("Bees.", usage=Usage(600, 400))])
    await environment(scenario, model, kept).step()
    times = [event.t for event in kept.of(TurnAsked)]
    assert len(times) == 12
    # Each is taken for its prompt and a thousand until it is over, then for its thousand.
    assert most_in_a_minute(times) <= 5
    assert max(times) < 125


@virtual
async def test_a_call_larger_than_the_limit_waits_until_nothing_else_counts() -> None:
    named = NamedModel(model="openai/fast", tokens_per_minute=10)
    times = await asked(crowd(3, named), FakeModel(otherwise=a_second))
    assert times == pytest.approx([0, 60, 120], abs=0.01)


@virtual
async def test_a_provider_that_is_full_holds_up_no_other() -> None:
    scenario = cast(
        Role(name="A", model="fast", watch=()),
        Role(name="B", model="fast", watch=()),
        Role(name="C", model="other/model", watch=()),
        models={"fast": NamedModel(model="openai/fast", max_in_flight=1)},
    )
    kept = Kept()
    await environment(scenario, FakeModel(otherwise=a_second), kept).step()
    assert [(one.id, one.t) for one in kept.of(TurnAsked)] == [
        ("a0", 0.0),
        ("c0", 0.0),
        ("b0", 1.0),
    ]


@virtual
async def test_models_of_one_provider_share_its_slots_by_the_strictest_limit() -> None:
    scenario = cast(
        *(Role(name=name, model=name.lower(), watch=()) for name in ("Big", "Small", "Tiny")),
        models={
            "big": NamedModel(model="openai/big", max_in_flight=2),
            "small": NamedModel(model="openai/small", max_in_flight=1),
            "tiny": NamedModel(model="openai/tiny"),
        },
    )
    model = FakeModel(otherwise=a_second)
    await asked(scenario, model)
    assert model.most_at_once == 1


@virtual
async def test_all_calls_together_stay_below_max_concurrency() -> None:
    model = FakeModel(otherwise=a_second)
    await asked(crowd(30, NamedModel(model="openai/fast"), max_concurrency=4), model)
    assert model.most_at_once == 4


def test_a_server_of_ones_own_is_a_provider_of_its_own() -> None:
    assert provider(NamedModel(model="openai/bee")) == "openai"
    assert provider(NamedModel(model="openai/bee", api_base="http://hive/v1")) == "http://hive/v1"


@virtual
async def test_who_stops_waiting_gives_the_place_to_the_next() -> None:
    scenario = crowd(4, NamedModel(model="openai/fast", max_in_flight=1))
    env = environment(scenario, FakeModel(otherwise=a_second))
    step = asyncio.create_task(env.step())
    await asyncio.sleep(0.5)
    env.stop("stopped", only="R1.0")
    env.stop("stopped", only="R2.0")
    await step
    assert list(phases(env.session).values()) == ["done", "cancelled", "cancelled", "done"]
    assert env.session.t == 2.0


@virtual
async def test_a_slot_that_was_given_to_one_who_left_is_not_lost() -> None:
    """Cancelled after it was let in, before it could run."""
    named = NamedModel(model="openai/fast", max_in_flight=1)
    slots = Slots(crowd(1, named), LoopClock())

    async def hold(seconds: float) -> None:
        slot = await slots.take(named, 0, lambda _: None)
        try:
            await asyncio.sleep(seconds)
        finally:
            slots.give_back(slot)

    first, second, third = (asyncio.create_task(hold(s)) for s in (1.0, 1.0, 1.0))
    await asyncio.sleep(0)
    first.add_done_callback(lambda _: second.cancel())
    await asyncio.wait({first, second, third}, timeout=10)
    assert second.cancelled()
    assert third.done()
    assert not third.cancelled()


class Deaf:
    """A model that cannot be asked: the slot must be given back all the same."""

    needs_real_time = False

    async def prepare(self) -> None: ...

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        raise RuntimeError("deaf")
        yield Chunk()

    async def close(self) -> None: ...


@virtual
async def test_an_unexpected_failure_gives_its_slot_back() -> None:
    scenario = crowd(5, NamedModel(model="openai/fast", max_in_flight=1))
    env = environment(scenario, Deaf())
    await env.step()
    assert set(phases(env.session).values()) == {"failed"}


@pytest.mark.parametrize(
    ("one", "other", "api_base"),
    [
        ("openai/gpt-4o-mini", "gpt-4o", None),
        ("openai/fast", "mistral/slow", "http://127.0.0.1:8000/v1"),
    ],
    ids=["a name without its provider", "the address that the user has named"],
)
def test_models_come_under_the_limits_of_whoever_serves_them(
    one: str, other: str, api_base: str | None
) -> None:
    assert provider(NamedModel(model=one), api_base) == provider(NamedModel(model=other), api_base)
    assert provider(NamedModel(model=one), api_base) != provider(NamedModel(model="mock"), api_base)
