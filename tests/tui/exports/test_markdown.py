"""The transcript as Markdown: read by a parser that lets HTML through, as a strict host would."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from brainstorm_agents.reader import Log
from brainstorm_agents.session import Phase
from brainstorm_tui.exports.markdown import export
from brainstorm_tui.exports.markdown_text import harmless

HOST = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def every(tokens: list[Token]) -> list[Token]:
    """The tokens, those inside of lines too."""
    return [part for token in tokens for part in (token, *every(token.children or []))]


def read(text: str) -> list[Token]:
    return every(HOST.parse(text))


def outline(tokens: list[Token], deepest: int = 3) -> list[tuple[int, str]]:
    """The headings, level and text."""
    pairs = pairwise(tokens)
    heads = [(int(a.tag[1]), b.content) for a, b in pairs if a.type == "heading_open"]
    return [(level, text) for level, text in heads if level <= deepest]


def test_the_outline_is_the_topic_the_rounds_and_the_turns(logs: Callable[[str], Log]) -> None:
    found = outline(read("".join(export(logs("ordinary")))))
    assert found[:4] == [
        (1, "Why do bees dance?"),
        (2, "Opening · 2.0 s"),
        (3, "a0 ← user · Alex"),
        (2, "Round 1 · 3.0 s"),
    ]
    assert found[-1] == (2, "How it ended")


def test_no_reply_adds_to_the_outline(log: Log) -> None:
    session = log.session()
    tokens = read("".join(export(log)))
    turns = [text for level, text in outline(tokens) if level == 3]
    assert len(turns) == len(session.turns)
    assert [level for level, _ in outline(tokens)].count(1) == 1
    rounds = [level for level, _ in outline(tokens)].count(2)
    users = len(session.user_positions)
    assert len(session.rounds) < rounds <= len(session.rounds) + users + 1


def test_no_html_and_no_image_passes(log: Log) -> None:
    kinds = {token.type for token in read("".join(export(log)))}
    assert not kinds & {"html_block", "html_inline", "image"}


def test_a_link_of_a_model_goes_where_it_says_and_never_runs(log: Log) -> None:
    for token in read("".join(export(log))):
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith(("http://", "https://", "mailto:"))


def test_the_cast_is_a_table_with_profile_and_persona(logs: Callable[[str], Log]) -> None:
    log = logs("hostile")
    cells = [token for token in read("".join(export(log))) if token.type == "td_open"]
    # Five cells a role, and two for each fact at the end.
    assert len(cells) >= 5 * len(log.session().roles)


def test_what_failed_is_told_with_its_reason(logs: Callable[[str], Log]) -> None:
    log = logs("failing")
    text = "".join(export(log))
    failed = [turn for turn in log.session().turns.values() if turn.phase is Phase.FAILED]
    assert failed
    assert text.count("**✗ failed: ") == len(failed)


@pytest.mark.parametrize("words", ["all rounds are done", "cost | –", "tokens", "saved"])
def test_the_end_says_why_and_what_it_took(words: str, logs: Callable[[str], Log]) -> None:
    assert words in "".join(export(logs("ordinary"))).split("## How it ended")[1]


# Replies


def shape(text: str) -> list[str]:
    """The kinds of blocks and emphasis, headings aside."""
    return [token.type for token in read(text) if token.type != "text"]


@pytest.mark.parametrize(
    "text",
    [
        "one *two* **three** `four` ~~five~~",
        "- one\n- two\n  - three",
        "3. three\n4. four",
        "> quoted\n> - list",
        "| a | b |\n| --- | :-: |\n| `1\\|2` | 3 |",
        "```python\nprint('```')\n```",
        "a\\\nb",
        "[text](https://example.org)",
    ],
)
def test_markdown_stays_markdown(text: str) -> None:
    assert shape(harmless(text)) == shape(text)


def test_headings_go_below_the_turn() -> None:
    assert outline(read(harmless("# one\n\n### three")), deepest=6) == [(4, "one"), (6, "three")]


def test_an_open_fence_is_closed() -> None:
    tokens = read(harmless("```python\nx = 1") + "\n\nafter")
    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]


def test_an_underlined_line_is_no_heading() -> None:
    assert outline(read(harmless("title\n=====\ntitle\n---")), deepest=6) == []


def test_a_link_after_an_exclamation_mark_is_no_picture() -> None:
    for text in ("Look!\\[a](https://example.org)", "!![a](https://example.org/a.png)"):
        assert "image" not in {token.type for token in read(harmless(text))}
    tokens = read(harmless("\\![a](https://example.org)"))
    assert {"link_open"} <= {token.type for token in tokens}
    assert "image" not in {token.type for token in tokens}


def test_a_bare_address_is_no_link_of_the_host() -> None:
    assert harmless("see https://e.org`<b>` www.e.org") == "see https\\://e.org`<b>` www\\.e.org"


def test_an_entity_brings_nothing_hidden_back() -> None:
    assert harmless("a&#x202e;b &#x3c;b&#x3e;") == "a‹U+202E›b \\<b\\>"


_ALPHABET = "ab <>[]()!*_`~#|-+=:&;1.\\/\n\"'$@^{}é\u202e\x1b\t"
_WORDS = [
    "\\![x](https://e)",
    "[x](https://e)",
    "![x](https://e)",
    "<b>",
    "```",
    "- ",
    "1. ",
    "| a |\n|--|\n",
]
_SIGNS = st.lists(
    st.text(alphabet=_ALPHABET, min_size=1, max_size=4) | st.sampled_from(_WORDS), max_size=20
).map("".join)


@given(_SIGNS)
def test_whatever_a_reply_is_it_stays_within_itself(text: str) -> None:
    tokens = HOST.parse(f"{harmless(text)}\n\n## after\n")
    flat = every(tokens)
    assert not {token.type for token in flat} & {"html_block", "html_inline", "image"}
    assert outline(flat) == [(2, "after")]
    assert tokens[-3].type == "heading_open"
    assert tokens[-3].level == 0


@given(_SIGNS)
def test_to_make_harmless_twice_changes_no_structure(text: str) -> None:
    kinds = [token.type for token in read(harmless(text))]
    if "heading_open" not in kinds:
        assert [token.type for token in read(harmless(harmless(text)))] == kinds
