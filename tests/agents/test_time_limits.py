"""Limits of a call: how long it may take, how much it may say."""

import asyncio
import math

import pytest

from brainstorm_agents.calls import call
from brainstorm_agents.clock import LoopClock, ManualClock
from brainstorm_agents.errors import ModelError
from brainstorm_agents.models import Chunk
from brainstorm_agents.named_model import NamedModel, Timeouts
from brainstorm_agents.scenario import Role

from .casts import FakeModel, Step, cast, opening, virtual

LIMITS = Timeouts(first_token=10, gap=4, turn=60)


async def heard(
    *steps: Step, left: float = 60, model: str = "openai/bee", **said: object
) -> tuple[str, float, ModelError | None]:
    """What came, how long it took, and what went wrong."""
    named = NamedModel(model=model, **({"timeouts": LIMITS} | said))  # type: ignore[arg-type]
    scenario = cast(Role(name="Alex", model="fast"), models={"fast": named})
    loop, bee, text = asyncio.get_running_loop(), FakeModel({"a0": steps}), ""
    began = loop.time()

    def hear(piece: str, reasoning: str) -> None:
        nonlocal text
        text += reasoning + piece

    failure = None
    try:
        await call(bee, opening(scenario), hear, left)
    except ModelError as error:
        failure = error
    assert bee.left == ["a0"]
    return text, round(loop.time() - began, 3), failure


@pytest.mark.parametrize(
    ("steps", "text", "took", "words"),
    [
        ([99.0], "", 10, "openai/bee: nothing came for 10 s; its limit is first_token"),
        (["", 99.0], "", 10, "first_token"),
        ([9.0, "Bees", 99.0], "Bees", 13, "no more came for 4 s; its limit is gap"),
        ([Chunk(reasoning="Hm."), 99.0], "Hm.", 4, "its limit is gap"),
        ([*["Bees ", 3.0] * 4, 99.0], "Bees " * 4, 13, "its limit is gap"),
    ],
)
@virtual
async def test_silence_beyond_its_limit_is_a_failure_that_may_pass(
    steps: list[Step], text: str, took: float, words: str
) -> None:
    said, after, failure = await heard(*steps)
    assert (said, after) == (text, took)
    assert failure
    assert failure.retryable
    assert words in str(failure)


@virtual
async def test_a_turn_beyond_its_limit_is_over_for_good() -> None:
    said, after, failure = await heard(*["Bees ", 3.0] * 50, left=29)
    assert (said, after) == ("Bees " * 10, 29)
    assert failure
    assert not failure.retryable
    assert "the turn has taken its 60 s; its limit is turn" in str(failure)


@virtual
async def test_a_call_that_keeps_its_limits_is_left_alone() -> None:
    assert await heard(9.9, *["Bees ", 3.9] * 5) == ("Bees " * 5, 29.4, None)


@virtual
async def test_the_mock_takes_its_time_unless_it_was_given_a_limit() -> None:
    *_, failure = await heard(5000.0, "Bees.", model="mock", timeouts=Timeouts(), left=math.inf)
    assert failure is None
    *_, failure = await heard(5000.0, "Bees.", model="mock")
    assert "first_token" in str(failure)


async def test_the_limits_are_times_of_the_sessions_clock() -> None:
    clock = ManualClock()
    named = NamedModel(model="openai/bee", timeouts=LIMITS)
    scenario = cast(Role(name="Alex", model="fast"), models={"fast": named})
    model = FakeModel({"a0": ["Bees", asyncio.Event()]})
    asking = asyncio.create_task(call(model, opening(scenario, clock), lambda *_: None))
    await clock.advance(3.9)
    assert not asking.done()
    await clock.advance(0.1)
    with pytest.raises(ModelError, match="gap"):
        await asking


@virtual
async def test_being_stopped_is_no_limit_that_has_passed() -> None:
    asking = asyncio.create_task(heard("Bees", 3.0, "dance"))
    await asyncio.sleep(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


@virtual
async def test_a_timeout_of_the_models_own_is_not_taken_for_ours() -> None:
    with pytest.raises(TimeoutError):
        await heard(TimeoutError())


@virtual
async def test_no_timer_is_left_behind() -> None:
    await heard("Bees.")
    loop = asyncio.get_running_loop()
    await LoopClock().sleep(100)
    assert loop.time() == 100


@pytest.mark.parametrize("steps", [["x" * 10_000_000], ["x" * 900, "x" * 10_000_000], ["x"] * 2000])
@virtual
async def test_a_reply_that_is_too_long_is_cut_off_and_fails_for_good(steps: list[Step]) -> None:
    said, _, failure = await heard(*steps, max_reply=1000)
    assert said == "x" * 1000
    assert failure
    assert not failure.retryable
    assert str(failure) == (
        "openai/bee: the reply was cut off at 1,000 characters;"
        " its limit is max_reply of the model in the scenario"
    )


@virtual
async def test_reasoning_counts_and_comes_first() -> None:
    said, _, failure = await heard(Chunk("x" * 100, "y" * 60), max_reply=100)
    assert said == "y" * 60 + "x" * 40
    assert "max_reply" in str(failure)


@virtual
async def test_a_reply_of_just_that_length_is_whole() -> None:
    assert await heard("x" * 60, "x" * 40, max_reply=100) == ("x" * 100, 0, None)
