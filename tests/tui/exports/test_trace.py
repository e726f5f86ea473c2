"""The trace, against the rules of the format."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from brainstorm_agents.reader import Log
from brainstorm_tui.exports.trace import export


def events(log: Log) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads("".join(export(log)))["traceEvents"]
    return found


def test_every_event_is_complete(log: Log) -> None:
    for event in events(log):
        assert event["ph"] in ("X", "M", "i")
        assert isinstance(event["name"], str)
        assert type(event["pid"]) is int
        assert type(event["tid"]) is int
        if event["ph"] == "X":
            assert type(event["ts"]) is int
            assert type(event["dur"]) is int
            assert event["ts"] >= 0
            assert event["dur"] >= 0


def test_no_slices_of_a_track_overlap(log: Log) -> None:
    ends: dict[int, int] = defaultdict(int)
    for event in events(log):
        if event["ph"] == "X":
            assert event["ts"] >= ends[event["tid"]]
            ends[event["tid"]] = event["ts"] + event["dur"]


def test_every_role_has_a_track_and_so_have_the_rounds(logs: Callable[[str], Log]) -> None:
    names = {
        event["tid"]: event["args"]["name"]
        for event in events(logs("mixed"))
        if event["name"] == "thread_name"
    }
    assert names == {0: "rounds", 1: "Alex", 2: "Bob", 3: "Chalice"}


def test_a_slice_tells_what_its_turn_observed(logs: Callable[[str], Log]) -> None:
    seen = {
        event["args"]["id"]: event["args"]["observed"]
        for event in events(logs("mixed"))
        if event.get("cat") == "speaking"
    }
    assert seen["a2"] == ["b2", "c2"]
    assert seen["b3"] == ["a1", "c2"]


def test_the_slices_of_a_turn_are_its_phases(logs: Callable[[str], Log]) -> None:
    slices = [
        (event["cat"], event["ts"], event["dur"])
        for event in events(logs("mixed"))
        if event["ph"] == "X" and event["args"].get("id") == "c1"
    ]
    turn = logs("mixed").session().turns["c1"]
    assert slices == [
        (str(phase), round(start * 1e6), round(end * 1e6) - round(start * 1e6))
        for phase, start, end in turn.stretches(0)
    ]


def test_what_was_stopped_is_marked(logs: Callable[[str], Log]) -> None:
    marks = [event["name"] for event in events(logs("stopped")) if event["ph"] == "i"]
    assert marks
    assert all("stopped: " in mark for mark in marks)
