"""What is known to be a key is never told, in whatever pieces it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstorm_agents.redaction import REDACTED, StreamRedactor, looks_like_a_key, redact

KEY = "honey0and0wax0and0pollen"


def told(pieces, secrets):
    redactor = StreamRedactor(secrets)
    return "".join([*map(redactor.take, pieces), redactor.rest()])


@given(
    secrets=st.lists(st.text("abc", min_size=8, max_size=14), max_size=4),
    text=st.lists(st.text("abc", max_size=14), max_size=6),
    data=st.data(),
)
def test_no_way_of_cutting_a_text_saves_a_secret_in_it(secrets, text, data):
    whole = "".join(data.draw(st.permutations([*text, *secrets])))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    out = told(pieces, secrets)

    assert out == told([whole], secrets)
    assert not any(secret in out for secret in secrets)


@given(st.lists(st.text(max_size=30), max_size=8))
def test_a_text_without_a_secret_comes_as_it_is(pieces):
    assert told(pieces, [KEY]) == "".join(pieces)


def test_a_key_that_comes_letter_by_letter_is_caught():
    assert told(f"It is {KEY}, I think.", [KEY]) == f"It is {REDACTED}, I think."


def test_no_more_is_held_back_than_what_may_be_a_key():
    redactor = StreamRedactor([KEY])

    assert redactor.take("Bees make honey") == "Bees make "
    assert redactor.take(" and wax") == "honey and wax"
    assert redactor.rest() == ""


def test_a_key_that_begins_as_another_does_hides_none_of_either():
    assert told([KEY, "0more"], [KEY, f"{KEY}0more"]) == REDACTED
    assert told([KEY, "0less"], [KEY, f"{KEY}0more"]) == f"{REDACTED}0less"


def test_words_that_look_like_a_key_are_the_models_own():
    assert told(["A key begins with sk-", "proj-abcdefgh."], [KEY]) == (
        "A key begins with sk-proj-abcdefgh."
    )


def test_keys_in_the_environment_are_known(monkeypatch):
    monkeypatch.setenv("HIVE_API_KEY", KEY)

    assert told([KEY[:9], KEY[9:]], []) == REDACTED
    assert redact(f"wrong: {KEY}") == f"wrong: {REDACTED}"


@pytest.mark.parametrize("written", ["pass%2Fword%20%22x%22", r"pass/word \"x\""])
def test_a_key_is_known_in_an_address_and_in_json(written):
    key = 'pass/word "x"'

    assert redact(f"at {written}!", [key]) == f"at {REDACTED}!"


def test_a_short_value_is_a_word():
    assert redact("the hive is none of ours", ["none"]) == "the hive is none of ours"


@pytest.mark.parametrize(
    "text",
    ["sk-proj-0123456789abcdef", "Bearer 0123", "http://me:secret@x.test", "see hf_abcdefghijklmn"],
)
def test_what_looks_like_a_key_is_seen(text):
    assert looks_like_a_key(text)


@pytest.mark.parametrize("text", ["sk-", "risk-averse people", "http://x.test/a", "gpt-4o"])
def test_words_do_not_look_like_a_key(text):
    assert not looks_like_a_key(text)
