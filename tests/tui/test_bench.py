"""The bench: what it measures, what it makes of it, what it prints, what it asks first."""

import asyncio
import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents.clock import VirtualLoop
from brainstorm_agents.models import Chunk, Request, prices
from brainstorm_agents.models.mock import MockModel
from brainstorm_agents.named_model import NamedModel, Price
from brainstorm_agents.scenario import Scenario, load
from brainstorm_tui.bench import Bench, Figures, Way, figures
from brainstorm_tui.bench_progress import BenchProgress
from brainstorm_tui.bench_report import report
from brainstorm_tui.call_estimate import estimate
from brainstorm_tui.cli import main
from brainstorm_tui.launch import Launch
from brainstorm_tui.plain import ASCII, UNICODE
from brainstorm_tui.progress_line import ProgressLine

from ..agents.servers import ChatServer, Reply
from .runs import cast
from .terminal import Terminal

# litellm silences these itself; pytest lets them through.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the:DeprecationWarning")

AT_ONCE = ("--speed", "0", "--seed", "7")
CLASSROOM = ("classroom", "--rounds", "3", "-p", "latency=1", *AT_ONCE)
PROGRAM = (sys.executable, "-m", "brainstorm_tui")
DEADLINE_S = 120.0
"""How long anything may take: far longer than it does, so that a busy machine fails nothing."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, also as the working directory; no key, no settings."""
    for name in os.environ:
        if name.startswith("BRAINSTORM_TUI_") or name.endswith(("_API_KEY", "_API_BASE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """The document that a bench prints."""

    def tell(*words: str) -> dict[str, Any]:
        assert main(["bench", *words, "--json"]) == 0
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    return tell


def measured(scenario: Scenario, repeat: int = 2) -> Figures:
    """The figures of a bench on the virtual clock."""
    bench = Bench(Launch(scenario=scenario, seed=7, speed=0), repeat)
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        while not bench.is_complete:
            runner.run(bench.next())
    found = figures(bench)
    assert found is not None
    return found


# Figures


def test_the_classroom_takes_four_turns_of_time_at_once_and_nine_one_after_another(
    told: Callable[..., dict[str, Any]],
) -> None:
    document = told(*CLASSROOM, "--repeat", "3")
    same = {"mean_s": 4.0, "ci95_s": 0.0, "min_s": 4.0, "max_s": 4.0, "runs": 3}
    assert document["concurrent"] == same | {"times_s": [4.0] * 3}
    nine = {"mean_s": 9.0, "ci95_s": 0.0, "min_s": 9.0, "max_s": 9.0, "runs": 3}
    assert document["sequential"] == nine | {"times_s": [9.0] * 3}
    assert document["turns_by_round"] == [1, 2, 3, 3]
    assert document["speedup"] == 2.25
    assert document["textbook_estimate_s"] == 12.0
    assert document["sum_of_turns_s"] == 9.0
    assert document["ideal_s"] == 4.0
    assert document["ideal_reached"] == 1.0
    assert document["failed_turns"] == 0
    assert document["transcripts_identical"] is True
    assert document["complete"] is True


def test_stock_prices_take_three_seconds_instead_of_six(
    told: Callable[..., dict[str, Any]],
) -> None:
    document = told("stock-prices", *AT_ONCE, "--repeat", "1")
    assert document["concurrent"]["mean_s"] == 3.0
    assert document["sequential"]["mean_s"] == 6.0
    assert document["speedup"] == 2.0
    assert document["concurrent"]["ci95_s"] is None


def test_on_the_real_clock_the_same_is_measured(told: Callable[..., dict[str, Any]]) -> None:
    document = told("stock-prices", "--repeat", "1", "-p", "latency=0.1")
    assert document["concurrent"]["mean_s"] >= 0.1
    assert document["sequential"]["mean_s"] >= 0.2
    assert document["transcripts_identical"] is True


def test_what_the_textbook_counts_too_much_is_missing_turns_and_short_ones() -> None:
    own = {"Alex": {"latency": 2}, "Bob": {"latency": 1}, "Chalice": {"latency": 3}}
    found = measured(cast("Alex", "Bob", "Chalice", own=own, rounds=2))
    # Alex 2 s; Bob and Chalice 3 s; all three 3 s: 8 s, of which the turns are 2 + 4 + 6.
    assert (found.concurrent.mean, found.textbook_s, found.turns_s) == (8, 24, 12)
    assert found.sequential.mean == 12
    # Two are missing for 2 s and one for 3 s; Bob waits twice for 2 s, Alex once for 1 s.
    assert found.absent_s == 2 * 2 + 3
    assert found.waiting_s == 2 + 2 + 1


def test_a_limit_on_the_calls_keeps_it_from_the_ideal() -> None:
    names = ("Ann", "Bob", "Cid", "Dan")
    params = {name: {"latency": 1} for name in names}
    found = measured(cast(*names, own=params, rounds=1, max_concurrency=2))
    assert (found.concurrent.mean, found.ideal_s) == (1 + 2, 1 + 1)
    assert found.ideal_reached == pytest.approx(2 / 3)


def test_an_eager_scenario_is_measured_with_its_barriers_since_both_ways_have_to_say_the_same() -> (
    None
):
    own = {"Alex": {"latency": 2}, "Bob": {"latency": 1}, "Chalice": {"latency": 3}}
    found = measured(cast("Alex", "Bob", "Chalice", own=own, rounds=2, schedule="eager"))
    assert (found.concurrent.mean, found.sequential.mean) == (8, 12)
    assert found.partings == []


@settings(max_examples=40, deadline=None)
@given(
    latencies=st.lists(st.integers(0, 5), min_size=1, max_size=5),
    rounds=st.integers(0, 3),
    limit=st.integers(1, 5),
)
def test_the_ideal_is_the_least_and_the_textbook_the_most(
    latencies: list[int], rounds: int, limit: int
) -> None:
    own = {f"{letter}a": {"latency": s} for letter, s in zip("BCDFG", latencies, strict=False)}
    found = measured(cast(*own, own=own, rounds=rounds, max_concurrency=limit), 1)
    assert found.ideal_s <= found.concurrent.mean <= found.turns_s <= found.textbook_s
    assert found.sequential.mean == pytest.approx(found.turns_s)
    assert found.absent_s >= 0
    assert found.waiting_s >= 0
    assert found.partings == []


def test_the_runs_alternate() -> None:
    found = measured(cast("Alex", "Bob"), 3)
    assert [run.way for run in found.runs] == [Way.CONCURRENT, Way.SEQUENTIAL] * 3


def test_there_are_no_figures_before_a_run_each_way() -> None:
    bench = Bench(Launch(scenario=cast("Alex", "Bob"), seed=7, speed=0), 2)
    assert figures(bench) is None
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(bench.next())
        assert figures(bench) is None
        runner.run(bench.next())
        assert figures(bench) is not None
        assert not bench.is_complete


# Failures and differences


def test_failed_turns_are_told_and_do_not_make_the_transcripts_differ(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", *AT_ONCE, "--repeat", "2", "-p", "fail=0.5"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "failed 16 turns of 32: the mock model failed" in out
    assert "identical in all 4 runs" in out


def test_when_no_turn_finishes_it_gives_up_after_one_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    stream = MockModel.stream

    def counted(model: MockModel, request: Request) -> AsyncGenerator[Chunk]:
        asked.append(request.prompt.turn.id)
        return stream(model, request)

    monkeypatch.setattr(MockModel, "stream", counted)
    assert main(["bench", *AT_ONCE, "-p", "fail=1"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no turn finished: the mock model failed" in captured.err
    assert len(asked) == len(set(asked))


def test_a_transcript_that_differs_is_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = itertools.count()

    async def wavering(model: MockModel, request: Request) -> AsyncGenerator[Chunk]:
        is_odd = request.prompt.turn.id == "b1" and next(said) == 2
        yield Chunk("Something else." if is_odd else "The same.")

    monkeypatch.setattr(MockModel, "stream", wavering)
    assert main(["bench", *AT_ONCE, "--repeat", "2"]) == 1
    captured = capsys.readouterr()
    out = " ".join(captured.out.split())
    assert "NOT IDENTICAL: 1 of 4 are not the first's: they part in round 1, at b1 (Bob)" in out
    assert "This is a fault of the program" in captured.err


# What is printed


def test_the_report_fits_80_columns_and_is_plain_in_a_pipe() -> None:
    for scenario in ("classroom", "small-town", "software-company", "stock-prices"):
        done = subprocess.run(
            [*PROGRAM, "bench", scenario, *AT_ONCE, "--max-concurrency", "4"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        assert "\x1b" not in done.stdout
        assert "\r" not in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_longest_bar_is_the_largest_figure() -> None:
    found = measured(load("classroom"))
    launch = Launch(scenario=load("classroom"), seed=7, speed=0)
    bars = [line for line in report(launch, found, UNICODE) if "━" in line]
    lengths = {line.split("━")[0].strip(): line.count("━") for line in bars}
    assert max(lengths, key=lambda label: lengths[label]) == "textbook, × 3"
    assert lengths["concurrent"] < lengths["one after another"]


def test_without_the_signs_it_is_ascii() -> None:
    found = measured(load("classroom"), 1)
    launch = Launch(scenario=load("classroom"), seed=7, speed=0)
    text = "\n".join(report(launch, found, ASCII))
    assert text.isascii()
    assert "====" in text


def test_why_the_textbook_is_wrong_names_the_rounds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *CLASSROOM]) == 0
    out = capsys.readouterr().out
    assert "textbook     3.000 s too much: rounds 0 and 1 have fewer turns than roles\n" in out
    assert main(["bench", "stock-prices", *AT_ONCE]) == 0
    assert "textbook     right here" in capsys.readouterr().out


def test_sessions_that_take_no_time_have_no_speed_up(told: Callable[..., dict[str, Any]]) -> None:
    assert told(*AT_ONCE, "-p", "latency=0")["speedup"] == 1.0


def test_a_name_that_could_drive_the_terminal_is_made_safe() -> None:
    found = measured(cast("Alex", "Bob"), 1)
    launch = Launch(
        scenario=Scenario(name="\x1b[2J", topic="?", roles=cast("Alex").roles), seed=7, speed=0
    )
    assert "\x1b" not in "".join(report(launch, found, UNICODE))


def test_nothing_is_logged(home: Path) -> None:
    assert main(["bench", *AT_ONCE]) == 0
    assert not home.exists()


# While it runs


def test_the_progress_tells_the_run_and_after_one_each_way_the_time_left() -> None:
    bench = Bench(Launch(scenario=cast("Alex", "Bob"), seed=7, speed=0), 2)
    progress = BenchProgress(bench, ProgressLine(io.StringIO()), UNICODE)
    assert progress.text(0) == "run 1 of 4 · concurrent"
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(progress.next())
        assert progress.text(0).startswith("run 2 of 4 · one after another")
        runner.run(progress.next())
    assert " s left · concurrent" in progress.text(0)


def test_ctrl_c_tells_what_has_been_measured(home: Path) -> None:
    home.mkdir()
    words = ("bench", "stock-prices", "--repeat", "500", "-p", "latency=0.05")
    with Terminal(*words, home=home) as terminal:
        terminal.wait_for("run 4 of 1000", "left")
        terminal.press("C-c")
        assert terminal.wait_exit() == 130
        assert "of 1000 runs" in terminal.text
        assert "speed-up" in terminal.text


def test_ctrl_c_before_there_is_anything_to_tell_tells_nothing(home: Path) -> None:
    home.mkdir()
    with Terminal("bench", "-p", "latency=60", home=home) as terminal:
        terminal.wait_for("run 1 of 10", "thinking")
        terminal.press("C-c")
        assert terminal.wait_exit() == 130
        assert "interrupted after 0 of 10 runs" in terminal.text
        assert "speed-up" not in terminal.text


# Real models


async def bench_beside(*words: str) -> int:
    """Bench in a thread, beside a server in this loop; the exit code."""
    async with asyncio.timeout(DEADLINE_S):
        return await asyncio.to_thread(main, ["bench", *words])


def test_real_models_are_not_asked_where_nobody_can_agree(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("OPENAI_API_KEY", "never-sent")
    assert main(["bench", "--model", "openai/any", "--rounds", "1", "--repeat", "2"]) == 2
    errors = capsys.readouterr().err
    assert "this makes 12 calls to real models" in errors
    assert "--yes" in errors


@pytest.mark.parametrize("agrees", [False, True])
async def test_the_calls_are_told_before_they_are_made(
    agrees: bool, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(text: str, **_: object) -> bool:
        asked.append(text)
        if not agrees:
            raise click.Abort
        return True

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "confirm", answer)
    async with ChatServer() as server:
        words = ("--model", "openai/any", "--api-base", server.address, "--rounds", "0")
        code = await bench_beside(*words, "--repeat", "1")
        assert len(server.calls) == (2 if agrees else 0)
    assert len(asked) == 1
    assert code == (0 if agrees else 130)
    assert "2 runs make 2 calls" in capfd.readouterr().err


async def test_transcripts_of_a_real_model_may_differ(capfd: pytest.CaptureFixture[str]) -> None:
    replies = [Reply(pieces=(f"Reply {number}.",)) for number in range(6)]
    async with ChatServer(*replies) as server:
        words = ("--model", "openai/any", "--api-base", server.address, "--rounds", "1")
        assert await bench_beside(*words, "--repeat", "1", "--yes") == 0
        assert len(server.calls) == 6
    out, err = capfd.readouterr()
    assert "1 of 2 are not the first's: they part in round 0, at a0 (Alex)" in out
    assert "NOT IDENTICAL" not in out
    assert "price –: not known" in err


def test_the_estimate_counts_only_the_calls_of_real_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "never-sent")
    classroom = load("classroom")
    alex, *others = classroom.roles
    real = type(alex)(name=alex.name, watch=alex.watch, model="openai/gpt-4o-mini")
    mixed = Scenario(name="mixed", topic="Tea?", rounds=3, opener="Alex", roles=(real, *others))
    (calls,) = estimate(Launch(scenario=mixed, seed=7))
    assert (calls.model, calls.number) == ("openai/gpt-4o-mini", 3)
    assert calls.prompt > calls.completion > 0
    assert estimate(Launch(scenario=classroom, seed=7)) == []


def test_prices_are_litellms_and_none_is_made_up() -> None:
    known = prices.price(NamedModel(model="openai/gpt-4o-mini"), 1000, 1000)
    assert known is not None
    assert 0 < known < 0.1
    assert prices.price(NamedModel(model="openai/any"), 1000, 1000) is None
    assert prices.price(NamedModel(model="nope"), 1000, 1000) is None


def test_the_price_that_a_scenario_names_comes_first() -> None:
    named = NamedModel(model="openai/gpt-4o-mini", price=Price(2.0, 10.0))
    assert prices.price(named, 1_000_000, 100_000) == 3.0
    assert prices.price(named, 1_000_000, 100_000, "http://127.0.0.1:1/v1") == 3.0


def test_a_server_of_ones_own_has_no_price_unless_the_scenario_names_it() -> None:
    model = NamedModel(model="openai/gpt-4o-mini")
    assert prices.price(model, 1000, 1000, "http://127.0.0.1:1/v1") is None


def write_dear_scenario(address: str) -> None:
    """A cast of one, whose model has an address and a price of its own."""
    Path("dear.yaml").write_text(
        "name: dear\ntopic: Tea?\ndefaults: {model: gold}\nroles: [{name: Ann}]\nmodels:\n"
        f"  gold: {{model: openai/any, api_base: '{address}', price: {{input: 0, output: 1000}}}}\n"
    )


async def test_what_a_bench_will_cost_is_told_by_the_scenarios_prices(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with ChatServer() as server:
        write_dear_scenario(server.address)
        assert await bench_beside("dear.yaml", "--rounds", "0", "--repeat", "1", "--yes") == 0
    told = capfd.readouterr()
    # 110 tokens a reply at a tenth of a cent, twice.
    assert "gold (openai/any)  2 calls  about $0.2200" in told.err
    assert "gold (openai/any)" in told.out
