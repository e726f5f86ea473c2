"""A session is the fold of its events: what it measures, and what it refuses."""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents.errors import ModelError, UnfitEvent
from brainstorm_agents.events import (
    Event,
    RoundFinished,
    RoundStarted,
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    TurnAsked,
    TurnCancelled,
    TurnFailed,
    TurnFinished,
    TurnRetried,
    TurnStarted,
    TurnStreamed,
    Usage,
    UserSpoke,
    decode,
    decode_header,
)
from brainstorm_agents.models import Chunk
from brainstorm_agents.session import Phase, Session

from .casts import (
    FakeModel,
    Kept,
    cast,
    environment,
    fold,
    role,
    run,
    snapshot,
    trio,
    virtual,
)

PAIR = cast(role("Alex"), role("Bob"))


def told(*happenings: tuple[float, type[Event], dict[str, Any]]) -> Session:
    """The session of these happenings, each with its second, after the header and the topic."""
    header = SessionStarted(0, 0.0, format=1, version="0", scenario=PAIR, seed=1, started_at="now")
    session = fold([header, UserSpoke(1, 0.0, id="user", text="Bees?")])
    for t, kind, fields in happenings:
        session.apply(kind(session.seq + 1, t, **fields))
    return session


def turn(kind: type[Event], t: float, id_: str, **fields: Any) -> tuple[float, type[Event], Any]:
    """Something that happens to a turn of Alex or of Bob."""
    return t, kind, {"id": id_, "role": "Alex" if id_[0] == "a" else "Bob", **fields}


def round_(t: float = 0.0) -> tuple[float, type[Event], Any]:
    return t, RoundStarted, {"round": 0, "schedule": "simultaneous"}


def finished_round(t: float, *published: str) -> tuple[float, type[Event], Any]:
    return t, RoundFinished, {"round": 0, "schedule": "simultaneous", "published": published}


def started(t: float, id_: str) -> tuple[float, type[Event], Any]:
    return turn(TurnStarted, t, id_, round=0, observed=((0, 1),))


def asked(t: float, id_: str, attempt: int = 1) -> tuple[float, type[Event], Any]:
    return turn(TurnAsked, t, id_, attempt=attempt, model="mock")


def streamed(t: float, id_: str, text: str) -> tuple[float, type[Event], Any]:
    return turn(TurnStreamed, t, id_, text=text)


def finished(t: float, id_: str, text: str, tokens: int = 3) -> tuple[float, type[Event], Any]:
    times = {"queued_s": 0.0, "thinking_s": 0.0, "speaking_s": 0.0}
    return turn(TurnFinished, t, id_, text=text, usage=Usage(9, tokens), **times)


def cancelled(t: float, id_: str) -> tuple[float, type[Event], Any]:
    return turn(TurnCancelled, t, id_, reason="stopped")


# ------------------------------------------------------------------------------------------ times


def test_time_in_calls_adds_up_and_time_in_the_queue_does_not_count() -> None:
    session = told(
        round_(),
        *(started(0, "a0"), started(0, "b0")),
        *(asked(0, "a0"), streamed(1, "a0", "Bees "), finished(3, "a0", "Bees dance.")),
        *(asked(3, "b0"), streamed(4, "b0", "So "), finished(5, "b0", "So they do.")),
        finished_round(5, "a0", "b0"),
    )
    assert session.elapsed(100) == 5
    assert session.busy(100) == 5
    assert session.turns["b0"].spent(100) == 2
    assert session.turns["b0"].spent(100, frozenset({Phase.QUEUED})) == 3
    assert list(session.turns["b0"].stretches(100)) == [
        (Phase.QUEUED, 0, 3),
        (Phase.THINKING, 3, 4),
        (Phase.SPEAKING, 4, 5),
    ]


def test_while_turns_are_under_way_time_goes_on() -> None:
    session = told(round_(), started(1, "a0"), started(1, "b0"), asked(1, "a0"), asked(2, "b0"))
    assert session.is_under_way
    assert session.elapsed(6) == 5
    assert session.busy(6) == 5 + 4
    assert list(session.turns["a0"].stretches(6))[-1] == (Phase.THINKING, 1, 6)


def test_the_pause_between_a_stop_and_the_next_step_is_left_out() -> None:
    session = told(
        round_(),
        *(started(0, "a0"), asked(0, "a0"), streamed(1, "a0", "Be"), cancelled(2, "a0")),
        *(started(10, "a0"), asked(11, "a0", 2), streamed(12, "a0", "Bees.")),
    )
    assert session.elapsed(12) == 2 + 2
    assert session.busy(12) == 2 + 1
    assert session.elapsed(5) == 2
    assert session.under_way.time(3) == 11
    session.apply(TurnFailed(session.seq + 1, 14, id="a0", role="Alex", reason="x"))
    assert session.elapsed(99) == 2 + 4
    assert session.busy(99) == 2 + 3
    assert session.under_way.time(99) == 14
    assert list(session.turns["a0"].stretches(99)) == [
        (Phase.QUEUED, 0, 0),
        (Phase.THINKING, 0, 1),
        (Phase.SPEAKING, 1, 2),
        (Phase.QUEUED, 10, 11),
        (Phase.THINKING, 11, 12),
        (Phase.SPEAKING, 12, 14),
    ]


def test_a_turn_knows_when_it_started_and_ended() -> None:
    session = told(round_(), started(1, "a0"), asked(2, "a0"))
    a0 = session.turns["a0"]
    assert (a0.started, a0.ended, a0.since(Phase.SPEAKING)) == (1, None, None)
    session.apply(TurnFailed(session.seq + 1, 3, id="a0", role="Alex", reason="x"))
    assert (a0.ended, a0.since(Phase.THINKING)) == (3, 2)


@virtual
async def test_the_times_of_the_phases_are_logged() -> None:
    kept = Kept()
    model = FakeModel({"a0": [2.0, "one", 3.0, " two"], "b0": [1.0, "x"]})
    await run(cast(role("Alex"), role("Bob"), max_concurrency=1), 0, model, kept)
    times = [(e.queued_s, e.thinking_s, e.speaking_s) for e in kept.of(TurnFinished)]
    assert times == [(0, 2, 3), (5, 1, 0)]


# ------------------------------------------------------------------------------------------- text


def test_the_pieces_since_the_last_call_joined_are_the_text() -> None:
    session = told(
        round_(),
        *(started(0, "a0"), asked(0, "a0"), streamed(1, "a0", "Bee"), cancelled(2, "a0")),
        *(started(3, "a0"), asked(3, "a0", 2), streamed(4, "a0", "Wa"), streamed(5, "a0", "sps.")),
    )
    a0 = session.turns["a0"]
    assert (a0.text, a0.discarded, a0.attempt) == ("Wasps.", "Bee", 2)


def test_tokens_are_estimated_until_the_provider_counts_them() -> None:
    session = told(round_(), started(0, "a0"), asked(0, "a0"), streamed(1, "a0", "bees dance, 学!"))
    a0 = session.turns["a0"]
    assert a0.tokens == 5
    session.apply(
        TurnFinished(
            session.seq + 1,
            2,
            id="a0",
            role="Alex",
            text="bees dance, 学!",
            usage=Usage(10, 42),
            queued_s=0,
            thinking_s=1,
            speaking_s=1,
        )
    )
    assert a0.tokens == 42


def test_a_sessions_tokens_and_failures_are_those_of_all_its_turns() -> None:
    session = told(
        round_(),
        *(started(0, "a0"), asked(0, "a0"), finished(1, "a0", "Bees.", tokens=5)),
        *(started(0, "b0"), asked(0, "b0"), streamed(1, "b0", "Half a "), cancelled(2, "b0")),
    )
    assert (session.tokens, session.failed) == (7, 0)
    for t, kind, fields in (started(3, "b0"), asked(3, "b0"), streamed(4, "b0", "Now")):
        session.apply(kind(session.seq + 1, t, **fields))
    assert session.tokens == 6
    session.apply(TurnFailed(session.seq + 1, 5, id="b0", role="Bob", reason="x"))
    assert (session.tokens, session.failed) == (6, 1)


def test_pieces_are_weighed_like_the_whole() -> None:
    pieces = ["a", "bb", "c", "dddd", "学", "e"]
    session = told(round_(), started(0, "a0"), asked(0, "a0"))
    for piece in pieces:
        session.apply(TurnStreamed(session.seq + 1, 1, id="a0", role="Alex", text=piece))
    assert session.turns["a0"].tokens == 4
    assert sum(session.turns["a0"].wave_tokens) == 3.25
    assert list(session.turns["a0"].wave_times) == [1.0] * len(pieces)


def test_reasoning_is_kept_apart_and_is_not_speaking() -> None:
    session = told(
        round_(),
        *(started(0, "a0"), asked(0, "a0"), turn(TurnStreamed, 1, "a0", reasoning="Hm.")),
    )
    a0 = session.turns["a0"]
    assert (a0.reasoning, a0.text, a0.phase, a0.tokens) == ("Hm.", "", Phase.THINKING, 0)


def test_a_retry_waits_for_its_next_call_and_is_counted_as_time_in_the_call() -> None:
    session = told(
        round_(),
        *(started(0, "a0"), asked(0, "a0"), streamed(1, "a0", "Half")),
        turn(TurnRetried, 2, "a0", attempt=1, reason="rate limit", wait_s=3.0),
    )
    a0 = session.turns["a0"]
    assert (a0.phase, a0.reason) == (Phase.RETRYING, "rate limit")
    session.apply(TurnAsked(session.seq + 1, 5, id="a0", role="Alex", attempt=2, model="mock"))
    assert (a0.phase, a0.text, a0.discarded) == (Phase.THINKING, "", "Half")
    assert [retry.wait_s for retry in a0.retries] == [3.0]
    assert a0.spent(6) == 6


def test_revisions_tell_whose_turn_has_changed() -> None:
    session = told(round_(), started(0, "a0"), started(0, "b0"), asked(0, "a0"), asked(0, "b0"))
    alex, bob = session.roles["Alex"].revision, session.roles["Bob"].revision
    session.apply(TurnStreamed(session.seq + 1, 1, id="a0", role="Alex", text="x"))
    assert session.roles["Alex"].revision > alex
    assert session.roles["Bob"].revision == bob


def test_why_a_session_stands_still_is_known_until_it_goes_on() -> None:
    session = told((1, SessionPaused, {"reason": "user"}))
    assert session.paused == "user"
    session.apply(SessionResumed(session.seq + 1, 2, reason="user"))
    assert session.paused is None
    session.apply(SessionEnded(session.seq + 1, 3, reason="rounds"))
    assert (session.paused, session.ended) == (None, "rounds")
    session.apply(SessionResumed(session.seq + 1, 4, reason="user"))
    assert session.ended is None


# ----------------------------------------------------------------------------------------- unfit

ALEX_IS_UNDER_WAY = (round_(), started(0, "a0"), asked(0, "a0"))
ALEX_IS_DONE = (*ALEX_IS_UNDER_WAY, finished(1, "a0", "Bees."))
ALEX_HAS_FAILED = (*ALEX_IS_UNDER_WAY, turn(TurnFailed, 1, "a0", reason="x"))
ALEX_IS_CANCELLED = (*ALEX_IS_UNDER_WAY, cancelled(1, "a0"))
header_again = {"format": 1, "version": "0", "scenario": PAIR, "seed": 1, "started_at": "now"}


@pytest.mark.parametrize(
    ("before", "unfit"),
    [
        ((), (0, SessionStarted, header_again)),
        ((), started(0, "a0")),
        ((), finished_round(0)),
        ((), (0, RoundStarted, {"round": 1, "schedule": "simultaneous"})),
        ((round_(),), round_()),
        ((round_(),), turn(TurnStarted, 0, "a0", round=1)),
        ((round_(),), (0, TurnStarted, {"id": "z0", "role": "Zoe", "round": 0})),
        ((round_(),), asked(0, "a0")),
        ((round_(),), streamed(0, "a0", "x")),
        ((round_(),), finished(0, "a0", "x")),
        ((round_(),), cancelled(0, "a0")),
        (ALEX_IS_UNDER_WAY, started(1, "a0")),
        (ALEX_IS_UNDER_WAY, finished_round(1)),
        (ALEX_IS_CANCELLED, finished_round(2)),
        (ALEX_IS_CANCELLED, streamed(2, "a0", "x")),
        (ALEX_IS_CANCELLED, asked(2, "a0")),
        (ALEX_IS_CANCELLED, cancelled(2, "a0")),
        (ALEX_IS_DONE, started(2, "a0")),
        (ALEX_IS_DONE, asked(2, "a0")),
        (ALEX_IS_DONE, streamed(2, "a0", "x")),
        (ALEX_IS_DONE, finished(2, "a0", "x")),
        (ALEX_IS_DONE, turn(TurnFailed, 2, "a0", reason="x")),
        (ALEX_IS_DONE, turn(TurnRetried, 2, "a0", attempt=1, reason="x", wait_s=1.0)),
        (ALEX_IS_DONE, finished_round(2, "a0", "a0")),
        (ALEX_IS_DONE, finished_round(2, "b0")),
        (ALEX_HAS_FAILED, started(2, "a0")),
        (ALEX_HAS_FAILED, finished_round(2, "a0")),
    ],
)
def test_an_event_that_cannot_follow_is_refused_and_leaves_no_trace(
    before: tuple[Any, ...], unfit: Any
) -> None:
    session = told(*before)
    as_it_was = snapshot(session)
    t, kind, fields = unfit
    with pytest.raises(UnfitEvent):
        session.apply(kind(session.seq + 1, t, **fields))
    assert snapshot(session) == as_it_was


@pytest.mark.parametrize("seq", [0, 1, 3, -1])
def test_a_gap_or_a_repetition_in_the_numbers_is_refused(seq: int) -> None:
    with pytest.raises(UnfitEvent):
        told().apply(SessionPaused(seq, 1, reason="user"))


def test_nothing_comes_before_the_header() -> None:
    with pytest.raises(UnfitEvent):
        Session().apply(UserSpoke(0, 0, id="user", text="Bees?"))


def test_a_session_that_has_not_begun_has_no_scenario() -> None:
    with pytest.raises(UnfitEvent):
        _ = Session().scenario


# ------------------------------------------------------------------------------------ properties


@virtual
async def _a_session(how: int) -> Kept:
    """A session with a bit of everything, differently by `how`."""
    kept = Kept()
    model = FakeModel(
        {
            "b1": ["Half a ", 1.0, "sentence."],
            "c1": [Chunk(reasoning="Hm."), 0.01, "Süß", 0.5, "e 学.", Chunk(usage=Usage(5, 6))],
            "b2": [0.5, ModelError("it broke")],
        }
    )
    env = environment(trio(), model, kept)
    for number in range(4):
        step = asyncio.create_task(env.step())
        await asyncio.sleep(0.005)
        if number == how % 4:
            env.say("Between.", to=["Bob"] if how % 2 else [])
        await asyncio.sleep(how / 100)
        env.stop("stopped", only="c1" if how % 3 else None)
        await step
    env.pause("user")
    env.resume("user")
    env.end("rounds")
    assert snapshot(env.session) == snapshot(fold(kept.events))
    return kept


@given(st.integers(0, 200))
@settings(max_examples=40, deadline=None)
def test_the_fold_of_a_log_is_the_session_that_wrote_it(how: int) -> None:
    kept = _a_session(how)
    header, *lines = kept.lines()
    read: list[Event] = [decode_header(header, "log")]
    read += [decode(line, "log", number) for number, line in enumerate(lines, 2)]
    assert read == kept.events
    assert snapshot(fold(read)) == snapshot(fold(kept.events))


@given(st.integers(0, 200), st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_order_events_come_in_they_fit_or_are_refused(
    how: int, data: st.DataObject
) -> None:
    events = _a_session(how).events
    places = st.lists(st.integers(0, len(events) - 1), max_size=12)
    start = data.draw(st.integers(0, len(events)), label="events in order")
    session = fold(events[:start])
    for place in data.draw(places, label="then these"):
        as_it_was = snapshot(session)
        event = msgspec.structs.replace(events[place], seq=session.seq + 1, t=session.t + 1)
        try:
            session.apply(event)
        except UnfitEvent:
            assert snapshot(session) == as_it_was
