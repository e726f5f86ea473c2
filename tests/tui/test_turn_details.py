"""The details of a turn: what it saw, where its time went, and who waited for whom."""

import asyncio
import re

import pytest

from brainstorm_agents.clock import LoopClock, VirtualLoop
from brainstorm_agents.environment import Environment
from brainstorm_agents.events import TurnAsked, TurnRetried
from brainstorm_agents.models import Models
from brainstorm_agents.session import Phase, Session
from brainstorm_tui.draw.diagram import diagram, view_of
from brainstorm_tui.draw.turn_details import turn_details

from .runs import DARK, MIXED, Kept, at, cast, live, run, scheduled, strange, trio


def details(session: Session, id_: str, now: float | None = None, width: int = 120) -> str:
    now = session.t if now is None else now
    lines = turn_details(DARK, session, session.turns[id_], now, width, 10)
    return "\n".join(line.text.rstrip() for line in lines)


def test_a_turn_that_waited_says_for_whom_and_why() -> None:
    text = details(at(trio()), "b2")
    assert "b2  Bob, round 2   saw c1   could not see a1 c2, said at the same time" in text
    assert "queued 0.0 s at 5.0 s   first token 0.2 s at 5.2 s   spoke 0.8 s at" in text
    assert (
        "then waited 2.0 s at the barrier for c2, "
        "held up by a late first token (0.5 s) and a long reply (1.5 s)"
    ) in text


def test_eagerly_what_a_turn_could_not_see_was_said_after_it_began() -> None:
    session = at(scheduled("eager"))
    assert "saw b1   could not see c1, said after it began" in details(session, "a1")
    assert "said in the same round" in details(at(scheduled("sequential")), "b2")


def test_a_turn_that_was_waited_for_says_by_whom() -> None:
    assert "a1 b2 waited for it, up to 2.0 s" in details(at(trio()), "c2")
    assert "alone in its round" in details(at(trio()), "a0")


def test_a_turn_under_way_says_so_in_the_present() -> None:
    session = at(trio(), 3.5)
    assert "then waited" not in details(session, "b1", 3.5)
    assert "has waited 0.5 s at the barrier for c1" in details(session, "b1", 3.5)
    assert "speaks for 0.8 s" in details(session, "c1", 3.5)
    assert "b1 waits for it, up to 0.5 s" in details(session, "c1", 3.5)


def test_the_futures_of_the_round_are_told_as_they_are() -> None:
    assert "futures of round 2   a1 ✓ done   b2 ✓ done   c2 ✓ done" in details(at(trio()), "b2")
    text = details(at(trio(), 3.5), "b1", 3.5)
    assert "futures of round 1   b1 ✓ done   c1 ● running" in text
    stopped = details(at(strange()["stopped"]), "a1")
    assert stopped.split("\n")[0].count("cancelled") == 3


def test_the_futures_of_many_are_counted() -> None:
    events = strange()["queued"]
    t = at(events).rounds[1].started + 0.5
    session = at(events, t)
    text = details(session, session.rounds[1].turns[0].id, t)
    assert text.split("\n")[0].endswith("futures of round 1   20 pending, 4 running")


def test_a_queue_is_named_as_what_held_a_turn_up() -> None:
    session = at(strange()["queued"])
    assert any("held up by a queue" in details(session, id_) for id_ in session.turns)


def test_lost_attempts_are_counted_and_the_last_reason_is_told() -> None:
    events = trio()
    asked = next(place for place, event in enumerate(events) if isinstance(event, TurnAsked))
    a0 = {"id": "a0", "role": "Alex"}
    session = Session()
    for event in (
        *events[: asked + 1],
        TurnRetried(asked + 1, 1.0, attempt=1, reason="rate limit\x1b[2J", wait_s=0.5, **a0),
        TurnAsked(asked + 2, 1.5, attempt=2, model="mock", **a0),
    ):
        session.apply(event)
    text = details(session, "a0", 4.0)
    assert "queued 0.0 s at 0.0 s   1 retry, 1.5 s lost: rate limit" in text
    assert "   no token yet, for 2.5 s" in text
    assert "\x1b" not in text


def test_the_run_is_summed_up() -> None:
    text = details(at(trio()), "b2")
    assert "━━ critical path   a0 → c1 → c2 → c3   11.0 s   shorten one of these" in text
    assert "one after another ≈18.0 s   together 11.0 s   saved ≈7.0 s 1.6×   textbook ×3" in text


def test_what_is_not_decided_is_not_on_the_path() -> None:
    text = details(at(trio(), 2.5), "b1", 2.5)
    assert "critical path   a0   2.0 s   round 1 is not decided yet" in text
    assert "critical path   a0 → c1   3.5 s" in details(at(trio(), 3.5), "b1", 3.5)


def test_where_others_took_as_long_nothing_is_said_of_shortening_one() -> None:
    own = {name: {"latency": 1} for name in ("Alex", "Bob", "Chalice")}
    session = at(run(cast("Alex", "Bob", "Chalice", own=own), 2))
    text = details(session, "a0")
    assert "critical path   a0 → b1 → a1   3.0 s" in text
    assert "shorten" not in text


def test_a_long_path_is_left_out_in_the_middle() -> None:
    session = at(run(cast("Alex", "Bob", own={"Alex": {"latency": 1}, "Bob": {"latency": 1}}), 40))
    line = next(line for line in details(session, "a0").split("\n") if "critical path" in line)
    assert re.search(r"path   a0 → b1 → .* → … → .* → b20 → a20   41\.0 s", line)
    assert len(line) <= 120


def test_in_a_low_panel_nothing_is_left_out_but_the_blanks() -> None:
    session = at(trio())
    lines = turn_details(DARK, session, session.turns["b2"], session.t, 80, 7)
    text = [line.text.strip() for line in lines]
    assert [bool(line) for line in text] == [True] * 7
    assert text[-1].startswith("one after another")


def again(stop_after: float) -> Session:
    """A session whose round was stopped, and then completed; a minute lay between."""
    journal = Kept()

    async def session() -> None:
        environment = Environment(Models(), LoopClock(), journal)
        scenario = cast("Alex", "Bob", "Chalice", own=MIXED)
        environment.open(scenario, seed=7, version="0", started_at="now")
        await environment.step()
        step = asyncio.create_task(environment.step())
        await asyncio.sleep(stop_after)
        environment.stop("user")
        await step
        await asyncio.sleep(60)
        await environment.step()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(session())
    return at(journal.events)


def test_a_turn_that_was_asked_again_accounts_for_what_was_cut_off() -> None:
    session = again(2.0)
    text = details(session, "c1")
    assert re.search(r"stopped before, after 2\.0 s +first token 0\.8 s.* spoke 2\.2 s", text)
    assert "stopped before, after 2.0 s" in details(session, "c1", width=80)
    assert "barrier for c1: lost attempts +2.0 s, first token +" in details(session, "b1")


def test_where_a_turn_was_cut_off_its_lane_has_a_mark() -> None:
    session = again(2.0)
    view = view_of(DARK, live(session, session.t), 100, 17, chosen=None)
    lane = diagram(view, 17)[14].text
    assert re.fullmatch(r" Chalice  ▏ +┃╌+[▁-█]+◌╌+[▁-█]+ *", lane)
    assert lane.index("◌") == view.x(4.0) - 1


def test_the_parts_of_a_wait_add_up_to_it() -> None:
    for events in (trio(), scheduled("eager"), strange()["queued"]):
        session, told = at(events), 0
        for id_ in session.turns:
            found = re.search(
                r"waited (\d+\.\d) s .* for \S+, held up by (.*)", details(session, id_, width=200)
            )
            assert "waited 0.0 s" not in details(session, id_)
            parts = [float(s) for s in re.findall(r"\((\d+\.\d) s\)", found[2])] if found else []
            if found and parts:
                assert sum(parts) == pytest.approx(float(found[1]))
                told += 1
        assert told


def test_where_the_parts_are_no_shares_of_a_wait_the_largest_is_named_alone() -> None:
    own = MIXED | {"Alex": {"latency": 1.5}}
    session = at(run(cast("Alex", "Bob", "Chalice", own=own, schedule="eager"), 1))
    text = details(session, "a1")
    assert re.search(r"waited 0\.5 s .* for c1, held up by a long reply$", text, re.MULTILINE)


def test_eagerly_the_barrier_is_at_the_end_of_the_round() -> None:
    assert "at the barrier at the round's end for c2" in details(at(scheduled("eager")), "b2")


def test_a_failed_turn_tells_why() -> None:
    session = at(strange()["failing"])
    failed = next(turn for turn in session.turns.values() if turn.phase is Phase.FAILED)
    assert "✗ failed  the mock model failed" in details(session, failed.id)


def test_a_stopped_turn_tells_what_comes_next() -> None:
    session = at(strange()["stopped"])
    stopped = next(turn for turn in session.turns.values() if turn.phase is Phase.CANCELLED)
    assert "stopped: s asks again" in details(session, stopped.id)
