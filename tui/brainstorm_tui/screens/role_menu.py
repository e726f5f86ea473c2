"""What can be done about one role, on Enter."""

from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from brainstorm_agents.session import Session
from brainstorm_tui.one_role import Act, Choice, choices, standing
from brainstorm_tui.text.safe import one_line


class Chosen(NamedTuple):
    """What the user wants done, and with a line typed for the role, that line."""

    act: Act
    text: str = ""


class RoleMenu(ModalScreen[Chosen | None]):
    """Gives what is chosen, or None. The session goes on behind it.

    Args:
        session: As it is when the menu opens.
        role: The role's name.
        is_live: Whether it is no replay.
    """

    CSS = """
    RoleMenu { align: center middle; background: transparent; }
    #menu { width: 56; }
    #menu Static { color: $secondary; max-height: 3; }
    #menu OptionList { margin: 1 0; }
    #menu Input { display: none; border: none; height: 1; padding: 0 1; background: $surface; }
    #menu Input:focus { border: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("q", "dismiss(None)", "Close", show=False),
        Binding("ctrl+c", "app.help_quit", "Quit", show=False),
    ]

    def __init__(self, session: Session, role: str, *, is_live: bool) -> None:
        super().__init__()
        self._role = role
        self._standing = standing(session, role)
        self._choices: list[Choice] = choices(session, role, is_live=is_live)
        self._is_live = is_live

    def compose(self) -> ComposeResult:
        """How the role stands, the choices, a line to type in."""
        with Vertical(id="menu", classes="dialog"):
            yield Static(Content.styled(one_line(self._role), "bold $foreground"))
            yield Static(Content(self._standing))
            options = [
                Option(Content.assemble((f" {choice.key} ", "bold"), " ", choice.words))
                for choice in self._choices
            ]
            yield OptionList(*options)
            name = one_line(self._role)
            yield Input(placeholder=f"what {name} says   Enter says it", compact=True)
            others = "the others go on" if self._is_live else "a replay stays as it is"
            yield Static(Content(f"Esc closes; {others}"), id="said")

    def on_mount(self) -> None:
        """Let Enter take the first choice."""
        self.query_one(OptionList).focus()

    def on_key(self, event: events.Key) -> None:
        """Take a choice by its letter; while a line is typed, letters are letters."""
        if self.query_one(Input).has_focus:
            return
        for choice in self._choices:
            if event.character == choice.key:
                event.stop()
                self._choose(choice)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the choice that is marked."""
        self._choose(self._choices[event.option_index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the line."""
        event.stop()
        if text := event.value.strip():
            self.dismiss(Chosen(Act.TAKE_OVER, text))
        else:
            self._say("nothing is typed yet: Esc goes back")

    def action_back(self) -> None:
        """From the line back to the choices; from there, close."""
        options = self.query_one(OptionList)
        if options.has_focus:
            self.dismiss(None)
        else:
            options.focus()
            self._say("Esc closes; what you typed stays")

    def _choose(self, choice: Choice) -> None:
        if choice.act is not Act.TAKE_OVER:
            self.dismiss(Chosen(choice.act))
            return
        line = self.query_one(Input)
        line.display = True
        # At once: `focus` takes effect later, and what is typed meanwhile would be lost.
        self.set_focus(line)
        self._say("Enter says it, marked as yours; Esc goes back")

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(Content(text))
