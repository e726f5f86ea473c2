"""What can be done about one role, by its state; and doing it. The other roles go on."""

from enum import StrEnum
from typing import NamedTuple

from brainstorm_agents.controller import Controller
from brainstorm_agents.session import Phase, RoleState, Session, Turn
from brainstorm_tui.draw.headings import phase_word
from brainstorm_tui.text.safe import one_line


class Act(StrEnum):
    """What can be done, by its name in bindings."""

    STOP = "stop"
    AGAIN = "again"
    SKIP = "skip"
    TAKE_OVER = "take_over"
    MUTE = "mute"
    UNMUTE = "unmute"
    FORK = "fork"
    PROMPT = "prompt"


class Choice(NamedTuple):
    """Something that can be done now."""

    act: Act
    key: str
    words: str


def standing(session: Session, role: str) -> str:
    """How a role stands, in a line."""
    state = session.roles[role]
    turn = state.turn
    said = "has had no turn yet" if turn is None else f"{one_line(turn.id)} is {phase_word(turn)}"
    if turn and turn.reason and (turn.has_failed or turn.phase is Phase.RETRYING):
        said += f": {one_line(turn.reason)}"
    elif turn and turn.is_settled and not _is_stopped(session, turn):
        said += ": nothing to stop"
    if fault := session.faults.get(role):
        said += f"; its next turn: {fault.kind.replace('_', ' ')}"
    return said + "; muted" * state.muted


def choices(session: Session, role: str, *, is_live: bool) -> list[Choice]:
    """What can be done about a role now; in a replay, only what changes nothing."""
    state = session.roles[role]
    if not is_live:
        found = [Choice(Act.FORK, "f", "fork: go on from here, live")]
        if state.turn:
            found.append(Choice(Act.PROMPT, "p", f"the prompt of {one_line(state.turn.id)}"))
        return found
    return [*_about_its_turn(session, state), _about_its_next(state)]


def do(controller: Controller, role: str, act: Act, text: str = "") -> str:
    """Do it, if it still can be done; what is worth saying about it.

    Args:
        controller: Of the live session.
        role: The role's name.
        act: One of those that change a session.
        text: What the role is to say, if it is taken over.
    """
    session = controller.session
    turn = session.roles[role].turn
    possible = [choice.act for choice in choices(session, role, is_live=True)]
    if act not in possible:
        return f"too late: {standing(session, role)}"
    match act:
        case Act.STOP if turn:
            controller.stop_turn(turn.id)
            muted = session.roles[role].muted
            return f"{role} stopped: {'it is muted, so nobody' if muted else 's'} asks again"
        case Act.AGAIN:
            return _ask_again(controller, role)
        case Act.SKIP if turn:
            controller.skip(turn.id)
            return f"{turn.id} is skipped: {role} hears the rest with its next turn"
        case Act.TAKE_OVER:
            controller.take_over(role, text)
            return f"{role} says your line{_when(session, turn)}"
        case Act.MUTE:
            controller.mute(role, True)
            return f"{role} takes no more turns"
        case Act.UNMUTE:
            controller.mute(role, False)
            if turn and _is_stopped(session, turn):
                return f"{role} takes turns again: s asks {turn.id} again"
            return f"{role} takes turns again, and hears what it has missed"
    raise ValueError(act)


def _about_its_turn(session: Session, state: RoleState) -> list[Choice]:
    turn = state.turn
    found = []
    words = "take over: type its next line"
    if turn and not turn.is_settled:
        then = "muted, it is not asked again" if state.muted else "s asks it again"
        found = [
            Choice(Act.STOP, "s", f"stop only this one; {then}"),
            Choice(Act.SKIP, "k", "skip it: the round goes on without"),
        ]
        words = "take over: type its line"
    elif turn and _is_stopped(session, turn):
        found = [Choice(Act.SKIP, "k", "skip it: the round goes on without")]
        if not state.muted:
            found.insert(0, Choice(Act.AGAIN, "r", "retry: ask it again"))
        words = "take over: type its line"
    elif turn and turn.phase is Phase.FAILED and state.asked > state.seen and not state.muted:
        is_open = turn.round is session.open_round
        found = [Choice(Act.AGAIN, "r", f"retry: ask it again {_where(is_open)}")]
        words = "take over: type its line" if is_open else words
    if state.name in session.lines:
        words = "take over: type another line; yours waits"
    return [*found, Choice(Act.TAKE_OVER, "t", words)]


def _about_its_next(state: RoleState) -> Choice:
    if state.muted:
        return Choice(Act.UNMUTE, "m", "unmute: it takes turns again")
    return Choice(Act.MUTE, "m", "mute: no turns after this one")


def _is_stopped(session: Session, turn: Turn) -> bool:
    """Whether a turn was stopped and its round waits for it."""
    return turn.phase is Phase.CANCELLED and turn.round is session.open_round


def _where(is_open: bool) -> str:
    return "in this round" if is_open else "in the next round"


def _ask_again(controller: Controller, role: str) -> str:
    session = controller.session
    turn = session.roles[role].turn
    is_open = turn is not None and turn.round is session.open_round
    controller.ask_again(role)
    if controller.is_running:
        return f"{role} is asked again {'after the others' if is_open else _where(False)}"
    if is_open:
        controller.step()
        return f"{role} is asked again"
    return f"{role} is asked again in the next round: s"


def _when(session: Session, turn: Turn | None) -> str:
    is_its_own = turn and turn.round is session.open_round and turn.phase is not Phase.DONE
    return "" if is_its_own else " in its next turn"
