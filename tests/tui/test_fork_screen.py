"""Forking a replay: the dialog, and the session that goes on live."""

from pathlib import Path

import pytest

from brainstorm_agents.errors import InputError
from brainstorm_agents.fork import plan
from brainstorm_agents.parent import Changes
from brainstorm_agents.reader import Log, read
from brainstorm_tui.forking import forked_launch
from brainstorm_tui.screens.fork import ForkScreen
from brainstorm_tui.screens.session import SessionScreen

from .stage import Stage, cast, record, staged


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def log(home: Path) -> Log:
    return record(cast(rounds=2), home.parent / "lesson.jsonl")


async def live(stage: Stage) -> None:
    """Wait until the fork is made and shown."""
    await stage.see("waits for you")
    await stage.rest()


async def test_a_fork_goes_on_live_from_where_the_replay_stood(log: Log, home: Path) -> None:
    before = log.path.read_bytes()
    async with staged(replay=log) as stage:
        await stage.press("left_square_bracket", "left_square_bracket", "f")
        assert "Fork here: round 1" in stage.text
        await stage.press("enter")
        await live(stage)
        assert "forked from lesson.jsonl at round 1" in stage.text
        assert sum(isinstance(screen, SessionScreen) for screen in stage.app.screen_stack) == 1
        assert stage.session.finished_round == 1
        await stage.play("s")
        assert stage.session.finished_round == 2
        published = [message.text for message in stage.session.published]
    (fork,) = (home / "logs").iterdir()
    forked = read(fork)
    assert forked.header.parent is not None
    assert forked.header.parent.log == "lesson.jsonl"
    assert [message.text for message in forked.session().published] == published
    assert published == [message.text for message in read(log.path).session().published]
    assert log.path.read_bytes() == before


async def test_a_message_edited_in_the_dialog_is_what_the_others_hear(log: Log, home: Path) -> None:
    async with staged(replay=log) as stage:
        await stage.press("2", "up", "f", "down", "enter")
        assert "b1" in stage.text
        await stage.press("f7", "N", "o", "q")
        assert "with b1 edited it parts after round 1" in stage.text
        await stage.press("escape", "up", "enter")
        await live(stage)
        assert stage.session.turns["b1"].text == "Noq"
        assert stage.session.finished_round == 1
        assert "edited" in stage.text


async def test_with_a_message_edited_it_parts_where_the_command_parts_wherever_it_stood(
    log: Log, home: Path
) -> None:
    command = plan(log.path, Changes(edited="b1"))
    async with staged(replay=log) as stage:
        await stage.press("g", *"b1", "enter")
        assert stage.session.open_round is not None
        await stage.press("f", "down", "enter", "f7", *"Noq", "escape", "up", "enter")
        await live(stage)
        assert stage.session.finished_round == 1
        assert stage.session.turns["c1"].text == log.session().turns["c1"].text
        assert stage.session.turns["c1"].attempt == 1
    (path,) = (home / "logs").iterdir()
    parent = read(path).header.parent
    assert parent is not None
    assert (parent.seq, parent.round) == (command.parent.seq, command.parent.round)


async def test_a_role_muted_in_the_dialog_takes_no_turns(log: Log, home: Path) -> None:
    async with staged(replay=log) as stage:
        await stage.press("left_square_bracket", "left_square_bracket", "f", *["down"] * 4, "enter")
        assert "Chalice: muted" in stage.text
        await stage.press(*["up"] * 4, "enter")
        await live(stage)
        assert "muted" in stage.text
        await stage.play("s")
        assert [turn.role for turn in stage.session.rounds[2].turns] == ["Alex", "Bob"]


async def test_the_dialog_closes_and_says_what_is_wrong_with_a_model(log: Log, home: Path) -> None:
    async with staged(replay=log) as stage:
        await stage.press("f", "shift+tab", *"a b", "enter")
        await stage.see("--model")
        assert isinstance(stage.app.screen, ForkScreen)
        await stage.press("escape", "q")
        assert isinstance(stage.app.screen, SessionScreen)
        assert not (home / "logs").exists()


def test_what_the_dialog_makes_is_refused_for_a_model_of_which_nobody_has_heard(
    log: Log, home: Path
) -> None:
    with pytest.raises(InputError, match="litellm knows no provider of that name"):
        forked_launch(log.path, len(log.events), Changes(model="mok"), "")
    assert not (home / "logs").exists()


async def test_a_live_session_and_a_replays_other_keys_say_where_f_leads(log: Log) -> None:
    async with staged(replay=log) as stage:
        for key in "srxi":
            await stage.press(key)
            assert "f forks it" in stage.lines[-1]
    async with staged(cast()) as stage:
        await stage.press("f")
        assert "logs fork" in stage.lines[-1]
