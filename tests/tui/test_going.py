"""Going somewhere: by what is typed, by the mouse on the timeline, by playing."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import MouseMove, MouseScrollDown, MouseScrollUp

from brainstorm_agents.errors import InputError
from brainstorm_agents.events import (
    RoundFinished,
    SessionPaused,
    SessionResumed,
    TurnFinished,
    UserSpoke,
    encode,
)
from brainstorm_agents.reader import Log, read
from brainstorm_agents.session import Phase
from brainstorm_tui.destination import Destination, ToEvent, ToMessage, ToRound, ToTime, destination
from brainstorm_tui.source import ReplaySource
from brainstorm_tui.transport import Replay

from .runs import at, trio
from .stage import Stage, cast, record, staged


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return record(cast(rounds=2), tmp_path_factory.mktemp("going") / "classroom.jsonl")


async def go(stage: Stage, text: str) -> None:
    """Type where to go."""
    await stage.press("g", *text, "enter")


# ------------------------------------------------------------------------------------ what is meant


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("3", ToRound(3)),
        (" Round 2 ", ToRound(2)),
        ("opening", ToRound(0)),
        ("b2", ToMessage("b2")),
        ("B2", ToMessage("b2")),
        ("user", ToMessage("user")),
        ("12.5s", ToTime(12.5)),
        ("12 s", ToTime(12.0)),
        ("1:30", ToTime(90.0)),
        ("1:02:03.5", ToTime(3723.5)),
        ("#120", ToEvent(120)),
        ("#1,200", ToEvent(1200)),
    ],
)
def test_what_is_typed_is_a_round_a_message_a_time_or_an_event(text: str, to: Destination) -> None:
    assert destination(text, at(trio())) == to


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "type a round: 3, a message: b2"),
        ("9", "no round 9; there are rounds 0 to 3"),
        ("z1", "no message z1; a round is 3"),
        ("12,5s", "a time 12.5s"),
        ("#", "no message #"),
    ],
)
def test_what_leads_nowhere_is_refused_with_what_would_be_right(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        destination(text, at(trio()))


@given(st.text(max_size=12) | st.from_regex(r"[#0-9:., sround]{0,12}", fullmatch=True))
def test_whatever_is_typed_is_understood_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        assert isinstance(destination(text, at(trio())), Destination)


# --------------------------------------------------------------------------------------- by typing


def test_each_leads_to_where_it_had_just_happened(log: Log) -> None:
    source, events = ReplaySource(log), list(log.events)
    for seq, event in enumerate(events):
        match event:
            case TurnFinished(id=id_) | UserSpoke(id=id_):
                source.go(ToMessage(id_))
                assert source.position == seq + 1
            case RoundFinished(round=number):
                source.go(ToRound(number))
                assert source.position == seq + 1
        source.go(ToEvent(seq + 1))
        assert source.position == seq + 1
    source.go(ToTime(source.whole.elapsed(3.0)))
    assert source.now() == pytest.approx(3.0)


def test_a_message_that_ended_with_others_is_gone_to_alone(tmp_path: Path) -> None:
    quick = record(cast("small-town", latency=0), tmp_path / "quick.jsonl")
    source = ReplaySource(quick)
    for turn in source.whole.turns.values():
        source.go(ToMessage(turn.id))
        assert source.session.turns[turn.id].phase is Phase.DONE
        last = quick.events[source.position - 1]
        assert isinstance(last, TurnFinished)
        assert last.id == turn.id


async def test_g_goes_to_a_round_a_message_a_time_or_an_event(log: Log) -> None:
    async with staged(replay=log) as stage:
        await go(stage, "1")
        assert "round 1 of 2" in stage.text
        await go(stage, "b2")
        assert stage.session.turns["b2"].phase is Phase.DONE
        assert "▌Bob" in stage.text
        await go(stage, "#7")
        assert "event 7 of" in stage.text
        await go(stage, "0:03")
        assert stage.session.elapsed(stage.frame.transport.source.now()) == pytest.approx(3.0)


async def test_wrong_input_says_what_would_be_right_and_stays_open(log: Log) -> None:
    async with staged(replay=log) as stage:
        await go(stage, "12")
        assert "there are rounds 0 to 2" in stage.lines[-1]
        await stage.press("backspace", "enter")
        assert "round 1 of 2" in stage.text
        for text, why in (("99:00", "s in all"), ("#9999", "there are events #1 to #")):
            await go(stage, text)
            assert why in stage.lines[-1]
            await stage.press("escape")
        await stage.press("home")
        assert "event 1 of" in stage.text


async def test_in_a_live_session_g_looks_at_a_round_or_a_message() -> None:
    async with staged(cast()) as stage:
        await stage.advance(60)
        await stage.play("r")
        await go(stage, "b1")
        assert "▌Bob" in stage.text
        before = stage.session.seq
        await go(stage, "2")
        await stage.press("g", *"3s", "enter")
        assert "this session is live" in stage.lines[-1]
        assert stage.session.seq == before


# ------------------------------------------------------------------------------------ by the mouse


async def drag(stage: Stage, x: int, y: int) -> None:
    """Move the mouse with its button held."""
    await stage.pilot._post_mouse_events([MouseMove], offset=(x, y), button=1)
    await stage.rest()


async def test_dragging_on_the_timeline_scrubs(log: Log) -> None:
    async with staged(replay=log) as stage:
        row = max(y for y, line in enumerate(stage.lines) if line.startswith(" Bob"))
        await stage.pilot.mouse_down(offset=(60, row))
        seen = []
        for x, y in ((60, row), (40, row), (30, row - 9), (80, row), (119, row)):
            await drag(stage, x, y)
            seen.append(stage.session.seq)
        assert seen[2] < seen[1] < seen[0] < seen[3] < seen[4]
        await stage.pilot.mouse_up(offset=(40, row))
        await stage.rest()
        there = stage.session.seq
        await stage.pilot.hover(offset=(100, row))
        await stage.rest()
        assert stage.session.seq == there


async def test_the_wheel_over_the_timeline_goes_by_turns(log: Log) -> None:
    async with staged(replay=log) as stage:
        row = max(y for y, line in enumerate(stage.lines) if line.startswith(" Bob"))
        for turned, key in ((MouseScrollUp, "left"), (MouseScrollDown, "right")):
            await go(stage, "#60")
            await stage.press(key)
            expected = stage.session.seq
            await go(stage, "#60")
            await stage.pilot._post_mouse_events([turned], offset=(60, row))
            await stage.rest()
            assert stage.session.seq == expected != 59


# -------------------------------------------------------------------------------------- by playing


@pytest.mark.parametrize(("limit", "waits"), [(0.0, 0.0), (1.0, 1.0), (5.0, 4.0)])
def test_an_idle_stretch_is_played_no_longer_than_the_limit(
    tmp_path: Path, limit: float, waits: float
) -> None:
    events = trio()
    idle = [
        SessionPaused(len(events), events[-1].t, reason="user"),
        SessionResumed(len(events) + 1, events[-1].t + 4.0, reason="user"),
        SessionPaused(len(events) + 2, events[-1].t + 4.0, reason="user"),
    ]
    path = tmp_path / "idle.jsonl"
    path.write_bytes(b"".join(encode(event) + b"\n" for event in (*events, *idle)))
    source = ReplaySource(read(path))
    source.seek(len(events) + 1)
    replay = Replay(source, limit)
    replay.act("play")
    ticks = 0
    while not source.is_at_end:
        replay.tick(0.125)
        ticks += 1
    assert ticks == max(1, waits / 0.125)
