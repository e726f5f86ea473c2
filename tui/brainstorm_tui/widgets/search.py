"""The line in which the user types what to look for."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from brainstorm_tui.draw.status import Key


class SearchLine(Horizontal):
    """Opens with `/`. What is typed is looked for at once; Enter keeps it, Escape gives it up."""

    DEFAULT_CSS = """
    SearchLine { height: 1; display: none; background: $panel; }
    SearchLine Label { background: $panel; color: $foreground; text-style: bold; padding: 0 1; }
    SearchLine Input { border: none; height: 1; padding: 0; width: 1fr; background: $panel; }
    SearchLine Input:focus { border: none; }
    """

    KEYS: ClassVar[tuple[Key, ...]] = (Key("Enter", "keep the words"), Key("Esc", "give it up"))
    """What the line of keys shows while this is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Leave", show=False),
    ]

    class Wanted(Message):
        """What to look for has changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """The line was left."""

    def compose(self) -> ComposeResult:
        """A label and an input."""
        yield Label("find", markup=False)
        yield Input(placeholder="words, or an id   Enter keeps them   Esc leaves", compact=True)

    def open(self) -> None:
        """Show the line and take the keys."""
        self.display = True
        # At once: `focus` takes effect later, and what is typed meanwhile would be lost.
        self.screen.set_focus(self.query_one(Input))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look while it is typed."""
        event.stop()
        self.post_message(self.Wanted(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it."""
        event.stop()
        self._close()

    def action_give_up(self) -> None:
        """Look for nothing."""
        self.query_one(Input).value = ""
        self.post_message(self.Wanted(""))
        self._close()

    def _close(self) -> None:
        self.display = False
        self.post_message(self.Closed())
