"""Making a fork: a new log that begins as another did, and goes on otherwise.

It is a copy and depends on no other file. What goes on with it is what goes on after a crash: a cut
within a round is what a crash there would have left.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import msgspec

from brainstorm_agents import tokens
from brainstorm_agents.errors import InputError
from brainstorm_agents.events import (
    FORMAT,
    AnyEvent,
    RoleMuted,
    SessionStarted,
    TurnFinished,
    TurnStreamed,
    Usage,
    UserSpoke,
    encode,
    whole_text,
)
from brainstorm_agents.fork import Edit, Fork
from brainstorm_agents.log_file import LogFile
from brainstorm_agents.scan import Scan, open_log
from brainstorm_agents.scenario import with_overrides
from brainstorm_agents.session import USER


def write(fork: Fork, output: Path, *, text: str = "", version: str, started_at: str) -> None:
    """Make a fork: its log, whole and on the disk, or none.

    Args:
        fork: What `plan` found.
        output: The new log's file.
        text: What the edited message says instead.
        version: The program's, for the header.
        started_at: When the fork is made, for the header.

    Raises:
        InputError: The file exists, or the text cannot be what the message says.
        JournalError: The file cannot be written.
    """
    if fork.edit and not text.strip():
        raise InputError(f"the new text of {fork.edit.id} is empty: a message says something")
    scenario = fork.scenario
    if fork.edit and fork.edit.id == USER:
        text = whole_text(text.strip())
        scenario = with_overrides(scenario, topic=text)
    header = SessionStarted(
        0,
        0.0,
        format=FORMAT,
        version=version,
        scenario=scenario,
        seed=fork.seed,
        started_at=started_at,
        parent=fork.parent,
    )
    file = LogFile.create(output)
    try:
        with open_log(fork.log) as content:
            past = (event for _, event in islice(Scan(fork.log, content), fork.shared))
            file.append_all(map(encode, forked(past, header, fork.edit, whole_text(text))))
    except BaseException:
        output.unlink()
        raise
    finally:
        file.close()


def forked(
    past: Iterable[AnyEvent], header: SessionStarted, edit: Edit | None = None, text: str = ""
) -> Iterator[AnyEvent]:
    """The events of a fork, numbered without gaps.

    Args:
        past: The shared events, the parent's header first.
        header: The fork's own; it names the roles that are muted from here on.
        edit: The message that says something else, if one does.
        text: What that is.
    """
    yield header
    rest = iter(past)
    next(rest)
    if edit:
        rest = _edited(rest, edit, text)
    t, number = 0.0, 0
    for number, event in enumerate(rest, 1):
        t = event.t
        yield event if event.seq == number else msgspec.structs.replace(event, seq=number)
    assert header.parent is not None, "a fork has a parent"
    changes = header.parent.changes
    muting = chain(((role, True) for role in changes.muted), ((r, False) for r in changes.unmuted))
    for seq, (role, muted) in enumerate(muting, number + 1):
        yield RoleMuted(seq, t, role=role, muted=muted)


def _edited(past: Iterator[AnyEvent], edit: Edit, text: str) -> Iterator[AnyEvent]:
    """The same with one message's text changed: it comes in one piece, where the first one came."""
    is_said = False
    for event in past:
        match event:
            case UserSpoke() if event.seq == edit.said:
                yield msgspec.structs.replace(event, text=text, edited=True)
            case TurnStreamed() if event.id == edit.id and event.seq > edit.asked:
                piece = text if event.text and not is_said else ""
                is_said = is_said or bool(piece)
                if piece or event.reasoning:
                    yield msgspec.structs.replace(event, text=piece)
            case TurnFinished() if event.seq == edit.said:
                usage = Usage(event.usage.prompt, tokens.count(text), counted=True)
                yield msgspec.structs.replace(event, text=text, usage=usage, edited=True)
            case _:
                yield event
