"""Marking what was searched for, in lines that are drawn already."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


def highlight(line: Strip, wanted: str, style: Style) -> Strip:
    """The line with every place that holds the text, in any case of letters, in that style."""
    text, needle = line.text.casefold(), wanted.casefold()
    # Letters whose folded form has another length would shift what follows: then none is marked.
    if not needle or needle not in text or len(text) != len(line.text):
        return line
    marked: list[Segment] = []
    at = 0
    while (found := text.find(needle, at)) >= 0:
        left, right = (line.index_to_cell_position(i) for i in (found, found + len(needle)))
        begin = line.index_to_cell_position(at)
        marked += line.crop(begin, left)
        marked += [Segment(words, style) for words, _, _ in line.crop(left, right)]
        at = found + len(needle)
    marked += line.crop(line.index_to_cell_position(at))
    return Strip(marked, line.cell_length)
