"""Forking a session: what is shared, what is otherwise, and what never is touched."""

import asyncio
from pathlib import Path

import pytest

from brainstorm_agents.controller import Controller
from brainstorm_agents.errors import InputError, JournalError
from brainstorm_agents.events import (
    RoundStarted,
    TurnFinished,
    TurnStreamed,
    UserSpoke,
    checksum,
)
from brainstorm_agents.fork import plan
from brainstorm_agents.fork_log import write
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.parent import Changes
from brainstorm_agents.reader import Log, read
from brainstorm_agents.scenario import with_overrides
from brainstorm_agents.session import Phase, Session

from .casts import (
    SEED,
    TRACE,
    FakeModel,
    Kept,
    environment,
    fold,
    going_on,
    run,
    snapshot,
    trace,
    transcript,
    trio,
    virtual,
    write_log,
)


@virtual
async def _session() -> Kept:
    kept = Kept()
    await run(trio(latency=1), journal=kept)
    return kept


KEPT = _session()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path / "parent.jsonl", KEPT.lines())


def fork(
    log: Path,
    changes: Changes = Changes(),  # noqa: B008
    *,
    after_round: int | None = None,
    position: int | None = None,
    text: str = "",
    name: str = "fork.jsonl",
) -> Log:
    """The log of a fork."""
    planned = plan(log, changes, after_round=after_round, position=position)
    output = log.with_name(name)
    write(planned, output, text=text, version="1", started_at="2026-11-28T12:00:00+01:00")
    return read(output)


@virtual
async def finish(session: Session, rounds: int = 3) -> Session:
    """The session, gone on with to its end."""
    env = going_on(session)
    env.reopen("reopened")
    await Controller(env, rounds).run_to_end()
    return env.session


def test_a_fork_shares_all_up_to_the_end_of_a_round_and_nothing_after(log: Path) -> None:
    forked = fork(log, after_round=1)
    assert trace(forked.session()) == TRACE[:2]
    assert list(forked.lines)[1:] == KEPT.lines()[1 : len(forked.lines)]


def test_a_fork_names_its_parent_in_its_header(log: Path) -> None:
    parent = fork(log, after_round=1).header.parent
    assert parent is not None
    assert parent.log == "parent.jsonl"
    assert parent.header == checksum(KEPT.lines()[0])
    assert parent.round == 1
    assert KEPT.events[parent.seq + 1] == next(e for e in KEPT.of(RoundStarted) if e.round == 2)


def test_a_fork_at_the_end_goes_on_as_its_parent_does(log: Path) -> None:
    one, other = finish(fork(log).session(), 6), finish(read(log).session(), 6)
    assert trace(one) == trace(other)
    assert transcript(one) == transcript(other)
    assert len(one.rounds) == 7


@pytest.mark.parametrize("position", range(1, len(KEPT.events) + 1))
def test_a_fork_anywhere_finishes_as_its_parent_did(log: Path, position: int) -> None:
    forked = fork(log, position=position)
    assert len(forked.events) == position
    session = finish(forked.session())
    assert trace(session) == TRACE
    assert transcript(session) == transcript(read(log).session())


def test_the_parent_stays_as_it_is_even_while_it_is_written(log: Path, tmp_path: Path) -> None:
    file = LogFile.create(tmp_path / "running.jsonl")
    file.append(log.read_bytes() + b'{"type":"turn_str')
    before = file.path.read_bytes()
    assert len(fork(file.path).events) == len(KEPT.events)
    assert file.path.read_bytes() == before
    file.close()


# ------------------------------------------------------------------------------------- editing


def test_an_edited_message_says_something_else_and_what_heard_it_is_left_out(log: Path) -> None:
    forked = fork(log, Changes(edited="b1"), text="Never mind.")
    session = forked.session()
    assert trace(session) == TRACE[:2]
    said = {message.id: message for message in session.published}
    assert said["b1"].text == "Never mind."
    assert said["b1"].edited
    assert not said["c1"].edited


def test_the_pieces_of_an_edited_message_are_its_text_and_its_tokens_are_counted(log: Path) -> None:
    forked = fork(log, Changes(edited="b1"), text="Never mind.")
    pieces = [e for e in forked.events if isinstance(e, TurnStreamed) and e.id == "b1"]
    first = next(e for e in KEPT.of(TurnStreamed) if e.id == "b1")
    assert [(piece.text, piece.t) for piece in pieces] == [("Never mind.", first.t)]
    turn = forked.session().turns["b1"]
    assert turn.usage is not None
    assert (turn.usage.completion, turn.usage.counted) == (3, True)
    assert [event.seq for event in forked.events] == list(range(len(forked.events)))


def test_only_the_pieces_of_the_last_attempt_are_edited(tmp_path: Path) -> None:
    kept = Kept()

    @virtual
    async def play() -> None:
        model = FakeModel(otherwise=lambda request: ["one ", 1.0, "two"])
        env = environment(trio(), model, kept)
        step = asyncio.create_task(env.step())
        await asyncio.sleep(0.5)
        env.stop("stopped")
        await step
        await env.step()

    play()
    log = write_log(tmp_path / "parent.jsonl", kept.lines())
    turn = fork(log, Changes(edited="a0"), text="three").session().turns["a0"]
    assert (turn.attempt, turn.discarded, turn.text) == (2, "one ", "three")


def test_an_edited_topic_is_the_scenarios_too_and_nobody_has_heard_it(log: Path) -> None:
    forked = fork(log, Changes(edited="user"), text="Why do ants walk?")
    session = forked.session()
    assert session.topic == session.scenario.topic == "Why do ants walk?"
    assert session.rounds == []
    assert trace(finish(session)) == TRACE


def test_what_the_user_said_is_edited_before_the_round_that_hears_it(tmp_path: Path) -> None:
    kept = Kept()

    @virtual
    async def play() -> None:
        env = environment(trio(), journal=kept)
        await env.step()
        await env.step()
        env.say("Sing!", ["Bob"])
        await env.step()

    play()
    log = write_log(tmp_path / "parent.jsonl", kept.lines())
    forked = fork(log, Changes(edited="user2"), text="Whisper!")
    (said,) = [e for e in forked.events if isinstance(e, UserSpoke) and e.id == "user2"]
    assert (said.text, said.to, said.edited) == ("Whisper!", ("Bob",), True)
    assert trace(forked.session()) == TRACE[:2]


def test_an_edited_message_and_a_round_that_heard_it_are_refused(log: Path) -> None:
    with pytest.raises(InputError, match="--round 1 is the latest"):
        plan(log, Changes(edited="b1"), after_round=2)
    assert plan(log, Changes(edited="b1"), after_round=1).parent.round == 1
    assert plan(log, Changes(edited="b1"), position=len(KEPT.events)).parent.round == 1


# ------------------------------------------------------------------------------- other changes


def test_a_muted_role_takes_no_turns_and_hears_what_it_missed_when_it_does_again(log: Path) -> None:
    muted = finish(fork(log, Changes(muted=("Bob",)), after_round=1).session())
    assert trace(muted)[2:] == ["round 2: a1 <- b1 c1 | c2 <- b1", "round 3: a2 <- c2 | c3 <- a1"]
    assert not muted.is_under_way

    again = fork(log, Changes(muted=("Bob",)), name="muted.jsonl").path
    back = fork(again, Changes(unmuted=("Bob",)), name="back.jsonl")
    assert not back.session().roles["Bob"].muted
    assert back.header.parent is not None
    assert back.header.parent.log == "muted.jsonl"
    assert trace(finish(back.session(), 4))[4] == "round 4: a3 <- b3 c3 | b4 <- a2 c3 | c4 <- a2 b3"


def test_a_role_muted_in_an_open_round_does_not_keep_it_open(log: Path) -> None:
    said = next(e for e in KEPT.of(TurnFinished) if e.id in ("b1", "c1"))
    forked = fork(log, Changes(muted=("Bob", "Chalice")), position=said.seq + 1).session()
    assert forked.open_round is not None
    session = finish(forked)
    assert session.open_round is None
    assert [turn.phase for turn in session.rounds[1].turns].count(Phase.CANCELLED) == 1


def test_model_params_and_seed_are_the_forks_own(log: Path) -> None:
    changes = Changes(params={"latency": 3.0}, seed=8)
    header = fork(log, changes).header
    assert header.seed == 8
    assert {role.params["latency"] for role in header.scenario.roles} == {3.0}
    assert header.parent is not None
    assert header.parent.changes == changes
    other = fork(log, Changes(model="openai/x"), name="b.jsonl").header
    assert {(role.model, len(role.params)) for role in other.scenario.roles} == {("openai/x", 0)}
    assert fork(log, name="c.jsonl").header.seed == SEED


# ---------------------------------------------------------------------------------- wrong input


@pytest.mark.parametrize(
    ("changes", "after_round", "message"),
    [
        (Changes(), 9, "the last round that is finished in this log is 3"),
        (Changes(edited="b9"), None, "no such message"),
        (Changes(edited="c2"), 1, "no such message"),
        (Changes(muted=("Bop",)), None, "did you mean 'Bob'"),
        (Changes(unmuted=("Bob",)), None, "is not muted"),
        (Changes(params={"x": 1}), None, "unknown param"),
    ],
)
def test_what_does_not_fit_the_log_is_refused_and_nothing_is_left_behind(
    log: Path, changes: Changes, after_round: int | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fork(log, changes, after_round=after_round)
    assert list(log.parent.iterdir()) == [log]


def test_an_empty_text_and_a_file_that_is_there_are_refused(log: Path) -> None:
    with pytest.raises(InputError, match="is empty"):
        fork(log, Changes(edited="b1"), text=" ")
    with pytest.raises(InputError, match="exists already"):
        fork(log, name="parent.jsonl")
    assert [path.read_bytes() for path in log.parent.iterdir()] == [
        b"".join(line + b"\n" for line in KEPT.lines())
    ]


def test_where_there_is_no_room_no_half_fork_is_left(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: LogFile, lines: bytes) -> None:
        raise JournalError("the disk is full")

    monkeypatch.setattr(LogFile, "append", fail)
    with pytest.raises(JournalError):
        fork(log)
    assert list(log.parent.iterdir()) == [log]


def test_the_fold_of_a_log_with_muted_roles_is_the_live_session() -> None:
    kept = Kept()

    @virtual
    async def play() -> Session:
        env = environment(trio(), journal=kept)
        env.mute("Bob")
        await env.step()
        env.mute("Bob", muted=False)
        await env.step()
        return env.session

    live = play()
    assert snapshot(fold(kept.events)) == snapshot(live)


@virtual
async def _eager() -> Kept:
    own = {"Alex": {"latency": 2.0}, "Bob": {"latency": 1.0}, "Chalice": {"latency": 3.0}}
    kept = Kept()
    await run(with_overrides(trio(own), schedule="eager"), rounds=2, journal=kept)
    return kept


def test_of_an_eager_round_a_fork_shares_what_did_not_hear_the_edited_message(
    tmp_path: Path,
) -> None:
    log = write_log(tmp_path / "eager.jsonl", _eager().lines())
    session = fork(log, Changes(edited="b1"), text="Other words.").session()
    assert list(session.turns) == ["a0", "b1", "c1"], "a1 heard b1, and c1 did not"
    whole = finish(session, 1)
    assert trace(whole)[1] == "round 1: b1 <- a0 | c1 <- a0 | a1 <- b1"
    assert whole.messages_of(whole.turns["a1"].observed)[0].text == "Other words."
