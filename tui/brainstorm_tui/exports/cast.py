"""An asciicast (version 2): the transcript as `run` printed it, when it printed it."""

import json
from collections.abc import Iterator
from typing import Any

from brainstorm_agents.events import RoundStarted
from brainstorm_agents.reader import Log
from brainstorm_agents.session import Session
from brainstorm_tui.exports import facts
from brainstorm_tui.exports.intervals import microseconds
from brainstorm_tui.exports.wrap import wrapped
from brainstorm_tui.plain import Printer
from brainstorm_tui.text.safe import sanitise

WIDTH, HEIGHT = 100, 30

MOST_IDLE_S = 10
"""Players skip what is longer: a session that was left overnight can still be watched."""

LONGEST_TITLE = 200


def export(log: Log) -> Iterator[str]:
    """A header, then what was printed, with a marker at each round's beginning."""
    yield _line(_header(log))
    session = Session()
    printed: list[str] = []
    printer = Printer(printed.append, "transcript")
    last = 0
    for event in log.events:
        session.apply(event)
        # Times that run backwards would stop a player.
        last = max(last, microseconds(event.t))
        if isinstance(event, RoundStarted):
            name = f"round {event.round}" if event.round else "opening"
            yield _line([last / 1_000_000, "m", name])
        printer.update(session)
        yield from _output(last, printed)
    printer.finish(session)
    yield from _output(last, printed)


def _header(log: Log) -> dict[str, Any]:
    title = facts.shortened(log.header.scenario.topic, LONGEST_TITLE)
    header: dict[str, Any] = {"version": 2, "width": WIDTH, "height": HEIGHT}
    if begun := facts.started_at(log.header):
        header["timestamp"] = int(begun.timestamp())
    name = facts.shortened(log.header.scenario.name, LONGEST_TITLE)
    return header | {"idle_time_limit": MOST_IDLE_S, "title": f"{name}: {title}"}


def _output(micros: int, printed: list[str]) -> Iterator[str]:
    if not printed:
        return
    lines = sanitise("".join(printed)).split("\n")
    printed.clear()
    text = "\r\n".join(row for line in lines for row in wrapped(line, WIDTH))
    yield _line([micros / 1_000_000, "o", text])


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
