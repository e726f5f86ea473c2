"""What went wrong, in words for the person who can put it right.

Everything here is reported as its message, never as a traceback. `InputError` and what derives
from it mean that the user's input was wrong; the others, that the session failed.
"""


class BrainstormError(Exception):
    """The base of everything that is reported to a user."""


class InputError(BrainstormError):
    """The user's input is wrong: exit code 2."""


class ScenarioError(InputError):
    """A scenario that cannot be used: what is wrong, where, and what would be right.

    As text: `file.yaml:7:12: unknown key 'persnoa' in a role; did you mean 'persona'?`

    Args:
        problem: What is wrong.
        source: The file, or what stands for it.
        line: Counted from 1; `None` if the problem has no place in the text.
        column: Counted from 1, in characters.
        remedy: What would be right.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str,
        line: int | None = None,
        column: int | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(_located(problem, source, line, column, remedy))
        self.problem = problem
        self.source = source
        self.line = line
        self.column = column
        self.remedy = remedy


class LogError(InputError):
    """A log that cannot be read.

    Args:
        problem: What is wrong.
        source: The log's path, or what stands for it.
        line: Counted from 1; `None` if the problem is not in one line.
        remedy: What would help.
    """

    def __init__(
        self, problem: str, *, source: str, line: int | None = None, remedy: str = ""
    ) -> None:
        super().__init__(_located(problem, source, line, None, remedy))
        self.problem = problem
        self.source = source
        self.line = line
        self.remedy = remedy


class UnfitEvent(BrainstormError):
    """An event that cannot follow the ones before it: the log is damaged, or the engine is."""


class JournalError(BrainstormError):
    """The log cannot be written: the session cannot go on until it can.

    Args:
        problem: What is wrong, with which file, and what would help.
        reason: The same in a few words.
    """

    def __init__(self, problem: str, *, reason: str = "") -> None:
        super().__init__(problem)
        self.reason = reason or problem


class ModelError(BrainstormError):
    """A turn failed at its model.

    Args:
        message: What happened, whose fault it is, and what to do about it.
        retryable: Whether the same call may succeed later.
        retry_after: The seconds that the server asked to wait, if it did.
        is_too_long: Whether it is the length of the prompt: a shorter one may do.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        is_too_long: bool = False,
    ) -> None:
        super().__init__(message)
        self.is_too_long = is_too_long
        self.retryable = retryable
        self.retry_after = retry_after


class TookTooLong(ModelError):
    """A call was cut off by one of its time limits: what was asked had been sent."""


def _located(problem: str, source: str, line: int | None, column: int | None, remedy: str) -> str:
    if not source.isprintable():
        source = repr(source)
    place = ":".join(str(part) for part in (source, line, column) if part is not None)
    return f"{place}: {problem}; {remedy}" if remedy else f"{place}: {problem}"
