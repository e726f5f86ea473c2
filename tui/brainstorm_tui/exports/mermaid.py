"""A sequence diagram in Mermaid: who heard whom, and the first words of each reply."""

import re
import textwrap
from collections.abc import Iterator

from brainstorm_agents.prompt import Observed
from brainstorm_agents.reader import Log
from brainstorm_agents.session import USER, Message, Phase, Round, Session, Turn
from brainstorm_tui.exports import facts
from brainstorm_tui.exports.facts import shortened
from brainstorm_tui.schedule_words import marked
from brainstorm_tui.text.safe import one_line

MOST_CHARACTERS = 48_000
"""Mermaid draws no diagram of more than 50,000."""

LONGEST_TEXT = 120
LONGEST_READ = 1000
LONGEST_NAME = 60
ROW = 40
"""Characters in a row of a note."""

INDENT = "    "


def export(log: Log) -> Iterator[str]:
    """The diagram, as many of its rounds as Mermaid draws."""
    session = log.session()
    written = 0
    for part in _opening(session):
        written += len(part)
        yield part
    said = 0
    for place, round_ in enumerate(session.rounds):
        text = "".join(_round(session, round_, said))
        written += len(text)
        if written > MOST_CHARACTERS:
            rest = len(session.rounds) - place
            yield f"{INDENT}{_over_all(session)}: {rest} more rounds do not fit into a diagram\n"
            return
        yield text
        said = round_.horizon
    yield "".join(_said_by_user(session.published[said:]))


def _opening(session: Session) -> Iterator[str]:
    yield "sequenceDiagram\n"
    yield f"{INDENT}actor user as You\n"
    for state in session.roles.values():
        profile = session.scenario.role(state.name).profile
        name = shortened(state.name, LONGEST_NAME)
        label = f"{name}, {shortened(profile, LONGEST_NAME)}" if profile else name
        yield f"{INDENT}participant r{state.place} as {_escaped(label) or '?'}\n"


def _round(session: Session, round_: Round, said: int) -> Iterator[str]:
    yield from _said_by_user(session.published[said : round_.horizon])
    name = marked(f"round {round_.number}" if round_.number else "opening", round_)
    yield f"{INDENT}{_over_all(session)}: {name}\n"
    # What a role heard is told before what it said; in an eager round that may be in between.
    stretches = [[turn] for turn in round_.in_order] if round_.is_eager else [round_.turns]
    for turns in stretches:
        for turn in turns:
            own = f"r{session.roles[turn.role].place}"
            for message in Observed(session.published, turn.observed):
                id_ = _escaped(shortened(message.id, LONGEST_NAME))
                yield f"{INDENT}{_sender(session, message)}->>{own}: {id_}\n"
        for turn in turns:
            own = f"r{session.roles[turn.role].place}"
            yield f"{INDENT}Note over {own}: {_words(turn)}\n"


def _said_by_user(messages: list[Message]) -> Iterator[str]:
    for message in messages:
        if message.sender == USER:
            yield f"{INDENT}Note over user: {_note(message.id, message.text)}\n"


def _words(turn: Turn) -> str:
    return _note(turn.id, turn.text if turn.phase is Phase.DONE else f"✗ {facts.outcome(turn)}")


def _note(id_: str, text: str) -> str:
    said = _EMPHASIS.sub("", one_line(text[:LONGEST_READ]))
    words = textwrap.shorten(said, LONGEST_TEXT, placeholder=" …")
    line = f"{shortened(id_, LONGEST_NAME)} {words}"
    return "<br/>".join(_escaped(row) for row in textwrap.wrap(line, ROW))


_EMPHASIS = re.compile(r"[*`]+")


def _over_all(session: Session) -> str:
    last = len(session.roles) - 1
    return f"Note over user,r{last}" if last >= 0 else "Note over user"


def _sender(session: Session, message: Message) -> str:
    state = session.roles.get(message.sender)
    return f"r{state.place}" if state else "user"


def _escaped(text: str) -> str:
    """Every sign that Mermaid might read as its own becomes a number."""
    return _SIGNS.sub(lambda found: f"#{ord(found[0])};", text)


# ASCII that is neither a letter, a digit nor harmless in a line; and the e of the word that ends a
# block. The first words of a note are an id, so nothing that a line could begin with is one.
_SIGNS = re.compile(r"[\x00-\x1f#-&*+;-@\[-`{-\x7f]|\be(?=nd\b)", re.IGNORECASE)
