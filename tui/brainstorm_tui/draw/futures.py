"""The futures of a round: the state of each turn's task, in the words of asyncio."""

from collections import Counter

from brainstorm_agents.session import Phase, Round, Session
from brainstorm_tui.draw.headings import id_piece
from brainstorm_tui.draw.row import Piece, width_of
from brainstorm_tui.look import Look

STATES: dict[Phase, str] = {
    Phase.QUEUED: "pending",
    Phase.THINKING: "running",
    Phase.SPEAKING: "running",
    Phase.RETRYING: "running",
    Phase.DONE: "done",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "cancelled",
}
"""What a turn's future is: pending while it has no call, running while it has."""


def futures(look: Look, session: Session, round_: Round, room: int) -> list[Piece]:
    """`futures of round 2  a2 ● running  b2 ✓ done  c2 ◌ pending`, or how many are what.

    Args:
        look: The theme and the symbols.
        session: The session as it stands.
        round_: One of its rounds.
        room: Cells; nothing is shown if there is not enough.
    """
    dim, text = look.ink("dim", "bar"), look.ink("text", "bar")
    name = f"round {round_.number}" if round_.number else "the opening"
    end = Piece(" ", dim)
    each = [Piece(f"futures of {name}", dim)]
    for turn in round_.turns:
        own = id_piece(look, session, turn.id, turn.role, "bar", bold=True)
        sign = look.symbols.phases[turn.phase]
        each += [Piece("   ", dim), own, Piece(f" {sign} {STATES[turn.phase]}", text)]
    counts = Counter(STATES[turn.phase] for turn in round_.turns)
    told = [f"{counts[state]} {state}" for state in dict.fromkeys(STATES.values()) if counts[state]]
    long = [Piece(f"futures of {name}   ", dim), Piece(", ".join(told), text)]
    short = [Piece(", ".join(told), text)]
    return next(
        ([*way, end] for way in (each, long, short) if told and width_of(way) + 1 <= room), []
    )
