"""An event as a line of a log: safe to print, readable in any language, and checked."""

import json
import re
import unicodedata
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents.errors import LogError
from brainstorm_agents.events import (
    FORMAT,
    Event,
    RoundFinished,
    SessionStarted,
    TurnFinished,
    TurnStarted,
    Usage,
    UserSpoke,
    decode,
    decode_header,
    encode,
    whole_text,
)

from .casts import Kept, cast, role, run, trio, virtual


def spoken(text: str) -> UserSpoke:
    return UserSpoke(1, 0.5, id="user", text=text)


def sealed(body: str) -> bytes:
    """A line with a right checksum, from JSON without its closing brace."""
    return b'%s,"crc":"%08x"}' % (body.encode(), zlib.crc32(body.encode()))


# --------------------------------------------------------------------------------------- the form


def test_a_line_says_its_type_its_number_and_its_time_and_ends_in_a_checksum() -> None:
    line = encode(spoken("Bees?")).decode()
    body, _, end = line.rpartition(',"crc":"')
    assert body == '{"type":"user_spoke","seq":1,"t":0.5,"id":"user","text":"Bees?"'
    assert end == f'{zlib.crc32(body.encode()):08x}"}}'


def test_observed_is_logged_as_half_open_ranges() -> None:
    event = TurnStarted(2, 0.0, id="b1", role="Bob", round=1, observed=((1, 3), (4, 5)))
    assert json.loads(encode(event))["observed"] == [[1, 3], [4, 5]]


@virtual
async def test_every_event_of_a_session_is_one_line_of_json() -> None:
    kept = Kept()
    await run(trio(), journal=kept)
    lines = [json.loads(line) for line in kept.lines()]
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert (lines[0]["type"], lines[0]["t"], lines[0]["format"]) == ("session_started", 0, FORMAT)
    assert lines[0]["scenario"]["roles"][0]["name"] == "Alex"
    assert all(re.fullmatch("[0-9a-f]{8}", line["crc"]) for line in lines)
    assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)


# ------------------------------------------------------------------------------------- the letters

INVISIBLE = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e",
    *"\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff\ufff9\ufffa\ufffb",
    *map(chr, range(0xE0000, 0xE0080)),
]


@pytest.mark.parametrize("beside", ["", "ü"])
def test_no_control_or_invisible_character_stands_raw_in_a_line(beside: str) -> None:
    for character in INVISIBLE:
        line = encode(spoken(f"a{character}b{beside}"))
        shown = line.decode()
        assert character not in shown, f"U+{ord(character):04X}"
        assert json.loads(line)["text"] == f"a{character}b{beside}"


@given(st.text())
@settings(deadline=None)
def test_a_line_is_safe_to_print(text: str) -> None:
    for character in encode(spoken(text)).decode():
        assert unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(character) not in {
            *("LRE", "RLE", "LRO", "RLO", "PDF"),
            *("LRI", "RLI", "FSI", "PDI"),
        }


@pytest.mark.parametrize(
    "text", ["Süße Grüße", "学びて時に之を習う", "שלום", "مرحبا", "नमस्ते", "🐝 ≈ 🍯", "Привет"]
)
def test_any_language_stays_readable(text: str) -> None:
    assert text in encode(spoken(text)).decode()


@given(st.text(), st.text(), st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_comes_back_as_it_went_in(one: str, two: str, three: str) -> None:
    event = TurnFinished(
        5,
        1.25,
        id=one,
        role=two,
        text=three,
        usage=Usage(1, 2, True),
        queued_s=0.1,
        thinking_s=0.2,
        speaking_s=1e-6,
    )
    assert decode(encode(event), "log", 1) == event


numbers = st.floats(0, 1e9).map(lambda t: round(t, 6))


@given(numbers, st.lists(st.text(max_size=5), max_size=4).map(tuple))
@settings(deadline=None)
def test_times_and_lists_come_back_exactly(t: float, ids: tuple[str, ...]) -> None:
    event = RoundFinished(9, t, round=3, schedule="simultaneous", published=ids)
    assert decode(encode(event), "log", 1) == event


@given(st.text(st.characters()))
@settings(deadline=None)
def test_whole_text_is_what_utf_8_can_hold(text: str) -> None:
    whole = whole_text(text)
    assert whole.encode().decode() == whole
    assert len(whole) == len(text)
    for before, after in zip(text, whole, strict=True):
        assert after == ("\ufffd" if 0xD800 <= ord(before) <= 0xDFFF else before)


# --------------------------------------------------------------------------------------- refusals


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_line_is_refused(data: st.DataObject) -> None:
    line = encode(spoken("Why do bees dance, Süße?"))
    place = data.draw(st.integers(0, len(line) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[place]))
    changed = line[:place] + bytes([byte]) + line[place + 1 :]
    with pytest.raises(LogError) as caught:
        decode(changed, "log.jsonl", 7)
    assert str(caught.value).startswith("log.jsonl:7: ")


@pytest.mark.parametrize(
    "body",
    [
        '{"type":"user_spoke","seq":1,"t":0.5,"id":"user"',
        '{"type":"user_sang","seq":1,"t":0.5',
        '{"type":"user_spoke","seq":"1","t":0.5,"id":"user","text":"x"',
        '{"type":"user_spoke","seq":1,"t":0.5,"id":"user","text":7',
        "[1",
        "",
        "[" * 100_000,
        '{"type":"user_spoke","seq":1,"t":0.5,"id":"user","text":"x","new":' + "[" * 100_000,
    ],
    ids=["a field is missing", "type", "seq", "text", "list", "empty", "deep", "deep and unknown"],
)
def test_a_line_that_is_whole_but_no_event_is_refused(body: str) -> None:
    with pytest.raises(LogError):
        decode(sealed(body), "log", 1)


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    body = b'{"type":"user_spoke","seq":1,"t":0.5,"id":"user","text":"\xff\xfe"'
    with pytest.raises(LogError):
        decode(b'%s,"crc":"%08x"}' % (body, zlib.crc32(body)), "log", 1)


def test_a_field_that_this_program_does_not_know_is_no_damage() -> None:
    body = '{"type":"user_spoke","seq":1,"t":0.5,"id":"user","text":"x","mood":"good"'
    assert decode(sealed(body), "log", 1) == spoken("x")


def header() -> SessionStarted:
    scenario = cast(role("Alex"), role("Émile", ("Alex",)), opener="Alex", topic="Süß?")
    return SessionStarted(
        0, 0.0, format=FORMAT, version="1", scenario=scenario, seed=2**62, started_at="now"
    )


def test_a_header_comes_back_with_its_whole_scenario() -> None:
    read = decode_header(encode(header()), "log")
    assert read == header()
    assert read.scenario.watched("Émile") == ("Alex",)
    assert read.scenario.prefixes == {"Alex": "a", "Émile": "é"}


def test_the_format_of_a_header_is_checked_before_its_checksum() -> None:
    line = encode(header()).replace(b'"format":1', b'"format":2')
    with pytest.raises(LogError, match=r"format 2.*upgrade"):
        decode_header(line, "log")
    damaged = encode(header()).replace(b'"version":"1"', b'"version":"2"')
    with pytest.raises(LogError, match="damaged"):
        decode_header(damaged, "log")


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"{}", b"[]", b"null", b"7", b"\xff\xfe", b"{", b"[" * 100_000, b'{"a":' * 100_000),
        *(b'{"type":"session_started"}', b'{"type":"user_spoke","format":1}', b'{"\xff":1}'),
        *(b'{"type":"session_started","format":true}', b'{"type":"session_started","format":"1"}'),
        b'{"type":"session_started","format":0}',
        b'{"type":"session_started","format":1}',
    ],
    ids=lambda line: repr(line[:40]),
)
def test_what_is_no_header_is_refused(line: bytes) -> None:
    with pytest.raises(LogError):
        decode_header(line, "log")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(deadline=None)
def test_no_bytes_do_worse_than_being_refused(line: bytes) -> None:
    with pytest.raises(LogError):
        decode(line, "log", 1)
    with pytest.raises(LogError):
        decode_header(line, "log")


def test_events_are_frozen() -> None:
    event: Event = spoken("x")
    with pytest.raises(AttributeError):
        event.seq = 2  # type: ignore[misc]
