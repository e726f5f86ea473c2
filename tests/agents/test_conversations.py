"""Whatever the cast, the latencies, the failures and the stops: what always holds."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents.chance import share
from brainstorm_agents.errors import ModelError
from brainstorm_agents.models import Request
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.schedules import SCHEDULES
from brainstorm_agents.session import USER, Phase, Session

from .casts import (
    FakeModel,
    Kept,
    Step,
    Watch,
    environment,
    fold,
    going_on,
    snapshot,
    trace,
    transcript,
    virtual,
    what_it_heard,
)

NAMES = ("Alex", "Anna", "Bob", "Chalice", "Émile", "学")


@dataclass(frozen=True)
class Play:
    """A cast, and all that happens to it but for how long anything takes."""

    scenario: Scenario
    failing: float
    says: dict[int, list[tuple[bool, tuple[str, ...]]]]
    """What the user says by round: whether during it or before it, and to whom."""
    rounds: int

    def model(self, pace: int) -> FakeModel:
        """A model that fails where this play says so, and takes its time as `pace` says."""

        def steps(request: Request) -> Iterable[Step]:
            id_ = request.prompt.turn.id
            waits = (0, 0.01, 0.5, 1.0)
            first, second = (waits[int(share("wait", pace, id_, n) * 4)] for n in (1, 2))
            if share("fail", id_) < self.failing:
                return [first, ModelError("it failed")]
            return [first, *what_it_heard(request), second, "."]

        return FakeModel(otherwise=steps)

    async def perform(
        self,
        pace: int = 0,
        at_once: int = 16,
        stops: Iterable[float] = (),
        kept: Kept | None = None,
    ) -> Session:
        """Its session. `stops` are delays after which the steps are stopped, one a step."""
        scenario = Scenario(
            name="play",
            opener=self.scenario.opener,
            roles=self.scenario.roles,
            max_concurrency=at_once,
        )
        env = environment(scenario, self.model(pace), kept)
        delays = iter(stops)
        while env.session.finished_round < self.rounds:
            number = env.session.finished_round + 1
            says = self.says.get(number, []) if env.session.open_round is None else []
            for _, to in (say for say in says if not say[0]):
                env.say(f"before round {number}", to)
            step = asyncio.create_task(env.step())
            await asyncio.sleep(0)
            if env.session.is_under_way:
                for _, to in (say for say in says if say[0]):
                    env.say(f"during round {number}", to)
            if (delay := next(delays, None)) is not None:
                await asyncio.sleep(delay)
                env.stop("stopped")
            if not await step:
                break
        return env.session


@st.composite
def plays(draw: st.DrawFn) -> Play:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))

    def watch(name: str) -> Watch:
        others = [other for other in names if other != name]
        if not others or draw(st.booleans()):
            return "all"
        return tuple(draw(st.lists(st.sampled_from(others), unique=True)))

    roles = tuple(Role(name=name, watch=watch(name)) for name in names)
    opener = draw(st.none() | st.sampled_from(names))
    to = st.lists(st.sampled_from(names), unique=True, max_size=2).map(tuple)
    says = st.dictionaries(
        st.integers(1, 4), st.lists(st.tuples(st.booleans(), to), max_size=2), max_size=2
    )
    return Play(
        Scenario(name="play", roles=roles, opener=opener),
        draw(st.sampled_from([0.0, 0.2, 0.5])),
        draw(says),
        4,
    )


paces = st.integers(0, 1000)
stops = st.lists(st.sampled_from([0.0, 0.005, 0.01, 0.5, 0.75, 1.5]), max_size=6)


@given(plays(), paces, paces, st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_a_conversation_depends_on_no_latency_and_no_concurrency(
    play: Play, pace: int, other: int, at_once: int
) -> None:
    @virtual
    async def check() -> None:
        one, two = await play.perform(pace), await play.perform(other, at_once)
        assert trace(one) == trace(two)
        assert transcript(one) == transcript(two)

    check()


@given(plays(), paces, stops)
@settings(max_examples=60, deadline=None)
def test_stopping_and_going_on_changes_nothing_of_what_is_said(
    play: Play, pace: int, delays: list[float]
) -> None:
    @virtual
    async def check() -> None:
        straight, stopped = await play.perform(pace), await play.perform(pace, stops=delays)
        assert trace(stopped) == trace(straight)
        assert transcript(stopped) == transcript(straight)

    check()


@given(plays(), paces, stops)
@settings(max_examples=100, deadline=None)
def test_no_message_is_lost_and_none_is_heard_twice(
    play: Play, pace: int, delays: list[float]
) -> None:
    @virtual
    async def check() -> None:
        session = await play.perform(pace, stops=delays)
        for state in session.roles.values():
            watched = session.scenario.watched(state.name)
            is_opener = session.scenario.opener in (None, state.name)
            done = [turn for turn in state.turns if turn.phase is Phase.DONE]
            heard = [message.id for turn in done for message in session.messages_of(turn.observed)]
            horizon = max((turn.round.horizon for turn in done), default=0)
            due = [
                message.id
                for position, message in enumerate(session.published[:horizon])
                if message.sender in watched
                or (message.sender == USER and message.reaches(state.name))
                if position or is_opener
            ]
            assert heard == due

    check()


@given(plays(), paces, stops)
@settings(max_examples=60, deadline=None)
def test_nobody_hears_itself_or_anything_of_the_round_under_way(
    play: Play, pace: int, delays: list[float]
) -> None:
    @virtual
    async def check() -> None:
        session = await play.perform(pace, stops=delays)
        for turn in session.turns.values():
            messages = session.messages_of(turn.observed)
            assert messages, "a role without news is idle"
            assert turn.role not in {message.sender for message in messages}
            assert turn.observed[-1][1] <= turn.round.horizon
            assert all(start < end for start, end in turn.observed)
            flat = [place for pair in turn.observed for place in pair]
            assert flat == sorted(set(flat)), "ranges are in order and do not touch"

    check()


@given(plays(), paces, stops)
@settings(max_examples=40, deadline=None)
def test_what_is_published_stands_in_the_casts_order(
    play: Play, pace: int, delays: list[float]
) -> None:
    @virtual
    async def check() -> None:
        session = await play.perform(pace, stops=delays)
        for round_ in session.rounds:
            done = {turn.id for turn in round_.turns if turn.phase is Phase.DONE}
            places = [session.roles[session.turns[id_].role].place for id_ in round_.published]
            assert places == sorted(places)
            assert set(round_.published) == (done if round_.ended is not None else set())

    check()


@given(plays(), paces, stops)
@settings(max_examples=40, deadline=None)
def test_a_plan_is_pure(play: Play, pace: int, delays: list[float]) -> None:
    @virtual
    async def check() -> None:
        session = await play.perform(pace, stops=delays)
        plan, before = SCHEDULES["simultaneous"], snapshot(session)
        assert plan(session) == plan(session)
        assert snapshot(session) == before

    check()


@given(plays(), paces, st.data())
@settings(max_examples=60, deadline=None)
def test_a_session_cut_off_anywhere_goes_on_as_if_nothing_had_happened(
    play: Play, pace: int, data: st.DataObject
) -> None:
    @virtual
    async def check() -> None:
        quiet = Play(play.scenario, play.failing, {}, play.rounds)
        kept = Kept()
        whole = await quiet.perform(pace, kept=kept)
        cut = data.draw(st.integers(1, len(kept.events)), label="events that were kept")
        env = going_on(fold(kept.events[:cut]), quiet.model(pace))
        env.reopen("reopened")
        while env.session.finished_round < play.rounds and await env.step():
            pass
        assert trace(env.session) == trace(whole)
        assert transcript(env.session) == transcript(whole)
        assert not env.session.is_under_way
        assert {turn.phase for turn in env.session.turns.values()} <= {Phase.DONE, Phase.FAILED}

    check()
