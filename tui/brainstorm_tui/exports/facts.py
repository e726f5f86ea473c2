"""What more than one export says of a session, in the same words."""

from collections.abc import Sequence
from datetime import UTC, datetime

from brainstorm_agents.events import CUT_OFF, SKIPPED, SessionStarted
from brainstorm_agents.prompt import Observed
from brainstorm_agents.scenario import Role
from brainstorm_agents.session import USER, Message, Phase, Session, Turn
from brainstorm_tui.exports.intervals import bounded
from brainstorm_tui.failure_words import reason
from brainstorm_tui.saving import is_saving
from brainstorm_tui.text.safe import one_line

MOST_IDS = 12
"""Observed messages that a heading names one by one."""


def seconds(value: float) -> str:
    """A duration, in tenths of a second."""
    value = bounded(value)
    return f"{value:.1f} s" if value < 1000 else f"{value:,.0f} s"


def shortened(text: str, most: int) -> str:
    """One line of at most so many characters."""
    # What is cut off anyway need not be sanitised.
    line = one_line(text[: _READ * most])
    if len(line) <= most and len(text) <= _READ * most:
        return line
    # Once more: a cut may leave half of a character that was whole.
    return one_line(line[: most - 1]) + "…"


_READ = 4
"""Characters that are looked at for each that is shown: white space and markup take some."""


def started_at(header: SessionStarted) -> datetime | None:
    """When a session began, if its header says so in a way that can be read."""
    try:
        when = datetime.fromisoformat(header.started_at)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def when(header: SessionStarted) -> str:
    """When a session began, for people."""
    time = started_at(header)
    return f"{time:%Y-%m-%d %H:%M}" if time else one_line(header.started_at)


def models(session: Session) -> str:
    """The models of the cast, each once."""
    return ", ".join(map(one_line, session.scenario.labels))


def listens_to(role: Role) -> str:
    """Whom a role listens to, in words."""
    if role.watch == "all":
        return "all"
    return ", ".join(map(one_line, role.watch)) or "nobody"


def heard(session: Session, turn: Turn) -> tuple[Sequence[Message], int]:
    """The first messages that a turn observed, and how many more there were."""
    observed = Observed(session.published, turn.observed)
    return observed[:MOST_IDS], max(0, len(observed) - MOST_IDS)


def speaker(message: Message) -> str:
    """Who said a message."""
    return "You" if message.sender == USER else one_line(message.sender)


def outcome(turn: Turn) -> str:
    """What became of a turn that said nothing in the end; empty for a reply."""
    match turn.phase:
        case Phase.DONE:
            return ""
        case Phase.FAILED if turn.is_skipped:
            return SKIPPED
        case Phase.FAILED:
            return f"failed: {one_line(reason(turn))}"
        case Phase.CANCELLED if turn.reason != CUT_OFF:
            return f"stopped: {one_line(turn.reason)}"
    return CUT_OFF


def tokens(session: Session) -> str:
    """How many tokens were said; with `≈` where we counted, not the provider."""
    counted = any(turn.usage is None or turn.usage.counted for turn in session.turns.values())
    total = sum(turn.tokens for turn in session.turns.values())
    return f"{'≈' if counted else ''}{total:,}"


def saved(session: Session) -> str:
    """What speaking at the same time has saved; empty if that is nothing."""
    took, busy = bounded(session.elapsed(session.t)), bounded(session.busy(session.t))
    if not is_saving(busy, took):
        return ""
    return f"≈{seconds(busy - took)} {busy / took:.1f}×"
