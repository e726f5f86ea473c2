"""A saved session as the model: what was said is said again, at the same times."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstorm_agents import scenario as scenarios
from brainstorm_agents.chance import share
from brainstorm_agents.clock import LoopClock
from brainstorm_agents.errors import LogError, ModelError
from brainstorm_agents.events import (
    AnyEvent,
    Event,
    RoundStarted,
    SessionStarted,
    TurnAsked,
    TurnCancelled,
    TurnFailed,
    TurnFinished,
    TurnRetried,
    TurnStarted,
    TurnStreamed,
    TurnSwitched,
    Usage,
    encode,
)
from brainstorm_agents.models import Chunk, Model, Request
from brainstorm_agents.models.recorded import RecordedModel
from brainstorm_agents.named_model import NamedModel, Retry
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.recording import Recording
from brainstorm_agents.scenario import Role, Scenario

from .casts import (
    FakeModel,
    Kept,
    Step,
    cast,
    environment,
    fold,
    opening,
    phases,
    role,
    run,
    transcript,
    trio,
    virtual,
    what_it_heard,
    write_log,
)


async def events(scenario: Scenario, model: Model | None = None, rounds: int = 3) -> list[Event]:
    """What happens in a session."""
    journal = Kept()
    await run(scenario, rounds, model, journal)
    return list(journal.events)


def recorded(path: Path, happened: list[Event]) -> RecordedModel:
    """The model that plays what has happened."""
    return RecordedModel(Recording(write_log(path, map(encode, happened))))


def but_for_the_model(happened: list[Event]) -> list[AnyEvent | Event]:
    """Events without what names the model."""
    return [
        msgspec.structs.replace(event, model="") if isinstance(event, TurnAsked) else event
        for event in happened
        if not isinstance(event, SessionStarted)
    ]


@virtual
async def test_a_recording_plays_to_the_same_events_at_the_same_times(tmp_path: Path) -> None:
    classroom = scenarios.load("classroom")
    before = await events(classroom)
    after = await events(classroom, recorded(tmp_path / "log", before))
    assert but_for_the_model(after) == but_for_the_model(before)


@virtual
async def test_reasoning_and_usage_are_played_too(tmp_path: Path) -> None:
    steps: list[Step] = [
        *(
            0.2,
            Chunk(reasoning="Hm."),
            0.3,
            Chunk(reasoning=" Bees."),
            0.02,
            "They",
            0.01,
            " dance",
        ),
        *(0.2, " maps.", 0.01, Chunk(usage=Usage(11, 7))),
    ]
    before = await events(cast(role("Alex")), FakeModel({"a0": steps}), 0)
    after = await events(cast(role("Alex")), recorded(tmp_path / "log", before), 0)
    assert sum(isinstance(event, TurnStreamed) for event in after) > 3
    assert but_for_the_model(after) == but_for_the_model(before)


@given(waits=st.lists(st.tuples(st.floats(0, 0.2), st.booleans()), min_size=1, max_size=12))
def test_whatever_the_pace_the_times_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, waits: list[tuple[float, bool]]
) -> None:
    steps: list[Step] = []
    for wait, is_thought in waits:
        steps += [wait, Chunk(reasoning="hm ") if is_thought else "bee "]
    steps += [0.03, "end"]

    @virtual
    async def play() -> None:
        before = await events(cast(role("Alex")), FakeModel({"a0": steps}), 0)
        path = tmp_path_factory.mktemp("log") / "log"
        after = await events(cast(role("Alex")), recorded(path, before), 0)
        assert but_for_the_model(after) == but_for_the_model(before)

    play()


def at_a_pace_of_its_own(request: Request) -> list[Step]:
    """A reply at a time at which nobody else speaks."""
    return [0.1 + 0.01 * request.prompt.place, "Yes."]


@virtual
async def test_a_turn_that_failed_fails_with_its_reason_and_the_others_go_on(
    tmp_path: Path,
) -> None:
    steps: dict[str, list[Step]] = {"b1": [0.3, "Wait", 0.5, ModelError("the provider is down")]}
    before = await events(trio(), FakeModel(steps, at_a_pace_of_its_own))
    journal = Kept()
    session = await run(trio(), 3, recorded(tmp_path / "log", before), journal)
    assert phases(session)["b1"] == "failed"
    assert phases(session)["c1"] == "done"
    assert session.turns["b1"].reason == "the provider is down"
    assert but_for_the_model(list(journal.events)) == but_for_the_model(before)


@virtual
async def test_a_turn_that_is_not_in_it_fails_and_says_what_to_do(tmp_path: Path) -> None:
    model = recorded(tmp_path / "lesson.jsonl", await events(trio(), rounds=1))
    session = await run(trio(), 2, model)
    assert session.turns["b1"].text
    assert session.turns["b2"].reason == (
        "lesson.jsonl holds no turn b2 of Bob; play it with its own cast and as many rounds as it"
        " has, or choose another model"
    )


@virtual
async def test_a_turn_that_was_cut_off_fails_and_says_so(tmp_path: Path) -> None:
    before = await events(cast(role("Alex")), FakeModel({"a0": ["Bees", 1.0, " dance"]}), 0)
    cut = before[: next(at for at, e in enumerate(before) if isinstance(e, TurnFinished))]
    session = await run(cast(role("Alex")), 0, recorded(tmp_path / "log", cut))
    assert "holds no whole turn a0: it was cut off" in session.turns["a0"].reason


async def attempt(model: RecordedModel, number: int) -> tuple[str, float]:
    """What an attempt at the opening says, and how long it takes."""
    clock = LoopClock()
    asked = opening(cast(role("Alex")), clock, attempt=number)
    began = clock.now()
    text = ""
    try:
        async for chunk in model.stream(asked):
            text += chunk.text
    finally:
        took = clock.now() - began
    return text, round(took, 6)


def tried_again() -> list[Event]:
    """A session whose opening failed, was tried again, was stopped, and was asked once more."""
    env = environment(cast(role("Alex")), FakeModel())
    assert isinstance(env.journal, Kept)
    begun: list[Event] = list(env.journal.events)
    told: list[tuple[type[Event], float, dict[str, object]]] = [
        (RoundStarted, 0.0, {"round": 0, "schedule": "simultaneous"}),
        (TurnStarted, 0.0, {"round": 0, "observed": ((0, 1),)}),
        (TurnAsked, 0.0, {"attempt": 1, "model": "openai/bee"}),
        (TurnStreamed, 1.0, {"text": "Not th"}),
        (TurnRetried, 2.0, {"attempt": 1, "reason": "rate limited", "wait_s": 4.0}),
        (TurnAsked, 6.0, {"attempt": 2, "model": "openai/bee"}),
        (TurnStreamed, 7.0, {"text": "Bee"}),
        (TurnCancelled, 8.0, {"reason": "stopped"}),
        (TurnStarted, 9.0, {"round": 0, "observed": ((0, 1),)}),
        (TurnAsked, 9.0, {"attempt": 3, "model": "openai/bee"}),
        (TurnStreamed, 9.5, {"text": "Bees."}),
        (
            TurnFinished,
            9.5,
            {
                "text": "Bees.",
                "usage": Usage(1, 2),
                "queued_s": 0.0,
                "thinking_s": 0.5,
                "speaking_s": 0.0,
            },
        ),
    ]
    for kind, t, fields in told:
        who = {} if kind is RoundStarted else {"id": "a0", "role": "Alex"}
        begun.append(kind(seq=len(begun), t=t, **who, **fields))  # type: ignore[call-arg]
    return begun


@virtual
async def test_each_attempt_gives_what_it_gave_and_a_stopped_one_is_none(tmp_path: Path) -> None:
    model = recorded(tmp_path / "log", tried_again())
    with pytest.raises(ModelError, match=r"^rate limited$") as failed:
        await attempt(model, 1)
    assert failed.value.retryable
    assert failed.value.retry_after == 4.0
    assert await attempt(model, 2) == ("Bees.", 0.5)
    assert await attempt(model, 3) == ("Bees.", 0.5)


@virtual
async def test_a_prompt_that_differs_is_noted_and_the_turn_speaks_all_the_same(
    tmp_path: Path,
) -> None:
    before = await events(trio())
    model = recorded(tmp_path / "lesson.jsonl", before)
    journal = Kept()
    env = environment(trio(), model, journal)
    await env.step()
    env.say("And wasps?")
    await env.step()
    a0, b1 = env.session.turns["a0"], env.session.turns["b1"]
    assert a0.note == ""
    assert b1.text == "Bob one."
    assert b1.note == (
        "the prompt differs from the one in lesson.jsonl: message 2 of 2 (user) is another"
    )
    noted = [e.id for e in journal.events if isinstance(e, TurnFinished) and e.note]
    assert sorted(noted) == ["a1", "b1", "c1"]


@virtual
async def test_a_strict_recording_fails_instead(tmp_path: Path) -> None:
    model = recorded(tmp_path / "lesson.jsonl", await events(trio()))
    strict = trio()
    roles = tuple(msgspec.structs.replace(one, params={"strict": True}) for one in strict.roles)
    strict = msgspec.structs.replace(strict, roles=roles)
    assert set(phases(await run(strict, 3, model)).values()) == {"done"}
    other = msgspec.structs.replace(strict, topic="Why do wasps sting?")
    session = await run(other, 3, model)
    assert phases(session) == {"a0": "failed"}
    assert "message 1 of 2 (system) is another" in session.turns["a0"].reason


@virtual
async def test_a_failure_that_was_recorded_for_another_prompt_says_both(tmp_path: Path) -> None:
    before = await events(cast(role("Alex")), FakeModel({"a0": [ModelError("down")]}), 0)
    other = cast(role("Alex"), topic="Why do wasps sting?")
    session = await run(other, 0, recorded(tmp_path / "log", before))
    assert session.turns["a0"].reason.startswith("down (the prompt differs")


@virtual
async def test_a_log_in_which_nobody_was_asked_is_no_recording(tmp_path: Path) -> None:
    env = environment(cast(role("Alex")), FakeModel())
    assert isinstance(env.journal, Kept)
    with pytest.raises(LogError, match="nobody was asked in it"):
        Recording(write_log(tmp_path / "log", map(encode, env.journal.events)))


@virtual
async def test_what_was_asked_is_what_the_log_can_tell_of_it(tmp_path: Path) -> None:
    """The recording's own prompts, made of its log, are those that were sent."""
    model = FakeModel()
    sent: dict[str, list[dict[str, str]]] = {}

    def noted(request: Request) -> list[Step]:
        sent[request.prompt.turn.id] = request.prompt.messages()
        return [f"line of {request.prompt.turn.id}"]

    model = FakeModel(otherwise=noted)
    happened = await events(trio(), model)
    session = Recording(write_log(tmp_path / "log", map(encode, happened))).session
    assert {id_: Prompt(session, turn).messages() for id_, turn in session.turns.items()} == sent


PATIENT = NamedModel(model="openai/fast", retry=Retry(3, base=2.0), fallbacks=("slow",))


def misbehaving(request: Request) -> list[Step]:
    """Fails in every way on the way to a reply."""
    what = share("fault", request.prompt.turn.id, request.attempt)
    if request.model.model == "openai/fast" and what < 0.7:
        passes = ModelError("rate limited", retryable=True, retry_after=9 * what)
        return [
            Chunk(reasoning="Hm."),
            0.5,
            "Half of ",
            1.0,
            passes if what > 0.2 else ValueError(),
        ]
    return [1.0, *what_it_heard(request), 0.5, "."]


@virtual
async def test_attempts_play_again_with_their_waits_and_their_ends(tmp_path: Path) -> None:
    names = ("Alex", "Bob", "Chalice")
    before = cast(
        *(Role(name=name, model="fast") for name in names),
        models={"fast": PATIENT, "slow": NamedModel(model="openai/slow")},
    )
    happened = await events(before, FakeModel(otherwise=misbehaving))
    session = fold(happened)
    kinds = {type(event) for event in happened}
    assert kinds >= {TurnRetried, TurnSwitched, TurnFailed, TurnFinished}

    again = cast(*(Role(name=name, model="recorded:lesson.jsonl") for name in names))
    played = fold(await events(again, recorded(tmp_path / "log", happened)))
    assert transcript(played) == transcript(session)
    assert phases(played) == phases(session)
    for id_, turn in session.turns.items():
        one = played.turns[id_]
        assert (one.attempt, one.discarded) == (turn.attempt, turn.discarded)
        assert one.ended == pytest.approx(turn.ended, abs=1e-4)
        if turn.phase == "failed":
            assert one.reason == turn.reason
        # Where a fallback took over, the recording is asked once more, at once.
        waits = {retry.attempt: retry.wait_s for retry in turn.retries}
        assert {retry.attempt: retry.wait_s for retry in one.retries if retry.wait_s} == waits


@virtual
async def test_a_log_that_ends_in_a_wait_plays_a_failure_and_no_endless_retry(
    tmp_path: Path,
) -> None:
    cut = tried_again()[:7]
    assert isinstance(cut[-1], TurnRetried)
    alone = cast(Role(name="Alex", model="recorded:lesson.jsonl"))
    session = await run(alone, 0, recorded(tmp_path / "log", cut))
    turn = session.turns["a0"]
    assert (turn.phase, turn.reason, turn.attempt) == ("failed", "rate limited", 1)
