"""What is wrong with a theme file, where, and what would be right."""


class ThemeError(Exception):
    """A theme that cannot be used.

    Its text is `source:line:column: what is wrong; what would be right`, safe to print: whatever
    a terminal would obey rather than show is replaced.
    """

    source: str
    """Where the theme came from, usually a path."""
    line: int
    """Counted from 1; 1 where the whole file is meant."""
    column: int
    """Counted from 1, in characters."""
    problem: str
    """What is wrong and what would be right, without the place."""

    def __init__(self, problem: str, *, source: str, line: int = 1, column: int = 1) -> None:
        self.source = source
        self.line = line
        self.column = column
        self.problem = problem
        super().__init__(_printable(f"{source}:{line}:{column}: {problem}"))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
