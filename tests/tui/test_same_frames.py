"""The same events give the same frame: live, in a replay that was seeked, in one that has played.

Left out are the lines that have to differ: the top line, where a replay says that it is one; the
call to the user, which a replay does not need; the status and the keys. Where a replay knows a
future, its timeline shows that too, so it is compared where the log ends at that moment.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from brainstorm_agents.reader import Log, read
from brainstorm_tui.source import ReplaySource

from .stage import Stage, cast, staged

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)

MIXED = {"Alex": {"latency": 1.0}, "Bob": {"latency": 2.5, "fail": 0.3}, "Chalice": {"latency": 4}}


class Moment(NamedTuple):
    """What a live session showed."""

    now: float
    events: int
    panes: list[str]
    timeline: list[str]


def rows(stage: Stage, name: str) -> list[str]:
    """The rows of a part of the screen."""
    region = stage.app.screen.query_one(name).region
    return stage.lines[region.y : region.bottom]


async def performed(path: Path, size: tuple[int, int]) -> list[Moment]:
    """A live session, stopped once, spoken into, an idea kept: as it looked at many moments."""
    moments = []

    async def look() -> None:
        now = stage.frame.transport.source.now()
        events = stage.session.seq + 1
        moments.append(Moment(now, events, rows(stage, "#stage"), rows(stage, "#timeline")))

    async with staged(cast(of=MIXED), log=path, size=size) as stage:
        for key in (None, "s", "asterisk", "i", "s", "x", "s", "asterisk"):
            if key == "i":
                await stage.press("i", *"@Bob why?", "enter")
            elif key:
                await stage.press(key)
            for step in (0.01, 0.31, 0.05, 0.77, 0.4, 2.3):
                await stage.advance(step)
                await look()
            # What the next key does has a time of its own.
            await stage.advance(0.01)
        await stage.advance(60)
        await look()
    return moments


def show(stage: Stage, now: float) -> ReplaySource:
    """Have a replay show a time."""
    source = stage.frame.transport.source
    assert isinstance(source, ReplaySource)
    source.seek_time(now)
    stage.frame.redraw()
    return source


@SIZES
async def test_a_replay_that_was_seeked_shows_what_the_live_session_showed(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    moments = await performed(tmp_path / "live.jsonl", size)
    assert len({tuple(moment.panes) for moment in moments}) > 15
    async with staged(replay=read(tmp_path / "live.jsonl"), size=size) as stage:
        for moment in [*reversed(moments), *moments[::3]]:
            source = show(stage, moment.now)
            await stage.rest()
            assert (source.position, source.now()) == (moment.events, moment.now)
            assert rows(stage, "#stage") == moment.panes


@SIZES
async def test_where_the_log_ends_the_timeline_is_that_of_the_live_session(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path, cut = tmp_path / "live.jsonl", tmp_path / "cut.jsonl"
    for moment in (await performed(path, size))[2::7]:
        log = upto(path, cut, moment.events)
        async with staged(replay=log, size=size) as stage:
            show(stage, moment.now)
            await stage.rest()
            assert rows(stage, "#stage") == moment.panes
            assert rows(stage, "#timeline") == moment.timeline


def upto(path: Path, cut: Path, events: int) -> Log:
    """A log of the first events of another."""
    cut.write_bytes(b"".join(line + b"\n" for line in read(path).lines[:events]))
    return read(cut)


@SIZES
async def test_playing_shows_what_seeking_shows(tmp_path: Path, size: tuple[int, int]) -> None:
    await performed(tmp_path / "live.jsonl", size)
    log = read(tmp_path / "live.jsonl")

    def frame(stage: Stage) -> list[str]:
        return [stage.lines[0], *rows(stage, "#stage"), *rows(stage, "#timeline")]

    async with staged(replay=log, size=size) as played, staged(replay=log, size=size) as seeked:
        await played.press("home")
        replay = played.frame.transport
        for seconds in (0.4, 0.9, 2.0, 3.1, 0.2, 1.7):
            replay.act("play")
            replay.tick(seconds)
            await played.press("space")
            assert "paused" in played.text
            show(seeked, replay.source.now())
            await seeked.rest()
            assert frame(played) == frame(seeked)
