"""The prompt of a turn, message by message, word for word."""

from collections.abc import Iterator

from rich.segment import Segment
from textual.strip import Strip

from brainstorm_agents import tokens
from brainstorm_agents.models import MOCK, RECORDED
from brainstorm_agents.prompt import Part, Prompt
from brainstorm_agents.session import Message
from brainstorm_tui.draw.headings import id_piece, observed_pieces, turn_heading
from brainstorm_tui.draw.prose import plain
from brainstorm_tui.draw.row import Piece, strip, width_of
from brainstorm_tui.draw.transcript import WIDEST, Entry
from brainstorm_tui.look import Look
from brainstorm_tui.plain_prompt import left_out_words
from brainstorm_tui.text.safe import sanitise


class PromptText:
    """Entries for the messages of a prompt, and their lines.

    A message's entry is called by its number: `2 user`.
    """

    def __init__(self, look: Look, prompt: Prompt) -> None:
        self.look = look
        self._prompt = prompt
        self._parts = {f"{n} {part.role}": part for n, part in enumerate(prompt.parts(), 1)}
        self.entries = [Entry(0)]
        """The first one is about all of them."""
        for id_, part in self._parts.items():
            self.entries.append(Entry(0, message=Message(id_, part.role, part.content)))
        self._kept: dict[tuple[str, int, bool], list[Strip]] = {}

    def whole(self) -> str:
        """All messages as plain text."""
        return "\n\n".join(f"{part.role}\n{part.content}" for part in self._parts.values())

    def lines(self, entry: Entry, width: int, *, is_chosen: bool) -> list[Strip]:
        """The lines of an entry, in the middle of the width."""
        inner = min(WIDEST, max(1, width - 4))
        left = max(1, (width - inner) // 2)
        if not entry.id:
            return [self._placed(line, left, inner, width) for line in self._about(inner)]
        key = entry.id, width, is_chosen
        if key not in self._kept:
            drawn = self._draw(entry.id, self._parts[entry.id], inner, is_chosen)
            self._kept[key] = [self._placed(line, left, inner, width) for line in drawn]
        return self._kept[key]

    def _placed(self, line: Strip, left: int, inner: int, width: int) -> Strip:
        ground = self.look.ink("text")
        right = max(0, width - left - inner)
        return Strip([Segment(" " * left, ground), *line, Segment(" " * right, ground)], width)

    def _about(self, width: int) -> Iterator[Strip]:
        """Whose prompt it is, how long it is, and who was sent it."""
        look, prompt = self.look, self._prompt
        dim = look.ink("dim")
        total = sum(tokens.count(part.content) for part in self._parts.values())
        count = f"{len(self._parts)} messages {look.symbols.dot} {look.symbols.approx}{total} tok"
        heading, _ = turn_heading(
            look,
            prompt.session,
            prompt.turn,
            width - len(count) - 1,
            is_terse=True,
            with_name=True,
        )
        yield strip(width, dim, heading, [Piece(count, dim)])
        yield from plain(look, self._sent(), width, ink="dim")
        if prompt.turn.trimmed and (left_out := left_out_words(prompt.turn)):
            why = f"Left out, to fit {prompt.turn.trimmed.most:,} tokens: {left_out}."
            yield from plain(look, why, width, ink="older")
        yield self._blank(width)

    def _blank(self, width: int) -> Strip:
        return Strip.blank(width, self.look.ink("dim"))

    def _sent(self) -> str:
        turn = self._prompt.turn
        model = turn.model or self._prompt.role.model
        callee = self._prompt.session.scenario.model(model).model
        if callee == MOCK:
            return "The mock needs none of it: this is what a real model would be sent."
        if callee.startswith(RECORDED):
            return f"Nothing was sent: {callee} plays what was said before."
        usage = turn.usage
        if not turn.model:
            return f"{model} will be sent this."
        if usage is None or usage.counted:
            return f"{model} was sent this."
        return f"{model} was sent this, and counted {usage.prompt:,} tokens."

    def _draw(self, id_: str, part: Part, width: int, is_chosen: bool) -> Iterator[Strip]:
        look = self.look
        dim = look.ink("dim")
        left = [Piece(part.role, look.ink("text", bold=True))]
        if is_chosen:
            left = [Piece(f" {part.role} ", look.chip("inverse"))]
        is_new = id_ == self.entries[-1].id
        if is_new:
            left.append(Piece(" new", look.ink("text", italic=True)))
        right = [Piece(f"{look.symbols.approx}{tokens.count(part.content)} tok", dim)]
        left += self._origin(part, width - width_of(left) - width_of(right) - 1)
        yield strip(width, dim, left, right)
        for line in sanitise(part.content).split("\n"):
            ink = "text" if is_new else "older"
            yield from plain(look, line, width, ink=ink) if line.strip() else [self._blank(width)]
        yield self._blank(width)

    def _origin(self, part: Part, room: int) -> list[Piece]:
        """The ids of what the message holds."""
        turn, session, look = part.turn, self._prompt.session, self.look
        if turn is None:
            return []
        if part.role == "assistant":
            return [Piece(" ", look.ink("dim")), id_piece(look, session, turn.id, turn.role)]
        arrow = Piece(f" {look.symbols.arrow}", look.ink("dim"))
        heard = self._prompt.ranges_of(turn)
        return [arrow, *observed_pieces(look, session, heard, room - width_of([arrow]))]
