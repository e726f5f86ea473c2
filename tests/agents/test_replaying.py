"""A log that is read on, and sessions out of its middle: the same as folding it from the start."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brainstorm_agents import reader
from brainstorm_agents.errors import LogError
from brainstorm_agents.events import (
    Event,
    IdeaKept,
    RoundFinished,
    RoundStarted,
    SessionPaused,
    TurnStarted,
    encode,
)
from brainstorm_agents.keyframe import Keyframe
from brainstorm_agents.reader import Log, read
from brainstorm_agents.session import Session

from .casts import Kept, fold, run, snapshot, trio, virtual, write_log
from .test_conversations import Play, paces, plays, stops


@virtual
async def _session(rounds: int = 3) -> Kept:
    kept = Kept()
    await run(trio(script=["Süße Bienen.", "学ぶ"], latency=1), rounds, journal=kept)
    return kept


KEPT = _session()
LINES = KEPT.lines()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


@pytest.fixture(autouse=True)
def close_keyframes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keyframes so close that a short log has many, also where turns are under way."""
    monkeypatch.setattr(reader, "SPACING", 3)
    monkeypatch.setattr(reader, "COPIES", 1)


def with_ideas(events: list[Event]) -> list[Event]:
    """The same events, and between them that the person keeps ideas and takes some back."""
    mixed: list[Event] = []
    begun: list[str] = []
    for place, event in enumerate(events):
        mixed.append(msgspec.structs.replace(event, seq=len(mixed)))
        if isinstance(event, TurnStarted):
            begun.append(event.id)
        if begun and place % 4 == 0:
            id_ = begun[place * 7 % len(begun)]
            mixed.append(IdeaKept(len(mixed), event.t, id=id_, kept=place % 3 > 0))
    return mixed


def assert_whole(session: Session) -> None:
    """That a session refers to nothing but what is its own or over."""
    for round_ in session.rounds:
        assert all(turn.round is round_ for turn in round_.turns)
    for state in session.roles.values():
        assert all(session.turns[turn.id] is turn for turn in state.turns)
    assert [turn for round_ in session.rounds for turn in round_.turns] == list(
        session.turns.values()
    )


# ------------------------------------------------------------------------- sessions of the middle


@given(plays(), paces, stops, st.data())
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_session_at_any_event_is_the_fold_up_to_it(
    path: Path, play: Play, pace: int, delays: list[float], data: st.DataObject
) -> None:
    @virtual
    async def perform() -> list[Event]:
        kept = Kept()
        session = await play.perform(pace, at_once=3, stops=delays, kept=kept)
        kept.append(SessionPaused(session.seq + 1, session.t, reason="user"))
        return with_ideas(kept.events)

    log = read(write_log(path, map(encode, perform())))
    events, whole = list(log.events), snapshot(log.session())
    assert whole == snapshot(fold(events))
    near = None
    for position in data.draw(st.lists(st.integers(0, len(events)), max_size=12)):
        near = log.session_at(position, data.draw(st.sampled_from([None, near])))
        assert snapshot(near) == snapshot(fold(events[:position]))
        assert_whole(near)
    assert snapshot(log.session()) == whole
    assert_whole(log.session())


@given(plays(), paces, stops, st.data())
@settings(max_examples=100, deadline=None)
def test_from_a_keyframe_a_session_goes_on_to_the_same_end(
    play: Play, pace: int, delays: list[float], data: st.DataObject
) -> None:
    @virtual
    async def check() -> None:
        kept = Kept()
        await play.perform(pace, stops=delays, kept=kept)
        events = with_ideas(kept.events)
        place = data.draw(st.integers(0, len(events)))
        whole = fold(events[:place])
        keyframe = Keyframe(whole)
        for event in events[place:]:
            whole.apply(event)
        again = keyframe.session()
        assert snapshot(again) == snapshot(fold(events[:place]))
        for event in events[place:]:
            again.apply(event)
        assert snapshot(again) == snapshot(whole) == snapshot(fold(events))
        assert keyframe.position == place

    check()


def test_at_its_end_the_session_is_the_whole_one(path: Path) -> None:
    log = read(write_log(path, LINES))
    assert log.session_at(len(LINES)) is log.session()
    assert log.session_at(len(LINES) - 1) is not log.session()


def test_a_session_is_taken_on_where_that_is_shorter(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "SPACING", len(LINES) - 10)
    log = read(write_log(path, LINES))
    shown = log.session_at(len(LINES) - 2)
    assert log.session_at(len(LINES) - 1, shown) is shown
    assert log.session_at(3, shown) is not shown


# ------------------------------------------------------------------------------- what it can tell


def test_an_event_is_found_by_its_time_and_by_its_kind(path: Path) -> None:
    log = read(write_log(path, LINES))
    kinds = [type(event) for event in KEPT.events]
    assert [log.kind(seq) for seq in range(len(LINES))] == kinds
    assert [log.time(seq) for seq in range(len(LINES))] == [event.t for event in KEPT.events]
    assert log.first(RoundStarted) == kinds.index(RoundStarted)
    ends = [seq for seq, kind in enumerate(kinds) if kind is RoundFinished]
    assert log.first(RoundFinished, ends[0] + 1) == ends[1]
    assert log.last(RoundFinished, ends[1]) == ends[0]
    assert log.last(RoundFinished, ends[0]) is None
    assert log.first(RoundFinished, ends[-1] + 1) is None
    for t in (-1.0, 0.0, 1.0, 2.5, 99.0):
        assert log.position_at(t) == sum(event.t <= t for event in KEPT.events)


def test_lines_and_events_are_read_again_wherever_they_are_asked_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "PORTION", 300)
    log = read(write_log(path, LINES))
    assert list(log.lines) == LINES
    assert list(log.events) == KEPT.events
    assert log.events[-1] == KEPT.events[-1]
    assert list(log.lines[4:9]) == LINES[4:9]
    assert list(log.lines[4:9][1:-1]) == LINES[5:8]
    assert list(log.lines[9:4]) == []
    assert log.lines[::-3] == LINES[::-3]
    # Two that take turns do not disturb each other.
    assert list(zip(log.lines, log.lines, strict=True)) == [(line, line) for line in LINES]
    with pytest.raises(IndexError):
        log.lines[len(LINES)]


def test_a_line_that_has_changed_since_is_refused(path: Path) -> None:
    log = read(write_log(path, LINES))
    damaged = bytearray(path.read_bytes())
    damaged[-30] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(LogError, match="checksum") as caught:
        list(log.events)
    assert caught.value.line == len(LINES)
    os.truncate(path, len(damaged) // 2)
    with pytest.raises(LogError, match="has changed since"):
        list(log.lines)


# --------------------------------------------------------------------------------------- reading on


def _portions(log: Log, size: int) -> Iterator[int]:
    while log.has_more:
        log.read_on(size)
        yield len(log.events)


@given(st.integers(1, 5000))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_log_that_is_read_in_portions_is_the_same_log(path: Path, size: int) -> None:
    log = Log(write_log(path, LINES))
    shares = []
    for count in _portions(log, size):
        assert snapshot(log.session()) == snapshot(fold(KEPT.events[:count]))
        shares.append(log.share)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert list(log.lines) == LINES


@given(st.lists(st.integers(0, len(b"\n".join(LINES))), max_size=8))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_appended_while_a_log_is_read_is_read_too(path: Path, cuts: list[int]) -> None:
    whole = path.parent / "whole"
    content = write_log(whole, LINES).read_bytes()
    start = len(LINES[0]) + 1
    path.write_bytes(content[:start])
    log = read(path)
    for end in [*sorted(start + cut for cut in cuts), len(content)]:
        with path.open("ab") as file:
            file.write(content[path.stat().st_size : end])
        log.read_on()
        assert not log.has_more
        there = path.read_bytes()
        assert list(log.lines) == there.split(b"\n")[:-1]
        assert log.torn == len(there.rpartition(b"\n")[2])
    assert snapshot(log.session()) == snapshot(fold(KEPT.events))


@pytest.mark.parametrize("is_longer", [True, False])
def test_a_log_whose_writer_has_cut_it_back_is_read_from_its_beginning(
    path: Path, is_longer: bool
) -> None:
    log = read(write_log(path, LINES))
    kept = fold(KEPT.events[:20])
    others = [SessionPaused(20 + place, kept.t, reason="disk" * 200) for place in range(50)]
    lines = LINES[:20] + [encode(event) for event in others[: 50 if is_longer else 1]]
    write_log(path, lines)
    assert (path.stat().st_size > sum(map(len, LINES))) is is_longer
    assert log.has_more
    log.read_on()
    assert list(log.lines) == lines
    assert log.session().paused == "disk" * 200
    assert snapshot(log.session_at(20)) == snapshot(kept)


def test_damage_is_refused_when_it_is_reached_and_what_was_read_before_stays(path: Path) -> None:
    damaged = [*LINES[:30], LINES[30].replace(b"seq", b"sec"), *LINES[31:]]
    log = Log(write_log(path, damaged))
    log.read_on(sum(map(len, LINES[:10])))
    with pytest.raises(LogError, match="checksum") as caught:
        log.read_on()
    assert caught.value.line == 31
    assert list(log.lines) == LINES[:30]
