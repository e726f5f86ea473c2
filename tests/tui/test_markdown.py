"""Markdown as rows of a pane: what a reader sees, settled and while it is being written."""

import subprocess
import sys
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from brainstorm_tui.text.markdown import ASCII, Growing, layout, plain, preview
from brainstorm_tui.text.wrap import Line, Span

WILD = st.one_of(
    st.text(max_size=80),
    st.text("*_`~[]()!<>#-+1.|:\\& \n\tab一。é\u200d\ufe0f\x1b", max_size=80),
    st.lists(
        st.sampled_from(
            [
                "**",
                "*",
                "_",
                "`",
                "```",
                "~~",
                "[a](b)",
                "![",
                "> ",
                "- ",
                "1. ",
                "# ",
                "\n",
                "\n\n",
            ]
        )
        | st.sampled_from(
            ["    ", "word ", "一二。", "&#27;", "&NewLine;", "<b>", "---", "👩‍👩‍👧"]
        ),
        max_size=30,
    ).map("".join),
    st.lists(st.sampled_from(["| a |", "|-|", "|:-:|", "\n", " b |", "**"])).map("".join),
)


def rows(text: str, width: int = 36, *, streaming: bool = False) -> list[str]:
    return shown(layout(text, width, streaming=streaming))


def shown(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def styled(text: str, *, streaming: bool = False) -> list[tuple[str, str]]:
    return [
        (span.text, span.style) for line in layout(text, 80, streaming=streaming) for span in line
    ]


# Settled text


def test_paragraphs_are_parted_by_one_blank_line_and_none_is_left_at_the_end() -> None:
    assert rows("one\n\n\n\ntwo\n\n") == ["one", "", "two"]


def test_line_breaks_are_kept() -> None:
    assert rows("roses are red\nviolets") == ["roses are red", "violets"]


def test_emphasis_becomes_style() -> None:
    assert styled("a **b** *c* ***d*** ~~e~~ `f`") == [
        ("a ", ""),
        ("b", "bold"),
        (" ", ""),
        ("c", "italic"),
        (" ", ""),
        ("d", "bold italic"),
        (" ", ""),
        ("e", "strike"),
        (" ", ""),
        ("f", "code"),
    ]


def test_emphasis_works_beside_ideographs() -> None:
    assert styled("这是**重点。**后面") == [("这是", ""), ("重点。", "bold"), ("后面", "")]


def test_a_list_follows_its_paragraph_and_a_blank_line_follows_the_list() -> None:
    text = "Three dishes:\n\n- first, one dish after another\n- then all\n\n31 minutes"
    assert rows(text, 24) == [
        "Three dishes:",
        "• first, one dish after",
        "  another",
        "• then all",
        "",
        "31 minutes",
    ]


def test_bullets_and_numbers_have_their_style() -> None:
    assert layout("- a\n\n7. b", 20) == [
        (Span("• ", "bullet"), Span("a")),
        (Span("7. ", "bullet"), Span("b")),
    ]


def test_loose_lists_look_like_tight_ones() -> None:
    assert rows("1. a\n\n2. b") == rows("1. a\n2. b") == ["1. a", "2. b"]


def test_nested_lists_are_indented_until_half_the_width() -> None:
    text = "\n".join("  " * depth + "- " + "x" * 4 for depth in range(9))
    lines = rows(text, 12)
    assert lines[:3] == ["• xxxx", "  • xxxx", "    • xxxx"]
    assert {line.index("•") for line in lines[3:]} == {4}


def test_an_item_without_text_keeps_its_bullet() -> None:
    assert rows("- a\n-\n- c") == ["• a", "•", "• c"]


def test_a_heading_is_one_style_and_stands_on_its_text() -> None:
    assert layout("# The *plan*\n\nEat.", 20) == [(Span("The plan", "heading"),), (Span("Eat."),)]


def test_quotes_carry_their_bar_on_every_line() -> None:
    assert rows("> one two three\n>\n> - four\n\nfive", 10) == [
        "▏ one two",
        "▏ three",
        "▏ • four",
        "",
        "five",
    ]


def test_code_is_not_wrapped_by_words() -> None:
    lines = layout("so\n```py\nif x:\n    y  =  1\n\n    z\n```\nend", 20)
    assert shown(lines) == ["so", "", "if x:", "    y  =  1", "", "    z", "", "end"]
    assert lines[3] == (Span("    y  =  1", "code"),)


def test_dashes_under_a_line_are_a_rule_and_no_heading() -> None:
    assert layout("above\n---\nbelow", 40)[2] == (Span("────────", "dim"),)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("[docs](https://a.b/c)", "docs (https://a.b/c)"),
        ("<https://a.b/c>", "https://a.b/c"),
        ("[a.b](https://a.b/)", "a.b"),
        (
            "[https://bank.example](https://thief.example)",
            "https://bank.example (https://thief.example)",
        ),
        ("![a cat](https://a.b/c.png)", "a cat"),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        ("[foo]: https://a.b\n\n[foo]", "[foo]: https://a.b\n\n[foo]"),
    ],
)
def test_where_a_link_leads_is_seen(text: str, seen: str) -> None:
    assert "\n".join(rows(text, 80)) == seen


def test_html_is_text() -> None:
    assert rows("<b>a</b> <!-- c -->") == ["<b>a</b> <!-- c -->"]
    assert rows("<div>\n**b**\n</div>") == ["<div>", "b", "</div>"]


def test_entities_cannot_bring_in_what_was_sanitised_away() -> None:
    assert rows("a &#x202e;b &amp; &shy;") == ["a ‹U+202E›b & ‹U+00AD›"]
    assert "\x1b" not in rows("&#27;[2J")[0]


def test_a_table_that_fits_is_aligned() -> None:
    assert rows("| dish | min |\n|:--|--:|\n| rice | 9 |\n| **beans** | 14 |") == [
        "dish   min",
        "──────────",
        "rice     9",
        "beans   14",
    ]


def test_a_table_that_does_not_fit_is_told_row_by_row() -> None:
    assert rows("| dish | minutes |\n|--|--|\n| rice | 9 |", 10) == [
        "dish |",
        "  minutes",
        "rice | 9",
    ]


def test_a_terminal_without_unicode_gets_its_own_symbols() -> None:
    assert shown(layout("- a\n\n> b\n\n---", 20, symbols=ASCII)) == [
        "* a",
        "",
        "| b",
        "",
        "--------",
    ]


def test_plain_text_is_without_markdown() -> None:
    assert plain("# Plan\n- **one** `two`\n\nand *so on*") == "Plan\n- one two\n\nand so on"


def test_a_preview_is_one_line_of_words() -> None:
    assert preview("# Plan\n\n- **one**\n- two\n\n> three\n\n---\n\x1b") == "Plan one two three ␛"
    assert preview("") == ""
    assert len(preview("word **bold** " * 10_000)) < 1_000


# While it is being written


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("So **bol", [("So ", ""), ("bol", "bold")]),
        ("So **bol*", [("So ", ""), ("bol", "bold")]),
        ("So *", [("So", "")]),
        ("So **", [("So", "")]),
        ("So *it", [("So ", ""), ("it", "italic")]),
        ("**a *b", [("a ", "bold"), ("b", "bold italic")]),
        ("~~no", [("no", "strike")]),
        ("use `awa", [("use ", ""), ("awa", "code")]),
        ("use `a*b", [("use ", ""), ("a*b", "code")]),
        ("see [the do", [("see", "")]),
        ("see [the docs](https://a", [("see", "")]),
        ("see <https://a", [("see", "")]),
        ("- **Fo", [("• ", "bullet"), ("Fo", "bold")]),
        ("a\n- ", [("a", "")]),
        ("a\n1.", [("a", "")]),
        ("##", []),
        ("a\n\n``", [("a", "")]),
        ("a\n\n```py", [("a", "")]),
        ("```\nx\n``", [("x", "code")]),
        ("> ", []),
        ("a\n\n--", [("a", "")]),
        ("| a | b |\n|--", []),
        ("👩\u200d", [("👩", "")]),
        ("hi \U0001f1e9", [("hi", "")]),
        ("5*3 and 2**10", [("5*3 and 2**10", "")]),
        ("5*3 *x", [("5*3 ", ""), ("x", "italic")]),
        ("**never closed\n\nnext", [("**never closed", ""), ("next", "")]),
    ],
)
def test_half_open_markup_does_not_flash(text: str, seen: list[tuple[str, str]]) -> None:
    assert styled(text, streaming=True) == seen


def test_a_long_bracket_is_not_held_back_for_ever() -> None:
    assert "[" in "".join(rows("see [" + "word " * 20, streaming=True))


DISHES = """\
Let **them** cook. *Three dishes*, ~~two~~ one `timer` each:

- first, **one** dish
  - nested *item*
- then all

31 minutes against 14, and **the stove
got no faster.** The end."""
PLAN = """\
## Plan

1. **Boil** water
2. `await` it
10. ***Eat***

> quoted **bold**

```py
async def boil():
    return [1, 2][0]
```

After [the docs](https://a.b) we **stop**"""
IDEOGRAPHS = "我说**重点。**后面、「**不可**」二用。👩‍👩‍👧 and 🇩🇪 *一心*"
RULES = "---\n\n***\n\n* one\n* **two** *three*\n\n__four__ and _five_ snake_case"
SAMPLES = [DISHES, PLAN, IDEOGRAPHS, RULES]


@pytest.mark.parametrize("text", SAMPLES)
def test_no_prefix_shows_a_marker(text: str) -> None:
    for end in range(len(text)):
        seen = "".join(rows(text[:end], streaming=True))
        for marker in ("**", "~~", "](", "`", "__", "##"):
            assert marker not in seen, text[:end]


def test_stars_in_code_are_shown_as_they_arrive() -> None:
    assert rows("```\nf(**options)\nx ** 2", streaming=True) == ["f(**options)", "x ** 2"]


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.parametrize("width", [12, 36])
def test_only_the_last_lines_change_as_text_arrives(text: str, width: int) -> None:
    before: list[Line] = []
    for end in range(len(text)):
        now = layout(text[:end], width, streaming=True)
        settled = max(len(before) - 2, 0)
        assert now[:settled] == before[:settled], text[:end]
        before = now


@pytest.mark.parametrize("text", [*SAMPLES, "\n\n".join([*SAMPLES, *SAMPLES])])
def test_a_text_that_grows_is_laid_out_as_if_it_were_there_at_once(text: str) -> None:
    growing = Growing(23)
    for end in range(len(text)):
        assert growing.layout(text[:end]) == layout(text[:end], 23, streaming=True), text[:end]


def test_what_is_above_the_last_block_is_laid_out_once() -> None:
    growing = Growing(20)
    text = "One paragraph.\n\n- a list\n- of two\n\nAnother paragraph"
    before = growing.layout(text)
    after = growing.layout(f"{text} goes on.")
    assert [a is b for a, b in zip(before, after, strict=False)][:4] == [True] * 4


def test_a_text_that_begins_anew_leaves_nothing_of_the_first() -> None:
    growing = Growing(20)
    growing.layout("One.\n\nTwo.\n\nThree")
    assert growing.layout("Four.\n\nFive") == layout("Four.\n\nFive", 20, streaming=True)


@pytest.mark.parametrize("text", SAMPLES)
def test_the_end_of_a_stream_looks_like_the_settled_text(text: str) -> None:
    assert rows(f"{text}\n\n", streaming=True) == rows(text)


WORDS = st.text("abcdé一二", min_size=1, max_size=4)
SPOKEN = st.lists(
    st.one_of(
        WORDS,
        st.builds("**{}**".format, WORDS),
        st.builds("*{}*".format, WORDS),
        st.builds("`{}`".format, WORDS),
        st.builds("\n\n- {}\n- **{}**\n\n{}".format, WORDS, WORDS, WORDS),
    ),
    max_size=10,
).map(" ".join)


@given(SPOKEN, st.data())
def test_no_prefix_of_closed_markup_shows_a_star(text: str, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(text)))
    assert "*" not in "".join(rows(text[:end], streaming=True))
    assert "`" not in "".join(rows(text[:end], streaming=True))


# Any text


@given(WILD, st.integers(2, 40), st.booleans())
@settings(max_examples=400)
def test_any_text_fits_and_is_safe(text: str, width: int, streaming: bool) -> None:
    for line in layout(text, width, streaming=streaming):
        assert sum(cell_len(span.text) for span in line) <= width
        assert not any(ord(character) < 32 for span in line for character in span.text)


@given(st.lists(st.one_of(WILD, st.sampled_from(SAMPLES)), max_size=5), st.data())
@settings(max_examples=200)
def test_any_text_that_grows_is_laid_out_as_if_it_were_there_at_once(
    parts: list[str], data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from(["\n", "\n\n"])).join(parts)
    growing = Growing(20)
    for end in sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=30))):
        assert growing.layout(text[:end]) == layout(text[:end], 20, streaming=True), text[:end]
    assert growing.layout(text, streaming=False) == layout(text, 20)


@given(WILD, st.integers(-1, 1), st.booleans())
def test_one_cell_is_enough_not_to_fail(text: str, width: int, streaming: bool) -> None:
    layout(text, width, streaming=streaming)


@given(WILD)
def test_plain_and_preview_take_any_text(text: str) -> None:
    plain(text)
    assert "\n" not in preview(text)


@given(st.text("abc *_`~-#>|[]!\n", max_size=60))
def test_no_letter_is_lost(text: str) -> None:
    assume("```" not in text and "~~~" not in text)  # What follows a fence names a language.
    kept = [letter for letter in "".join(rows(text)) if letter.isalpha()]
    assert kept == [letter for letter in text if letter.isalpha()]


@pytest.mark.parametrize("depth", [20, 60, 10_000])
def test_deep_nesting_loses_nothing(depth: int) -> None:
    assert "x" in "".join(rows(">" * depth + " x"))
    assert "x" in "".join(rows("- " * depth + "x"))
    assert "x" in "".join(rows("[" * depth + "x"))
    assert "x" in "".join(rows("**a " * depth + "x", streaming=True))


@pytest.mark.parametrize(
    "piece",
    [
        "*",
        "[",
        "![",
        ">",
        "*a_ ",
        "`a``",
        "- ",
        "<",
        "~~a",
        "[a](b",
        "- a\n",
        "|a",
        "1**2",
        "**a ",
        "\n>",
        "一*",
    ],
)
@pytest.mark.parametrize("size", [49_999, 100_000])
def test_hostile_text_takes_bounded_time(piece: str, size: int) -> None:
    text = (piece * size)[:size]
    before = time.process_time()
    layout(text, 36)
    layout(text, 36, streaming=True)
    assert time.process_time() - before < 4.0


def test_the_plain_output_can_lay_out_text_without_the_screen() -> None:
    code = "import sys, brainstorm_tui.text.markdown; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
