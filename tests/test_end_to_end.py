"""From the command line to a model and back: the program as it is started, nothing in between."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from brainstorm_agents.events import RoundFinished, RoundStarted, TurnAsked, TurnFinished
from brainstorm_agents.reader import Log, read
from brainstorm_agents.session import Phase
from brainstorm_tui.cli import main

from .agents.casts import TRACE, phases, trace
from .agents.servers import Call, ChatServer, Reply
from .tui.terminal import Terminal

# litellm silences these itself; pytest lets them through.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the:DeprecationWarning")

PROGRAM = (sys.executable, "-m", "brainstorm_tui")
AT_ONCE = ("--speed", "0", "--seed", "7")
KEY = "sk-bees-0123456789abcdef"
DEADLINE_S = 30.0
"""How long anything may take: far longer than it does, so that a busy machine fails nothing."""


class Done(NamedTuple):
    """What a process left behind."""

    code: int | None
    out: str
    err: str


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, also as the working directory; no key, no settings."""
    for name in os.environ:
        if name.startswith("BRAINSTORM_TUI_") or name.endswith(("_API_KEY", "_API_BASE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def fakellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that others have written, in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("fakellm")
    (folder / "fakellm.yaml").write_text("version: 1\ndefaults: {fallback: deterministic_echo}\n")
    words = [sys.executable, "-c", "from fakellm.cli import main; main()"]
    with subprocess.Popen(
        [*words, "serve", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        deadline = time.monotonic() + DEADLINE_S
        while not _is_listening(port):
            assert time.monotonic() < deadline, "fakellm does not listen"
            assert server.poll() is None, "fakellm has ended"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/v1"
        server.terminate()


def _is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


async def started(*words: str) -> asyncio.subprocess.Process:
    """The program as a process of its own."""
    return await asyncio.create_subprocess_exec(
        *PROGRAM, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


async def done(process: asyncio.subprocess.Process) -> Done:
    """What a process says until its end."""
    async with asyncio.timeout(DEADLINE_S):
        out, err = await process.communicate()
    return Done(process.returncode, out.decode(), err.decode())


async def run_beside(*words: str) -> int:
    """Run a session in a thread, beside a server in this loop; the exit code."""
    async with asyncio.timeout(DEADLINE_S):
        return await asyncio.to_thread(main, ["run", *words])


def asking(server: str, *words: str) -> Sequence[str]:
    """The options that send every call to a server."""
    return ("--model", "openai/any", "--api-base", server, "--seed", "7", *words)


def without_times(transcript: str) -> str:
    """A transcript but for what a clock has measured."""
    return re.sub(r"(?m)^time .*\n", "", transcript)


def most_in_flight(calls: Sequence[Call]) -> int:
    """How many calls a server had at once, at most."""
    starts = [call.began for call in calls]
    return max(
        sum(call.began <= at < (call.ended or float("inf")) for call in calls) for at in starts
    )


def rounds_took(log: Log) -> float:
    """Seconds of session time from the first round's start to the last one's end."""
    starts = [event.t for event in log.events if isinstance(event, RoundStarted)]
    ends = [event.t for event in log.events if isinstance(event, RoundFinished)]
    return ends[-1] - starts[0]


# A server that others have written


async def test_any_server_that_speaks_openai_is_one_option_away(fakellm: str) -> None:
    process = await started("run", *asking(fakellm, "--rounds", "1", "--log", "a.jsonl"))
    code, out, err = await done(process)
    assert (code, err) == (0, "log: a.jsonl\n")
    assert out.startswith("classroom · openai/any · seed 7\n")
    assert re.search(r"\na0 ← user  Alex\n  \[mock response for any, fingerprint \w+\]\n", out)
    assert out.count("[mock response for any") == 3
    assert "── all rounds are done ──" in out


def test_while_litellm_is_loaded_the_screen_answers_keys_and_then_the_words_come(
    fakellm: str, home: Path
) -> None:
    words = asking(fakellm, "--topic", "Why do bees dance?", "--log", "a.jsonl", "--rounds", "2")
    with Terminal(*words, home=home) as terminal:
        terminal.wait_for("Why do bees dance?", "loading litellm")
        terminal.press("z")
        terminal.wait_for("loading litellm", "z back")
        terminal.press("z")
        terminal.wait_for("loading litellm", "z zoom")
        assert not any(isinstance(event, TurnAsked) for event in read(home / "a.jsonl").events)
        terminal.wait_for("[mock response for any", "run 2 rounds")
        terminal.press("r")
        terminal.wait_for("all rounds done")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    session = read(home / "a.jsonl").session()
    assert trace(session) == TRACE[:3]
    assert set(phases(session).values()) == {Phase.DONE}


# Concurrency


async def test_a_rounds_requests_overlap_unless_they_may_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    together = (Reply(), Reply(together=2), Reply(together=2), Reply(together=3))
    async with ChatServer(*together) as server:
        assert await run_beside(*asking(server.address, "--rounds", "2", "--no-log")) == 0
        assert most_in_flight(server.calls) == 3
    at_once = capsys.readouterr().out
    async with ChatServer() as server:
        words = ("--rounds", "2", "--no-log", "--max-concurrency", "1")
        assert await run_beside(*asking(server.address, *words)) == 0
        assert len(server.calls) == 6
        assert most_in_flight(server.calls) == 1
    assert without_times(capsys.readouterr().out) == without_times(at_once)


LATENCY = ("-p", "latency=1", "--rounds", "2", "--seed", "7")
TURNS_TAKEN = ("--max-concurrency", "1")


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        (("classroom", *LATENCY), 3.0),
        (("classroom", *LATENCY, *TURNS_TAKEN), 6.0),
        (("stock-prices",), 3.0),
        (("stock-prices", *TURNS_TAKEN), 6.0),
    ],
)
def test_what_runs_at_once_takes_as_long_as_its_longest(
    words: tuple[str, ...], seconds: float
) -> None:
    assert main(["run", *words, "--speed", "0", "--log", "a.jsonl"]) == 0
    assert rounds_took(read(Path("a.jsonl"))) == pytest.approx(seconds, abs=1e-5)


async def test_so_it_does_on_a_real_clock() -> None:
    async def quickest(name: str, *words: str) -> float:
        # Two runs, since on a busy machine one may be held up by others.
        logs = [Path(f"{name}-{number}.jsonl") for number in range(2)]
        processes = [await started("run", *LATENCY, *words, "--log", str(log)) for log in logs]
        for process in processes:
            assert (await done(process)).code == 0
        return min(rounds_took(read(log)) for log in logs)

    at_once, in_turns = await asyncio.gather(
        quickest("at-once"), quickest("in-turns", *TURNS_TAKEN)
    )
    # The virtual clock has the exact claim; here a busy machine may add to it, never take away.
    assert at_once > 2.99
    assert in_turns > 5.98
    assert at_once < in_turns


# Failure


@pytest.fixture
async def refusing() -> AsyncIterator[ChatServer]:
    """A server that does not like the key, and says it aloud."""
    async with ChatServer(Reply(status=401, error="Incorrect API key: {key}")) as server:
        yield server


def write_hive(**servers: ChatServer) -> None:
    """A cast of these names, each of whom asks a server of its own, with the usual key."""
    models = [
        f"  of-{name}: {{model: openai/any, api_base: '{server.address}',"
        " api_key_env: OPENAI_API_KEY}\n"
        for name, server in servers.items()
    ]
    roles = [f"  - {{name: {name}, model: of-{name}}}\n" for name in servers]
    head = "name: hive\ntopic: Tea?\nmodels:\n"
    Path("hive.yaml").write_text(head + "".join(models) + "roles:\n" + "".join(roles))


def written(name: str) -> str:
    """A file, as it is."""
    return Path(name).read_text("utf-8")


async def test_a_role_whose_server_fails_says_why_and_the_others_go_on(
    refusing: ChatServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with (
        ChatServer() as healthy,
        ChatServer(Reply(status=500, error="the hive is full")) as broken,
        ChatServer(Reply(ending="closed")) as cutting,
    ):
        write_hive(Ann=healthy, Bo=refusing, Cy=broken, Di=cutting, Eve=healthy)
        words = ("hive.yaml", "--rounds", "1", "--log", "a.jsonl")
        assert await run_beside(*words) == 0
    out, err = capfd.readouterr()
    turns = read(Path("a.jsonl")).session().turns
    reasons = {turn.role: turn.reason for turn in turns.values() if turn.reason}
    assert set(reasons) == {"Bo", "Cy", "Di"}
    assert "key" in reasons["Bo"]
    assert "the hive is full" in reasons["Cy"]
    assert "the connection to 127.0.0.1" in reasons["Di"]
    for reason in reasons.values():
        assert f": {reason}\n" in out
    assert turns["a1"].phase is turns["e1"].phase is Phase.DONE
    assert {call.key for call in refusing.calls} == {KEY}
    assert KEY not in out + err + written("a.jsonl")


async def test_when_every_turn_fails_so_has_the_session(
    refusing: ChatServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert await run_beside(*asking(refusing.address, "--log", "a.jsonl")) == 1
    out, err = capfd.readouterr()
    assert "no turn finished: openai/any" in err
    assert KEY not in out + err + written("a.jsonl")


def test_a_role_that_always_fails_does_not_stop_the_others(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scenarios", "show", "classroom"]) == 0
    text = capsys.readouterr().out
    bob = "    profile: student\n"
    assert bob in text
    Path("cast.yaml").write_text(text.replace(bob, f"{bob}    params: {{fail: 1.0}}\n"))
    assert main(["run", "cast.yaml", *AT_ONCE, "--rounds", "3", "--log", "a.jsonl"]) == 0
    transcript = capsys.readouterr().out
    session = read(Path("a.jsonl")).session()
    assert trace(session) == [
        "round 0: a0 <- user",
        "round 1: b1 <- a0 | c1 <- a0",
        "round 2: a1 <- c1 | b2 <- a0 c1",
        "round 3: b3 <- a0 c1 a1 | c2 <- a1",
    ]
    for turn in session.turns.values():
        assert turn.phase is (Phase.FAILED if turn.role == "Bob" else Phase.DONE)
        if turn.role == "Bob":
            assert turn.reason == "the mock model failed, as its parameter fail asks it to"
            assert f"{turn.id} ✗ Bob: {turn.reason}\n" in transcript
    assert main(["replay", "a.jsonl", "--headless", "--show", "trace"]) == 0
    assert "b2 <- a0 c1 (failed)" in capsys.readouterr().out


# The end


async def test_ctrl_c_closes_the_connection_and_the_log_at_once() -> None:
    async with ChatServer(Reply(ending="stalled")) as server:
        process = await started("run", *asking(server.address, "--log", "a.jsonl"))
        async with asyncio.timeout(DEADLINE_S):
            await server.until_calls(1)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            await server.calls[0].over.wait()
            await server.until_disconnected()
        code, out, err = await done(process)
        assert time.monotonic() - began < 3
        assert server.calls[0].was_dropped
    assert (code, err) == (130, "log: a.jsonl\n")
    assert "── interrupted ──" in out
    log = read(Path("a.jsonl"))
    assert (log.torn, log.session().ended) == (0, "interrupted")
    assert phases(log.session()) == {"a0": Phase.CANCELLED}


async def test_words_are_seen_as_they_come_and_q_leaves_in_the_middle_of_them(home: Path) -> None:
    async with ChatServer(Reply(pieces=("Bees ", "dance "), ending="stalled")) as server:
        words = asking(server.address, "--topic", "Why?", "--log", "a.jsonl")

        def sit_there() -> tuple[int, float, str]:
            with Terminal(*words, home=home) as terminal:
                terminal.wait_for("Bees dance")
                terminal.press("q")
                terminal.wait_for("again to quit")
                began = time.monotonic()
                terminal.press("q")
                code = terminal.wait_exit()
                return code, time.monotonic() - began, terminal.output

        code, seconds, output = await asyncio.to_thread(sit_there)
        async with asyncio.timeout(DEADLINE_S):
            await server.until_disconnected()
        assert server.calls[0].was_dropped
    assert code == 0
    assert seconds < 3
    for noise in ("Unclosed", "was destroyed", "never retrieved", "Traceback"):
        assert noise not in output
    log = read(home / "a.jsonl")
    assert (log.torn, log.session().ended) == (0, "quit")
    assert log.session().turns["a0"].phase is Phase.CANCELLED


# The same again


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    """What a run prints, but for times: its transcript and its trace."""
    Path("a.jsonl").unlink(missing_ok=True)
    assert main(["run", *words, "--log", "a.jsonl"]) == 0
    transcript = without_times(capsys.readouterr().out)
    assert main(["replay", "a.jsonl", "--headless", "--show", "trace"]) == 0
    return transcript, capsys.readouterr().out


def test_the_seed_is_all_that_a_session_on_the_mock_depends_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    transcript, who_heard_whom = printed(capsys, *AT_ONCE)
    assert who_heard_whom.splitlines() == TRACE
    assert main(["scenarios", "show", "classroom"]) == 0
    mixed = capsys.readouterr().out
    for profile, latency in (("teacher", 0), ("student", 0.01), ("assistant", 0.5)):
        line = f"    profile: {profile}\n"
        assert line in mixed
        mixed = mixed.replace(line, f"{line}    params: {{latency: {latency}}}\n")
    Path("mixed.yaml").write_text(mixed)
    for words in (
        AT_ONCE,
        ("--seed", "7", "--speed", "20"),
        (*AT_ONCE, "--max-concurrency", "1"),
        ("mixed.yaml", *AT_ONCE),
        ("mixed.yaml", "--seed", "7"),
    ):
        assert printed(capsys, *words) == (transcript, who_heard_whom), words
    another, who_heard_whom = printed(capsys, "--speed", "0", "--seed", "8")
    assert another.splitlines()[1:] != transcript.splitlines()[1:]
    assert who_heard_whom.splitlines() == TRACE


@pytest.mark.parametrize("seed", range(8))
def test_in_ten_rounds_nothing_is_said_twice(seed: int) -> None:
    words = ("--speed", "0", "--rounds", "10", "--seed", str(seed), "--log", "a.jsonl")
    assert main(["run", *words]) == 0
    events = read(Path("a.jsonl")).events
    texts = [event.text for event in events if isinstance(event, TurnFinished)]
    assert len(texts) == 1 + 2 + 9 * 3
    assert len(set(texts)) == len(texts)
