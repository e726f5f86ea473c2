"""The screens, key by key: what each does in each state, with the session's clock held still."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from brainstorm_agents.reader import Log
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.session import Phase
from brainstorm_tui.exports import exporter
from brainstorm_tui.screens.session import SessionScreen
from brainstorm_tui.screens.topic import TopicScreen

from ..agents.casts import FakeModel, FakeModels
from .stage import DEADLINE_S, Stage, cast, record, staged

SMALL = (80, 24)

OWN_THEME = """
name: mine
extends: dark
card: "#101010"
"""


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


# The states of a session; each turn takes two seconds, the first half second of it to think.


async def idle(stage: Stage) -> None:
    """After the opening it waits."""
    await stage.play()


async def running(stage: Stage) -> None:
    """In the middle of round 1."""
    await stage.play()
    await stage.press("s")
    await stage.advance(1)


async def paused(stage: Stage) -> None:
    """Paused after round 1."""
    await running(stage)
    await stage.play("space")


async def stopped(stage: Stage) -> None:
    """Round 1 was stopped."""
    await running(stage)
    await stage.press("x")


async def ended(stage: Stage) -> None:
    """All three rounds are done."""
    await stage.play()
    await stage.play("r")


def state(stage: Stage) -> tuple[int | bool | str, ...]:
    """The last finished round, whether turns are under way, why it is paused, why it ended."""
    session = stage.session
    reasons = (str(reason or "") for reason in (session.paused, session.ended))
    return session.finished_round, session.is_under_way, *reasons


async def test_each_state_is_what_it_is_called() -> None:
    async with staged(cast(latency=2)) as stage:
        await idle(stage)
        assert state(stage) == (0, False, "", "")
        assert " s  one round    r  run 3 rounds" in stage.text
    async with staged(cast(latency=2)) as stage:
        await running(stage)
        assert state(stage) == (0, True, "", "")
        assert "2 speaking" in stage.text
    async with staged(cast(latency=2)) as stage:
        await paused(stage)
        assert state(stage) == (1, False, "user", "")
    async with staged(cast(latency=2)) as stage:
        await stopped(stage)
        assert state(stage) == (0, False, "stopped", "")
    async with staged(cast(latency=2)) as stage:
        await ended(stage)
        assert state(stage) == (3, False, "", "rounds")


# The keys that move the session

Bring = Callable[[Stage], Awaitable[None]]


@pytest.mark.parametrize(
    ("bring", "key", "leads_to"),
    [
        (idle, "s", (1, False, "", "")),
        (idle, "r", (3, False, "", "rounds")),
        (idle, "space", (3, False, "", "rounds")),
        (running, "s", (2, False, "", "")),
        (running, "space", (1, False, "user", "")),
        (running, "x", (0, False, "stopped", "")),
        (paused, "s", (2, False, "", "")),
        (paused, "r", (3, False, "", "rounds")),
        (paused, "space", (3, False, "", "rounds")),
        (stopped, "s", (1, False, "", "")),
        (stopped, "space", (3, False, "", "rounds")),
        (ended, "s", (4, False, "", "rounds")),
        (ended, "r", (6, False, "", "rounds")),
        (ended, "space", (6, False, "", "rounds")),
    ],
)
async def test_a_key_moves_the_session(
    bring: Bring, key: str, leads_to: tuple[int | bool | str, ...]
) -> None:
    async with staged(cast(latency=2)) as stage:
        await bring(stage)
        await stage.play(key)
        assert state(stage) == leads_to


@pytest.mark.parametrize("bring", [idle, paused, stopped, ended])
async def test_x_says_when_there_is_nothing_to_stop(bring: Bring) -> None:
    async with staged(cast(latency=2)) as stage:
        await bring(stage)
        before = state(stage)
        await stage.press("x")
        assert "nothing to stop" in stage.lines[-1]
        assert state(stage) == before


async def test_a_step_asked_for_while_a_round_runs_is_counted() -> None:
    async with staged(cast(latency=2, rounds=5)) as stage:
        await running(stage)
        await stage.press("s")
        assert "round 1 of 5 +1" in stage.text
        assert "one more round after this" in stage.lines[-1]
        await stage.press("s")
        assert "round 1 of 5 +2" in stage.text


async def test_r_says_that_it_runs_already() -> None:
    async with staged(cast(latency=2)) as stage:
        await idle(stage)
        await stage.press("r")
        await stage.advance(1)
        await stage.press("r")
        assert "it runs already" in stage.lines[-1]


async def test_a_pause_is_announced_while_the_round_goes_on() -> None:
    async with staged(cast(latency=2)) as stage:
        await running(stage)
        await stage.press("space")
        assert "pauses after this round" in stage.lines[-1]
        assert state(stage) == (0, True, "", "")


async def test_stopped_turns_are_asked_again_under_the_same_ids() -> None:
    async with staged(cast(latency=2)) as stage:
        await stopped(stage)
        assert stage.text.count("◌ stopped  s asks again") == 2
        await stage.play("s")
        turns = stage.session.turns
        assert [(turn.id, turn.attempt) for turn in turns.values()] == [
            ("a0", 1),
            ("b1", 2),
            ("c1", 2),
        ]


async def test_where_nobody_has_news_the_keys_say_so() -> None:
    async with staged(cast("stock-prices", rounds=5, latency=1)) as stage:
        await stage.play("r")
        await stage.play("r")
        assert "nobody has news" in stage.lines[-1]


async def test_a_session_that_goes_in_circles_pauses_and_says_so() -> None:
    thanks = ["Thank you, Bob!", "Thank you all!", "Thanks, Bob!", "I thank you all!"]
    async with staged(cast(rounds=9, latency=1, script=thanks)) as stage:
        await stage.play()
        await stage.play("r")
        assert stage.session.paused == "circles"
        assert "going in circles" in stage.text


async def test_the_menu_of_a_role_stops_only_its_turn() -> None:
    async with staged(cast(latency=2)) as stage:
        await running(stage)
        await stage.press("2", "enter")
        assert "stop only this one" in stage.text
        await stage.press("enter")
        phases = [turn.phase for turn in stage.session.turns.values()]
        assert phases == [Phase.DONE, Phase.CANCELLED, Phase.SPEAKING]
        assert "Bob stopped: s asks again" in stage.lines[-1]


@pytest.mark.parametrize("bring", [idle, ended])
async def test_the_menu_of_a_role_that_does_not_speak_has_nothing_to_stop(bring: Bring) -> None:
    async with staged(cast(latency=2)) as stage:
        await bring(stage)
        await stage.press("enter")
        assert "nothing to stop" in stage.text
        await stage.press("escape")
        assert isinstance(stage.app.screen, SessionScreen)


@pytest.mark.parametrize("bring", [idle, running, paused, ended])
async def test_q_quits_in_every_state(bring: Bring) -> None:
    async with staged(cast(latency=2)) as stage:
        await bring(stage)
        await stage.pilot.press("q")
        await stage.pilot.pause()
        assert stage.app.return_code == 0
        assert stage.app.return_value == 0


async def test_replies_that_cost_money_are_not_cut_without_asking_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = FakeModel(otherwise=lambda request: ["one", 60.0, "two"])
    monkeypatch.setattr("brainstorm_tui.launch.Models", lambda *_: FakeModels(model))
    # The launch is on the mock, whatever the speed: only the name tells the app what it costs.
    monkeypatch.setattr("brainstorm_tui.app.is_real", lambda name: True)
    async with staged(cast()) as stage:
        await stage.press("q")
        assert "would be cut: again to quit" in stage.lines[-1]
        assert stage.session.is_under_way
        await stage.pilot.press("q")
        await stage.pilot.pause()
        assert stage.app.return_value == 0
    assert model.left == ["a0"]


async def test_a_screen_that_fails_still_closes_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no more ink")

    path = tmp_path / "log.jsonl"
    with pytest.raises(RuntimeError, match="no more ink"):  # noqa: PT012
        async with staged(cast(latency=2), log=path) as stage:
            await running(stage)
            session = stage.session
            monkeypatch.setattr(SessionScreen, "parts", fail)
            stage.frame.redraw()
            await until(stage, lambda: stage.app.error is not None)
    assert session.ended == "interrupted"
    assert "this is a bug" in str(stage.app.error)


# No key is silent

KEYS = (
    *("1", "2", "4", "tab", "shift+tab", "z", "w", "p", "v", "t", "slash", "n", "N", "y", "Y"),
    *("asterisk", "e", "F", "f", "g", "G", "i", "enter", "question_mark", "f1", "colon", "ctrl+p"),
    *("home", "end", "up", "down", "left", "right", "pageup", "pagedown", "escape", "comma"),
    *("full_stop", "left_square_bracket", "right_square_bracket", "shift+left", "shift+right"),
    *("minus", "plus", "equals_sign", "ctrl+c", "a", "0", "f5", "ctrl+s", "delete", "x"),
)


async def silent(stage: Stage, keys: tuple[str, ...]) -> list[str]:
    """Those of the keys that change nothing to be seen, each pressed on the same screen."""
    found = []
    base = stage.frame
    for key in keys:
        base.hint("")
        await stage.rest()
        before = stage.text
        await stage.press(key)
        if stage.text == before:
            found.append(key)
        if key in ("z", "w"):
            await stage.press(key)
        while stage.app.focused or stage.app.screen is not base:
            await stage.press("escape")
    return found


@pytest.mark.parametrize("bring", [running, ended])
async def test_no_key_is_silent_in_a_live_session(bring: Bring) -> None:
    async with staged(cast(latency=2), size=SMALL) as stage:
        await bring(stage)
        assert await silent(stage, KEYS) == []


async def test_no_key_is_silent_in_a_replay(log: Log) -> None:
    async with staged(replay=log, size=SMALL) as stage:
        at_the_end = ("end", "full_stop", "right", "right_square_bracket")
        at_the_beginning = ("home", "home", "comma", "left", "left_square_bracket")
        keys = (*at_the_end, "s", "r", "i", *KEYS, *at_the_beginning)
        assert await silent(stage, keys) == []


async def test_the_focus_follows_who_begins_to_speak_and_can_be_moved() -> None:
    slow = {"Chalice": {"latency": 6}}
    async with staged(cast(latency=2, of=slow)) as stage:
        await idle(stage)
        await stage.press("F", "s")
        await stage.advance(1)
        assert "▌Bob" in stage.text
        await stage.press("1")
        assert "▌Alex" in stage.text
        await stage.advance(1)
        assert "▌Chalice" in stage.text


# The line to say something in


async def test_escape_keeps_what_was_typed() -> None:
    async with staged(cast(latency=2)) as stage:
        await idle(stage)
        await stage.press("i", *"wait")
        await stage.press("escape")
        assert "say wait" not in stage.text
        assert "draft" not in stage.text
        await stage.press("i")
        assert "say wait" in stage.text
        await stage.press(*"!q", "enter")
        assert [message.text for message in stage.session.published][-1] == "wait!q"


async def test_up_brings_back_what_was_said() -> None:
    async with staged(cast(latency=2)) as stage:
        await idle(stage)
        await stage.press("i", *"one", "enter", "i", *"two", "enter", "i", "up", "up")
        assert "say one" in stage.text
        await stage.press("down")
        assert "say two" in stage.text


async def test_tab_completes_and_changes_the_name() -> None:
    async with staged(cast(latency=2)) as stage:
        await idle(stage)
        await stage.press("i", "tab")
        assert "say @Alex" in stage.text
        await stage.press("tab")
        assert "say @Bob" in stage.text
        await stage.press("escape", "i", *["backspace"] * 5, *"@c", "tab", "tab")
        assert "say @Chalice" in stage.text, "nobody else begins with c"
        await stage.press(*"hello", "enter")
        assert stage.session.published[-1].to == ("Chalice",)


async def test_a_name_that_nobody_has_is_not_said_to_everyone() -> None:
    async with staged(cast(latency=2)) as stage:
        await idle(stage)
        said = len(stage.session.published)
        await stage.press("i", *"@Zed hello", "enter")
        assert "nobody is called Zed" in stage.text
        assert len(stage.session.published) == said


async def test_in_a_zoomed_pane_it_is_addressed_to_that_role() -> None:
    async with staged(cast(latency=2)) as stage:
        await idle(stage)
        await stage.press("2", "z", "i")
        assert "say @Bob" in stage.text


# The topic prompt


async def test_the_topic_prompt_offers_other_casts_and_earlier_topics(home: Path) -> None:
    (home / "topics.jsonl").write_text('"Why do bees dance?"\n', encoding="utf-8")
    async with staged(cast(), cast("small-town"), asks=True) as stage:
        assert "three minds, one question" in stage.text
        await stage.press("tab")
        assert "25 minds" in stage.text
        await stage.press("shift+tab")
        assert "Makes it concrete" in stage.text
        await stage.press("up")
        assert "▸ Why do bees dance?" in stage.text
        await stage.play("enter")
        assert stage.session.topic == "Why do bees dance?"


async def test_escape_first_clears_the_topic_then_leaves() -> None:
    async with staged(cast(), asks=True) as stage:
        await stage.press(*"abc")
        assert "▸ abc" in stage.text
        await stage.press("escape")
        assert isinstance(stage.app.screen, TopicScreen)
        assert "▸ How do we make" in stage.text
        await stage.pilot.press("escape")
        await stage.pilot.pause()
        assert stage.app.return_value == 0


# Many roles


async def test_25_roles_on_a_small_screen_are_one_line_each_and_pages(home: Path) -> None:
    async with staged(cast("small-town", latency=2), size=SMALL) as stage:
        await stage.play()
        await stage.play("s")
        assert "▌✓ Ada" in stage.text
        assert "Yara" not in stage.text
        await stage.press("shift+tab")
        assert "Yara" in stage.text
        assert "Ada " not in "".join(line[:14] for line in stage.lines)
        await stage.press("tab")
        assert "Yara" not in stage.text
        await stage.press("z")
        assert stage.lines[1].startswith("▌Ada")


# Themes


async def test_a_theme_is_switched_from_the_palette_while_they_speak() -> None:
    async with staged(cast(latency=2)) as stage:
        await running(stage)
        await stage.press("colon", *"theme")
        await stage.see("Choose the colours")
        await stage.press("enter", *"light")
        await stage.see("light")
        await stage.press("enter")
        assert stage.app.look.theme.name == "light"
        assert not stage.app.current_theme.dark
        assert stage.session.is_under_way


async def test_the_users_theme_is_taken_in_again_when_its_file_changes(home: Path) -> None:
    folder = home / "themes"
    folder.mkdir()
    (folder / "mine.yaml").write_text(OWN_THEME, encoding="utf-8")
    async with staged(cast(latency=2), theme="mine") as stage:
        assert stage.app.look.theme.card == "#101010"
        change(folder / "mine.yaml", OWN_THEME.replace("#101010", "#202020"))
        await until(stage, lambda: stage.app.look.theme.card == "#202020")
        change(folder / "mine.yaml", "card: nonsense\n")
        await stage.see("a theme is wrong")
        assert stage.app.look.theme.card == "#202020"


def change(path: Path, text: str) -> None:
    """Write a file so that even a coarse clock sees the change."""
    before = path.stat().st_mtime
    path.write_text(text, encoding="utf-8")
    os.utime(path, (before + 2, before + 2))


async def until(stage: Stage, is_so: Callable[[], bool]) -> None:
    """Wait for what the app does by itself, in real time."""
    async with asyncio.timeout(DEADLINE_S):
        while not is_so():
            await stage.pilot.pause(0.02)


# Export


async def test_e_writes_an_export_named_after_the_log(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with staged(replay=log) as stage:
        await stage.press("e")
        assert "recorded.md" in stage.text
        await stage.press("down")
        assert "recorded.html" in stage.text
        await stage.press("up", "enter")
        await stage.see("written: recorded.md")
    assert (tmp_path / "recorded.md").read_text() == "".join(exporter("markdown")(log))


async def test_an_export_replaces_a_file_only_when_asked_twice(log: Log, tmp_path: Path) -> None:
    there = tmp_path / "there.md"
    there.write_text("mine")
    async with staged(replay=log) as stage:
        await stage.press("e", "tab")
        stage.app.screen.query_one(Input).value = str(there)
        await stage.press("enter")
        assert "exists already: Enter again replaces it" in stage.text
        assert there.read_text() == "mine"
        await stage.press("enter")
        await stage.see("written: ")
    assert there.read_text() != "mine"


async def test_an_export_that_cannot_be_written_says_why(log: Log, tmp_path: Path) -> None:
    async with staged(replay=log) as stage:
        await stage.press("e", "tab")
        for name, why in (
            (log.path, "this is the log itself"),
            (tmp_path / "no" / "where.md", "cannot be written"),
            (tmp_path, "is a folder"),
            ("", "name a file"),
        ):
            stage.app.screen.query_one(Input).value = str(name)
            await stage.press("enter")
            if name == tmp_path:
                await stage.press("enter")
            await stage.see(why)
        await stage.press("escape")
    assert [path.name for path in tmp_path.iterdir()] == ["recorded.jsonl"]  # noqa: ASYNC240


async def test_a_session_without_a_log_exports_nothing() -> None:
    async with staged(cast(latency=2)) as stage:
        await idle(stage)
        await stage.press("e")
        assert "without a log there is nothing to export" in stage.lines[-1]


# Selection


async def test_a_selection_over_several_lines_gives_their_text() -> None:
    script = ["first line of it\n\nsecond line\n\nthird"]
    async with staged(cast(latency=2, script=script)) as stage:
        await idle(stage)
        start, end = stage.place("line of it"), stage.place("third")
        await stage.pilot.mouse_down(offset=start)
        await stage.pilot.hover(offset=(end[0] + 2, end[1]))
        await stage.pilot.mouse_up(offset=(end[0] + 2, end[1]))
        selected = stage.app.screen.get_selected_text()
        assert selected is not None
        assert [line for line in selected.splitlines() if line] == [
            "line of it",
            "second line",
            "thi",
        ]


# Replay


async def test_a_replay_forks_nothing_and_says_so(log: Log) -> None:
    async with staged(replay=log) as stage:
        for key in ("s", "r", "x"):
            await stage.press(key)
            assert "f forks it, and goes live here" in stage.lines[-1]
        await stage.press("i")
        assert "this is a replay" in stage.lines[-1]


async def test_a_replay_begins_again_when_it_is_played_at_its_end(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("space")
        await stage.see("playing")
        assert stage.session.finished_round < 1


# Many roles


def crowd(count: int) -> Scenario:
    """So many roles, each of whom says a line."""
    params = {"latency": 0.5, "script": ["One line."]}
    roles = tuple(Role(name=f"Role{place:04}", params=params) for place in range(count))
    return Scenario(name="crowd", topic="Why?", roles=roles, max_concurrency=count)


async def test_a_thousand_roles_are_a_line_each_and_pages_turn() -> None:
    async with staged(crowd(1000), size=(80, 24)) as stage:
        await stage.advance(1)
        rows = stage.app.screen.query_one("#overview").size.height
        assert "Role0000" in stage.text
        await stage.press("pageup")
        assert "the first role" in stage.text
        await stage.press("pagedown")
        assert f"Role{rows:04}" in stage.text
        assert "Role0000" not in stage.text
        for _ in range(1000 // rows + 1):
            await stage.press("pagedown")
        assert "Role0999" in stage.text
        assert "the last role" in stage.text


async def test_a_frame_of_many_panes_is_whole_after_a_moment() -> None:
    async with staged(crowd(25), size=(200, 60)) as stage:
        await stage.advance(1)
        at_once = stage.lines
    async with staged(crowd(25), size=(200, 60)) as stage:
        await stage.clock.advance(1)
        await until(stage, lambda: stage.lines == at_once)
