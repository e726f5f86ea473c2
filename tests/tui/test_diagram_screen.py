"""The run diagram's keys and clicks: the cursor, time, and lanes that are out of view."""

from pathlib import Path

import pytest

from brainstorm_agents.reader import Log

from .stage import cast, record, staged


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return record(cast(latency=2), tmp_path / "lesson.jsonl")


@pytest.fixture
def town(tmp_path: Path) -> Log:
    return record(cast("small-town", rounds=1, latency=2), tmp_path / "town.jsonl")


@pytest.fixture
def eager(tmp_path: Path) -> Log:
    return record(cast(schedule="eager"), tmp_path / "eager.jsonl")


async def test_zoomed_the_brackets_go_through_time_and_the_cursor_brings_it_back(log: Log) -> None:
    async with staged(replay=log, size=(80, 24)) as stage:
        await stage.press("t", "plus", "plus", "plus")
        assert stage.lines[2].split()[0] != "0.0", "the beginning is out of view"
        await stage.press("[", "[", "[", "[")
        assert stage.lines[2].split()[:2] == ["0.0", "s"]
        await stage.press("shift+left")
        assert "this is the beginning" in stage.text
        await stage.press("down")
        assert stage.lines[2].split()[0] != "0.0", "the cursor is in view again"


async def test_unzoomed_the_brackets_are_the_replay_s(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("t", "[", "[")
        assert "round 2 of 3" in stage.text


async def test_roles_that_are_out_of_view_are_reached_by_pages(town: Log) -> None:
    async with staged(replay=town, size=(80, 24)) as stage:
        await stage.press("t", "pageup", "pageup", "pageup", "pageup", "pageup", "pageup")
        lanes = "\n".join(stage.lines[3:13])
        assert "Ada" in lanes
        assert "Yara" not in lanes
        assert "20 more roles below  PgUp PgDn" in stage.text
        await stage.press("pagedown")
        assert "Ada" not in "\n".join(stage.lines[3:13])
        assert "5 above, 15 below" in stage.text
        await stage.press("l")
        assert "14 more roles below" in stage.text, "with one row a lane more have room"


async def test_where_all_roles_are_in_view_a_page_says_so(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("t", "pagedown")
        assert "all roles are in view" in stage.text


async def test_a_click_chooses_a_turn(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("t")
        x, y = stage.place("b1 ←")
        await stage.pilot.click(offset=(x + 2, y))
        await stage.rest()
        assert "b1  Bob, round 1" in stage.text


async def test_live_the_cursor_follows_the_round_until_it_is_moved() -> None:
    async with staged(cast(latency=2)) as stage:
        await stage.advance(60)
        await stage.press("t", "s")
        await stage.advance(0.5)
        assert "futures of round 1" in stage.text
        await stage.press("left", "left")
        assert "futures of the opening" in stage.text
        await stage.play("s")
        assert "futures of the opening" in stage.text


async def test_w_says_that_it_belongs_to_the_panes(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("t", "w")
        assert "w belongs to the panes" in stage.lines[-1]


@pytest.mark.parametrize("zoomed", [False, True])
async def test_in_a_small_terminal_the_way_back_and_the_path_have_their_keys(
    log: Log, zoomed: bool
) -> None:
    async with staged(replay=log, size=(80, 24)) as stage:
        await stage.press("t", *["plus"] * zoomed)
        assert stage.lines[-1].startswith(" Esc back")
        assert "c path" in stage.lines[-1]


async def test_a_replay_has_no_next_round_to_choose_for(eager: Log) -> None:
    async with staged(replay=eager) as stage:
        await stage.press("t", "home")
        assert "next" not in "\n".join(stage.lines[-2:])
    async with staged(cast(schedule="eager")) as stage:
        await stage.press("t")
        assert "next: " in stage.lines[-1]


async def test_the_futures_of_the_round_are_as_they_were_in_a_replay_too(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("t", "[", "[", "[")
        assert "futures of round 1   b1 ✓ done   c1 ✓ done" in stage.text
        await stage.press(*["full_stop"] * 6)
        assert "futures of round 2   a1 ◐ running   b2 ◐ running   c2 ◌ pending" in stage.text
