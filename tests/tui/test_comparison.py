"""Two sessions held against each other: what counts as the same, how it is drawn and printed."""

import asyncio
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstorm_agents.clock import LoopClock, VirtualLoop
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.environment import Environment
from brainstorm_agents.errors import InputError
from brainstorm_agents.models import Models
from brainstorm_agents.reader import read
from brainstorm_agents.scenario import Scenario
from brainstorm_agents.session import Session
from brainstorm_tui.cli import main
from brainstorm_tui.comparison import Comparison, Kind, compare
from brainstorm_tui.draw.comparison import Columns, blocks_of
from brainstorm_tui.draw.comparison_heads import titles, top, verdict
from brainstorm_tui.plain import ASCII, UNICODE
from brainstorm_tui.plain_comparison import comparison_text

from .runs import DARK, PLAIN, Kept, at, cast, cells, run

NAMES = "a.jsonl", "b.jsonl"

HOSTILE = "\x1b[31m\x9b2J‮ </script>[@click=app.quit]x[/]\x00\u200b"


def played(
    scenario: Scenario,
    rounds: int = 2,
    *,
    seed: int = 7,
    says: Sequence[str] = (),
    to: tuple[str, ...] = (),
    is_ended: bool = True,
) -> Session:
    """A session; what the user says comes after the opening and is heard in round 1."""
    journal = Kept()

    async def play() -> None:
        environment = Environment(Models(), LoopClock(), journal)
        environment.open(scenario, seed=seed, version="0", started_at="2026-11-23T09:41:27+01:00")
        await environment.step()
        for text in says:
            environment.say(text, to)
        controller = Controller(environment, rounds)
        await controller.run_to_end()
        if is_ended:
            await controller.close(Reason.QUIT)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play())
    return at(journal.events)


def trio(own: dict[str, dict[str, Any]] | None = None, **rules: Any) -> Scenario:
    """Three roles; what Alex and Bob say is written down."""
    params = {
        "Alex": {"script": ["Who begins?", "And then?", "Enough."]},
        "Bob": {"script": ["I do.", "Then it rains.", "Good night."]},
        "Chalice": {"script": ["Not me.", "Then we leave."]},
    }
    for name, more in (own or {}).items():
        params[name] = {**params[name], **more}
    return cast("Alex", "Bob", "Chalice", own=params, **rules)


def kinds(comparison: Comparison) -> dict[str, str]:
    """What became of each message that is not the same, by its id."""
    return {row.part.id: str(row.kind) for row in comparison.differences}


def printed(comparison: Comparison) -> list[str]:
    return list(comparison_text(comparison, NAMES, UNICODE))


def drawn(comparison: Comparison, width: int = 120, *, is_folded: bool = True) -> list[str]:
    columns = Columns(DARK, comparison, blocks_of(comparison), width, is_folded=is_folded)
    return [line.text for index in range(columns.count) for line in columns.lines(index)]


# What is the same


def test_a_session_is_the_same_as_itself() -> None:
    session = played(trio())
    comparison = compare(session, session)
    assert comparison.parting is None
    assert comparison.settings == ()
    assert set(comparison.counts) == {Kind.SAME}


def test_every_message_and_every_turn_has_its_row_in_order() -> None:
    comparison = compare(played(trio(), says=["Faster!"]), played(trio(), says=["Faster!"]))
    assert [row.part.id for row in comparison.rows] == (
        ["user", "a0", "user2", "a1", "b1", "c1", "a2", "b2", "c2"]
    )
    assert comparison.parting is None


def test_times_are_no_difference() -> None:
    slow = {name: {"latency": 9} for name in ("Alex", "Bob", "Chalice")}
    comparison = compare(played(trio()), played(trio(slow)))
    assert comparison.parting is None
    assert [(one.name, one.a, one.b) for one in comparison.settings] == [("latency", "", "9")]


def test_they_part_at_the_first_message_that_differs() -> None:
    other = trio({"Bob": {"script": ["I do.", "Then it snows.", "Good night."]}})
    comparison = compare(played(trio()), played(other))
    assert kinds(comparison) == {"b2": "differs"}
    assert comparison.parting is comparison.differences[0]
    assert comparison.parting.round == 2


def test_another_topic_differs_before_anybody_speaks() -> None:
    other = msgspec.structs.replace(trio(), topic="Why do cats purr?")
    parting = compare(played(trio()), played(other)).parting
    assert parting is not None
    assert (parting.round, parting.part.id) == (0, "user")


def test_more_rounds_are_only_in_the_longer_session() -> None:
    comparison = compare(played(trio(), 1), played(trio(), 2))
    assert set(kinds(comparison).values()) == {"only B"}
    assert {row.round for row in comparison.differences} == {2}
    assert set(kinds(compare(comparison.b, comparison.a)).values()) == {"only A"}


def test_a_failure_differs_from_a_reply_and_those_who_would_have_heard_it_saw_less() -> None:
    comparison = compare(played(trio()), played(trio({"Bob": {"fail": 1}})))
    assert kinds(comparison) == {"b1": "differs", "a1": "saw", "c2": "only A", "b2": "differs"}


def test_the_same_failure_in_both_is_the_same() -> None:
    failing = played(trio({"Bob": {"fail": 1}}))
    assert compare(failing, failing).parting is None


def test_what_the_user_says_is_compared_with_its_recipients() -> None:
    a = played(trio(), says=["Hear me!"])
    assert kinds(compare(a, played(trio())))["user2"] == "only A"
    assert kinds(compare(a, played(trio(), says=["Hear this!"])))["user2"] == "differs"
    assert kinds(compare(a, played(trio(), says=["Hear me!"], to=("Bob",))))["user2"] == "differs"


def test_turns_are_paired_by_round_and_role_whatever_their_ids() -> None:
    # With Bob silent, Chalice has nobody to answer in round 2: her next turn has another number.
    comparison = compare(played(trio(), 3), played(trio({"Bob": {"fail": 1}}), 3))
    ids = [(row.a.id, row.b.id) for row in comparison.rows if row.a and row.b]
    assert ("c3", "c2") in ids


def test_a_session_that_was_cut_off_can_be_compared_wherever_that_was() -> None:
    events = run(trio(), 1)
    whole = at(events)
    for tenths in range(int(whole.t * 10) + 10):
        comparison = compare(whole, at(events, tenths / 10))
        lines = drawn(comparison)
        assert any("cut off" in line for line in lines) == (not comparison.b.ended)
        if comparison.b.is_under_way:
            assert comparison.parting is not None


# What they were started with


def test_settings_are_named_once_if_the_whole_cast_has_them_and_else_by_role() -> None:
    a = played(cast("Alex", "Bob"), seed=1)
    faster = {"Alex": {"latency": 2}, "Bob": {"latency": 2}}
    b = played(cast("Alex", "Bob", own=faster, max_concurrency=1), seed=2)
    found = {one.name: (one.a, one.b) for one in compare(a, b).settings}
    assert found == {"seed": ("1", "2"), "max_concurrency": ("16", "1"), "latency": ("", "2")}
    c = played(cast("Alex", "Bob", own={"Bob": {"latency": 2}}), seed=1)
    assert [one.name for one in compare(a, c).settings] == ["Bob's latency"]


def test_other_casts_are_refused_by_name() -> None:
    session = played(cast("Alex", "Bob"))
    with pytest.raises(InputError, match="only the first has Bob; only the second has Dara, Eli"):
        compare(session, played(cast("Alex", "Dara", "Eli")))
    with pytest.raises(InputError, match="first has Alex, Bob; the second has Bob, Alex, in that"):
        compare(session, played(cast("Bob", "Alex")))
    with pytest.raises(InputError, match=r"only the second has .* and 4 more"):
        compare(session, played(cast("Alex", "Bob", *(f"N{number}x" for number in range(12)))))


# As text


def test_there_is_one_line_a_difference_and_none_without() -> None:
    comparison = compare(played(trio(), 1), played(trio(), 2))
    found = [line for line in printed(comparison) if line.startswith("round ")]
    assert len(found) == len(comparison.differences)
    assert found[0] == "round 2  a1  Alex  only in B: And then?"
    same = printed(compare(comparison.a, comparison.a))
    assert not [line for line in same if line.startswith("round ")]
    assert "── the same throughout ──" in same


def test_long_texts_are_shown_from_shortly_before_they_part() -> None:
    same = "All of this has been said before, and it will be said again by us, "
    a, b = (trio({"Bob": {"script": [same + end]}}) for end in ("loudly.", "in silence."))
    (line,) = [line for line in printed(compare(played(a, 1), played(b, 1))) if "b1" in line][:1]
    assert line == "round 1  b1  Bob  differs: …again by us, loudly. | …again by us, in silence."


def test_the_summary_says_where_they_part_and_what_both_took() -> None:
    text = "\n".join(printed(compare(played(trio(), 1), played(trio({"Bob": {"fail": 1}}), 1))))
    assert "A  a.jsonl  2026-11-23 09:41  test · mock · seed 7" in text
    assert "   Bob's fail: not set | 1" in text
    assert "they part in round 1, at b1 (Bob)" in text
    assert "messages  3 the same, 1 differ" in text
    assert "failed    A 0; B 1" in text


def test_ascii_marks_stay_ascii() -> None:
    comparison = compare(played(trio()), played(trio({"Bob": {"fail": 1}})))
    assert "\n".join(comparison_text(comparison, NAMES, ASCII)).isascii()


# As columns


def test_each_round_begins_on_the_same_line_in_both_columns() -> None:
    wordy = trio({"Bob": {"script": ["A very long answer. " * 20]}})
    lines = drawn(compare(played(trio()), played(wordy)))
    rules = [line for line in lines if "──" in line]
    assert [line.split()[0] for line in rules[:3]] == ["opening", "round", "round"]
    for line in rules:
        assert "─" in line[:55]
        assert "─" in line[65:]


def test_the_place_where_they_part_is_marked_in_words_just_above_it() -> None:
    other = trio({"Bob": {"script": ["I do.", "Then it snows."]}})
    comparison = compare(played(trio()), played(other))
    lines = drawn(comparison)
    (above,) = [at for at, line in enumerate(lines) if "they part" in line]
    assert "≠ differs" in lines[above + 1]
    assert "b2 Bob" in lines[above + 1]
    narrow = drawn(comparison, 80)
    assert [line for line in narrow if "round 2 · they part" in line]
    assert "≠" in "".join(narrow)


def test_what_is_the_same_takes_one_line_until_it_is_unfolded() -> None:
    session = played(trio())
    comparison = compare(session, session)
    folded, unfolded = (
        [line for line in drawn(comparison, is_folded=is_folded) if "= same" in line]
        for is_folded in (True, False)
    )
    assert len(folded) == len(unfolded) == len(comparison.rows)
    assert any("Then it rains." in line for line in folded)
    text = "\n".join(drawn(comparison, is_folded=False))
    assert text.count("Then it rains.") == 2


def test_a_round_that_one_session_lacks_is_said_to_be_missing() -> None:
    lines = drawn(compare(played(trio(), 1), played(trio(), 2)))
    (line,) = [line for line in lines if "no round 2" in line]
    assert line.index("no round 2") < line.index("round 2 ─")


def test_at_the_end_it_is_said_why_each_stopped() -> None:
    lines = drawn(compare(played(trio(), 1), played(trio(), 1, is_ended=False)))
    assert "all rounds are done" in lines[-1] + lines[-2]


def test_what_is_not_alike_stands_out_in_the_titles() -> None:
    comparison = compare(played(trio(), seed=1), played(trio(), seed=2))
    _, settings, _ = titles(DARK, comparison, NAMES, 120)
    bright = DARK.ink("text")
    assert [text for text, style, _ in settings if style == bright and text.strip()] == ["1", "2"]


@cache
def pairs() -> list[Comparison]:
    """Comparisons with what is hard to draw."""
    hostile = trio({"Bob": {"script": [HOSTILE, "陳大文" * 40]}})
    plain = played(trio(), says=["So?"])
    others = [
        played(trio({"Bob": {"fail": 1}}), 4),
        played(hostile, says=[HOSTILE, "another"]),
        played(msgspec.structs.replace(hostile, name=HOSTILE, topic=HOSTILE), 0),
        played(trio(), 3, is_ended=False),
        plain,
    ]
    return [compare(plain, other) for other in others] + [
        compare(one, other) for one, other in pairwise(others)
    ]


@given(
    number=st.integers(0, 8),
    width=st.integers(1, 260),
    is_folded=st.booleans(),
    is_plain=st.booleans(),
    is_chosen=st.booleans(),
)
def test_every_line_is_as_wide_as_the_screen_and_harmless(
    number: int, width: int, is_folded: bool, is_plain: bool, is_chosen: bool
) -> None:
    comparison, look = pairs()[number], PLAIN if is_plain else DARK
    columns = Columns(look, comparison, blocks_of(comparison), width, is_folded=is_folded)
    lines = [
        *(line for at in range(columns.count) for line in columns.lines(at, is_chosen=is_chosen)),
        *titles(look, comparison, (HOSTILE, "b"), width),
    ]
    assert {cells(line) for line in lines} == {width}
    lines += [top(look, comparison, width), verdict(look, comparison, comparison.parting, width)]
    assert not {"\x1b", "\x9b", "\u202e", "\x00", "\u200b"} & set("".join(x.text for x in lines))


def test_what_is_printed_is_harmless() -> None:
    for comparison in pairs():
        text = "".join(comparison_text(comparison, (HOSTILE, "b"), UNICODE))
        assert text.isprintable()


# The command


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with logs of two seeds, and one of another cast."""
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name, words in (
        ("a", ("--seed", "7")),
        ("b", ("--seed", "8")),
        ("town", ("small-town", "--rounds", "0")),
    ):
        assert main(["run", *words, "--speed", "0", "--log", f"{name}.jsonl"]) == 0
    return tmp_path


def test_the_command_prints_and_succeeds_whether_they_differ_or_not(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["compare", "a.jsonl", "b.jsonl", "--headless"]) == 0
    out = capsys.readouterr().out
    comparison = compare(*(read(logs / name).session() for name in NAMES))
    assert out.splitlines() == printed(comparison)
    assert main(["compare", "a.jsonl", "a.jsonl", "--headless"]) == 0
    assert "the same throughout" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("town.jsonl", "different casts"),
        ("none.jsonl", "cannot be read"),
        ("notes.txt", "not a log"),
    ],
)
def test_the_command_refuses_what_cannot_be_compared(
    logs: Path, capsys: pytest.CaptureFixture[str], other: str, said: str
) -> None:
    (logs / "notes.txt").write_text("mine\n")
    capsys.readouterr()
    assert main(["compare", "a.jsonl", other, "--headless"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err


def test_the_screen_is_refused_without_a_terminal(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "a.jsonl", "b.jsonl"]) == 2
    assert "compare a.jsonl b.jsonl --headless" in capsys.readouterr().err


def test_a_torn_line_is_reported(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (logs / "b.jsonl").open("ab") as file:
        file.write(b'{"type"')
    capsys.readouterr()
    assert main(["compare", "a.jsonl", "b.jsonl", "--headless"]) == 0
    assert "7 bytes" in capsys.readouterr().err
