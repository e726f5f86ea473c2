"""What a session without a screen waits for, in words, each wait once."""

from collections.abc import Iterator

from brainstorm_agents.session import Phase, Round, Session, Turn
from brainstorm_tui.failure_words import brief
from brainstorm_tui.text.safe import one_line

WORTH_SAYING_S = 2.0
"""Shorter waits are not told."""

MOST_NAMES = 4
"""Roles that are named one by one."""


class Waits:
    """Tells the waits of a session that have not been told."""

    def __init__(self) -> None:
        self._told: set[tuple[str, int, Phase]] = set()

    def new(self, session: Session, now: float) -> Iterator[str]:
        """A line for each attempt that is waited for, and one for all that are queued.

        Args:
            session: As it stands.
            now: In session time.
        """
        current = session.open_round
        if current is None:
            return
        for turn in current.turns:
            retrying = turn.phase is Phase.RETRYING
            if retrying and turn.retries[-1].wait_s > WORTH_SAYING_S and self._is_new(turn):
                yield _retry(turn)
        queued = [
            turn.role for turn in _queued(current, now - WORTH_SAYING_S) if self._is_new(turn)
        ]
        if queued:
            is_few = len(queued) <= MOST_NAMES
            who = ", ".join(map(one_line, queued)) if is_few else f"{len(queued)} roles"
            yield f"{who}: queued, since the limits on calls let no more begin now"

    def _is_new(self, turn: Turn) -> bool:
        key = turn.id, turn.attempt, turn.phase
        is_new = key not in self._told
        self._told.add(key)
        return is_new


def _retry(turn: Turn) -> str:
    retry = turn.retries[-1]
    of = f" of {retry.of}" if retry.of else ""
    return (
        f"{one_line(turn.role)}: {brief(retry.reason)}; attempt {retry.attempt + 1}{of}"
        f" in {retry.wait_s:.0f} s"
    )


def _queued(current: Round, before: float) -> Iterator[Turn]:
    """The turns that have waited for their call since then; one after another, that is no limit."""
    if current.schedule == "sequential":
        return
    for turn in current.turns:
        since = turn.since(Phase.QUEUED)
        if turn.phase is Phase.QUEUED and since is not None and since < before:
            yield turn
