"""What stands above and below two sessions that are compared: who they are, and the verdict."""

from typing import NamedTuple

from textual.strip import Strip

from brainstorm_agents.session import Phase, Session
from brainstorm_tui.comparison import Comparison, Kind, Row
from brainstorm_tui.draw.comparison import Layout, sign
from brainstorm_tui.draw.headings import cost_words, seconds
from brainstorm_tui.draw.row import Group, Piece, clip, row, strip, width_of
from brainstorm_tui.look import Look
from brainstorm_tui.text.safe import one_line

LONGEST_SETTING = 20
"""Cells of a setting's value."""

LEAST_NAME = 12
"""Cells that a log's name keeps before the time at which it began gives way."""

WORTH_SAYING = 0.05
"""Seconds that round to a tenth."""


def top(look: Look, comparison: Comparison, width: int) -> Strip:
    """The scenario, and the topic if both have the same."""
    bold, dim = look.ink("text", "bar", bold=True), look.ink("dim", "bar")
    a, b = comparison.a, comparison.b
    left = [Piece(f" {one_line(a.scenario.name)}  ", dim)]
    right = [Piece(" compare ", look.chip("inverse"))]
    topic = one_line(a.topic) if a.topic == b.topic else "two topics"
    room = width - width_of([*left, *right]) - 1
    return strip(width, dim, [*left, Piece(clip(topic, room, look.symbols.more), bold)], right)


def titles(look: Look, comparison: Comparison, names: tuple[str, str], width: int) -> list[Strip]:
    """Of both: the log and when it began; how it was started; what it took.

    What is not alike stands out.
    """
    layout = Layout.of(width)
    ground = look.ink("dim", "ground")
    one, other = (
        _name(look, letter, name, session, layout.column)
        for letter, name, session in zip("AB", names, (comparison.a, comparison.b), strict=True)
    )
    before, between = (Strip.blank(cells, ground) for cells in (layout.margin, layout.spine))
    lines = [Strip.join([before, one, between, other]).crop_extend(0, width, ground)]
    for facts in (_settings(look, comparison), _measures(look, comparison, layout)):
        a = _facts(look, [(fact.label, fact.a, fact.is_alike) for fact in facts], layout.inner)
        b = _facts(look, [(fact.label, fact.b, fact.is_alike) for fact in facts], layout.inner)
        lines.append(layout.line(look, a, b))
    return lines


def verdict(
    look: Look, comparison: Comparison, chosen: Row | None, width: int, found: str = ""
) -> Strip:
    """The status line: where they part, how much is alike, and what B took beyond A.

    Args:
        chosen: The difference that is looked at.
        found: What is said of a search instead of it.
    """
    bar, dim = look.ink("text", "bar"), look.ink("dim", "bar")
    parting = comparison.parting
    mark = sign(look, parting.kind if parting else Kind.SAME)
    chip = Piece(f" {mark} {where(parting)} ", look.chip("inverse"))
    failures = [
        _failures(look, session, letter)
        for session, letter in ((comparison.a, "A"), (comparison.b, "B"))
        if session.failed
    ]
    groups: list[Group] = list(failures)
    if found:
        groups.append([Piece(found, bar)])
    elif chosen is not None:
        differences = comparison.differences
        place = f"{differences.index(chosen) + 1} of {len(differences)}"
        groups.append([Piece("difference ", dim), Piece(place, bar)])
    groups += [
        [Piece(f"{count} ", bar), Piece(_COUNTED[kind], dim)]
        for kind in Kind
        if (count := comparison.counts[kind])
    ]
    beyond = [*_longer(comparison), *_more_tokens(comparison)]
    if beyond:
        groups.append([Piece("B took ", dim), Piece(", ".join(beyond), bar)])
    return row(width, bar, [chip], groups, keep=len(failures))


def where(parting: Row | None) -> str:
    """Where two sessions part, in words."""
    if parting is None:
        return "the same throughout"
    name = "the opening" if parting.round == 0 else f"round {parting.round}"
    return f"they part in {name}: {one_line(parting.part.id)}"


_COUNTED = {
    Kind.SAME: "the same",
    Kind.DIFFERS: "differ",
    Kind.SAW: "saw other messages",
    Kind.ONLY_A: "only in A",
    Kind.ONLY_B: "only in B",
}


class _Fact(NamedTuple):
    """The same measure of both sessions, as text."""

    label: str
    a: str
    b: str

    @property
    def is_alike(self) -> bool:
        return self.a == self.b


def _name(look: Look, letter: str, name: str, session: Session, width: int) -> Strip:
    """`A  lesson.jsonl                2026-11-23 17:28`."""
    bar, dim = look.ink("text", "bar"), look.ink("dim", "bar")
    began = session.header.started_at[:16].replace("T", " ") if session.header else ""
    left = [Piece(f" {letter}  ", look.ink("text", "bar", bold=True))]
    right = [Piece(f" {one_line(began)} ", dim)]
    if width - width_of([*left, *right]) < LEAST_NAME:
        right = []
    room = width - width_of([*left, *right])
    return strip(
        width, bar, [*left, Piece(clip(one_line(name), room, look.symbols.more), bar)], right
    )


def _facts(look: Look, facts: list[tuple[str, str, bool]], width: int) -> Strip:
    dim, text = look.ink("dim"), look.ink("text")
    groups = [
        [Piece(f"{label} " if label else "", dim), Piece(value, dim if is_alike else text)]
        for label, value, is_alike in facts
    ]
    return row(width, dim, groups[0], groups[1:], gap=2)


def _settings(look: Look, comparison: Comparison) -> list[_Fact]:
    a, b = comparison.a, comparison.b
    facts = [
        _Fact("seed", *(str(one.header.seed if one.header else "") for one in (a, b))),
        _Fact("", _models(a), _models(b)),
        _Fact("", _rounds(a), _rounds(b)),
    ]
    for setting in comparison.settings:
        if setting.name not in _TOLD_ANYWAY:
            values = (
                clip(one_line(value) or look.symbols.none, LONGEST_SETTING, look.symbols.more)
                for value in (setting.a, setting.b)
            )
            facts.append(_Fact(one_line(setting.name), *values))
    return facts


_TOLD_ANYWAY = frozenset({"seed", "model", "rounds"})


def _models(session: Session) -> str:
    models = session.scenario.labels
    return one_line(models[0]) if len(models) == 1 else f"{len(models)} models"


def _rounds(session: Session) -> str:
    count = max(session.finished_round, 0)
    return "1 round" if count == 1 else f"{count} rounds"


def _measures(look: Look, comparison: Comparison, layout: Layout) -> list[_Fact]:
    sides = comparison.a, comparison.b
    about = look.symbols.approx
    in_turn = "one after another" if layout.has_words else "in turn"
    return [
        _Fact("", *(seconds(one.elapsed(one.t)) for one in sides)),
        _Fact("", *(f"{one.tokens:,} tok" for one in sides)),
        _Fact("cost", *(cost_words(look, one.bill) for one in sides)),
        _Fact(in_turn, *(f"{about}{seconds(one.busy(one.t))}" for one in sides)),
    ]


def _failures(look: Look, session: Session, letter: str) -> Group:
    mark = look.symbols.phases[Phase.FAILED]
    return [Piece(f" {mark} {session.failed} failed in {letter} ", look.chip("failure"))]


def _longer(comparison: Comparison) -> list[str]:
    """How much longer B took, if it did."""
    a, b = comparison.a, comparison.b
    more = b.elapsed(b.t) - a.elapsed(a.t)
    if abs(more) < WORTH_SAYING:
        return []
    return [f"{seconds(abs(more))} {'longer' if more > 0 else 'less'}"]


def _more_tokens(comparison: Comparison) -> list[str]:
    more = comparison.b.tokens - comparison.a.tokens
    return [f"{abs(more):,} tok {'more' if more > 0 else 'less'}"] if more else []
