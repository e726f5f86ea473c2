"""A key that the server says aloud, everywhere that it can, is told nowhere."""

import asyncio
import base64
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from brainstorm_agents.reader import read
from brainstorm_agents.scenario import load, with_overrides
from brainstorm_tui.app import BrainstormApp
from brainstorm_tui.cli import main
from brainstorm_tui.exports import FORMATS
from brainstorm_tui.launch import Launch

from .agents.servers import ChatServer, Reply
from .agents.test_faults import FAULTS as ALL_FAULTS
from .agents.test_faults import serving

# litellm silences these itself; pytest lets them through.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the:DeprecationWarning")

CANARY = "canary0and0yellow0feathers"
"""It does not look like a key."""

DEADLINE_S = 60.0

SAID = Reply(
    pieces=("I was sent ", CANARY[:7], CANARY[7:19], CANARY[19:] + " by you. Again: ", CANARY),
    reasoning=("So the key is ", *CANARY, ", or ", CANARY[:5]),
    headers={"X-Key": CANARY, "Set-Cookie": f"key={CANARY}"},
)
REFUSED = Reply(status=401, error=f"wrong key: {CANARY}", headers={"X-Key": CANARY})
LIMITED = Reply(status=429, error=f"too many calls with Bearer {CANARY}", code=CANARY)
BROKEN = Reply(status=500, error=f'{{"key": "{CANARY}"}}')
FORBIDDEN = Reply(status=403, error=f"http://x.test/?key={CANARY} may not")
CUT = Reply(pieces=("Your key: ", CANARY[:-1]), ending="reset")
FAULTS = {
    "said": SAID,
    "refused": REFUSED,
    "limited": LIMITED,
    "broken": BROKEN,
    "forbidden": FORBIDDEN,
    "cut": CUT,
}

HIVE = """\
name: hive
topic: Tea?
rounds: 1
models:
  bee: {model: openai/any, retry: {attempts: 1}, timeouts: {first_token: 2, gap: 1}}
defaults: {model: bee}
roles: [{name: Ann}, {name: Bo}]
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, also as the working directory; one key, no settings."""
    for name in os.environ:
        if name.startswith("BRAINSTORM_TUI_") or name.endswith(("_API_KEY", "_API_BASE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.chdir(tmp_path)
    Path("hive.yaml").write_text(HIVE)
    return tmp_path


def traces(text: str) -> Iterator[str]:
    """The forms of the key that are in a text."""
    encoded = base64.b64encode(CANARY.encode()).decode()
    # A reply that was cut off with the key in it may show no more of it than any word has.
    return (form for form in (CANARY, CANARY[:12], CANARY[-12:], encoded) if form in text)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("how", ["--json", "--show=transcript"])
async def test_a_key_that_a_server_tells_is_nowhere(
    fault: str, how: str, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with ChatServer(FAULTS[fault]) as server, asyncio.timeout(DEADLINE_S):
        words = ["--debug", "run", "hive.yaml", how, "--api-base", server.address]
        await asyncio.to_thread(main, [*words, "--log", "a.jsonl"])
        assert {call.key for call in server.calls} == {CANARY}
    for name in FORMATS:
        assert main(["export", "a.jsonl", "--to", name, "--output", f"a.{name}"]) == 0
    for turn in read(Path("a.jsonl")).session().turns:
        assert main(["logs", "prompt", "a.jsonl", turn]) == 0
    told = capfd.readouterr()
    assert not list(traces(told.out + told.err))
    written = contents(home)
    assert len(written) > len(FORMATS)
    assert not [name for name, text in written.items() if list(traces(text))]


@pytest.mark.parametrize("what", ALL_FAULTS)
async def test_whatever_goes_wrong_the_key_is_nowhere(
    what: str, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    reply = ALL_FAULTS[what]
    if reply.status:
        headers = {**reply.headers, "X-Key": CANARY}
        reply = replace(reply, error=f"{reply.error} {CANARY}", headers=headers)
    async with serving(reply) as (_, address), asyncio.timeout(DEADLINE_S):
        words = ["--debug", "run", "hive.yaml", "--json", "--api-base", address]
        await asyncio.to_thread(main, [*words, "--rounds", "0", "--log", "a.jsonl"])
    for name in FORMATS:
        assert main(["export", "a.jsonl", "--to", name, "--output", f"a.{name}"]) == 0
    told = capfd.readouterr()
    assert not list(traces(told.out + told.err))
    assert not [name for name, text in contents(home).items() if list(traces(text))]


def contents(folder: Path) -> dict[str, str]:
    """What is in the files under a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name: path.read_text("utf-8", "replace") for path in files}


async def test_what_is_said_around_the_key_stays(capfd: pytest.CaptureFixture[str]) -> None:
    async with ChatServer(SAID) as server, asyncio.timeout(DEADLINE_S):
        words = ["run", "hive.yaml", "--api-base", server.address, "--rounds", "0"]
        assert await asyncio.to_thread(main, [*words, "--log", "a.jsonl"]) == 0
    turns = read(Path("a.jsonl")).session().turns.values()
    assert {turn.text for turn in turns} == {"I was sent [redacted] by you. Again: [redacted]"}
    thoughts = {"".join(turn.reasoning) for turn in turns}
    assert thoughts == {f"So the key is [redacted], or {CANARY[:5]}"}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_key_that_a_server_tells_is_not_on_the_screen(fault: str) -> None:
    scenario = with_overrides(load("hive.yaml"), rounds=0)
    async with ChatServer(FAULTS[fault]) as server, asyncio.timeout(DEADLINE_S):
        launch = Launch(
            scenario=scenario,
            seed=7,
            api_base=server.address,
            log=Path("a.jsonl"),
            run_at_once=True,
        )
        app = BrainstormApp([launch])
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            seen = []
            while app.controller is None or app.controller.session.finished_round < 0:
                await pilot.pause(0.02)
                seen.append(app.export_screenshot())
            await pilot.press("z")
            await pilot.pause(0.1)
            seen.append(app.export_screenshot())
        assert server.calls
    assert not [trace for picture in seen for trace in traces(picture.replace("&#160;", " "))]


@pytest.mark.parametrize("is_debugged", [False, True])
async def test_a_crash_tells_no_key(
    is_debugged: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if is_debugged:
        monkeypatch.setenv("BRAINSTORM_TUI_DEBUG", "1")

    def fail(self: BrainstormApp) -> None:
        # Textual would tell the variables here and in the frames above.
        held = os.environ["OPENAI_API_KEY"]
        raise RuntimeError(f"it was {held}")

    monkeypatch.setattr(BrainstormApp, "show_help", fail)
    app = BrainstormApp([Launch(scenario=with_overrides(load("hive.yaml"), model="mock"), seed=7)])
    with pytest.raises(RuntimeError, match="it was"):
        async with app.run_test() as pilot:
            await pilot.press("question_mark")
    app._print_error_renderables()
    told = capfd.readouterr()
    assert not list(traces(told.out + told.err))
    assert ("Traceback" in told.err) is is_debugged
    assert app.error is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("brainstorm_tui.headless.run", _raising(app.error))
        assert main(["run"]) == 1
    told = capfd.readouterr()
    assert not list(traces(told.out + told.err))
    assert "it was [redacted]" in told.err


def _raising(error: Exception) -> Callable[..., int]:
    def run(*_: object) -> int:
        raise error

    return run
