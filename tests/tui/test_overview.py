"""The overview: one line a role, whatever it says and however narrow it is."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.strip import Strip

from brainstorm_agents.events import Event
from brainstorm_agents.session import Session
from brainstorm_tui.draw.overview import overview, page_of
from brainstorm_tui.draw.timeline import Track
from brainstorm_tui.look import UNICODE, Look

from .panels import (
    FOREIGN_EVENTS,
    LOOK,
    MANY_EVENTS,
    PLAIN,
    THREE,
    assert_exact,
    cast,
    folded,
    played,
    texts,
)


def drawn(
    session: Session, now: float, width: int = 80, height: int = 30, look: Look = LOOK, **more: Any
) -> list[Strip]:
    focus = next(iter(session.roles))
    given = {"focus": focus, "top": 0, **more}
    return overview(look, Track(session, now, now), width, height, **given)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([FOREIGN_EVENTS, MANY_EVENTS, THREE]),
    st.floats(0, 12),
    st.integers(20, 200),
    st.integers(0, 30),
    st.sampled_from([LOOK, PLAIN]),
)
def test_every_line_is_exactly_as_wide_as_it_has_to_be(
    events: list[Event], now: float, width: int, top: int, look: Look
) -> None:
    session = folded(events, now)
    strips = drawn(session, now, width, 17, look, top=top, focus=list(session.roles)[1])
    assert len(strips) == max(0, min(17, len(session.roles) - top))
    assert_exact(strips, width)


def test_who_has_not_spoken_has_heard_nothing_yet() -> None:
    lines = texts(drawn(folded(THREE, 0.5), 0.5))
    assert lines[0].startswith("▌● Alex")
    assert lines[1].split() == ["Bob", "heard", "nothing", "yet"]


def test_before_the_first_turn_there_is_a_line_for_everybody() -> None:
    lines = texts(drawn(folded(THREE[:2]), 0.0))
    assert [line.split()[-4:] for line in lines[1:]] == [
        [name, *["heard", "nothing", "yet"]][-4:] for name in ("Bob", "Chalice")
    ]


def test_the_end_of_what_is_being_said_is_shown_with_a_cursor() -> None:
    script = {"script": ["Start. " + "so it goes on and on " * 20 + "to the very end"]}
    events = played(cast("Alex", "Bob", Alex=script), 0)
    line = texts(drawn(folded(events, 0.99), 0.99, 60))[0]
    assert "…" in line
    assert "Start" not in line
    assert line.endswith("▌")
    assert "0.7 s" in line


def test_the_beginning_of_the_last_words_is_shown_when_done() -> None:
    script = {"script": ["Start **here**. " + "so it goes on and on " * 20]}
    events = played(cast("Alex", "Bob", Alex=script), 0)
    line = texts(drawn(folded(events), 9.0, 60))[0]
    assert line.startswith("▌✓ Alex")
    assert "Start here." in line
    assert line.endswith("…")
    assert " s " not in line


def test_a_failure_is_a_sign_on_a_chip_and_a_reason() -> None:
    events = played(cast("Alex", "Bob", Alex={"fail": 1.0}), 0)
    strip = drawn(folded(events), 9.0, focus="Bob")[0]
    chip = next(segment for segment in strip if "✗" in segment.text)
    assert chip.style == LOOK.chip("failure")
    assert "the mock model failed" in strip.text


def test_the_focused_line_has_one_ground_from_end_to_end() -> None:
    session = folded(THREE, 4.0)
    focused, other = drawn(session, 4.0, 100, focus="Alex")[:2]
    ground = LOOK.on_title("text", 0, focused=True).bgcolor
    assert {segment.style.bgcolor for segment in focused if segment.style} == {ground}
    assert ground not in {segment.style.bgcolor for segment in other if segment.style}


def test_lanes_need_seventy_columns_and_profiles_a_hundred_and_twenty() -> None:
    session = folded(THREE)
    wave = set(UNICODE.waves)
    assert wave & set("".join(texts(drawn(session, 9.0, 70))))
    assert not wave & set("".join(texts(drawn(session, 9.0, 69))))
    assert "p-Bob" in drawn(session, 9.0, 120)[1].text
    assert "p-Bob" not in drawn(session, 9.0, 119)[1].text


def test_in_a_replay_the_words_are_those_of_the_time_shown() -> None:
    whole, known = folded(THREE), folded(THREE, 0.5)
    track = Track(whole, 0.5, whole.t)
    lines = texts(overview(LOOK, track, 60, 9, focus="Alex", top=0, session=known))
    assert "heard nothing yet" in lines[2]


def test_ascii_symbols_draw_no_sign_beyond_ascii() -> None:
    for now in (0.5, 1.5, 3.0, 9.0):
        strips = drawn(folded(MANY_EVENTS, now), now, 80, 25, PLAIN)
        signs = "".join(strip.text[:3] + strip.text[-20:] for strip in strips)
        assert signs.isascii()


def test_the_lane_follows_a_session_that_grows() -> None:
    session = Session()
    lanes = []
    for event in THREE:
        session.apply(event)
        if event.seq > 1:
            lanes.append(drawn(session, event.t)[1].text[-19:])
    assert not lanes[0].strip()
    assert lanes[-1] == drawn(folded(THREE), THREE[-1].t)[1].text[-19:]
    assert len(set(lanes)) > 5


@given(st.integers(1, 200), st.integers(1, 60), st.data())
def test_the_page_shows_the_focused_role_and_no_empty_lines(
    places: int, height: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, places - 1))
    top = page_of(places, place, height)
    assert top <= place < top + height
    assert top == 0 or top + height <= places


def test_the_page_stays_while_the_focus_moves_on_it() -> None:
    assert {page_of(50, place, 10) for place in range(10, 20)} == {10}
