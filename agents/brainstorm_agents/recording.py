"""A recording: a saved session as what its models gave, to be given once more."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from brainstorm_agents.errors import LogError, ModelError
from brainstorm_agents.events import (
    AnyEvent,
    TurnAsked,
    TurnFailed,
    TurnFinished,
    TurnRetried,
    TurnStreamed,
    TurnSwitched,
    Usage,
)
from brainstorm_agents.prompt import ChatMessage, Prompt
from brainstorm_agents.scan import Scan, open_log


class Piece(NamedTuple):
    """What had arrived since the piece before."""

    at: float
    """Seconds after the model was asked."""
    text: str
    reasoning: str


class Take(NamedTuple):
    """One attempt at a turn that came to an end of its own: a whole reply, or a failure."""

    pieces: tuple[Piece, ...]
    length: float
    """Seconds from the question to the end."""
    usage: Usage | None
    """None if it failed."""
    reason: str = ""
    """Why it failed."""
    wait: float | None = None
    """Seconds before the next attempt, if there was one: of the same model, or of its fallback."""


class Recording:
    """A session that was logged, by its turns.

    Args:
        path: Of its log, which is read once.

    Raises:
        LogError: There is no such log, or it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        takes: dict[str, _Takes] = {}
        with open_log(path) as file:
            scan = Scan(path, file)
            for _, event in scan:
                if isinstance(event, TurnAsked):
                    takes.setdefault(event.id, _Takes()).begin(event)
                elif isinstance(event, _IN_A_TAKE):
                    takes[event.id].hear(event)
        if not takes:
            raise LogError("nobody was asked in it, so there is nothing to play", source=str(path))
        self.session = scan.session
        """As it was at its end."""
        self._takes = {id_: found.ended() for id_, found in takes.items()}

    @property
    def seed(self) -> int:
        """What chance depended on in it."""
        assert self.session.header is not None, "the reader has checked it"
        return self.session.header.seed

    def take(self, turn: str, role: str, attempt: int) -> Take:
        """What an attempt gave; past the last one, what the last one gave.

        Raises:
            ModelError: There is nothing of the turn.
        """
        recorded = self.session.turns.get(turn)
        if recorded is None or recorded.role != role:
            raise ModelError(
                f"{self.name} holds no turn {turn} of {role}; play it with its own cast and as many"
                " rounds as it has, or choose another model"
            )
        takes = self._takes.get(turn)
        if not takes:
            raise ModelError(
                f"{self.name} holds no whole turn {turn}: it was cut off; run one round less"
            )
        return takes[min(attempt, len(takes)) - 1]

    def difference(self, prompt: Prompt) -> str:
        """How a prompt differs from the one of the same turn that was recorded; empty if not.

        A log holds no prompts but all that they are made of, so both are made here.
        """
        turn = self.session.turns[prompt.turn.id]
        # With the same left out: what fitted then need not be what fits now.
        asked = Prompt(prompt.session, prompt.turn, turn.left_out).messages()
        return _difference(asked, Prompt(self.session, turn).messages())


@dataclass
class _Takes:
    """The attempts at one turn. One that was stopped is none."""

    whole: list[Take] = field(default_factory=list)
    _pieces: list[Piece] = field(default_factory=list)
    _asked: float = 0.0

    def begin(self, event: TurnAsked) -> None:
        self._pieces, self._asked = [], event.t

    def ended(self) -> tuple[Take, ...]:
        """All of them; where the log was cut off after one, no other follows it."""
        if self.whole:
            self.whole[-1] = self.whole[-1]._replace(wait=None)
        return tuple(self.whole)

    def hear(self, event: AnyEvent) -> None:
        at = event.t - self._asked
        match event:
            case TurnStreamed():
                self._pieces.append(Piece(at, event.text, event.reasoning))
            case TurnFinished():
                if "".join(piece.text for piece in self._pieces) != event.text:
                    thoughts = (piece._replace(text="") for piece in self._pieces)
                    self._pieces = [*(one for one in thoughts if one.reasoning)]
                    self._pieces.append(Piece(at, event.text, ""))
                self.whole.append(Take(tuple(self._pieces), at, event.usage))
            case TurnFailed():
                self.whole.append(Take(tuple(self._pieces), at, None, event.reason))
            case TurnRetried() | TurnSwitched():
                wait = event.wait_s if isinstance(event, TurnRetried) else 0.0
                self.whole.append(Take(tuple(self._pieces), at, None, event.reason, wait))


_IN_A_TAKE = TurnStreamed, TurnFinished, TurnFailed, TurnRetried, TurnSwitched


def _difference(asked: list[ChatMessage], recorded: list[ChatMessage]) -> str:
    for number, (one, other) in enumerate(zip(asked, recorded, strict=False), 1):
        if one != other:
            return f"message {number} of {len(asked)} ({one['role']}) is another"
    if len(asked) == len(recorded):
        return ""
    return f"it has {len(asked)} messages, the recorded one {len(recorded)}"
