"""Logs of every format that there ever was: they read, and say what they said."""

import json
import zlib
from pathlib import Path
from typing import Any, get_args

import pytest

from brainstorm_agents import events, upgrade
from brainstorm_agents.bill import Bill
from brainstorm_agents.cast import Budget
from brainstorm_agents.events import FORMAT, AnyEvent, encode
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.reader import read

from .casts import trace, transcript, write_log

GOLDEN = Path(__file__).with_name("golden")


def golden(number: int) -> Path:
    return GOLDEN / f"format-{number}.jsonl"


def newest() -> list[Path]:
    """The logs of the newest format: the first one, and those of what came into it later."""
    return sorted(GOLDEN.glob(f"format-{FORMAT}*.jsonl"))


def test_of_every_format_there_is_a_log_and_of_every_older_one_a_step() -> None:
    assert all(golden(number).exists() for number in range(1, FORMAT + 1))
    assert set(upgrade.STEPS) == set(range(1, FORMAT))


def test_every_event_of_today_is_in_a_log_that_is_kept() -> None:
    """What came into a format later has a log of its own: `format-1-eager.jsonl`."""
    kept = {type(event) for path in newest() for event in read(path).events}
    assert kept == set(get_args(AnyEvent))


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_a_log_of_any_format_says_what_it_said(number: int) -> None:
    log = read(golden(number))
    assert log.header.format == number
    session = log.session()
    assert transcript(session) == [
        ("user", "user", "Why do bees dance?"),
        ("a0", "Alex", "To draw a map: “süß 蜜” \u202e!"),
        ("user2", "user", "And you, Bob?"),
        ("b1", "Bob", "It tells how far."),
        ("a1", "Alex", "And the sun?"),
    ]
    turns = {id_: (str(turn.phase), turn.reason) for id_, turn in session.turns.items()}
    assert turns == {
        "a0": ("done", ""),
        "b1": ("done", ""),
        "a1": ("done", ""),
        "b2": ("failed", "the provider is down"),
    }
    assert (session.ended, session.t, session.elapsed(99), session.busy(99)) == (
        "rounds",
        9.5,
        pytest.approx(7.5),
        pytest.approx(8.0),
    )


@pytest.mark.parametrize("path", newest(), ids=lambda path: path.stem)
def test_the_newest_of_them_are_what_is_written_today(path: Path) -> None:
    log = read(path)
    assert [encode(event) for event in log.events] == list(log.lines)


def test_an_older_log_is_upgraded_in_memory_step_by_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def from_zero(event: dict[str, Any]) -> dict[str, Any]:
        return event | {"t": event.pop("time")}

    def from_one(event: dict[str, Any]) -> dict[str, Any]:
        return event | {"t": event["t"] / 1000}

    # As if format 2 counted in seconds, format 1 in milliseconds, and called that `time` before.
    monkeypatch.setattr(events, "FORMAT", 3)
    monkeypatch.setattr(upgrade, "STEPS", {1: from_zero, 2: from_one})
    old = [_older(line) for line in read_lines(golden(1))]
    path = write_log(tmp_path / "old.jsonl", old)
    assert [event.t for event in read(path).events][-1] == 9.5
    assert path.read_bytes().splitlines() == old


def read_lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def _older(line: bytes) -> bytes:
    event = json.loads(line)
    del event["crc"]
    event["time"] = event.pop("t") * 1000
    body = json.dumps(event, separators=(",", ":"))[:-1].encode()
    return b'%s,"crc":"%08x"}' % (body, zlib.crc32(body))


def test_the_log_with_ideas_says_what_is_kept_and_what_was_noted() -> None:
    session = read(GOLDEN / "format-1-ideas.jsonl").session()
    assert list(session.ideas) == ["a0"]
    assert session.turns["a0"].note.startswith("the prompt differs")


def test_the_log_with_calls_says_what_was_tried_and_who_took_over() -> None:
    session = read(GOLDEN / "format-1-calls.jsonl").session()
    alex = session.turns["a0"]
    assert [(one.attempt, one.of, one.wait_s) for one in alex.retries] == [(1, 2, 4.0)]
    assert [(one.model, one.reason[:28]) for one in alex.switches] == [
        ("slow", "openai/fast: not found (404)")
    ]
    assert (alex.text, alex.discarded, alex.model) == ("To tell how far.", "To da", "slow")
    assert [str(phase) for _, phase in alex.marks] == [
        *("queued", "thinking", "speaking", "retrying", "queued", "thinking", "queued"),
        *("thinking", "speaking", "done"),
    ]
    assert session.scenario.model("fast").fallbacks == ("slow",)


def test_the_log_with_schedules_says_how_each_round_ran_and_what_was_heard_in_it() -> None:
    session = read(GOLDEN / "format-1-schedules.jsonl").session()
    assert [round_.schedule for round_ in session.rounds] == ["sequential", "eager", "simultaneous"]
    assert trace(session)[1] == "round 1: b1 <- a0 | c1 <- a0 | a1 <- b1"
    assert session.rounds[1].published == ("b1", "a1", "c1")


def test_the_log_about_one_role_says_who_was_taken_over_skipped_and_asked_again() -> None:
    session = read(GOLDEN / "format-1-one-role.jsonl").session()
    assert [id_ for id_, turn in session.turns.items() if turn.is_by_user] == ["c1", "a1"]
    assert (session.turns["b1"].attempt, str(session.turns["b1"].phase)) == (2, "done")
    assert session.turns["c2"].reason == "skipped"
    fault = session.turns["b2"].fault
    assert fault is not None
    assert (fault.kind, session.turns["b2"].reason) == (
        "fails",
        "mock: it failed, as a fault asked it to",
    )
    assert (session.failed, session.lines, session.faults) == (1, {}, {})


def test_the_log_with_money_says_what_every_attempt_has_used_and_at_which_price() -> None:
    session = read(GOLDEN / "format-1-money.jsonl").session()
    assert {name: state.bill for name, state in session.roles.items()} == {
        "Alex": Bill(900, 4, is_counted=True, usd=pytest.approx(600e-6 + 4e-6 + 3040e-6)),
        "Bob": Bill(400, 100, usd=pytest.approx(120e-6)),
        "Cleo": Bill(400, 10, is_counted=True, is_partial=True),
        "Dan": Bill(0, 3, is_counted=True),
    }
    assert session.bill.tokens == 904 + 500 + 410 + 3
    assert session.bill.is_partial
    assert session.rounds[0].bill == session.bill
    assert session.described["fast"].window == 8192
    assert (session.scenario.budget, session.budget) == (
        Budget(usd=0.01),
        Budget(usd=1.5, tokens=50_000),
    )


def test_the_log_with_a_memory_says_what_each_prompt_left_out() -> None:
    session = read(GOLDEN / "format-1-memory.jsonl").session()
    turn = session.turns["b2"]
    assert turn.left_out == (2, 0)
    sent = "\n".join(message["content"] for message in Prompt(session, turn).messages())
    assert ("Alex two." in sent, "Cleo two." in sent, "Bob one." in sent) == (True, True, False)
    assert session.scenario.role("Bob").memory.tokens == 190
