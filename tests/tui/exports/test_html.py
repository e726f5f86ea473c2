"""The page: what is in it, that nothing breaks out of it, and that a browser replays it."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from brainstorm_agents.reader import Log
from brainstorm_agents.session import Phase
from brainstorm_tui.exports.html import export

# fmt: off
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "span", "h1", "button", "main",
    "div", "b", "section", "h2", "article", "h3", "a", "p", "strong", "em", "s", "code", "pre",
    "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "br", "hr",
    "small", "i", "details", "summary", "dl", "dt", "dd", "svg", "defs", "pattern", "path",
    "line", "g", "rect", "text", "tspan", "footer", "input", "output", "script",
}
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "type", "hidden",
    "tabindex", "dir", "aria-label", "aria-hidden", "role", "href", "start", "width", "height",
    "x", "y", "x1", "y1", "x2", "y2", "dx", "viewbox", "preserveaspectratio", "d", "fill",
    "patternunits", "overflow", "data-turn", "min", "value", "step",
}
# fmt: on
EMPTY = {"meta", "br", "hr", "input"}


class Page(HTMLParser):
    """Reads a page, and refuses what could be active."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.turns: list[str] = []
        self.scripts: dict[str | None, str] = {}
        self.policy = ""
        self._kind: str | None = None
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        given = dict(attrs)
        assert given.keys() <= ATTRIBUTES
        assert len(given) == len(attrs)
        if "id" in given:
            self.ids.append(given["id"] or "")
        if "href" in given:
            self.links.append(given["href"] or "")
        if given.get("http-equiv"):
            self.policy = given["content"] or ""
        if tag == "article":
            self.turns.append("")
        if tag == "script":
            self._kind = given.get("type")
            assert self._kind not in self.scripts
            self.scripts[self._kind] = ""
        if tag not in EMPTY and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[self._kind] += data
        elif "article" in self.open:
            self.turns[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def page_of(log: Log) -> Page:
    return Page("".join(export(log)))


def data_of(log: Log) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page_of(log).scripts["application/json"])
    return found


def test_nothing_breaks_out(log: Log) -> None:
    page = page_of(log)
    assert set(page.scripts) == {None, "application/json"}
    assert len(page.turns) == len(log.session().turns)
    assert "<" not in page.scripts["application/json"]


def test_every_link_goes_to_a_place_in_the_page(log: Log) -> None:
    page = page_of(log)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)


def test_the_policy_allows_this_style_this_script_and_nothing_else(log: Log) -> None:
    text = "".join(export(log))
    (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    script = page_of(log).scripts[None]
    digests = [
        "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        for content in (style, script)
    ]
    assert page_of(log).policy == (
        f"default-src 'none'; style-src '{digests[0]}'; script-src '{digests[1]}';"
        " base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style.replace("url(#zigzag)", "")
    assert "@import" not in style


def test_a_reply_is_in_the_page_as_text(logs: Callable[[str], Log]) -> None:
    log = logs("hostile")
    told = page_of(log).turns[0]
    for words in ("<img src=x onerror=alert(2)>", "␛]52;c;ZXZpbA==␇", "[@click=app.quit]x[/]"):
        assert words in told


def test_the_script_gets_times_and_does_not_fold(log: Log) -> None:
    session, data = log.session(), data_of(log)
    assert len(data["turns"]) == len(session.turns)
    for told in data["turns"]:
        last = 0
        for _, start, end in told["phases"]:
            assert 0 <= last <= start <= end
            last = end
        lengths = told["came"][1::2]
        assert lengths == sorted(lengths)


def test_all_that_came_of_a_reply_is_its_text(logs: Callable[[str], Log]) -> None:
    log = logs("mixed")
    turns = log.session().turns
    for told in data_of(log)["turns"]:
        turn = turns[told["id"]]
        assert turn.phase is Phase.DONE
        assert told["came"][-1] == len(turn.text)


def test_both_themes_are_in_it(logs: Callable[[str], Log]) -> None:
    text = "".join(export(logs("ordinary")))
    assert "prefers-color-scheme:dark" in text
    for colour in ("#11161C", "#FBFAF7", "#FCCC62", "#8F6A2B"):
        assert colour in text


# In a browser

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.parametrize("name", ["mixed", "hostile"])
def test_a_browser_shows_a_moment_of_it(
    name: str, logs: Callable[[str], Log], tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text("".join(export(logs(name))), encoding="utf-8")
    assert CHROMIUM
    words = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    words += ["--disable-background-networking", f"--user-data-dir={tmp_path / 'user'}"]
    words += ["--virtual-time-budget=3000", "--dump-dom", f"{path.as_uri()}#t=1.5"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert 'id="controls">' in done.stdout, "the script has run"
    if name == "mixed":
        assert "Alex speaking" in done.stdout
        assert re.search(r'id="clock">1\.5 of \d+\.\d s<', done.stdout)
