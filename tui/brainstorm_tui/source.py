"""What a screen shows: a session and its time, live or replayed."""

from typing import Protocol

from brainstorm_agents.controller import Controller
from brainstorm_agents.errors import InputError
from brainstorm_agents.events import (
    CUT_OFF,
    RoundFinished,
    RoundStarted,
    TurnCancelled,
    TurnFailed,
    TurnFinished,
    TurnStreamed,
    UserSpoke,
)
from brainstorm_agents.keyframe import Keyframe
from brainstorm_agents.reader import Log
from brainstorm_agents.session import Session
from brainstorm_tui.destination import Destination, ToEvent, ToMessage, ToRound, ToTime

LATE_S = 1.0
"""Seconds that an event may come after its time from a session that goes on elsewhere."""


class Source(Protocol):
    """Where a screen gets what it draws."""

    @property
    def session(self) -> Session:
        """The session as it is to be shown."""
        ...

    @property
    def whole(self) -> Session:
        """The session with all that is known of it: in a replay, its future too."""
        ...

    def now(self) -> float:
        """The session's time."""
        ...


class LiveSource:
    """A session that is going on."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    @property
    def session(self) -> Session:
        """The session, as far as it has come."""
        return self._controller.session

    @property
    def whole(self) -> Session:
        """The same: nobody knows the future."""
        return self._controller.session

    def now(self) -> float:
        """The clock while turns are under way; else the time of the last event."""
        session = self.session
        return self._controller.environment.now() if session.is_under_way else session.t


class ReplaySource:
    """A saved session, as it was after some of its events. Nothing is called, nothing written.

    It stands at some event. At the end of what has been read it follows: what is read on is shown.

    Args:
        log: Read as far as its header, at least.
        is_followed: Another process may be writing it, so time passes at its end.
    """

    def __init__(self, log: Log, *, is_followed: bool = False) -> None:
        self.log = log
        self.is_followed = is_followed
        self.is_written = self.is_followed
        """Whether another process is still writing it, as far as that is known."""
        self.is_gone = False
        """Whether its file was taken away while it was followed."""
        self._reached = self.session = log.session()
        self.position = self.length
        """How many events have happened."""
        self._now = self.session.t

    @property
    def whole(self) -> Session:
        """The session as far as it has been read."""
        return self.log.session()

    @property
    def length(self) -> int:
        """How many events have been read."""
        return len(self.log.events)

    @property
    def is_at_end(self) -> bool:
        """Whether it shows all that has been read."""
        return self.position == self.length

    @property
    def is_cut_off(self) -> bool:
        """Whether it has no end and will get none: nobody is writing it any more."""
        return self.is_followed and not self.is_written and self.whole.ended is None

    def now(self) -> float:
        """The time of the last event that has happened, or a little later while time passes."""
        return self._now

    def read_on(self, size: int) -> None:
        """Read so many bytes more of the log, and show them if it stands at the end.

        Raises:
            LogError: The log is damaged there, or was taken away.
        """
        before, was_at_end = self.whole, self.is_at_end
        self.log.read_on(size)
        if was_at_end or self.whole is not before:
            expected = self._now
            self.seek(self.length if was_at_end else self.position)
            # The clock has gone on while nothing was heard, and it does not jump back for that.
            if self.session.is_under_way and 0 < expected - self._now < LATE_S:
                self._now = expected

    def heed(self, *, is_written: bool) -> None:
        """Take notice of whether another process writes the log. What it wrote has been read."""
        was_cut_off = self.is_cut_off
        self.is_written = is_written
        self.is_gone = self.log.is_gone
        if self.is_cut_off != was_cut_off:
            self.seek(self.position)

    def pass_time(self, seconds: float) -> None:
        """Let the time of a session pass that goes on elsewhere."""
        if self.is_followed and self.is_at_end and self.session.is_under_way:
            self._now += seconds

    def seek(self, position: int) -> None:
        """Show the session as it was after that many events; at least the header."""
        self.position = max(1, min(position, self.length))
        self._reached = self.session = self.log.session_at(self.position, self._reached)
        if self.is_cut_off and self.is_at_end:
            self.session = as_cut_off(self._reached)
        self._now = self.session.t

    def seek_time(self, t: float) -> None:
        """Show the session as it was at a time."""
        self.seek(self.log.position_at(t))
        self._now = max(t, self.session.t)

    def next_turn(self, step: int) -> None:
        """Go to the next or the previous event that is more than a piece of text."""
        position = self.position
        while 1 <= position + step <= self.length:
            position += step
            if self.log.kind(position - 1) is not TurnStreamed:
                break
        self.seek(position)

    def next_round(self, step: int) -> None:
        """Go to the end of the next round, or to the end of the one before."""
        if step > 0:
            end = self.log.first(RoundFinished, self.position)
            self.seek(self.length if end is None else end + 1)
            return
        end = self.log.last(RoundFinished, self.position - 1)
        if end is None:
            self.seek(min(self.position, self.log.first(RoundStarted) or 1))
        else:
            self.seek(end + 1)

    def go(self, to: Destination) -> None:
        """Show the session as it was there.

        Raises:
            InputError: There is no such event, or time.
        """
        match to:
            case ToRound(number):
                self._go_to_round(number)
            case ToMessage(id_):
                self._go_to_message(id_)
            case ToTime(seconds):
                total = self.whole.elapsed(self.whole.t)
                if seconds > total:
                    raise InputError(f"it took {total:.1f} s in all")
                self.seek_time(self.whole.under_way.time(seconds))
            case ToEvent(position):
                if not 1 <= position <= self.length:
                    raise InputError(f"there are events #1 to #{self.length:,}")
                self.seek(position)

    def _go_to_round(self, number: int) -> None:
        """To the end of a round, or of all that there is of it."""
        end = -1
        for _ in range(number + 1):
            found = self.log.first(RoundFinished, end + 1)
            if found is None:
                self.seek(self.length)
                return
            end = found
        self.seek(end + 1)

    def _go_to_message(self, id_: str) -> None:
        """To where a message was there, or its turn over, or all that there is of it."""
        turn = self.whole.turns.get(id_)
        if turn is None:
            self._go_to_said(id_)
        elif turn.ended is None:
            self.seek(self.length)
        else:
            self.seek_time(turn.ended)
            # Of what happened at that time, no more than the end of this turn.
            for seq in range(self.position - 1, 0, -1):
                if self.log.time(seq) < turn.ended:
                    break
                event = self.log.events[seq]
                if isinstance(event, TurnFinished | TurnFailed | TurnCancelled) and event.id == id_:
                    self.seek(seq + 1)
                    break

    def _go_to_said(self, id_: str) -> None:
        """To where the user said something."""
        seq = -1
        for position in self.whole.user_positions:
            seq = self.log.first(UserSpoke, seq + 1) or seq
            if self.whole.published[position].id == id_:
                break
        self.seek(seq + 1)


def as_cut_off(session: Session) -> Session:
    """The same session with its turns under way over: nobody goes on with them."""
    over = Keyframe(session).session()
    for turn in over.open_round.turns if over.open_round else ():
        if not turn.is_settled:
            over.apply(
                TurnCancelled(over.seq + 1, over.t, id=turn.id, role=turn.role, reason=CUT_OFF)
            )
    return over
