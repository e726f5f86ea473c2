"""The mock model: its time is exact, its chance depends on nothing but the seed and the turn."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents import tokens
from brainstorm_agents.clock import LoopClock
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import TurnAsked, TurnFinished, TurnStreamed, Usage
from brainstorm_agents.models import Chunk
from brainstorm_agents.models.mock import MockModel
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.session import Session

from .casts import Kept, cast, opening, phases, role, run, transcript, trio, virtual


def alone(**params: Any) -> Scenario:
    """A single role with only these params."""
    return cast(Role(name="Alex", params=params))


async def chunks(scenario: Scenario, seed: int = 7, attempt: int = 1) -> list[tuple[float, Chunk]]:
    """What the mock gives, and when."""
    loop = asyncio.get_running_loop()
    stream = MockModel().stream(opening(scenario, LoopClock(), seed, attempt))
    return [(loop.time(), chunk) async for chunk in stream]


def text_of(timed: list[tuple[float, Chunk]]) -> str:
    return "".join(chunk.text for _, chunk in timed)


# -------------------------------------------------------------------------------------------- time


@pytest.mark.parametrize("latency", [0, 0.01, 1.0, 12.5])
@virtual
async def test_a_reply_takes_its_latency_exactly(latency: float) -> None:
    timed = await chunks(alone(latency=latency))
    assert timed[-1][0] == pytest.approx(latency, abs=1e-9)


@virtual
async def test_the_first_token_and_the_pace_can_be_given() -> None:
    timed = await chunks(alone(first_token=2.0, tokens_per_second=5, script=["abcd " * 8]))
    assert timed[0][0] == 2.0
    assert timed[-1][0] == pytest.approx(2 + 10 / 5)


@virtual
async def test_an_infinite_pace_speaks_at_once() -> None:
    timed = await chunks(alone(first_token=1, tokens_per_second=float("inf"), script=["a b c"]))
    assert {t for t, _ in timed} == {1.0}


@virtual
async def test_without_params_it_speaks_at_a_human_pace() -> None:
    timed = await chunks(alone(script=["word " * 100]))
    assert 0.5 <= timed[0][0] <= 1.3
    assert 125 / 24 <= timed[-1][0] - timed[0][0] <= 125 / 16


@virtual
async def test_even_an_instant_reply_lets_the_others_run() -> None:
    ran: list[str] = []
    asyncio.get_running_loop().call_soon(ran.append, "other")
    await chunks(alone(latency=0))
    assert ran == ["other"]


@virtual
async def test_an_instant_reply_is_one_event() -> None:
    kept = Kept()
    await run(trio(), rounds=1, journal=kept)
    assert len(kept.of(TurnStreamed)) == len(kept.of(TurnAsked)) == 3


# ------------------------------------------------------------------------------------------- words


@virtual
async def test_a_script_is_said_to_the_letter_in_a_cycle() -> None:
    session = await run(cast(role("Alex", script=["one", "two"]), role("Bob", script=["x"])), 4)
    assert [turn.text for turn in session.roles["Alex"].turns] == ["one", "two"] * 2 + ["one"]


@virtual
async def test_a_role_that_does_not_open_begins_its_script_at_the_beginning() -> None:
    session = await run(trio(), rounds=1)
    assert [turn.text for turn in session.turns.values()] == [
        "Alex one.",
        "Bob one.",
        "Chalice one.",
    ]


@virtual
async def test_a_script_goes_on_after_a_failed_turn_with_the_line_after_its_own() -> None:
    lines = [str(number) for number in range(40)]
    bob = role("Bob", script=lines, fail=0.3)
    session = await run(cast(role("Alex", ("Alexa",)), bob, role("Alexa", ("Alex",))), 30)
    turns = session.roles["Bob"].turns
    assert "failed" in {str(turn.phase) for turn in turns}
    for position, turn in enumerate(turns):
        assert turn.text in ("", str(position))


texts = st.text(min_size=1, max_size=200).filter(lambda text: bool(text.strip()))


@given(texts, st.sampled_from([0, 1.0]))
@settings(max_examples=150, deadline=None)
def test_the_pieces_joined_are_the_text(text: str, latency: float) -> None:
    @virtual
    async def said() -> list[tuple[float, Chunk]]:
        return await chunks(alone(script=[text], latency=latency))

    timed = said()
    assert text_of(timed) == text
    assert [t for t, _ in timed] == sorted(t for t, _ in timed)
    assert timed[-1][0] == pytest.approx(latency)


@pytest.mark.parametrize("length", [1, 10, 40, 1000])
@virtual
async def test_a_reply_is_as_long_as_it_is_asked_to_be(length: int) -> None:
    said = text_of(await chunks(alone(tokens=length, latency=0)))
    assert length - 2 <= tokens.count(said) <= length
    assert said.strip()


@virtual
async def test_usage_is_counted_and_comes_once() -> None:
    for latency in (0, 1):
        timed = await chunks(alone(script=["Bees dance, 学!"], latency=latency))
        assert [chunk.usage for _, chunk in timed if chunk.usage] == [
            Usage(completion=5, counted=True)
        ]


@virtual
async def test_a_session_logs_the_counted_usage() -> None:
    kept = Kept()
    await run(cast(role("Alex", script=["12345678"])), journal=kept)
    assert [event.usage for event in kept.of(TurnFinished)] == [Usage(completion=2, counted=True)]


@virtual
async def test_words_depend_on_the_seed() -> None:
    first, again, other = [text_of(await chunks(alone(latency=0), seed)) for seed in (1, 1, 2)]
    assert first == again
    assert first != other


@virtual
async def test_words_depend_on_no_latency_and_no_attempt() -> None:
    said = {
        text_of(await chunks(alone(latency=latency), attempt=attempt))
        for latency in (0, 0.01, 3)
        for attempt in (1, 2)
    }
    assert len(said) == 1


@virtual
async def test_a_conversation_in_its_own_words_is_the_same_at_any_latency() -> None:
    def improvised(latency: float, at_once: int) -> Scenario:
        roles = [
            Role(name=name, params={"latency": latency * place})
            for place, name in enumerate(("Alex", "Bob", "Chalice"), 1)
        ]
        return cast(*roles, opener="Alex", max_concurrency=at_once)

    sessions = [await run(improvised(*how), 5) for how in ((0, 16), (1, 16), (1, 2), (0.3, 1))]
    assert len({str(transcript(session)) for session in sessions}) == 1


# ----------------------------------------------------------------------------------------- failing


def failures(session: Session) -> set[str]:
    return {id_ for id_, phase in phases(session).items() if phase == "failed"}


@pytest.mark.parametrize(("fail", "phase"), [(0, "done"), (1, "failed")])
@virtual
async def test_certain_failure_and_certain_success(fail: float, phase: str) -> None:
    roles = [role(name, (), fail=fail) for name in "ABCDEFGHIJ"]
    session = await run(cast(*roles))
    assert set(phases(session).values()) == {phase}


@virtual
async def test_a_failure_says_that_it_was_asked_for() -> None:
    with pytest.raises(ModelError, match="asks it to"):
        await chunks(alone(fail=1, latency=1))


@virtual
async def test_who_fails_depends_on_the_seed_and_the_turn_alone() -> None:
    def scenario(latency: float, script: str) -> Scenario:
        names = [f"R{number}" for number in range(60)]
        roles = [role(name, (), fail=0.3, latency=latency, script=[script]) for name in names]
        return cast(*roles)

    one, two = await run(scenario(0, "x")), await run(scenario(2, "other words"))
    assert failures(one) == failures(two)
    assert 5 < len(failures(one)) < 30


@virtual
async def test_another_seed_lets_others_fail() -> None:
    outcomes = set()
    for seed in range(20):
        try:
            await chunks(alone(fail=0.5, latency=0), seed)
            outcomes.add("done")
        except ModelError:
            outcomes.add("failed")
    assert outcomes == {"done", "failed"}


@virtual
async def test_a_turn_that_fails_fails_however_often_it_is_asked() -> None:
    for seed in range(20):
        outcomes = set()
        for attempt in (1, 2, 3):
            try:
                await chunks(alone(fail=0.5, latency=0), seed, attempt)
                outcomes.add("done")
            except ModelError:
                outcomes.add("failed")
        assert len(outcomes) == 1


@virtual
async def test_a_failure_takes_some_of_the_latency() -> None:
    started = asyncio.get_running_loop().time()
    with pytest.raises(ModelError):
        await chunks(alone(fail=1, latency=4))
    assert 1 <= asyncio.get_running_loop().time() - started < 4


@virtual
async def test_the_mock_is_always_ready_and_bends_its_time() -> None:
    model = MockModel()
    await model.prepare()
    assert model.needs_real_time is False
    await model.close()
