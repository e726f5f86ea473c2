"""Casts, models that do as they are told, and ways to run them: what the engine's tests share."""

import asyncio
import functools
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

from brainstorm_agents.cast import Stop
from brainstorm_agents.clock import Clock, LoopClock, VirtualLoop
from brainstorm_agents.controller import Controller
from brainstorm_agents.environment import Environment
from brainstorm_agents.events import (
    AnyEvent,
    Event,
    RoundStarted,
    SessionStarted,
    TurnStarted,
    UserSpoke,
    encode,
)
from brainstorm_agents.journal import Journal
from brainstorm_agents.models import Chunk, Model, Models, Request
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.schedules import SCHEDULES
from brainstorm_agents.session import RoleState, Round, Session, Turn

Watch = tuple[str, ...] | Literal["all"]

TRACE = [
    "round 0: a0 <- user",
    "round 1: b1 <- a0 | c1 <- a0",
    "round 2: a1 <- b1 c1 | b2 <- c1 | c2 <- b1",
    "round 3: a2 <- b2 c2 | b3 <- a1 c2 | c3 <- a1 b2",
]
"""The reference trace: Alex, Bob and Chalice each watch the other two, and Alex opens."""

SEED = 7
_DAY_S = 86_400.0

_P = ParamSpec("_P")
_T = TypeVar("_T")


# ---------------------------------------------------------------------------------------- casts


def role(name: str, watch: Watch = "all", **params: Any) -> Role:
    """A role on the mock model; unless `params` say otherwise it has two lines, and no latency."""
    lines = {"script": [f"{name} one.", f"{name} two."], "latency": 0}
    return Role(name=name, watch=watch, params=lines | params)


def cast(*roles: Role, opener: str | None = None, **rules: Any) -> Scenario:
    """A scenario of these roles, who may say the same again and again: their lines are few."""
    defaults: dict[str, Any] = {"name": "test", "topic": "Why do bees dance?"}
    defaults["stop"] = Stop(circles=False)
    return Scenario(roles=roles, opener=opener, **(defaults | rules))


def trio(
    own: Mapping[str, Mapping[str, Any]] | None = None,
    /,
    *,
    max_concurrency: int = 16,
    **params: Any,
) -> Scenario:
    """The reference cast, all with these params; `own` are those of single roles, by name."""
    roles = [
        role(name, **(params | dict((own or {}).get(name, {}))))
        for name in ("Alex", "Bob", "Chalice")
    ]
    return cast(*roles, opener="Alex", max_concurrency=max_concurrency)


def prices(**rules: Any) -> Scenario:
    """Roles that watch nobody and all open: three look-ups of one, two and three seconds."""
    roles = [role(name, (), latency=s) for name, s in (("Ant", 1), ("Bee", 2), ("Cat", 3))]
    return cast(*roles, **rules)


# --------------------------------------------------------------------------------------- models

Step = str | float | Chunk | BaseException | asyncio.Event
"""What a fake model does: say, wait on the clock, give a chunk, raise, wait for an event."""


def what_it_heard(request: Request) -> list[Step]:
    """A reply that tells whose it is and what was observed: `b2 <- a0 c1`."""
    heard = " ".join(message.id for message in request.prompt.observed)
    return [f"{request.prompt.turn.id} <- {heard}"]


class FakeModel:
    """Does what it is told, turn by turn.

    Args:
        steps: By turn id, the same for each attempt.
        otherwise: The steps of all other turns.
    """

    needs_real_time = False

    def __init__(
        self,
        steps: Mapping[str, Iterable[Step]] | None = None,
        otherwise: Callable[[Request], Iterable[Step]] = what_it_heard,
    ) -> None:
        self._steps = {id_: list(told) for id_, told in (steps or {}).items()}
        self._otherwise = otherwise
        self.asked: list[Request] = []
        self.left: list[str] = []
        """The turns whose streams are over, however they ended."""
        self.most_at_once = 0
        self.is_closed = False
        self.times_prepared = 0

    async def prepare(self) -> None:
        self.times_prepared += 1

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        self.asked.append(request)
        self.most_at_once = max(self.most_at_once, len(self.asked) - len(self.left))
        id_ = request.prompt.turn.id
        try:
            for step in self._steps.get(id_) or self._otherwise(request):
                match step:
                    case str():
                        yield Chunk(step)
                    case Chunk():
                        yield step
                    case BaseException():
                        raise step
                    case asyncio.Event():
                        await step.wait()
                    case _:
                        await request.clock.sleep(step)
        finally:
            self.left.append(id_)

    async def close(self) -> None:
        self.is_closed = True

    def ids(self) -> list[str]:
        """The ids of the turns that it was asked for, in that order."""
        return [request.prompt.turn.id for request in self.asked]


class FakeModels(Models):
    """One model, whatever the name."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self._model = model

    def __getitem__(self, name: str) -> Model:
        return self._model

    async def close(self) -> None:
        await self._model.close()


# -------------------------------------------------------------------------------------- running


class Kept:
    """A journal in memory."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.is_closed = False
        self.synced_seq = -1

    def append(self, event: Event) -> None:
        self.events.append(event)

    async def synced(self, seq: int) -> None:
        self.synced_seq = seq

    async def close(self) -> None:
        self.is_closed = True

    def lines(self) -> list[bytes]:
        """The events as a log has them."""
        return [encode(event) for event in self.events]

    def of(self, kind: type[_T]) -> list[_T]:
        """The events of one type."""
        return [event for event in self.events if isinstance(event, kind)]


def virtual(test: Callable[_P, Coroutine[Any, Any, _T]]) -> Callable[_P, _T]:
    """Run a coroutine function on a virtual loop; one that hangs fails after a virtual day."""

    @functools.wraps(test)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        async def within_a_day() -> _T:
            async with asyncio.timeout(_DAY_S):
                return await test(*args, **kwargs)

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(within_a_day())

    return run


def environment(
    scenario: Scenario,
    model: Model | None = None,
    journal: Journal | None = None,
    clock: Clock | None = None,
    seed: int = SEED,
) -> Environment:
    """An environment whose session is open: the topic is there, and no round yet."""
    models = FakeModels(model) if model else Models()
    made = Environment(models, clock or LoopClock(), journal or Kept())
    made.open(scenario, seed=seed, version="0", started_at="2026-11-23T12:00:00Z")
    return made


async def run(
    scenario: Scenario,
    rounds: int = 3,
    model: Model | None = None,
    journal: Journal | None = None,
) -> Session:
    """A whole session without a screen: the opening and so many rounds, or till it is quiet."""
    controller = Controller(environment(scenario, model, journal), rounds)
    await controller.run_to_end()
    return controller.session


def opening(
    scenario: Scenario, clock: Clock | None = None, seed: int = SEED, attempt: int = 1
) -> Request:
    """The question to the first role that opens a session, outside of any environment."""
    header = SessionStarted(
        0, 0.0, format=1, version="0", scenario=scenario, seed=seed, started_at="now"
    )
    session = fold([header, UserSpoke(1, 0.0, id="user", text=scenario.topic)])
    session.apply(RoundStarted(2, 0.0, round=0, schedule="simultaneous"))
    first = SCHEDULES["simultaneous"](session)[0]
    session.apply(
        TurnStarted(3, 0.0, id=first.id, role=first.role, round=0, observed=first.observed)
    )
    params = scenario.role(first.role).params
    prompt = Prompt(session, session.turns[first.id])
    model = scenario.model(scenario.role(first.role).model)
    return Request(prompt, params, seed, attempt, clock or LoopClock(), model)


def going_on(
    session: Session, model: Model | None = None, journal: Journal | None = None
) -> Environment:
    """An environment that goes on with a session."""
    models = FakeModels(model) if model else Models()
    return Environment(models, LoopClock(), journal or Kept(), session)


# -------------------------------------------------------------------------------------- looking


def trace(session: Session) -> list[str]:
    """Who spoke in which round and what each observed, in the notation of the reference trace."""
    return [
        f"round {round_.number}: "
        + " | ".join(
            f"{turn.id} <- {' '.join(message.id for message in session.messages_of(turn.observed))}"
            for turn in round_.turns
        )
        for round_ in session.rounds
    ]


def transcript(session: Session) -> list[tuple[str, str, str]]:
    """What was published: id, sender, text."""
    return [(message.id, message.sender, message.text) for message in session.published]


def phases(session: Session) -> dict[str, str]:
    """The phase of each turn, by id."""
    return {turn.id: str(turn.phase) for turn in session.turns.values()}


def fold(events: Iterable[Event | AnyEvent]) -> Session:
    """The session of some events."""
    session = Session()
    for event in events:
        session.apply(event)
    return session


def snapshot(session: Session) -> dict[str, Any]:
    """All that a session tells, as plain values that can be compared."""
    later = session.t + 1
    seen = {name: _plain(value) for name, value in vars(session).items() if name[0] != "_"}
    return seen | {
        "under_way": [session.elapsed(turn.started) for turn in session.turns.values()],
        "busy": session.busy(later),
        "elapsed": session.elapsed(later),
        "tokens": session.tokens,
        "is_under_way": session.is_under_way,
    }


def _plain(value: Any) -> Any:
    match value:
        case Turn():
            return _slots(value) | {
                "round": value.round.number,
                "text": value.text,
                "tokens": value.tokens,
            }
        case Round():
            return _slots(value) | {"turns": [turn.id for turn in value.turns]}
        case RoleState():
            return _slots(value) | {"turns": [turn.id for turn in value.turns]}
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
    return value


def _slots(value: Turn | Round | RoleState) -> dict[str, Any]:
    names = [name for name in value.__slots__ if name[0] != "_" and name not in ("round", "turns")]
    return {name: _plain(getattr(value, name)) for name in names}


def write_log(path: Path, lines: Iterable[bytes]) -> Path:
    """A log of these lines."""
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path
