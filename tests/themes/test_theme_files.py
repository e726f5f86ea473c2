"""What a theme file may say, and how one that is wrong is answered."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from brainstorm_themes import Theme, ThemeError, builtin, parse

DARK, LIGHT, ANSI = builtin()["dark"], builtin()["light"], builtin()["ansi"]
EIGHT = "[" + ", ".join(f'"#{digit}{digit}{digit}"' for digit in range(8)) + "]"


def refusal(text: str) -> ThemeError:
    with pytest.raises(ThemeError) as caught:
        parse(text, "mine.yaml")
    return caught.value


def test_the_built_in_themes_are_there_with_a_line_of_description_each() -> None:
    assert list(builtin()) == ["dark", "light", "ansi"]
    for name, theme in builtin().items():
        assert theme.name == name
        assert theme.description
        assert len(theme.roles) == 8


def test_changing_what_builtin_gave_changes_nothing() -> None:
    builtin().clear()
    assert "dark" in builtin()


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("name: mine", DARK),
        ("name: mine\ndark: true", DARK),
        ("name: mine\ndark: false", LIGHT),
        ("name: mine\nansi: true", ANSI),
        ("name: mine\nextends: light", LIGHT),
        ("name: mine\nextends: ansi", ANSI),
    ],
)
def test_what_a_theme_leaves_out_comes_from_the_one_it_extends(text: str, base: Theme) -> None:
    theme = parse(text, "mine.yaml")
    assert theme.name == "mine"
    assert theme.description == ""
    assert (theme.ground, theme.roles, theme.dark) == (base.ground, base.roles, base.dark)


def test_a_theme_overrides_what_it_says() -> None:
    theme = parse(f'name: mine\ntext: "#abc"\nfocus_tint: .3\nroles: {EIGHT}', "mine.yaml")
    assert theme.text == "#AABBCC"
    assert theme.focus_tint == pytest.approx(0.3)
    assert theme.role_colour(7) == "#777777"
    assert theme.card == DARK.card


def test_an_ansi_theme_may_mix_both_kinds_of_colours() -> None:
    theme = parse("name: mine\nansi: true\nextends: dark\nground: ansi_default", "mine.yaml")
    assert (theme.ground, theme.card) == ("ansi_default", DARK.card)


WRONG = {
    "empty": ("", 1, 1, "file is empty"),
    "only a comment": ("# dark\n", 2, 1, "file is empty"),
    "a word": ("dark", 1, 1, "not a theme"),
    "a list": ("- dark", 1, 1, "not a theme"),
    "no name": ("dark: true", 1, 1, "`name: my-theme`"),
    "a name with spaces": ("name: my theme", 1, 7, "up to 48 letters"),
    "an empty name": ("name:", 1, 6, "up to 48 letters"),
    "an unknown key": ("name: x\ngruond: '#123'", 2, 1, "did you mean `ground`?"),
    "a key in capitals": ("name: x\nTEXT: '#123'", 2, 1, "did you mean `text`?"),
    "a key like none": ("name: x\nzzz: 1", 2, 1, "the keys are name, "),
    "a key twice": ("name: x\nname: y", 2, 1, "already on line 1"),
    "a switch that is no switch": ("name: x\ndark: yes", 2, 7, "true or false"),
    "a quoted switch": ("name: x\ndark: 'true'", 2, 7, "true or false"),
    "a colour that became a comment": ("name: x\nbar: #123456", 2, 5, "in quotes"),
    "a colour without its #": ("name: x\nbar: 123456", 2, 6, '"#123456"'),
    "a colour of five digits": ("name: x\nbar: '#12345'", 2, 6, "no colour"),
    "a colour by name": ("name: x\nbar: tomato", 2, 6, "no colour"),
    "a misspelt colour of the terminal": ("name: x\nbar: ansi_gren", 2, 6, "`ansi_green`"),
    "a terminal's colour elsewhere": ("name: x\nbar: ansi_red", 2, 6, "`ansi: true`"),
    "an ansi base, not ansi": ("name: x\nextends: ansi\nansi: false", 3, 1, "`ansi: true`"),
    "an unknown base": ("name: x\nextends: drak", 2, 10, "`dark` or `light` or `ansi`"),
    "a tint above one": ("name: x\nfocus_tint: 1.5", 2, 13, "from 0 to 1"),
    "a tint below zero": ("name: x\nfocus_tint: -0.1", 2, 13, "from 0 to 1"),
    "a tint that is no number": ("name: x\nfocus_tint: .nan", 2, 13, "from 0 to 1"),
    "a list for one colour": ("name: x\nbar: ['#123']", 2, 1, "takes one value"),
    "one colour for the roles": ("name: x\nroles: '#123'", 2, 8, "write 8 colours"),
    "too few roles": ("name: x\nroles: ['#123']", 2, 1, "has 1 colours; write 8"),
    "a wrong role": ("name: x\nroles:\n  - '#123'\n  - red", 4, 5, "'red' is no colour"),
    "a list in the list": ("name: x\nroles: [['#123']]", 2, 9, "one colour an item"),
    "a mapping as a value": ("name: x\nroles: {a: b}", 2, 8, "a theme is flat"),
    "a list as a key": ("name: x\n? [a]\n: b", 2, 3, "a key has to be a word"),
    "a long description": ("name: x\ndescription: " + "x" * 121, 2, 14, "120 printable"),
    "an escape in it": ('name: x\ndescription: "\\e[2J"', 2, 14, "120 printable"),
    "an anchor": ("name: &a x", 1, 7, "write the value out"),
    "an alias": ("name: x\nbar: *a", 2, 6, "write the value out"),
    "a merge key": ("name: x\n<<: dark", 2, 1, "`extends: dark`"),
    "a tag": ("name: !!python/name:os.system x", 1, 7, "tags (!)"),
    "two documents": ("name: x\n---\nname: y", 3, 1, "one theme in a file"),
    "an open quote": ("name: x\nbar: '#123", 2, 11, "that begins on line 2"),
    "a tab for a blank": ("name: x\n\tbar: y", 2, 1, "not YAML"),
    "a control character": ("name: x\nbar: \x1b[2J", 2, 6, "U+001B"),
    "half a surrogate pair": ("name: x\nbar: \ud800", 2, 6, "U+D800"),
    "too long": ("#" * 65_537, 1, 1, "64 KiB at most"),
    "too long in bytes": ("#" + "ü" * 32_768, 1, 1, "64 KiB at most"),
}


@pytest.mark.parametrize(("text", "line", "column", "said"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_file_is_answered_with_the_place_and_what_would_be_right(
    text: str, line: int, column: int, said: str
) -> None:
    error = refusal(text)
    assert (error.source, error.line, error.column) == ("mine.yaml", line, column)
    assert str(error).startswith(f"mine.yaml:{line}:{column}: ")
    assert said in error.problem


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "a: [", "&a [", "!a ["])
def test_a_deeply_nested_file_is_refused_and_nothing_overflows(opening: str) -> None:
    assert refusal(opening * (64_000 // len(opening))).line == 1


def test_a_message_holds_nothing_that_a_terminal_would_obey() -> None:
    with pytest.raises(ThemeError) as caught:
        parse('name: "\\e[31m\\u202e"', "a\x1b]0;b.yaml")
    assert str(caught.value).isprintable()


WORDS = [*Theme.__struct_fields__, "extends", "dark", "ansi", "true", "#12a", "'#12a'", "0.5"]
MARKS = [": ", "\n", "- ", "  ", "[", "]", "{", "}", ", ", "#", "&a ", "*a", "!t ", "<<", "'", '"']
MARKS += ["? ", "| ", "> ", "---\n", "...\n", "%YAML 9.9\n", '"\\ud800"', "\t", "\r", "\ufeff"]


SCALARS = st.sampled_from(["true", "false", "dark", "'#12a'", "ansi_red", "0.5", "", "[x]"])
LINES = st.dictionaries(st.sampled_from([*Theme.__struct_fields__, "extends"]), SCALARS | st.text())


@given(
    st.text()
    | st.lists(st.sampled_from(WORDS + MARKS)).map("".join)
    | LINES.map(lambda lines: "\n".join(f"{key}: {value}" for key, value in lines.items()))
)
@example("%YAML " + "9" * 5000 + ".1\n--- a")
@example('name: "\\U99999999"')
def test_any_text_is_a_theme_or_a_theme_error(text: str) -> None:
    answer = outcome(text)
    if isinstance(answer, ThemeError):
        assert answer.line >= 1
        assert answer.column >= 1
        assert str(answer).isprintable()
    else:
        assert answer.name.isprintable()


def outcome(text: str) -> Theme | ThemeError:
    try:
        return parse(text, "any.yaml")
    except ThemeError as error:
        return error


HEX = st.from_regex(r"#([0-9A-F]{2}){3}", fullmatch=True)


@given(colours=st.lists(HEX, min_size=8, max_size=8), index=st.integers(0, 99))
def test_a_title_is_never_further_from_the_card_than_the_role(
    colours: list[str], index: int
) -> None:
    roles = ", ".join(f'"{colour}"' for colour in colours)
    theme = parse(f"name: x\nroles: [{roles}]", "x.yaml")
    ends = zip(
        *(
            bytes.fromhex(colour[1:])
            for colour in (
                theme.card,
                theme.title_ground(index, focused=False),
                theme.title_ground(index, focused=True),
                theme.role_colour(index),
            )
        ),
        strict=True,
    )
    for channel in ends:
        assert list(channel) in (sorted(channel), sorted(channel, reverse=True))
