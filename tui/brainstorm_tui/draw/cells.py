"""A grid of cells that can be painted over, for what is drawn by position."""

from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


class Cells:
    """A block of cells, each with a character and a style; later paint covers earlier."""

    def __init__(self, width: int, height: int, ground: Style) -> None:
        self.width = width
        self.height = height
        self._characters = [[" "] * width for _ in range(height)]
        self._styles = [[ground] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, style: Style) -> int:
        """Write text from a position on, cut at the edge; the position behind it."""
        if not 0 <= y < self.height:
            return x
        characters, styles = self._characters[y], self._styles[y]
        for character in text:
            cells = cell_len(character)
            if x + cells > self.width:
                break
            if x >= 0 and cells:
                # Half a wide character cannot stay.
                if not characters[x]:
                    characters[x - 1] = " "
                if x + cells < self.width and not characters[x + cells]:
                    characters[x + cells] = " "
                characters[x] = character
                styles[x] = style
                for covered in range(x + 1, x + cells):
                    characters[covered] = ""
                    styles[covered] = style
            x += cells
        return x

    def is_free(self, x: int, y: int) -> bool:
        """Whether nothing was written there."""
        return 0 <= x < self.width and 0 <= y < self.height and self._characters[y][x] == " "

    def strips(self) -> list[Strip]:
        """The block as strips."""
        return [
            Strip(
                [
                    Segment("".join(character for character, _ in run), style)
                    for style, run in _runs(characters, styles)
                ],
                self.width,
            )
            for characters, styles in zip(self._characters, self._styles, strict=True)
        ]


def _runs(
    characters: list[str], styles: list[Style]
) -> list[tuple[Style, list[tuple[str, Style]]]]:
    pairs = zip(characters, styles, strict=True)
    return [(next_style, list(run)) for next_style, run in groupby(pairs, key=lambda pair: pair[1])]
