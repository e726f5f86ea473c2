"""The menu of a role: what it offers in each state, and what its choices do on the screen."""

from pathlib import Path

import pytest

from brainstorm_agents.reader import Log
from brainstorm_agents.session import Phase
from brainstorm_tui.screens.fork import ForkScreen
from brainstorm_tui.screens.prompt import PromptScreen
from brainstorm_tui.screens.session import SessionScreen

from .stage import Stage, cast, record, staged

BOB_FAILS = {"Bob": {"fail": 1.0}}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test's settings, themes and topics."""
    for name in ("NO_COLOR", "BRAINSTORM_TUI_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A session of an opening and two rounds."""
    return record(cast(rounds=2, latency=2), tmp_path / "recorded.jsonl")


async def in_round_1(stage: Stage, seconds: float = 1) -> None:
    """In the middle of round 1, the focus on Bob."""
    await stage.play()
    await stage.press("s")
    await stage.advance(seconds)
    await stage.press("2")


def phases(stage: Stage) -> list[Phase]:
    return [turn.phase for turn in stage.session.turns.values()]


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
async def test_who_speaks_can_be_stopped_skipped_taken_over_and_muted(
    size: tuple[int, int],
) -> None:
    async with staged(cast(latency=2), size=size) as stage:
        await in_round_1(stage)
        await stage.press("enter")
        for words in ("b1 is speaking", " s  stop only this one", " k  skip it", " t  take over"):
            assert words in stage.text
        assert " m  mute: no turns after this one" in stage.text
        assert "retry" not in stage.text
        await stage.press("s")
        assert phases(stage) == [Phase.DONE, Phase.CANCELLED, Phase.SPEAKING]


async def test_the_others_do_not_wait_for_the_menu() -> None:
    async with staged(cast(latency=2)) as stage:
        await in_round_1(stage)
        await stage.press("enter")
        await stage.advance(5)
        assert phases(stage) == [Phase.DONE] * 3
        await stage.see("b1 is done")
        await stage.press("k")
        await stage.see("too late: b1 is done")


async def test_the_menu_follows_its_role_with_the_cursor_on_the_same_choice() -> None:
    async with staged(cast(latency=2, of=BOB_FAILS)) as stage:
        await stage.press("s", "2", "enter", "down")
        assert "has had no turn yet" in stage.text
        await stage.advance(30)
        await stage.see("b1 is failed: the mock model failed")
        await stage.press("enter")
        assert stage.session.roles["Bob"].muted
        await stage.press("enter")
        assert "retry" not in stage.text
        await stage.press("m", "enter", "r")
        assert "Bob is asked again in the next round: s" in stage.lines[-1]


async def test_a_muted_role_that_was_stopped_is_asked_again_once_it_is_not_muted() -> None:
    async with staged(cast(latency=2)) as stage:
        await in_round_1(stage)
        await stage.press("enter", "m", "x")
        assert "muted: not asked again" in stage.text
        assert "  s asks again" in stage.text
        await stage.press("enter")
        assert "retry" not in stage.text
        await stage.press("m")
        assert "Bob takes turns again: s asks b1 again" in stage.lines[-1]
        await stage.play("s")
        assert phases(stage) == [Phase.DONE] * 3
        assert stage.session.finished_round == 1


async def test_with_only_the_muted_stopped_the_round_ends_without_them() -> None:
    async with staged(cast(latency=2, of={"Bob": {"latency": 90}})) as stage:
        await in_round_1(stage, 20)
        await stage.press("enter", "m", "x")
        assert "who was under way is muted, so nobody is asked again" in stage.lines[-1]
        assert stage.session.finished_round == 1
        assert "stopped  not asked again" in stage.text
        await stage.press("enter", "m")
        assert "Bob takes turns again, and hears what it has missed" in stage.lines[-1]
        await stage.press("s")
        assert "b2" in stage.session.turns


async def test_a_turn_that_is_skipped_lets_its_round_finish() -> None:
    async with staged(cast(latency=2, of={"Bob": {"latency": 900}})) as stage:
        await in_round_1(stage)
        await stage.press("enter", "k")
        assert "b1 is skipped" in stage.lines[-1]
        await stage.advance(3)
        assert stage.session.finished_round == 1
        assert phases(stage) == [Phase.DONE, Phase.FAILED, Phase.DONE]
        assert "◌ skipped" in stage.text
        assert "✗" not in stage.text


async def test_a_stopped_turn_is_asked_again_or_given_up() -> None:
    for key, phase in (("r", Phase.DONE), ("k", Phase.FAILED)):
        async with staged(cast(latency=2)) as stage:
            await in_round_1(stage)
            await stage.press("x", "enter")
            assert "b1 is stopped" in stage.text
            await stage.press(key)
            await stage.advance(5)
            assert phases(stage)[1] is phase


async def test_a_failed_turn_is_retried_in_the_next_round() -> None:
    async with staged(cast(latency=2, of=BOB_FAILS)) as stage:
        await in_round_1(stage, 9)
        await stage.press("enter")
        assert "b1 is failed: the mock model failed" in stage.text
        assert " r  retry: ask it again in the next round" in stage.text
        await stage.press("enter")
        assert "Bob is asked again in the next round: s" in stage.lines[-1]
        await stage.press("enter")
        assert "retry" not in stage.text


async def test_your_line_takes_the_place_of_the_reply_and_is_marked() -> None:
    async with staged(cast(latency=2, of={"Bob": {"latency": 900}})) as stage:
        await in_round_1(stage)
        await stage.press("enter", "t", *"sm k", "enter")
        turn = stage.session.turns["b1"]
        assert (turn.text, turn.is_by_user, turn.phase) == ("sm k", True, Phase.DONE)
        assert "Bob says your line" in stage.lines[-1]
        assert "by you" in stage.text
        await stage.advance(5)
        assert stage.session.finished_round == 1


async def test_between_rounds_a_line_waits_for_the_next_turn() -> None:
    async with staged(cast(latency=2)) as stage:
        await stage.play()
        await stage.press("2", "enter")
        assert "has had no turn yet" in stage.text
        await stage.press("t", "enter")
        assert "nothing is typed yet" in stage.text
        await stage.press(*"Me", "enter")
        assert "Bob says your line in its next turn" in stage.lines[-1]
        await stage.press("enter")
        assert "yours waits" in stage.text
        await stage.press("escape")
        await stage.play("s")
        assert stage.session.turns["b1"].text == "Me"


async def test_escape_goes_from_the_line_to_the_choices_and_then_closes() -> None:
    async with staged(cast(latency=2)) as stage:
        await stage.play()
        await stage.press("enter", "t", "a", "escape")
        assert "what you typed stays" in stage.text
        await stage.press("escape")
        assert isinstance(stage.app.screen, SessionScreen)
        assert stage.session.lines == {}


async def test_a_muted_role_takes_no_turns_until_it_is_unmuted() -> None:
    async with staged(cast(latency=2)) as stage:
        await stage.play()
        await stage.press("2", "enter", "m")
        assert "Bob takes no more turns" in stage.lines[-1]
        await stage.play("s")
        assert list(stage.session.turns) == ["a0", "c1"]
        await stage.press("enter")
        assert "has had no turn yet; muted" in stage.text
        await stage.press("m")
        await stage.play("s")
        assert "b1" in stage.session.turns


async def test_in_a_replay_the_menu_shows_what_changes_nothing(log: Log) -> None:
    for key, screen in (("f", ForkScreen), ("p", PromptScreen)):
        async with staged(replay=log) as stage:
            await stage.press("end", "enter")
            assert " f  fork: go on from here, live" in stage.text
            assert "mute" not in stage.text
            await stage.press(key)
            assert isinstance(stage.app.screen, screen)


# ------------------------------------------------------------------------------------ the palette


async def test_the_palette_lets_something_go_wrong_with_a_roles_next_turn() -> None:
    async with staged(cast(latency=2)) as stage:
        await stage.play()
        await stage.press("colon")
        await stage.press(*"bobfails")
        await stage.see("Bob's next turn: fails")
        await stage.press("enter")
        await stage.see("Bob's next turn fails")
        assert stage.session.faults["Bob"].kind == "fails"
        await stage.press("2", "enter")
        assert "its next turn: fails" in stage.text
        await stage.press("escape")
        await stage.play("s")
        assert phases(stage) == [Phase.DONE, Phase.FAILED, Phase.DONE]
        assert stage.session.faults == {}


async def test_in_a_replay_the_palette_lets_nothing_go_wrong(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("colon")
        await stage.press(*"bobfails")
        await stage.see("No matches found")
        assert "next turn" not in stage.text
