"""The session as one document."""

import json
from collections.abc import Callable
from typing import Any

from brainstorm_agents.reader import Log
from brainstorm_tui.exports.json import export


def document(log: Log) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(export(log)))
    return found


def test_the_messages_are_those_that_were_published(logs: Callable[[str], Log]) -> None:
    log = logs("mixed")
    messages = document(log)["messages"]
    assert [(said["id"], said["role"], said["text"], said["to"]) for said in messages] == [
        (message.id, message.sender, message.text, []) for message in log.session().published
    ]


def test_a_message_tells_what_it_observed_its_times_and_its_usage(
    logs: Callable[[str], Log],
) -> None:
    messages = {said["id"]: said for said in document(logs("mixed"))["messages"]}
    assert messages["b3"]["observed"] == ["a1", "c2"]
    assert messages["b3"]["usage"]["completion"] > 0
    phases = [phase["phase"] for phase in messages["b3"]["times"]["phases"]]
    assert phases == ["queued", "thinking", "speaking"]
    assert "observed" not in messages["user"]


def test_a_failed_turn_is_there_with_its_reason(logs: Callable[[str], Log]) -> None:
    turns = document(logs("failing"))["turns"]
    failed = [turn for turn in turns if turn["state"] == "failed"]
    assert failed
    assert all(turn["reason"] for turn in failed)


def test_what_was_not_published_is_with_its_turn(logs: Callable[[str], Log]) -> None:
    log = logs("stopped")
    turns = log.session().turns
    for told in document(log)["turns"]:
        turn = turns[told["id"]]
        assert told["text"] == (None if turn.id in turn.round.published else turn.text)


def test_it_tells_the_cast_the_seed_and_why_it_ended(logs: Callable[[str], Log]) -> None:
    told = document(logs("mixed"))
    assert told["topic"] == "Why do bees dance?"
    assert told["seed"] == 7
    assert [role["name"] for role in told["roles"]] == ["Alex", "Bob", "Chalice"]
    assert [round_["published"] for round_ in told["rounds"]][:2] == [["a0"], ["b1", "c1"]]
    assert told["ended"]["state"] == "ended"
    assert told["ended"]["words"] == "all rounds are done"


def test_a_log_that_was_cut_off_is_open(logs: Callable[[str], Log]) -> None:
    assert document(logs("opened"))["ended"]["state"] == "open"
