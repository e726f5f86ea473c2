"""No barrier inside the round: a role starts as soon as it has news, at most once a round.

Replies are published as they finish, so a role sees what was said before its turn began, and what
is said depends on who is faster. In the opening only the user is heard, as with a barrier.
"""

from brainstorm_agents.schedules import simultaneous
from brainstorm_agents.schedules.news import observed
from brainstorm_agents.schedules.plan import Planned, Schedule
from brainstorm_agents.session import OVER, Session


def plan(session: Session) -> list[Planned]:
    """The turns that can begin now, and those of an open round that are not over."""
    current = session.open_round
    if current is None:
        return simultaneous.plan(session)
    turns = []
    for state in session.roles.values():
        begun = state.turn if state.turn and state.turn.round is current else None
        if state.muted or (begun and begun.phase in OVER):
            continue
        if begun:
            turns.append(Planned(begun.id, state.name, begun.observed))
            continue
        new = observed(session, state, session.horizon(current))
        if new and new[-1][1] > state.asked:
            number = state.last_number + 1 if current.number else 0
            turns.append(Planned(f"{state.prefix}{number}", state.name, new))
    return turns


SCHEDULE = Schedule("eager", plan)
