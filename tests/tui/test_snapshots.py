"""What the screens look like, cell by cell and colour by colour, at the sizes they are made for.

`pytest tests/tui/test_snapshots.py --snapshot-update` accepts what they look like now.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from brainstorm_agents.clock import ManualClock
from brainstorm_agents.scenario import Scenario
from brainstorm_tui.app import BrainstormApp
from brainstorm_tui.look import ASCII

from .stage import Stage, cast, launch, record

SMALLEST, SMALL, USUAL, LARGE = (60, 20), (80, 24), (120, 40), (200, 60)

Scene = Callable[[Stage], Awaitable[None]]

Same = Callable[..., bool]
"""Whether a scene at a size looks as it did."""


@pytest.fixture
def looks_the_same(
    snap_compare: Callable[..., bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Same:
    """Plays a scene and compares what is then on the screen with the accepted picture."""
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("COLORTERM", raising=False)

    def compare(
        scene: Scene, size: tuple[int, int], scenario: Scenario | None = None, **options: Any
    ) -> bool:
        clock = ManualClock()
        casts = [scenario or cast(), cast("small-town"), cast("stock-prices")]
        if "replay" not in options:
            options["launches"] = [launch(other, log=tmp_path / "log.jsonl") for other in casts]
        app = BrainstormApp(**options, clock=clock)

        async def play(pilot: Any) -> None:
            stage = Stage(pilot, clock)
            await stage.begin()
            await scene(stage)
            await stage.rest()

        return snap_compare(app, terminal_size=size, run_before=play)

    return compare


def at(*sizes: tuple[int, int]) -> pytest.MarkDecorator:
    """The test at several sizes."""
    return pytest.mark.parametrize("size", sizes, ids=[f"{w}x{h}" for w, h in sizes])


# Scenes


async def asks(stage: Stage) -> None:
    stage.app.screen.query_one(Input).cursor_blink = False


async def opening(stage: Stage) -> None:
    await stage.advance(2.3)


async def waits(stage: Stage) -> None:
    await stage.play()


async def streams(stage: Stage) -> None:
    """In the middle of round 2."""
    await stage.play()
    await stage.play("s")
    await stage.press("s")
    # The overview keeps its lanes for a quarter second: this is the first moment of the next.
    await stage.advance(2.5)


async def ends(stage: Stage) -> None:
    await stage.play()
    await stage.play("r")


async def zoomed(stage: Stage) -> None:
    await streams(stage)
    await stage.press("2", "z", "w")


async def seen(stage: Stage) -> None:
    await streams(stage)
    await stage.press("2", "w")


async def diagram(stage: Stage) -> None:
    await ends(stage)
    await stage.press("2", "t", "left")


async def stopped(stage: Stage) -> None:
    await streams(stage)
    await stage.press("x")


async def exports(stage: Stage) -> None:
    await stage.press("e")
    stage.app.screen.query_one(Input).cursor_blink = False


async def says(stage: Stage) -> None:
    await waits(stage)
    await stage.press("i", *"@Bob why?", "enter", "s")
    await stage.advance(2)
    await stage.press("i", *"and you, ")
    stage.app.screen.query_one(Input).cursor_blink = False


async def helps(stage: Stage) -> None:
    await streams(stage)
    await stage.press("question_mark")


async def in_the_middle(stage: Stage) -> None:
    """A replay, before the last turns of round 2."""
    await stage.press("home", *["right_square_bracket"] * 2, *["right"] * 8)
    await stage.press(*["full_stop"] * 30)


# The prompt, and a session from its opening to its end


@at(SMALL, USUAL)
def test_the_topic_prompt(looks_the_same: Same, size: tuple[int, int]) -> None:
    assert looks_the_same(asks, size, asks=True)


def test_the_opening_streams_alone(looks_the_same: Same) -> None:
    assert looks_the_same(opening, USUAL)


@at(SMALL, USUAL)
def test_after_the_opening_it_waits(looks_the_same: Same, size: tuple[int, int]) -> None:
    assert looks_the_same(waits, size)


@at(SMALLEST, SMALL, USUAL, LARGE)
def test_round_2_streams(looks_the_same: Same, size: tuple[int, int]) -> None:
    assert looks_the_same(streams, size)


@at(USUAL, LARGE)
def test_the_end(looks_the_same: Same, size: tuple[int, int]) -> None:
    assert looks_the_same(ends, size)


# Views


@at(SMALL, USUAL)
def test_a_zoomed_pane_with_what_its_turn_saw(looks_the_same: Same, size: tuple[int, int]) -> None:
    assert looks_the_same(zoomed, size)


def test_all_panes_with_what_a_turn_saw(looks_the_same: Same) -> None:
    assert looks_the_same(seen, USUAL)


@at(SMALL, USUAL)
def test_the_run_diagram(looks_the_same: Same, size: tuple[int, int]) -> None:
    assert looks_the_same(diagram, size)


def test_the_keys(looks_the_same: Same) -> None:
    assert looks_the_same(helps, USUAL)


def test_what_the_user_says(looks_the_same: Same) -> None:
    assert looks_the_same(says, USUAL)


@at(SMALL, USUAL)
def test_the_export_dialog(looks_the_same: Same, size: tuple[int, int], tmp_path: Path) -> None:
    log = record(cast(), tmp_path / "recorded.jsonl")
    assert looks_the_same(exports, size, replay=log)


# What can go wrong


@at(SMALL, USUAL)
def test_a_failed_turn(looks_the_same: Same, size: tuple[int, int]) -> None:
    assert looks_the_same(streams, size, cast(of={"Bob": {"fail": 1.0}}))


def test_stopped_turns(looks_the_same: Same) -> None:
    assert looks_the_same(stopped, USUAL)


# Many roles


@at(SMALL, LARGE)
def test_25_roles(looks_the_same: Same, size: tuple[int, int]) -> None:
    assert looks_the_same(streams, size, cast("small-town"))


# Replay


@at(SMALL, USUAL)
def test_the_middle_of_a_replay(
    looks_the_same: Same, size: tuple[int, int], tmp_path: Path
) -> None:
    log = record(cast(), tmp_path / "recorded.jsonl")
    assert looks_the_same(in_the_middle, size, replay=log)


# Other looks


@pytest.mark.parametrize("theme", ["light", "ansi"])
def test_other_themes(looks_the_same: Same, theme: str) -> None:
    assert looks_the_same(streams, USUAL, theme=theme)


def test_ascii_symbols(looks_the_same: Same) -> None:
    assert looks_the_same(streams, USUAL, symbols=ASCII)


def test_no_colour(looks_the_same: Same, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks_the_same(streams, USUAL)
