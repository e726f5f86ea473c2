"""The reader: what it takes, what it reports, what it refuses; and that it never writes."""

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brainstorm_agents import scan
from brainstorm_agents.errors import LogError
from brainstorm_agents.events import FORMAT, TurnCancelled, UserSpoke, encode
from brainstorm_agents.reader import read

from .casts import TRACE, Kept, fold, run, snapshot, trace, trio, virtual, write_log


@virtual
async def _session() -> Kept:
    kept = Kept()
    await run(trio(script=["Süße Bienen.", "学ぶ"]), journal=kept)
    return kept


KEPT = _session()
LINES = KEPT.lines()
WHOLE = b"".join(line + b"\n" for line in LINES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def refusal(path: Path, content: bytes) -> LogError:
    """What is said of a file with this content."""
    path.write_bytes(content)
    with pytest.raises(LogError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    return caught.value


# ---------------------------------------------------------------------------------------- whole


def test_a_log_gives_its_events_its_lines_and_its_session(path: Path) -> None:
    log = read(write_log(path, LINES))
    assert list(log.events) == KEPT.events
    assert list(log.lines) == LINES
    assert log.header == KEPT.events[0]
    assert log.torn == 0
    assert trace(log.session()) == TRACE
    assert snapshot(log.session()) == snapshot(fold(KEPT.events))


def test_a_log_is_folded_once(path: Path) -> None:
    log = read(write_log(path, LINES))
    assert log.session() is log.session()


def test_reading_never_writes(path: Path) -> None:
    path.write_bytes(WHOLE + b'{"type":"torn')
    path.chmod(0o400)
    before = path.stat()
    read(path)
    after = path.stat()
    assert path.read_bytes() == WHOLE + b'{"type":"torn'
    assert (after.st_mtime_ns, after.st_ino, after.st_mode) == (
        before.st_mtime_ns,
        before.st_ino,
        before.st_mode,
    )
    assert list(path.parent.iterdir()) == [path]


# ----------------------------------------------------------------------------------- a torn tail


@given(st.integers(len(LINES[0]) + 1, len(WHOLE)))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_log_cut_off_anywhere_after_its_header_is_read_up_to_its_last_whole_line(
    path: Path, cut: int
) -> None:
    path.write_bytes(WHOLE[:cut])
    whole, _, tail = WHOLE[:cut].rpartition(b"\n")
    log = read(path)
    assert list(log.lines) == whole.split(b"\n")
    assert log.torn == len(tail)
    assert snapshot(log.session()) == snapshot(fold(KEPT.events[: len(log.lines)]))


@given(st.binary(min_size=1, max_size=40).filter(lambda tail: b"\n" not in tail))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_a_torn_tail_is_it_is_ignored(path: Path, tail: bytes) -> None:
    path.write_bytes(WHOLE + tail)
    log = read(path)
    assert (len(log.lines), log.torn) == (len(LINES), len(tail))


def test_a_line_without_its_newline_was_never_acknowledged(path: Path) -> None:
    path.write_bytes(WHOLE[:-1])
    log = read(path)
    assert (len(log.lines), log.torn) == (len(LINES) - 1, len(LINES[-1]))


# ---------------------------------------------------------------------------------------- damage


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damage_before_the_tail_is_refused_with_its_line(
    path: Path, place: int, change: int
) -> None:
    damaged = bytearray(WHOLE)
    damaged[place] ^= change
    if place == len(WHOLE) - 1:
        return  # the last newline: that is a torn tail
    error = refusal(path, bytes(damaged))
    if b"\n" not in (WHOLE[place : place + 1], bytes(damaged[place : place + 1])):
        assert error.line in (None, WHOLE[:place].count(b"\n") + 1)
        assert error.line or place < len(LINES[0]), "only a header may be anything at all"


@pytest.mark.parametrize(
    "changed",
    [
        [*LINES[:5], *LINES[6:]],
        [*LINES[:5], LINES[4], *LINES[5:]],
        [*LINES[:5], LINES[6], LINES[5], *LINES[7:]],
        [*LINES[:5], b"", *LINES[5:]],
        [*LINES[:5], *LINES],
    ],
    ids=["missing", "twice", "out of order", "empty", "two logs"],
)
def test_whole_lines_in_the_wrong_place_are_refused(path: Path, changed: list[bytes]) -> None:
    error = refusal(path, b"".join(line + b"\n" for line in changed))
    assert error.line == 6


def test_an_event_that_cannot_follow_is_refused_with_its_line(path: Path) -> None:
    stray = TurnCancelled(2, 0.0, id="z9", role="Zoe", reason="stopped")
    error = refusal(path, b"".join(line + b"\n" for line in [*LINES[:2], encode(stray)]))
    assert error.line == 3
    assert "z9" in error.problem


# ------------------------------------------------------------------------------ somebody else's


def test_a_newer_format_is_refused_though_its_lines_may_be_unknown(path: Path) -> None:
    newer = LINES[0].replace(b'"format":%d' % FORMAT, b'"format":%d' % (FORMAT + 1))
    error = refusal(path, newer + b"\nwhatever\n")
    assert f"format {FORMAT + 1}" in str(error)
    assert "upgrade" in error.remedy


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\0" * 4096,
        b'{"name": "somebody-else", "version": 3}\n',
        b"[1, 2, 3]\n",
        b'{"text": "Gr\xfc\xdfe"}\n',
        b"name: classroom\ntopic: bees\n",
        b'{"version": 2, "width": 80, "height": 24}\n[0.1, "o", "x"]\n',
        LINES[0],
        LINES[0][:50],
        b"\n".join(LINES[1:3]) + b"\n",
        b"\xef\xbb\xbf" + WHOLE,
        WHOLE.replace(b"\n", b"\r\n"),
        WHOLE.decode().encode("utf-16"),
    ],
    ids=[
        *("empty", "newline", "zeros", "JSON", "list", "Latin-1", "YAML", "asciicast"),
        *("header without newline", "half a header", "no header", "BOM", "CRLF", "UTF-16"),
    ],
)
def test_a_file_that_is_no_log_is_refused(path: Path, content: bytes) -> None:
    refusal(path, content)


@given(st.binary(max_size=200))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_bytes_are_refused(path: Path, content: bytes) -> None:
    refusal(path, content)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError):
        read(tmp_path)


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(LogError, match="cannot be read: No such file"):
        read(path)


def test_a_device_a_named_pipe_and_no_path_at_all_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for what in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(LogError, match="no regular file"):
            read(what)
    with pytest.raises(LogError):
        read(Path("a\0b"))
    with pytest.raises(LogError):
        read(Path("a" * 300))


@pytest.mark.parametrize(
    ("content", "problem"), [(WHOLE, "line is longer than"), (b"", "not a log")]
)
def test_two_gigabytes_of_nothing_are_refused_at_once(
    path: Path, content: bytes, problem: str
) -> None:
    path.write_bytes(content)
    os.truncate(path, 2 * 2**30)
    with pytest.raises(LogError, match=problem):
        read(path)


def test_a_file_may_be_linked_to(path: Path, tmp_path: Path) -> None:
    write_log(path, LINES)
    (tmp_path / "link").symlink_to(path)
    assert list(read(tmp_path / "link").lines) == LINES


def test_a_line_of_five_megabytes_is_read(path: Path) -> None:
    long = "x" * 5 * 2**20
    event = UserSpoke(len(LINES), KEPT.events[-1].t, id="user2", text=long)
    log = read(write_log(path, [*LINES, encode(event)]))
    assert log.session().published[-1].text == long


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "LONGEST_LINE", 4096)
    assert refusal(path, WHOLE + b"x" * 5000).line == len(LINES) + 1
    assert "not a log" in refusal(path, b"\0" * 5000).problem


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to everything inside a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield (*way, key)
        if isinstance(inner, dict | list):
            yield from _places(inner, (*way, key))


@given(st.integers(0, len(LINES) - 1), st.data())
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_a_forged_line_says_the_log_is_read_or_refused(
    path: Path, number: int, data: st.DataObject
) -> None:
    event = json.loads(LINES[number])
    del event["crc"]
    *way, last = data.draw(st.sampled_from(list(_places(event))))
    inner = event
    for key in way:
        inner = inner[key]
    inner[last] = data.draw(_json | st.sampled_from(["", "Alex", "b1", "user", 0, -1, 10**30, []]))
    body = json.dumps(event)[:-1].encode()
    forged = b'%s,"crc":"%08x"}' % (body, zlib.crc32(body))
    path.write_bytes(b"".join(line + b"\n" for line in [*LINES[:number], forged]))
    try:
        log = read(path)
    except LogError:
        return
    assert len(log.events) == number + 1
