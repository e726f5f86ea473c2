"""The logs of a folder, in brief: read from their first line and their last ones.

So a damaged log would look whole. The lines between are verified too, without being read any
further, up to an amount that takes about a second.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from brainstorm_agents.errors import LogError
from brainstorm_agents.events import SessionStarted, checksum, decode_header, empty_log
from brainstorm_agents.parameters import is_real
from brainstorm_agents.scan import Scan, open_log
from brainstorm_tui.money import cost
from brainstorm_tui.plain import ended_words
from brainstorm_tui.text.safe import one_line

TAIL = 64 * 1024
"""Bytes at the end of a log that are looked at."""

LONGEST_TAIL = 32 * 2**20
"""Bytes that are looked at if no round is named in those: a round of many long replies."""

LONGEST_PRICED = 16 * 2**20
"""Bytes of a log that is read as a whole for what it has cost."""

VERIFIED = 64 * 2**20
"""Bytes of logs that are verified in one list, the newest logs first."""

LONGEST_HEADER = 8 * 2**20
LONGEST_TOPIC = 90


def newest(folder: Path, limit: int | None = None) -> list[Path]:
    """The logs of a folder, or those written to last, newest first; none without the folder."""
    logs = [path for path in folder.glob("*.jsonl") if path.is_file()]
    logs.sort(key=lambda path: (path.stat().st_mtime, path.name), reverse=True)
    return logs[:limit]


@dataclass(frozen=True, slots=True)
class Brief:
    """What the first line of a log and its last ones say."""

    header: SessionStarted
    checksum: str
    """That of the header's line, by which forks know their parent."""
    state: str
    """How far it came, how it ended, and whether it is damaged."""


class Verifier:
    """Says which logs are damaged, until it has gone through so many bytes.

    Args:
        limit: How many.
    """

    def __init__(self, limit: int = VERIFIED) -> None:
        self._left = limit

    def words(self, path: Path) -> str:
        """What is to be said of a log: that it is damaged and where, or that nobody has looked.

        Raises:
            LogError: It is no log, or cannot be read.
        """
        with open_log(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > self._left:
                return "not verified"
            self._left -= size
            try:
                for _ in Scan(path, file).lines():
                    pass
            except LogError as error:
                if error.line is None:
                    raise
                return f"damaged at line {error.line}"
        return ""


def read_brief(path: Path, verifier: Verifier) -> Brief:
    """Read the first line of a log and its last ones, and have the others verified.

    Raises:
        LogError: It is no log, or cannot be read.
    """
    name = one_line(path.name)
    try:
        with path.open("rb") as file:
            if not (line := file.readline(LONGEST_HEADER).removesuffix(b"\n")):
                raise empty_log(name)
            header = decode_header(line, name)
            ending = _ending(file)
    except OSError as error:
        raise LogError(f"cannot be read: {error.strerror}", source=name) from None
    count = "no round" if ending.round is None else f"round {ending.round}"
    how = ended_words(ending.ended, ending.paused)
    state = f"{one_line(header.scenario.name)}, {count}: {how}"
    if doubt := verifier.words(path):
        state += f"; {doubt}"
    return Brief(header, checksum(line), state + _cost(path, header))


def _cost(path: Path, header: SessionStarted) -> str:
    """What a session has cost, where somebody had to be paid: for that its whole log is read."""
    scenario = header.scenario
    asked = {name for role in scenario.roles for name in scenario.models_in_turn(role.model)}
    if not any(is_real(scenario.model(name).model) for name in asked):
        return ""
    if path.stat().st_size > LONGEST_PRICED:
        return "; cost not added up: the log is large"
    try:
        with open_log(path) as file:
            scan = Scan(path, file)
            for _ in scan:
                pass
    except LogError:
        return "; cost not known"
    return f"; cost {cost(scan.session.bill, none='not known')}"


def describe(path: Path, verifier: Verifier) -> str:
    """A log in three lines: its file; when, who and how it ended; the topic."""
    name = one_line(path.name)
    try:
        brief = read_brief(path, verifier)
    except LogError as error:
        return f"{name}\n    {one_line(str(error).removeprefix(f'{name}:').lstrip())}\n"
    header = brief.header
    facts = f"{_when(header)}  {brief.state}"
    topic = one_line(header.scenario.topic)
    if len(topic) > LONGEST_TOPIC:
        topic = topic[: LONGEST_TOPIC - 1] + "…"
    return f"{name}\n    {facts}\n    {topic}\n"


@dataclass(slots=True)
class _Ending:
    """What the last events of a log say."""

    round: int | None = None
    ended: str | None = None
    paused: str | None = None


class _Brief(msgspec.Struct):
    """What is looked at in an event."""

    type: str
    round: int | None = None
    reason: str = ""


_decoder = msgspec.json.Decoder(_Brief)
_STREAMED = b'{"type":"turn_streamed"'


def _ending(file: BinaryIO) -> _Ending:
    """How a log ends, from as few of its last bytes as name a round."""
    size = os.fstat(file.fileno()).st_size
    tail = TAIL
    while True:
        file.seek(max(0, size - tail))
        ending = _read_ending(file.read(tail))
        if ending.round is not None or tail >= min(size, LONGEST_TAIL):
            return ending
        tail *= 8


def _read_ending(tail: bytes) -> _Ending:
    ending = _Ending()
    for line in tail.split(b"\n"):
        if line.startswith(_STREAMED):
            continue
        try:
            event = _decoder.decode(line)
        except msgspec.DecodeError:
            # The first and the last line may be parts of lines: the tail is cut out by its size.
            continue
        match event.type:
            case "session_ended":
                ending.ended = event.reason
            case "session_paused":
                ending.paused = event.reason
            case "session_resumed":
                ending.ended = ending.paused = None
        if event.round is not None:
            ending.round = event.round
    return ending


def _when(header: SessionStarted) -> str:
    try:
        return f"{datetime.fromisoformat(header.started_at):%Y-%m-%d %H:%M}"
    except ValueError:
        return one_line(header.started_at)
