"""A session without a screen: its loop, its end, and what goes to standard output."""

import asyncio
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple
from io import TextIOWrapper
from pathlib import Path
from typing import Literal, TextIO

from brainstorm_agents.budget import lack_of
from brainstorm_agents.budget_section import spelled
from brainstorm_agents.clock import VirtualLoop
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.parameters import is_real
from brainstorm_agents.reader import Log, read
from brainstorm_agents.scenario import Scenario
from brainstorm_agents.session import Phase, Session
from brainstorm_tui import signals
from brainstorm_tui.launch import Launch, start_anew
from brainstorm_tui.plain import (
    ASCII,
    UNICODE,
    Marks,
    Printer,
    Show,
    budget,
    progress,
    torn_words,
)
from brainstorm_tui.progress_line import TICK_S, ProgressLine
from brainstorm_tui.text.safe import one_line
from brainstorm_tui.waits import Waits

Output = Show | Literal["json"]
"""What goes to standard output."""

POLL_S = 0.1
"""Real seconds between two looks at a log that another process writes."""


def run(launch: Launch, output: Output) -> int:
    """Run a session to its end and print it.

    Args:
        launch: What to run.
        output: What to print.

    Returns:
        The exit code: 0; 1 if no turn finished; 143 or 129 if a signal ended it.

    Raises:
        KeyboardInterrupt: It was interrupted. The log is whole.
        OSError: Standard output cannot be written to. The log is whole.
        BrainstormError: The session could not start, or its log could not be kept.
    """
    running = _Running(launch, output)
    loop_factory = VirtualLoop if launch.speed == 0 else None
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(running.to_end())
    except (asyncio.CancelledError, KeyboardInterrupt):
        # An error of printing cancels too, and is raised below.
        if running.signal:
            return 128 + running.signal
        if not running.error:
            raise KeyboardInterrupt from None
    if running.error:
        raise running.error
    return _verdict(running.session)


def replay(path: Path, output: Output) -> int:
    """Print a saved session as `run` printed it; with `json` the log's lines, byte for byte.

    Raises:
        LogError: The log cannot be read.
    """
    log = read(path)
    if log.torn:
        _say(torn_words(path, log.torn))
    if output == "json":
        _write_lines(log.lines)
    else:
        _print_whole(_printer(output), log.session())
    return 0


def follow(path: Path, output: Output) -> int:
    """Print a session that another process runs, as it comes, until it has ended.

    Returns:
        The exit code: 1 if it will have no end, since nobody is writing it any more.

    Raises:
        LogError: The log cannot be read.
    """
    log = Log(path)
    printer = None if output == "json" else _printer(output)
    printed = 0
    was_gone = False
    while log.session().ended is None:
        # Asked before the last look: who lets go of a log has written all of it before.
        is_written = log.is_being_written
        if not log.has_more:
            if not is_written:
                break
            if log.is_gone and not was_gone:
                was_gone = True
                _say(f"{path}: the file is gone; what its writer still writes is lost")
            time.sleep(POLL_S)
            continue
        log.read_on()
        if printer is None:
            _write_lines(log.lines[printed:])
        else:
            printer.update(log.session())
            sys.stdout.flush()
        printed = len(log.lines)
    if printer is not None:
        _print_whole(printer, log.session())
    if log.session().ended is not None:
        return 0
    if log.torn:
        _say(torn_words(path, log.torn))
    remedy = "its file is gone" if log.is_gone else f"brainstorm-tui resume {path} goes on with it"
    _say(f"{path}: nobody is writing it any more, and it has no end: {remedy}")
    return 1


MOST_NOTES = 5
"""Replies whose notes are told one by one."""


class _Running:
    """One run: what was printed of it, and what ended it."""

    def __init__(self, launch: Launch, output: Output) -> None:
        self.launch = launch
        self.session = Session()
        self.error: Exception | None = None
        """What went wrong with printing."""
        self.signal = 0
        """The signal that ended it, SIGINT aside."""
        self._printed = -1
        self._printer = None if output == "json" else _printer(output)
        self._progress = ProgressLine(sys.stderr)
        self._marks = marks_for(sys.stderr)
        self._waits = Waits()
        self._cancel: Callable[[], object] | None = None

    async def to_end(self) -> None:
        """Start, run all rounds, close."""
        task = asyncio.current_task()
        assert task is not None, "this runs as the runner's task"
        self._cancel = task.cancel
        with signals.ending(self._end_by):
            controller = self._start()
            self.session = controller.session
            is_watched = self._progress.is_shown or self.launch.speed
            watching = asyncio.create_task(self._watch(controller)) if is_watched else None
            try:
                await controller.run_to_end()
            finally:
                if watching:
                    watching.cancel()
                # From here on nothing may keep the log from being closed.
                self._cancel = None
                try:
                    await controller.close(Reason.INTERRUPTED)
                finally:
                    self._finish()

    def _start(self) -> Controller:
        self.launch, controller = start_anew(self.launch, is_attended=False, acknowledge=self._take)
        return controller

    def _take(self, lines: bytes) -> None:
        """Print what is safe now."""
        if self._printer is None:
            self._print(lambda: _write_bytes(lines))
        elif self.session.finished_round > self._printed:
            self._print(self._print_more)

    def _print_more(self) -> None:
        assert self._printer is not None, "events are printed as they are"
        self._progress.clear()
        self._printer.update(self.session)
        sys.stdout.flush()
        self._printed = self.session.finished_round

    def _finish(self) -> None:
        self._progress.clear()
        if printer := self._printer:
            self._print(lambda: _print_whole(printer, self.session))
        for text in (*_notes(self.session), *_budget_notes(self.session, self.launch.log)):
            _say(text)
        if self.launch.log:
            _say(f"log: {self.launch.log}")

    def _print(self, what: Callable[[], None]) -> None:
        """Print, and let the first error end the session: the journal calls and must not see it."""
        if self.error:
            return
        try:
            what()
        except Exception as error:
            self.error = error
            if self._cancel:
                self._cancel()

    async def _watch(self, controller: Controller) -> None:
        while True:
            session = controller.session
            if self.launch.speed:
                for line in self._waits.new(session, controller.environment.now()):
                    self._progress.clear()
                    _say(line)
            if self._progress.is_shown:
                text = progress(session, self._marks)
                self._progress.draw("getting the model ready" if controller.is_preparing else text)
            await asyncio.sleep(TICK_S)

    def _end_by(self, number: int) -> None:
        self.signal = number
        if self._cancel:
            self._cancel()


def _notes(session: Session) -> list[str]:
    """What is worth knowing about the replies, of a few of them."""
    noted = [turn for turn in session.turns.values() if turn.note]
    notes = [f"{one_line(turn.id)}: {one_line(turn.note)}" for turn in noted[:MOST_NOTES]]
    if len(noted) > MOST_NOTES:
        notes.append(f"and {len(noted) - MOST_NOTES} more such turns")
    return notes


def _budget_notes(session: Session, log: Path | None) -> Iterator[str]:
    """How a session goes on that its budget has ended, and why so much is set aside."""
    lack = lack_of(session) if session.ended == Reason.BUDGET else None
    if lack is None:
        return
    if log and lack.raised != session.budget:
        command = f"run --resume {shlex.quote(str(log))} --budget {spelled(lack.raised)}"
        yield f"to go on for a round: brainstorm-tui {one_line(command)}"
    if (attempts := _most_attempts(session.scenario)) > 1:
        yield (
            f"set aside is the worst case: each reply at its max_tokens, in up to {attempts}"
            " attempts; params: {max_tokens: …} and retry: {attempts: …} make it less"
        )


def _most_attempts(scenario: Scenario) -> int:
    """How often one of the real models may be asked for a reply."""
    names = {name for role in scenario.roles for name in scenario.models_in_turn(role.model)}
    models = [scenario.model(name) for name in names]
    return max((one.retry.attempts for one in models if is_real(one.model)), default=1)


def _verdict(session: Session) -> int:
    if any(turn.phase is Phase.DONE for turn in session.turns.values()):
        return 0
    reasons = (turn.reason for turn in session.turns.values() if turn.phase is Phase.FAILED)
    nobody = "nobody was asked"
    if session.ended == Reason.BUDGET:
        nobody = f"the budget does not hold the opening: {budget(session)}"
    _say(f"no turn finished: {one_line(next(reasons, nobody))}")
    return 1


def _printer(show: Show) -> Printer:
    spell_out(sys.stdout)
    return Printer(sys.stdout.write, show, marks_for(sys.stdout))


def spell_out(stream: TextIO) -> None:
    """Have text that a stream's encoding does not have spelled out rather than lost."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def marks_for(stream: TextIO) -> Marks:
    """The signs that a stream can take."""
    try:
        "".join(astuple(UNICODE)).encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def _print_whole(printer: Printer, session: Session) -> None:
    printer.finish(session)
    sys.stdout.flush()


def _write_lines(lines: Iterable[bytes]) -> None:
    for line in lines:
        sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _write_bytes(lines: bytes) -> None:
    sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201
