"""Faults: what goes wrong because somebody asked for it, and what it looks like then."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from brainstorm_agents import scenario as scenarios
from brainstorm_agents.cast import Scenario
from brainstorm_agents.controller import Controller
from brainstorm_agents.errors import ScenarioError
from brainstorm_agents.events import FaultSet, TurnRetried
from brainstorm_agents.fault import Fault, FaultKind
from brainstorm_agents.models import faulty
from brainstorm_agents.named_model import NamedModel, Timeouts
from brainstorm_agents.session import Session

from .casts import FakeModel, Kept, cast, environment, fold, phases, role, run, snapshot, virtual

LONG = "A reply of more than forty characters, so that there is something left to cut off."


def scenario(*faults: Fault, named: NamedModel | None = None) -> Scenario:
    """Alex and Bob say something long in a second; Alex opens."""
    model = {"model": "m"} if named else {}
    roles = [
        msgspec.structs.replace(role(name, script=[LONG], latency=1), **model)
        for name in ("Alex", "Bob")
    ]
    models = {"m": named} if named else {}
    return cast(*roles, opener="Alex", models=models, faults=faults)


async def with_fault(
    kind: FaultKind, named: NamedModel | None = None, seconds: float | None = None
) -> tuple[Session, Kept]:
    """A session of one round in which something goes wrong with Bob's first turn."""
    kept = Kept()
    fault = Fault(role="Bob", kind=kind, turn=1, seconds=seconds)
    session = await run(scenario(fault, named=named), 1, journal=kept)
    assert snapshot(fold(kept.events)) == snapshot(session)
    return session, kept


def said(session: Session) -> Sequence[str]:
    return [message.id for message in session.published]


@virtual
async def test_a_turn_that_fails_fails_and_the_others_do_not() -> None:
    session, _ = await with_fault("fails")
    assert phases(session) == {"a0": "done", "b1": "failed"}
    assert session.turns["b1"].reason == "mock: it failed, as a fault asked it to"


@virtual
async def test_a_slow_turn_says_the_same_later_and_says_why() -> None:
    session, _ = await with_fault("slow", seconds=20)
    turn = session.turns["b1"]
    assert (turn.text, turn.spent(session.t)) == (LONG, pytest.approx(21))
    assert turn.note == "it came 20 s late, as a fault asked it to"


@virtual
async def test_a_rate_limited_turn_is_tried_again_until_it_is_let_through() -> None:
    session, kept = await with_fault("rate_limited")
    assert session.turns["b1"].text == LONG
    assert len(kept.of(TurnRetried)) == faulty.RATE_LIMITED_ATTEMPTS


@virtual
async def test_a_server_may_say_how_long_to_wait() -> None:
    _, kept = await with_fault("rate_limited", seconds=7)
    assert [event.wait_s for event in kept.of(TurnRetried)] == [7, 7]


@virtual
async def test_a_reply_that_is_cut_off_is_discarded_and_comes_again() -> None:
    session, kept = await with_fault("cut_off")
    turn = session.turns["b1"]
    assert len(turn.discarded) == faulty.SAID
    assert (turn.text, len(kept.of(TurnRetried))) == (LONG, 1)


@virtual
async def test_a_stall_ends_at_the_limit_and_is_tried_again() -> None:
    named = NamedModel(model="mock", timeouts=Timeouts(first_token=5, gap=5, turn=60))
    session, kept = await with_fault("stalls", named)
    assert session.turns["b1"].text == LONG
    assert len(kept.of(TurnRetried)) == 1


@virtual
async def test_a_stall_of_a_model_without_limits_ends_all_the_same() -> None:
    session, kept = await with_fault("stalls")
    assert session.turns["b1"].text == LONG
    assert "no more came for 30 s; its limit is gap" in kept.of(TurnRetried)[0].reason


@virtual
async def test_a_stall_may_last_until_somebody_stops_it() -> None:
    named = NamedModel(model="mock", timeouts=Timeouts(gap=7200, turn=7200))
    env = environment(scenario(Fault(role="Bob", kind="stalls"), named=named))
    await env.step()
    step = asyncio.create_task(env.step())
    await asyncio.sleep(3600)
    assert len(env.session.turns["b1"].text) == faulty.SAID
    env.stop("stopped")
    await step
    await env.step()
    assert env.session.turns["b1"].text == LONG


@virtual
async def test_what_is_broken_off_is_closed() -> None:
    model = FakeModel(otherwise=lambda request: [LONG, 1.0, LONG])
    env = environment(scenario(Fault(role="Alex", kind="cut_off", turn=0)), model)
    await env.step()
    assert model.left == ["a0", "a0"]


@virtual
async def test_a_fault_is_for_the_next_turn_only_and_can_be_taken_back() -> None:
    kept = Kept()
    env = environment(scenario(), journal=kept)
    env.set_fault("Bob", "fails")
    env.set_fault("Alex", "fails")
    env.set_fault("Alex", None)
    controller = Controller(env, 2)
    await controller.run_to_end()
    assert phases(env.session)["a0"] == "done"
    assert phases(env.session)["b1"] == "failed"
    assert env.session.faults == {}
    assert [(event.role, event.kind) for event in kept.of(FaultSet)] == [
        ("Bob", "fails"),
        ("Alex", "fails"),
        ("Alex", None),
    ]
    assert snapshot(fold(kept.events)) == snapshot(env.session)


@virtual
async def test_a_failed_turn_that_is_asked_again_is_answered() -> None:
    env = environment(scenario(Fault(role="Bob", kind="fails")))
    await env.step()
    await env.step()
    env.ask_again("Bob")
    await env.step()
    assert env.session.turns["b2"].text == LONG


# ---------------------------------------------------------------------------------- in a scenario

HEAD = "name: x\nroles: [{name: Ann}]\n"


def test_a_scenario_names_its_faults() -> None:
    text = HEAD + (
        "faults:\n"
        "- {role: Ann, turn: 2, kind: slow, seconds: 3}\n"
        "- {role: Ann, turn: next, kind: cut_off}\n"
    )
    assert scenarios.parse(text, "x").faults == (
        Fault(role="Ann", kind="slow", turn=2, seconds=3),
        Fault(role="Ann", kind="cut_off"),
    )


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("{role: Bob, kind: slow}", "role names 'Bob', and no role is called that"),
        ("{role: Ann}", "x:3:10: a fault has no 'kind'; add it: kind: stalls"),
        ("{role: Ann, kind: stall}", "x:3:28: kind is the text 'stall'; did you mean 'stalls'?"),
        ("{role: Ann, kind: fails, seconds: 3}", "seconds does not go with fails; remove it"),
        ("{role: Ann, kind: slow, turn: last}", "write the turn's number, such as 2, or next"),
        ("{role: Ann, kind: slow, turn: -1}", "write a whole number from 0 to 100,000"),
        (
            "{role: Ann, kind: slow, turn: 9}",
            "turn is 9, and the last round is 3; write an earlier",
        ),
        ("{role: Ann, kind: slow}, {role: Ann, kind: fails}", "a second fault for Ann's next"),
    ],
)
def test_what_is_wrong_with_one_is_told_with_its_place_and_a_remedy(
    fault: str, message: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenarios.parse(f"{HEAD}faults: [{fault}]\n", "x")
    assert message in str(caught.value)
    assert str(caught.value).startswith("x:3:")
