"""Keeping a message as an idea, with *: on the screen, in the log, in what is exported."""

import json
import os
from pathlib import Path

import pytest

from brainstorm_agents.errors import UnfitEvent
from brainstorm_agents.events import IdeaKept, encode
from brainstorm_agents.reader import Log, read
from brainstorm_tui.exports import exporter

from ..agents.casts import write_log
from .stage import Stage, cast, record, staged


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test's settings, themes and topics."""
    for name in os.environ:
        if name.startswith("BRAINSTORM_TUI_") or name == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    return tmp_path


async def after_round_1(stage: Stage) -> None:
    await stage.play()
    await stage.play("s")


async def test_a_message_is_kept_marked_and_taken_back() -> None:
    async with staged(cast(latency=2)) as stage:
        await after_round_1(stage)
        await stage.press("2", "asterisk")
        assert "b1 is kept as an idea: 1 idea" in stage.lines[-1]
        assert "b1 ✦ ← a0" in stage.text
        await stage.press("1", "asterisk")
        assert "2 ideas" in stage.lines[-1]
        assert list(stage.session.ideas) == ["b1", "a0"]
        await stage.press("2", "asterisk")
        assert "b1 is no idea any more: 1 idea kept" in stage.lines[-1]
        assert "b1 ← a0" in stage.text
        assert "a0 ✦ ← user" in stage.text


async def test_a_message_is_kept_while_it_is_being_said() -> None:
    async with staged(cast(latency=2)) as stage:
        await stage.press("asterisk")
        assert "nothing was said yet" in stage.lines[-1]
        await stage.advance(1)
        await stage.press("asterisk")
        assert "a0 ✦ ← user" in stage.text
        await stage.play()
        assert stage.session.turns["a0"].phase == "done"
        assert "a0 ✦ ← user" in stage.text


async def test_a_message_is_kept_in_the_transcript_and_after_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    async with staged(cast(latency=2, rounds=1), log=path) as stage:
        await stage.play()
        await stage.play("r")
        assert stage.session.ended == "rounds"
        await stage.press("v", "home", "tab", "asterisk")
        assert "this is your own" in stage.lines[-1]
        await stage.press("tab", "asterisk")
        assert " a0  Alex ✦ ← user" in stage.text
        await stage.press("q")
    assert list(read(path).session().ideas) == ["a0"]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A session of an opening and a round."""
    return record(cast(rounds=1, latency=2), tmp_path / "log.jsonl")


async def test_a_replay_shows_ideas_and_keeps_none(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("asterisk")
        assert "this is a replay, which writes nothing" in stage.lines[-1]
    async with staged(replay=with_ideas(log, "a0")) as stage:
        assert "a0 ✦ ← user" in stage.text


def with_ideas(log: Log, *ids: str) -> Log:
    """The log, in which those were kept at its end."""
    session = log.session()
    more = [IdeaKept(session.seq + n, session.t, id=id_) for n, id_ in enumerate(ids, 1)]
    path = log.path.with_name("ideas.jsonl")
    return read(write_log(path, [*log.lines, *map(encode, more)]))


def test_exports_list_the_ideas_in_the_order_of_keeping(log: Log) -> None:
    before = "".join(exporter("markdown")(log))
    assert "Ideas kept" not in before
    kept = with_ideas(log, "c1", "a0")
    document = "".join(exporter("markdown")(kept))
    ideas = document.partition("## Ideas kept\n")[2].partition("## How it ended")[0]
    assert ideas.index("### c1 · Chalice") < ideas.index("### a0 · Alex")
    assert "egg timers" in ideas
    assert json.loads("".join(exporter("json")(kept)))["ideas"] == ["c1", "a0"]


def test_an_idea_of_a_turn_that_never_was_is_no_event_that_fits(log: Log) -> None:
    session = log.session()
    with pytest.raises(UnfitEvent, match="no turn 'z9' has begun"):
        session.apply(IdeaKept(session.seq + 1, session.t, id="z9"))
