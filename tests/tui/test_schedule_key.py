"""How the next round runs: `m` in the run diagram, and where it is said."""

from pathlib import Path

import pytest

from brainstorm_agents.reader import Log

from .stage import cast, record, staged


async def test_m_switches_how_the_next_round_runs_and_says_so() -> None:
    async with staged(cast(latency=2)) as stage:
        await stage.advance(10)
        await stage.press("t", "m")
        assert "the next round runs one after another" in stage.text
        assert "next one after another" in stage.text, "in the status line"
        await stage.press("m")
        assert "eagerly, without a barrier" in stage.text
        await stage.press("s")
        await stage.advance(0.5)
        assert stage.session.open_round is not None
        assert stage.session.open_round.schedule == "eager"
        assert "eagerly" in stage.lines[-2]
        assert "round 1 eagerly" in stage.text
        await stage.press("m")
        assert "eagerly, then at once" in stage.lines[-2]
        await stage.advance(20)
        assert [turn.id for turn in stage.session.rounds[1].turns] == ["b1", "c1", "a1"]


async def test_the_round_s_schedule_is_on_the_timeline_of_the_panes_too() -> None:
    async with staged(cast(latency=2, schedule="sequential")) as stage:
        await stage.advance(10)
        await stage.play("s")
        assert "round 1 one after another" in stage.text


async def test_what_an_eager_turn_saw_says_why_it_missed_the_rest() -> None:
    own = {"Alex": {"latency": 2}, "Bob": {"latency": 1}, "Chalice": {"latency": 3}}
    async with staged(cast(of=own, schedule="eager")) as stage:
        await stage.advance(10)
        await stage.play("s")
        await stage.press("1", "w")
        assert "what a1 saw" in stage.text
        assert "said after it began: not seen" in stage.text


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return record(cast(latency=2, schedule="eager"), tmp_path / "eager.jsonl")


async def test_a_replay_shows_how_the_rounds_ran_and_does_not_switch(log: Log) -> None:
    async with staged(replay=log) as stage:
        await stage.press("t", "m")
        assert "this is a replay" in stage.text
        assert "round 1 eagerly" in stage.text
