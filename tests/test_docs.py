"""The README and the pages of docs/, held against the program: what they say can be done."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple, get_args

import click
import pytest
from textual.binding import Binding

import brainstorm_themes
from brainstorm_agents import scenario
from brainstorm_agents.cast import Role, Scenario
from brainstorm_agents.events import AnyEvent, Event
from brainstorm_agents.named_model import NamedModel
from brainstorm_themes import Theme
from brainstorm_tui.cli import NAME, cli
from brainstorm_tui.screens.help import LIVE, REPLAY, VIEW
from brainstorm_tui.screens.session import SessionScreen

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
SOURCES = [
    ROOT / "agents/brainstorm_agents",
    ROOT / "themes/brainstorm_themes",
    ROOT / "tui/brainstorm_tui",
]

FOR_EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)

EXAMPLE = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
"""A command behind a dollar sign, and what it prints; a line with an ellipsis stands for any."""

KEY_NAMES = {"asterisk": "*", "slash": "/"}
"""What the page calls keys that have names."""

SIGNS = "The signs"
"""The help's section that is about no key."""


class Block(NamedTuple):
    """A fenced block: its language and its lines."""

    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [Block(language, text) for language, text in found]


def command_lines(page: Path) -> Iterator[str]:
    """Every line that a page would have somebody type."""
    for block in blocks(page):
        for line in block.text.splitlines():
            if block.language == "sh":
                yield line
            elif block.language == "console" and line.startswith("$ "):
                yield line.removeprefix("$ ")


def invocations(line: str) -> Iterator[list[str]]:
    """What follows the program's name, for each call of it in a line for the shell."""
    words = shlex.shlex(line, posix=True, punctuation_chars="|>")
    words.whitespace_split = True
    call: list[str] | None = None
    for word in [*words, "|"]:
        if set(word) <= {"|", ">"}:
            if call is not None:
                yield call
            call = None
        elif call is not None:
            call.append(word)
        elif word == NAME:
            call = []


def all_commands() -> Iterator[click.Command]:
    waiting: list[click.Command] = [cli]
    while waiting:
        command = waiting.pop()
        yield command
        if isinstance(command, click.Group):
            waiting += command.commands.values()


def all_options() -> set[str]:
    options = (p for c in all_commands() for p in c.params if isinstance(p, click.Option))
    return {"--help", *chain.from_iterable(option.opts for option in options)}


def all_variables() -> set[str]:
    options = (p for c in all_commands() for p in c.params if isinstance(p, click.Option))
    return {str(option.envvar) for option in options if option.envvar}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[list[str]], None]:
    """Reads a command line as the program does, and then does nothing."""
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path))
    for command in all_commands():
        if not isinstance(command, click.Group):
            monkeypatch.setattr(command, "callback", lambda **_: None)
    return partial(cli.main, prog_name=NAME, standalone_mode=False)


@FOR_EVERY_PAGE
def test_every_command_line_can_be_read(page: Path, read: Callable[[list[str]], None]) -> None:
    for line in command_lines(page):
        for words in invocations(line):
            read(words)


@FOR_EVERY_PAGE
def test_every_option_that_is_named_exists(page: Path) -> None:
    known = all_options()
    for line in page.read_text("utf-8").splitlines():
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", line))
        assert named <= known, f"{line!r} names {named - known}"


@FOR_EVERY_PAGE
def test_every_variable_that_is_named_exists(page: Path) -> None:
    known = {*all_variables(), "BRAINSTORM_TUI_HOME", "BRAINSTORM_TUI_DEBUG"}
    named = set(re.findall(r"(?<!_)BRAINSTORM_TUI_[A-Z_]+", page.read_text("utf-8")))
    assert named <= known


@FOR_EVERY_PAGE
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if not target.startswith("https://"):
            name, _, heading = target.partition("#")
            other = page.parent / name if name else page
            assert other.exists(), target
            assert not heading or heading in _anchors(other), target


def _anchors(page: Path) -> set[str]:
    """What the headings of a page are called in an address."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_readme_leads_to_every_page() -> None:
    readme = PAGES[0].read_text("utf-8")
    assert [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in readme] == []


@pytest.mark.skipif(sys.platform == "win32", reason="the pages are written for a POSIX shell")
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(block.language == "console" for block in blocks(page))],
    ids=lambda page: page.stem,
)
def test_what_a_page_shows_is_what_comes_out(page: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "BRAINSTORM_TUI_HOME": str(tmp_path / "home"),
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]),
        "PYTHONUTF8": "1",
    }
    for block in blocks(page):
        if block.language in ("yaml", "python"):
            (tmp_path / named_file(block)).write_text(block.text, "utf-8")
        if block.language != "console":
            continue
        for command, output in EXAMPLE.findall(block.text):
            if command.startswith("jq") and not shutil.which("jq"):
                continue
            shown = printed(command, tmp_path, environment)
            pattern = ".*?".join(map(re.escape, output.split("…\n")))
            assert re.fullmatch(pattern, shown, re.DOTALL), f"$ {command}\n{shown}"


def named_file(block: Block) -> str:
    """A block of YAML or Python is a file; its first line says which."""
    name = block.text.splitlines()[0].removeprefix("# ")
    assert re.fullmatch(r"\w+\.(py|yaml)", name), f"such a block begins with its name, not {name!r}"
    return name


def printed(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    text = done.stdout.decode().strip("\n")
    return f"{text}\n" if text else ""


def test_the_page_of_scenarios_names_every_key_and_every_builtin() -> None:
    page = (DOCS / "scenarios.md").read_text("utf-8")
    kinds = Role, Scenario, NamedModel
    keys = {key for kind in kinds for key in kind.__struct_fields__} | {"defaults"}
    assert [key for key in sorted(keys) if f"| `{key}` |" not in page] == []
    assert [name for name in scenario.builtin_names() if name not in page] == []


def test_the_page_of_logs_names_every_event_with_every_field() -> None:
    page = (DOCS / "logs.md").read_text("utf-8")
    for event in get_args(AnyEvent):
        kind = event.__struct_config__.tag
        row = re.search(rf"^\| `{kind}` \| (.*)$", page, re.MULTILINE)
        assert row, kind
        own = [name for name in event.__struct_fields__ if name not in Event.__struct_fields__]
        assert [name for name in own if f"`{name}`" not in row[1]] == [], kind


def test_the_page_of_themes_names_every_key() -> None:
    page = (DOCS / "themes.md").read_text("utf-8")
    assert [key for key in Theme.__struct_fields__ if f"`{key}`" not in page] == []


def test_the_theme_that_is_shown_is_one() -> None:
    (shown,) = (b for b in blocks(DOCS / "themes.md") if b.language == "yaml")
    assert brainstorm_themes.parse(shown.text, "sand.yaml").name == "sand"


def test_the_page_of_keys_has_every_key_of_the_help() -> None:
    page = (DOCS / "keys.md").read_text("utf-8")
    for title, keys in (*LIVE, *REPLAY, *VIEW):
        for key in chain.from_iterable(shown.split() for shown, _ in keys):
            is_word = title == SIGNS or key in ("mouse", "wheel", "Shift+arrows", "1-9")
            assert is_word or f"`{key}`" in page, f"{key} of {title!r}"


def test_the_page_of_keys_says_which_are_not_there_yet() -> None:
    page = (DOCS / "keys.md").read_text("utf-8")
    section = (
        page.split("## Not there yet\n")[1].split("\n## ")[0] if "## Not there" in page else ""
    )
    bindings = [binding for binding in SessionScreen.BINDINGS if isinstance(binding, Binding)]
    waiting = [binding.key for binding in bindings if binding.action.startswith("later(")]
    names = [KEY_NAMES.get(key, key) for key in waiting]
    assert sorted(re.findall(r"`(.)`", section)) == sorted(names)


@pytest.mark.parametrize("folder", SOURCES, ids=lambda folder: folder.name)
def test_the_modules_that_the_architecture_names_are_there(folder: Path) -> None:
    page = (DOCS / "architecture.md").read_text("utf-8")
    section = page.split(f"## {folder.name}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    assert rows
    for row in rows:
        path = folder / (row if row.endswith("/") else f"{row}.py")
        assert path.exists(), row


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    picture = (DOCS / "screen.svg").read_text("utf-8")
    assert not re.search(r"url\([\"']?http|href=|@import|<script", picture)
