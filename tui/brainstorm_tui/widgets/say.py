"""The line in which the user says something to everyone, or with `@Bob` to one."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from brainstorm_tui.draw.status import Key
from brainstorm_tui.transport import mentioned


class SayLine(Horizontal):
    """Opens with `i`. Enter says it, Tab completes a name, Escape leaves and keeps the draft."""

    DEFAULT_CSS = """
    SayLine { height: 1; display: none; background: $panel; }
    SayLine Label { background: $panel; color: $foreground; text-style: bold; padding: 0 1; }
    SayLine Input { border: none; height: 1; padding: 0; width: 1fr; background: $panel; }
    SayLine Input:focus { border: none; }
    """

    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("Enter", "say it"),
        Key("@", "to one"),
        Key("Tab", "complete the name"),
        Key("Up", "said before"),
        Key("Esc", "leave"),
    )
    """What the line of keys shows while this is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Leave", show=False),
        Binding("tab", "complete", "Complete a name", show=False),
        Binding("up", "earlier(-1)", "Said before", show=False),
        Binding("down", "earlier(1)", "Said after", show=False),
    ]

    class Said(Message):
        """The user has said something."""

        def __init__(self, text: str, to: tuple[str, ...]) -> None:
            super().__init__()
            self.text = text
            self.to = to

    class Refused(Message):
        """What was typed cannot be said, and this is why."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    class Closed(Message):
        """The line was left."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = list(names)
        self._said: list[str] = []
        self._place = 0
        self._prefix = ""
        """What was typed of the name that is being completed."""
        self._completed = ""

    def compose(self) -> ComposeResult:
        """A label and an input."""
        yield Label("say", markup=False)
        yield Input(
            placeholder="to everyone, or @Bob to one   Enter says it   Esc leaves",
            compact=True,
            select_on_focus=False,
        )

    @property
    def _input(self) -> Input:
        return self.query_one(Input)

    def open(self, to: str | None = None) -> None:
        """Show the line and take the keys.

        Args:
            to: Whom it is addressed to, unless there is a draft.
        """
        self.display = True
        if to and not self._input.value:
            self._input.value = f"@{to} "
            self._input.cursor_position = len(self._input.value)
        self._place = len(self._said)
        # At once: `focus` takes effect later, and what is typed meanwhile would be lost.
        self.screen.set_focus(self._input)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Say it."""
        event.stop()
        text, to = mentioned(event.value, self._names)
        first = event.value.split(" ")[0]
        if not text:
            self.post_message(self.Refused("nothing is typed yet: Esc leaves"))
        elif first.startswith("@") and not to:
            self.post_message(self.Refused(f"nobody is called {first[1:]}: Tab completes a name"))
        else:
            self._said.append(event.value)
            self.post_message(self.Said(text, to))
            self._input.value = ""
            self.action_close()

    def action_close(self) -> None:
        """Leave the line; what was typed stays for the next time."""
        self.display = False
        self.post_message(self.Closed())

    def action_complete(self) -> None:
        """Complete the name under the cursor; again takes the next one that fits."""
        value = self._input.value[: self._input.cursor_position]
        start = value.rfind("@")
        if start < 0:
            self._prefix, self._completed = "", self._names[0]
            self._input.value = f"@{self._names[0]} {self._input.value}"
            self._input.cursor_position = len(self._names[0]) + 2
            return
        typed = value[start + 1 :].strip().casefold()
        is_again = bool(typed) and typed == self._completed.casefold()
        if not is_again:
            self._prefix = typed
        fits = [name for name in self._names if name.casefold().startswith(self._prefix)]
        if not fits:
            return
        name = fits[(fits.index(self._completed) + 1) % len(fits)] if is_again else fits[0]
        self._completed = name
        rest = self._input.value[self._input.cursor_position :].lstrip()
        head = f"{value[:start]}@{name} "
        self._input.value = head + rest
        self._input.cursor_position = len(head)

    def action_earlier(self, step: int) -> None:
        """What was said before."""
        if self._said:
            self._place = max(0, min(len(self._said), self._place + step))
            self._input.value = self._said[self._place] if self._place < len(self._said) else ""
            self._input.cursor_position = len(self._input.value)
