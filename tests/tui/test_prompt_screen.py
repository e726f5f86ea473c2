"""The prompt that was sent, behind p: live, in a replay, and without a screen."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from brainstorm_agents.events import Event, TurnAsked, TurnFinished, Usage, encode
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.reader import Log, read
from brainstorm_tui.cli import main

from ..agents.casts import write_log
from .stage import cast, record, staged

TALL = (120, 200)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test's settings, themes and topics."""
    for name in os.environ:
        if name.startswith("BRAINSTORM_TUI_") or name == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A session of an opening and two rounds."""
    return record(cast(rounds=2, latency=2), tmp_path / "recorded.jsonl")


def words(text: str) -> str:
    """A text without its line breaks: what is long is wrapped on the screen."""
    return " ".join(text.split())


async def test_p_shows_every_message_of_the_chosen_turn_word_for_word(log: Log) -> None:
    session = log.session()
    async with staged(replay=log, size=TALL) as stage:
        await stage.press("2", "p")
        for message in Prompt(session, session.turns["b2"]).messages():
            assert words(message["content"]) in words(stage.text)
        assert "b2 Bob ← c1" in stage.text
        assert "user new ← c1" in stage.text
        assert "assistant b1" in stage.text
        assert "The mock needs none of it: this is what a real model would be sent." in stage.text
        await stage.press("p")
        assert "user new" not in stage.text


async def test_an_earlier_turn_has_the_prompt_of_its_time(log: Log) -> None:
    async with staged(replay=log, size=TALL) as stage:
        await stage.press("2", "up", "p")
        assert "b1 Bob ← a0" in stage.text
        assert "assistant" not in stage.text.replace("Chalice (assistant)", "")


async def test_a_turn_under_way_shows_its_prompt_and_the_session_goes_on() -> None:
    async with staged(cast(latency=2), size=TALL) as stage:
        await stage.press("p")
        assert "user new ← user" in stage.text
        assert "Open the conversation. The topic: How do we" in stage.text
        await stage.advance(60)
        assert not stage.session.is_under_way
        assert "user new ← user" in stage.text


async def test_p_says_what_is_missing_before_anybody_was_asked() -> None:
    async with staged(cast(latency=2)) as stage:
        await stage.press("2", "p")
        assert "nobody was asked yet" in stage.text


async def test_what_the_user_said_was_sent_by_nobody_to_a_model(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("v", "home", "tab", "p")
        assert "choose a message of one" in stage.text


async def test_the_transcript_leads_to_prompts_too(log: Log) -> None:
    async with staged(replay=log, size=TALL) as stage:
        await stage.press("v", "tab", "tab", "p")
        assert "a0 Alex ← user" in stage.text
        await stage.press("escape")
        assert "round 1" in stage.text


async def test_a_prompt_is_searched_and_its_messages_are_chosen_and_copied(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("2", "p", "slash", *"washing", "enter")
        assert "1 found" in stage.text
        await stage.press("y")
        assert "2 user: " in stage.text
        await stage.press("Y")
        assert "all: " in stage.text


def asked_of_a_server(log: Log) -> Log:
    """The log, as if a real model had been asked and had counted."""
    changed: list[Event] = []
    for event in log.events:
        if isinstance(event, TurnAsked):
            changed.append(msgspec.structs.replace(event, model="openai/bee"))
        elif isinstance(event, TurnFinished):
            changed.append(msgspec.structs.replace(event, usage=Usage(1234, 5)))
        else:
            changed.append(event)
    return read(write_log(log.path.with_name("asked.jsonl"), map(encode, changed)))


async def test_a_real_model_is_named_with_what_it_counted(log: Log) -> None:
    async with staged(replay=asked_of_a_server(log)) as stage:
        await stage.press("p")
        assert "openai/bee was sent this, and counted 1,234 tokens." in stage.text


def test_without_a_screen_the_prompt_is_printed(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "prompt", str(log.path), "b2"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("system\n  You are Bob (student).\n")
    assert "\nuser (new)\n  New since you last spoke:\n" in printed
    assert main(["logs", "prompt", str(log.path), "b2", "--json"]) == 0
    session = log.session()
    expected = Prompt(session, session.turns["b2"]).messages()
    assert json.loads(capsys.readouterr().out) == expected


def test_a_turn_that_is_not_there_is_refused(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "prompt", str(log.path), "z9"]) == 2
    assert "there is no turn 'z9'; there are a0, b1, c1, …" in capsys.readouterr().err
