"""What a model thinks aloud before it speaks: one line of it, or all, dimmed."""

from collections.abc import Iterator

from textual.strip import Strip

from brainstorm_agents import tokens
from brainstorm_agents.session import Phase, Turn
from brainstorm_tui.draw.headings import seconds
from brainstorm_tui.draw.prose import plain
from brainstorm_tui.draw.row import Margins, Piece, strip, width_of
from brainstorm_tui.look import Look

TAIL = 2
"""Lines of its last words that are shown while it goes on."""


def reasoning(
    look: Look, turn: Turn, width: int, *, is_open: bool, margins: Margins = (0, 0)
) -> Iterator[Strip]:
    """A turn's reasoning, folded into a line that tells how much it is; nothing if there is none.

    Args:
        is_open: Show all of it under that line. Else its last words are there while it goes on.
    """
    if not turn.reasoning:
        return
    dim = look.ink("dim", italic=True)
    left = [Piece(_thought(turn), dim)]
    count = [Piece(f"{look.symbols.approx}{tokens.count(turn.reasoning)} tok", dim)]
    has_room = width_of(left) + width_of(count) < width
    yield strip(width, dim, left, count if has_room else (), margins)
    is_going_on = turn.phase is Phase.THINKING
    if is_open:
        yield from plain(look, turn.reasoning, width, ink="dim", margins=margins)
        if not is_going_on:
            yield strip(width, dim, [], (), margins)
    elif is_going_on:
        last = " ".join(turn.reasoning[-(TAIL + 1) * width :].split())
        yield from list(plain(look, last, width, ink="dim", margins=margins))[-TAIL:]


def _thought(turn: Turn) -> str:
    if turn.phase is Phase.THINKING:
        return "thinks aloud"
    end = turn.marks[-1][0]
    for t, phase in reversed(turn.marks):
        if phase is Phase.THINKING:
            return f"thought for {seconds(end - t)}"
        end = t
    return "thought"
