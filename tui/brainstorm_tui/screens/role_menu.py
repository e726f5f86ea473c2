"""What can be done about one role, on Enter."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from brainstorm_agents.session import Turn
from brainstorm_tui.text.safe import one_line


class RoleMenu(ModalScreen[str | None]):
    """Gives the id of the turn to stop, or None. The session goes on behind it."""

    CSS = """
    RoleMenu { align: center middle; background: transparent; }
    #menu { width: 52; }
    #menu Static { color: $secondary; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close", show=False),
        Binding("ctrl+c", "app.help_quit", "Quit", show=False),
    ]

    def __init__(self, role: str, turn: Turn | None) -> None:
        super().__init__()
        self._role = role
        self._turn = turn

    def compose(self) -> ComposeResult:
        """The choices."""
        turn, name = self._turn, one_line(self._role)
        with Vertical(id="menu", classes="dialog"):
            yield Static(Content.styled(name, "bold $foreground"))
            if turn is None or turn.is_settled:
                said = "is not speaking" if turn is None else f"{one_line(turn.id)} is {turn.phase}"
                yield Static(Content(f"{said}: nothing to stop"))
                yield OptionList(Option(Content("close"), id="close"))
            else:
                yield Static(Content(f"{one_line(turn.id)}, {turn.phase}; the others go on"))
                yield OptionList(
                    Option(Content("stop only this one"), id="stop"),
                    Option(Content("close"), id="close"),
                )

    def on_mount(self) -> None:
        """Let Enter take the first choice."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give the choice."""
        is_stop = event.option_id == "stop" and self._turn is not None
        self.dismiss(self._turn.id if is_stop and self._turn else None)
