"""What a turn saw: its page says what the prompt says, and fits any screen."""

from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents import tokens
from brainstorm_agents.events import Event, TurnAsked, TurnRetried
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.session import Session
from brainstorm_tui.draw.saw import saw
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


def lines_of(
    session: Session, id_: str, width: int = 42, height: int = 60, look: Look = LOOK
) -> list[str]:
    return [line.strip() for line in texts(saw(look, session, session.turns[id_], width, height))]


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from([FOREIGN_EVENTS, MANY_EVENTS, THREE]),
    st.floats(0, 12),
    st.integers(20, 200),
    st.integers(0, 60),
    st.sampled_from([LOOK, PLAIN]),
    st.data(),
)
def test_every_line_is_exactly_as_wide_as_it_has_to_be(
    events: list[Event], now: float, width: int, height: int, look: Look, data: st.DataObject
) -> None:
    session = folded(events, now)
    turn = data.draw(st.sampled_from(list(session.turns.values())))
    strips = saw(look, session, turn, width, height)
    assert len(strips) <= height
    assert_exact(strips, width)


SAID = played(
    cast(
        "Alex",
        "Bob",
        "Chalice",
        Alex={"script": ["Think of a kitchen."]},
        Bob={"script": ["I waited for a download.", "Burn the rice."]},
        Chalice={"script": ["Let them **cook**:\n\n- one\n- two"]},
    ),
    2,
)


def test_it_says_what_was_new_what_was_known_and_what_was_not_seen() -> None:
    lines = lines_of(folded(SAID), "b2")
    assert lines[0] == "what b2 saw"
    assert lines[2:8] == [
        "new to Bob in round 2",
        "",
        "c1 Chalice",
        "Let them cook:",
        "• one",
        "• two",
    ]
    known = lines.index("known from before")
    assert lines[known + 1] == "b1 own  I waited for a download."
    assert lines[known + 2] == "a0 Alex Think of a kitchen."
    aside = lines.index("said at the same time: not seen")
    assert lines[aside + 1] == "a1 Alex   c2 Chalice"


def test_what_is_known_is_what_the_prompt_holds() -> None:
    session = folded(SAID)
    turn = session.turns["b2"]
    prompt = Prompt(session, turn).messages()
    estimate = sum(tokens.count(message["content"]) for message in prompt)
    lines = lines_of(session, "b2")
    assert f"sent  system + {len(prompt) - 1} messages, ≈{estimate} tokens" in lines
    assert "got   4 tokens in 0.8 s, 5 a second" in lines
    assert "model mock  seed 7  attempt 1" in lines


def test_an_opening_saw_the_user_and_knew_nothing() -> None:
    lines = lines_of(folded(SAID), "a0")
    assert lines[2:6] == ["new to Alex in the opening", "", "you", "Why?"]
    assert "known from before" not in lines
    assert "said at the same time: not seen" not in lines


def test_what_the_user_threw_in_has_its_id() -> None:
    session = folded(played(cast("Alex", "Bob"), 1, ["Hurry!"]))
    lines = lines_of(session, "b0")
    assert lines[lines.index("user2") + 1] == "Hurry!"


def test_only_turns_that_have_begun_are_said_at_the_same_time() -> None:
    starting = next(index for index, event in enumerate(SAID) if getattr(event, "id", "") == "b1")
    session = folded(SAID[: starting + 1])
    assert "said at the same time: not seen" not in lines_of(session, "b1")


def test_a_turn_under_way_shows_what_is_known_so_far() -> None:
    session = folded(SAID, 1.1)
    assert "got   nothing yet: thinking" in lines_of(session, "b1")
    session = folded(SAID, 1.8)
    assert any(line.endswith("tokens so far") for line in lines_of(session, "b1"))


def test_a_failed_turn_says_why() -> None:
    session = folded(played(cast("Alex", "Bob", Bob={"fail": 1.0}), 1))
    strips = saw(LOOK, session, session.turns["b1"], 80, 40)
    failed = next(strip for strip in strips if "✗ failed" in strip.text)
    assert "the mock model failed" in failed.text
    assert any(segment.style == LOOK.chip("failure") for segment in failed)


def test_what_a_failed_turn_had_observed_is_new_again() -> None:
    session = folded(played(cast("Alex", "Bob", "Cleo", Bob={"fail": 1.0}), 2))
    lines = lines_of(session, "b2")
    assert "a0 Alex" in lines
    assert "known from before" not in lines


def test_many_messages_are_cut_alike_and_the_rest_is_counted() -> None:
    session = folded(MANY_EVENTS)
    turn = next(turn for turn in session.turns.values() if turn.round.number == 2)
    lines = lines_of(session, turn.id, height=30)
    assert len(lines) <= 30
    count = sum(end - start for start, end in turn.observed)
    who = {f"{message.id} {message.sender}" for message in session.published}
    headers = sum(line in who for line in lines)
    assert f"+{count - headers} more" in lines
    assert any(line.startswith("model") for line in lines)


def test_a_long_message_and_a_short_one_share_fairly() -> None:
    script = {"script": ["word " * 400]}
    events = played(cast("Alex", "Bob", "Cleo", Bob=script, Cleo={"script": ["Short."]}), 2)
    lines = lines_of(folded(events), "a1", height=30)
    assert "Short." in lines
    assert any(line.endswith("…") and line.startswith("word") for line in lines)


def test_little_height_leaves_what_was_new() -> None:
    session = folded(SAID)
    for height in range(5, 40):
        lines = lines_of(session, "b2", height=height)
        assert "new to Bob in round 2" in lines
        assert "c1 Chalice" in lines
        assert "Let them cook:" in lines or any("Let them" in line for line in lines)


def test_hidden_characters_are_shown_not_obeyed() -> None:
    session = folded(FOREIGN_EVENTS)
    turn = next(turn for turn in session.turns.values() if turn.round.number == 1)
    text = "\n".join(lines_of(session, turn.id, 60))
    assert "␛[31m" in text
    assert "\u202e" not in text


def test_ascii_symbols_draw_no_sign_beyond_ascii() -> None:
    assert "".join(lines_of(folded(SAID), "b2", look=PLAIN)).isascii()


def test_the_count_is_made_again_for_another_attempt() -> None:
    session = folded(SAID, 1.1)
    turn = session.turns["b1"]
    assert "model mock  seed 7  attempt 1" in lines_of(session, "b1")
    again = session.seq + 1, session.t
    session.apply(TurnRetried(*again, id="b1", role="Bob", attempt=1, reason="busy", wait_s=1))
    assert any("busy" in line for line in lines_of(session, "b1"))
    again = session.seq + 1, session.t
    session.apply(TurnAsked(*again, id="b1", role="Bob", attempt=2, model="mock"))
    assert turn.attempt == 2
    assert "model mock  seed 7  attempt 2" in lines_of(session, "b1")
