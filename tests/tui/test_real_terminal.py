"""The real program in a real terminal, as a person uses it: keys go in, a screen comes out."""

import base64
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from brainstorm_agents.events import SessionEnded, TurnAsked, UserSpoke
from brainstorm_agents.reader import Log, read
from brainstorm_agents.session import Phase

from .terminal import Terminal

SMALL, USUAL = (80, 24), (120, 40)

QUICK = ("--seed", "7", "-p", "latency=0.4", "--rounds", "2")

PATIENT = """
name: patient
topic: Why do bees dance?
rounds: 2
opener: Alex
roles:
  - {name: Alex, params: {latency: 0.1, script: [Who has seen one dance?]}}
  - {name: Bob, params: {first_token: 0.1, tokens_per_second: 1}}
  - {name: Chalice, params: {first_token: 0.1, tokens_per_second: 1}}
"""
"""After the opening nobody comes to an end while a test looks at them."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder for settings, logs and scenarios."""
    return tmp_path


@pytest.fixture
def patient(home: Path) -> str:
    """A scenario whose second and third role speak for a long time."""
    return write(home, PATIENT)


def write(home: Path, scenario: str) -> str:
    """A scenario as a file; its name."""
    (home / "cast.yaml").write_text(scenario, encoding="utf-8")
    return "./cast.yaml"


def log(home: Path) -> Log:
    """The one session that was logged."""
    (path,) = (home / "logs").iterdir()
    return read(path)


def keys(terminal: Terminal) -> str:
    """The line of keys."""
    return terminal.lines[-1]


def assert_left_as_it_was(terminal: Terminal) -> None:
    """The program has undone whatever it asked the terminal for."""
    last = dict(re.findall(r"\x1b\[\?(\d+)([hl])", terminal.output))
    on = {mode for mode, is_set in last.items() if is_set == "h"}
    # The cursor and the wrapping of lines are on before any program begins; nothing else is:
    # no second screen, no mouse, no bracketed paste, no reports of focus.
    assert on == {"7", "25"}
    assert {"1000", "1003", "1006", "1049", "2004"} <= last.keys()
    pushed, popped = (terminal.output.count(key) for key in ("\x1b[>", "\x1b[<u"))
    assert pushed == popped
    assert terminal.is_as_before()


# The first minute


def test_a_topic_is_typed_and_the_session_runs_to_its_end(home: Path) -> None:
    with Terminal(*QUICK, home=home) as terminal:
        terminal.wait_for("What shall they think about?", "mock model: no key, no network")
        terminal.wait_for("Alex  teacher", "Bob  student", "Chalice  assistant")
        terminal.wait_for("How do we make asynchronous programming fun to learn?")
        terminal.type("Why do bees dance?")
        terminal.wait_for("▸ Why do bees dance?")
        terminal.press("Enter")

        terminal.wait_for("classroom  Why do bees dance?", "opening    1 speaking", "a0 ← user")
        assert "b1" not in terminal.text
        terminal.wait_for(" s  one round    r  run 2 rounds", "waits for you")

        terminal.press("s")
        for frame in terminal.frames():
            assert ("b1 ←" in frame) == ("c1 ←" in frame)
            if "b1 ←" in frame:
                break
        terminal.wait_for("round 1 of 2    2 speaking")
        terminal.wait_for(" s  one round    r  run 1 round", "saved ≈")
        terminal.press("r")
        terminal.wait_for("a1 ← b1 c1", "b2 ← c1", "c2 ← b1")
        terminal.wait_for("ended    all rounds done", "s one more   r run 2 more")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert_left_as_it_was(terminal)
        assert f"log: {log(home).path}" in terminal.output
    session = log(home).session()
    assert session.ended == "rounds"
    assert session.topic == "Why do bees dance?"


def test_a_recorded_session_is_stepped_and_played_without_a_model(
    home: Path,
) -> None:
    with Terminal(*QUICK, "--topic", "Bees?", "--run", home=home) as terminal:
        terminal.wait_for("all rounds done")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    path = log(home).path
    recorded = path.read_bytes()
    with Terminal("replay", path.name, home=home) as terminal:
        length = len(log(home).events)
        terminal.wait_for(" replay ", f"event {length} of {length}", "round 2 of 2")
        terminal.press("[", "[")
        terminal.wait_for("round 1 of 2")
        terminal.press("[")
        terminal.wait_for("paused    opening")
        assert "b1 ←" not in "".join(terminal.lines[:20])
        terminal.press("]")
        terminal.wait_for("round 1 of 2", "b1 ← a0")
        terminal.press("Left", "Left")
        terminal.wait_for("1 speaking")
        terminal.press("s")
        terminal.wait_for("this is a replay: f forks it")
        terminal.press("\x1b[H")
        terminal.wait_for(f"event 1 of {length}")
        terminal.press("+", "+", "+")
        terminal.wait_for("speed 8×")
        terminal.press("Space")
        terminal.wait_for("playing")
        terminal.wait_for("paused", f"event {length} of {length}")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert_left_as_it_was(terminal)
    assert path.read_bytes() == recorded
    assert list((home / "logs").iterdir()) == [path]


# Keys while they speak


def test_x_stops_the_turns_and_s_asks_the_same_ones_again(home: Path, patient: str) -> None:
    with Terminal(patient, "--topic", "Bees?", home=home) as terminal:
        terminal.wait_for("waits for you")
        terminal.press("s")
        terminal.wait_for("2 speaking")
        terminal.press("x")
        terminal.wait_for("◌ stopped", "you stopped it", "stopped: s asks the unfinished turns")
        terminal.press("s")
        terminal.wait_for("2 speaking", "b1 ← a0", "c1 ← a0")
        terminal.wait_gone("stopped")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert_left_as_it_was(terminal)
    events, session = log(home).events, log(home).session()
    asked = [(event.id, event.attempt) for event in events if isinstance(event, TurnAsked)]
    assert asked == [("a0", 1), ("b1", 1), ("c1", 1), ("b1", 2), ("c1", 2)]
    assert session.ended == "quit"
    assert isinstance(events[-1], SessionEnded)
    assert [turn.phase for turn in session.turns.values()] == [
        Phase.DONE,
        Phase.CANCELLED,
        Phase.CANCELLED,
    ]


@pytest.mark.parametrize(
    ("typed", "shows"),
    [("ihurry", "hurry"), ("/hurry", "hurry"), ("gb12", "b12")],
    ids=["say", "search", "go to"],
)
def test_what_is_typed_at_once_behind_a_key_that_opens_a_line_is_not_lost(
    home: Path, typed: str, shows: str
) -> None:
    with Terminal(*QUICK, "--topic", "x", home=home) as terminal:
        terminal.wait_for("waits for you")
        terminal.type(typed)
        terminal.wait_until(
            lambda: any(
                re.match(rf" (say|find|go to) +{shows}\b", line) for line in terminal.lines
            ),
            "all that was typed",
        )


def test_what_the_user_says_reaches_the_one_it_is_addressed_to(home: Path, patient: str) -> None:
    with Terminal(patient, "--topic", "Bees?", home=home) as terminal:
        terminal.wait_for("waits for you")
        terminal.press("i")
        terminal.wait_for("Enter says it")
        terminal.type("@b")
        terminal.press("Tab")
        terminal.wait_for("say @Bob")
        terminal.type("what do you wait for?")
        terminal.press("Enter")
        terminal.wait_for("Bob will hear it in the next round", "user2 → Bob")
        terminal.press("s")
        terminal.wait_for("b1 ← a0 user2", "c1 ← a0")
        assert "c1 ← a0 user2" not in terminal.text
        terminal.press("q")
        assert terminal.wait_exit() == 0
    said = [event for event in log(home).events if isinstance(event, UserSpoke)]
    assert [(event.text, event.to) for event in said] == [
        ("Bees?", ()),
        ("what do you wait for?", ("Bob",)),
    ]


def test_views_open_and_close_and_sizes_change_while_they_speak(home: Path, patient: str) -> None:
    with Terminal(patient, "--topic", "Bees?", home=home) as terminal:
        terminal.wait_for("waits for you")
        terminal.press("s")
        terminal.wait_for("2 speaking")
        terminal.press("Tab")
        terminal.wait_for("▌Bob")
        terminal.press("z")
        terminal.wait_for("z back")
        assert "Chalice" not in terminal.lines[1]
        terminal.press("w")
        terminal.wait_for("what b1 saw", "not seen")
        terminal.press("Escape")
        terminal.wait_gone("what b1 saw")
        terminal.press("Escape")
        terminal.wait_for("z zoom", "▌Bob", "Chalice")

        for size in (SMALL, (60, 20), (200, 60), USUAL):
            terminal.resize(size)
            terminal.wait_until(
                lambda size=size: (  # type: ignore[misc]
                    "q quit" in keys(terminal) and len(keys(terminal)) == size[0] - 1
                ),
                f"a screen of {size}",
            )
            terminal.wait_for("▌Bob", "Chalice", "2 speaking")
        assert "round 1 ──" in terminal.text

        terminal.press("t")
        terminal.wait_for("critical path", "Esc back", "2 speaking")
        terminal.press("Escape")
        terminal.wait_for("z zoom", "▌Bob")
        terminal.press("?")
        terminal.wait_for("Esc closes")
        terminal.press("q")
        terminal.wait_gone("Esc closes")
        terminal.press("q")
        assert terminal.wait_exit() == 0


# The end


def press(*names: str) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.press(*names)


def ctrl_c_twice(terminal: Terminal) -> None:
    terminal.press("C-c")
    terminal.wait_for("Ctrl+C again quits")
    terminal.press("C-c")


def ctrl_c_twice_in_a_dialog(terminal: Terminal) -> None:
    terminal.press("?")
    terminal.wait_for("Esc closes")
    ctrl_c_twice(terminal)


@pytest.mark.parametrize(
    ("leave", "code", "reason"),
    [
        pytest.param(press("C-q"), 0, "quit", id="ctrl+q"),
        pytest.param(ctrl_c_twice, 0, "quit", id="ctrl+c twice"),
        pytest.param(ctrl_c_twice_in_a_dialog, 0, "quit", id="ctrl+c twice in a dialog"),
        pytest.param(
            lambda terminal: terminal.signal(signal.SIGTERM), 143, "interrupted", id="SIGTERM"
        ),
        pytest.param(
            lambda terminal: terminal.signal(signal.SIGHUP), 129, "interrupted", id="SIGHUP"
        ),
    ],
)
def test_every_way_out_restores_the_terminal_and_closes_the_log(
    leave: Callable[[Terminal], None], code: int, reason: str, home: Path, patient: str
) -> None:
    with Terminal(patient, "--topic", "Bees?", "--run", home=home) as terminal:
        terminal.wait_for("2 speaking")
        leave(terminal)
        assert terminal.wait_exit() == code
        assert_left_as_it_was(terminal)
    session = log(home).session()
    assert session.ended == reason
    assert all(turn.is_settled for turn in session.turns.values())


def test_a_window_that_is_closed_leaves_a_whole_log(home: Path, patient: str) -> None:
    with Terminal(patient, "--topic", "Bees?", "--run", home=home) as terminal:
        terminal.wait_for("2 speaking")
        terminal.hang_up()
        terminal.wait_exit()
    recorded = log(home)
    assert recorded.torn == 0
    assert recorded.session().ended == "interrupted"


# Terminals that can do less


def first_screen(home: Path, *words: str, **environment: str | None) -> Terminal:
    """A terminal that shows a session after its opening, and has left it again."""
    with Terminal(
        "--topic", "Bees?", "--seed", "7", "-p", "latency=0.1", *words,
        home=home, environment=environment,
    ) as terminal:  # fmt: skip
        terminal.wait_for("one round", "waits for you")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert_left_as_it_was(terminal)
    return terminal


def test_the_light_theme_draws_on_a_light_ground(home: Path) -> None:
    terminal = first_screen(home, "--theme", "light")
    assert any("48;2;251;250;247" in colour for colour in terminal.colours)


def test_no_color_leaves_greys_only(home: Path) -> None:
    terminal = first_screen(home, NO_COLOR="1")
    shades = [re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", colour) for colour in terminal.colours]
    assert any(shades)
    assert all(red == green == blue for found in shades for red, green, blue in found)


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (("--symbols", "ascii"), {}),
        ((), {"LANG": "C"}),
        ((), {"LANG": "en_US.UTF-8", "LC_ALL": "en_US.ISO-8859-1"}),
    ],
)
def test_a_terminal_without_utf_8_gets_ascii_symbols(
    home: Path, words: tuple[str, ...], environment: dict[str, str]
) -> None:
    terminal = first_screen(home, *words, **environment)
    assert re.sub(r"\x1b\[[^a-z]*[a-z]", "", terminal.output).isascii()


def test_a_terminal_that_has_no_screen_is_told_of_the_other_way(home: Path) -> None:
    with Terminal("--topic", "Bees?", home=home, environment={"TERM": "dumb"}) as terminal:
        assert terminal.wait_exit() == 2
        assert "use: brainstorm-tui run" in terminal.text
        assert "\x1b" not in terminal.output


# What can go wrong


def test_a_role_that_fails_is_named_and_the_others_go_on(home: Path) -> None:
    failing = write(
        home,
        """
        name: failing
        topic: Why do bees dance?
        rounds: 1
        opener: Alex
        defaults: {params: {latency: 0.2}}
        roles:
          - {name: Alex}
          - {name: Bob, params: {fail: 1.0}}
          - {name: Chalice}
        """,
    )
    with Terminal(failing, "--topic", "Bees?", "--run", home=home) as terminal:
        terminal.wait_for("all rounds done", " ✗ 1 failed ", " ✗ failed ", "the mock model failed")
        assert "✓ done" in terminal.lines[1]
        terminal.press("q")
        assert terminal.wait_exit() == 0
    phases = [turn.phase for turn in log(home).session().turns.values()]
    assert phases == [Phase.DONE, Phase.FAILED, Phase.DONE]


HOSTILE = (
    "\x1b]0;owned\x07 title \x1b[2J\x1b[3J cleared \x9b31m c1 \x1b]52;c;aGE=\x07 copied"
    " \u202eesrever\u202c \u200bwidth [@click=app.quit]leave[/] [/etc] \x1b]8;;http://x\x07link"
)

ALLOWED = re.compile(
    r"\x1b\[(?:"
    r"[\d;]*[mH]"  # styles, and where to write
    r"|\?(?:7|25|1000|1003|1004|1006|1015|1049|2004|2026|2048)[hl]"  # modes
    r"|\?(?:2026|2048)\$p|>\d+u|<u"  # what it asks for at the beginning, and its end
    r")|\x1b\]22;[a-z]+\x07"  # the mouse pointer's shape
)
"""All that the program itself has to say to a terminal."""


def test_hostile_text_reaches_no_terminal_and_is_not_interpreted(home: Path) -> None:
    escaped = HOSTILE.encode("unicode_escape").decode().replace('"', '\\"')
    hostile = write(
        home,
        f"""
        name: hostile
        topic: "{escaped}"
        opener: Alex
        defaults: {{params: {{latency: 0.2}}}}
        roles:
          - name: Alex
            profile: "[/etc]"
            persona: "{escaped}"
            params: {{script: ["{escaped}"]}}
          - {{name: Bob, params: {{script: ["{escaped}"]}}}}
        """,
    )
    with Terminal(hostile, home=home) as terminal:
        terminal.wait_for("What shall they think about?")
        terminal.press("Enter")
        terminal.wait_for("waits for you", "[@click=app.quit]leave[/]", "[/etc]")
        terminal.click(*terminal.place("leave[/]"))
        terminal.press("w")
        terminal.wait_for("what a0 saw")
        terminal.press("t")
        terminal.wait_for("critical path")
        terminal.press("Escape")
        terminal.wait_for("what a0 saw")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    rest = ALLOWED.sub("", terminal.output).replace("\r\n", "")
    assert not re.findall("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", rest)


# The mouse

LONG = r"\n\n".join(["first line", *"12345678", "last line"])

LISTS = f"""
name: lists
topic: Why do bees dance?
rounds: 1
opener: Alex
defaults: {{params: {{latency: 0.1}}}}
roles:
  - {{name: Alex, params: {{script: ["{LONG}"]}}}}
  - {{name: Bob, params: {{script: ["to copy\\n\\nand more"]}}}}
"""


def test_the_mouse_scrolls_focuses_zooms_selects_and_copies(home: Path) -> None:
    with Terminal(
        write(home, LISTS), "--topic", "Bees?", "--run", home=home, size=SMALL
    ) as terminal:
        terminal.wait_for("all rounds done", "last line", "to copy")
        assert "first line" not in terminal.text
        terminal.wheel(5, 8, -4)
        terminal.wait_for("first line", "↓")
        assert "· G" in terminal.lines[1]
        terminal.wheel(5, 8, 8)
        terminal.wait_for("last line", "▌Alex")
        assert "· G" not in terminal.lines[1]

        terminal.click(60, 12)
        terminal.wait_for("▌Bob")
        column, row = terminal.place("to copy")
        terminal.drag((column, row), (column + 3, row + 2))
        terminal.press("C-c")
        terminal.wait_for("copied: sent to the terminal's clipboard")
        copied = re.findall(r"\x1b\]52;c;([^\x07]*)\x07", terminal.output)
        assert [base64.b64decode(text).decode() for text in copied] == ["to copy\n\nand"]

        terminal.click(60, 14, times=2)
        terminal.wait_until(lambda: "Alex" not in terminal.lines[1], "a zoomed pane")
        assert terminal.lines[1].startswith("▌Bob")
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_session_is_its_own_users_alone(home: Path) -> None:
    with Terminal("--topic", "Bees?", "-p", "latency=0", home=home) as terminal:
        terminal.wait_for("waits for you")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert log(home).path.stat().st_mode & 0o777 == 0o600
