"""Two sessions of one scenario, held against each other: what is the same, and where they part.

A role speaks once in a round, so what it said in a round of one session answers to what it said in
that round of the other, whatever the ids. Times and tokens are no difference: they are measured.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import zip_longest
from typing import Any, NamedTuple

import msgspec

from brainstorm_agents.cast import Memory, Role
from brainstorm_agents.errors import InputError
from brainstorm_agents.session import USER, Message, Session, Turn
from brainstorm_tui.muting_words import muted_rounds

MOST_NAMES = 8
"""Roles that a refusal names one by one."""


class Kind(StrEnum):
    """What two sessions have to do with each other in one place."""

    SAME = "same"
    DIFFERS = "differs"
    SAW = "saw"
    """The same was said, by somebody who had seen something else."""
    ONLY_A = "only A"
    ONLY_B = "only B"


Part = Turn | Message
"""What a role said, or tried to; or what the user said."""


class Row(NamedTuple):
    """One place in both sessions."""

    round: int
    """What the user said belongs to the first round that could hear it."""
    kind: Kind
    a: Part | None
    b: Part | None

    @property
    def part(self) -> Part:
        """What is there: of the first session, unless only the second has it."""
        part = self.a or self.b
        assert part is not None, "a row is made of something"
        return part

    @property
    def speaker(self) -> str:
        """The role that speaks, or the user."""
        return self.part.role if isinstance(self.part, Turn) else self.part.sender


class Setting(NamedTuple):
    """Something that the sessions were started with, and not alike."""

    name: str
    a: str
    b: str
    """As text; empty if it was not set."""


@dataclass(frozen=True)
class Comparison:
    """Two sessions, round by round and role by role."""

    a: Session
    b: Session
    rows: tuple[Row, ...]
    """In order: the rounds, what the user said before each, the turns in the cast's order."""
    settings: tuple[Setting, ...]
    """What they were started with that is not the same."""

    @cached_property
    def differences(self) -> tuple[Row, ...]:
        """The places where they are not the same."""
        return tuple(row for row in self.rows if row.kind is not Kind.SAME)

    @property
    def parting(self) -> Row | None:
        """The first place where they are not the same; None if there is none."""
        return next(iter(self.differences), None)

    @cached_property
    def counts(self) -> Counter[Kind]:
        """How many rows of each kind there are."""
        return Counter(row.kind for row in self.rows)


def compare(a: Session, b: Session) -> Comparison:
    """Hold two sessions against each other.

    Raises:
        InputError: Their casts are not the same, so nothing in one answers to the other.
    """
    _check_casts(list(a.roles), list(b.roles))
    return Comparison(a, b, tuple(_rows(a, b)), tuple(_settings(a, b)))


def _check_casts(a: list[str], b: list[str]) -> None:
    if a == b:
        return
    problem = "these are sessions of different casts, and only two of one scenario can be compared"
    parts = [
        f"only {which} has {_some(names)}"
        for which, names in (
            ("the first", [name for name in a if name not in set(b)]),
            ("the second", [name for name in b if name not in set(a)]),
        )
        if names
    ]
    parts = parts or [f"the first has {_some(a)}", f"the second has {_some(b)}, in that order"]
    raise InputError(f"{problem}: {'; '.join(parts)}")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _rows(a: Session, b: Session) -> Iterator[Row]:
    published = _identities(a), _identities(b)
    # One more than there are rounds: what the user said after the last one.
    for number in range(max(len(a.rounds), len(b.rounds)) + 1):
        for one, other in zip_longest(_user_said(a, number), _user_said(b, number)):
            yield Row(number, _kind_of_messages(one, other), one, other)
        turns, others = _turns(a, number), _turns(b, number)
        for name in a.roles:
            turn, twin = turns.get(name), others.get(name)
            if turn or twin:
                yield Row(number, _kind_of_turns(turn, twin, published), turn, twin)


def _turns(session: Session, number: int) -> dict[str, Turn]:
    if number >= len(session.rounds):
        return {}
    return {turn.role: turn for turn in session.rounds[number].turns}


def _user_said(session: Session, number: int) -> list[Message]:
    """What the user said that this round is the first to hear."""
    rounds = session.rounds
    if number > len(rounds):
        return []
    start = rounds[number - 1].horizon if number else 0
    end = rounds[number].horizon if number < len(rounds) else len(session.published)
    return [message for message in session.published[start:end] if message.sender == USER]


def _kind_of_messages(a: Message | None, b: Message | None) -> Kind:
    if a is None or b is None:
        return Kind.ONLY_B if a is None else Kind.ONLY_A
    return Kind.SAME if (a.text, a.to) == (b.text, b.to) else Kind.DIFFERS


_Identity = tuple[int, str]
"""What makes a published message the same one in both sessions: its round and its role."""

_Published = tuple[list[_Identity], list[_Identity]]


def _kind_of_turns(a: Turn | None, b: Turn | None, published: _Published) -> Kind:
    if a is None or b is None:
        return Kind.ONLY_B if a is None else Kind.ONLY_A
    if (a.phase, a.text, a.reason) != (b.phase, b.text, b.reason):
        return Kind.DIFFERS
    of_a, of_b = published
    saw = [one for start, end in a.observed for one in of_a[start:end]]
    saw_other = [one for start, end in b.observed for one in of_b[start:end]]
    return Kind.SAME if saw == saw_other else Kind.SAW


def _identities(session: Session) -> list[_Identity]:
    return [
        (-1, message.id)
        if message.sender == USER
        else (session.turns[message.id].round.number, message.sender)
        for message in session.published
    ]


def _settings(a: Session, b: Session) -> Iterator[Setting]:
    of_a, of_b = _rules(a), _rules(b)
    yield from (Setting(name, of_a[name], of_b[name]) for name in of_a if of_a[name] != of_b[name])
    cast = [
        (role.name, _traits(role), _traits(b.scenario.role(role.name))) for role in a.scenario.roles
    ]
    for trait in dict.fromkeys(key for _, one, other in cast for key in (*one, *other)):
        pairs = {name: (one.get(trait, ""), other.get(trait, "")) for name, one, other in cast}
        differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        if len(differing) == len(pairs) and len(set(differing.values())) == 1:
            yield Setting(trait, *next(iter(differing.values())))
        else:
            yield from (Setting(f"{name}'s {trait}", *pair) for name, pair in differing.items())


def _rules(session: Session) -> dict[str, str]:
    scenario = session.scenario
    return {
        "scenario": scenario.name,
        "seed": str(session.header.seed if session.header else ""),
        "rounds": str(scenario.rounds),
        "schedule": ", ".join(dict.fromkeys(round_.schedule for round_ in session.rounds)),
        "opener": scenario.opener or "",
        "max_concurrency": str(scenario.max_concurrency),
        "models": _written(scenario.models) if scenario.models else "",
        "muted": muted_rounds(session),
        "stop": _written(msgspec.to_builtins(scenario.stop)),
        "faults": _written(msgspec.to_builtins(scenario.faults)),
        "budget": _written(msgspec.to_builtins(scenario.budget)),
    }


def _traits(role: Role) -> dict[str, str]:
    return {
        "model": role.model,
        "profile": role.profile,
        "persona": role.persona,
        "memory": _written(msgspec.to_builtins(role.memory)) if role.memory != Memory() else "",
        "watch": role.watch if isinstance(role.watch, str) else ", ".join(role.watch),
        **{key: _written(value) for key, value in role.params.items()},
    }


def _written(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
