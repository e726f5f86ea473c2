"""The default schedule: all roles with news act at once, each seeing the round's start.

News is what was published after the last turn for which a role was asked; what it observes is
everything after the last turn that it finished. So what a failed turn missed comes with the next
one, and a role that always fails cannot keep a session going.

A muted role has no turn and its place does not move: what it misses it observes when it takes turns
again. Until then its news counts for nothing, so it cannot keep a session going either.
"""

from brainstorm_agents.schedules.news import observed
from brainstorm_agents.schedules.plan import Planned, Schedule
from brainstorm_agents.session import Session


def plan(session: Session) -> list[Planned]:
    """The turns of the next round, or those that an open round still lacks."""
    current = session.open_round
    number = current.number if current else len(session.rounds)
    horizon = current.horizon if current else len(session.published)
    turns = []
    for state in session.roles.values():
        if state.muted:
            continue
        new = observed(session, state, horizon)
        if new and new[-1][1] > state.asked:
            has_begun = state.turn is not None and state.turn.round is current
            turn = state.last_number + (not has_begun) if number else 0
            turns.append(Planned(f"{state.prefix}{turn}", state.name, new))
    return turns


SCHEDULE = Schedule("simultaneous", plan)
