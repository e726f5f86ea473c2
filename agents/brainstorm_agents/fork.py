"""A fork: which beginning of a session it shares, and whether it can be made."""

from pathlib import Path

import msgspec

from brainstorm_agents import fields
from brainstorm_agents.errors import InputError
from brainstorm_agents.events import (
    AnyEvent,
    RoundFinished,
    RoundStarted,
    SessionStarted,
    TurnAsked,
    TurnFinished,
    TurnStarted,
    UserSpoke,
    checksum,
)
from brainstorm_agents.parent import Changes, Parent
from brainstorm_agents.scan import Scan, open_log
from brainstorm_agents.scenario import Scenario, with_overrides
from brainstorm_agents.session import Session

UNCHANGED = Changes()


class Edit(msgspec.Struct, frozen=True):
    """The message that is to say something else, where it is said."""

    id: str
    text: str
    """What it says in the parent."""
    said: int
    """The event that says all of it, by its number."""
    asked: int = -1
    """The event that asked for it; -1 if the person said it."""


class Fork(msgspec.Struct, frozen=True, kw_only=True):
    """A fork that can be made: what it shares, and what becomes of it."""

    log: Path
    parent: Parent
    scenario: Scenario
    """The parent's, with the changes."""
    seed: int
    edit: Edit | None
    torn: int = 0
    """Bytes of an unfinished last line of the parent's, left out where it is forked at its end."""

    @property
    def shared(self) -> int:
        """How many events are shared."""
        return self.parent.seq + 1


def plan(
    log: Path,
    changes: Changes = UNCHANGED,
    *,
    after_round: int | None = None,
    position: int | None = None,
) -> Fork:
    """Find out what a fork shares with its parent, and check that it can be made.

    What heard a message would not be true any more if the message said something else. So a fork
    with an edited message shares nothing after the round in which that was published; what the user
    said is heard in the next round, so there it is all before that one. In an eager round it shares
    nothing from the first turn on that heard the message.

    Args:
        log: The parent's log. It may be one that is being written: what is whole of it counts.
        changes: What the fork does otherwise.
        after_round: Share all up to the end of this round, and nothing after it.
        position: Share so many events at most.

    Raises:
        InputError: The log cannot be read, or what is asked for does not fit it.
    """
    with open_log(log) as file:
        scan = Scan(log, file)
        past = _Past(changes.edited, after_round, position)
        for line, event in scan:
            if not past.take(event, line, scan.session):
                break
    session = scan.session
    assert session.header is not None, "the reader has checked it"
    edit = past.edit
    if changes.edited and edit is None:
        raise _no_message(changes.edited, session)
    if after_round is not None and past.finished != after_round:
        raise _no_round(after_round, past.finished, edit if past.is_at_limit else None)
    _check_muting(changes, session)
    return Fork(
        log=log,
        parent=Parent(
            log=log.name,
            header=past.header,
            seq=past.events - 1,
            round=past.begun,
            changes=changes,
        ),
        scenario=with_overrides(
            session.header.scenario, model=changes.model, params=changes.params
        ),
        seed=session.header.seed if changes.seed is None else changes.seed,
        edit=edit,
        torn=scan.torn,
    )


class _Past:
    """What a log's events tell about a fork, one by one, up to where it parts from them."""

    def __init__(self, edited: str, last_round: int | None, position: int | None) -> None:
        self.edit: Edit | None = None
        self.header = ""
        self.events = 0
        self.begun = self.finished = -1
        self.is_at_limit = False
        """Whether it ends because of what follows from the edited message."""
        self._edited = edited
        self._asked = -1
        self._last_round = last_round
        self._position = position

    def take(self, event: AnyEvent, line: bytes, session: Session) -> bool:
        """Take in an event that is shared, unless it is not; whether more are."""
        match event:
            case SessionStarted():
                self.header = checksum(line)
            case RoundStarted():
                if self.edit and self.edit.asked < 0:
                    self.is_at_limit = True
                    return False
                self.begun = event.round
            case TurnStarted() if self.edit and _observes(session, event, self.edit.id):
                self.is_at_limit = True
                return False
            case TurnAsked() if event.id == self._edited:
                self._asked = event.seq
            case TurnFinished() if event.id == self._edited:
                self.edit = Edit(event.id, event.text, event.seq, self._asked)
            case UserSpoke() if event.id == self._edited:
                self.edit = Edit(event.id, event.text, event.seq)
            case RoundFinished():
                self.finished = event.round
                self.is_at_limit = self.edit is not None and self.edit.asked >= 0
        self.events += 1
        is_round_over = isinstance(event, RoundFinished) and event.round == self._last_round
        return not (self.is_at_limit or is_round_over or self.events == self._position)


def _observes(session: Session, event: TurnStarted, id_: str) -> bool:
    return any(message.id == id_ for message in session.messages_of(event.observed))


def _no_round(wanted: int, last: int, edit: Edit | None) -> InputError:
    if edit:
        latest = f"--round {last} is the latest" if last >= 0 else "leave --round out"
        return InputError(
            f"--round {wanted} does not go with --edit {edit.id}: the rounds after it heard what it"
            f" says, and would not be true any more; {latest}"
        )
    if last < 0:
        return InputError(f"--round {wanted}: no round of this log is finished; leave --round out")
    return InputError(f"--round {wanted}: the last round that is finished in this log is {last}")


def _no_message(id_: str, session: Session) -> InputError:
    turn = session.turns.get(id_)
    if turn is not None:
        state = str(turn.phase) if turn.is_settled else "not finished"
        return InputError(f"--edit {id_}: that turn is {state}: there is no message to edit")
    known = [message.id for message in session.published]
    return InputError(
        f"--edit {id_}: up to there, there is no such message; "
        + fields.nearest(id_, known, "messages")
    )


def _check_muting(changes: Changes, session: Session) -> None:
    for option, names, is_muted in (
        ("--mute", changes.muted, True),
        ("--unmute", changes.unmuted, False),
    ):
        for name in names:
            if name not in session.roles:
                remedy = fields.nearest(name, session.roles, "roles")
                raise InputError(f"{option} {name}: there is no role of that name; {remedy}")
            if session.roles[name].muted == is_muted:
                state = "is muted already" if is_muted else "is not muted"
                raise InputError(f"{option} {name}: {name} {state} there")
