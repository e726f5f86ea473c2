"""Whatever is done to a session, and in whatever order: its log tells all of it."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine, Iterable
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from brainstorm_agents import reader
from brainstorm_agents.cast import SCHEDULE_NAMES, ScheduleName
from brainstorm_agents.chance import share
from brainstorm_agents.clock import LoopClock, VirtualLoop
from brainstorm_agents.controller import Controller
from brainstorm_agents.environment import Environment
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import TurnAsked, TurnFinished, TurnStreamed
from brainstorm_agents.fault import KINDS, FaultKind
from brainstorm_agents.fork import plan
from brainstorm_agents.fork_log import write
from brainstorm_agents.journal import InlineJournal
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.models import Request
from brainstorm_agents.named_model import NamedModel, Retry
from brainstorm_agents.parent import Changes
from brainstorm_agents.reader import read
from brainstorm_agents.reopen import reopen
from brainstorm_agents.scenario import with_overrides
from brainstorm_agents.session import Phase

from .casts import SEED, FakeModel, FakeModels, Step, fold, snapshot, trio, what_it_heard

NAMES = ("Alex", "Bob", "Chalice")
MOST_ROUNDS = 12

CAST = msgspec.structs.replace(
    trio(),
    models={
        "mock": NamedModel(
            model="mock", retry=Retry(attempts=3), max_in_flight=2, fallbacks=("other",)
        ),
        "other": NamedModel(model="openai/other", retry=Retry(attempts=2)),
    },
)
"""The reference cast on a model that has a fallback, and room for two calls."""

_T = TypeVar("_T")

roles = st.sampled_from(NAMES)
delays = st.sampled_from([0.0, 0.005, 0.3, 0.8, 1.3])
shares = st.floats(0, 1)


def steps(request: Request) -> Iterable[Step]:
    """A reply in two pieces, at its own pace; some models fail for good, some calls in passing."""
    id_ = request.prompt.turn.id
    first, second = (share("wait", id_, request.attempt, n) for n in (1, 2))
    if share("fail", id_, request.model.model) < 0.125:
        return [first, ModelError("it failed")]
    if share("pass", id_, request.attempt) < 0.25:
        return [first, "Half ", second, ModelError("busy", retryable=True)]
    return [first, *what_it_heard(request), second, "."]


class AnyOrder(RuleBasedStateMachine):
    """A session in a real log, on a virtual clock."""

    def __init__(self) -> None:
        super().__init__()
        # So close that a short log has many keyframes.
        self.patched = mock.patch.object(reader, "SPACING", 3)
        self.patched.start()
        self.runner = asyncio.Runner(loop_factory=VirtualLoop)
        self.folder = Path(tempfile.mkdtemp())
        self.numbers = count()
        self.path = self.new_path()
        self.env: Environment

    def new_path(self) -> Path:
        """A path that no log has yet."""
        return self.folder / f"{next(self.numbers)}.jsonl"

    def run(self, doing: Coroutine[Any, Any, _T]) -> _T:
        """Do something on the virtual clock."""
        return self.runner.run(doing)

    def teardown(self) -> None:
        self.patched.stop()
        if hasattr(self, "env"):
            self.run(self.env.journal.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    @initialize(schedule=st.sampled_from(SCHEDULE_NAMES))
    def open(self, schedule: ScheduleName) -> None:
        async def opened() -> None:
            journal = InlineJournal(LogFile.create(self.path))
            self.env = Environment(FakeModels(FakeModel(otherwise=steps)), LoopClock(), journal)
            scenario = with_overrides(CAST, schedule=schedule)
            self.env.open(scenario, seed=SEED, version="0", started_at="2026-11-28T12:00:00Z")

        self.run(opened())

    def go_on(self, path: Path) -> None:
        """Take up the session of a log."""

        async def reopened() -> None:
            taken = reopen(path)
            journal = InlineJournal(taken.file, synced_seq=taken.session.seq)
            models = FakeModels(FakeModel(otherwise=steps))
            self.env = Environment(models, LoopClock(), journal, taken.session)
            self.env.reopen("reopened")

        self.path = path
        self.run(reopened())

    @property
    def is_long(self) -> bool:
        """Whether enough has been said."""
        return self.env.session.finished_round >= MOST_ROUNDS

    # What can be done

    @rule()
    def step(self) -> None:
        if not self.is_long:
            self.run(self.env.step())

    @rule(rounds=st.integers(0, 2))
    def run_rounds(self, rounds: int) -> None:
        if not self.is_long:
            goal = max(0, self.env.session.finished_round + rounds)
            self.run(Controller(self.env, goal).run_to_end())

    @rule(text=st.text(min_size=1, max_size=5), to=st.lists(roles, max_size=2, unique=True))
    def say(self, text: str, to: list[str]) -> None:
        async def said() -> None:
            self.env.say(text, to)

        self.run(said())

    @rule(schedule=st.sampled_from(SCHEDULE_NAMES))
    def choose(self, schedule: ScheduleName) -> None:
        async def chosen() -> None:
            self.env.choose_schedule(schedule)

        self.run(chosen())

    @rule(role=roles, muted=st.booleans())
    def mute(self, role: str, muted: bool) -> None:
        async def done() -> None:
            self.env.mute(role, muted)

        self.run(done())

    @rule(role=roles)
    def ask_again(self, role: str) -> None:
        turn = self.env.session.roles[role].turn

        async def done() -> None:
            if turn and turn.phase is Phase.FAILED:
                self.env.ask_again(role)

        self.run(done())

    @rule(role=roles, text=st.text(min_size=1, max_size=5))
    def take_over(self, role: str, text: str) -> None:
        async def done() -> None:
            self.env.take_over(role, text)

        self.run(done())

    @rule(role=roles, kind=st.sampled_from([*KINDS, None]))
    def set_fault(self, role: str, kind: FaultKind | None) -> None:
        async def done() -> None:
            self.env.set_fault(role, kind)

        self.run(done())

    @rule(part=shares)
    def skip(self, part: float) -> None:
        current = self.env.session.open_round
        stopped = (
            [turn.id for turn in current.turns if turn.phase is Phase.CANCELLED] if current else []
        )

        async def done() -> None:
            if stopped:
                self.env.skip(stopped[int(part * (len(stopped) - 1))])

        self.run(done())

    @rule(after=delays, role=roles, does=st.sampled_from(["skip", "take over", "ask again"]))
    def do_in_a_step(self, after: float, role: str, does: str) -> None:
        """Do something about one role while the others speak."""

        async def done() -> None:
            step = asyncio.create_task(self.env.step())
            await asyncio.sleep(after)
            turn = self.env.session.roles[role].turn
            match does:
                case "skip" if turn and not turn.is_settled:
                    self.env.skip(turn.id)
                case "take over":
                    self.env.take_over(role, "My own words.")
                case "ask again" if turn and turn.phase is Phase.FAILED:
                    self.env.ask_again(role)
            await step

        self.run(done())

    @rule(part=shares, kept=st.booleans())
    def keep_idea(self, part: float, kept: bool) -> None:
        ids = list(self.env.session.turns)

        async def done() -> None:
            if ids:
                self.env.keep_idea(ids[int(part * (len(ids) - 1))], kept)

        self.run(done())

    @rule(after=delays, only_one=st.booleans(), heard=st.booleans())
    def stop(self, after: float, only_one: bool, heard: bool) -> None:
        """Stop a step, in which the user may also have said something."""

        async def stopped() -> None:
            step = asyncio.create_task(self.env.step())
            await asyncio.sleep(after)
            if heard:
                self.env.say("Listen!")
            current = self.env.session.open_round
            ids = [turn.id for turn in current.turns if not turn.is_settled] if current else []
            self.env.stop("stopped", ids[0] if only_one and ids else None)
            await step

        self.run(stopped())

    @rule(after=delays, muted=roles, part=shares)
    def crash(self, after: float, muted: str, part: float) -> None:
        """Cut the log off at any byte in the midst of a step, and go on with what is left."""

        async def crashed() -> bytes:
            step = asyncio.create_task(self.env.step())
            await asyncio.sleep(after)
            self.env.mute(muted)
            await self.env.journal.synced(self.env.session.seq)
            content = self.path.read_bytes()
            step.cancel()
            await asyncio.gather(step, return_exceptions=True)
            await self.env.journal.close()
            return content

        content = self.run(crashed())
        header = content.index(b"\n") + 1
        path = self.new_path()
        path.write_bytes(content[: header + round(part * (len(content) - header))])
        self.go_on(path)

    @rule()
    def resume(self) -> None:
        self.run(self.env.journal.close())
        self.go_on(self.path)

    @rule(part=shares, edited=shares | st.none(), role=roles, seed=st.none() | st.integers(0, 9))
    def fork(self, part: float, edited: float | None, role: str, seed: int | None) -> None:
        """Fork it after any event, and go on with the fork."""
        self.run(self.env.journal.close())
        events = read(self.path).events
        position = max(1, round(part * len(events)))
        session = fold(events[:position])
        said = [turn.id for turn in session.turns.values() if turn.phase is Phase.DONE]
        said += [message.id for message in session.published if message.sender == "user"]
        id_ = said[int(edited * (len(said) - 1))] if said and edited is not None else ""
        # What is left out with an edited message may be the muting too.
        before = plan(self.path, Changes(edited=id_), position=position).shared
        is_muted = fold(events[:before]).roles[role].muted
        changes = Changes(
            edited=id_,
            muted=() if is_muted else (role,),
            unmuted=(role,) if is_muted else (),
            seed=seed,
        )
        path = self.new_path()
        fork = plan(self.path, changes, position=position)
        write(fork, path, text="Other words.", version="0", started_at="2026-11-28T13:00:00Z")
        forked = read(path).session()
        assert forked.roles[role].muted is not is_muted
        if id_ in forked.turns:
            assert forked.turns[id_].text == "Other words."
        self.go_on(path)

    @rule(part=shares)
    def replay(self, part: float) -> None:
        """See any moment of it again."""
        self.run(self.env.journal.synced(self.env.session.seq))
        log = read(self.path)
        position = max(1, round(part * len(log.events)))
        again = log.session_at(position)
        assert snapshot(again) == snapshot(fold(log.events[:position]))

    # What always holds

    @invariant()
    def the_fold_of_the_log_is_the_session(self) -> None:
        self.run(self.env.journal.synced(self.env.session.seq))
        assert snapshot(read(self.path).session()) == snapshot(self.env.session)

    @invariant()
    def the_pieces_since_a_reply_was_asked_for_are_the_reply(self) -> None:
        pieces: dict[str, str] = {}
        for event in read(self.path).events:
            match event:
                case TurnAsked():
                    pieces[event.id] = ""
                case TurnStreamed():
                    pieces[event.id] += event.text
                case TurnFinished():
                    assert event.text == pieces[event.id]

    @invariant()
    def nobody_hears_what_was_not_said_before_their_turn(self) -> None:
        for turn in self.env.session.turns.values():
            assert all(end <= turn.horizon for _, end in turn.observed)
            assert turn.round.is_eager or turn.horizon == turn.round.horizon

    @invariant()
    def nothing_is_under_way_between_steps(self) -> None:
        assert not self.env.session.is_under_way


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
