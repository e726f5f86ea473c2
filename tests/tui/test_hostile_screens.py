"""A log in which every field holds what must not reach a terminal, on every screen.

The last line of defence is off here: what it would catch should have been caught before.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rich.segment import Segment
from textual.color import Color

from brainstorm_agents.events import Event, SessionStarted, TurnFinished, encode
from brainstorm_agents.models import MOCK
from brainstorm_agents.reader import Log, read
from brainstorm_tui.comparison import compare
from brainstorm_tui.filters import Harmless
from brainstorm_tui.text.safe import sanitise

from .exports.hostile import hostile
from .stage import Stage, staged

SIZES = [(80, 24), (120, 40), (200, 60)]

WAYS = {
    "the panes": (),
    "the beginning": ("home",),
    "an event in the middle": ("home", *["full_stop"] * 6),
    "a zoomed pane with what it saw": ("z", "w"),
    "the panel beside all panes": ("w",),
    "the transcript": ("v",),
    "the run diagram": ("t",),
    "the end of the run diagram": ("t", "right", "right", "right"),
    "the prompt of a turn": ("p",),
    "the menu of a role": ("enter",),
    "the export dialog": ("e",),
    "the fork dialog": ("f",),
    "a jump": ("g", "b", "1", "enter"),
    "a search": ("slash", "r", "e", "d", "enter"),
    "the keys": ("question_mark",),
}
"""What to press to get there."""


@pytest.fixture(autouse=True)
def defenceless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def let_through(self: Harmless, segments: list[Segment], background: Color) -> list[Segment]:
        return segments

    monkeypatch.setattr(Harmless, "apply", let_through)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[list[Event]], Log]:
    def save(events: list[Event]) -> Log:
        path = tmp_path / "evil\x1b]0;title\x07.jsonl"
        path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
        return read(path)

    return save


def assert_harmless(stage: Stage) -> None:
    for line in stage.lines:
        assert sanitise(line) == line


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40", "200x60"])
@pytest.mark.parametrize("way", WAYS)
async def test_nothing_that_a_terminal_would_obey_is_on_a_screen(
    way: str, size: tuple[int, int], saved: Callable[[list[Event]], Log]
) -> None:
    async with staged(replay=saved(hostile()), size=size) as stage:
        for key in WAYS[way]:
            await stage.press(key)
            assert_harmless(stage)
        assert stage.app.is_running
        if "transcript" in way or "panes" in way:
            assert "␛" in stage.text


async def test_a_comparison_is_harmless_too(saved: Callable[[list[Event]], Log]) -> None:
    session = saved(hostile()).session()
    both = compare(session, session), ("a\x1b[31m", "b\u202e")
    async with staged(compare=both) as stage:
        await stage.press("equals_sign")
        assert "␛" in stage.text
        assert_harmless(stage)


async def test_the_first_screen_is_harmless_too() -> None:
    header, *_ = hostile()
    assert isinstance(header, SessionStarted)
    roles = tuple(msgspec.structs.replace(role, model=MOCK) for role in header.scenario.roles)
    scenario = msgspec.structs.replace(header.scenario, roles=roles)
    async with staged(scenario, asks=True) as stage:
        assert "␛" in stage.text
        assert_harmless(stage)


async def test_a_reply_of_5_mb_is_one_more_reply(
    saved: Callable[[list[Event]], Log],
) -> None:
    events = [
        msgspec.structs.replace(event, text="\u202e" + "x" * 5_000_000)
        if isinstance(event, TurnFinished)
        else event
        for event in hostile()
    ]
    async with staged(replay=saved(events), size=(80, 24)) as stage:
        for key in ("v", "escape", "z", "w", "escape", "t"):
            await stage.press(key)
            assert_harmless(stage)
