"""Two sessions compared, as plain text: one line a difference, and a summary.

Text is sanitised. A difference is a line that begins with `round`, and no other line does.
"""

from collections.abc import Iterator

from brainstorm_agents.events import CUT_OFF
from brainstorm_agents.session import Message, Phase, Session, Turn
from brainstorm_tui.comparison import Comparison, Kind, Part, Row
from brainstorm_tui.money import cost
from brainstorm_tui.plain import ASCII, Marks, title
from brainstorm_tui.text.safe import one_line

LONGEST = 60
"""Characters of what was said, or of a setting, on either side."""

MOST_SETTINGS = 20
"""Settings that are named one by one."""

KEPT_BEFORE = 12
"""Characters before the place where two texts part."""


def comparison_text(comparison: Comparison, names: tuple[str, str], marks: Marks) -> Iterator[str]:
    """The lines, without their newlines.

    Args:
        names: What the logs are called.
    """
    sides = comparison.a, comparison.b
    for letter, name, session in zip("AB", names, sides, strict=True):
        began = session.header.started_at[:16].replace("T", " ") if session.header else ""
        about = title(session, marks).rstrip()
        yield f"{letter}  {one_line(name)}  {one_line(began)}  {about}"
    yield from _settings(comparison, marks)
    differences = comparison.differences
    if differences:
        yield ""
    for row in differences:
        yield _difference(row, comparison, marks)
    yield ""
    yield from _summary(comparison, marks)


def where(parting: Row | None) -> str:
    """Where two sessions part, in words."""
    if parting is None:
        return "the same throughout"
    who = "you" if isinstance(parting.part, Message) else one_line(parting.speaker)
    return f"they part in round {parting.round}, at {one_line(parting.part.id)} ({who})"


def _settings(comparison: Comparison, marks: Marks) -> Iterator[str]:
    for setting in comparison.settings[:MOST_SETTINGS]:
        values = (_cut(one_line(value), marks) or "not set" for value in (setting.a, setting.b))
        yield f"   {one_line(setting.name)}: {' | '.join(values)}"
    if (more := len(comparison.settings) - MOST_SETTINGS) > 0:
        yield f"   and {more} more settings"


def _difference(row: Row, comparison: Comparison, marks: Marks) -> str:
    who = "You" if isinstance(row.part, Message) else one_line(row.speaker)
    head = f"round {row.round}  {one_line(row.part.id)}  {who}  {_WORDS[row.kind]}"
    match row.kind:
        case Kind.SAW:
            what = " | ".join(
                _saw(session, part)
                for session, part in ((comparison.a, row.a), (comparison.b, row.b))
            )
        case Kind.DIFFERS:
            what = " | ".join(_excerpts(_said(row.a, marks), _said(row.b, marks), marks))
        case _:
            what = _cut(_said(row.part, marks), marks)
    return f"{head}: {what}"


_WORDS = {
    Kind.DIFFERS: "differs",
    Kind.SAW: "says the same, but saw",
    Kind.ONLY_A: "only in A",
    Kind.ONLY_B: "only in B",
}


def _saw(session: Session, part: Part | None) -> str:
    if not isinstance(part, Turn):
        return ""
    return " ".join(one_line(message.id) for message in session.messages_of(part.observed))


def _said(part: Part | None, marks: Marks) -> str:
    """What was said, in one line; or what came of it instead."""
    if part is None:
        return ""
    text = one_line(part.text)
    if isinstance(part, Message):
        to = ", ".join(one_line(name) for name in part.to)
        return f"(to {to}) {text}" if to else text
    if part.phase is Phase.DONE:
        return text
    if part.phase is Phase.FAILED:
        return f"{marks.failed} failed: {one_line(part.reason)}"
    is_stopped = part.phase is Phase.CANCELLED and part.reason != CUT_OFF
    outcome = "stopped" if is_stopped else CUT_OFF
    return f"{marks.failed} {outcome}: {text}" if text else f"{marks.failed} {outcome}"


def _excerpts(a: str, b: str, marks: Marks) -> tuple[str, str]:
    """Both texts from shortly before the place where they part."""
    shared = next(
        (at for at, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]),
        min(len(a), len(b)),
    )
    start = a.rfind(" ", 0, max(0, shared - KEPT_BEFORE)) + 1
    if shared < LONGEST // 2:
        start = 0
    head = _more(marks) if start else ""
    return _cut(head + a[start:], marks), _cut(head + b[start:], marks)


def _cut(text: str, marks: Marks) -> str:
    more = _more(marks)
    return text if len(text) <= LONGEST else text[: LONGEST - len(more)].rstrip() + more


def _more(marks: Marks) -> str:
    return "..." if marks is ASCII else "…"


def _summary(comparison: Comparison, marks: Marks) -> Iterator[str]:
    a, b, counts = comparison.a, comparison.b, comparison.counts
    yield f"{marks.rule} {where(comparison.parting)} {marks.rule}"
    parts = [f"{counts[kind]} {words}" for kind, words in _COUNTED.items() if counts[kind]]
    yield f"messages  {', '.join(parts) or 'none'}"
    yield f"length    A {max(a.finished_round, 0)}; B {max(b.finished_round, 0)} rounds"
    if a.failed or b.failed:
        yield f"failed    A {a.failed}; B {b.failed}"
    took = a.elapsed(a.t), b.elapsed(b.t)
    yield f"time      A {took[0]:.1f} s; B {took[1]:.1f} s ({took[1] - took[0]:+.1f} s)"
    about = marks.about
    yield f"in turn   A {about}{a.busy(a.t):.1f} s; B {about}{b.busy(b.t):.1f} s"
    tokens = (f"{_about(one, marks)}{one.tokens}" for one in (a, b))
    yield f"tokens    A {'; B '.join(tokens)} ({b.tokens - a.tokens:+d})"
    costs = [cost(one.bill, none="not known", is_ascii=marks is ASCII) for one in (a, b)]
    is_same = costs[0] == costs[1]
    yield f"cost      {costs[0] if is_same else f'A {costs[0]}; B {costs[1]}'}"


_COUNTED = {
    Kind.SAME: "the same",
    Kind.DIFFERS: "differ",
    Kind.SAW: "saw something else",
    Kind.ONLY_A: "only in A",
    Kind.ONLY_B: "only in B",
}


def _about(session: Session, marks: Marks) -> str:
    """What stands before tokens that were not counted by whoever made them."""
    turns = session.turns.values()
    is_estimated = any(turn.usage is None or turn.usage.counted for turn in turns)
    return marks.about if is_estimated else ""
