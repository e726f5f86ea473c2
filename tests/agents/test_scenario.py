"""What a scenario says, what it refuses, and what the built-in ones are."""

import contextlib
import unicodedata

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from brainstorm_agents import scenario
from brainstorm_agents.errors import ScenarioError
from brainstorm_agents.scenario import Role, Scenario

CLASSROOM = """\
name: classroom
topic: How do we make asynchronous programming fun to learn?
rounds: 2
opener: Alex
defaults: {model: mock, max_concurrency: 8, params: {latency: 1.0, tokens: 9}}
roles:
  - name: Alex
    profile: teacher
    persona: Opens with a question.
    watch: [Chalice, Bob]
  - name: Bob
    watch: all
    params: {latency: 2}
  - name: Chalice
    watch: []
    model: openai/gpt-4o-mini
    params: {temperature: 0.5, stop: [a, b]}
"""


def fault(text):
    with pytest.raises(ScenarioError) as caught:
        scenario.parse(text, "file.yaml")
    return caught.value


def cast(*roles):
    return "name: x\nroles:\n" + "".join(f"  - {role}\n" for role in roles)


# What a file says


def test_the_defaults_are_merged_into_each_role_key_by_key():
    read = scenario.parse(CLASSROOM, "f")

    assert (read.name, read.rounds, read.opener, read.max_concurrency) == (
        "classroom",
        2,
        "Alex",
        8,
    )
    assert read.role("Alex").params == {"latency": 1.0, "tokens": 9}
    assert read.role("Bob").params == {"latency": 2, "tokens": 9}


def test_what_the_mock_alone_understands_is_not_sent_to_other_models():
    chalice = scenario.parse(CLASSROOM, "f").role("Chalice")

    assert chalice.model == "openai/gpt-4o-mini"
    assert chalice.params == {"temperature": 0.5, "stop": ["a", "b"]}


def test_default_params_for_other_models_are_not_sent_to_the_mock():
    text = "name: x\ndefaults: {params: {temperature: 1, tokens: 5}}\n"
    text += "roles: [{name: A, model: gpt}, {name: B}]"
    roles = scenario.parse(text, "f").roles

    assert [role.params for role in roles] == [{"temperature": 1}, {"tokens": 5}]


def test_a_role_needs_no_more_than_a_name():
    read = scenario.parse("name: x\nroles: [{name: A}]", "f")

    assert read == Scenario(name="x", roles=(Role(name="A"),))
    assert (read.rounds, read.opener, read.max_concurrency) == (3, None, 16)
    assert read.roles[0].model == "mock"


def test_watched_names_come_in_the_casts_order():
    read = scenario.parse(CLASSROOM, "f")

    assert read.watched("Alex") == ("Bob", "Chalice")
    assert read.watched("Bob") == ("Alex", "Chalice")
    assert read.watched("Chalice") == ()


def test_no_opener_can_be_said_in_words():
    assert scenario.parse("name: x\nopener: null\nroles: [{name: A}]", "f").opener is None


def test_names_are_of_any_alphabet_and_compared_as_they_are_read():
    composed, apart = "Zoé", unicodedata.normalize("NFD", "Zoé")
    read = scenario.parse(cast(f"{{name: {composed}}}", f"{{name: 明, watch: [{apart}]}}"), "f")

    assert read.watched("明") == (composed,)


def test_white_space_around_text_is_not_part_of_it():
    read = scenario.parse("name: x\ntopic: |\n  Why?\n  How?\n\nroles: [{name: A}]", "f")
    assert read.topic == "Why?\nHow?"


# What a file may not say


@pytest.mark.parametrize(
    ("text", "line", "column", "problem", "remedy"),
    [
        ("[]", 1, 1, "the scenario is a list", "name: classroom"),
        ("topic: x", 1, 1, "the scenario has no 'name'", "add it: name: classroom"),
        ("name: x", 1, 1, "the scenario has no 'roles'", "add it: roles: [{name: Alex"),
        ("name: x\nrolls: []", 2, 1, "unknown key 'rolls' in the scenario", "mean 'roles'?"),
        ("name: x\nqqqq: 1", 2, 1, "unknown key 'qqqq'", "the keys are: name, topic, rounds"),
        ("name: x\nmodel: mock", 2, 1, "unknown key 'model'", "belongs under 'defaults'"),
        ("name: x\nwatch: all", 2, 1, "unknown key 'watch'", "belongs to a role"),
        ("name: x\nroles: [{name: A, budget: 1}]", 2, 19, "'budget'", "belongs to the scenario"),
        ("name: x\nbudget: {usd: 2e6}", 2, 15, "usd is", "more than 0 to 1,000,000, such as"),
        ("name: x\nstop: {budget: 1}", 2, 8, "'budget'", "it belongs to the scenario"),
        ("name: x\nroles:\n", 2, 1, "roles is nothing, not a list", "roles: [{name: Alex"),
        ("name: x\nroles: {}", 2, 8, "roles is a mapping, not a list", "roles: [{name: Alex"),
        ("name: x\nroles: []", 2, 8, "there is no role", "write at least one"),
        ("name: x\nroles: [Alex]", 2, 9, "a role is the text 'Alex'", "- name: Alex"),
        # text
        ("name: 7", 1, 7, "name is the number 7, not text", 'quote it: "7"'),
        ("name: no", 1, 7, "no without quotes is false", 'quote it: "no"'),
        ("name: true", 1, 7, "name is true, not text", 'quote it: "true"'),
        ("name:", 1, 1, "name is nothing", "write it like this: name: classroom"),
        ("name: [x]", 1, 1, "name is a list", "write it like this: name: classroom"),
        ("name: ''", 1, 7, "it is empty", "write a word or two"),
        ("name: ../x", 1, 7, "it looks like a path", "write a word or two"),
        ('name: "a\\tb"', 1, 7, "the invisible character U+0009", "write a word or two"),
        ("name: " + "x" * 65, 1, 7, "name has 65 characters", "64 is the most"),
        ("name: x\ntopic: 12:30", 2, 8, "12:30 without quotes", 'quote it: "12:30"'),
        ("name: x\ntopic: 1.5", 2, 8, "topic is the number 1.5", 'quote it: "1.5"'),
        ("name: x\ntopic: {a: b}", 2, 1, "topic is a mapping", "write it like this: topic:"),
        ("name: x\ntopic: " + "y" * 20_001, 2, 8, "topic has 20,001 characters", "20,000 is"),
        ("name: x\ndescription: 1", 2, 14, "description is the number 1", "quote it"),
        # numbers
        ("name: x\nrounds: three", 2, 9, "rounds is the text 'three'", "from 0 to 100,000"),
        ("name: x\nrounds: -1", 2, 9, "rounds is the number -1", "from 0 to 100,000"),
        ("name: x\nrounds: 100001", 2, 9, "rounds is the number 100001", "from 0 to 100,000"),
        ("name: x\nrounds: 1.0", 2, 9, "rounds is the number 1.0", "a whole number"),
        ("name: x\nrounds: true", 2, 9, "rounds is true", "a whole number"),
        ("name: x\nrounds: .nan", 2, 9, ".nan is not a number", "quote it if"),
        ("name: x\nrounds:", 2, 1, "rounds is nothing", "such as 3"),
        ("name: x\nrounds: [3]", 2, 9, "rounds is a list", "such as 3"),
        # defaults
        ("name: x\ndefaults: mock", 2, 11, "defaults is the text 'mock'", "defaults: {model"),
        ("name: x\ndefaults: {modle: a}", 2, 12, "unknown key 'modle' in defaults", "'model'?"),
        (
            "name: x\ndefaults: {max_concurrency: 0}",
            2,
            29,
            "max_concurrency is the number 0",
            "from 1 to 10,000",
        ),
        # roles
        (cast("{profile: x}"), 3, 5, "a role has no 'name'", "add it: name: Alex"),
        (cast("{name: A, persnoa: x}"), 3, 15, "unknown key 'persnoa' in a role", "'persona'?"),
        (cast("{name: A, topic: x}"), 3, 15, "unknown key 'topic' in a role", "beside 'roles'"),
        (cast("{name: A B}"), 3, 12, "it has a space", "write one word"),
        (cast("{name: 'a,b'}"), 3, 12, "it has a ','", "without dot, comma"),
        (cast("{name: a.b}"), 3, 12, "it has a '.'", "without dot"),
        (cast("{name: a|b}"), 3, 12, "it has a '|'", "without dot"),
        (cast("{name: a@b}"), 3, 12, "it has a '@'", "without dot"),
        (cast("{name: ''}"), 3, 12, "it is empty", "write one word"),
        (cast("{name: a\u200bb}"), 3, 12, "the invisible character U+200B", "visible"),
        (cast("{name: a\u202eb}"), 3, 12, "the invisible character U+202E", "visible"),
        (cast("{name: a\u3164}"), 3, 12, "the invisible character U+3164", "visible"),
        (cast("{name: \u0301a}"), 3, 12, "starts with a combining mark", "such as Alex"),
        (cast("{name: " + "x" * 65 + "}"), 3, 12, "name has 65 characters", "64 is the most"),
        (cast("{name: User}"), 3, 12, "'user' is the person's own name", "such as Alex"),
        (cast("{name: no}"), 3, 12, "no without quotes", 'quote it: "no"'),
        (cast("{name: 5}"), 3, 12, "name is the number 5", 'quote it: "5"'),
        (cast("{name: A}", "{name: a}"), 4, 12, "'a' is the name of a second", "'A' is on line 3"),
        (cast("{name: ß}", "{name: SS}"), 4, 12, "'SS' is the name of a second", "on line 3"),
        (cast("{name: é}", "{name: e\u0301}"), 4, 12, "name of a second", "on line 3"),
        (cast("{name: A, profile: 1}"), 3, 24, "profile is the number 1", 'quote it: "1"'),
        (cast('{name: A, profile: "a\\nb"}'), 3, 24, "not one plain line", "remove it"),
        (cast("{name: A, persona: " + "p" * 8_001 + "}"), 3, 24, "8,001 characters", "8,000 is"),
        # who watches whom
        (cast("{name: A, watch: A}"), 3, 22, "watch is the text 'A', not a list", "watch: all"),
        (cast("{name: A, watch: true}"), 3, 22, "watch is true, not a list", "watch: [Bob"),
        (cast("{name: A, watch: }"), 3, 15, "watch is nothing", "watch: [Bob"),
        (
            cast("{name: Al, watch: [bbo]}", "{name: Bob}"),
            3,
            24,
            "watch names 'bbo'",
            "mean 'Bob'?",
        ),
        (cast("{name: A, watch: [Zoe]}"), 3, 23, "watch names 'Zoe'", "the roles are: A"),
        (cast("{name: A, watch: [A]}"), 3, 23, "A watches itself", "remove it"),
        (cast("{name: A, watch: [B, B]}", "{name: B}"), 3, 26, "A watches B twice", "remove one"),
        (cast("{name: A, watch: [1]}"), 3, 23, "watch is the number 1", 'quote it: "1"'),
        ("opener: Alxe\n" + cast("{name: Alex}"), 1, 9, "opener names 'Alxe'", "mean 'Alex'?"),
        ("opener: [A]\n" + cast("{name: A}"), 1, 1, "opener is a list", "opener: Alex"),
        # models and their params
        (cast("{name: A, model: a b}"), 3, 22, "cannot be a model's name", "write mock, or"),
        (cast("{name: A, model: ''}"), 3, 22, "cannot be a model's name", "write mock, or"),
        (cast("{name: A, model: 4}"), 3, 22, "model is the number 4", 'quote it: "4"'),
        (cast("{name: A, params: 1}"), 3, 23, "params is the number 1", "params: {latency: 1.0}"),
        (cast("{name: A, params: {latncy: 1}}"), 3, 24, "unknown param 'latncy'", "'latency'?"),
        (
            cast("{name: A, params: {qq: 1}}"),
            3,
            24,
            "unknown param 'qq'",
            "the params are: latency",
        ),
        (cast("{name: A, params: {latency: -1}}"), 3, 33, "latency is the number -1", "from 0 to"),
        (cast("{name: A, params: {latency: 1s}}"), 3, 33, "latency is the text '1s'", "(seconds)"),
        (cast("{name: A, params: {latency: .inf}}"), 3, 33, ".inf is not a number", "quote it"),
        (cast("{name: A, params: {first_token: }}"), 3, 24, "first_token is nothing", "from 0"),
        (cast("{name: A, params: {fail: 1.5}}"), 3, 30, "fail is the number 1.5", "from 0 to 1,"),
        (cast("{name: A, params: {fail: true}}"), 3, 30, "fail is true", "from 0 to 1,"),
        (cast("{name: A, params: {tokens: 0}}"), 3, 32, "tokens is the number 0", "from 1"),
        (cast("{name: A, params: {tokens: 1.5}}"), 3, 32, "tokens is the number 1.5", "whole"),
        (
            cast("{name: A, params: {tokens_per_second: 0}}"),
            3,
            43,
            "tokens_per_second is the number 0",
            "more than 0",
        ),
        (cast("{name: A, params: {script: Hi}}"), 3, 32, "script is the text 'Hi'", "script: ["),
        (cast("{name: A, params: {script: []}}"), 3, 32, "script is an empty list", "script: ["),
        (cast("{name: A, params: {script: [a, 2]}}"), 3, 36, "is the number 2", 'quote it: "2"'),
        (cast("{name: A, params: {script: [a, '']}}"), 3, 36, "is empty", "write what the role"),
        (
            "defaults: {params: {latncy: 1}}\n" + cast("{name: A}"),
            1,
            21,
            "unknown param 'latncy'",
            "'latency'?",
        ),
        (
            cast("{name: A, model: gpt, params: {latency: 1}}"),
            3,
            36,
            "'latency' is a param of the mock model only",
            "model: mock",
        ),
        (
            cast("{name: A, model: gpt, params: {stream: true}}"),
            3,
            36,
            "'stream' is not a param",
            "remove it",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_with_a_remedy(text, line, column, problem, remedy):
    error = fault(text)

    assert (error.line, error.column) == (line, column)
    assert problem in error.problem
    assert remedy in error.remedy
    assert str(error) == f"file.yaml:{line}:{column}: {error.problem}; {error.remedy}"


@pytest.mark.parametrize(
    "params",
    [
        "{api_key: sk-1234}",
        "{API-KEY: sk-1234}",
        "{extra_headers: {Authorization: sk-1234}}",
        "{extra: [{x-api-key: sk-1234}]}",
        "{aws_secret_access_key: sk-1234}",
        "{azure_ad_token: sk-1234}",
    ],
)
def test_a_secret_is_refused_and_not_repeated(params):
    error = fault(cast(f"{{name: A, model: gpt, params: {params}}}"))

    assert "every log" in str(error)
    assert "sk-1234" not in str(error)


def test_a_limit_on_tokens_is_no_secret():
    text = cast("{name: A, model: gpt, params: {max_tokens: 100}}")
    assert scenario.parse(text, "f").roles[0].params == {"max_tokens": 100}


def test_a_thousand_roles_are_allowed_and_one_more_is_not():
    roles = [f"{{name: r{number}}}" for number in range(1_001)]

    assert len(scenario.parse(cast(*roles[:1_000]), "f").roles) == 1_000
    assert fault(cast(*roles)).line == 1_003


def test_hostile_yaml_is_refused_as_a_scenario_too():
    bomb = "name: &a [x]\ntopic: [*a, *a]\n"

    assert (fault(bomb).line, fault(bomb).column) == (1, 7)
    assert "levels" in fault("roles: " + "[" * 100_000).problem
    assert "256 KiB" in fault(b"x" * 10_000_000).problem
    assert "UTF-8" in fault(b"name: \xff").problem


def test_the_source_is_named_in_a_way_that_a_terminal_does_not_act_on():
    with pytest.raises(ScenarioError) as caught:
        scenario.parse("", "\x1b[31m.yaml")
    assert str(caught.value).isprintable()


# Where it comes from


def test_every_built_in_loads_by_its_name():
    names = scenario.builtin_names()

    assert names == ["classroom", "small-town", "software-company", "stock-prices"]
    for name in names:
        assert scenario.load(name).name == name
        assert scenario.parse(scenario.builtin_text(name), name) == scenario.load(name)


def test_the_classroom_is_the_classic_exercise():
    classroom = scenario.load("classroom")

    assert [role.name for role in classroom.roles] == ["Alex", "Bob", "Chalice"]
    assert classroom.opener == "Alex"
    assert classroom.watched("Bob") == ("Alex", "Chalice")


def test_every_neighbour_of_the_town_speaks_in_the_end():
    town = scenario.load("small-town")
    heard = {town.opener}
    for _ in range(town.rounds):
        heard |= {role.name for role in town.roles if heard & set(town.watched(role.name))}

    assert len(town.roles) == len(heard) == 25
    assert all(2 <= len(role.watch) <= 3 and role.persona for role in town.roles)


def test_a_path_is_loaded_whether_text_or_path(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nroles: [{name: A}]")

    assert scenario.load(path) == scenario.load(str(path))
    path.write_text("name: mine\nroels: []")
    with pytest.raises(ScenarioError, match=r"mine\.yaml:2:1: unknown key"):
        scenario.load(path)


def test_a_built_in_goes_before_a_file_of_its_name_unless_it_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "classroom").write_text("name: mine\nroles: [{name: A}]")
    (tmp_path / "other").write_text("name: other\nroles: [{name: A}]")

    assert scenario.load("classroom").name == "classroom"
    assert scenario.load("./classroom").name == "mine"
    assert scenario.load("other").name == "other"


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("clasroom", "no scenario of that name; did you mean 'classroom'? A path would do"),
        ("zzzz", "the built-in scenarios are: classroom, small-town"),
        ("zzzz.yaml", "no such file; check the path, or name a built-in scenario: classroom"),
        ("", "it is a directory"),
        ("x" * 5_000, "it cannot be read: File name too long"),
        ("a\0b", "it cannot be a path"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(ref, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        scenario.load(ref)
    assert message in str(caught.value)


# What holds for every scenario


def test_what_does_not_hold_together_cannot_be_made():
    with pytest.raises(ValueError, match="same name"):
        Scenario(name="x", roles=(Role(name="A"), Role(name="a")))
    with pytest.raises(ValueError, match="no role called 'B'"):
        Scenario(name="x", roles=(Role(name="A", watch=("B",)),))
    with pytest.raises(msgspec.ValidationError, match="no role called 'B'"):
        msgspec.json.decode('{"name":"x","opener":"B","roles":[{"name":"A"}]}', type=Scenario)


@pytest.mark.parametrize("name", scenario.builtin_names())
def test_a_scenario_is_the_same_after_json(name):
    read = scenario.load(name)
    assert msgspec.json.decode(msgspec.json.encode(read), type=Scenario) == read


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
def test_any_input_is_a_scenario_or_a_scenario_error(text):
    with contextlib.suppress(ScenarioError):
        scenario.parse(text, "f")


PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
LIKELY_NAMES = st.sampled_from(["A", "a", "B", "Bob", "all", "user", "é", "1", "", "a b"])
LIKELY_ROLES = st.fixed_dictionaries(
    {"name": LIKELY_NAMES},
    optional={
        "profile": st.text(max_size=9),
        "persona": st.text(max_size=9),
        "watch": st.one_of(st.just("all"), st.lists(LIKELY_NAMES, max_size=2), PLAIN),
        "model": st.sampled_from(["mock", "gpt", ""]),
        "params": st.dictionaries(
            st.sampled_from(["latency", "tokens", "fail", "script", "temperature", "api_key"]),
            PLAIN,
            max_size=2,
        ),
    },
)


@given(
    st.fixed_dictionaries(
        {"name": st.just("x"), "roles": st.lists(LIKELY_ROLES, max_size=3)},
        optional={"opener": LIKELY_NAMES, "rounds": PLAIN, "topic": st.text(max_size=9)},
    )
)
def test_anything_like_a_scenario_can_be_logged_or_is_an_error(data):
    # JSON is YAML, all but its escapes for half a character.
    text = msgspec.json.encode(_without_surrogates(data))
    try:
        read = scenario.parse(text, "f")
    except ScenarioError:
        return
    assert msgspec.json.decode(msgspec.json.encode(read), type=Scenario) == read


def _without_surrogates(data):
    if isinstance(data, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in data.items()}
    if isinstance(data, list):
        return [_without_surrogates(item) for item in data]
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode()
    if isinstance(data, int):
        return data % 2**62
    return data


# Few characters, so that initials are shared, and those that casefold in a way of their own.
TRICKY = st.text(alphabet="aAb1２9ßsSİiıIe\u0301\u0302éΣσς", min_size=1, max_size=3)
NAMES = st.one_of(TRICKY, st.text(min_size=1, max_size=4))


@given(st.lists(NAMES, min_size=1, max_size=8), st.data())
def test_ids_are_unique_whatever_the_names(names, data):
    text = msgspec.json.encode({"name": "x", "roles": [{"name": name} for name in names]})
    try:
        read = scenario.parse(text, "f")
    except ScenarioError:
        assume(False)
    numbers = data.draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=20, unique=True))
    ids = [f"{prefix}{n}" for prefix in read.prefixes.values() for n in numbers]
    ids += ["user", *(f"user{n}" for n in numbers)]

    assert len(set(ids)) == len(ids)
    assert len({unicodedata.normalize("NFC", id_) for id_ in ids}) == len(ids)


@pytest.mark.parametrize(
    ("names", "prefixes"),
    [
        (["Alex", "bob"], ["a", "b"]),
        (["Ada", "alex", "Bob"], ["Ada.", "alex.", "b"]),
        (["r1", "r12", "r2"], ["r1.", "r12.", "r2."]),
        (["1st", "12th", "2nd"], ["1st.", "12th.", "2"]),
        (["Émile", "Eve"], ["é", "e"]),
        (["ßeta", "sss"], ["ss", "s"]),
        (["李", "王"], ["李", "王"]),
        (["g\u0302\u0301a", "gb"], ["ĝ\u0301", "g"]),
    ],
)
def test_a_prefix_is_the_initial_or_the_name_where_initials_are_shared(names, prefixes):
    read = Scenario(name="x", roles=tuple(Role(name=name) for name in names))
    assert list(read.prefixes.values()) == prefixes


# What the command line says instead


def test_overrides_replace_what_they_name_and_leave_the_rest():
    read = scenario.parse(CLASSROOM, "f")
    changed = scenario.with_overrides(read, topic="Why?", rounds=0, max_concurrency=1)

    assert (changed.topic, changed.rounds, changed.max_concurrency) == ("Why?", 0, 1)
    assert changed.roles == read.roles
    assert scenario.with_overrides(read) == read


def test_a_role_keeps_its_params_only_if_its_model_stays():
    changed = scenario.with_overrides(scenario.parse(CLASSROOM, "f"), model="openai/gpt-4o-mini")

    assert {role.model for role in changed.roles} == {"openai/gpt-4o-mini"}
    assert [role.params for role in changed.roles] == [
        {},
        {},
        {"temperature": 0.5, "stop": ["a", "b"]},
    ]


def test_params_go_over_those_of_every_role_that_can_take_them():
    changed = scenario.with_overrides(scenario.parse(CLASSROOM, "f"), params={"latency": 0})

    assert changed.role("Alex").params == {"latency": 0, "tokens": 9}
    assert changed.role("Chalice").params == {"temperature": 0.5, "stop": ["a", "b"]}


def test_text_from_the_command_line_is_made_fit_for_a_log():
    changed = scenario.with_overrides(
        scenario.load("classroom"), topic="caf\udce9 😀", model="gpt", params={"\udce9": ["\udce9"]}
    )
    assert changed.topic == "caf\ufffd 😀"
    assert changed.roles[0].params == {"\ufffd": ["\ufffd"]}
    assert msgspec.json.encode(changed)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"rounds": -1}, "--rounds: rounds is the number -1; write a whole number from 0"),
        ({"max_concurrency": 0}, "--max-concurrency: max_concurrency is the number 0"),
        ({"model": ""}, "--model: '' cannot be a model's name"),
        ({"topic": "x" * 20_001}, "--topic: topic has 20,001 characters"),
        ({"params": {"latncy": 1}}, "--param: unknown param 'latncy' of the mock model"),
        ({"params": {"latency": float("nan")}}, "--param: latency is the number nan"),
        ({"model": "gpt", "params": {"latency": 1}}, "--param: 'latency' is a param of the mock"),
        ({"model": "gpt", "params": {"x": [float("inf")]}}, "--param: "),
    ],
)
def test_an_override_is_checked_and_the_option_named(overrides, message):
    with pytest.raises(ScenarioError) as caught:
        scenario.with_overrides(scenario.load("classroom"), **overrides)
    assert str(caught.value).startswith(message)
