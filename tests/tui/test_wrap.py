"""Wrapping by cells: nothing too wide, nothing cut apart, nothing lost but white space."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from brainstorm_tui.text.cells import clusters
from brainstorm_tui.text.wrap import Line, Span, chop, wrap

FAMILY = "👨‍👩‍👧"
MIXED = st.text(
    st.one_of(
        st.sampled_from("ab c  -一心不、。「」っーカｶ｡한국어é\u0301\u200d\ufe0f\u3000\xa0\n…—"),
        st.sampled_from("👨👩👧🏽🇩🇪❤1\u20e3\u094d\u0915\u0e33"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=80,
)
STYLES = st.sampled_from(["", "bold", "code"])
SPANS = st.lists(st.builds(Span, MIXED, STYLES), max_size=6)


def rows(text: str, width: int) -> list[str]:
    return shown(wrap([Span(text)], width))


def shown(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def without_space(text: str) -> str:
    return "".join(character for character in text if not character.isspace())


@given(SPANS, st.integers(2, 40), st.integers(0, 8), st.integers(0, 8))
def test_no_line_is_wider_than_the_width(
    spans: list[Span], width: int, indent: int, hanging: int
) -> None:
    for line in wrap(spans, width, indent, hanging):
        assert sum(cell_len(span.text) for span in line) <= width
        assert cell_len("".join(span.text for span in line)) <= width


@given(SPANS, st.integers(1, 40))
def test_only_white_space_is_lost(spans: list[Span], width: int) -> None:
    text = "".join(span.text for span in spans)
    assert without_space("".join(shown(wrap(spans, width)))) == without_space(text)


@given(st.lists(st.builds(Span, st.text("ab 一。é\n"), STYLES)), st.integers(2, 40))
def test_every_character_keeps_its_style(spans: list[Span], width: int) -> None:
    def styled(parts: Iterable[Span]) -> list[tuple[str, str]]:
        return [(letter, style) for text, style in parts for letter in without_space(text)]

    assert styled(span for line in wrap(spans, width) for span in line) == styled(spans)


@given(MIXED.map(lambda text: text.replace("\n", "")), st.integers(2, 30))
def test_a_cluster_is_never_cut(text: str, width: int) -> None:
    starts = {text[start:end] for start, end, _ in clusters(text)}
    for row in rows(text, width):
        for start, end, _ in clusters(row):
            assert row[start:end] in starts


@given(MIXED)
def test_clusters_cover_the_text_and_their_cells_add_up(text: str) -> None:
    text = text.replace("\n", "")
    found = list(clusters(text))
    assert "".join(text[start:end] for start, end, _ in found) == text
    assert sum(cells for *_, cells in found) == cell_len(text)


@given(st.lists(st.text("abc", min_size=1, max_size=6)), st.integers(6, 30))
def test_a_line_takes_every_word_that_fits(words: list[str], width: int) -> None:
    for line, following in pairwise(rows(" ".join(words), width)):
        assert len(line) + 1 + len(following.split(" ")[0]) > width


@given(st.text("abc  ก", max_size=120), st.integers(2, 30))
def test_scripts_that_are_measured_break_like_those_that_need_not_be(text: str, width: int) -> None:
    latin = text.strip().replace("ก", "c")
    assert [row.replace("ก", "c") for row in rows(text.strip(), width)] == rows(latin, width)


def test_words_break_at_spaces() -> None:
    assert rows("Think of a kitchen, not a computer.", 16) == [
        "Think of a",
        "kitchen, not a",
        "computer.",
    ]


def test_a_line_feed_breaks_and_two_leave_a_blank_line() -> None:
    assert wrap([Span("a\n\nb")], 9) == [(Span("a"),), (), (Span("b"),)]


def test_no_text_is_no_line() -> None:
    assert wrap([], 10) == []
    assert wrap([Span("")], 10) == []


def test_a_long_word_starts_on_its_own_line_and_breaks_at_the_width() -> None:
    assert rows("see https://example.org/a-long-path", 12) == [
        "see",
        "https://exam",
        "ple.org/a-lo",
        "ng-path",
    ]


def test_a_no_break_space_holds() -> None:
    assert rows("about 10\xa0km away", 9) == ["about", "10\xa0km", "away"]


def test_ideographs_break_between_characters() -> None:
    assert rows("says 一心不可二用: one mind", 11) == ["says 一心不", "可二用: one", "mind"]


@pytest.mark.parametrize("closing", "、。，．」』）】！？：；…ー々っゃゅょァィゥェォ")
def test_a_line_never_begins_with_closing_punctuation(closing: str) -> None:
    first, second = rows(f"心心心{closing}心", 6)
    assert first == "心心"
    assert second.startswith(f"心{closing}")


@pytest.mark.parametrize("opening", "「『（【")
def test_a_line_never_ends_with_an_opening_bracket(opening: str) -> None:
    assert rows(f"心心{opening}心心」", 6)[0] == "心心"


def test_a_space_does_not_send_a_full_stop_to_the_next_line() -> None:
    assert rows("一二 三 。", 7) == ["一二", "三 。"]


def test_latin_punctuation_stays_with_its_ideograph() -> None:
    assert rows("一二三, ok", 6) == ["一二", "三, ok"]


def test_hangul_breaks_at_spaces() -> None:
    assert rows("한국어 문장을 쓴다", 10) == ["한국어", "문장을", "쓴다"]


def test_hangul_wider_than_a_line_breaks_between_syllables() -> None:
    assert rows("한국어문장", 4) == ["한국", "어문", "장"]


@pytest.mark.parametrize("whole", [FAMILY, "🇩🇪", "👍🏽", "❤️", "1️⃣", "가", "क्"])
def test_what_a_reader_takes_for_one_character_stays_whole(whole: str) -> None:
    assert {row.strip() for row in rows(whole * 9, 2)} <= {whole, whole * 2}


def test_text_may_break_between_emoji() -> None:
    assert rows(f"go{FAMILY}{FAMILY}", 4) == [f"go{FAMILY}", FAMILY]


def test_styles_survive_a_break() -> None:
    lines = wrap([Span("one "), Span("two three", "bold"), Span(" four")], 8)
    assert lines == [
        (Span("one "), Span("two", "bold")),
        (Span("three", "bold"),),
        (Span("four"),),
    ]


def test_a_style_may_change_inside_a_word() -> None:
    assert wrap([Span("aa"), Span("bb", "bold"), Span("cc dd")], 6) == [
        (Span("aa"), Span("bb", "bold"), Span("cc")),
        (Span("dd"),),
    ]


def test_later_lines_hang_under_the_first() -> None:
    assert shown(wrap([Span("one two three")], 9, indent=2, hanging=4)) == [
        "  one two",
        "    three",
    ]


def test_what_moves_down_to_a_narrower_line_still_fits() -> None:
    assert shown(wrap([Span("00一?00\u0301")], 6, hanging=3)) == ["00", "   一?", "   00\u0301"]


def test_indents_give_way_where_nothing_would_fit() -> None:
    assert shown(wrap([Span("abc")], 2, indent=8, hanging=8)) == ["ab", "c"]


@given(MIXED, st.integers(-1, 1))
def test_one_cell_is_enough_not_to_fail(text: str, width: int) -> None:
    wrap([Span(text)], width, 3, 3)
    chop(text, width)


@given(MIXED, st.integers(2, 30))
def test_chopped_code_fits_and_loses_nothing(text: str, width: int) -> None:
    lines = chop(text, width)
    assert all(cell_len(row) <= width for row in shown(lines))
    assert without_space("".join(shown(lines))) == without_space(text)


def test_chopped_code_keeps_its_indentation_and_its_inner_spaces() -> None:
    assert shown(chop("def f():\n    return  1 + 22", 12)) == [
        "def f():",
        "    return  ",
        "    1 + 22",
    ]
