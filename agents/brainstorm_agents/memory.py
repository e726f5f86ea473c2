"""Memory: how much of a conversation a prompt may hold, and what is left out of it to fit."""

from collections.abc import Mapping
from typing import Any

from brainstorm_agents import tokens
from brainstorm_agents.errors import InputError
from brainstorm_agents.parameters import is_real
from brainstorm_agents.prompt import Prompt, instructions
from brainstorm_agents.reply_length import reply_tokens
from brainstorm_agents.scenario import Scenario
from brainstorm_agents.session import Phase, Session, Turn
from brainstorm_agents.turns import EVERYTHING, LeftOut


def room(session: Session, turn: Turn, name: str, params: Mapping[str, Any]) -> int | None:
    """How many tokens a prompt to the model called `name` may have; None if nothing limits it.

    That is what the role's `memory` says, and what the model's window, where it is known, leaves
    beside the reply; or what it took the last time, after it had refused more: the least of them.
    """
    limits = []
    if (said := session.scenario.role(turn.role).memory.tokens) is not None:
        limits.append(said)
    described = session.described.get(name)
    if described and described.window and is_real(session.scenario.model(name).model):
        limits.append(max(1, described.window - reply_tokens(session, name, params)))
    if (learnt := _learnt(session, turn, name)) is not None:
        limits.append(learnt)
    return min(limits, default=None)


def _learnt(session: Session, turn: Turn, name: str) -> int | None:
    """What the same model last took from the role, where its prompt had to be cut for it."""
    for earlier in reversed(session.roles[turn.role].turns):
        if earlier is not turn and earlier.phase is Phase.DONE:
            is_same = earlier.trimmed is not None and earlier.model == name
            return (earlier.trimmed.most or None) if earlier.trimmed and is_same else None
    return None


def check(scenario: Scenario) -> None:
    """Refuse a memory that does not even hold what its role is told about itself.

    Raises:
        InputError: Whose memory, and how much it takes.
    """
    for role in scenario.roles:
        told = tokens.count(instructions(scenario, role, scenario.topic))
        if role.memory.tokens is not None and role.memory.tokens < told:
            raise InputError(
                f"the memory of {role.name} has {role.memory.tokens:,} tokens, and what it is told"
                f" about itself and the topic takes {told:,}; give it more, such as"
                " memory: {tokens: 4000}"
            )


def fitted(session: Session, turn: Turn, most: int | None) -> LeftOut:
    """What has to be left out so that a prompt has at most so many tokens; the oldest goes first.

    First whole turns of the role's own, each with what it had heard in it; then, of what is new,
    all but the newest message. What the role is told about itself, and the topic, always stay: so
    a prompt may be longer than it should, and then the model has the last word.
    """
    if most is None:
        return EVERYTHING
    parts = list(Prompt(session, turn, EVERYTHING).parts())
    # After the system come two for each turn, then what is new.
    sizes = [tokens.count(part.content) for part in parts]
    over: float = sum(sizes) - most
    earlier = (len(parts) - 2) // 2
    turns = 0
    while over > 0 and turns < earlier:
        over -= sizes[1 + 2 * turns] + sizes[2 + 2 * turns]
        turns += 1
    messages = 0
    heard = Prompt(session, turn, EVERYTHING).lines_heard()
    while over > 0 and messages < len(heard) - 1:
        over -= tokens.weigh(heard[messages])
        messages += 1
    return LeftOut(turns, messages)
