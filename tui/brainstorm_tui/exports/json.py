"""The session as one JSON document, described in the docs."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from brainstorm_agents.bill import Bill
from brainstorm_agents.prompt import Observed
from brainstorm_agents.reader import Log
from brainstorm_agents.scenario import Role
from brainstorm_agents.session import USER, Round, Session, Turn
from brainstorm_tui.exports.intervals import microseconds
from brainstorm_tui.plain import why
from brainstorm_tui.text.safe import one_line, sanitise

VERSION = 1
"""Raised when a field changes its meaning or goes; new ones may come at any time."""


def export(log: Log) -> Iterator[str]:
    """The document: one role, message, turn or round a line."""
    session = log.session()
    yield "{\n"
    for name, value in _facts(log, session).items():
        yield f'"{name}": {_dumped(value)},\n'
    yield from _array("roles", (_role(session, role) for role in session.scenario.roles))
    yield from _array("messages", _messages(session))
    yield from _array("turns", (_turn(session, turn) for turn in session.turns.values()))
    yield from _array("rounds", (_round(round_) for round_ in session.rounds))
    yield f'"ideas": {_dumped([one_line(id_) for id_ in session.ideas])},\n'
    yield f'"ended": {_dumped(_ended(session))}\n}}\n'


def _facts(log: Log, session: Session) -> dict[str, Any]:
    header, scenario = log.header, session.scenario
    return {
        "export": VERSION,
        "program": one_line(header.version),
        "started_at": one_line(header.started_at),
        "parent": _safe(msgspec.to_builtins(header.parent)),
        "scenario": {
            "name": one_line(scenario.name),
            "description": sanitise(scenario.description),
            "opener": None if scenario.opener is None else one_line(scenario.opener),
            "rounds": scenario.rounds,
            "max_concurrency": scenario.max_concurrency,
            "models": _safe(msgspec.to_builtins(scenario.models)),
            "schedule": scenario.schedule,
            "stop": _safe(msgspec.to_builtins(scenario.stop)),
            "faults": _safe(msgspec.to_builtins(scenario.faults)),
            "budget": _safe(msgspec.to_builtins(scenario.budget)),
        },
        "topic": sanitise(session.topic),
        "seed": header.seed,
    }


def _role(session: Session, role: Role) -> dict[str, Any]:
    watch = "all" if role.watch == "all" else [one_line(name) for name in role.watch]
    return {
        "name": one_line(role.name),
        "profile": sanitise(role.profile),
        "persona": sanitise(role.persona),
        "watch": watch,
        "model": one_line(role.model),
        "memory": _safe(msgspec.to_builtins(role.memory)),
        "params": _safe(role.params),
        "bill": _bill(session.roles[role.name].bill),
    }


def _messages(session: Session) -> Iterator[dict[str, Any]]:
    for message in session.published:
        turn = session.turns.get(message.id)
        told: dict[str, Any] = {
            "id": one_line(message.id),
            "role": USER if message.sender == USER else one_line(message.sender),
            "text": sanitise(message.text),
            "to": [one_line(name) for name in message.to],
            "edited": message.edited,
        }
        if message.sender != USER and turn is not None:
            told |= {
                "round": turn.round.number,
                "observed": _observed(session, turn),
                "times": _times(session, turn),
                "usage": _usage(turn),
            }
        yield told


def _turn(session: Session, turn: Turn) -> dict[str, Any]:
    is_published = turn.id in turn.round.published
    return {
        "id": one_line(turn.id),
        "role": one_line(turn.role),
        "round": turn.round.number,
        "observed": _observed(session, turn),
        "state": str(turn.phase),
        "reason": sanitise(turn.reason),
        "model": one_line(turn.model),
        "attempts": turn.attempt,
        "retries": [
            {
                "attempt": retry.attempt,
                "reason": sanitise(retry.reason),
                "wait_s": _seconds(retry.wait_s),
            }
            for retry in turn.retries
        ],
        "switches": [
            {"model": one_line(switch.model), "reason": sanitise(switch.reason)}
            for switch in turn.switches
        ],
        # What was published is in the messages.
        "text": None if is_published else sanitise(turn.text),
        "reasoning": sanitise(turn.reasoning),
        "discarded": sanitise(turn.discarded),
        "note": sanitise(turn.note),
        "times": _times(session, turn),
        "usage": _usage(turn),
        "bill": _bill(turn.bill),
        "left_out": {"turns": turn.left_out.turns, "messages": turn.left_out.messages},
    }


def _times(session: Session, turn: Turn) -> dict[str, Any]:
    phases = [
        {"phase": str(phase), "start": _seconds(start), "end": _seconds(end)}
        for phase, start, end in turn.stretches(session.t)
    ]
    ended = None if turn.ended is None else _seconds(turn.ended)
    return {"started": _seconds(turn.started), "ended": ended, "phases": phases}


def _usage(turn: Turn) -> dict[str, Any] | None:
    usage = turn.usage
    if usage is None:
        return None
    return {"prompt": usage.prompt, "completion": usage.completion, "counted": usage.counted}


def _bill(bill: Bill) -> dict[str, Any]:
    """All attempts, failed ones too; `cost` is None if nothing in it has a known price."""
    return {
        "prompt": bill.prompt,
        "completion": bill.completion,
        "counted": bill.is_counted,
        "cost": bill.usd,
        "partial": bill.is_partial,
    }


def _round(round_: Round) -> dict[str, Any]:
    return {
        "number": round_.number,
        "schedule": one_line(round_.schedule),
        "started": _seconds(round_.started),
        "ended": None if round_.ended is None else _seconds(round_.ended),
        "turns": [one_line(turn.id) for turn in round_.turns],
        "published": [one_line(id_) for id_ in round_.published],
        "bill": _bill(round_.bill),
    }


def _ended(session: Session) -> dict[str, Any]:
    state = "ended" if session.ended is not None else "paused" if session.paused else "open"
    reason = session.paused if session.ended is None else session.ended
    return {
        "state": state,
        "reason": None if reason is None else one_line(reason),
        "words": why(session),
        "t": _seconds(session.t),
        "elapsed_s": _seconds(session.elapsed(session.t)),
        "one_after_another_s": _seconds(session.busy(session.t)),
        "tokens": sum(turn.tokens for turn in session.turns.values()),
        "failed": session.failed,
        "cost": session.bill.usd,
        "bill": _bill(session.bill),
    }


def _observed(session: Session, turn: Turn) -> list[str]:
    return [one_line(message.id) for message in Observed(session.published, turn.observed)]


def _seconds(t: float) -> float:
    return microseconds(t) / 1_000_000


def _array(name: str, items: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield f'"{name}": ['
    for place, item in enumerate(items):
        yield f"{',' if place else ''}\n{_dumped(item)}"
    yield "\n],\n"


def _safe(value: Any) -> Any:
    """Parameters are whatever the scenario said."""
    match value:
        case str():
            return sanitise(value)
        case dict():
            return {sanitise(str(key)): _safe(item) for key, item in value.items()}
        case list() | tuple():
            return [_safe(item) for item in value]
    return value


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
