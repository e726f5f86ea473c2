"""The prompt of one turn: the exact messages that its model was sent."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip

from brainstorm_agents.prompt import Prompt
from brainstorm_agents.session import Turn
from brainstorm_tui.draw.prompt import PromptText
from brainstorm_tui.draw.score import Place
from brainstorm_tui.draw.transcript import Entry
from brainstorm_tui.screens.reading import Reading
from brainstorm_tui.transport import Transport


class PromptScreen(Reading):
    """What a role was asked with, made again from the session, which goes on behind it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("p", "close", "Back", show=False)]

    def __init__(self, transport: Transport, turn: Turn) -> None:
        super().__init__(transport, None)
        self._prompt = Prompt(transport.source.session, turn)
        self._text = PromptText(self.look, self._prompt)
        self.view.top = Place(0, 0)

    def entries(self) -> list[Entry]:
        """The messages, and what is said about all of them."""
        return self._text.entries

    def lines(self, entry: Entry, width: int, *, is_chosen: bool) -> list[Strip]:
        """A message, drawn."""
        if self._text.look is not self.look:
            self._text = PromptText(self.look, self._prompt)
        return self._text.lines(entry, width, is_chosen=is_chosen)

    def whole(self) -> str:
        """All messages, for the clipboard."""
        return self._text.whole()

    def action_keep(self) -> None:
        """A prompt holds no message that could be kept."""
        self.hint("ideas are kept of messages: Esc leads back to them")

    def action_prompt(self) -> None:
        """Close it: it is here."""
        self.action_close()
