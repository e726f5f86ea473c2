"""Which server is sent which key, and what is said of one that is missing."""

import asyncio
import os

import msgspec
import pytest

from brainstorm_agents import scenario
from brainstorm_agents.errors import InputError, ModelError
from brainstorm_agents.models import keys
from brainstorm_agents.models.litellm import LitellmModel, import_litellm
from brainstorm_agents.named_model import NamedModel
from brainstorm_agents.scenario import Role, Scenario

from .casts import opening
from .servers import ChatServer, Reply

# litellm silences these itself; pytest lets them through.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the:DeprecationWarning")

CANARY = "canary0and0yellow0feathers"
FAR = "https://x.test/v1"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    for name in list(os.environ):
        if name.endswith(("_KEY", "_TOKEN", "_API_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)


def cast(models, *roles):
    lines = "".join(f"  - {role}\n" for role in roles or ["{name: Ann, model: m}"])
    return scenario.parse(f"name: x\ntopic: Tea?\nmodels: {{{models}}}\nroles:\n{lines}", "f")


def refusal(*given, **named):
    with pytest.raises(InputError) as caught:
        keys.check(*given, **named)
    return str(caught.value)


async def ask(model, params=None, api_base=None):
    """Hear the whole reply to a role that has this model."""
    role = Role(name="Ann", model="m", params=params or {})
    asked = opening(Scenario(name="x", topic="Tea?", roles=(role,), models={"m": model}))
    caller = LitellmModel(api_base)
    try:
        async for _ in caller.stream(asked):
            pass
    finally:
        await caller.close()


# What is missing


def test_all_missing_keys_are_told_at_once_with_the_roles_that_need_them():
    read = cast(
        "",
        "{name: Ann, model: openai/a}",
        "{name: Bo, model: anthropic/b}",
        "{name: Cy, model: openai/a}",
        "{name: Di}",
    )

    assert refusal(read) == (
        "OPENAI_API_KEY is not set, and openai/a needs it for Ann, Cy\n"
        "ANTHROPIC_API_KEY is not set, and anthropic/b needs it for Bo;"
        " export them, or use --model mock"
    )


def test_a_fallback_needs_its_key_too():
    read = cast("m: {model: mock, fallbacks: [n]}, n: {model: groq/x}")

    assert refusal(read).startswith("GROQ_API_KEY is not set, and groq/x needs it for Ann;")


def test_a_variable_that_the_scenario_names_is_needed_instead_of_the_usual_one(monkeypatch):
    read = cast("m: {model: openai/x, api_key_env: MY_KEY}")
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)

    assert refusal(read).startswith("MY_KEY is not set")
    monkeypatch.setenv("MY_KEY", CANARY)
    keys.check(read)


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ("\r", "a line end at its end"),
        ("\n", "a line end at its end"),
        (" ", "white space around it"),
        ("é", "a character that no key has"),
        ("\x07", "a character that no key has"),
    ],
)
@pytest.mark.parametrize("model", ["{model: openai/x, api_key_env: MY_KEY}", "{model: openai/x}"])
def test_a_key_that_no_header_takes_is_refused_and_not_quoted(monkeypatch, model, end, problem):
    variable = "MY_KEY" if "MY_KEY" in model else "OPENAI_API_KEY"
    monkeypatch.setenv(variable, CANARY + end)

    for given in ((), ("http://127.0.0.1:1/v1",)):
        refused = refusal(cast(f"m: {model}"), *given)
        assert refused == f"{variable} has {problem}; export it anew"


def test_two_models_need_a_key():
    read = cast("", "{name: Ann, model: openai/a}", "{name: Bo, model: openai/b}")

    assert refusal(read).startswith("OPENAI_API_KEY is not set, and openai/a, openai/b need it")


@pytest.mark.parametrize(
    "models",
    [
        "m: {model: mock}",
        "m: {model: 'recorded:x.jsonl'}",
        "m: {model: ollama_chat/llama3.2}",
        "m: {model: openai/x, api_base: 'http://127.0.0.1:1/v1'}",
        "m: {model: openai/x, params: {api_base: 'http://127.0.0.1:1/v1'}}",
        "m: {model: openai/x, params: {mock_response: Hm.}}",
        "m: {model: bedrock/x}",
    ],
)
def test_where_none_is_needed_or_only_litellm_knows_none_is_missing(models):
    keys.check(cast(models))


@pytest.mark.parametrize("address", ["OPENAI_API_BASE", "OPENAI_BASE_URL"])
def test_a_server_that_the_environment_names_needs_no_key(monkeypatch, address):
    monkeypatch.setenv(address, "http://127.0.0.1:1/v1")

    keys.check(cast("m: {model: openai/x}"))


def test_a_server_that_the_user_names_needs_no_key():
    keys.check(cast("m: {model: openai/x}"), "http://127.0.0.1:1/v1")


@pytest.mark.parametrize("name", sorted(keys.USUAL))
def test_the_usual_variables_are_those_that_litellm_reads(monkeypatch, name):
    litellm = import_litellm()
    model = f"{name}/x"

    assert set(litellm.validate_environment(model)["missing_keys"]) <= set(keys.USUAL[name])
    assert keys.missing(model) == keys.USUAL[name]
    for variable in keys.USUAL[name]:
        with monkeypatch.context() as environment:
            environment.setenv(variable, CANARY)
            assert keys.missing(model) == ()


@pytest.mark.parametrize("model", ["gpt-4o", "o3-mini", "claude-sonnet-4-5"])
def test_a_provider_that_goes_without_saying_is_litellms(model):
    _, provider, _, _ = import_litellm().get_llm_provider(model)

    assert keys.provider(model) == provider


# Who may have it


def test_a_scenarios_own_server_elsewhere_gets_a_key_only_if_the_user_says_so(monkeypatch):
    monkeypatch.setenv("MY_KEY", CANARY)
    read = cast(f"m: {{model: openai/x, api_base: '{FAR}', api_key_env: MY_KEY}}")

    assert refusal(read) == (
        f"the scenario would send the key in MY_KEY to {FAR};"
        " if you trust both of them, add --allow-key MY_KEY"
    )
    assert "MY_KEY" in refusal(read, allowed=("OPENAI_API_KEY",))
    keys.check(read, allowed=("MY_KEY",))


def test_the_address_among_a_roles_params_counts_as_well(monkeypatch):
    monkeypatch.setenv("MY_KEY", CANARY)
    own = "m: {model: openai/x, api_base: 'http://127.0.0.1:1', api_key_env: MY_KEY}"
    role = f"{{name: Ann, model: m, params: {{base_url: '{FAR}'}}}}"

    assert FAR in refusal(cast(own, role))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.3.2.1"])
def test_a_server_on_this_computer_may_be_sent_the_key_that_is_named(monkeypatch, host):
    monkeypatch.setenv("MY_KEY", CANARY)

    keys.check(cast(f"m: {{model: openai/x, api_base: 'http://{host}:1', api_key_env: MY_KEY}}"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1.x.test", "localhost.x.test", "0.0.0.0", "10.0.0.1", "2130706433"]
)
def test_what_looks_like_this_computer_is_not_it(monkeypatch, host):
    monkeypatch.setenv("MY_KEY", CANARY)
    read = cast(f"m: {{model: openai/x, api_base: 'http://{host}:1', api_key_env: MY_KEY}}")

    assert "--allow-key MY_KEY" in refusal(read)


@pytest.mark.parametrize("model", ["vertex_ai/x", "bedrock/x", "gemini-pro", "nobody/x"])
def test_a_provider_that_signs_in_by_itself_is_not_asked_at_a_scenarios_server(model):
    read = cast(f"m: {{model: {model}, api_base: '{FAR}'}}")

    assert "does not go with an address of the scenario's" in refusal(read)
    keys.check(read, "https://mine.test/v1")


@pytest.mark.parametrize(
    "changes",
    [
        {"params": {"fallbacks": [{"model": "openai/x", "api_base": FAR}]}},
        {"params": {"custom_llm_provider": "vertex_ai"}},
        {"params": {"api_base": "http://me:pw@x.test"}},
        {"api_base": "file:///etc/passwd"},
        {"api_key_env": "PATH"},
    ],
)
def test_what_no_file_may_say_a_log_may_not_say_either(changes):
    model = msgspec.structs.replace(NamedModel(model="openai/x"), **changes)
    role = Role(name="Ann", model="m", params=model.params)

    assert "the model 'm'" in refusal(Scenario(name="x", roles=(role,), models={"m": model}))


# What is sent


async def test_a_scenarios_own_server_is_sent_no_key_unless_one_is_named(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("MY_KEY", "mine-and-nobody-elses")
    async with ChatServer() as server:
        own = NamedModel(model="openai/x", api_base=server.address)
        await ask(own)
        await ask(NamedModel(model="openai/x"), {"api_base": server.address})
        await ask(own, {"mock_response": ""})
        await ask(msgspec.structs.replace(own, api_key_env="MY_KEY"))
    assert [call.key for call in server.calls] == ["none", "none", "none", "mine-and-nobody-elses"]


async def test_a_server_that_the_user_names_is_sent_the_usual_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    async with ChatServer() as server, ChatServer() as other:
        await ask(NamedModel(model="openai/x"), api_base=server.address)
        await ask(NamedModel(model="openai/x", api_base=other.address), None, server.address)
    assert [call.key for call in server.calls] == [CANARY, CANARY]
    assert not other.calls


@pytest.mark.filterwarnings("ignore:Item.* are using the `ReadOnly`:UserWarning")
@pytest.mark.parametrize("name", sorted(keys.OWN_SERVERS))
async def test_no_providers_own_key_reaches_a_scenarios_server(monkeypatch, name):
    for usual in keys.USUAL.values():
        for variable in usual:
            monkeypatch.setenv(variable, CANARY)
    for variable in ("AZURE_API_KEY", "AZURE_AD_TOKEN", "OLLAMA_API_KEY", "LITELLM_PROXY_API_KEY"):
        monkeypatch.setenv(variable, CANARY)
    for variable in ("HOSTED_VLLM_API_KEY", "LM_STUDIO_API_KEY", "LLAMAFILE_API_KEY"):
        monkeypatch.setenv(variable, CANARY)
    received = bytearray()

    async def take(reader, writer):
        received.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 400 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        model = NamedModel(model=f"{name}/x", api_base=f"http://{host}:{port}/v1")
        with pytest.raises(Exception, match=name):
            await ask(model)
    assert received
    assert CANARY.encode() not in received


async def test_a_scenarios_server_that_wants_a_key_is_told_where_to_name_one(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("MY_KEY", "mine-and-nobody-elses")
    async with ChatServer(Reply(status=401)) as server:
        own = NamedModel(model="openai/x", api_base=server.address)
        with pytest.raises(ModelError, match=r"let its entry of models name a .* api_key_env"):
            await ask(own)
        with pytest.raises(ModelError, match="check MY_KEY"):
            await ask(msgspec.structs.replace(own, api_key_env="MY_KEY"))
