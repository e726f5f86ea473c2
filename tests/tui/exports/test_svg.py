"""The run diagram: a drawing that any reader of XML takes."""

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from brainstorm_agents.critical_path import critical_path
from brainstorm_agents.reader import Log
from brainstorm_tui.exports.svg import export

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {
    *("svg", "title", "desc", "style", "defs", "pattern", "path", "rect", "text", "tspan"),
    *("line", "g", "polyline"),
}


def drawing(log: Log) -> ElementTree.Element:
    return ElementTree.fromstring("".join(export(log)))


def words(root: ElementTree.Element) -> str:
    return " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))


def test_it_is_a_drawing_with_a_title_and_a_description(log: Log) -> None:
    root = drawing(log)
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")
    assert root.get("role") == "img"


def test_nothing_in_it_is_active(log: Log) -> None:
    for element in drawing(log).iter():
        assert element.tag.removeprefix(SVG) in DRAWN
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name]


def test_every_place_is_within_the_drawing(log: Log) -> None:
    for element in drawing(log).iter():
        for name, value in element.attrib.items():
            if value.endswith("%"):
                assert 0 <= float(value.removesuffix("%")) <= 100.001, (element.tag, name, value)


def test_every_role_and_every_turn_is_named(logs: Callable[[str], Log]) -> None:
    log = logs("mixed")
    shown = words(drawing(log))
    session = log.session()
    for name in [*session.roles, *session.turns]:
        assert name in shown


def test_the_critical_path_is_drawn_and_told(logs: Callable[[str], Log]) -> None:
    log = logs("mixed")
    session = log.session()
    path = critical_path(session, session.t)
    root = drawing(log)
    (line,) = root.findall(f"{SVG}polyline")
    assert len(line.attrib["points"].split()) == 2 * len(path)
    assert " → ".join(turn.id for turn in path) in words(root)


@pytest.mark.parametrize(("name", "marks"), [("mixed", 1), ("stopped", 4)])
def test_a_turn_that_failed_or_was_stopped_has_a_cross(
    name: str, marks: int, logs: Callable[[str], Log]
) -> None:
    # One is in the legend.
    assert words(drawing(logs(name))).count("✗") == marks


def test_it_is_light_and_dark(logs: Callable[[str], Log]) -> None:
    style = drawing(logs("mixed")).findtext(f"{SVG}style") or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    assert "#FBFAF7" in light
    assert "#11161C" in dark
