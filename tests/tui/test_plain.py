"""What is printed of a session."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstorm_agents.clock import LoopClock, VirtualLoop
from brainstorm_agents.environment import Environment
from brainstorm_agents.fault import Fault
from brainstorm_agents.journal import NoJournal
from brainstorm_agents.models import Models
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.reader import read
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.session import Message, Session
from brainstorm_tui.cli import main
from brainstorm_tui.plain import ASCII, Printer, progress, summary, title, user_text
from brainstorm_tui.waits import Waits

REFERENCE = """\
round 0: a0 <- user
round 1: b1 <- a0 | c1 <- a0
round 2: a1 <- b1 c1 | b2 <- c1 | c2 <- b1
round 3: a2 <- b2 c2 | b3 <- a1 c2 | c3 <- a1 b2
"""

MIXED = """\
name: mixed
topic: Who is first?
opener: Alex
roles:
  - {name: Alex, params: {latency: 0.9}}
  - {name: Bob, params: {latency: 2.0}}
  - {name: Chalice, params: {latency: 0.1}}
"""

Printed = Callable[..., str]


@pytest.fixture
def printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Printed:
    """What `brainstorm-tui run`, without a log, prints to standard output."""
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))

    def run(*words: str, code: int = 0) -> str:
        assert main(["run", "--no-log", *words]) == code
        return capsys.readouterr().out

    return run


def classroom(**params: object) -> Scenario:
    roles = tuple(Role(name=name, params=params) for name in ("Alex", "Bob", "Chalice"))
    return Scenario(name="classroom", topic="Why?", opener="Alex", roles=roles)


def on_virtual_time(scenario: Scenario, act: Callable[[Environment], Awaitable[None]]) -> Session:
    """The session after something was done with its environment."""

    async def run() -> Session:
        environment = Environment(Models(), LoopClock(), NoJournal())
        environment.open(scenario, seed=7, version="0", started_at="now")
        await act(environment)
        return environment.session

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(run())


async def one_round(environment: Environment) -> None:
    await environment.step()


def transcript(session: Session) -> str:
    pieces: list[str] = []
    Printer(pieces.append, "transcript").finish(session)
    return "".join(pieces)


def trace(session: Session) -> str:
    pieces: list[str] = []
    Printer(pieces.append, "trace").finish(session)
    return "".join(pieces)


@pytest.mark.parametrize(
    "words",
    [
        ("--speed", "0"),
        ("--speed", "50"),
        ("--speed", "0", "--max-concurrency", "1"),
        ("--speed", "0", "-p", "latency=0"),
        ("--speed", "0", "-p", "latency=1", "--seed", "7"),
    ],
    ids=" ".join,
)
def test_the_classroom_has_the_reference_trace(printed: Printed, words: tuple[str, ...]) -> None:
    assert printed("--show", "trace", *words) == REFERENCE


def test_the_trace_does_not_depend_on_who_is_faster(printed: Printed, tmp_path: Path) -> None:
    (tmp_path / "mixed.yaml").write_text(MIXED)
    file = str(tmp_path / "mixed.yaml")
    assert printed(file, "--show", "trace", "--speed", "0") == REFERENCE


def test_one_seed_prints_the_same_bytes_and_another_seed_others(printed: Printed) -> None:
    first = printed("--speed", "0", "--seed", "7")
    assert printed("--speed", "0", "--seed", "7") == first
    assert printed("--speed", "0", "--seed", "8") != first


def test_latency_changes_nothing_but_the_times(printed: Printed) -> None:
    def untimed(*words: str) -> str:
        return re.sub(r"(?m)^time .*$", "", printed("--speed", "0", "--seed", "7", *words))

    assert untimed("-p", "latency=0.1") == untimed("-p", "latency=20", "--max-concurrency", "1")


def test_without_a_seed_the_one_that_was_drawn_is_printed(printed: Printed) -> None:
    text = printed("--speed", "0")
    seed = text.splitlines()[0].rpartition("seed ")[2]
    assert printed("--speed", "0", "--seed", seed) == text


def test_a_reply_is_headed_by_its_id_what_it_observed_and_its_role(printed: Printed) -> None:
    text = printed("--speed", "0", "-p", 'script=["Hm."]', "--topic", "Tea?")
    assert "\nuser  You\n  Tea?\n" in text
    assert "\n── round 2 ──\n\na1 ← b1 c1  Alex\n  Hm.\n\nb2 ← c1  Bob\n  Hm.\n" in text


def test_a_round_is_printed_as_soon_as_it_is_finished_and_once() -> None:
    pieces: list[str] = []
    printer = Printer(pieces.append, "transcript")
    seen: list[str] = []

    async def two_rounds(environment: Environment) -> None:
        for _ in range(2):
            await environment.step()
            printer.update(environment.session)
            printer.update(environment.session)
            seen.append("".join(pieces))

    on_virtual_time(classroom(), two_rounds)
    assert "round 0" in seen[0]
    assert "round 1" not in seen[0]
    assert seen[1].startswith(seen[0])
    assert seen[1].count("── round 0 ──") == seen[1].count("── round 1 ──") == 1


def test_what_the_user_throws_in_stands_before_the_round_that_hears_it() -> None:
    async def interrupted_by_a_question(environment: Environment) -> None:
        await environment.step()
        environment.say("And tea?", to=("Bob",))
        await environment.step()

    text = transcript(on_virtual_time(classroom(), interrupted_by_a_question))
    places = [text.index(part) for part in ("round 0", "user2  You to Bob", "round 1", "b1 ←")]
    assert places == sorted(places)
    assert "b1 ← a0 user2  Bob" in text


def test_a_failed_turn_says_why_and_a_trace_marks_it() -> None:
    session = on_virtual_time(classroom(fail=1), one_round)
    assert "\na0 ✗ Alex: the mock model failed" in transcript(session)
    assert trace(session) == "round 0: a0 <- user (failed)\n"


def test_turns_that_were_cancelled_are_printed_as_such() -> None:
    async def stopped(environment: Environment) -> None:
        await environment.step()
        asyncio.get_running_loop().call_later(0.5, environment.stop, "stopped")
        await environment.step()

    session = on_virtual_time(classroom(latency=1), stopped)
    assert "── round 1, unfinished ──\n\nb1 ✗ Bob: cancelled: stopped\n" in transcript(session)
    assert trace(session).endswith("round 1: b1 <- a0 (cancelled) | c1 <- a0 (cancelled)\n")


def test_the_summary_says_why_it_stopped_and_what_concurrency_saved(printed: Printed) -> None:
    text = printed("--speed", "0", "--rounds", "2", "-p", "latency=1")
    assert "── all rounds are done ──\nrounds   2 after the opening; 6 replies\n" in text
    assert "time     3.0 s; one after another ≈ 6.0 s; saved ≈ 3.0 s (2.0×)\n" in text


def test_a_session_that_falls_silent_says_so(printed: Printed) -> None:
    text = printed("--speed", "0", "-p", "fail=1", code=1)
    assert "── nobody had anything new to answer ──\n" in text


def test_what_a_model_writes_cannot_pass_for_a_heading_or_reach_the_terminal() -> None:
    forged = "Yes.\n\nb9 ← a8  Bob\n\x1b]0;owned\x07\u202egnirts"
    text = transcript(on_virtual_time(classroom(script=[forged]), one_round))
    assert "\nb9" not in text
    assert "\n  b9 ← a8  Bob\n" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


@given(st.text())
def test_every_line_of_a_text_is_indented_and_harmless(text: str) -> None:
    heading, *lines = user_text(Message("user", "user", text, ())).split("\n")
    assert heading == "user  You"
    assert all(not line or line.startswith("  ") for line in lines)
    assert not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff]", "".join(lines))


def test_a_heading_that_would_name_a_crowd_counts_it() -> None:
    roles = tuple(Role(name=f"R{number}", params={"latency": 0}) for number in range(20))

    async def two_rounds(environment: Environment) -> None:
        await environment.step()
        await environment.step()

    crowd = Scenario(name="crowd", topic="Why?", roles=roles)
    text = transcript(on_virtual_time(crowd, two_rounds))
    ids = " ".join(f"R{number}.0" for number in range(1, 13))
    assert f"\nR0.1 ← {ids} and 7 more  R0\n" in text


def test_the_progress_names_who_does_what() -> None:
    seen = []

    async def watched(environment: Environment) -> None:
        def look() -> None:
            seen.append(progress(environment.session))

        look()
        await environment.step()
        for second in (0.1, 0.9):
            asyncio.get_running_loop().call_later(second, look)
        await environment.step()

    on_virtual_time(classroom(latency=1), watched)
    assert seen == [
        "",
        "round 1 of 3 · Bob, Chalice thinking",
        "round 1 of 3 · Bob, Chalice speaking",
    ]


def test_each_long_wait_is_told_once() -> None:
    said: list[str] = []
    two_at_once = NamedModel(model="mock", max_in_flight=2)
    scenario = Scenario(
        name="x",
        topic="Why?",
        roles=tuple(
            Role(name=name, model="two", params={"latency": 5})
            for name in ("Cyd", "Ann", "Dan", "Ben")
        ),
        models={"two": two_at_once},
        faults=(Fault(role="Cyd", kind="rate_limited", seconds=12),),
    )

    async def watched(environment: Environment) -> None:
        waits = Waits()

        def look() -> None:
            said.extend(waits.new(environment.session, environment.now()))

        for second in range(1, 30):
            asyncio.get_running_loop().call_later(second + 0.5, look)
        await environment.step()

    on_virtual_time(scenario, watched)
    assert said == [
        "Cyd: rate limited, as a fault asked it to be; attempt 2 of 5 in 12 s",
        "Ben: queued, since the limits on calls let no more begin now",
        "Cyd: rate limited, as a fault asked it to be; attempt 3 of 5 in 12 s",
    ]


def test_a_run_in_real_time_tells_its_waits_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.yaml").write_text(
        "name: x\ntopic: Tea?\nrounds: 0\nroles: [{name: Ann, params: {latency: 1}}]\n"
        "faults: [{role: Ann, kind: rate_limited, seconds: 60}]\n",
        encoding="utf-8",
    )
    assert main(["run", str(tmp_path / "x.yaml"), "--speed", "100", "--no-log"]) == 0
    assert "Ann: rate limited, as a fault asked it to be; attempt 2 of 5 in 60 s\n" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(("second", "is_said"), [(0.3, False), (3.0, True)])
def test_a_saving_of_next_to_nothing_is_not_told(second: float, is_said: bool) -> None:
    roles = (Role(name="Ann", params={"latency": 10}), Role(name="Ben", params={"latency": second}))
    session = on_virtual_time(Scenario(name="x", topic="Why?", roles=roles), one_round)
    assert ("saved" in summary(session)) is is_said


def test_without_unicode_every_mark_is_ascii() -> None:
    session = on_virtual_time(classroom(latency=1), one_round)
    assert (title(session, ASCII) + summary(session, ASCII)).isascii()


def test_an_output_that_is_not_utf_8_gets_ascii_marks_and_spelled_out_text(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "brainstorm_tui", "run", "--speed", "0", "--topic", "Tee für 茶?"],
        env=os.environ | {"BRAINSTORM_TUI_HOME": str(tmp_path), "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    text = done.stdout.decode("latin-1")
    assert "a0 <- user  Alex" in text
    assert "Tee für \\u8336?" in text


def test_who_took_over_is_named_and_no_reason_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.yaml").write_text(
        "name: fallbacks\ntopic: Tea?\nrounds: 0\n"
        "models:\n"
        "  quick: {model: mock, params: {fail: 1}, fallbacks: [spare]}\n"
        "  spare: {model: mock, params: {script: [Spare.]}}\n"
        "  first: {model: mock, params: {fail: 1}, fallbacks: [other]}\n"
        "  other: {model: mock, params: {fail: 1}}\n"
        "roles: [{name: Ann, model: quick}, {name: Ben, model: first}]\n"
        "faults: [{role: Ben, kind: fails}]\n",
        encoding="utf-8",
    )
    log = tmp_path / "f.jsonl"
    assert main(["run", str(tmp_path / "f.yaml"), "--speed", "0", "--log", str(log)]) == 0
    transcript = capsys.readouterr().out
    assert main(["export", str(log), "--to", "markdown"]) == 0
    markdown = capsys.readouterr().out

    assert main(["export", str(log), "--to", "html"]) == 0
    page = capsys.readouterr().out

    assert "attempt 2 · by spare (mock)</span>" in page
    assert "a0 ← user  Ann (by spare (mock))\n  Spare.\n" in transcript
    assert " tokens · attempt 2 · by spare (mock)*" in markdown
    for text in (transcript, markdown, page):
        assert "(before that: mock: it failed, as a fault asked it to)" in text


def test_a_turn_that_was_skipped_is_told_as_that_and_is_no_failure() -> None:
    session = read(Path(__file__).parents[1] / "agents/golden/format-1-one-role.jsonl").session()
    assert session.turns["c2"].is_skipped
    assert session.failed == sum(turn.has_failed for turn in session.turns.values())
    assert "1 skipped\n" in summary(session)
    assert "c2 <- b1 (skipped)" in trace(session)
