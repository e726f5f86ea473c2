"""Why attempts and turns failed, and which model took over, in words."""

from brainstorm_agents.session import Session, Turn
from brainstorm_tui.text.safe import one_line


def fallback(session: Session, turn: Turn) -> str:
    """The model that took over, as people know it; empty where none did."""
    own = session.scenario.role(turn.role).model
    return "" if turn.is_by_user or turn.model in ("", own) else session.scenario.label(turn.model)


def reason(turn: Turn) -> str:
    """Why a turn has failed: at its last model, and why at those before it."""
    before = dict.fromkeys(one.reason for one in turn.switches if one.reason != turn.reason)
    return f"{turn.reason} (before that: {'; '.join(before)})" if before else turn.reason


def brief(reason: str) -> str:
    """A reason without the name of the model before it and the advice behind it."""
    model, colon, rest = one_line(reason).partition(": ")
    return (rest if colon and " " not in model else one_line(reason)).partition("; ")[0]
