"""What a model thinks aloud: folded and dimmed, unfolded where one looks closely."""

import os
from pathlib import Path

import pytest

from brainstorm_agents.errors import ModelError
from brainstorm_agents.models import Chunk, Request

from ..agents.casts import FakeModel, FakeModels, Step
from .stage import cast, staged

FIRST = "First the hive, and its many doors. "
LAST = "Then the flowers, one after another."


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test's settings, themes and topics."""
    for name in os.environ:
        if name.startswith("BRAINSTORM_TUI_") or name == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    return tmp_path


def words(text: str) -> str:
    """A text without its line breaks: what is long is wrapped on the screen."""
    return " ".join(text.split())


def thinking(request: Request) -> list[Step]:
    """Four seconds of thought, then words; Bob fails at them."""
    thought: list[Step] = [Chunk(reasoning=FIRST * 6), 2.0, Chunk(reasoning=LAST), 2.0]
    if request.prompt.role.name == "Bob":
        return [*thought, ModelError("the provider is down")]
    return [*thought, "Bees dance maps.", 1.0, " All of them."]


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> FakeModel:
    """Every role thinks aloud."""
    model = FakeModel(otherwise=thinking)
    monkeypatch.setattr("brainstorm_tui.launch.Models", lambda *_: FakeModels(model))
    return model


async def test_while_it_thinks_its_last_words_are_shown() -> None:
    async with staged(cast()) as stage:
        await stage.see("◐ thinking")
        await stage.advance(3)
        column, row = stage.place("thinks aloud")
        assert stage.lines[row].split()[2:4] == ["≈63", "tok"]
        shown = [line[column:].strip() for line in stage.lines[row + 1 : row + 4]]
        assert " ".join(shown).strip().endswith(LAST)
        assert shown[0]
        assert shown[2] == ""


async def test_when_it_speaks_a_line_is_left_of_it() -> None:
    async with staged(cast()) as stage:
        await stage.see("◐ thinking")
        await stage.advance(4.5)
        column, row = stage.place("thought for 4.0 s")
        assert stage.lines[row + 1][column:].startswith("Bees dance maps.")
        assert "flowers" not in stage.text
        await stage.advance(60)
        assert "thought for 4.0 s" in stage.text


async def test_zoom_unfolds_it() -> None:
    async with staged(cast()) as stage:
        await stage.see("◐ thinking")
        await stage.advance(60)
        await stage.press("z")
        assert LAST in words(stage.text)
        assert "Bees dance maps. All of them." in stage.text
        await stage.press("z")
        assert "flowers" not in stage.text


async def test_a_turn_that_failed_keeps_the_line() -> None:
    async with staged(cast()) as stage:
        await stage.see("◐ thinking")
        await stage.advance(60)
        await stage.play("s")
        assert stage.session.turns["b1"].reason
        assert stage.text.count("thought for 4.0 s") == 3


async def test_the_transcript_folds_it_too_and_unfolds_the_chosen_message() -> None:
    async with staged(cast()) as stage:
        await stage.see("◐ thinking")
        await stage.advance(60)
        await stage.press("v")
        assert "thought for 4.0 s" in stage.text
        assert "flowers" not in stage.text
        await stage.press("tab", "tab")
        assert LAST in words(stage.text)


async def test_nobody_else_hears_it(models: FakeModel) -> None:
    async with staged(cast()) as stage:
        await stage.see("◐ thinking")
        await stage.advance(60)
        await stage.play("r")
        assert len(models.asked) > 4
        for request in models.asked:
            assert "flowers" not in str(request.prompt.messages())
