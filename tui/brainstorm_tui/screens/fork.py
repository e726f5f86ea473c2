"""Going on from a place in a replay, on `f`: what is otherwise there."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from brainstorm_agents.errors import BrainstormError
from brainstorm_agents.parent import Changes
from brainstorm_agents.session import Message, Phase, Session, Turn
from brainstorm_tui.forking import forked_launch
from brainstorm_tui.launch import Launch
from brainstorm_tui.text.safe import one_line

_FORK, _EDIT = "fork", "edit"
_KEYS = "Enter chooses   Esc closes"


class ForkScreen(ModalScreen[Launch | None]):
    """Makes a fork and gives its launch; None if none was made.

    Args:
        log: The log of what is replayed.
        position: After how many of its events it is forked, unless a message is edited.
        session: The session as it was then.
        chosen: The turn that is looked at, whose message can be edited.
    """

    CSS = """
    ForkScreen { align: center middle; background: transparent; }
    #fork { width: 66; }
    #fork OptionList { margin: 1 0; max-height: 9; }
    #fork Horizontal { height: 1; }
    #fork Label { width: 7; color: $secondary; }
    #fork Input { border: none; height: 1; padding: 0; width: 1fr; background: $surface; }
    #fork Input:focus { border: none; }
    #fork TextArea { display: none; border: none; height: 6; padding: 0 1; margin-bottom: 1; }
    #fork TextArea:focus { border: none; }
    #fork .dim { color: $secondary; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("q", "dismiss(None)", "Close", show=False),
        Binding("ctrl+c", "app.help_quit", "Quit", show=False),
    ]

    def __init__(self, log: Path, position: int, session: Session, chosen: Turn | None) -> None:
        super().__init__()
        self._log = log
        self._position = position
        self._session = session
        self._message = _editable(chosen)
        self._as_loaded = ""
        self._muted = {name: state.muted for name, state in session.roles.items()}

    def compose(self) -> ComposeResult:
        """Where it forks, what can be otherwise."""
        with Vertical(id="fork", classes="dialog"):
            yield Static(Content.styled(f"Fork here: {self._place()}", "bold $foreground"))
            yield Static(
                Content("a new session with this past; it goes on live"), classes="dim", id="about"
            )
            options = [Option(Content.styled("make it, and go live", "bold"), id=_FORK)]
            if self._message:
                options.append(Option(Content(f"edit {one_line(self._message.id)}"), id=_EDIT))
            options += [
                Option(self._muting(name), id=f"mute {place}")
                for place, name in enumerate(self._muted)
            ]
            yield OptionList(*options)
            yield TextArea(self._message.text if self._message else "", compact=True)
            with Horizontal():
                yield Label("model", markup=False)
                yield Input(placeholder="as it was", compact=True)
            yield Static(Content(_KEYS), id="said", classes="dim")

    def on_mount(self) -> None:
        """Let Enter make the fork."""
        # A text area may read line ends its own way: what it has made of the text is no edit.
        self._as_loaded = self.query_one(TextArea).text
        self.query_one(OptionList).focus()

    def action_back(self) -> None:
        """Back to the choices, with what was typed kept; from there, close."""
        choices = self.query_one(OptionList)
        if choices.has_focus:
            self.dismiss(None)
        else:
            choices.focus()
            self._say(_KEYS)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Do what was chosen."""
        if event.option_id == _FORK:
            self._make()
        elif event.option_id == _EDIT:
            area = self.query_one(TextArea)
            area.display = True
            area.focus()
            self._say("Esc back to the choices, with the text as it is then")
        else:
            name = list(self._muted)[int(str(event.option_id).removeprefix("mute "))]
            self._muted[name] = not self._muted[name]
            event.option_list.replace_option_prompt(str(event.option_id), self._muting(name))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Make it."""
        event.stop()
        self._make()

    def on_text_area_changed(self) -> None:
        """Say where a fork with an edited message parts."""
        message = self._message
        about = "a new session with this past; it goes on live"
        if message and self._is_edited():
            round_ = self._session.turns[message.id].round
            place = "before it is heard" if round_.is_eager else f"after round {round_.number}"
            about = f"with {one_line(message.id)} edited it parts {place}"
        self.query_one("#about", Static).update(Content(about))

    def _is_edited(self) -> bool:
        return self.query_one(TextArea).text != self._as_loaded

    def _make(self) -> None:
        roles = self._session.roles
        changed = [name for name, muted in self._muted.items() if muted != roles[name].muted]
        message = self._message
        is_edited = message is not None and self._is_edited()
        changes = Changes(
            edited=message.id if message and is_edited else "",
            muted=tuple(name for name in changed if self._muted[name]),
            unmuted=tuple(name for name in changed if not self._muted[name]),
            model=self.query_one(Input).value.strip() or None,
        )
        self._say("forking …")
        self._fork(changes, self.query_one(TextArea).text if is_edited else "")

    @work(exclusive=True)
    async def _fork(self, changes: Changes, text: str) -> None:
        try:
            launch = await asyncio.to_thread(
                forked_launch, self._log, self._position, changes, text
            )
        except BrainstormError as error:
            self._say(one_line(str(error)))
        else:
            self.dismiss(launch)

    def _place(self) -> str:
        current = self._session.round
        if current is None:
            return "before the opening"
        name = f"round {current.number}" if current.number else "the opening"
        done = [turn for turn in current.turns if turn.phase is Phase.DONE and turn.ended]
        if not done or current.ended is not None:
            return name
        last = max(done, key=lambda turn: turn.ended or 0.0)
        return f"{name}, after {one_line(last.id)}"

    def _muting(self, name: str) -> Content:
        return Content(f"{one_line(name)}: {'muted' if self._muted[name] else 'speaks'}")

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(Content(text))


def _editable(chosen: Turn | None) -> Message | None:
    """The message of the turn that is looked at, if it has one."""
    if chosen is None or chosen.phase is not Phase.DONE:
        return None
    return Message(chosen.id, chosen.role, chosen.text)
