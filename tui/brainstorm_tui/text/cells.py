"""Grapheme clusters and the cells they take, as the screen measures them."""

from collections.abc import Iterator

from rich.cells import cell_len, get_character_cell_size

JOINER = "\u200d"
"""It makes one picture of the characters before and after it; the one after takes no cells."""


def clusters(text: str) -> Iterator[tuple[int, int, int]]:
    """What a reader takes for one character each: start, end, cells.

    The cells add up to `rich.cells.cell_len` of the text, with which the screen measures.
    """
    start, length = 0, len(text)
    while start < length:
        end = cluster_end(text, start)
        if end == start + 1:
            yield start, end, get_character_cell_size(text[start])
        else:
            yield start, end, cell_len(text[start:end])
        start = end


def extends(character: str) -> bool:
    """Whether a character takes no cell of its own and belongs to the one before it."""
    return get_character_cell_size(character) == 0


def cluster_end(text: str, start: int) -> int:
    """Where the cluster that starts at `start` ends."""
    length = len(text)
    end = start + 1
    if text[start] == JOINER or (_is_flag_half(text[start]) and _is_flag_half(text[end : end + 1])):
        end += 1
    while end < length:
        if text[end] == JOINER:
            end += 2
        elif extends(text[end]):
            end += 1
        else:
            break
    return min(end, length)


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
