"""Taking a session elsewhere, on `e`: what to, and into which file."""

import asyncio
import os
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from brainstorm_agents.errors import BrainstormError
from brainstorm_agents.reader import read
from brainstorm_tui.exports import FORMATS, SUFFIXES, exporter, file
from brainstorm_tui.text.safe import one_line

_KEYS = "Enter writes it   Tab file   Esc closes"


class ExportScreen(ModalScreen[str | None]):
    """Writes an export and gives what is worth saying about it; None if nothing was written.

    Args:
        log: The log to export, as far as it has come.
    """

    CSS = """
    ExportScreen { align: center middle; background: transparent; }
    #export { width: 66; }
    #export OptionList { margin: 1 0; }
    #export Horizontal { height: 1; }
    #export Label { width: 6; color: $secondary; }
    #export Input { border: none; height: 1; padding: 0; width: 1fr; background: $surface; }
    #export Input:focus { border: none; }
    #export #said { margin-top: 1; color: $secondary; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close", show=False),
        Binding("ctrl+c", "app.help_quit", "Quit", show=False),
    ]

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log
        self._suggested = ""
        self._refused: Path | None = None
        """The file that is there already: asked for again, it is replaced."""

    def compose(self) -> ComposeResult:
        """The formats, and the file."""
        with Vertical(id="export", classes="dialog"):
            yield Static(Content.styled("Take it elsewhere", "bold $foreground"))
            yield OptionList(
                *(
                    Option(Content.assemble((f"{name:<10}", "bold"), what), id=name)
                    for name, what in FORMATS.items()
                )
            )
            with Horizontal():
                yield Label("into", markup=False)
                yield Input(compact=True)
            yield Static(Content(_KEYS), id="said")

    def on_mount(self) -> None:
        """Let the arrows choose."""
        self.query_one(OptionList).focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Name the file after the log, unless the user has named it."""
        line = self.query_one(Input)
        if event.option_id and line.value == self._suggested:
            stem = one_line(self._log.name).removesuffix(".jsonl")
            line.value = self._suggested = f"{stem}{SUFFIXES[event.option_id]}"

    def on_option_list_option_selected(self) -> None:
        """Write it."""
        self._write()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it."""
        event.stop()
        self._write()

    def _write(self) -> None:
        formats = self.query_one(OptionList)
        option = formats.highlighted_option
        typed = self.query_one(Input).value.strip()
        if option is None or not option.id or not typed:
            self._say("name a file")
            return
        path = Path(typed).expanduser()
        if path.exists() and path.samefile(self._log):
            self._say("this is the log itself; choose another name")
        elif os.path.lexists(path) and path != self._refused:
            self._refused = path
            self._say("the file exists already: Enter again replaces it")
        else:
            self._say("writing …")
            self._export(option.id, path, may_replace=path == self._refused)

    @work(exclusive=True)
    async def _export(self, name: str, path: Path, *, may_replace: bool) -> None:
        def write() -> None:
            file.write(exporter(name)(read(self._log)), path, may_replace=may_replace)

        try:
            await asyncio.to_thread(write)
        except (BrainstormError, OSError) as error:
            self._say(one_line(str(error)))
        else:
            self.dismiss(f"written: {path}")

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(Content(text))
