"""The line in which the user types where to go."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from brainstorm_tui.draw.status import Key


class GoLine(Horizontal):
    """Opens with `g`. Enter goes there, and what leads nowhere stays open; Escape leaves."""

    DEFAULT_CSS = """
    GoLine { height: 1; display: none; background: $panel; }
    GoLine Label { background: $panel; color: $foreground; text-style: bold; padding: 0 1; }
    GoLine Input { border: none; height: 1; padding: 0; width: 1fr; background: $panel; }
    GoLine Input:focus { border: none; }
    """

    KEYS: ClassVar[tuple[Key, ...]] = (Key("Enter", "go there"), Key("Esc", "leave"))
    """What the line of keys shows while this is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Leave", show=False),
    ]

    class Wanted(Message):
        """Where the user wants to go, as it was typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """The line was left."""

    def compose(self) -> ComposeResult:
        """A label and an input."""
        yield Label("go to", markup=False)
        yield Input(
            placeholder="3 a round   b2 a message   1:30 a time   #120 an event", compact=True
        )

    def open(self) -> None:
        """Show the line, empty, and take the keys."""
        self.display = True
        line = self.query_one(Input)
        line.value = ""
        # At once: `focus` takes effect later, and what is typed meanwhile would be lost.
        self.screen.set_focus(line)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Ask to go there."""
        event.stop()
        self.post_message(self.Wanted(event.value))

    def action_close(self) -> None:
        """Leave the line."""
        self.display = False
        self.post_message(self.Closed())
