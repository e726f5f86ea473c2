"""What an attempt has used where no provider tells: the prompt that was sent, and what has come."""

from brainstorm_agents import tokens
from brainstorm_agents.events import Usage
from brainstorm_agents.parameters import is_real
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.session import USER, Phase, Session, Turn


def used(session: Session, turn: Turn, *, is_refused: bool = False) -> Usage | None:
    """What the attempt under way has used so far, by our estimate; None if that is nothing.

    Args:
        session: Whose turn it is.
        turn: The turn.
        is_refused: Whether the server has said no, which costs nothing as long as nothing came.
    """
    if turn.phase not in _UNDER_WAY or turn.model == USER:
        return None
    if is_refused and not (turn.text or turn.reasoning):
        return None
    said = tokens.count(turn.text) + tokens.count(turn.reasoning)
    return Usage(sent(session, turn), said, counted=True)


_UNDER_WAY = Phase.THINKING, Phase.SPEAKING


def sent(session: Session, turn: Turn) -> int:
    """The tokens of the prompt that the attempt under way was sent, estimated.

    The mock and recordings find their words without one: it is counted only for a budget of tokens.
    """
    is_asked = is_real(session.scenario.model(turn.model).model)
    if not is_asked and session.budget.tokens is None:
        return 0
    return Prompt(session, turn).tokens
