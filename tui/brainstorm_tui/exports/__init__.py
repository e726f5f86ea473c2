"""A session, taken elsewhere: one small module a format, each with the same face."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brainstorm_agents.reader import Log

Exporter = Callable[["Log"], Iterator[str]]
"""Turns a log into text, piece by piece. The same log gives the same text."""

FORMATS: Mapping[str, str] = {
    "markdown": "the transcript, to read and to publish",
    "html": "one page that replays it, without a network",
    "svg": "the run diagram",
    "mermaid": "who heard whom, as a sequence diagram",
    "trace": "Chrome trace JSON, for Perfetto",
    "cast": "asciicast v2, for asciinema",
    "json": "the session as one document",
}
"""What can be exported to, and what each is. The name is also the module's."""

SUFFIXES: Mapping[str, str] = {
    "markdown": ".md",
    "html": ".html",
    "svg": ".svg",
    "mermaid": ".mmd",
    "trace": ".trace.json",
    "cast": ".cast",
    "json": ".json",
}
"""What the name of such a file usually ends in."""


def exporter(name: str) -> Exporter:
    """The exporter to a format, imported when it is asked for.

    Raises:
        KeyError: There is no such format.
    """
    if name not in FORMATS:
        raise KeyError(name)
    found: Exporter = import_module(f"{__name__}.{name}").export
    return found
