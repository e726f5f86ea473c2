"""The whole transcript, to read and to search."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip

from brainstorm_tui.draw.transcript import Entry, Transcript, entries
from brainstorm_tui.screens.reading import Reading
from brainstorm_tui.transport import Transport


class TranscriptScreen(Reading):
    """Everything that was said, in order, over the session, which goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("v", "close", "Back", show=False)]

    def __init__(self, transport: Transport, chosen: str | None) -> None:
        super().__init__(transport, chosen)
        self._transcript = Transcript(self.look)

    def entries(self) -> list[Entry]:
        """All that there is by now."""
        return entries(self.transport.source.session)

    def lines(self, entry: Entry, width: int, *, is_chosen: bool) -> list[Strip]:
        """An entry, drawn."""
        if self._transcript.look is not self.look:
            self._transcript = Transcript(self.look)
        session = self.transport.source.session
        return self._transcript.lines(session, entry, width, is_chosen=is_chosen)
