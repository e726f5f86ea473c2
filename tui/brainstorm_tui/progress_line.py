"""What is going on, in one line of a terminal that is drawn again and again."""

import os
import unicodedata
from typing import TextIO

TICK_S = 0.2
"""Real seconds between two looks at the progress."""


class ProgressLine:
    """One line that is drawn over itself, where its stream is a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.is_shown = stream.isatty()
        self._width = 0

    def draw(self, text: str) -> None:
        """Draw the line over the one before, cut to the terminal."""
        columns = os.get_terminal_size(self._stream.fileno()).columns or 80
        text, width = _cut(text, columns - 1)
        blank = " " * (self._width - width)
        self._stream.write(f"\r{text}{blank}")
        self._stream.flush()
        self._width = width

    def clear(self) -> None:
        """Make room for something else."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


def _cut(text: str, columns: int) -> tuple[str, int]:
    """As much of a text as fits, and how many cells that takes."""
    width = 0
    for position, character in enumerate(text):
        cells = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width + cells > columns:
            return text[:position], width
        width += cells
    return text, width
