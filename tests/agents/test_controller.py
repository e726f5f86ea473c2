"""The controller: what a person asks for, turned into rounds; and why a session stopped."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.errors import JournalError, ModelError
from brainstorm_agents.events import Event, SessionEnded, SessionPaused, SessionResumed
from brainstorm_agents.scenario import Scenario

from .casts import (
    TRACE,
    FakeModel,
    Kept,
    cast,
    environment,
    going_on,
    phases,
    prices,
    role,
    run,
    trace,
    trio,
    virtual,
)

A_ROUND_S = 1.0


@contextlib.asynccontextmanager
async def attended(
    scenario: Scenario | None = None,
    rounds: int = 3,
    model: FakeModel | None = None,
    journal: Kept | None = None,
) -> AsyncIterator[Controller]:
    """A controller that serves somebody; by default the reference cast, a round a second."""
    env = environment(scenario or trio(latency=A_ROUND_S), model, journal or Kept())
    controller = Controller(env, rounds, is_attended=True)
    serving = asyncio.create_task(controller.serve())
    yield controller
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def reasons(controller: Controller) -> list[str]:
    """Each pause, resumption and end in the log, with its reason."""
    kept = controller.environment.journal
    assert isinstance(kept, Kept)
    kinds: dict[type[Event], str] = {
        SessionPaused: "paused",
        SessionResumed: "resumed",
        SessionEnded: "ended",
    }
    return [
        f"{kinds[type(event)]}: {event.reason}"
        for event in kept.events
        if isinstance(event, SessionPaused | SessionResumed | SessionEnded)
    ]


class SlowToPrepare(FakeModel):
    """A model that takes five seconds to get ready."""

    async def prepare(self) -> None:
        await asyncio.sleep(5)


# ------------------------------------------------------------------------------- step, run, pause


@virtual
async def test_nothing_happens_until_somebody_asks_for_it() -> None:
    async with attended() as controller:
        await asyncio.sleep(10)
        assert controller.session.rounds == []
        assert not controller.is_running


@virtual
async def test_opening_lets_the_opener_speak_and_waits() -> None:
    async with attended() as controller:
        controller.open()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:1]
        assert not controller.is_running
        assert reasons(controller) == []


@virtual
async def test_a_step_is_one_round() -> None:
    async with attended() as controller:
        for done in range(3):
            controller.step()
            assert controller.is_running
            await asyncio.sleep(10)
            assert not controller.is_running
            assert controller.session.finished_round == done
        assert trace(controller.session) == TRACE[:3]


@virtual
async def test_a_step_while_a_round_is_under_way_gives_exactly_one_more() -> None:
    async with attended() as controller:
        controller.open()
        await asyncio.sleep(0.5)
        controller.step()
        assert controller.rounds_to_come == 1
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:2]


@virtual
async def test_steps_asked_for_while_a_round_is_under_way_add_up() -> None:
    async with attended() as controller:
        controller.open()
        await asyncio.sleep(0.5)
        controller.step()
        controller.step()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:3]


@virtual
async def test_a_run_goes_to_the_goal_and_ends() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(0.5)
        assert (controller.is_running, controller.rounds_to_come) == (True, 3)
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE
        assert controller.session.ended == Reason.ROUNDS
        assert (controller.is_running, controller.rounds_to_come) == (False, 0)
        assert reasons(controller) == ["ended: rounds"]


@virtual
async def test_a_run_past_the_end_goes_as_many_rounds_further() -> None:
    async with attended(rounds=2) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(10)
        controller.run()
        await asyncio.sleep(10)
        assert controller.session.finished_round == 4
        assert controller.goal == 4
        assert reasons(controller) == ["ended: rounds", "resumed: user", "ended: rounds"]


@virtual
async def test_a_step_past_the_end_is_one_round_more() -> None:
    async with attended(rounds=1) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(10)
        controller.step()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:3]
        assert reasons(controller) == ["ended: rounds", "resumed: user", "ended: rounds"]


@virtual
async def test_a_step_while_the_last_round_is_under_way_goes_one_past_the_goal() -> None:
    async with attended(rounds=1) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1.5)
        controller.step()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:3]
        assert reasons(controller) == ["ended: rounds"]


@virtual
async def test_pause_lets_the_round_end_and_starts_no_new_one() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1.5)
        controller.pause()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:2]
        assert set(phases(controller.session).values()) == {"done"}
        assert controller.session.paused == Reason.USER
        assert not controller.is_running


@virtual
async def test_pause_while_a_round_waits_for_the_log_lets_it_end_and_starts_no_new_one() -> None:
    class SlowDisk(Kept):
        async def synced(self, seq: int) -> None:
            await asyncio.sleep(1)

    controller = Controller(environment(trio(), journal=SlowDisk()), 3, is_attended=True)
    controller.open(is_run=True)
    serving = asyncio.create_task(controller.serve())
    await asyncio.sleep(1.5)
    assert controller.session.turns["b1"].attempt == 0
    controller.pause()
    await asyncio.sleep(10)
    serving.cancel()
    assert trace(controller.session) == TRACE[:2]
    assert reasons(controller) == ["paused: user"]


@virtual
async def test_pause_while_models_are_prepared_starts_no_round() -> None:
    async with attended(model=SlowToPrepare()) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1)
        controller.pause()
        await asyncio.sleep(10)
        assert controller.session.rounds == []
        assert reasons(controller) == ["paused: user"]


@virtual
async def test_a_step_after_a_pause_while_the_round_is_under_way_is_one_more() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(0.5)
        controller.pause()
        controller.step()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:2]
        assert reasons(controller) == ["paused: user"]


@virtual
async def test_a_paused_session_runs_on_to_its_goal() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(0.5)
        controller.pause()
        await asyncio.sleep(10)
        controller.run()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE
        assert reasons(controller) == ["paused: user", "resumed: user", "ended: rounds"]


@virtual
async def test_running_on_before_the_paused_round_has_ended_is_no_pause() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(0.5)
        controller.pause()
        controller.run()
        await asyncio.sleep(10)
        assert reasons(controller) == ["ended: rounds"]


@virtual
async def test_a_step_in_a_paused_session_goes_on_with_it() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(0.5)
        controller.pause()
        await asyncio.sleep(10)
        controller.step()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:2]
        assert reasons(controller) == ["paused: user", "resumed: user"]


@virtual
async def test_pausing_in_the_last_round_changes_nothing() -> None:
    async with attended(rounds=1) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1.5)
        controller.pause()
        await asyncio.sleep(10)
        assert reasons(controller) == ["ended: rounds"]


@virtual
async def test_pause_and_stop_leave_no_trace_while_nothing_runs() -> None:
    async with attended() as controller:
        controller.open()
        await asyncio.sleep(10)
        controller.pause()
        controller.stop()
        controller.step()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:2]
        assert reasons(controller) == []


# ------------------------------------------------------------------------------------------- stop


@virtual
async def test_stop_cancels_what_is_under_way_and_pauses() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1.5)
        controller.stop()
        await asyncio.sleep(10)
        assert phases(controller.session) == {"a0": "done", "b1": "cancelled", "c1": "cancelled"}
        assert controller.session.t == 1.5
        assert reasons(controller) == ["paused: stopped"]
        assert not controller.is_running


@virtual
async def test_a_step_after_a_stop_completes_the_round_and_no_more() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1.5)
        controller.stop()
        await asyncio.sleep(10)
        controller.step()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE[:2]
        assert controller.session.open_round is None


@virtual
async def test_a_run_after_a_stop_completes_the_round_and_goes_on_to_the_goal() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1.5)
        controller.stop()
        await asyncio.sleep(10)
        controller.run()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE
        assert reasons(controller) == ["paused: stopped", "resumed: user", "ended: rounds"]


@virtual
async def test_stopping_one_turn_pauses_when_the_others_have_finished() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1.5)
        controller.stop_turn("b1")
        await asyncio.sleep(0.4)
        assert controller.session.is_under_way
        await asyncio.sleep(10)
        assert phases(controller.session) == {"a0": "done", "b1": "cancelled", "c1": "done"}
        assert reasons(controller) == ["paused: stopped"]


@virtual
async def test_stopping_the_last_round_does_not_end_the_session() -> None:
    async with attended(rounds=1) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1.5)
        controller.stop()
        await asyncio.sleep(10)
        assert reasons(controller) == ["paused: stopped"]


@virtual
async def test_stopping_a_round_past_the_goal_says_that_it_was_stopped() -> None:
    async with attended(rounds=1) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(10)
        controller.step()
        await asyncio.sleep(0.5)
        controller.stop()
        await asyncio.sleep(10)
        assert reasons(controller) == ["ended: rounds", "resumed: user", "paused: stopped"]


@virtual
async def test_stop_before_the_round_has_begun_stops_it() -> None:
    async with attended() as controller:
        controller.open(is_run=True)
        controller.stop()
        await asyncio.sleep(10)
        assert controller.session.rounds == []
        assert reasons(controller) == ["paused: stopped"]


# ------------------------------------------------------------------------------------ quiet, ends


@virtual
async def test_a_quiet_session_pauses_while_somebody_is_there() -> None:
    async with attended(prices()) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(10)
        assert reasons(controller) == ["paused: quiet"]
        assert not controller.is_running


@virtual
async def test_a_quiet_session_goes_on_once_the_user_has_spoken() -> None:
    async with attended(prices()) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(10)
        controller.say("And honey?", to=("Bee",))
        controller.run()
        await asyncio.sleep(10)
        assert trace(controller.session)[1:] == ["round 1: b1 <- user2"]
        assert reasons(controller) == ["paused: quiet", "resumed: user", "paused: quiet"]


@virtual
async def test_a_step_that_finds_it_quiet_after_a_pause_says_so() -> None:
    async with attended(prices()) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(0.5)
        controller.pause()
        await asyncio.sleep(10)
        controller.step()
        await asyncio.sleep(10)
        assert controller.session.paused == Reason.QUIET


@virtual
async def test_a_step_past_the_end_that_finds_it_quiet_says_so() -> None:
    async with attended(prices(), rounds=0) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(10)
        controller.step()
        await asyncio.sleep(10)
        assert reasons(controller) == ["ended: rounds", "resumed: user", "paused: quiet"]


@virtual
async def test_a_quiet_session_ends_when_nobody_is_there() -> None:
    session = await run(prices(), rounds=3)
    assert (session.ended, session.paused, len(session.rounds)) == ("quiet", None, 1)


@virtual
async def test_a_session_without_a_screen_ends_after_its_rounds() -> None:
    session = await run(trio(), rounds=3)
    assert (session.ended, session.paused) == ("rounds", None)
    assert trace(session) == TRACE


@virtual
async def test_a_session_without_a_screen_that_is_stopped_ends_and_can_be_resumed() -> None:
    controller = Controller(environment(trio(latency=1), journal=Kept()), 3)
    running = asyncio.create_task(controller.run_to_end())
    await asyncio.sleep(1.5)
    controller.stop()
    await running
    assert reasons(controller) == ["ended: stopped"]
    again = Controller(going_on(controller.session), 3)
    await again.run_to_end()
    assert trace(again.session) == TRACE
    assert again.session.t == pytest.approx(1.5 + 3)


@virtual
async def test_a_run_without_a_screen_is_cancelled_with_every_turn_settled() -> None:
    controller = Controller(environment(trio(latency=1), journal=Kept()), 3)
    running = asyncio.create_task(controller.run_to_end())
    await asyncio.sleep(1.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await controller.close(Reason.INTERRUPTED)
    assert phases(controller.session) == {"a0": "done", "b1": "cancelled", "c1": "cancelled"}
    assert reasons(controller) == ["ended: interrupted"]


# ------------------------------------------------------------------------------- prepare and close


@virtual
async def test_models_are_prepared_before_the_first_round_and_it_shows() -> None:
    async with attended(model=SlowToPrepare()) as controller:
        controller.open()
        await asyncio.sleep(1)
        assert controller.is_preparing
        assert controller.is_running
        assert controller.session.rounds == []
        await asyncio.sleep(10)
        assert not controller.is_preparing
        assert controller.session.finished_round == 0


@virtual
async def test_a_session_that_is_stopped_while_models_are_prepared_begins_with_the_next_step() -> (
    None
):
    async with attended(model=SlowToPrepare()) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(1)
        controller.stop()
        assert not controller.is_running
        assert controller.session.paused == "stopped"
        await asyncio.sleep(10)
        assert controller.session.rounds == []
        controller.step()
        await asyncio.sleep(10)
        assert controller.session.finished_round == 0
        assert reasons(controller) == ["paused: stopped", "resumed: user"]


@virtual
async def test_a_step_while_models_are_prepared_takes_a_stop_back() -> None:
    async with attended(model=SlowToPrepare()) as controller:
        controller.open()
        await asyncio.sleep(1)
        controller.stop()
        controller.step()
        await asyncio.sleep(20)
        assert controller.session.finished_round == 0
        assert controller.session.paused is None


@virtual
async def test_close_ends_the_session_once_and_lets_go_of_models_and_log() -> None:
    model, kept = FakeModel(), Kept()
    controller = Controller(environment(trio(), model, kept), 3)
    await controller.close(Reason.QUIT)
    await controller.close(Reason.INTERRUPTED)
    assert reasons(controller) == ["ended: quit"]
    assert model.is_closed
    assert kept.is_closed


@virtual
async def test_close_does_not_contradict_an_end() -> None:
    kept = Kept()
    controller = Controller(environment(prices(), journal=kept), 3)
    await controller.run_to_end()
    await controller.close(Reason.QUIT)
    assert reasons(controller) == ["ended: quiet"]


@virtual
async def test_the_log_is_closed_even_if_a_model_is_not() -> None:
    class Stuck(FakeModel):
        async def close(self) -> None:
            raise ModelError("it will not let go")

    kept = Kept()
    controller = Controller(environment(trio(), Stuck(), kept), 3)
    with pytest.raises(ModelError):
        await controller.close(Reason.QUIT)
    assert kept.is_closed


class Failing(Kept):
    """A journal that cannot write while it is told so."""

    def __init__(self) -> None:
        super().__init__()
        self.is_failing = False

    async def synced(self, seq: int) -> None:
        if self.is_failing:
            raise JournalError("the log x cannot be written", reason="the disk is full")
        await super().synced(seq)


@virtual
async def test_a_log_that_cannot_be_written_pauses_the_session_and_asks_nobody() -> None:
    journal = Failing()
    async with attended(trio(latency=1), journal=journal) as controller:
        controller.open()
        await asyncio.sleep(10)
        journal.is_failing = True
        controller.run()
        await asyncio.sleep(10)
        assert controller.session.paused == "the disk is full"
        assert isinstance(controller.log_error, JournalError)
        assert not controller.is_running
        assert phases(controller.session) == {"a0": "done", "b1": "cancelled", "c1": "cancelled"}
        assert controller.session.turns["b1"].attempt == 0
        journal.is_failing = False


@virtual
async def test_told_to_go_on_it_tries_the_log_again_and_does_what_was_wanted() -> None:
    journal = Failing()
    async with attended(trio(latency=1), journal=journal) as controller:
        controller.open()
        await asyncio.sleep(10)
        journal.is_failing = True
        controller.run()
        await asyncio.sleep(10)
        controller.run()
        await asyncio.sleep(10)
        assert reasons(controller) == ["paused: the disk is full"]
        journal.is_failing = False
        controller.step()
        await asyncio.sleep(10)
        assert controller.log_error is None
        assert trace(controller.session) == TRACE
        assert reasons(controller)[1:] == ["resumed: user", "ended: rounds"]


@virtual
async def test_a_log_that_fails_after_the_last_round_is_tried_again_and_no_round_is_added() -> None:
    journal = Failing()
    async with attended(trio(latency=1), journal=journal) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(3.5)
        journal.is_failing = True
        await asyncio.sleep(10)
        assert controller.session.paused == "the disk is full"
        journal.is_failing = False
        controller.run()
        await asyncio.sleep(10)
        assert trace(controller.session) == TRACE
        assert controller.session.ended == "rounds"


@virtual
async def test_with_nothing_else_wanted_it_waits_for_somebody_once_the_log_is_written() -> None:
    journal = Failing()
    async with attended(trio(latency=1), journal=journal) as controller:
        controller.open()
        await asyncio.sleep(0.5)
        journal.is_failing = True
        await asyncio.sleep(10)
        assert controller.session.paused == "the disk is full"
        journal.is_failing = False
        controller.step()
        await asyncio.sleep(10)
        assert controller.session.paused is None
        assert controller.session.finished_round == 0


@virtual
async def test_without_anybody_there_a_log_that_cannot_be_written_ends_the_run() -> None:
    journal = Failing()
    controller = Controller(environment(trio(), journal=journal), 3)
    journal.is_failing = True
    with pytest.raises(JournalError, match="the log x cannot be written"):
        await controller.run_to_end()
    assert not controller.session.is_under_way


@virtual
async def test_a_role_that_always_fails_does_not_keep_the_controller_busy() -> None:
    scenario = cast(role("Alex"), role("Bob", fail=1), opener="Alex")
    async with attended(scenario, rounds=1000) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(10)
        assert reasons(controller) == ["paused: quiet"]
        assert len(controller.session.rounds) == 2
