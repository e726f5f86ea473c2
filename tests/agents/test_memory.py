"""Memory: a prompt fits, the newest and the topic stay in it, and what is left out is told."""

from pathlib import Path

import pytest

from brainstorm_agents import tokens
from brainstorm_agents.cast import Memory
from brainstorm_agents.errors import ModelError, ScenarioError
from brainstorm_agents.events import ModelsDescribed, TurnAsked, TurnRetried, TurnTrimmed
from brainstorm_agents.memory import fitted
from brainstorm_agents.models import Request
from brainstorm_agents.named_model import Facts, NamedModel, Retry
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.recording import Recording
from brainstorm_agents.scenario import Role, Scenario, parse
from brainstorm_agents.session import Session
from brainstorm_agents.turns import EVERYTHING, LeftOut

from .casts import FakeModel, Kept, Step, cast, environment, fold, snapshot, virtual, write_log

LONG = "So long a reply that two of them are many tokens. " * 8
"""About a hundred tokens."""


def talking(*names: str, memory: int | None = None, attempts: int = 5) -> Scenario:
    """Roles on a real model, who all open."""
    fast = NamedModel(model="openai/fast", retry=Retry(attempts=attempts))
    roles = [Role(name=name, model="fast", memory=Memory(tokens=memory)) for name in names]
    return cast(*roles, models={"fast": fast})


class Reader(FakeModel):
    """Keeps the prompts as they were sent, and refuses those that are longer than its window."""

    def __init__(self, window: int = 1_000_000) -> None:
        super().__init__(otherwise=self._answer)
        self.sent: list[tuple[str, list[dict[str, str]]]] = []
        self._window = window

    def _answer(self, request: Request) -> list[Step]:
        messages = request.prompt.messages()
        self.sent.append((request.prompt.turn.id, messages))
        if _size(messages) > self._window:
            return [ModelError("too long for the model", is_too_long=True)]
        return [f"{request.prompt.turn.id}: {LONG}"]


def _size(messages: list[dict[str, str]]) -> int:
    return sum(tokens.count(message["content"]) for message in messages)


async def talked(scenario: Scenario, model: Reader, rounds: int, window: int = 0) -> Kept:
    """What happens in some rounds; in the end the fold shows each prompt as it was sent."""
    kept = Kept()
    env = environment(scenario, model, kept)
    if window:
        told = Facts(window=window)
        env.models.facts = lambda model, params: told  # type: ignore[method-assign]
        env.describe()
        assert kept.of(ModelsDescribed)
    for _ in range(rounds + 1):
        await env.step()
    session = fold(kept.events)
    assert snapshot(session) == snapshot(env.session)
    last = dict(model.sent)
    assert {id_: Prompt(session, turn).messages() for id_, turn in session.turns.items()} == last
    return kept


@virtual
async def test_a_prompt_holds_no_more_than_the_memory_and_loses_the_oldest_first() -> None:
    model = Reader()
    kept = await talked(talking("Alex", "Bob", memory=700), model, 8)
    sizes = {id_: _size(messages) for id_, messages in model.sent}
    assert max(sizes.values()) <= 700
    last = dict(model.sent)["a8"]
    assert "Why do bees dance?" in last[0]["content"]
    assert "You are Alex" in last[0]["content"]
    assert "b7: So long" in last[-1]["content"]
    assert any("a7: So long" in message["content"] for message in last)
    assert not any("a1: So long" in message["content"] for message in last)
    trimmed = [event for event in kept.of(TurnTrimmed) if event.id == "a8"]
    assert [(event.most, event.tokens) for event in trimmed] == [(700, sizes["a8"])]
    assert trimmed[0].turns > 4


@virtual
async def test_without_a_limit_nothing_is_left_out_and_nothing_is_said() -> None:
    kept = await talked(talking("Alex", "Bob"), Reader(), 8)
    assert kept.of(TurnTrimmed) == []


@virtual
async def test_a_known_window_is_a_limit_with_room_for_the_reply() -> None:
    model = Reader()
    await talked(talking("Alex", "Bob"), model, 10, window=2000)
    sizes = [_size(messages) for _, messages in model.sent]
    assert 800 < max(sizes) <= 2000 - 1024


@virtual
async def test_of_what_is_new_the_oldest_goes_and_the_newest_stays_whatever_its_length() -> None:
    names = ("Alex", "Bob", "Cleo", "Dan", "Eve", "Fay")
    model = Reader()
    kept = await talked(talking(*names, memory=600), model, 1)
    new = dict(model.sent)["a1"][-1]["content"]
    assert "f0: So long" in new
    assert "b0: So long" not in new
    assert max(_size(messages) for _, messages in model.sent) <= 600
    tight = await talked(talking(*names, memory=100), Reader(), 1)
    assert {event.messages for event in tight.of(TurnTrimmed) if event.id[1:] == "1"} == {4}
    assert kept.of(TurnTrimmed)


@virtual
async def test_a_model_that_finds_it_too_long_is_sent_half_and_that_is_an_attempt() -> None:
    model = Reader(window=600)
    kept = await talked(talking("Alex", "Bob"), model, 5)
    session = fold(kept.events)
    assert session.failed == 0
    retried = kept.of(TurnRetried)
    assert retried
    assert {(event.reason, event.wait_s) for event in retried} == {("too long for the model", 0.0)}
    assert len(kept.of(TurnAsked)) == len(session.turns) + len(retried)
    # What the model took is remembered: not every turn runs into it again.
    assert len(retried) < len(session.turns) / 2


@virtual
async def test_what_cannot_be_cut_any_more_fails_in_the_models_words() -> None:
    model = Reader(window=10)
    kept = Kept()
    env = environment(talking("Alex"), model, kept)
    await env.step()
    turn = env.session.turns["a0"]
    assert (turn.phase, turn.reason, turn.attempt) == ("failed", "too long for the model", 1)


@virtual
async def test_a_recording_whose_prompts_were_cut_compares_what_was_sent(tmp_path: Path) -> None:
    kept = await talked(talking("Alex", "Bob"), Reader(window=600), 5)
    recording = Recording(write_log(tmp_path / "cut.jsonl", kept.lines()))
    session = fold(kept.events)
    for turn in session.turns.values():
        turn.trimmed = None
        assert recording.difference(Prompt(session, turn)) == ""


@virtual
async def test_what_is_left_out_is_the_least_that_has_to_be() -> None:
    kept = await talked(talking("Alex", "Bob"), Reader(), 6)
    session: Session = fold(kept.events)
    turn = session.turns["a6"]
    whole = Prompt(session, turn, EVERYTHING).tokens
    assert fitted(session, turn, whole) == EVERYTHING
    for most in range(whole - 1, 300, -50):
        left = fitted(session, turn, most)
        assert Prompt(session, turn, left).tokens <= most
        one_more = LeftOut(left.turns - 1, 0)
        assert left.turns == 0 or Prompt(session, turn, one_more).tokens > most


@pytest.mark.parametrize(
    ("text", "tokens_by_role"),
    [
        ("roles: [{name: Ann, memory: {tokens: 500}}, {name: Ben}]", [500, None]),
        (
            "defaults: {memory: {tokens: 900}}\nroles: [{name: A}, {name: B, memory: {}}]",
            [900, None],
        ),
    ],
)
def test_a_role_has_its_own_memory_or_that_of_the_defaults(
    text: str, tokens_by_role: list[int | None]
) -> None:
    scenario = parse(f"name: x\n{text}\n", "x.yaml")
    assert [role.memory.tokens for role in scenario.roles] == tokens_by_role


@pytest.mark.parametrize("value", ["5", "{tokens: 5}", "{tokens: many}", "{messages: 5}"])
def test_what_is_no_memory_is_refused_with_its_place(value: str) -> None:
    with pytest.raises(ScenarioError, match=r"x\.yaml:2:"):
        parse(f"name: x\nroles: [{{name: Ann, memory: {value}}}]\n", "x.yaml")
