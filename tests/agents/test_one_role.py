"""What can be done about one role: skip it, ask it again, take it over. The others go on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from brainstorm_agents.cast import ScheduleName
from brainstorm_agents.clock import LoopClock
from brainstorm_agents.controller import Controller
from brainstorm_agents.environment import Environment
from brainstorm_agents.errors import ModelError, UnfitEvent
from brainstorm_agents.events import TurnFailed, TurnFinished, encode
from brainstorm_agents.models import Models
from brainstorm_agents.recording import Recording
from brainstorm_agents.scenario import with_overrides

from .casts import (
    SEED,
    FakeModel,
    FakeModels,
    Kept,
    environment,
    fold,
    phases,
    snapshot,
    trace,
    transcript,
    trio,
    virtual,
    write_log,
)

FOREVER = 10_000.0


@contextlib.asynccontextmanager
async def attended(
    model: FakeModel, rounds: int = 3, schedule: ScheduleName = "simultaneous"
) -> AsyncIterator[Controller]:
    """Somebody watches the reference cast; the opening is over and round 1 under way."""
    scenario = msgspec.structs.replace(trio(), schedule=schedule)
    controller = Controller(environment(scenario, model, Kept()), rounds, is_attended=True)
    serving = asyncio.create_task(controller.serve())
    controller.open()
    await asyncio.sleep(10)
    controller.step()
    await asyncio.sleep(1)
    yield controller
    kept = controller.environment.journal
    assert isinstance(kept, Kept)
    assert snapshot(fold(kept.events)) == snapshot(controller.session)
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def hanging(*ids: str, **others: object) -> FakeModel:
    """A model that says nothing more in some turns, and half a second of words in all others."""
    return FakeModel({id_: ["Well", FOREVER] for id_ in ids} | others)  # type: ignore[arg-type]


def failing(*ids: str) -> FakeModel:
    """A model that fails in some turns, at their first attempt."""

    class Failing(FakeModel):
        async def stream(self, request):  # type: ignore[no-untyped-def]
            turn = request.prompt.turn
            if turn.id in ids and request.attempt == 1:
                raise ModelError("it failed")
            async for chunk in super().stream(request):
                yield chunk

    return Failing()


# ------------------------------------------------------------------------------------------- skip


@virtual
async def test_a_turn_that_hangs_is_skipped_and_the_round_finishes() -> None:
    async with attended(hanging("b1")) as controller:
        controller.skip("b1")
        await asyncio.sleep(1)
        assert phases(controller.session) == {"a0": "done", "b1": "failed", "c1": "done"}
        assert controller.session.turns["b1"].reason == "skipped"
        assert controller.session.finished_round == 1
        assert controller.session.paused is None


@virtual
async def test_what_a_skipped_role_missed_comes_with_its_next_turn() -> None:
    async with attended(hanging("b1")) as controller:
        controller.skip("b1")
        controller.step()
        await asyncio.sleep(1)
        assert trace(controller.session)[2] == "round 2: a1 <- c1 | b2 <- a0 c1"


@virtual
async def test_a_stopped_turn_is_given_up_and_its_round_is_over() -> None:
    async with attended(hanging("b1")) as controller:
        controller.stop_turn("b1")
        await asyncio.sleep(1)
        assert controller.session.open_round is not None
        controller.skip("b1")
        await asyncio.sleep(1)
        assert controller.session.finished_round == 1
        assert phases(controller.session)["b1"] == "failed"
        assert not controller.is_running


@virtual
async def test_with_others_stopped_too_a_skipped_turn_leaves_the_round_open() -> None:
    async with attended(hanging("b1", "c1")) as controller:
        controller.stop()
        await asyncio.sleep(1)
        controller.skip("b1")
        await asyncio.sleep(1)
        assert phases(controller.session) == {"a0": "done", "b1": "failed", "c1": "cancelled"}
        assert controller.session.open_round is not None


# -------------------------------------------------------------------------------------- ask again


@virtual
async def test_a_failed_turn_is_asked_again_in_its_round_while_others_speak() -> None:
    model = failing("b1")
    model._steps["c1"] = [5.0, "Late."]
    async with attended(model) as controller:
        assert phases(controller.session)["b1"] == "failed"
        controller.ask_again("Bob")
        await asyncio.sleep(10)
        assert phases(controller.session) == {"a0": "done", "b1": "done", "c1": "done"}
        assert controller.session.turns["b1"].attempt == 2
        assert controller.session.failed == 0
        assert [m.id for m in controller.session.published] == ["user", "a0", "b1", "c1"]
        assert controller.session.paused is None


@pytest.mark.parametrize("schedule", ["simultaneous", "sequential", "eager"])
@virtual
async def test_in_a_round_of_any_schedule_each_can_be_taken_over_skipped_and_asked_again(
    schedule: ScheduleName,
) -> None:
    model = failing("b1")
    model._steps["c1"] = ["Well", FOREVER]
    async with attended(model, schedule=schedule) as controller:
        assert phases(controller.session)["b1"] == "failed"
        controller.ask_again("Bob")
        controller.take_over("Chalice", "Mine.")
        await asyncio.sleep(10)
        assert phases(controller.session)["b1"] == "done"
        assert controller.session.turns["c1"].text == "Mine."
        assert (controller.session.finished_round, controller.session.failed) == (1, 0)


@virtual
async def test_a_role_that_failed_before_is_asked_again_in_an_eager_round_that_goes_on() -> None:
    model = failing("b1")
    model._steps["c1"], model._steps["a1"] = ["Hm."], [50.0, "Late."]
    async with attended(model, schedule="eager") as controller:
        if controller.session.open_round is None:
            controller.step()
        await asyncio.sleep(1)
        controller.ask_again("Bob")
        await asyncio.sleep(100)
        bob = controller.session.roles["Bob"].turn
        assert bob is not None
        assert str(bob.phase) == "done"
        assert controller.session.open_round is None


@virtual
async def test_a_failed_turn_of_the_last_round_comes_again_in_the_next_one() -> None:
    async with attended(failing("b1", "c1")) as controller:
        assert controller.environment.is_quiet()
        controller.ask_again("Bob")
        assert not controller.environment.is_quiet()
        controller.step()
        await asyncio.sleep(1)
        assert trace(controller.session)[2] == "round 2: b2 <- a0"
        assert phases(controller.session)["b1"] == "failed"


@virtual
async def test_a_stopped_turn_is_asked_again_after_the_others_without_a_pause() -> None:
    model = hanging("b1", c1=[5.0, "Late."])
    async with attended(model) as controller:
        controller.stop_turn("b1")
        await asyncio.sleep(0)
        model._steps["b1"] = ["Again."]
        controller.ask_again("Bob")
        await asyncio.sleep(10)
        assert phases(controller.session)["b1"] == "done"
        assert (controller.session.finished_round, controller.session.paused) == (1, None)


@virtual
async def test_only_a_role_whose_last_turn_has_failed_can_be_asked_again() -> None:
    async with attended(FakeModel()) as controller:
        with pytest.raises(UnfitEvent, match="has not failed"):
            controller.environment.ask_again("Bob")


# -------------------------------------------------------------------------------------- take over


@virtual
async def test_your_line_takes_the_place_of_what_a_role_is_saying() -> None:
    model = hanging("b1", c1=[5.0, "Late."])
    async with attended(model) as controller:
        controller.take_over("Bob", "I say it myself.")
        await asyncio.sleep(0)
        turn = controller.session.turns["b1"]
        assert (str(turn.phase), turn.text, turn.is_by_user) == ("done", "I say it myself.", True)
        assert (turn.discarded, turn.tokens) == ("Well", 0)
        assert phases(controller.session)["c1"] == "thinking"
        assert "b1" in model.left
        await asyncio.sleep(10)
        assert transcript(controller.session)[2:] == [
            ("b1", "Bob", "I say it myself."),
            ("c1", "Chalice", "Late."),
        ]


@virtual
async def test_your_line_is_said_for_a_turn_that_was_stopped_or_has_failed() -> None:
    for model, stops in ((hanging("b1"), True), (failing("b1"), False)):
        model._steps["c1"] = [5.0, "Late."]
        async with attended(model) as controller:
            if stops:
                controller.stop_turn("b1")
                await asyncio.sleep(0)
            controller.take_over("Bob", "Mine.")
            await asyncio.sleep(10)
            assert transcript(controller.session)[2][2] == "Mine."
            assert (controller.session.finished_round, controller.session.failed) == (1, 0)
            assert controller.session.lines == {}


@virtual
async def test_a_stopped_round_is_completed_with_your_line_at_once() -> None:
    async with attended(hanging("b1")) as controller:
        controller.stop()
        await asyncio.sleep(1)
        assert controller.session.paused == "stopped"
        controller.take_over("Bob", "Mine.")
        await asyncio.sleep(1)
        assert transcript(controller.session)[2][2] == "Mine."
        assert controller.session.finished_round == 1


@virtual
async def test_between_rounds_your_line_waits_for_the_next_turn_of_the_role() -> None:
    model = FakeModel()
    async with attended(model) as controller:
        controller.take_over("Bob", "Prepared.")
        await asyncio.sleep(5)
        assert controller.session.lines == {"Bob": "Prepared."}
        controller.step()
        await asyncio.sleep(1)
        assert controller.session.turns["b2"].text == "Prepared."
        assert controller.session.lines == {}
        assert "b2" not in model.ids()


@virtual
async def test_a_line_that_waits_outlives_a_crash() -> None:
    async with attended(FakeModel()) as controller:
        controller.take_over("Bob", "Prepared.")
        kept = controller.environment.journal
        assert isinstance(kept, Kept)
        session = fold(kept.events)
        again = Environment(FakeModels(FakeModel()), LoopClock(), Kept(), session)
        again.reopen("reopened")
        await again.step()
        assert session.turns["b2"].text == "Prepared."


@virtual
async def test_a_recording_says_your_line_too(tmp_path: Path) -> None:
    async with attended(hanging("b1")) as controller:
        controller.take_over("Bob", "I say it myself.")
        await asyncio.sleep(1)
        kept = controller.environment.journal
        assert isinstance(kept, Kept)
        log = write_log(tmp_path / "log.jsonl", map(encode, kept.events))
    name = f"recorded:{log}"
    models = Models(recordings={name: Recording(log)})
    env = Environment(models, LoopClock(), Kept())
    scenario = with_overrides(trio(), model=name)
    env.open(scenario, seed=SEED, version="0", started_at="now")
    await Controller(env, 1).run_to_end()
    assert transcript(env.session)[2] == ("b1", "Bob", "I say it myself.")


# ------------------------------------------------------------------------------------------ both


@virtual
async def test_stopping_wins_over_a_line_and_the_line_waits() -> None:
    async with attended(hanging("b1", "c1")) as controller:
        controller.environment.stop("stopped", only="b1")
        controller.take_over("Bob", "Mine.")
        await asyncio.sleep(0)
        assert phases(controller.session)["b1"] == "cancelled"
        assert controller.session.lines == {"Bob": "Mine."}


@virtual
async def test_the_log_tells_how_each_turn_ended() -> None:
    async with attended(hanging("b1", "c1")) as controller:
        controller.skip("b1")
        controller.take_over("Chalice", "Mine.")
        await asyncio.sleep(1)
        kept = controller.environment.journal
        assert isinstance(kept, Kept)
        assert [event.reason for event in kept.of(TurnFailed)] == ["skipped"]
        assert [event.text for event in kept.of(TurnFinished)][1:] == ["Mine."]
        usage = kept.of(TurnFinished)[1].usage
        assert (usage.prompt, usage.completion) == (0, 0)
