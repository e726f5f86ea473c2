"""Finding text in the topics and messages of logs, without reading more than one line at a time."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from brainstorm_agents.errors import LogError
from brainstorm_agents.events import TurnFinished, UserSpoke
from brainstorm_agents.scan import Scan, open_log
from brainstorm_agents.session import USER
from brainstorm_tui import log_list
from brainstorm_tui.text.safe import one_line

AROUND = 40
"""Characters of a message that are shown on each side of what was found."""

_WORTH_READING = (b'{"type":"turn_finished"', b'{"type":"user_spoke"')


class Found(NamedTuple):
    """A message that has the text, ready to show."""

    log: Path
    id: str
    speaker: str
    excerpt: str


def search(folder: Path, text: str, complain: Callable[[str], None]) -> Iterator[Found]:
    """The messages with a text, log by log, the newest log first.

    Args:
        folder: Where the logs are.
        text: What to find, upper and lower case being the same.
        complain: Is told of logs that cannot be read, or not to their end: of a damaged one, what
            comes before the damage is found.
    """
    pattern = re.compile(re.escape(text), re.IGNORECASE)
    for path in log_list.newest(folder):
        try:
            for message in _messages(path):
                if at := pattern.search(message.text):
                    speaker = USER if isinstance(message, UserSpoke) else message.role
                    excerpt = _excerpt(message.text, at.start(), at.end())
                    yield Found(path, one_line(message.id), one_line(speaker), excerpt)
        except (LogError, OSError) as error:
            complain(str(error))


def _messages(path: Path) -> Iterator[UserSpoke | TurnFinished]:
    with open_log(path) as file:
        scan = Scan(path, file)
        # All lines are verified, also those in which nothing is to be found: where one was lost or
        # changed, what comes after it is not known to have been said.
        for number, line in scan.lines():
            if line.startswith(_WORTH_READING):
                event = scan.event(line, number)
                assert isinstance(event, UserSpoke | TurnFinished), "its type says so"
                yield event


def _excerpt(text: str, start: int, end: int) -> str:
    before = "…" if start > AROUND else ""
    after = "…" if end + AROUND < len(text) else ""
    return before + one_line(text[max(0, start - AROUND) : end + AROUND]) + after
