"""Logs to export: ordinary ones, unfinished ones, and one that is hostile in every field."""

from collections.abc import Callable
from functools import cache, partial

import pytest

from brainstorm_agents.events import Event, encode
from brainstorm_agents.reader import Log, read

from ..runs import cast, run, strange, trio
from .hostile import hostile

_MARKDOWN = """# A title of its own

Setext
===

> quoted *words*
- one
- two **bold
  1. nested `code <b>`

| a | b |
|--:|---|
| 1 | x\\|y |

[link](https://example.org/a_b) ![picture](https://example.org/p.png) <i>raw</i> &lt;b&gt; $5

1986\\. and #5 and `a|b`

```html
<script>never closed
"""


def _markdown() -> list[Event]:
    own = {"Bob": {"script": [_MARKDOWN, "```\nopen", "+ plus\n\n***\n\n- - -"]}}
    return run(cast("Alex", "Bob", own=own))


def _five_megabytes() -> list[Event]:
    own = {"Alex": {"script": ["<b>\u202e" + "x" * 5_000_000], "latency": 0}}
    return run(cast("Alex", "Bob", own=own), 1)


_MADE: dict[str, Callable[[], list[Event]]] = {
    "ordinary": trio,
    **{name: partial(strange().__getitem__, name) for name in strange()},
    "markdown": _markdown,
    "hostile": hostile,
    "5 MB": _five_megabytes,
}
NAMES = [name for name in _MADE if name != "5 MB"]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[Event]], Log]:
    """Makes a log of events."""
    folder = tmp_path_factory.mktemp("logs")

    def made(events: list[Event]) -> Log:
        path = folder / f"{len(list(folder.iterdir()))}.jsonl"
        path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
        return read(path)

    return made


@pytest.fixture(scope="session")
def logs(make: Callable[[list[Event]], Log]) -> Callable[[str], Log]:
    """Gives a log by its name."""
    return cache(lambda name: make(_MADE[name]()))


@pytest.fixture(params=NAMES)
def log(request: pytest.FixtureRequest, logs: Callable[[str], Log]) -> Log:
    """Each log in turn, but for the one that takes seconds."""
    return logs(request.param)
