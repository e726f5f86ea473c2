"""The sequence diagram: every line is one that Mermaid's grammar has."""

import re
from collections.abc import Callable

from brainstorm_agents.reader import Log
from brainstorm_tui.exports.mermaid import export

from ..runs import cast, run

# What may follow a colon: no line's end, no semicolon but an entity's, no start of a comment.
TEXT = r"(?:[^#;\n%{}]|#\d+;)*"
LINES = re.compile(
    rf"sequenceDiagram|    actor user as You|    participant r\d+ as {TEXT}"
    rf"|    Note over (?:user|r\d+)(?:,r\d+)?: {TEXT}|    (?:user|r\d+)->>r\d+: {TEXT}"
)


def lines(log: Log) -> list[str]:
    return "".join(export(log)).splitlines()


def test_every_line_is_of_the_language(log: Log) -> None:
    for line in lines(log):
        assert LINES.fullmatch(line), line
        assert not re.search(r"\bend\b", line)


def test_nothing_but_our_line_breaks_looks_like_html(log: Log) -> None:
    assert "<" not in "".join(export(log)).replace("<br/>", "")


def test_who_heard_whom_is_an_arrow(logs: Callable[[str], Log]) -> None:
    log = logs("mixed")
    session = log.session()
    arrows = [line.strip() for line in lines(log) if "->>" in line]
    heard = sum(len(session.messages_of(turn.observed)) for turn in session.turns.values())
    assert len(arrows) == heard
    assert arrows[:3] == ["user->>r0: user", "r0->>r1: a0", "r0->>r2: a0"]


def test_the_speakers_and_the_rounds_are_named(logs: Callable[[str], Log]) -> None:
    told = lines(logs("mixed"))
    assert [line.strip() for line in told[1:5]] == [
        "actor user as You",
        "participant r0 as Alex",
        "participant r1 as Bob",
        "participant r2 as Chalice",
    ]
    assert [line.split(": ")[1] for line in told if "Note over user,r2" in line] == [
        "opening",
        "round 1",
        "round 2",
        "round 3",
    ]


def test_a_long_session_says_what_does_not_fit(make: Callable[..., Log]) -> None:
    text = "".join(export(make(run(cast("Alex", "Bob"), 400))))
    assert len(text) < 50_000
    assert re.search(r": \d+ more rounds do not fit into a diagram\n$", text)
