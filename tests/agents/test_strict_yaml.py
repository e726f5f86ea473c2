"""What strict YAML reads, what it refuses, and where it says the fault is."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from brainstorm_agents import strict_yaml
from brainstorm_agents.errors import ScenarioError

PARSERS = [
    pytest.param(yaml.SafeLoader, id="pure"),
    pytest.param(
        getattr(yaml, "CSafeLoader", None),
        id="libyaml",
        marks=pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML without libyaml"),
    ),
]


@pytest.fixture(params=PARSERS)
def parser(request, monkeypatch):
    """Both parsers have to behave the same."""
    monkeypatch.setattr(strict_yaml, "LOADER", request.param)


def fault(text):
    error = refusal(text)
    assert error is not None
    return error


def refusal(text):
    try:
        strict_yaml.read(text, "file.yaml")
    except ScenarioError as error:
        return error
    return None


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: b", {"a": "b"}),
        ("a: 'no'", {"a": "no"}),
        ("a: true\nb: FALSE", {"a": True, "b": False}),
        ("a: 7\nb: -7\nc: +7", {"a": 7, "b": -7, "c": 7}),
        ("a: 1.5\nb: 1e3\nc: -2.5E-1\nd: .5", {"a": 1.5, "b": 1000.0, "c": -0.25, "d": 0.5}),
        ("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}),
        ("a: 2026-01-31", {"a": "2026-01-31"}),
        ("a: [1, x]\nb: {c: []}", {"a": [1, "x"], "b": {"c": []}}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("'<<': 1", {"<<": 1}),
        ("a: <<", {"a": "<<"}),
        ("a: =", {"a": "="}),
        ("\ufeffa: 1", {"a": 1}),
        ("%YAML 1.2\n---\na: 日本語 🙂\n...\n", {"a": "日本語 🙂"}),
        ("just text", "just text"),
    ],
)
def test_plain_yaml_is_read_as_plain_data(text, data):
    assert strict_yaml.read(text, "f").data == data
    assert strict_yaml.read(text.encode(), "f").data == data


@pytest.mark.usefixtures("parser")
def test_every_key_and_value_knows_its_place():
    root = strict_yaml.read("# note\nname: x\nroles:\n  - {n: 🙂, w: [a, b]}\n", "f")
    roles = root.value["roles"]
    role = roles.value[0]
    second = role.value["w"].value[1]

    assert (root.place.line, root.place.column) == (2, 1)
    assert (root.value["name"].place.line, root.value["name"].place.column) == (2, 7)
    assert (roles.start.line, roles.start.column) == (3, 1)
    assert (role.place.line, role.place.column) == (4, 5)
    assert (role.value["w"].start.line, role.value["w"].start.column) == (4, 12)
    assert (second.place.line, second.place.column) == (4, 19)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "column", "problem", "remedy"),
    [
        ("", 1, 1, "nothing in it", "write at least one"),
        ("# only a note\n", 1, 1, "nothing in it", "write at least one"),
        ("---\n", 1, 1, "nothing in it", "write at least one"),
        ("a: &x 1", 1, 4, "anchors are not read: '&x'", "remove it"),
        ("a: [1]\nb: *a", 2, 4, "aliases are not read: '*a'", "write the value out"),
        ("x: 1\n<<: {a: 1}", 2, 1, "merge keys are not read", "write the keys out"),
        ("a: !!python/object/apply:os.system [ls]", 1, 4, "tags are not read", "remove"),
        ("a: !x y", 1, 4, "tags are not read", "quote text that starts with it"),
        ("!!map {a: 1}", 1, 1, "tags are not read", "remove"),
        ("a: 1\nb: 2\na: 3", 3, 1, "'a' is there a second time", "the first is on line 1"),
        ("a: {b: 1, b: 2}", 1, 11, "'b' is there a second time", "remove one"),
        ("a: 1\n---\nb: 2", 2, 1, "a second document", "remove the '---'"),
        ("a: 1\n7: x", 2, 1, "a key is the number 7", 'quote it: "7"'),
        ("true: x", 1, 1, "a key is true", 'quote it: "true"'),
        ("~: x", 1, 1, "a key is nothing", "quote it"),
        ("? [a]\n: x", 1, 3, "a key is a list", "plain text"),
        (
            "a: no",
            1,
            4,
            "no without quotes is false",
            'write false, or if it is text quote it: "no"',
        ),
        ("a: [x, Off]", 1, 8, "Off without quotes", 'quote it: "Off"'),
        ("on: x", 1, 1, "on without quotes is true", 'quote it: "on"'),
        ("a: 12:30", 1, 4, "12:30 without quotes is a number", 'quote it: "12:30"'),
        ("a: 1:2:3.5", 1, 4, "1:2:3.5 without quotes", "quote it"),
        ("a: 010", 1, 4, "010 without quotes", "plain decimals"),
        ("a: 0x1F", 1, 4, "0x1F without quotes", "plain decimals"),
        ("a: 1_000", 1, 4, "1_000 without quotes", "plain decimals"),
        ("a: .inf", 1, 4, ".inf is not a number", "quote it"),
        ("a: .nan", 1, 4, ".nan is not a number", "quote it"),
        ("a: 1e999", 1, 4, "1e999 is not a number", "quote it"),
        ("a: 9223372036854775808", 1, 4, "is not a number of a size", "quote it"),
        ("a: b: c", 1, 5, "not YAML: mapping values", "quote text that has a colon"),
        ("a:\n\t- x", 2, 1, "not YAML: found character", "spaces instead of tabs"),
        ("a: @x", 1, 4, "not YAML: found character", "quote text that starts with"),
        ("a: *x* y", 1, 6, "not YAML", "quote text that starts with *"),
        ("a: 1\nb: 'x\nc: 2\n", 2, 4, "this quote is never closed", "close it"),
        ("a: [1, 2\nb: 3\n", 1, 4, "this bracket is not closed", "close it"),
        ("a: {x: 1", 1, 4, "this bracket is not closed", "close it"),
        ("- a\nb: 1", 2, 1, "not YAML", "check the indentation"),
        ("a: x\ny: \x1b[31m", 2, 4, "U+001B cannot be in YAML", "remove it"),
        ("a: \ud800", 1, 4, "U+D800 cannot be in YAML", "remove it"),
        (b"a: b\nc: \xc3\xa9\xff", 2, 5, "byte 0xff at offset 10", "save the file as UTF-8"),
        ("a: 1".encode("utf-16"), 1, 1, "not UTF-8", "save the file as UTF-8"),
    ],
)
def test_what_is_refused_is_refused_at_its_place_and_with_a_remedy(
    text, line, column, problem, remedy
):
    error = fault(text)

    assert (error.line, error.column) == (line, column)
    assert problem in error.problem
    assert remedy in error.remedy
    assert str(error) == f"file.yaml:{line}:{column}: {error.problem}; {error.remedy}"


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("text", [r'a: "\ud800"', r'a: "\ud83d\ude00"', r'"\udfff": 1'])
def test_an_escape_cannot_bring_in_a_lone_surrogate(text):
    assert fault(text).line == 1


@pytest.mark.usefixtures("parser")
def test_an_alias_bomb_is_refused_at_its_first_anchor():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert (fault(bomb).line, fault(bomb).column) == (1, 4)


@pytest.mark.usefixtures("parser")
def test_a_merge_bomb_is_refused_at_its_first_anchor():
    bomb = "a: &a {x: 1}\n" + "".join(
        f"{b}: &{b} {{<<: [{', '.join(['*' + a] * 9)}]}}\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert (fault(bomb).line, fault(bomb).column) == (1, 4)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "column"), [("[" * 100_000, 51), ("- " * 100_000, 101), ("{a: " * 60_000, 201)]
)
def test_depth_is_refused_before_anything_recurses(text, column):
    error = fault(text)

    assert "more than 50 levels" in error.problem
    assert (error.line, error.column) == (1, column)


@pytest.mark.usefixtures("parser")
def test_fifty_levels_are_allowed():
    assert strict_yaml.read("[" * 50 + "]" * 50, "f").data == json.loads("[" * 50 + "]" * 50)


@pytest.mark.parametrize("text", [b"a: " + b"x" * 10_000_000, "é" * (128 * 1024 + 1)])
def test_size_is_counted_in_bytes_and_refused_before_parsing(text):
    error = fault(text)

    assert str(error).startswith("file.yaml: it has more than 256 KiB; ")


def test_a_text_of_just_the_size_is_read():
    text = "a: " + "x" * (256 * 1024 - 3)
    assert len(strict_yaml.read(text, "f").data["a"]) == len(text) - 3


@pytest.mark.parametrize("unit", ["1_", "1:", "0", "-", "1e"])
def test_a_long_word_takes_no_long_time_and_is_text(unit):
    word = "x: 1" + unit * 100_000 + "z"
    assert strict_yaml.read(word, "f").data["x"] == word.removeprefix("x: ")


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_any_input_is_read_or_refused_in_one_line(text):
    error = refusal(text)
    assert error is None or (error.remedy and str(error).isprintable())


YAMLISH = st.text(alphabet="abx:-[]{}'\"!&*<>|?#%@,. \n\t0179~\\u", max_size=60)


@pytest.mark.parametrize("loader", [yaml.SafeLoader, strict_yaml.LOADER])
@given(text=YAMLISH)
def test_anything_like_yaml_is_read_or_refused_in_one_line(loader, text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_yaml, "LOADER", loader)
        error = refusal(text)
    assert error is None or (error.remedy and str(error).isprintable())


def test_data_from_elsewhere_has_no_lone_surrogates_and_no_line():
    node = strict_yaml.from_data({"a": ["x\udcffy", "😀", 1.5, None]}, "--param")

    assert node.data == {"a": ["x\ufffdy", "😀", 1.5, None]}
    assert str(node.place.error("wrong", "right")) == "--param: wrong; right"
