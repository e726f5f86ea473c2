"""Killed at any instant: what was acknowledged is in the log, and the session goes on."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from brainstorm_agents.clock import LoopClock, VirtualLoop
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.environment import Environment
from brainstorm_agents.events import Event, encode
from brainstorm_agents.journal import InlineJournal
from brainstorm_agents.models import Models
from brainstorm_agents.reader import read
from brainstorm_agents.reopen import reopen

from ..crash.kill import hunt
from .casts import SEED, snapshot, transcript, trio
from .disks import Disk

# Real processes


def test_nothing_that_was_acknowledged_is_lost_to_a_kill() -> None:
    findings = hunt(rounds=6, seed=1)
    assert not findings.lost, findings
    assert not findings.faults, findings
    assert findings.acknowledged


def test_the_same_hunt_finds_the_losses_of_a_writer_that_buffers() -> None:
    assert any(hunt(rounds=1, writer="buffered", seed=seed).lost for seed in range(20))


# Every order of everything


class Journal(InlineJournal):
    """Knows what a writer that is killed half way through a write may have left."""

    def __init__(self, disk: Disk, path: Path, synced_seq: int = -1) -> None:
        self.file = disk.take(path) if path.exists() else disk.create(path)
        super().__init__(self.file, self._note, synced_seq)
        self.acknowledged = path.read_bytes()
        self._all: list[Event] = []

    def append(self, event: Event) -> None:
        super().append(event)
        self._all.append(event)

    def unwritten(self) -> bytes:
        """The lines that are still in memory."""
        return b"".join(encode(event) + b"\n" for event in self._all if event.seq > self.synced_seq)

    def _note(self, lines: bytes) -> None:
        self.acknowledged += lines


moments = st.sampled_from([0.0, 0.3, 1.0, 1.5, 2.2, 3.7])
"""Seconds into what is going on; a round takes one, Chalice's half a second longer."""


class Sessions(RuleBasedStateMachine):
    """One session: driven, stopped, killed and taken up again, while the disk has room or not."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "session.jsonl"
        self.runner = asyncio.Runner(loop_factory=VirtualLoop)
        self.disk = Disk()

    def teardown(self) -> None:
        self.disk.room = None
        self.run(self.controller.close(Reason.QUIT))
        assert self.disk.durable == self.path.read_bytes()
        self.runner.close()
        shutil.rmtree(self.folder)

    @initialize()
    def open(self) -> None:
        self.journal = Journal(self.disk, self.path)
        environment = Environment(Models(), LoopClock(), self.journal)
        scenario = trio({"Bob": {"fail": 0.3}, "Chalice": {"latency": 1.5}}, latency=1)
        self.run(self._open(environment, scenario))

    @rule()
    def step(self) -> None:
        self.do(lambda controller: controller.step())

    @rule()
    def go(self) -> None:
        self.do(lambda controller: controller.run())

    @rule(text=st.sampled_from(["And you?", "Süß 蜜"]), to=st.sampled_from([(), ("Bob",)]))
    def say(self, text: str, to: tuple[str, ...]) -> None:
        self.do(lambda controller: controller.say(text, to))

    @rule(
        after=moments,
        how=st.sampled_from(["stop", "pause", "stop_turn", "say"]),
    )
    def interfere(self, after: float, how: str) -> None:
        def act(controller: Controller) -> None:
            match how:
                case "stop":
                    controller.stop()
                case "pause":
                    controller.pause()
                case "stop_turn":
                    for turn in controller.session.turns.values():
                        controller.stop_turn(turn.id)
                case "say":
                    controller.say("In the middle.")

        self.do(lambda controller: controller.run(), after, act)

    @rule(room=st.integers(0, 3000))
    def fill_disk(self, room: int) -> None:
        self.disk.room = room

    @precondition(lambda self: self.disk.room is not None)
    @rule()
    def make_room(self) -> None:
        self.disk.room = None

    @rule()
    def quit_and_resume(self) -> None:
        self.disk.room = None
        self.run(self.controller.close(Reason.QUIT))
        self.take_up()

    @rule(after=moments, part=st.floats(0, 1))
    def crash_and_resume(self, after: float, part: float) -> None:
        left = b""

        def kill(controller: Controller) -> None:
            nonlocal left
            unwritten = self.journal.unwritten()
            left = self.journal.acknowledged + unwritten[: int(len(unwritten) * part)]

        self.do(lambda controller: controller.run(), after, kill)
        self.journal.file.close()
        self.path.write_bytes(left)
        self.disk.room = None
        published = transcript(read(self.path).session())
        self.take_up()
        assert transcript(self.controller.session)[: len(published)] == published
        assert not self.controller.session.is_under_way

    @invariant()
    def the_fold_of_the_log_is_the_session(self) -> None:
        if not hasattr(self, "controller"):
            return
        assert self.disk.durable.startswith(self.journal.acknowledged)
        session = self.controller.session
        if self.disk.room is None:
            self.run(self.journal.synced(session.seq))
            log = read(self.path)
            assert log.torn == 0
            assert snapshot(log.session()) == snapshot(session)
            assert b"".join(line + b"\n" for line in log.lines) == self.journal.acknowledged

    def take_up(self) -> None:
        reopened = reopen(self.path)
        # What it holds besides the session is made anew, on the disk of this test.
        reopened.file.close()
        self.journal = Journal(self.disk, self.path, reopened.session.seq)
        environment = Environment(Models(), LoopClock(), self.journal, reopened.session)
        self.run(self._reopen(environment))

    def do(
        self,
        what: Callable[[Controller], None],
        after: float = 0.0,
        then: Callable[[Controller], None] = lambda controller: None,
    ) -> None:
        """Do something, after so many seconds something else, and let it come to rest."""

        async def act() -> None:
            serving = asyncio.create_task(self.controller.serve())
            what(self.controller)
            await asyncio.sleep(after)
            then(self.controller)
            if then.__name__ != "kill":
                await asyncio.sleep(60)
            serving.cancel()
            await asyncio.wait([serving])
            assert serving.cancelled()

        self.run(act())

    def run(self, what: Coroutine[Any, Any, None]) -> None:
        self.runner.run(what)

    async def _open(self, environment: Environment, scenario: Any) -> None:
        environment.open(scenario, seed=SEED, version="0", started_at="now")
        self.controller = Controller(environment, 2, is_attended=True)

    async def _reopen(self, environment: Environment) -> None:
        environment.reopen(Reason.REOPENED)
        self.controller = Controller(environment, 2, is_attended=True)


TestEveryOrder = Sessions.TestCase
TestEveryOrder.settings = settings(max_examples=60, stateful_step_count=14, deadline=None)
