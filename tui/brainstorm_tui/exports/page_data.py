"""What the page's script knows: when each turn was in which phase, and when its text came.

The script looks these times up and works nothing out: the session is folded here.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from brainstorm_agents.events import TurnAsked, TurnStreamed
from brainstorm_agents.reader import Log
from brainstorm_agents.session import USER, RoleState, Session, Turn
from brainstorm_tui.exports.intervals import intervals, milliseconds, total
from brainstorm_tui.text.safe import one_line


def page_data(log: Log, session: Session) -> str:
    """JSON that can stand in a `script` element. Times are milliseconds under way."""
    places = {id_: place for place, id_ in enumerate(session.turns)}
    came = _arrivals(log, session)
    starts = [milliseconds(session, round_.started) for round_ in session.rounds]
    data = {
        "total": total(session),
        "rounds": starts,
        "roles": [_role(session, state) for state in session.roles.values()],
        "published": [_anchor(session, places, at) for at in range(len(session.published))],
        "said": [_said(session, starts, at) for at in session.user_positions],
        "turns": [_turn(session, turn, came.get(turn.id, [])) for turn in session.turns.values()],
    }
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _role(session: Session, state: RoleState) -> dict[str, Any]:
    """Its name, and the places of whom it listens to; null stands for all others."""
    watched = state.watched
    places = None if watched is None else [session.roles[name].place for name in watched]
    return {"name": one_line(state.name), "watched": places}


def _anchor(session: Session, places: Mapping[str, int], at: int) -> list[Any]:
    """A published message: its id, and its turn's place, -1 for what the user said."""
    message = session.published[at]
    place = -1 if message.sender == USER else places.get(message.id, -1)
    return [one_line(message.id), place]


def _said(session: Session, starts: list[int], at: int) -> int:
    """From when on a message of the user is shown: the round that hears it, or the end."""
    horizons = [round_.horizon for round_ in session.rounds]
    place = bisect_right(horizons, at)
    return starts[place] if place < len(starts) else total(session)


def _turn(session: Session, turn: Turn, came: list[int]) -> dict[str, Any]:
    return {
        "id": one_line(turn.id),
        "role": session.roles[turn.role].place,
        "round": turn.round.number,
        "state": str(turn.phase),
        "observed": turn.observed,
        "phases": [
            [str(interval.phase or "waiting"), interval.start, interval.end]
            for interval in intervals(session, turn)
        ],
        "came": came,
    }


def _arrivals(log: Log, session: Session) -> dict[str, list[int]]:
    """For each turn's last attempt: a time, and how many characters were there; and so on."""
    found: dict[str, list[int]] = {}
    for event in log.events:
        match event:
            case TurnAsked():
                found[event.id] = []
            case TurnStreamed() if event.text:
                came = found.setdefault(event.id, [])
                before = came[-1] if came else 0
                came += (milliseconds(session, event.t), before + len(event.text))
    return found
