"""What a session has cost, as it is shown: on the screen, in what is printed, in exports."""

import json
import re
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from brainstorm_agents.bill import Bill, dollars
from brainstorm_agents.cast import Budget
from brainstorm_tui.cli import main
from brainstorm_tui.money import cost

from .stage import cast, staged

GOLDEN = Path(__file__).parents[1] / "agents" / "golden" / "format-1-money.jsonl"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return Path(shutil.copy(GOLDEN, tmp_path / "paid.jsonl"))


@pytest.mark.parametrize(
    ("usd", "told"),
    [
        (0.0, "$0.00"),
        (1234.567, "$1,234.57"),
        (0.5, "$0.50"),
        (0.0123, "$0.012"),
        (0.00012, "$0.00012"),
        (0.000000012, "$0.00000001"),
    ],
)
def test_an_amount_has_cents_or_two_digits_that_count(usd: float, told: str) -> None:
    assert dollars(usd) == told


@pytest.mark.parametrize(
    ("bill", "told", "in_ascii"),
    [
        (Bill(9, 9), "–", "–"),
        (Bill(9, 9, is_partial=True), "–", "–"),
        (Bill(9, 9, usd=0.5), "$0.50", "$0.50"),
        (Bill(9, 9, is_counted=True, usd=0.5), "≈ $0.50", "about $0.50"),
        (Bill(9, 9, is_counted=True, usd=0.0), "$0.00", "$0.00"),
        (Bill(9, 9, is_counted=True, usd=0.5, is_partial=True), "≥ $0.50", ">= $0.50"),
    ],
)
def test_a_cost_says_what_it_is_worth(bill: Bill, told: str, in_ascii: str) -> None:
    assert (cost(bill), cost(bill, is_ascii=True)) == (told, in_ascii)


def test_run_and_replay_say_what_it_cost_and_for_whom(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(log), "--headless"]) == 0
    said = capsys.readouterr().out
    assert "cost     ≥ $0.0038; Alex ≈ $0.0036, Bob $0.00012\n" in said
    assert "tokens   ≈ 115 said; ≈ 1817 with prompts and failed attempts\n" in said


def test_the_list_of_logs_says_what_each_has_cost(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "--log-dir", str(log.parent)]) == 0
    assert "you quit; cost ≥ $0.0038\n" in capsys.readouterr().out


def test_the_exports_say_it_too(log: Path, tmp_path: Path) -> None:
    for to in ("markdown", "html", "json"):
        assert main(["export", str(log), "--to", to, "-o", str(tmp_path / to)]) == 0
    markdown = (tmp_path / "markdown").read_text()
    assert "| cost | ≥ \\$0.0038 |" in markdown
    assert "| cost of Alex | ≈ \\$0.0036 |" in markdown
    assert "· 100 tokens · \\$0.00012*" in markdown
    assert "cost ≥ $0.0038" in (tmp_path / "html").read_text()
    document = json.loads((tmp_path / "json").read_text())
    assert document["ended"]["cost"] == pytest.approx(0.003764)
    assert document["roles"][1]["bill"] == {
        "prompt": 400,
        "completion": 100,
        "counted": False,
        "cost": pytest.approx(0.00012),
        "partial": False,
    }
    assert document["turns"][0]["bill"]["prompt"] == 900


def test_a_comparison_says_what_both_have_cost(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(log), str(log), "--headless"]) == 0
    assert "cost      ≥ $0.0038\n" in capsys.readouterr().out


async def test_a_run_pauses_at_its_budget_and_the_cost_stays_in_view() -> None:
    scenario = replace(cast(latency=2, tokens=40), budget=Budget(tokens=700))
    async with staged(scenario) as stage:
        await stage.press("r")
        await stage.advance(20)
        assert stage.session.paused == "budget"
        assert stage.session.open_round is None
        assert "next could use" in stage.lines[-2]
        assert "cost" in stage.lines[-2]
        assert "s raise the budget to" in stage.lines[-1]


async def test_on_the_screen_a_budget_says_what_it_would_take_and_s_raises_it() -> None:
    scenario = replace(cast(latency=2, tokens=40), budget=Budget(tokens=700))
    async with staged(scenario) as stage:
        await stage.advance(10)
        assert stage.session.finished_round == 0
        assert "next could use" in stage.lines[-2]
        assert " s  raise the budget to" in stage.text
        assert "run 3 rounds" not in stage.text
        await stage.press("i", *"Tea", "enter")
        assert "next round: s raises the budget to" in stage.lines[-1]
        await stage.press("r")
        assert "the budget does not hold that: s raises it to" in stage.text
        await stage.press("s")
        assert stage.session.budget.tokens is not None
        assert stage.session.budget.tokens > 700
        await stage.advance(20)
        assert stage.session.finished_round == 1
        assert stage.session.bill.tokens <= stage.session.budget.tokens


def test_a_budget_in_dollars_without_a_price_is_refused_before_anything_happens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, log = tmp_path / "own.yaml", tmp_path / "own.jsonl"
    file.write_text(
        "name: own\ntopic: Tea?\nroles: [{name: Ann, model: fast}]\nbudget: {usd: 1}\nmodels:\n"
        "  fast: {model: openai/any, api_base: 'http://127.0.0.1:9/v1'}\n"
    )
    assert main(["run", str(file), "--log", str(log)]) == 2
    said = capsys.readouterr().err
    assert "nobody knows the price of fast (openai/any)" in said
    assert "--budget 20000tok" in said
    assert not log.exists()


def test_a_session_that_its_budget_has_ended_goes_on_with_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "short.jsonl"
    words = ["--speed", "0", "--seed", "1", "--rounds", "1"]
    assert main(["run", "classroom", *words, "--budget", "1000tok", "--log", str(log)]) == 0
    told = capsys.readouterr()
    assert "the budget does not hold what would come next" in told.out
    advice = f"to go on for a round: brainstorm-tui run --resume {log} --budget "
    needed = told.err.partition(advice)[2].splitlines()[0]
    assert main(["run", "--resume", str(log), "--speed", "0", "--budget", needed]) == 0
    assert "── round 1 ──" in capsys.readouterr().out
    assert main(["run", "--resume", str(log), "--speed", "0", "--budget", "9000tok"]) == 0
    said = capsys.readouterr().out
    assert "all rounds are done" in said
    assert "budget   9,000 tokens\n" in said


def test_a_budget_below_what_is_spent_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "short.jsonl"
    words = ["--speed", "0", "--seed", "1", "--rounds", "1"]
    assert main(["run", "classroom", *words, "--log", str(log)]) == 0
    before = log.read_bytes()
    assert main(["run", "--resume", str(log), "--speed", "0", "--budget", "10tok"]) == 2
    refused = capsys.readouterr().err
    assert re.search(r"the session has used \d+ tokens already; give it more", refused)
    assert log.read_bytes() == before


def test_a_budget_that_does_not_hold_the_opening_is_a_failure_that_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "classroom", "--speed", "0", "--no-log", "--budget", "100tok"]) == 1
    assert "no turn finished: the budget does not hold the opening" in capsys.readouterr().err
