"""What holds for every format."""

import json
import re
from collections.abc import Callable

import pytest

from brainstorm_agents.reader import Log
from brainstorm_tui.exports import FORMATS, exporter
from brainstorm_tui.text.safe import sanitise

FORMAT_NAMES = list(FORMATS)


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_the_same_log_gives_the_same_text(name: str, log: Log) -> None:
    assert "".join(exporter(name)(log)) == "".join(exporter(name)(log))


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_nothing_that_a_terminal_would_obey_gets_out(name: str, log: Log) -> None:
    text = "".join(exporter(name)(log))
    assert text == sanitise(text)
    assert not re.search(r"\\u00[01]|\\u20[26]|\\u200", text)


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_a_line_of_5_mb_is_one_more_line(name: str, logs: Callable[[str], Log]) -> None:
    text = "".join(exporter(name)(logs("5 MB")))
    assert text == sanitise(text)
    assert len(text) < 30_000_000


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_what_was_hidden_is_seen(name: str, logs: Callable[[str], Log]) -> None:
    text = "".join(exporter(name)(logs("hostile")))
    assert "␛" in text
    if name not in ("mermaid", "svg"):  # these have only the first words
        assert "‹U+202E›" in text
        assert "␀" in text


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_every_reply_of_an_ordinary_session_is_there(name: str, logs: Callable[[str], Log]) -> None:
    text = "".join(exporter(name)(logs("ordinary")))
    for turn in logs("ordinary").session().turns.values():
        assert turn.id in text


@pytest.mark.parametrize("name", ["trace", "json"])
def test_json_is_strict(name: str, log: Log) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    json.loads("".join(exporter(name)(log)), parse_constant=refuse)


def test_a_format_that_is_not_there_is_not_there() -> None:
    with pytest.raises(KeyError):
        exporter("pdf")
