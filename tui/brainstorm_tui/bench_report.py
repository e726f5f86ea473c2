"""What a bench has measured, as text of 80 columns and as a JSON document."""

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from brainstorm_agents.cast import Scenario
from brainstorm_tui.bench import Figures
from brainstorm_tui.call_estimate import real_models
from brainstorm_tui.launch import Launch, version
from brainstorm_tui.plain import ASCII, Marks
from brainstorm_tui.sample import Sample
from brainstorm_tui.text.safe import one_line

VERSION = 1
"""Of the document: raised when a field changes its meaning or goes."""

WIDTH = 80
LABEL = 19
"""Cells of the labels of times."""

NOTE = 13
"""Cells of the labels of notes."""

MOST_ROUNDS = 6
"""Rounds that are named one by one."""

NEGLIGIBLE = 0.005
"""A part of the textbook's figure that is not worth a word."""


def report(launch: Launch, found: Figures, marks: Marks) -> Iterator[str]:
    """The lines, without their newlines."""
    rows = {
        "concurrent": found.concurrent.mean,
        "one after another": found.sequential.mean,
        "sum of the turns": found.turns_s,
        f"textbook, {marks.times} {found.roles}": found.textbook_s,
        "ideal": found.ideal_s,
    }
    places = _places(max(rows.values()))
    yield from _heading(launch, found, marks)
    yield ""
    yield from _table(found, places, marks)
    yield ""
    yield from _chart(rows, places, marks)
    yield ""
    for label, text in _notes(launch.scenario, found, places, marks):
        yield from _note(label, text)


def document(launch: Launch, found: Figures, *, is_complete: bool) -> dict[str, Any]:
    """The same figures for a program, in seconds."""
    scenario = launch.scenario
    return {
        "bench": VERSION,
        "program": version(),
        "scenario": one_line(scenario.name),
        "models": [one_line(model) for model in scenario.labels],
        "seed": launch.seed,
        "speed": launch.speed,
        "rounds": scenario.rounds,
        "roles": found.roles,
        "turns_by_round": list(found.turns),
        "concurrent": _sample(found.concurrent),
        "sequential": _sample(found.sequential),
        "speedup": round(found.speedup, 6),
        "textbook_estimate_s": round(found.textbook_s, 6),
        "sum_of_turns_s": round(found.turns_s, 6),
        "ideal_s": round(found.ideal_s, 6),
        "ideal_reached": round(found.ideal_reached, 6),
        "failed_turns": found.failed,
        "transcripts_identical": not found.partings,
        "complete": is_complete,
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "mean_s": round(sample.mean, 6),
        "ci95_s": None if sample.ci95 is None else round(sample.ci95, 6),
        "min_s": round(sample.least, 6),
        "max_s": round(sample.most, 6),
        "runs": len(sample.times),
        "times_s": [round(time, 6) for time in sample.times],
    }


def _heading(launch: Launch, found: Figures, marks: Marks) -> Iterator[str]:
    name = one_line(launch.scenario.name)
    models = ", ".join(map(one_line, launch.scenario.labels))
    seed = f"seed {launch.seed}"
    speed = f"speed {launch.speed:g}"
    yield f" {marks.dot} ".join((name, models, seed, *([speed] if launch.speed != 1 else ())))
    turns = found.turns
    total = _count(sum(turns), "turn")
    if 1 < len(turns) <= MOST_ROUNDS:
        total = f"{' + '.join(map(str, turns))} = {total}"
    rounds = f"rounds 0 to {len(turns) - 1}" if len(turns) > 1 else "round 0"
    runs = len(found.concurrent.times), len(found.sequential.times)
    each = f"{_count(runs[0], 'run')} each way" if runs[0] == runs[1] else f"{sum(runs)} runs"
    yield f"{rounds}: {total}; {each}, alternately"


def _table(found: Figures, places: int, marks: Marks) -> Iterator[str]:
    plus_minus, none = ("+-", "-") if marks is ASCII else ("±", "–")
    yield _line("", "mean", "95 % interval", "min", "max")
    for label, sample in (
        ("concurrent", found.concurrent),
        ("one after another", found.sequential),
    ):
        half = none if sample.ci95 is None else f"{plus_minus} {_seconds(sample.ci95, places)}"
        bounds = (_seconds(bound, places) for bound in (sample.least, sample.most))
        yield _line(label, _seconds(sample.mean, places), half, *bounds)


def _line(label: str, mean: str, interval: str, least: str, most: str) -> str:
    return f"{label:{LABEL}}{mean:>10}{interval:>17}{least:>13}{most:>13}"


def _chart(rows: dict[str, float], places: int, marks: Marks) -> Iterator[str]:
    longest = max(rows.values())
    room = WIDTH - LABEL - len(_seconds(longest, places)) - 1
    for label, time in rows.items():
        bar = _bar(time / longest * room if longest else 0.0, marks)
        yield f"{label:{LABEL}}{bar}{' ' if bar else ''}{_seconds(time, places)}"


def _bar(cells: float, marks: Marks) -> str:
    """A bar of so many cells, to a half where there are signs for it: thin, so that bars part."""
    if marks is ASCII:
        return "=" * round(cells)
    whole, half = divmod(round(cells * 2), 2)
    return "━" * whole + "╸" * half


def _notes(
    scenario: Scenario, found: Figures, places: int, marks: Marks
) -> Iterator[tuple[str, str]]:
    """What the figures mean, each with a label."""
    yield "speed-up", f"{found.speedup:.2f}{marks.times}"
    yield "textbook", _textbook(found, places)
    yield "ideal", _ideal(scenario, found, places)
    if found.failed:
        reason = next(run.reason for run in found.runs if run.reason)
        turns = _count(found.failed, "turn")
        yield (
            "failed",
            f"{turns} of {sum(sum(run.turns) for run in found.runs)}: {one_line(reason)}",
        )
    yield "transcripts", _transcripts(scenario, found)


def _note(label: str, text: str) -> Iterator[str]:
    """A note's lines. A number and its unit stay together."""
    joined = re.sub(r"(?<=\d) (?=s\b|%)", "\N{NO-BREAK SPACE}", text)
    for line in textwrap.wrap(
        joined, WIDTH, initial_indent=f"{label:{NOTE}}", subsequent_indent=" " * NOTE
    ):
        yield line.replace("\N{NO-BREAK SPACE}", " ")


def _textbook(found: Figures, places: int) -> str:
    """Why the textbook's figure is not the sum of the turns."""
    reasons = [
        (amount, words)
        for amount, words in (
            (found.absent_s, _short_rounds(found)),
            (found.waiting_s, "turns are shorter than their round"),
        )
        if amount > NEGLIGIBLE * found.textbook_s
    ]
    over = _seconds(found.textbook_s - found.turns_s, places)
    match reasons:
        case []:
            return "right here: every role has a turn in every round, all equally long"
        case [(_, words)]:
            return f"{over} too much: {words}"
    explained = (f"{words} ({_seconds(amount, places)})" for amount, words in reasons)
    return f"{over} too much: {', and '.join(explained)}"


def _short_rounds(found: Figures) -> str:
    """Which rounds do not give every role a turn."""
    short = [number for number, turns in enumerate(found.turns) if turns < found.roles]
    *others, last = map(str, short or [0])
    which = f"rounds {', '.join(others)} and {last} have" if others else f"round {last} has"
    if len(short) > MOST_ROUNDS:
        which = f"{len(short)} of {len(found.turns)} rounds have"
    return f"{which} fewer turns than roles"


def _ideal(scenario: Scenario, found: Figures, places: int) -> str:
    ideal = _seconds(found.ideal_s, places)
    limit = scenario.max_concurrency
    limited = f", with {_count(limit, 'call')} at once at most" if limit < max(found.turns) else ""
    reached = f"{100 * found.ideal_reached:.1f} % of it reached{limited}"
    return f"{reached}: the longest chain of turns takes {ideal}"


def _transcripts(scenario: Scenario, found: Figures) -> str:
    runs = len(found.runs)
    if not found.partings:
        return f"identical in all {runs} runs"
    differing = f"{len(found.partings)} of {runs} are not the first's: {found.partings[0]}"
    if real_models(scenario):
        return f"{differing}; a real model finds other words each time"
    return f"NOT IDENTICAL: {differing}"


def _places(longest: float) -> int:
    """Decimal places with which the longest time has about five digits."""
    return next((places for places, end in ((4, 1), (3, 100), (2, 1000)) if longest < end), 1)


def _seconds(time: float, places: int) -> str:
    return f"{time:.{places}f} s"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
