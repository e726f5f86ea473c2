"""What a model behind litellm gives, how it fails, and what it leaves behind. All on loopback."""

import asyncio
import os
import socket
import subprocess
import sys
import textwrap
import traceback
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstorm_agents import tokens
from brainstorm_agents.clock import LoopClock
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import (
    FORMAT,
    RoundStarted,
    SessionStarted,
    TurnAsked,
    TurnStarted,
    Usage,
    UserSpoke,
)
from brainstorm_agents.models.litellm import LitellmModel
from brainstorm_agents.models.model import Request
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.redaction import redact
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.session import Session

from .servers import USAGE, ChatServer, Reply

# litellm silences these itself; pytest lets them through.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the:DeprecationWarning")

KEY = "sk-bees-0123456789abcdef"
ROOT = Path(__file__).parents[2]
PLAIN_KEY = "honey0and0wax0and0pollen"
"""A key that does not look like one."""


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)


@pytest.fixture
async def models():
    """Makes models, and closes them."""
    made = []

    def make(api_base=None):
        made.append(LitellmModel(api_base))
        return made[-1]

    yield make
    for model in made:
        await model.close()


def request(model="openai/bee-1", **params):
    """The opening turn of a role that has this model and these params."""
    role = Role(name="Alex", model=model, params=params)
    scenario = Scenario(name="hive", roles=(role,))
    session = Session()
    happened = [
        SessionStarted(0, 0.0, FORMAT, "1", scenario, 7, "2026-01-01T00:00:00Z"),
        UserSpoke(1, 0.0, "user", "How do bees find home?"),
        RoundStarted(2, 0.0, 0, "simultaneous"),
        TurnStarted(3, 0.0, "a0", "Alex", 0, ((0, 1),)),
        TurnAsked(4, 0.0, "a0", "Alex", 1, model),
    ]
    for event in happened:
        session.apply(event)
    return Request(
        Prompt(session, session.turns["a0"]), params, 7, 1, LoopClock(), scenario.model(model)
    )


async def hear(model, asked):
    """The whole reply: text, reasoning, usage."""
    chunks = [chunk async for chunk in model.stream(asked)]
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    assert len(usages) == 1
    return (
        "".join(chunk.text for chunk in chunks),
        "".join(chunk.reasoning for chunk in chunks),
        usages[0],
    )


async def fail(model, asked):
    """The error that the call ends with."""
    with pytest.raises(ModelError) as caught:
        await hear(model, asked)
    return caught.value


@asynccontextmanager
async def speaking(model, asked):
    """A task that has heard the first text and waits for more."""
    heard = asyncio.Event()

    async def listen():
        async for chunk in model.stream(asked):
            if chunk.text:
                heard.set()

    task = asyncio.create_task(listen())
    await heard.wait()
    yield task
    assert task.done()


async def test_text_and_reasoning_come_apart(models):
    async with ChatServer(Reply(reasoning=("Hm. ", "Bees."))) as server:
        text, reasoning, _ = await hear(models(server.address), request())
    assert (text, reasoning) == ("Bees dance maps.", "Hm. Bees.")


async def test_pieces_come_as_the_server_sends_them(models):
    async with ChatServer() as server:
        pieces = [chunk.text async for chunk in models(server.address).stream(request())]
    assert pieces == ["Bees ", "dance ", "maps.", ""]


async def test_the_prompt_and_the_params_reach_the_server(models):
    asked = request(temperature=0.5)
    async with ChatServer() as server:
        await hear(models(server.address), asked)
    body = server.calls[0].body
    assert body["model"] == "bee-1"
    assert body["messages"] == asked.prompt.messages()
    assert body["temperature"] == 0.5


@pytest.mark.parametrize("usage", ["alone", "with the last choice"])
async def test_usage_is_what_the_server_tells(models, usage):
    async with ChatServer(Reply(usage=usage)) as server:
        _, _, told = await hear(models(server.address), request())
    assert told == Usage(USAGE["prompt_tokens"], USAGE["completion_tokens"])


@pytest.mark.parametrize("usage", ["none", "impossible"])
async def test_usage_is_counted_where_the_server_tells_none_that_can_be_true(models, usage):
    asked = request()
    async with ChatServer(Reply(usage=usage, reasoning=("Hm. ",))) as server:
        _, _, usage = await hear(models(server.address), asked)
    prompt = sum(tokens.count(message["content"]) for message in asked.prompt.messages())
    assert usage == Usage(prompt, tokens.count("Hm. Bees dance maps."), counted=True)


async def test_a_server_that_refuses_stream_options_is_asked_without_them(models):
    async with ChatServer(Reply(takes_stream_options=False)) as server:
        model = models(server.address)
        assert (await hear(model, request()))[0] == "Bees dance maps."
        assert (await hear(model, request()))[0] == "Bees dance maps."
    offered = ["stream_options" in call.body for call in server.calls]
    assert offered == [True, False, False]


async def test_ten_megabytes_arrive_whole(models):
    pieces = [f"{number:_>10000}" for number in range(1000)]
    async with ChatServer(Reply(pieces=pieces)) as server:
        text, _, _ = await hear(models(server.address), request())
    assert text == "".join(pieces)


async def test_calls_overlap(models):
    async with ChatServer(Reply(together=5)) as server:
        model = models(server.address)
        await asyncio.gather(*(hear(model, request()) for _ in range(5)))
    assert max(call.began for call in server.calls) < min(call.ended for call in server.calls)


async def test_a_finish_reason_on_the_last_piece_is_one(models):
    async with ChatServer(Reply(finishes_with_last_piece=True)) as server:
        assert (await hear(models(server.address), request()))[0] == "Bees dance maps."


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(finish_reason=None), "cut short"),
        (Reply(finish_reason=None, usage="none"), "cut short"),
        (Reply(ending="closed"), "the connection to .* failed"),
        (Reply(ending="reset"), "the connection to .* failed"),
        (Reply(pieces=(), ending="reset"), "the connection to .* failed"),
        (Reply(ending="reset", is_chunked=False), "cut short"),
        (Reply(pieces=()), "empty"),
        (Reply(pieces=(" ", "\n")), "empty"),
        (Reply(pieces=["more "] * 150), "repeated itself"),
    ],
)
async def test_a_reply_that_is_not_whole_is_a_failure_that_may_pass(models, reply, words):
    async with ChatServer(reply) as server:
        error = await fail(models(server.address), request())
    assert error.retryable
    with pytest.raises(ModelError, match=words):
        raise error


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(finish_reason="content_filter"), "content filter"),
        (Reply(pieces=(), reasoning=("Hm. ",), finish_reason="length"), "max_tokens"),
    ],
)
async def test_a_reply_that_would_end_the_same_again_is_not_retryable(models, reply, words):
    async with ChatServer(reply) as server:
        error = await fail(models(server.address), request())
    assert words in str(error)
    assert not error.retryable


async def test_a_reply_cut_at_its_length_limit_is_kept(models):
    async with ChatServer(Reply(finish_reason="length")) as server:
        assert (await hear(models(server.address), request()))[0] == "Bees dance maps."


@pytest.mark.parametrize(
    ("params", "note"),
    [
        ({"max_tokens": 3}, "cut at max_tokens, 3"),
        ({}, "cut at the length that the server allows"),
    ],
)
async def test_that_a_reply_was_cut_is_told(models, params, note):
    async with ChatServer(Reply(finish_reason="length"), Reply()) as server:
        model = models(server.address)
        cut, whole = [[chunk.note async for chunk in model.stream(request(**params))] for _ in "12"]
    assert [text for text in cut if text] == [note]
    assert not any(whole)


@pytest.mark.parametrize("pieces", [("Bees ", "dance"), ()])
async def test_a_server_that_falls_silent_is_given_up(models, pieces):
    async with ChatServer(Reply(pieces=pieces, ending="stalled")) as server:
        error = await fail(models(server.address), request(timeout=0.2))
        await server.calls[0].over.wait()
    assert "went silent" in str(error)
    assert error.retryable
    assert server.calls[0].was_dropped


@pytest.mark.parametrize(
    ("reply", "words", "retryable"),
    [
        (Reply(status=400, error="bad temperature"), "refused the request (400): bad temp", False),
        (
            Reply(status=400, error="context_window_fallbacks=None"),
            "refused the request (400)",
            False,
        ),
        (
            Reply(status=400, error="this is a mock context window exceeded error"),
            "too long for the model",
            False,
        ),
        (Reply(status=402), "paid first (402)", False),
        (Reply(status=403, error="not in your country"), "(403): not in your country", False),
        (Reply(status=404, error="no model bee-1"), "not found (404): no model bee-1", False),
        (Reply(status=408), "gave up waiting (408)", True),
        (Reply(status=409), "failed (409)", True),
        (Reply(status=413), "too long for the server (413)", False),
        (Reply(status=422, error="n is odd"), "refused the request (422): n is odd", False),
        (Reply(status=429), "lower the model's max_in_flight or requests_per_minute", True),
        (Reply(status=429, code="insufficient_quota"), "quota is used up (429)", False),
        (Reply(status=500, error="out of memory"), "failed (500): out of memory", True),
        (Reply(status=502), "failed (502)", True),
        (Reply(status=503), "failed (503)", True),
        (Reply(status=504), "gave up waiting (504)", True),
        (Reply(status=529, error="overloaded"), "failed (529): overloaded", True),
        (
            Reply(status=400, error="This model's maximum context length is 4097 tokens."),
            "context length is 4097 tokens; give the role a memory",
            False,
        ),
        (
            Reply(status=400, error="content_policy_violation: invalid_request_error"),
            "content policy",
            False,
        ),
    ],
)
async def test_what_a_server_refuses_is_told_in_our_words(models, reply, words, retryable):
    async with ChatServer(reply) as server:
        error = await fail(models(server.address), request())
    assert words in str(error)
    assert str(error).startswith("openai/bee-1: ")
    assert "litellm." not in str(error)
    assert error.retryable is retryable
    assert len(server.calls) == 1  # Whether to ask again is not for this layer to say.


@pytest.mark.parametrize("model", ["openai/bee-1", "groq/bee-1", "anthropic/bee-1"])
async def test_a_server_can_say_when_to_ask_again(models, model):
    async with ChatServer(Reply(status=429, headers={"Retry-After": "7.5"})) as server:
        error = await fail(models(server.address), request(model))
    assert error.retry_after == 7.5


async def test_a_server_can_say_when_to_ask_again_as_a_date(models):
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    async with ChatServer(Reply(status=503, headers={"Retry-After": date})) as server:
        error = await fail(models(server.address), request())
    assert error.retry_after == pytest.approx(3600, abs=60)


@pytest.mark.parametrize("value", ["soon", "nan", "", "-"])
async def test_a_retry_after_that_says_nothing_is_ignored(models, value):
    async with ChatServer(Reply(status=429, headers={"Retry-After": value})) as server:
        assert (await fail(models(server.address), request())).retry_after is None


async def test_a_refused_connection_names_the_address(models):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = await fail(models(f"http://127.0.0.1:{port}/v1"), request())
    assert f"connection refused at 127.0.0.1:{port}: is the server running?" in str(error)
    assert error.retryable


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("openai/bee-1", "OPENAI_API_KEY"),
        ("gpt-4o", "OPENAI_API_KEY"),
        ("anthropic/bee-1", "ANTHROPIC_API_KEY"),
        ("groq/bee-1", "GROQ_API_KEY"),
        ("gemini/bee-1", "GEMINI_API_KEY"),
    ],
)
async def test_a_key_that_is_not_set_is_named(models, model, name):
    error = await fail(models(), request(model))
    assert str(error) == f"{model}: {name} is not set; export it, or use --model mock"
    assert not error.retryable


async def test_a_server_of_ones_own_needs_no_key(models):
    async with ChatServer() as server:
        await hear(models(server.address), request())
        await hear(models(), request(api_base=server.address))
    assert [call.key for call in server.calls] == ["none", "none"]


async def test_a_server_of_ones_own_may_come_from_the_environment(models, monkeypatch):
    async with ChatServer() as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.address)
        await hear(models(), request())
    assert len(server.calls) == 1


async def test_a_server_of_ones_own_that_wants_a_key_says_which(models):
    async with ChatServer(Reply(status=401)) as server:
        error = await fail(models(server.address), request())
    assert "wants a valid key (401); export OPENAI_API_KEY" in str(error)


async def test_a_wrong_key_is_named_by_its_variable(models, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with ChatServer(Reply(status=401)) as server:
        error = await fail(models(server.address), request())
    assert server.calls[0].key == KEY
    assert "wants a valid key (401); check OPENAI_API_KEY" in str(error)
    assert not error.retryable


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
@pytest.mark.parametrize("key", [KEY, PLAIN_KEY])
@pytest.mark.parametrize("model", ["openai/bee-1", "anthropic/bee-1"])
async def test_a_key_is_never_told(models, monkeypatch, status, key, model):
    monkeypatch.setenv(model.partition("/")[0].upper() + "_API_KEY", key)
    reply = Reply(status=status, error=f"wrong key {key} in 'Bearer {key}'")
    async with ChatServer(reply) as server:
        error = await fail(models(server.address), request(model))
    assert key not in "".join(traceback.format_exception(error))
    assert error.__cause__ is None
    assert error.__context__ is None


async def test_a_key_in_the_params_is_never_told(models):
    params = {"api_key": PLAIN_KEY, "extra_headers": {"X-Token": "wax" * 5}}
    reply = Reply(status=400, error=f"{{key}} and {'wax' * 5}")
    async with ChatServer(reply) as server:
        error = await fail(models(server.address), request(**params))
    assert server.calls[0].key == PLAIN_KEY
    assert "[redacted] and [redacted]" in str(error)


async def test_what_looks_like_a_key_is_never_told(models):
    reply = Reply(status=400, error="Incorrect key: sk-proj-****************wxyz, see the docs")
    async with ChatServer(reply) as server:
        error = await fail(models(server.address), request())
    assert "Incorrect key: [redacted], see the docs" in str(error)


@given(*[st.text("ab0 ", max_size=12)] * 2, st.text("ab0", min_size=8, max_size=12))
def test_no_text_around_a_key_saves_it(before, after, key):
    assert key not in redact(before + key + after, [key])


async def test_what_a_server_says_is_quoted_shortly_and_on_one_line(models):
    async with ChatServer(Reply(status=500, error="so\nmuch " * 1000)) as server:
        error = await fail(models(server.address), request())
    assert "\n" not in str(error)
    assert len(str(error)) < 300


async def test_a_model_without_a_provider_is_told_how_one_looks(models):
    assert "openai/gpt-4o" in str(await fail(models(), request("bee-1")))
    own = await fail(models("http://127.0.0.1:1/v1"), request("hive/bee-1"))
    assert "openai/hive/bee-1 for the server at --api-base" in str(own)


async def test_a_failure_while_another_is_handled_is_told_for_itself(models):
    async with ChatServer(Reply(status=429), Reply(status=500)) as server:
        model = models(server.address)
        try:
            await hear(model, request())
        except ModelError:
            error = await fail(model, request())
    assert "failed (500)" in str(error)


async def test_a_mock_response_needs_no_server_and_no_key(models):
    text, _, usage = await hear(models(), request("gpt-4o", mock_response="Bees hum."))
    assert text == "Bees hum."
    assert usage.counted


async def test_a_mock_response_lets_the_event_loop_come_round_at_every_chunk(models):
    rounds = 0

    async def count():
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    counting = asyncio.create_task(count())
    heard = []
    async for chunk in models().stream(request("gpt-4o", mock_response="hum " * 20)):
        if chunk.text:
            heard.append(rounds)
    counting.cancel()
    assert len(heard) > 20
    assert len(set(heard)) == len(heard)


async def test_a_mock_response_can_fail(models):
    asked = request("gpt-4o", mock_response="litellm.RateLimitError")
    error = await fail(models(), asked)
    assert "rate limited (429)" in str(error)
    assert error.retryable


async def test_cancelling_ends_the_call_before_its_first_token(models):
    async with ChatServer(Reply(together=2)) as server:
        task = asyncio.create_task(hear(models(server.address), request()))
        await server.until_calls(1)
        task.cancel()
        await server.calls[0].over.wait()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert server.calls[0].was_dropped


async def test_cancelling_ends_the_call_in_the_middle(models):
    async with (
        ChatServer(Reply(ending="stalled")) as server,
        speaking(models(server.address), request()) as task,
    ):
        task.cancel()
        await server.calls[0].over.wait()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert server.calls[0].was_dropped


async def test_closing_the_stream_ends_the_call(models):
    async with ChatServer(Reply(ending="stalled")) as server:
        chunks = models(server.address).stream(request())
        await anext(chunks)
        await chunks.aclose()
        await server.calls[0].over.wait()
    assert server.calls[0].was_dropped


async def test_a_closed_model_holds_no_connection_and_no_task(models):
    async with ChatServer() as server:
        before = asyncio.all_tasks()
        model = models(server.address)
        await hear(model, request())
        assert server.open_connections == 1
        await model.close()
        await server.until_disconnected()
    assert asyncio.all_tasks() <= before


async def test_closing_a_model_leaves_the_others_theirs(models):
    async with ChatServer(Reply(), Reply(ending="stalled"), Reply()) as server:
        ended, going = models(server.address), models(server.address)
        await hear(ended, request())
        async with speaking(going, request()) as task:
            await ended.close()
            assert not server.calls[1].over.is_set()
            assert (await hear(going, request()))[0] == "Bees dance maps."
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_model_works_after_another_was_closed(models):
    async with ChatServer() as server:
        for _ in range(2):
            model = models(server.address)
            assert (await hear(model, request()))[0] == "Bees dance maps."
            await model.close()


def test_a_process_stays_quiet_responsive_and_clean(tmp_path):
    """In a process of its own: litellm is imported there for the first time."""
    (tmp_path / ".env").write_text("HIVE=from the file\n")
    script = textwrap.dedent("""
        import asyncio, os, sys, threading
        sys.path[:0] = sys.argv[1:]
        import dotenv
        dotenv.load_dotenv = lambda **_: sys.exit("a .env file was asked for")
        from tests.agents.servers import ChatServer, Reply
        from tests.agents.test_litellm_model import LitellmModel, fail, hear, request

        async def main():
            assert "litellm" not in sys.modules
            replies = Reply(), Reply(ending="closed"), Reply(status=500), Reply(ending="stalled")
            async with ChatServer(*replies) as server:
                model = LitellmModel(server.address)
                preparing = asyncio.gather(*(model.prepare() for _ in range(3)))
                rounds = 0
                while not preparing.done():
                    await asyncio.sleep(0.001)
                    rounds += 1
                assert rounds > 100, rounds
                await hear(model, request())
                for _ in range(2):
                    await fail(model, request())
                await fail(model, request(timeout=0.1))
                await fail(model, request("nobody/knows"))
                await hear(model, request("gpt-4o", mock_response="hum"))
                await model.close()
                await server.until_disconnected()
            assert asyncio.all_tasks() == {asyncio.current_task()}, asyncio.all_tasks()

        asyncio.run(main())
        assert "HIVE" not in os.environ
        for thread in threading.enumerate():
            if thread is not threading.main_thread():
                thread.join(10)
                assert not thread.is_alive(), thread
    """)
    ran = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", script, str(ROOT)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OPENAI_API_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout == ""
    assert ran.returncode == 0


async def test_fakellm_is_understood(models, tmp_path):
    rules = "version: 1\nrules:\n- name: bees\n  respond: {content: Bees like a round dance.}\n"
    (tmp_path / "fakellm.yaml").write_text(rules)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = "-m", "fakellm.cli", "serve", "--port", str(port), "--config", "fakellm.yaml"
    server = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=tmp_path, stdout=-3, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert server.stderr
        while b"running on" not in (line := await server.stderr.readline()):
            assert line, "fakellm ended"
        text, _, usage = await hear(models(f"http://127.0.0.1:{port}/v1"), request())
    finally:
        server.terminate()
        await server.wait()
    assert text == "Bees like a round dance."
    assert usage.counted
