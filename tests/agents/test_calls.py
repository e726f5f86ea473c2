"""One call to a model: what is gathered into an event, and how a call ends."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents.calls import COALESCE_S, Reply, call
from brainstorm_agents.clock import LoopClock
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import Usage
from brainstorm_agents.models import Chunk

from .casts import FakeModel, Step, cast, opening, role, virtual

SCENARIO = cast(role("Alex"))


class Heard(list[tuple[float, str, str]]):
    """The pieces: when they came, their text, their reasoning."""

    def __call__(self, text: str, reasoning: str) -> None:
        self.append((round(asyncio.get_running_loop().time(), 6), text, reasoning))


def model(*steps: Step) -> FakeModel:
    return FakeModel({"a0": steps})


# --------------------------------------------------------------------------------------- gathering


@virtual
async def test_the_first_text_is_heard_at_once() -> None:
    heard = Heard()
    await call(model(1.0, "Bees", 0.02, " dance"), opening(SCENARIO), heard)
    assert heard[0] == (1.0, "Bees", "")


@virtual
async def test_what_comes_within_fifty_milliseconds_is_one_piece() -> None:
    assert COALESCE_S == 0.05
    heard = Heard()
    steps: list[Step] = ["0", 0.01, "1", 0.01, "2", 0.03, "3", 0.02, "4", 0.5, "5"]
    reply = await call(model(*steps), opening(SCENARIO), heard)
    assert heard == [
        (0, "0", ""),
        (0.06, "123", ""),
        (0.12, "4", ""),
        (0.57, "5", ""),
    ]
    assert reply.text == "012345"


@virtual
async def test_what_was_heard_early_does_not_hurry_what_comes_next() -> None:
    heard = Heard()
    steps: list[Step] = [Chunk(reasoning="Hm."), 0.03, "0", 0.01, "1", 0.04, "2", 0.5, "3"]
    await call(model(*steps), opening(SCENARIO), heard)
    assert heard == [(0.03, "", "Hm."), (0.03, "0", ""), (0.09, "12", ""), (0.58, "3", "")]


@virtual
async def test_a_piece_is_a_piece_of_session_time_at_any_speed() -> None:
    heard = Heard()
    steps: list[Step] = ["0", 0.01, "1", 0.02, "2", 0.5, "3"]
    await call(model(*steps), opening(SCENARIO, LoopClock(10)), heard)
    assert [text for _, text, _ in heard] == ["0", "12", "3"]
    assert heard[1][0] == 0.006


@virtual
async def test_reasoning_is_heard_apart_from_text_and_before_it() -> None:
    heard = Heard()
    steps: list[Step] = [
        Chunk(reasoning="Hm, "),
        Chunk(reasoning="bees."),
        0.01,
        Chunk(text="They", reasoning=" So:"),
        Chunk(text=" dance."),
    ]
    reply = await call(model(*steps), opening(SCENARIO), heard)
    assert [(text, reasoning) for _, text, reasoning in heard] == [
        ("", "Hm, bees. So:"),
        ("They", ""),
        (" dance.", ""),
    ]
    assert reply.text == "They dance."


@virtual
async def test_reasoning_alone_is_heard_after_a_moment() -> None:
    heard = Heard()
    await call(model(Chunk(reasoning="Hm."), 1.0, "Bees."), opening(SCENARIO), heard)
    assert heard == [(0.05, "", "Hm."), (1.0, "Bees.", "")]


@virtual
async def test_lone_surrogates_never_get_past_a_call() -> None:
    heard = Heard()
    steps: list[Step] = [Chunk(reasoning="\udc80"), "half \ud83d", 0.1, " of one"]
    reply = await call(model(*steps), opening(SCENARIO), heard)
    assert reply.text == "half \ufffd of one"
    assert heard[0][2] == "\ufffd"


text_and_waits = st.lists(st.text(max_size=5) | st.sampled_from([0.0, 0.01, 0.05, 0.3]))


@given(text_and_waits)
@settings(max_examples=100, deadline=None)
def test_the_pieces_joined_are_the_reply(steps: list[Step]) -> None:
    @virtual
    async def check() -> None:
        heard = Heard()
        reply = await call(model("x", *steps), opening(SCENARIO), heard)
        said = "x" + "".join(step for step in steps if isinstance(step, str))
        assert reply.text == said == "".join(text for _, text, _ in heard)
        assert all(text or reasoning for _, text, reasoning in heard)

    check()


# ----------------------------------------------------------------------------------------- endings


@virtual
async def test_the_providers_usage_is_the_replys() -> None:
    steps: list[Step] = [Chunk(usage=Usage(7, 8)), "Bees."]
    reply = await call(model(*steps), opening(SCENARIO), Heard())
    assert reply == Reply("Bees.", Usage(7, 8))


@virtual
async def test_usage_that_nobody_gives_is_counted() -> None:
    reply = await call(model("Bees dance, 学!"), opening(SCENARIO), Heard())
    assert reply.usage == Usage(completion=5, counted=True)


@pytest.mark.parametrize("steps", [["\n "], [Chunk(reasoning="Hm.")], [Chunk(usage=Usage(1, 1))]])
@virtual
async def test_a_reply_without_a_word_is_an_error(steps: list[Step]) -> None:
    with pytest.raises(ModelError, match="without a word"):
        await call(model(*steps), opening(SCENARIO), Heard())


@virtual
async def test_what_came_before_an_error_is_heard() -> None:
    heard = Heard()
    steps: list[Step] = ["Bees", 0.01, " dance", ModelError("it broke")]
    with pytest.raises(ModelError, match="it broke"):
        await call(model(*steps), opening(SCENARIO), heard)
    assert [text for _, text, _ in heard] == ["Bees", " dance"]


@virtual
async def test_nothing_is_heard_after_a_call_is_over() -> None:
    heard = Heard()
    await call(model("Bees", " dance."), opening(SCENARIO), heard)
    before = list(heard)
    await asyncio.sleep(1)
    assert heard == before


@virtual
async def test_cancelling_a_call_closes_its_stream_and_keeps_what_came() -> None:
    heard = Heard()
    alex = model("Bees", 0.01, " dance", asyncio.Event())
    task = asyncio.create_task(call(alex, opening(SCENARIO), heard))
    await asyncio.sleep(0.02)
    assert alex.left == []
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alex.left == ["a0"]
    assert [text for _, text, _ in heard] == ["Bees", " dance"]


@virtual
async def test_a_stream_is_closed_when_nobody_can_hear_it() -> None:
    alex = model("Bees", 0.1, " dance")

    def deaf(text: str, reasoning: str) -> None:
        raise ValueError("deaf")

    with pytest.raises(ValueError, match="deaf"):
        await call(alex, opening(SCENARIO), deaf)
    assert alex.left == ["a0"]
