"""What is said of roles that are muted, where a session is read."""

from collections.abc import Iterator

from brainstorm_agents.session import Session
from brainstorm_tui.text.safe import one_line


def mutings_before(session: Session, start: int, stop: int) -> Iterator[str]:
    """Who was muted, or took turns again, before some rounds: `Bob is muted from here on`.

    Args:
        session: The session.
        start: The first of the rounds, by its number; one that has not begun is told of too.
        stop: The first round after them.
    """
    for muting in session.mutings:
        if start <= muting.round < stop:
            yield f"{one_line(muting.role)} {'is muted' if muting.muted else 'speaks'} from here on"


def muted_rounds(session: Session) -> str:
    """When roles were muted: `Bob from round 2; Alex from round 1, not from round 3`."""
    told: dict[str, list[str]] = {}
    for muting in session.mutings:
        where = f"from round {muting.round}" if muting.round else "from the opening"
        told.setdefault(muting.role, []).append(where if muting.muted else f"not {where}")
    return "; ".join(f"{role} {', '.join(words)}" for role, words in told.items())
