"""Keyframes: a session as it once was, cut from what it has become."""

from array import array
from bisect import bisect_left
from collections import Counter
from copy import copy
from itertools import islice

from brainstorm_agents.bill import Bill
from brainstorm_agents.session import Phase, RoleState, Round, Session


class Keyframe:
    """What it takes to have a session again as it is now, however far it goes on.

    What is finished never changes again, so it is shared with the session that goes on: a keyframe
    keeps how much of it there is, and copies of the turns that are not done: one that has failed in
    an open round may be asked again. Whoever goes on from a
    keyframe changes nothing that is shared.

    Args:
        session: The session, which only `apply` may change from here on.
    """

    __slots__ = (
        "_bills",
        "_open",
        "_published",
        "_roles",
        "_rounds",
        "_session",
        "_stretches",
        "_turns",
    )

    def __init__(self, session: Session) -> None:
        current = session.open_round
        turns = current.turns if current else []
        # Its plain values stay as they are; its lists are the session's own, and grow with it.
        self._session = copy(session)
        self._published = len(session.published)
        self._rounds = len(session.rounds) - (current is not None)
        self._turns = len(session.turns) - len(turns)
        self._stretches = len(session.under_way)
        self._open = _begun(current) if current else None
        if self._open:
            self._open.turns = [turn if turn.phase is Phase.DONE else turn.twin() for turn in turns]
        begun = Counter(turn.role for turn in turns)
        self._roles = array("L")
        """Six numbers a role."""
        self._bills = tuple(state.bill for state in session.roles.values())
        for state in session.roles.values():
            before = len(state.turns) - begun[state.name]
            self._roles.extend((before, state.seen, state.asked, state.last_number))
            self._roles.extend((state.muted, state.revision))

    @property
    def position(self) -> int:
        """How many events had happened."""
        return self._session.seq + 1

    def session(self) -> Session:
        """The session as it was: one of its own, to go on with."""
        whole = self._session
        session = copy(whole)
        session.published = whole.published[: self._published]
        session.rounds = whole.rounds[: self._rounds]
        session.turns = dict(islice(whole.turns.items(), self._turns))
        session.addressed = _below(self._published, whole.addressed)
        session.user_positions = _below(self._published, whole.user_positions)
        session.under_way = whole.under_way.first(self._stretches, is_open=whole.is_under_way)
        # Before the header there are no roles, and no numbers.
        numbers = zip(*[iter(self._roles)] * 6, strict=True)
        states = zip(whole.roles.values(), self._bills, numbers, strict=False)
        session.roles = {state.name: self._role(state, bill, *then) for state, bill, then in states}
        if self._open:
            self._reopen(self._open, session)
        return session

    def _role(
        self,
        state: RoleState,
        bill: Bill,
        turns: int,
        seen: int,
        asked: int,
        last_number: int,
        muted: int,
        revision: int,
    ) -> RoleState:
        then = copy(state)
        then.turns = state.turns[:turns]
        then.positions = _below(self._published, state.positions)
        then.seen, then.asked, then.bill = seen, asked, bill
        then.last_number, then.muted, then.revision = last_number, bool(muted), revision
        return then

    def _reopen(self, round_: Round, session: Session) -> None:
        current = _begun(round_)
        session.rounds.append(current)
        for kept in round_.turns:
            turn = kept.twin()
            turn.round = current
            current.turns.append(turn)
            session.turns[turn.id] = turn
            session.roles[turn.role].turns.append(turn)


def _begun(round_: Round) -> Round:
    """An open round with what it has published, without its turns."""
    begun = copy(round_)
    begun.turns = []
    return begun


def _below(position: int, positions: list[int]) -> list[int]:
    return positions[: bisect_left(positions, position)]
