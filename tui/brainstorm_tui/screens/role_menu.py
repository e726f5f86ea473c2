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

from brainstorm_tui.one_role import Act, Choice, choices, standing
from brainstorm_tui.screens.frame import FRAMES_PER_SECOND
from brainstorm_tui.source import Source
from brainstorm_tui.text.safe import one_line


class Chosen(NamedTuple):
    """What the user wants done, and with a line typed for the role, that line."""

    act: Act
    text: str = ""


class RoleMenu(ModalScreen[Chosen | None]):
    """Gives what is chosen, or None. The session goes on behind it, and the menu follows its role.

    Args:
        source: Where the session comes from.
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

    def __init__(self, source: Source, role: str, *, is_live: bool) -> None:
        super().__init__()
        self._source = source
        self._role = role
        self._is_live = is_live
        self._standing = ""
        self._choices: list[Choice] = []
        self._offered: set[str] = set()
        """The letters of all choices that there were since it opened."""

    def compose(self) -> ComposeResult:
        """How the role stands, the choices, a line to type in."""
        with Vertical(id="menu", classes="dialog"):
            yield Static(Content.styled(one_line(self._role), "bold $foreground"))
            yield Static(id="standing")
            yield OptionList()
            name = one_line(self._role)
            yield Input(placeholder=f"what {name} says   Enter says it", compact=True)
            others = "the others go on" if self._is_live else "a replay stays as it is"
            yield Static(Content(f"Esc closes; {others}"), id="said")

    def on_mount(self) -> None:
        """Let Enter take the first choice, and follow the role."""
        self._follow()
        self.query_one(OptionList).focus()
        self.set_interval(1 / FRAMES_PER_SECOND, self._follow)

    def on_key(self, event: events.Key) -> None:
        """Take a choice by its letter; while a line is typed, letters are letters."""
        if self.query_one(Input).has_focus:
            return
        for choice in self._choices:
            if event.character == choice.key:
                event.stop()
                self._choose(choice)
                return
        if event.character in self._offered:
            event.stop()
            self._say(f"too late: {self._standing}")

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

    def _follow(self) -> None:
        """Show how the role stands now, and what can be done about it now."""
        session = self._source.session
        if (said := standing(session, self._role)) != self._standing:
            self._standing = said
            self.query_one("#standing", Static).update(Content(said))
        found = choices(session, self._role, is_live=self._is_live)
        if found != self._choices:
            self._offer(found)

    def _offer(self, found: list[Choice]) -> None:
        """Offer other choices; the cursor stays on the one that it is on, while there is that."""
        options = self.query_one(OptionList)
        at = options.highlighted
        marked = self._choices[at].act if at is not None and self._choices else None
        self._choices = found
        self._offered.update(choice.key for choice in found)
        options.set_options(
            Option(Content.assemble((f" {choice.key} ", "bold"), " ", choice.words))
            for choice in found
        )
        acts = [choice.act for choice in found]
        options.highlighted = acts.index(marked) if marked in acts else 0

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
