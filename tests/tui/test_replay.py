"""A replay: while its log is read, while another process writes it, and wherever it goes."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from brainstorm_agents.errors import LogError
from brainstorm_agents.events import RoundFinished, TurnStreamed
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.reader import Log, read
from brainstorm_agents.session import Phase
from brainstorm_tui import headless, reading
from brainstorm_tui.cli import main
from brainstorm_tui.look import UNICODE
from brainstorm_tui.source import ReplaySource
from brainstorm_tui.transport import Replay

from .stage import DEADLINE_S, cast, record, staged


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A session of two rounds, as its log."""
    path = tmp_path_factory.mktemp("replay") / "whole.jsonl"
    return record(cast(rounds=2), path).path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def written(path: Path, content: bytes, events: int) -> Path:
    """A log with the first events of another."""
    path.write_bytes(b"".join(content.splitlines(keepends=True)[:events]))
    return path


def begun(path: Path, content: bytes) -> Log:
    """A log of which the header has been read, and no more."""
    path.write_bytes(content)
    log = Log(path)
    log.read_on(1)
    return log


def append(path: Path, content: bytes, events: int) -> None:
    """Write the next events, as far as there are."""
    there = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"".join(content[there:].splitlines(keepends=True)[:events]))


@contextlib.asynccontextmanager
async def writing(path: Path) -> AsyncIterator[None]:
    """Hold a log as the process does that writes it."""
    file = LogFile.take(path)
    try:
        yield
    finally:
        file.close()


def ends(log: Log) -> list[int]:
    """The positions behind the ends of rounds."""
    return [n for n, event in enumerate(log.events, 1) if isinstance(event, RoundFinished)]


# ------------------------------------------------------------------------------- where it goes to


def test_it_goes_by_events_turns_and_rounds_as_a_list_of_them_would(
    path: Path, recorded: bytes
) -> None:
    path.write_bytes(recorded)
    log = read(path)
    events, source = list(log.events), ReplaySource(log)
    said = [n for n, event in enumerate(events, 1) if not isinstance(event, TurnStreamed)]
    for start in range(1, len(events) + 1):
        source.seek(start)
        assert source.session.seq == start - 1
        source.next_turn(1)
        assert source.position == min((n for n in said if n > start), default=len(events))
        source.seek(start)
        source.next_turn(-1)
        assert source.position == max((n for n in said if n < start), default=1)
        source.seek(start)
        source.next_round(1)
        assert source.position == min((n for n in ends(log) if n > start), default=len(events))
        source.seek(start)
        source.next_round(-1)
        earlier = [n for n in ends(log) if n < start]
        assert source.position == (earlier[-1] if earlier else min(start, 2))


def test_a_time_leads_to_all_that_had_happened(path: Path, recorded: bytes) -> None:
    path.write_bytes(recorded)
    log = read(path)
    source = ReplaySource(log)
    for event in log.events:
        source.seek_time(event.t)
        assert source.position == sum(other.t <= event.t for other in log.events)
        assert source.now() == event.t


# ------------------------------------------------------------------------- while its log is read


def test_while_it_is_read_it_stands_at_the_end_or_where_it_was_put(
    path: Path, recorded: bytes
) -> None:
    path.write_bytes(recorded)
    log = Log(path)
    log.read_on(3000)
    source = ReplaySource(log)
    before = source.position
    source.read_on(500)
    assert source.position == source.length > before
    assert source.session is source.whole
    source.seek(5)
    while log.has_more:
        source.read_on(500)
    assert (source.position, source.session.seq) == (5, 4)
    assert source.whole.ended == "rounds"


def test_while_it_is_read_it_says_how_far_that_is(path: Path, recorded: bytes) -> None:
    path.write_bytes(recorded)
    log = Log(path)
    log.read_on(len(recorded) // 2)
    replay = Replay(ReplaySource(log))
    standing = replay.standing(UNICODE)
    assert "reading" in standing.state
    assert ("read", f"{log.share:.0%}") in standing.extra
    assert 0.5 <= log.share < 0.6
    log.read_on()
    assert "paused" in replay.standing(UNICODE).state
    assert "read" not in dict(replay.standing(UNICODE).extra)


async def test_what_was_not_read_before_the_first_frame_is_read_behind_it(
    path: Path, recorded: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PORTION", 500)
    log = begun(path, recorded)
    async with staged(replay=log) as stage:
        count = len(recorded.splitlines())
        await stage.see(f"event {count} of {count}", "round 2 of 2", "paused")
        assert not log.has_more


async def test_damage_that_is_found_while_it_is_shown_ends_the_screen_with_the_readers_words(
    path: Path, recorded: bytes
) -> None:
    log = begun(path, recorded[:-60] + b"?" + recorded[-59:])
    async with staged(replay=log) as stage:
        async with asyncio.timeout(DEADLINE_S):
            while stage.app.return_value is None:
                await stage.pilot.pause(0)
    assert stage.app.return_value == 2
    assert isinstance(stage.app.error, LogError)
    assert stage.app.error.line == len(recorded.splitlines())
    assert "logs recover" in str(stage.app.error)


# ------------------------------------------------------------------- while another one writes it


async def test_a_session_of_another_process_is_shown_as_it_comes(
    path: Path, recorded: bytes
) -> None:
    log = read(written(path, recorded, 4))
    async with writing(path), staged(replay=log, follows=True) as stage:
        await stage.see("following", "event 4 of 4")
        append(path, recorded, 30)
        await stage.see("event 34 of 34")
        await stage.press("home")
        append(path, recorded, 30)
        await stage.see("event 1 of 64", "paused")
        assert "End follow" in stage.lines[-1]
        await stage.press("end")
        assert "End follow" not in stage.lines[-1]
        append(path, recorded, len(recorded))
        count = len(recorded.splitlines())
        await stage.see(f"event {count} of {count}", "ended: all rounds done")


async def test_of_a_session_whose_process_was_killed_it_is_said_that_nobody_writes_it(
    path: Path, recorded: bytes
) -> None:
    log = read(written(path, recorded, 9))
    async with staged(replay=log, follows=True) as stage:
        async with writing(path):
            await stage.see("following", "speaking")
        await stage.see("cut off", "nobody is writing it any more")
        then = stage.frame.transport.source.now()
        assert {turn.phase for turn in stage.session.rounds[0].turns} == {Phase.CANCELLED}
        assert "speaking" not in stage.text
        assert "following" not in stage.text
        await stage.see("cut off")
        assert stage.frame.transport.source.now() == then
        # Somebody goes on with it.
        async with writing(path):
            await stage.see("following", "speaking")
            append(path, recorded, len(recorded))
            await stage.see("ended: all rounds done")


async def test_a_log_that_is_deleted_while_it_is_followed_is_told(
    path: Path, recorded: bytes
) -> None:
    log = read(written(path, recorded, 9))
    async with writing(path), staged(replay=log, follows=True) as stage:
        await stage.see("following")
        os.unlink(path)  # noqa: PTH108
        await stage.see("its file gone")


def test_without_a_screen_following_ends_where_nobody_writes_any_more(
    path: Path, recorded: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    written(path, recorded, 9)
    with path.open("ab") as file:
        file.write(b'{"type"')
    assert main(["replay", str(path), "--headless", "--follow"]) == 1
    printed = capfd.readouterr()
    assert f"{path}: the last line was not finished, 7 bytes" in printed.err
    assert "Alex: cut off" in printed.out
    assert "nobody is writing it any more" in printed.err
    assert f"resume {path}" in printed.err


def test_what_a_turn_had_said_before_it_was_cut_off_is_printed_as_no_reply(
    path: Path, recorded: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    written(path, recorded, 9)
    (said,) = [turn.text for turn in read(path).session().turns.values()]
    assert said
    assert main(["replay", str(path), "--headless"]) == 0
    assert f"a0 ✗ Alex: cut off\n  {said}" in capsys.readouterr().out
    assert main(["export", str(path), "--to", "markdown"]) == 0
    assert f"**✗ cut off**\n\n{said}" in capsys.readouterr().out


def test_its_time_goes_on_between_events_and_only_while_turns_are_under_way(
    path: Path, recorded: bytes
) -> None:
    source = ReplaySource(read(written(path, recorded, 2)), is_followed=True)
    source.pass_time(5.0)
    assert source.now() == source.session.t
    append(path, recorded, 3)
    source.read_on(len(recorded))
    assert source.session.is_under_way
    asked = source.session.t
    source.pass_time(0.3)
    assert source.now() == asked + 0.3
    source.seek(source.position - 1)
    source.pass_time(0.3)
    assert source.now() == source.session.t


def test_its_time_does_not_jump_back_for_an_event_that_was_late(
    path: Path, recorded: bytes
) -> None:
    source = ReplaySource(read(written(path, recorded, 5)), is_followed=True)
    following = read(written(path.with_name("more"), recorded, 6)).events[5].t
    source.pass_time(following - source.now() + 0.1)
    append(path, recorded, 1)
    source.read_on(len(recorded))
    assert source.now() == pytest.approx(following + 0.1)
    source.pass_time(60.0)
    append(path, recorded, 1)
    source.read_on(len(recorded))
    assert source.now() == source.session.t


@pytest.mark.parametrize("shown", [["--show", "transcript"], ["--show", "trace"], ["--json"]])
def test_without_a_screen_it_is_printed_as_it_comes(
    path: Path,
    recorded: bytes,
    shown: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    written(path, recorded, 1)
    printed: list[bytes] = []

    def the_other_goes_on(seconds: float) -> None:
        printed.append(capfdbinary.readouterr().out)
        append(path, recorded, 11)

    monkeypatch.setattr(headless.time, "sleep", the_other_goes_on)
    words = ["replay", str(path), "--headless", *shown]
    with contextlib.closing(LogFile.take(path)):
        assert main([*words, "--follow"]) == 0
    rest = capfdbinary.readouterr().out
    assert len(set(printed)) > 2, "it came bit by bit"
    assert main(words) == 0
    assert b"".join(printed) + rest == capfdbinary.readouterr().out
