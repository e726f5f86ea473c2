"""What a scenario may say of its models, and what reaches the roles."""

import msgspec
import pytest

from brainstorm_agents import scenario
from brainstorm_agents.errors import ScenarioError
from brainstorm_agents.named_model import NamedModel, Price, Retry, Timeouts

FULL = """\
name: x
models:
  fast:
    model: openai/gpt-4o-mini
    api_base: http://127.0.0.1:8000/v1
    api_key_env: MY_KEY
    params: {temperature: 0.9, max_tokens: 400}
    retry: {attempts: 4, base: 0.5, cap: 30}
    timeouts: {first_token: 30, gap: 20, turn: 180}
    max_in_flight: 8
    requests_per_minute: 60
    tokens_per_minute: 90000
    max_reply: 5000
    fallbacks: [slow, anthropic/any, mock]
    price: {input: 0.15, output: 0.60}
  slow: {model: ollama/llama3.2}
roles: [{name: A, model: fast}]
"""


def with_models(models, role="{name: A, model: fast}", defaults="{}"):
    return f"name: x\nmodels: {models}\nroles: [{role}]\ndefaults: {defaults}"


def fault(text):
    with pytest.raises(ScenarioError) as caught:
        scenario.parse(text, "file.yaml")
    return caught.value


def test_everything_that_can_be_said_of_a_model_is_read():
    assert scenario.parse(FULL, "f").model("fast") == NamedModel(
        model="openai/gpt-4o-mini",
        api_base="http://127.0.0.1:8000/v1",
        api_key_env="MY_KEY",
        params={"temperature": 0.9, "max_tokens": 400},
        retry=Retry(4, 0.5, 30),
        timeouts=Timeouts(30, 20, 180),
        max_in_flight=8,
        requests_per_minute=60,
        tokens_per_minute=90000,
        max_reply=5000,
        fallbacks=("slow", "anthropic/any", "mock"),
        price=Price(0.15, 0.6),
    )


def test_a_log_keeps_what_a_scenario_says_of_its_models():
    read = scenario.parse(FULL, "f")

    assert msgspec.json.decode(msgspec.json.encode(read), type=scenario.Scenario) == read


def test_a_roles_params_go_over_its_models_which_go_over_the_defaults():
    text = with_models(
        "{fast: {model: openai/x, params: {temperature: 0.2, top_p: 0.2, max_tokens: 5}}}",
        "{name: A, model: fast, params: {max_tokens: 9}}",
        "{params: {temperature: 0.1, seed: 1}}",
    )
    read = scenario.parse(text, "f")

    assert read.role("A").params == {"temperature": 0.2, "seed": 1, "top_p": 0.2, "max_tokens": 9}
    assert read.model("fast").params == {
        "temperature": 0.2,
        "seed": 1,
        "top_p": 0.2,
        "max_tokens": 5,
    }


def test_the_defaults_may_name_a_model_of_ones_own():
    text = with_models(
        "{quick: {model: mock, params: {latency: 1}}}", "{name: A}", "{model: quick}"
    )
    role = scenario.parse(text, "f").role("A")

    assert (role.model, role.params) == ("quick", {"latency": 1})


def test_the_params_of_a_role_are_those_of_what_its_model_stands_for():
    error = fault(
        with_models("{fast: {model: mock}}", "{name: A, model: fast, params: {top_p: 1}}")
    )

    assert "unknown param 'top_p' of the mock model" in error.problem


def test_the_command_line_may_choose_one_of_the_scenarios_models():
    read = scenario.with_overrides(scenario.parse(FULL, "f"), model="slow", params={"top_k": 5})

    assert (read.role("A").model, read.role("A").params) == ("slow", {"top_k": 5})
    assert read.model("slow").model == "ollama/llama3.2"


def test_params_of_the_command_line_reach_the_fallbacks():
    read = scenario.with_overrides(scenario.parse(FULL, "f"), params={"temperature": 0})

    assert read.model("slow").params == {"temperature": 0}


@pytest.mark.parametrize(
    ("models", "problem", "remedy"),
    [
        ("[]", "models is a list", "models: {fast: {model: openai/gpt-4o-mini}}"),
        ("{fast: mock}", "the model 'fast' is the text 'mock'", "fast: {model:"),
        ("{fast: {}}", "the model 'fast' has no 'model'", "add it: model:"),
        ("{fast: {modle: x}}", "unknown key 'modle'", "mean 'model'?"),
        ("{mock: {model: gpt}}", "cannot be called 'mock'", "choose a word"),
        ("{openai/x: {model: gpt}}", "cannot be called 'openai/x'", "choose a word"),
        ("{fast: {model: b}, b: {model: mock}}", "'b' is another entry", "what litellm calls"),
        ("{fast: {model: 'huggingface/https://x.test'}}", "an address is no", "api_base"),
        ("{fast: {model: mock, params: 3}}", "params is the number 3", "write it like"),
        ("{fast: {model: mock, params: {top_p: 1}}}", "unknown param 'top_p'", "params are"),
        ("{fast: {model: x/y, params: {fallbacks: [a]}}}", "not a param: a named", "remove"),
        ("{fast: {model: x/y, params: {timeout: 5}}}", "a named model has 'timeouts'", "remove"),
        ("{fast: {model: x/y, params: {n: 5}}}", "a turn has one reply", "remove"),
        ("{fast: {model: x/y, params: {max_tokens: lots}}}", "max_tokens", "400"),
        ("{fast: {model: x/y, params: {max_tokens: -5}}}", "max_tokens", "400"),
        (
            "{fast: {model: x/y, params: {max_completion_tokens: 0}}}",
            "max_completion_tokens",
            "400",
        ),
        ("{fast: {model: x/y, params: {aws_region_name: a}}}", "where a key goes", "remove"),
        ("{fast: {model: x/y, params: {langfuse_host: a}}}", "where a key goes", "remove"),
        ("{fast: {model: x/y, params: {ssl_verify: false}}}", "where a key goes", "remove"),
        ("{fast: {model: x/y, params: {extra_headers: {Host: a}}}}", "'Host' is not", "remove"),
        ("{fast: {model: x/y, params: {user: os.environ/A}}}", "not read", "write the value"),
        ("{fast: {model: x/y, api_base: 'http://me:pw@x.test'}}", "no plain address", "password"),
        ("{fast: {model: x/y, api_base: 'http://x.test/?key=1'}}", "no plain address", "query"),
        ("{fast: {model: x/y, api_base: x.test}}", "no plain address", "http://"),
        ("{fast: {model: x/y, api_key_env: PATH}}", "not the name of a variable", "_KEY or _TOKEN"),
        ("{fast: {model: x/y, api_key_env: my_key}}", "not the name", "api_key_env: MY_API_KEY"),
        ("{fast: {model: x/y, retry: 3}}", "retry is the number 3", "retry: {attempts: 4}"),
        ("{fast: {model: x/y, retry: {attempts: 0}}}", "attempts is the number 0", "1 to 100"),
        ("{fast: {model: x/y, retry: {base: -1}}}", "base is the number -1", "seconds"),
        ("{fast: {model: x/y, retry: {times: 3}}}", "unknown key 'times' in retry", "attempts"),
        ("{fast: {model: x/y, timeouts: {gap: 0}}}", "gap is the number 0", "more than 0"),
        ("{fast: {model: x/y, timeouts: {tunr: 1}}}", "unknown key 'tunr'", "mean 'turn'?"),
        ("{fast: {model: x/y, max_in_flight: 0}}", "max_in_flight is", "from 1 to 10,000"),
        ("{fast: {model: x/y, requests_per_minute: a}}", "requests_per_minute is", "60"),
        ("{fast: {model: x/y, tokens_per_minute: 1.5}}", "tokens_per_minute is", "100000"),
        ("{fast: {model: x/y, max_reply: 0}}", "max_reply is", "characters"),
        ("{fast: {model: x/y, price: 1}}", "price is the number 1", "price: {input:"),
        ("{fast: {model: x/y, price: {input: 1}}}", "price has no 'output'", "price: {input:"),
        ("{fast: {model: x/y, price: {input: -1, output: 1}}}", "input is", "US dollars"),
        ("{fast: {model: x/y, fallbacks: mock}}", "fallbacks is the text", "[slow, mock]"),
        ("{fast: {model: x/y, fallbacks: [fast]}}", "is its own fallback", "remove it"),
        ("{fast: {model: x/y, fallbacks: [mock, mock]}}", "is there twice", "remove one"),
        ("{fast: {model: x/y, fallbacks: [slo]}, slow: {model: x/y}}", "called 'slo'", "'slow'?"),
        (
            "{fast: {model: x/y, fallbacks: [b]}, b: {model: x/y, fallbacks: [fast]}}",
            "the fallbacks of 'fast' come back to it",
            "is not asked again",
        ),
    ],
)
def test_what_is_wrong_with_a_model_is_said_at_its_place_and_with_a_remedy(models, problem, remedy):
    error = fault(with_models(models))

    assert error.line == 2
    assert problem in error.problem
    assert remedy in error.remedy


def test_a_circle_of_fallbacks_that_starts_elsewhere_is_found():
    models = "{fast: {model: x/y, fallbacks: [b]}, b: {model: x/y, fallbacks: [c]}"
    error = fault(with_models(models + ", c: {model: x/y, fallbacks: [b]}}"))

    assert "the fallbacks of 'b' come back to it" in error.problem


def test_two_models_may_share_a_fallback():
    models = "{fast: {model: x/y, fallbacks: [b, c]}, b: {model: x/y, fallbacks: [c]}"
    read = scenario.parse(with_models(models + ", c: {model: x/y}}"), "f")

    assert read.models_in_turn("fast") == ("fast", "b", "c")


def test_a_name_that_is_almost_one_of_the_scenarios_models_is_refused():
    error = fault(with_models("{fast: {model: openai/x}}", "{name: A, model: fsat}"))

    assert str(error) == "file.yaml:3:26: no model is called 'fsat'; did you mean 'fast'?"


def test_a_name_that_litellm_may_know_is_left_to_it():
    text = with_models("{fast: {model: openai/x}}", "{name: A, model: gpt-4o}")

    assert scenario.parse(text, "f").model("gpt-4o") == NamedModel(model="gpt-4o")


@pytest.mark.parametrize(
    "where",
    [
        "{fast: {model: openai/x, api_key: SECRET}}",
        "{fast: {model: openai/x, api_key_env: SECRET}}",
        "{fast: {model: openai/x, params: {api_key: SECRET}}}",
        "{fast: {model: openai/x, params: {extra_headers: {Authorization: Bearer SECRET}}}}",
        "{fast: {model: openai/x, params: {extra_headers: {Cookie: SECRET}}}}",
        "{fast: {model: openai/x, params: {user: SECRET}}}",
        "{fast: {model: openai/x, params: {extra_body: [{deep: SECRET}]}}}",
        "{fast: {model: openai/x, api_base: 'http://x:SECRET@x.test'}}",
        "{SECRET: {model: openai/x, fallbacks: 1}}",
    ],
)
def test_a_key_in_a_scenario_is_refused_and_not_repeated(where):
    key = "sk-bees-0123456789abcdef"
    error = fault(with_models(where.replace("SECRET", key)))

    assert "sk-bees" not in str(error)


@pytest.mark.parametrize("place", ["", "defaults: ", "roles: "])
def test_a_key_is_refused_wherever_it_is_written_and_the_remedy_is_to_export_it(place):
    text = "name: x\nroles: [{name: A}]\napi_key: hidden"
    if place == "defaults: ":
        text = "name: x\nroles: [{name: A}]\ndefaults: {api_key: hidden}"
    if place == "roles: ":
        text = "name: x\nroles: [{name: A, api_key: hidden}]"

    assert "export the key" in fault(text).remedy


def test_what_belongs_to_a_model_is_sent_there():
    error = fault("name: x\nroles: [{name: A, api_base: 'http://127.0.0.1'}]")

    assert "it belongs to a named model, under the scenario's 'models'" in error.remedy


@pytest.mark.parametrize(
    ("key", "where"),
    [
        ("max_tokens", "it belongs under params"),
        ("temperature", "it belongs under params"),
        ("latency", "it belongs under params"),
        ("memory", "it belongs to a role, or under 'defaults'"),
        ("budget", "it belongs to the scenario"),
    ],
)
def test_what_does_not_belong_to_a_model_is_sent_elsewhere(key, where):
    assert where in fault(with_models(f"{{fast: {{model: openai/x, {key}: 1}}}}")).remedy


def test_a_key_for_a_cache_is_no_secret():
    text = with_models("{fast: {model: openai/x, params: {prompt_cache_key: bees}}}")

    assert scenario.parse(text, "f").model("fast").params == {"prompt_cache_key": "bees"}
