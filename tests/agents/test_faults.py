"""Whatever a server does to one role, the others finish, and it ends as docs/models.md says."""

import asyncio
import gc
import re
import socket
import time
import warnings
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from brainstorm_agents.clock import LoopClock
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.environment import Environment
from brainstorm_agents.events import Event, TurnAsked, TurnRetried
from brainstorm_agents.models import Models
from brainstorm_agents.named_model import NamedModel, Retry, Timeouts
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.session import Session

from .casts import Kept, fold, phases, snapshot
from .servers import ChatServer, Reply

# litellm silences these itself; pytest lets them through.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the:DeprecationWarning")

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
KEY = "sk-bees-0123456789abcdef"
ATTEMPTS = 2
AT_ONCE_S = 0.1

PATIENT = Timeouts()
SHORT = Timeouts(first_token=1.0, gap=0.5)

REFUSED = Reply(status=0)
"""Nobody listens at all."""

TOO_LONG = "This model's maximum context length is 4097 tokens."

FAULTS = {
    "a wrong key (401)": Reply(status=401, error="wrong key {key}"),
    "a key without the right (403)": Reply(status=403, error="not yours: {key}"),
    "too many calls (429)": Reply(status=429, error="{key} is too fast"),
    "too many calls, and the server says when (429, `Retry-After`)": Reply(
        status=429, headers={"Retry-After": "0.3"}
    ),
    "no such model (404)": Reply(status=404, error="no bee for {key}"),
    "a bad request (400, 422)": Reply(status=400, error="bad {key}"),
    "a conversation that has become too long (400, 413)": Reply(status=400, error=TOO_LONG),
    "a server that fails (500)": Reply(status=500, error="out of memory for {key}"),
    "a gateway that fails (502)": Reply(status=502),
    "a server that is down (503)": Reply(status=503),
    "a server that is overloaded (529)": Reply(status=529, error="overloaded"),
    "nobody at the address": REFUSED,
    "a connection that is reset in mid-stream": Reply(ending="reset"),
    "the same, of a reply whose end is that of its connection": Reply(
        ending="reset", is_chunked=False
    ),
    "no first token": Reply(pieces=(), ending="stalled"),
    "a stall after the first token": Reply(ending="stalled"),
    "a stream that ends without a finish reason": Reply(finish_reason=None),
    "garbage in a chunk": Reply(ending="garbage"),
    "an empty reply": Reply(pieces=()),
    "a reply without text, `max_tokens` used up": Reply(pieces=(), finish_reason="length"),
    "a reply with text, cut at its `max_tokens`": Reply(finish_reason="length"),
    "a reply longer than `max_reply`: 10 MB in one chunk": Reply(pieces=("x" * 10_000_000,)),
    "no usage": Reply(usage="none"),
    "usage in a chunk without choices": Reply(usage="alone"),
    "a server that does not take `stream_options`": Reply(takes_stream_options=False),
}
"""What a server does, by what the page calls it."""


PASSING = [what for what in FAULTS if what != "nobody at the address"]
"""What can pass in the midst of a test; a server that is not there cannot come."""


class Watched(Kept):
    """A journal in memory, and somebody who waits for what comes into it."""

    def __init__(self) -> None:
        super().__init__()
        self._came = asyncio.Event()

    def append(self, event: Event) -> None:
        super().append(event)
        self._came.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so after an event."""
        while not is_so():
            self._came.clear()
            await self._came.wait()


@dataclass(frozen=True)
class Promise:
    """What the page says of a failure."""

    words: list[str]
    is_tried_again: bool
    may_be_tried_again: bool
    """If there is something to leave out."""
    state: str


def promises() -> Iterator[tuple[str, Promise]]:
    """The rows of the page's table."""
    table = PAGE.read_text(encoding="utf-8").partition("| what happens |")[2]
    for line in table.partition("\n\n")[0].splitlines()[2:]:
        what, says, again, state, _ = (cell.strip() for cell in line.strip("|").split("|"))
        yield what, Promise(re.findall(r"`([^`]*)`", says), again == "yes", "half" in again, state)


PROMISED = dict(promises())


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """litellm takes seconds to import: not in the time of a test that measures."""
    asyncio.run(Models()["openai/bee"].prepare())


@pytest.fixture(autouse=True)
async def _no_task_is_left() -> AsyncGenerator[None]:
    before = asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() - before <= {asyncio.current_task()}


@asynccontextmanager
async def serving(*replies: Reply) -> AsyncGenerator[tuple[ChatServer, str]]:
    """A server, and its address: one where nobody listens, if it is to refuse."""
    async with ChatServer(*replies) as server:
        if replies[0] is not REFUSED:
            yield server, server.address
            return
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        yield server, f"http://127.0.0.1:{port}/v1"


def trio(faulty: str, healthy: str, limits: Timeouts = PATIENT) -> Scenario:
    """Alex on a server that misbehaves, Bob and Chalice on one that does not."""
    retry = Retry(attempts=ATTEMPTS, base=0.01)
    models = {
        "faulty": NamedModel(model="openai/bee", api_base=faulty, retry=retry, timeouts=limits),
        "healthy": NamedModel(model="openai/bee", api_base=healthy),
    }
    roles = [Role(name="Alex", model="faulty", params={"api_key": KEY})]
    roles += [Role(name=name, model="healthy") for name in ("Bob", "Chalice")]
    return Scenario(name="hive", topic="Why do bees dance?", roles=tuple(roles), models=models)


def limits(reply: Reply) -> Timeouts:
    """Short ones where the server is to run into them."""
    return SHORT if reply.ending == "stalled" else PATIENT


@asynccontextmanager
async def session(scenario: Scenario) -> AsyncGenerator[tuple[Controller, Watched]]:
    """A session that is over when the context is, with nothing left behind."""
    kept = Watched()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        environment = Environment(Models(), LoopClock(), kept)
        environment.open(scenario, seed=7, version="0", started_at="2026-11-29T12:00:00Z")
        controller = Controller(environment, 1)
        try:
            yield controller, kept
        finally:
            await controller.close(Reason.QUIT)
        gc.collect()
    assert [one for one in told if issubclass(one.category, ResourceWarning)] == []
    assert snapshot(fold(kept.events)) == snapshot(controller.session)


def said_by(session: Session, name: str) -> list[str]:
    """The phases of a role's turns."""
    return [str(turn.phase) for turn in session.roles[name].turns]


def test_the_page_tells_of_every_fault() -> None:
    assert FAULTS.keys() <= PROMISED.keys()


@pytest.mark.parametrize("what", FAULTS)
async def test_a_fault_ends_as_the_page_says_and_the_others_finish(what: str) -> None:
    promise = PROMISED[what]
    async with serving(FAULTS[what]) as (server, faulty), ChatServer() as other:
        async with session(trio(faulty, other.address, limits(FAULTS[what]))) as (controller, kept):
            await controller.run_to_end()
        await server.until_disconnected()
        await other.until_disconnected()
    ended = controller.session
    assert said_by(ended, "Bob") == said_by(ended, "Chalice") == ["done", "done"]
    assert said_by(ended, "Alex") == [promise.state] * 2
    assert ended.ended == "rounds"
    for turn in ended.roles["Alex"].turns:
        allowed = {ATTEMPTS} if promise.is_tried_again else {1}
        if promise.may_be_tried_again:
            allowed = {1, ATTEMPTS}
        assert turn.attempt in allowed
        assert len(turn.retries) == turn.attempt - 1
        if promise.state == "failed":
            assert all(word in turn.reason for word in promise.words[:1]), turn.reason
            assert turn.reason.startswith("openai/bee: ")
        assert len(turn.text) <= 200_000
    assert KEY.encode() not in b"".join(kept.lines()[1:])


@pytest.mark.parametrize("what", [what for what in PASSING if PROMISED[what].is_tried_again])
async def test_what_passes_is_no_failure(what: str) -> None:
    async with serving(FAULTS[what], Reply()) as (server, faulty), ChatServer() as other:
        async with session(trio(faulty, other.address, limits(FAULTS[what]))) as (controller, kept):
            await controller.environment.step()
        await server.until_disconnected()
    alex = controller.session.turns["a0"]
    assert (str(alex.phase), alex.text, alex.attempt) == ("done", "Bees dance maps.", 2)
    retry = kept.of(TurnRetried)[0]
    assert any(word in retry.reason for word in PROMISED[what].words)
    if "Retry-After" in FAULTS[what].headers:
        assert retry.wait_s == 0.3
        first, second = (one.t for one in kept.of(TurnAsked) if one.id == "a0")
        assert second - first >= 0.3


async def test_200_roles_on_one_server_are_8_at_a_time() -> None:
    async with ChatServer(Reply(after=0.03)) as server:
        named = NamedModel(model="openai/bee", api_base=server.address, max_in_flight=8)
        roles = tuple(Role(name=f"R{n}", model="bee", watch=()) for n in range(200))
        crowd = Scenario(
            name="hive", topic="Bees?", roles=roles, models={"bee": named}, max_concurrency=200
        )
        async with session(crowd) as (controller, _):
            await controller.environment.step()
        await server.until_disconnected()
    assert set(phases(controller.session).values()) == {"done"}
    assert len(server.calls) == 200
    assert 4 < server.most_under_way <= 8


async def test_stopping_one_closes_its_connection_at_once_and_leaves_the_others() -> None:
    stalling = Reply(ending="stalled")
    async with (
        ChatServer(stalling) as server,
        ChatServer(stalling) as other,
        session(trio(server.address, other.address)) as (controller, kept),
    ):
        step = asyncio.create_task(controller.environment.step())
        await kept.until(lambda: set(phases(controller.session).values()) == {"speaking"})
        began = time.monotonic()
        controller.stop_turn("a0")
        await server.calls[0].over.wait()
        assert time.monotonic() - began < AT_ONCE_S
        assert server.calls[0].was_dropped
        assert not any(call.over.is_set() for call in other.calls)
        controller.environment.stop("stopped")
        await step


async def test_stopping_all_closes_all_and_the_next_step_asks_only_those() -> None:
    stalling = Reply(ending="stalled")
    async with (
        ChatServer(stalling, Reply()) as server,
        ChatServer(Reply(), stalling, Reply()) as other,
        session(trio(server.address, other.address)) as (controller, kept),
    ):
        step = asyncio.create_task(controller.environment.step())
        expected = ["done", "speaking", "speaking"]
        await kept.until(lambda: sorted(phases(controller.session).values()) == expected)
        began = time.monotonic()
        controller.environment.stop("stopped")
        for call in (server.calls[0], other.calls[1]):
            await call.over.wait()
        assert time.monotonic() - began < AT_ONCE_S
        await step
        stopped = [id_ for id_, phase in phases(controller.session).items() if phase != "done"]
        before = len(kept.events)
        await controller.environment.step()
    asked = [event.id for event in kept.events[before:] if isinstance(event, TurnAsked)]
    assert sorted(asked) == sorted(stopped)
    assert len(asked) == 2
    assert set(phases(controller.session).values()) == {"done"}
