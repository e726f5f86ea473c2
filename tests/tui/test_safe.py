"""What a stranger's text may do to a terminal: nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstorm_tui.text.safe import MOST_MARKS, one_line, sanitise

ANYTHING = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "a b\n\t\r\x1b\x7f\x9b\u202e\u200b\u200c\u200d\ufe0f\ufe00\u2060\ufeff\xad\u180e\u2028"
            "\U000e0041\U000e0100\U0001f3fb\ud83d\u0301\u0300👨👩❤🏴شی心क्1\u20e3"
        ),
    ),
    max_size=60,
)


@given(ANYTHING)
def test_sanitising_twice_changes_nothing_more(text: str) -> None:
    once = sanitise(text)
    assert sanitise(once) == once


@given(ANYTHING)
def test_no_control_no_direction_no_surrogate_remains(text: str) -> None:
    shown = sanitise(text)
    assert not {unicodedata.category(c) for c in shown if c != "\n"} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    )
    shown.encode()


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Cf"])))
def test_harmless_text_comes_back_as_the_same_object(text: str) -> None:
    assert sanitise(text) is text


@pytest.mark.parametrize(
    "text",
    [
        "line one\nline two",
        "👨‍👩‍👧 and 👩🏻‍❤️‍💋‍👩🏻",
        "❤️ ☺︎ 1️⃣ #️⃣ 👍🏽 🏳️‍🌈 🇩🇪",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "می‌خواهم",
        "ශ්‍රී ലങ്ക ന്‍ക क्‍ष",
        "Ü é ǖ̈ ệ",
        "葛\U000e0100飾区",
        "עִבְרִית العربية ไทย 한국어 日本語",
        "… “quoted” – 10\xa0km",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert sanitise(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", "␛[2Jgone"),
        ("\x1b]8;;http://x\x07", "␛]8;;http://x␇"),
        ("null \x00 delete \x7f", "null ␀ delete ␡"),
        ("c1 \x9b31m", "c1 ‹U+009B›31m"),
        ("abc\u202edef", "abc‹U+202E›def"),
        ("pass\u200bword", "pass‹U+200B›word"),
        ("soft\xadhyphen", "soft‹U+00AD›hyphen"),
        ("a\u2028b", "a‹U+2028›b"),
        ("lone \ud83d half", "lone ‹U+D83D› half"),
        ("a\u200db", "a‹U+200D›b"),
        ("Auf\u200clage", "Auf‹U+200C›lage"),
        ("a\ufe0fb", "a‹U+FE0F›b"),
        ("tone \U0001f3fd", "tone ‹U+1F3FD›"),
        ("👍\u200d", "👍‹U+200D›"),
        ("blank \u3164 filler", "blank ‹U+3164› filler"),
    ],
)
def test_what_nobody_would_see_is_shown(text: str, shown: str) -> None:
    assert sanitise(text) == shown


def test_a_message_hidden_in_tags_is_counted_rather_than_spelt_out() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all that")
    assert sanitise(f"hi{hidden}!") == ("hi‹U+E0069›‹U+E0067›‹U+E006E›‹U+E006F›‹+11›!")


def test_bytes_hidden_in_variation_selectors_are_shown() -> None:
    assert sanitise("😀\ufe01\ufe02\ufe03") == "😀\ufe01‹U+FE02›‹U+FE03›"


def test_a_pile_of_marks_is_cut_and_counted() -> None:
    assert sanitise("z" + "\u0301" * 30 + "a") == "z" + "\u0301" * MOST_MARKS + "‹+22›a"


def test_a_chain_of_joined_emoji_ends_where_emoji_end() -> None:
    assert "‹U+200D›" in sanitise("\u200d".join("👩" * 40))


def test_line_ends_of_every_system_are_line_feeds() -> None:
    assert sanitise("a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_tabs_go_to_stops_of_four() -> None:
    assert sanitise("a\tb\n\tc") == "a   b\n    c"


def test_one_line_is_one_line() -> None:
    assert one_line("  two\n\n lines\tand\r\n\x1bmore ") == "two lines and ␛more"
