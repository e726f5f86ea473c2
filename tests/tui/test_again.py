"""Attempts as they are seen: why there is another, when it comes, and who takes over."""

import os
from pathlib import Path

import msgspec
import pytest

from brainstorm_agents.errors import ModelError
from brainstorm_agents.models import Chunk, Request
from brainstorm_agents.named_model import NamedModel, Retry
from brainstorm_agents.scenario import Scenario

from ..agents.casts import FakeModel, FakeModels, Step
from .stage import cast, staged

LIMITED = "openai/bee: rate limited (429); wait, or lower max_in_flight"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test's settings, themes and topics."""
    for name in os.environ:
        if name.startswith("BRAINSTORM_TUI_") or name == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    return tmp_path


def failing(request: Request) -> list[Step]:
    """The first model is rate limited, and then gone; the other one speaks."""
    if not request.model.fallbacks:
        return [1.0, "Bees dance maps.", 1.0]
    if request.attempt == 1:
        return [1.0, "Half a", 1.0, ModelError(LIMITED, retryable=True, retry_after=4.0)]
    return [1.0, Chunk(reasoning="Hm."), ModelError("openai/bee: not found (404): bee; check it")]


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> FakeModel:
    model = FakeModel(otherwise=failing)
    monkeypatch.setattr("brainstorm_tui.launch.Models", lambda *_: FakeModels(model))
    return model


def scenario() -> Scenario:
    """The classroom's cast, on a model with a fallback."""
    made = cast()
    named = NamedModel(model="mock", retry=Retry(attempts=5), fallbacks=("wasp",))
    return msgspec.structs.replace(
        made,
        models={"mock": named, "wasp": NamedModel(model="mock")},
    )


async def test_a_wait_counts_down_and_says_which_attempt_comes() -> None:
    async with staged(scenario()) as stage:
        await stage.advance(2.5)
        assert "↻ rate limited (429)" in stage.text
        assert "again in 4 s · 2 of 5" in stage.text
        assert "max_in_flight" not in stage.text
        await stage.advance(2)
        assert "again in 2 s · 2 of 5" in stage.text
        await stage.advance(1.6)
        assert "again in" not in stage.text


async def test_who_takes_over_is_told_and_stays() -> None:
    async with staged(scenario()) as stage:
        await stage.advance(7.5)
        assert "wasp takes over: not found (404): bee" in " ".join(stage.text.split())
        await stage.advance(3)
        assert "Bees dance maps." in stage.text
        assert "wasp takes over" in " ".join(stage.text.split())


async def test_a_turn_that_was_stopped_counts_its_attempts_afresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limited = ModelError(LIMITED, retryable=True, retry_after=4.0)
    model = FakeModel(otherwise=lambda _: [1.0, limited])
    monkeypatch.setattr("brainstorm_tui.launch.Models", lambda *_: FakeModels(model))
    async with staged(scenario()) as stage:
        await stage.advance(1.5)
        assert "2 of 5" in stage.text
        await stage.press("x", "s")
        await stage.advance(1.5)
        assert "again in 4 s · 2 of 5" in stage.text
        assert stage.session.turns["a0"].attempt == 2


async def test_who_waits_for_a_limit_is_queued_for_it_and_the_wait_counts_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = FakeModel(otherwise=lambda _: [1.0, "Bees dance."])
    monkeypatch.setattr("brainstorm_tui.launch.Models", lambda *_: FakeModels(model))
    named = {"mock": NamedModel(model="mock", requests_per_minute=1)}
    async with staged(msgspec.structs.replace(cast(), models=named)) as stage:
        await stage.advance(5)
        await stage.press("s")
        assert "queued: 1 request a minute · in 55 s" in stage.text
        await stage.advance(30)
        assert "queued: 1 request a minute · in 25 s" in stage.text
        await stage.advance(26)
        assert "in 25 s" not in stage.text
        assert stage.session.turns["b1"].attempt == 1
