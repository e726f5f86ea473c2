"""What happens in a session: frozen, typed events, and their form as one line of a log."""

import codecs
import re
import zlib
from typing import Any

import msgspec

from brainstorm_agents.cast import Budget, ScheduleName
from brainstorm_agents.errors import LogError
from brainstorm_agents.fault import FaultKind
from brainstorm_agents.named_model import Facts
from brainstorm_agents.parent import Parent
from brainstorm_agents.scenario import Scenario
from brainstorm_agents.upgrade import Step, upgrade

FORMAT = 1
"""The version of the log's format that this program writes, and the newest that it reads."""

Ranges = tuple[tuple[int, int], ...]
"""Half-open ranges `[start, end)` of positions in the published list."""


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens that a call used; `counted` tells that we counted, not the provider."""

    prompt: int = 0
    completion: int = 0
    counted: bool = False


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, tag=_snake):
    """Anything that happened: its number in the session, and when, in seconds of session time."""

    seq: int
    t: float


class SessionStarted(Event, frozen=True):
    """The header of a session and of its log: always the first event, at second 0."""

    format: int
    version: str
    scenario: Scenario
    seed: int
    started_at: str
    parent: Parent | None = None


class ModelsDescribed(Event, frozen=True):
    """What is known of models that the scenario does not say: their prices and windows, by name.

    They are looked up once and hold from then on, whatever becomes of the table.
    """

    models: dict[str, Facts]


class UserSpoke(Event, frozen=True):
    """The person said something: the topic first (id `user`), then whatever was thrown in."""

    id: str
    text: str
    to: tuple[str, ...] = ()
    edited: bool = False
    """Whether a fork has put these words in the place of others."""


class RoundStarted(Event, frozen=True):
    """A round begins; unless it is eager, what is published from here on is not seen in it."""

    round: int
    schedule: str


class RoundFinished(Event, frozen=True):
    """A round is over and its replies are published, in the cast's order.

    Those of an eager round were published as they finished, and are listed in that order.
    """

    round: int
    schedule: str
    published: tuple[str, ...] = ()


class ScheduleChosen(Event, frozen=True):
    """How the rounds after this run; the one that is open goes on as it began."""

    schedule: ScheduleName


class BudgetChosen(Event, frozen=True):
    """What the session may use from here on, what it has used already among it."""

    budget: Budget


class TurnStarted(Event, frozen=True):
    """A role has its turn and waits for its call; what it observes is settled."""

    id: str
    role: str
    round: int
    observed: Ranges = ()


class TurnAsked(Event, frozen=True):
    """A model was asked for the reply."""

    id: str
    role: str
    attempt: int
    model: str


class TurnStreamed(Event, frozen=True):
    """What has arrived of a reply since the last such event."""

    id: str
    role: str
    text: str = ""
    reasoning: str = ""


class TurnRetried(Event, frozen=True):
    """An attempt failed, its text is discarded, and another follows after a wait."""

    id: str
    role: str
    attempt: int
    reason: str
    wait_s: float
    of: int = 0
    """The number of the last attempt that the model may be given; 0 where nobody knows."""
    usage: Usage | None = None
    """What the attempt has used that ended with this, if it used anything."""


class TurnSwitched(Event, frozen=True):
    """A model has failed for good, its text is discarded, and its fallback is asked next."""

    id: str
    role: str
    model: str
    reason: str
    usage: Usage | None = None
    """What the attempt has used that ended with this, if it used anything."""


class TurnTrimmed(Event, frozen=True):
    """A prompt leaves out the oldest of a conversation to fit, for the attempts after this."""

    id: str
    role: str
    turns: int = 0
    """How many of the role's own finished turns it leaves out, with what was heard in each."""
    messages: int = 0
    """How many of the new messages it leaves out."""
    tokens: int = 0
    """What it has then."""
    most: int = 0
    """What it may have."""


class TurnQueued(Event, frozen=True):
    """A turn waits for a slot: again, before its next attempt, or for a limit that is known."""

    id: str
    role: str
    why: str = ""
    """The limit that it waits for, in words; empty if that is the one over all calls."""
    wait_s: float = 0.0
    """For how long at least, as far as anybody knows; 0 if nobody does."""


class TurnFinished(Event, frozen=True):
    """A reply is whole; the times are how long each phase took."""

    id: str
    role: str
    text: str
    usage: Usage
    queued_s: float
    thinking_s: float
    speaking_s: float
    note: str = ""
    """What the model had to say about the reply: that it was recorded for another prompt."""
    edited: bool = False
    """Whether a fork has put this text in the place of what the model said."""


class TurnFailed(Event, frozen=True):
    """A turn failed for good; the reason is in words for the user."""

    id: str
    role: str
    reason: str
    usage: Usage | None = None
    """What the attempt has used that ended with this, if it used anything."""


SKIPPED = "skipped"
"""Why a turn has failed that the person gave up."""

CUT_OFF = "cut off"
"""Why a turn was cancelled that its process did not bring to an end: it was killed."""


class TurnCancelled(Event, frozen=True):
    """A turn was stopped; the round stays open, and its next step asks it again."""

    id: str
    role: str
    reason: str
    usage: Usage | None = None
    """What the attempt has used that ended with this, if it used anything."""


class IdeaKept(Event, frozen=True):
    """The person keeps what was said in a turn as an idea, or takes that back."""

    id: str
    kept: bool = True


class RoleAskedAgain(Event, frozen=True):
    """A role whose turn has failed is asked again: in its round if it is open, else in the next."""

    role: str


class RoleTakenOver(Event, frozen=True):
    """The person has typed what a role says: in its turn under way, or else in its next one."""

    role: str
    text: str
    usage: Usage | None = None
    """What the attempt has used that the person cut short, if there was one."""


class FaultSet(Event, frozen=True):
    """Something is to go wrong with a role's next turn; with no kind, nothing is any more."""

    role: str
    kind: FaultKind | None = None


class RoleMuted(Event, frozen=True):
    """A role takes no turns from here on, or takes them again."""

    role: str
    muted: bool


class SessionPaused(Event, frozen=True):
    """No further round starts until somebody says so."""

    reason: str


class SessionResumed(Event, frozen=True):
    """The session goes on after a pause or an end."""

    reason: str


class SessionEnded(Event, frozen=True):
    """The session is over, and this is why."""

    reason: str


AnyEvent = (
    SessionStarted
    | ModelsDescribed
    | UserSpoke
    | RoundStarted
    | RoundFinished
    | ScheduleChosen
    | BudgetChosen
    | TurnStarted
    | TurnAsked
    | TurnStreamed
    | TurnRetried
    | TurnSwitched
    | TurnTrimmed
    | TurnQueued
    | TurnFinished
    | TurnFailed
    | TurnCancelled
    | IdeaKept
    | RoleAskedAgain
    | RoleTakenOver
    | FaultSet
    | RoleMuted
    | SessionPaused
    | SessionResumed
    | SessionEnded
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)
_object = msgspec.json.Decoder(dict[str, Any])

# What must not reach a terminal raw when somebody prints a log with `cat`. C0 is escaped by JSON
# itself; DEL, C1, bidirectional and zero-width characters are not.
_hidden = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_surrogates = re.compile("[\ud800-\udfff]")

# Raised for bytes that are no UTF-8 and for brackets without end, beside what msgspec raises.
_undecodable = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_checksum = re.compile(rb',"crc":"([0-9a-f]{8})"}$')
_place = re.compile(rb'\{"type":"[a-z_]+","seq":(\d+),')


def whole_text(text: str) -> str:
    """Text as the engine keeps it: lone surrogates, which UTF-8 cannot hold, become U+FFFD."""
    if text.isascii():
        return text
    return _surrogates.sub("\ufffd", text)


def encode(event: Event) -> bytes:
    """An event as a log's line, with its checksum, without the newline."""
    body = _encoder.encode(event)
    if not body.isascii():
        text = body.decode()
        if _hidden.search(text):
            body = _hidden.sub(_escaped, text).encode()
    elif b"\x7f" in body:
        body = body.replace(b"\x7f", b"\\u007f")
    checked = body[:-1]
    return b'%s,"crc":"%08x"}' % (checked, zlib.crc32(checked))


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def checksum(line: bytes) -> str:
    """The checksum that a whole line of a log ends in, eight hexadecimal digits."""
    return line[-10:-2].decode()


def decode(line: bytes, source: str, number: int, step: Step | None = None) -> AnyEvent:
    """The event of one line of a log.

    Args:
        line: The line without its newline.
        source: The log's name, for errors.
        number: The line's number, from 1, for errors.
        step: What makes an event of this program of it, if the log has an older format.

    Raises:
        LogError: The line is damaged, or is no event that this program knows.
    """
    body = _verified(line, source, number)
    try:
        event: AnyEvent
        if step is None:
            event = _decoder.decode(body + b"}")
        else:
            event = msgspec.convert(step(_object.decode(body + b"}")), AnyEvent)
    except _undecodable as error:
        problem = f"this is no event that the program knows: {error}"
        raise LogError(problem, source=source, line=number) from None
    return event


def verify(line: bytes, source: str, number: int, step: Step | None = None) -> None:
    """Verify a line's checksum, and that it is the event that belongs there by its number.

    It takes a fraction of what `decode` takes.

    Args:
        line: The line without its newline.
        source: The log's name, for errors.
        number: The line's number, from 1.
        step: As for `decode`.

    Raises:
        LogError: The line is damaged, or a line before it was lost, or is in another place.
    """
    _verified(line, source, number)
    found = _place.match(line)
    seq = int(found[1]) if found else decode(line, source, number, step).seq
    if seq != number - 1:
        problem = f"event {seq} follows event {number - 2}"
        raise LogError(problem, source=source, line=number)


def _verified(line: bytes, source: str, number: int) -> bytes:
    """What a line's checksum is of, if it fits."""
    found = _checksum.search(line)
    if not found:
        if line.endswith(b"\r"):
            raise _edited("line ends of its own (CR LF)", source, number)
        raise LogError("the line is not whole: it has no checksum", source=source, line=number)
    body = line[: found.start()]
    if zlib.crc32(body) != int(found[1], 16):
        raise LogError("the line is damaged: its checksum does not fit", source=source, line=number)
    return body


def _edited(what: str, source: str, number: int) -> LogError:
    problem = f"an editor has changed the file: it has put in {what}"
    remedy = "save it as UTF-8 without a byte order mark, with the line ends of Unix (LF)"
    return LogError(problem, source=source, line=number, remedy=remedy)


def decode_header(line: bytes, source: str) -> SessionStarted:
    """The header of a log, its format checked before its checksum.

    Its `format` is the file's: `reading_step` makes events of the lines that follow.

    Raises:
        LogError: The file is no log, or one of a newer program.
    """
    if line.startswith(codecs.BOM_UTF8):
        raise _edited("a byte order mark", source, 1)
    try:
        raw = _object.decode(line)
    except _undecodable:
        raise not_a_log(source) from None
    found = raw.get("format")
    if raw.get("type") != "session_started" or type(found) is not int or found < 1:
        raise not_a_log(source)
    if found > FORMAT:
        raise LogError(
            f"the log has format {found}, and this program reads up to {FORMAT}",
            source=source,
            line=1,
            remedy="a newer brainstorm-tui wrote it: upgrade to read it",
        )
    event = decode(line, source, 1, upgrade(found, FORMAT))
    assert isinstance(event, SessionStarted), "the type was checked above"
    return event


def reading_step(header: SessionStarted) -> Step | None:
    """What `decode` needs for the other lines of a log; None if its format is this program's."""
    return upgrade(header.format, FORMAT)


def empty_log(source: str) -> LogError:
    """What is said of a file that holds nothing."""
    return LogError("the file is empty", source=source)


def not_a_log(source: str) -> LogError:
    """What is said of a file that is somebody else's."""
    return LogError("this is not a log of brainstorm-tui", source=source)
