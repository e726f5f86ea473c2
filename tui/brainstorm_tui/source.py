"""What a screen shows: a session and its time, live or replayed."""

from bisect import bisect_right
from typing import Protocol

from brainstorm_agents.controller import Controller
from brainstorm_agents.events import RoundFinished, RoundStarted, TurnStreamed
from brainstorm_agents.reader import Log
from brainstorm_agents.session import Session


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
    """A saved session, as it was after some of its events. Nothing is called, nothing written."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.whole = log.session()
        self.session = Session()
        self.position = 0
        """How many events have happened."""
        self._now = 0.0
        self._times = [event.t for event in log.events]
        self.seek(len(log.events))

    @property
    def length(self) -> int:
        """How many events there are."""
        return len(self.log.events)

    def now(self) -> float:
        """The time of the last event that has happened, or a little later while it plays."""
        return self._now

    def seek(self, position: int) -> None:
        """Show the session as it was after that many events; at least the header."""
        position = max(1, min(position, self.length))
        if position < self.position or self.session.header is None:
            self.session = Session()
            self.position = 0
        for event in self.log.events[self.position : position]:
            self.session.apply(event)
        self.position = position
        self._now = self.session.t

    def seek_time(self, t: float) -> None:
        """Show the session as it was at a time."""
        self.seek(bisect_right(self._times, t))
        self._now = max(t, self.session.t)

    def next_turn(self, step: int) -> None:
        """Go to the next or the previous event that is more than a piece of text."""
        position = self.position
        while 1 <= position + step <= self.length:
            position += step
            if not isinstance(self.log.events[position - 1], TurnStreamed):
                break
        self.seek(position)

    def next_round(self, step: int) -> None:
        """Go to the end of the next round, or to the end of the one before."""
        ends = [
            position
            for position, event in enumerate(self.log.events, 1)
            if isinstance(event, RoundFinished)
        ]
        if step > 0:
            later = [position for position in ends if position > self.position]
            self.seek(later[0] if later else self.length)
        else:
            earlier = [position for position in ends if position < self.position]
            self.seek(earlier[-1] if earlier else min(self.position, self._first_round()))

    def _first_round(self) -> int:
        for position, event in enumerate(self.log.events):
            if isinstance(event, RoundStarted):
                return position
        return 1
