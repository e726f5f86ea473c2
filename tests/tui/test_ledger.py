"""The ledger: who saw what, and what the time together has saved."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from brainstorm_agents.events import Event, TurnCancelled
from brainstorm_agents.session import Session
from brainstorm_tui.draw.ledger import ledger, waited
from brainstorm_tui.look import Look

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


def lines_of(session: Session, now: float, width: int = 36, height: int = 40) -> list[str]:
    return [line.strip() for line in texts(ledger(LOOK, session, now, width, height))]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([FOREIGN_EVENTS, MANY_EVENTS, THREE]),
    st.floats(0, 12),
    st.integers(20, 200),
    st.integers(0, 60),
    st.sampled_from([LOOK, PLAIN]),
)
def test_every_line_is_exactly_as_wide_as_it_has_to_be(
    events: list[Event], now: float, width: int, height: int, look: Look
) -> None:
    strips = ledger(look, folded(events, now), now, width, height)
    assert len(strips) <= height
    assert_exact(strips, width)


def test_each_turn_stands_with_what_it_observed_and_how_long_it_took() -> None:
    lines = [" ".join(line.split()) for line in lines_of(folded(THREE), 9.0)]
    assert lines[0] == "who saw what"
    expected = ["opening a0 ← user 1.0 s", "round 1 b1 ← a0 2.5 s", "c1 ← a0 1.0 s"]
    assert [line for line in lines if line][1:4] == expected


def test_running_turns_show_their_phase_in_place_of_a_time() -> None:
    strips = ledger(LOOK, folded(THREE, 2.9), 2.9, 36, 40)
    running = next(strip for strip in strips if "b1 ←" in strip.text)
    sign = next(segment for segment in running if "●" in segment.text)
    assert sign.style == LOOK.role(1)


def test_a_failure_is_a_chip() -> None:
    session = folded(played(cast("Alex", "Bob", Bob={"fail": 1.0}), 1))
    strips = ledger(LOOK, session, session.t, 36, 40)
    failed = next(strip for strip in strips if "b1 ←" in strip.text)
    assert any(segment.style == LOOK.chip("failure") and "✗" in segment.text for segment in failed)


def test_the_bars_are_as_long_as_the_times_they_stand_for() -> None:
    session = folded(THREE)
    lines = lines_of(session, session.t)
    bars = [line for line in lines if line.startswith("█")]
    share = session.elapsed(session.t) / session.busy(session.t)
    assert cell_len(bars[0]) == 32
    assert abs(bars[1].count("█") - 32 * share) <= 1
    assert f"one after another         {session.busy(session.t):.1f} s" in lines
    saved = session.busy(session.t) - session.elapsed(session.t)
    assert any(line.startswith("saved") and f"{saved:.1f} s" in line for line in lines)


def test_bars_are_hashes_with_ascii_symbols() -> None:
    session = folded(THREE)
    strips = ledger(PLAIN, session, session.t, 36, 40)
    assert "".join(strip.text for strip in strips).isascii()
    assert any(strip.text.strip() == "#" * 32 for strip in strips)


def test_whoever_waited_longest_at_the_barrier_is_named() -> None:
    session = folded(THREE, 3.6)
    assert waited(session, 3.6) == {"Alex": 0.0, "Bob": 0.0, "Chalice": 1.5}
    assert any("waited" in line and "Chalice 1.5 s" in line for line in lines_of(session, 3.6))


def test_waiting_grows_while_a_round_is_open() -> None:
    session = folded(THREE, 2.6)
    assert abs(waited(session, 2.6)["Chalice"] - 0.6) < 1e-6
    assert abs(waited(session, 3.1)["Chalice"] - 1.1) < 1e-6


def test_nobody_waits_while_the_session_is_stopped() -> None:
    session = folded(THREE, 2.6)
    stop = TurnCancelled(seq=session.seq + 1, t=2.6, id="b1", role="Bob", reason="stopped")
    session.apply(stop)
    assert abs(waited(session, 1000.0)["Chalice"] - 0.6) < 1e-6


def test_earlier_rounds_give_way_whole() -> None:
    session = folded(played(cast("Alex", "Bob", "Chalice"), 9))
    lines = lines_of(session, session.t, height=24)
    listed = [line for line in lines if "←" in line]
    assert lines[2] == "… 7 earlier"
    assert any(line.startswith("round 9") for line in listed)
    assert listed[0].startswith("round 7")
    assert len(listed) == 9
    assert any(line.startswith("one after another") for line in lines)


def test_a_round_that_is_too_long_is_counted_to_its_end() -> None:
    session = folded(MANY_EVENTS)
    lines = lines_of(session, session.t, height=16)
    shown = sum("←" in line for line in lines)
    assert f"+{25 - shown} more" in lines


def test_without_height_the_times_go_before_the_list() -> None:
    session = folded(THREE)
    lines = lines_of(session, session.t, height=8)
    assert not any("together" in line for line in lines)
    assert sum("←" in line for line in lines) >= 3


def test_before_the_first_turn_it_says_so() -> None:
    assert "nobody has spoken yet" in lines_of(folded(THREE[:2]), 0.0)


def test_what_the_user_throws_in_is_seen() -> None:
    session = folded(played(cast("Alex", "Bob"), 1, ["Hurry!"]))
    lines = lines_of(session, session.t)
    assert any("a0 ← user user2" in line for line in lines)
