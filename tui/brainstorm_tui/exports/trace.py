"""A Chrome trace: the format that Perfetto, and every browser's profiler, opens.

Each role has a track, and so have the rounds. The phases of a turn stand one after another, so no
two slices of a track overlap. Times are the session's, idle stretches included.
"""

import json
from collections.abc import Iterator
from typing import Any

from brainstorm_agents.prompt import Observed
from brainstorm_agents.reader import Log
from brainstorm_agents.session import Phase, Round, Session, Turn
from brainstorm_tui.exports import facts
from brainstorm_tui.exports.intervals import microseconds
from brainstorm_tui.text.safe import one_line

PROCESS = 1
ROUNDS = 0
"""The track of the rounds; a role's is its place in the cast, counted from 1."""

LONGEST_NAME = 200

_Slice = dict[str, Any]


def export(log: Log) -> Iterator[str]:
    """The trace, one event a line."""
    session = log.session()
    yield '{"displayTimeUnit":"ms","traceEvents":['
    for place, event in enumerate(_events(session)):
        yield f"{',' if place else ''}\n{json.dumps(event, ensure_ascii=False)}"
    yield "\n]}\n"


def _events(session: Session) -> Iterator[_Slice]:
    title = facts.shortened(f"{session.scenario.name}: {session.topic}", LONGEST_NAME)
    yield _metadata("process_name", ROUNDS, {"name": title})
    yield from _track(ROUNDS, "rounds")
    for state in session.roles.values():
        yield from _track(state.place + 1, one_line(state.name))
    last = 0
    for round_ in session.rounds:
        last = max(last, microseconds(round_.started))
        end = session.t if round_.ended is None else round_.ended
        name = f"round {round_.number}" if round_.number else "opening"
        yield _slice(ROUNDS, name, "round", last, end, _about_round(round_))
        last = max(last, microseconds(end))
    for state in session.roles.values():
        last = 0
        for turn in state.turns:
            for phase, start, end in turn.stretches(session.t):
                last = max(last, microseconds(start))
                name = f"{one_line(turn.id)} {phase}"
                about = _about_turn(session, turn)
                yield _slice(state.place + 1, name, str(phase), last, end, about)
                last = max(last, microseconds(end))
            if turn.phase is not Phase.DONE:
                yield _instant(state.place + 1, turn, last)


def _track(track: int, name: str) -> Iterator[_Slice]:
    yield _metadata("thread_name", track, {"name": name})
    yield _metadata("thread_sort_index", track, {"sort_index": track})


def _metadata(name: str, track: int, about: _Slice) -> _Slice:
    return {"name": name, "ph": "M", "pid": PROCESS, "tid": track, "args": about}


def _slice(track: int, name: str, kind: str, start: int, end: float, about: _Slice) -> _Slice:
    return {
        "name": name,
        "cat": kind,
        "ph": "X",
        "ts": start,
        "dur": max(0, microseconds(end) - start),
        "pid": PROCESS,
        "tid": track,
        "args": about,
    }


def _instant(track: int, turn: Turn, at: int) -> _Slice:
    return {
        "name": f"{one_line(turn.id)} {facts.outcome(turn)}",
        "cat": "failure",
        "ph": "i",
        "s": "t",
        "ts": at,
        "pid": PROCESS,
        "tid": track,
        "args": {"id": one_line(turn.id)},
    }


def _about_round(round_: Round) -> _Slice:
    return {
        "round": round_.number,
        "schedule": one_line(round_.schedule),
        "published": [one_line(id_) for id_ in round_.published],
    }


def _about_turn(session: Session, turn: Turn) -> _Slice:
    observed = Observed(session.published, turn.observed)
    return {
        "id": one_line(turn.id),
        "round": turn.round.number,
        "observed": [one_line(message.id) for message in observed],
        "attempts": turn.attempt,
        "model": one_line(turn.model),
        "tokens": turn.tokens,
    }
