"""A session as plain text: the transcript, the trace, and what is going on right now.

Text is sanitised and not wrapped. What a role says is indented, so that nothing that a model writes
can pass for a heading. The rounds come in their order and the replies in the cast's, so the text
does not depend on who was faster.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from brainstorm_agents.budget import Amount, lack_of, told
from brainstorm_agents.cast import Budget
from brainstorm_agents.controller import Reason
from brainstorm_agents.events import CUT_OFF, SKIPPED
from brainstorm_agents.parent import Parent
from brainstorm_agents.session import USER, Message, Phase, Round, Session, Turn
from brainstorm_tui.failure_words import fallback, reason
from brainstorm_tui.money import cost, dearest, is_paid
from brainstorm_tui.muting_words import mutings_before
from brainstorm_tui.saving import is_saving
from brainstorm_tui.schedule_words import marked
from brainstorm_tui.text.safe import one_line, sanitise

Show = Literal["transcript", "trace"]
"""What to print: all that was said, or only who heard whom."""

MOST_IDS = 12
"""Observed messages that a reply's heading names one by one."""

MOST_NAMES = 4
"""Roles that the progress names one by one."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters that are not words."""

    arrow: str
    failed: str
    dot: str
    rule: str
    about: str
    times: str


UNICODE = Marks("←", "✗", "·", "──", "≈ ", "×")
ASCII = Marks("<-", "x", "|", "--", "about ", "x")


class Printer:
    """Prints a session as it grows: whatever has been settled since the last time.

    Args:
        write: Takes text to print, newlines included.
        show: What to print.
        marks: The characters to use in a transcript; a trace is ASCII always.
    """

    def __init__(self, write: Callable[[str], object], show: Show, marks: Marks = UNICODE) -> None:
        self._write = write
        self._show = show
        self._marks = marks
        self._rounds = 0
        self._messages = 0
        self._mutings = 0

    def update(self, session: Session) -> None:
        """Print the rounds that are finished."""
        while self._rounds <= session.finished_round:
            self._print_round(session)

    def finish(self, session: Session) -> None:
        """Print what is left: a round that was cut off, and under a transcript the summary."""
        self.update(session)
        if session.open_round:
            self._print_round(session)
        if self._show == "transcript":
            self._print_user(session, len(session.published))
            self._print_mutings(session, len(session.rounds) + 1)
            self._write("\n" + summary(session, self._marks))

    def _print_round(self, session: Session) -> None:
        round_ = session.rounds[self._rounds]
        if self._show == "trace":
            self._write(trace_line(session, round_))
        else:
            self._print_user(session, round_.horizon)
            self._print_mutings(session, round_.number + 1)
            self._write("\n" + round_text(session, round_, self._marks))
        self._rounds += 1

    def _print_user(self, session: Session, end: int) -> None:
        if not self._messages:
            self._write(title(session, self._marks))
        for message in session.published[self._messages : end]:
            if message.sender == USER:
                self._write("\n" + user_text(message))
        self._messages = end

    def _print_mutings(self, session: Session, stop: int) -> None:
        for text in mutings_before(session, self._mutings, stop):
            self._write(f"\n{text}\n")
        self._mutings = stop


def title(session: Session, marks: Marks = UNICODE) -> str:
    """The first line of a transcript: what it takes to get the same one again."""
    scenario = session.scenario
    seed = session.header.seed if session.header else 0
    models = map(one_line, scenario.labels)
    parts = [one_line(scenario.name), ", ".join(models), f"seed {seed}"]
    if session.header and session.header.parent:
        parts.append(forked_from(session.header.parent))
    return f" {marks.dot} ".join(parts) + "\n"


def forked_from(parent: Parent) -> str:
    """Where a fork comes from: `forked from lesson.jsonl at round 2`."""
    return f"forked from {one_line(parent.log)} {forked_at(parent)}"


def forked_at(parent: Parent) -> str:
    """How far a fork shares its parent's past: `at round 2`."""
    return "before the opening" if parent.round < 0 else f"at round {parent.round}"


def user_text(message: Message) -> str:
    """What the person said, with a heading."""
    to = f" to {', '.join(map(one_line, message.to))}" if message.to else ""
    edited = " (edited)" if message.edited else ""
    return f"{one_line(message.id)}  You{to}{edited}\n{indented(message.text)}"


def round_text(session: Session, round_: Round, marks: Marks = UNICODE) -> str:
    """A round: its heading and its turns, in the order in which they were published."""
    unfinished = ", unfinished" if round_.ended is None else ""
    name = marked(f"round {round_.number}", round_)
    heading = f"{marks.rule} {name}{unfinished} {marks.rule}\n"
    return heading + "".join("\n" + _turn_text(session, turn, marks) for turn in round_.in_order)


def trace_line(session: Session, round_: Round) -> str:
    """Who heard whom in a round: `round 2: a1 <- b1 c1 | b2 <- c1 | c2 <- b1`."""
    turns = " | ".join(_trace(session, turn) for turn in round_.turns)
    return f"round {round_.number}: {turns}\n"


def summary(session: Session, marks: Marks = UNICODE) -> str:
    """Why the session stopped, and what it took."""
    turns = session.turns.values()
    replies = sum(turn.phase is Phase.DONE for turn in turns)
    skipped = sum(turn.is_skipped for turn in turns)
    done = _count(replies, "reply", "replies")
    done += f", {session.failed} failed" if session.failed else ""
    done += f", {skipped} {SKIPPED}" if skipped else ""
    is_counted = any(turn.usage is None or turn.usage.counted for turn in turns)
    tokens = sum(turn.tokens for turn in turns)
    lines = (
        f"{marks.rule} {why(session)} {marks.rule}",
        f"rounds   {max(session.finished_round, 0)} after the opening; {done}",
        f"time     {_time(session, marks)}",
        f"tokens   {marks.about if is_counted else ''}{tokens} said{_sent(session, marks)}",
        *((f"cost     {_cost(session, marks)}",) if is_paid(session.bill) else ()),
        *((f"budget   {budget(session)}",) if session.budget != Budget() else ()),
    )
    return "\n".join(lines) + "\n"


def why(session: Session) -> str:
    """Why a session stopped, in words."""
    if session.ended == Reason.QUIET and all(state.muted for state in session.roles.values()):
        return "all roles are muted: nobody answers"
    return ended_words(session.ended, session.paused)


def torn_words(log: Path, size: int) -> str:
    """What is said of a log whose last line is not whole."""
    return f"{one_line(str(log))}: the last line was not finished, {size} bytes of it are left out"


def ended_words(ended: str | None, paused: str | None = None) -> str:
    """Why a session stopped, from what its log says last."""
    if ended is not None:
        return _ENDED.get(ended) or one_line(ended)
    if paused is not None:
        return f"left while paused: {_ENDED.get(paused) or one_line(paused)}"
    return "the log ends here: the session was cut off, or is still going on"


def progress(session: Session, marks: Marks = UNICODE) -> str:
    """What is going on, in a line: `round 2 of 3 · Alex, Bob speaking`. Empty between rounds."""
    current = session.open_round
    if current is None:
        return ""
    parts = [f"round {current.number} of {session.scenario.rounds}"]
    for phase in _PHASES_SHOWN:
        names = [one_line(turn.role) for turn in current.turns if turn.phase is phase]
        if names:
            who = ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} roles"
            parts.append(f"{who} {phase}")
    return f" {marks.dot} ".join(parts)


_PHASES_SHOWN = (Phase.SPEAKING, Phase.THINKING, Phase.RETRYING, Phase.QUEUED, Phase.DONE)
_ENDED: dict[str, str] = {
    Reason.ROUNDS: "all rounds are done",
    Reason.QUIET: "nobody had anything new to answer",
    Reason.TIME: "its time was up",
    Reason.WORD: "a role said a word that stops it",
    Reason.BUDGET: "the budget does not hold what would come next",
    Reason.CIRCLES: "it was going in circles: nothing new was said",
    Reason.USER: "you paused",
    Reason.STOPPED: "you stopped the turns under way",
    Reason.QUIT: "you quit",
    Reason.INTERRUPTED: "interrupted",
}


def _turn_text(session: Session, turn: Turn, marks: Marks) -> str:
    if turn.phase is not Phase.DONE:
        head = f"{one_line(turn.id)} {marks.failed} {one_line(turn.role)}: {_failure(turn)}\n"
        # What had come of it by then: no reply, and nobody has heard it.
        return head + (indented(turn.text) if turn.text else "")
    heard = [one_line(message.id) for message in session.messages_of(turn.observed)]
    if len(heard) > MOST_IDS:
        heard[MOST_IDS:] = [f"and {len(heard) - MOST_IDS} more"]
    heading = f"{one_line(turn.id)} {marks.arrow} {' '.join(heard)}  {one_line(turn.role)}"
    if turn.edited:
        heading += " (edited)"
    elif turn.is_by_user:
        heading += " (by you)"
    elif model := fallback(session, turn):
        heading += f" (by {one_line(model)})"
    return f"{heading}\n{indented(turn.text)}"


def _failure(turn: Turn) -> str:
    if turn.phase is Phase.FAILED:
        return one_line(reason(turn))
    if turn.phase is Phase.CANCELLED and turn.reason != CUT_OFF:
        return f"cancelled: {one_line(turn.reason)}"
    return CUT_OFF


def _trace(session: Session, turn: Turn) -> str:
    heard = " ".join(one_line(message.id) for message in session.messages_of(turn.observed))
    outcome = "" if turn.phase is Phase.DONE else f" ({_outcome(turn)})"
    return f"{one_line(turn.id)} <- {heard}{outcome}"


def _outcome(turn: Turn) -> str:
    if turn.is_skipped:
        return SKIPPED
    return CUT_OFF if turn.reason == CUT_OFF else _OUTCOMES.get(turn.phase, CUT_OFF)


_OUTCOMES = {Phase.FAILED: "failed", Phase.CANCELLED: "cancelled"}


def _time(session: Session, marks: Marks) -> str:
    """How long it took, and what taking turns would have cost: the sum of the turns."""
    took, busy = session.elapsed(session.t), session.busy(session.t)
    text = f"{took:.1f} s; one after another {marks.about}{busy:.1f} s"
    if is_saving(busy, took):
        text += f"; saved {marks.about}{busy - took:.1f} s ({busy / took:.1f}{marks.times})"
    return text


def _sent(session: Session, marks: Marks) -> str:
    """What the models were sent for that, and what was discarded, if anybody was sent anything."""
    bill = session.bill
    if not bill.prompt:
        return ""
    about = marks.about if bill.is_counted else ""
    return f"; {about}{bill.tokens} with prompts and failed attempts"


def _cost(session: Session, marks: Marks) -> str:
    """What it came to, and for whom, the dearest first."""
    is_ascii = marks is ASCII
    roles = [
        f"{one_line(name)} {cost(bill, is_ascii=is_ascii)}"
        for name, bill in islice(dearest(session), MOST_NAMES)
    ]
    total = cost(session.bill, none="not known", is_ascii=is_ascii)
    return f"{total}; {', '.join(roles)}" if len(roles) > 1 else total


def budget(session: Session) -> str:
    """What a session may use, and what it could use next if that is too much."""
    said = told(Amount(session.budget.tokens or 0, session.budget.usd or 0.0), session.budget)
    lack = lack_of(session) if Reason.BUDGET in (session.paused, session.ended) else None
    if lack is None:
        return said
    replies = _count(lack.turns, "reply", "replies")
    left = told(lack.left, session.budget)
    return f"{said}; {left} left; {replies} could use {told(lack.needed, session.budget)}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def indented(text: str) -> str:
    """Text of a stranger, made safe and set off from the headings."""
    return "".join(f"  {line}\n" if line else "\n" for line in _lines(text))


def _lines(text: str) -> Iterator[str]:
    for line in sanitise(text).strip("\n").split("\n"):
        yield line.rstrip()
