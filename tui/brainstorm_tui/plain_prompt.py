"""The prompt of a turn as plain text, and as JSON."""

import json

from brainstorm_agents.prompt import Prompt
from brainstorm_agents.session import Session, Turn
from brainstorm_tui.plain import indented
from brainstorm_tui.text.safe import one_line


def prompt_text(session: Session, turn: str) -> str:
    """The messages that the model was sent for a turn, each under its role; the new one marked."""
    parts = list(Prompt(session, session.turns[turn]).parts())
    texts = [f"{one_line(part.role)}\n{indented(part.content)}" for part in parts[:-1]]
    texts.append(f"{parts[-1].role} (new)\n{indented(parts[-1].content)}")
    return "\n".join(texts)


def left_out_words(turn: Turn) -> str:
    """What the prompt of a turn leaves out: `its 3 oldest turns`; empty if nothing."""
    trimmed = turn.trimmed
    parts = []
    if trimmed and trimmed.turns:
        parts.append(f"its {_count(trimmed.turns, 'oldest turn')}")
    if trimmed and trimmed.messages:
        parts.append(f"the {_count(trimmed.messages, 'oldest message')} of what is new")
    return " and ".join(parts)


def _count(number: int, what: str) -> str:
    return what if number == 1 else f"{number:,} {what}s"


def prompt_json(session: Session, turn: str) -> str:
    """The same as the list that a model takes, exactly; what a terminal would obey is escaped."""
    return json.dumps(Prompt(session, session.turns[turn]).messages(), indent=1)
