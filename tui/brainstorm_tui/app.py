"""The Textual app: what it shows first, its themes, and how it ends."""

import asyncio
import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click
from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed, WorkerState

import brainstorm_themes
from brainstorm_agents.clock import Clock
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.errors import BrainstormError, InputError
from brainstorm_agents.models import is_real
from brainstorm_agents.reader import Log
from brainstorm_agents.redaction import redact
from brainstorm_tui import signals, themes, topics
from brainstorm_tui.comparison import Comparison
from brainstorm_tui.filters import Harmless
from brainstorm_tui.launch import Launch, start_anew
from brainstorm_tui.locations import themes_dir, topics_path
from brainstorm_tui.look import ASCII, UNICODE, Look, Symbols
from brainstorm_tui.plain import forked_from
from brainstorm_tui.reading import AT_ONCE, read_to_end
from brainstorm_tui.screens.compare import CompareScreen
from brainstorm_tui.screens.frame import Frame
from brainstorm_tui.screens.session import SessionScreen
from brainstorm_tui.screens.topic import TopicScreen
from brainstorm_tui.source import ReplaySource
from brainstorm_tui.text.safe import one_line, sanitise
from brainstorm_tui.transport import IDLE_LIMIT_S, Live, Replay

if TYPE_CHECKING:
    from textual.command import Provider

THEME_WATCH_S = 1.0
"""How often the user's themes are looked at for changes."""

GC_THRESHOLDS = 5_000, 4, 200
"""While the screen is up, garbage is collected in small portions, each a matter of milliseconds."""


def _fault_commands() -> "type[Provider]":
    # Imported on demand: the first frame does not wait for it.
    from brainstorm_tui.fault_commands import FaultCommands

    return FaultCommands


class BrainstormApp(App[int]):
    """Shows a session.

    Args:
        launches: What can be started; none for a replay.
        replay: The log to replay, or the beginning of it; None for a live session.
        follows: Go on reading the log as another process writes it.
        idle_limit: Seconds that an idle stretch lasts at most while it plays.
        compare: Two sessions to compare instead, and what their logs are called.
        asks: Ask for the topic and the cast; else the first launch is started at once.
        theme: A theme's name.
        symbols: The signs to draw with.
        clock: The session's time, if it is not to be the event loop's.
    """

    TITLE = "brainstorm-tui"
    CSS = """
    Screen { background: $background; layers: base above; }
    #top, #status, #question { height: 1; background: $panel; }
    #keys { height: 1; }
    .dialog { max-width: 100%; height: auto; background: $panel; padding: 1 2; }
    .dialog OptionList { border: none; height: auto; padding: 0; background: $panel; }
    .dialog OptionList:focus { border: none; background-tint: $panel 0%; }
    """
    COMMANDS = App.COMMANDS | {_fault_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        launches: Sequence[Launch] = (),
        *,
        replay: Log | None = None,
        follows: bool = False,
        idle_limit: float = IDLE_LIMIT_S,
        compare: tuple[Comparison, tuple[str, str]] | None = None,
        asks: bool = False,
        theme: str | None = None,
        symbols: Symbols = UNICODE,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._launches = launches
        self._replay = ReplaySource(replay, is_followed=follows) if replay else None
        self._idle_limit = idle_limit
        self._compare = compare
        self._asks = asks
        self._symbols = symbols
        self._themes: dict[str, brainstorm_themes.Theme] = {}
        own, self.theme_errors = themes.available()
        self._take_in(own)
        self._theme_trace = brainstorm_themes.fingerprint(themes_dir())
        name = theme or themes.DEFAULT
        if name not in self._themes:
            raise InputError(
                f"there is no theme {name!r}; there are {', '.join(sorted(self._themes))}"
            )
        self.look = Look(self._themes[name], symbols)
        self.theme = name
        self.controller: Controller | None = None
        self.log_path: Path | None = replay.path if replay else None
        """Where the session is logged."""
        self.was_live = False
        """Whether a session was started, so that its log is worth naming at the end."""
        self.error: BrainstormError | None = None
        """What ended the session, if something went wrong."""
        self._engine: Worker[None] | None = None
        self._reading: Worker[None] | None = None
        self._has_warned = False
        self._interrupted_at = float("-inf")
        self._harmless = Harmless()
        self._caught = contextlib.ExitStack()
        """The signals that end the app in order."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and the last line of defence."""
        return [*super().get_line_filters(), self._harmless]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        yield SystemCommand("Theme", "Choose the colours, live", self.search_themes)
        yield SystemCommand("Help", "All keys", self.show_help)
        if isinstance(screen, Frame):
            for title, about, action in _COMMANDS:
                yield SystemCommand(title, about, _running(screen, action))
        yield SystemCommand("Quit", "Leave; the log is whole", self._leave_soon)

    async def on_mount(self) -> None:
        """Show the first screen."""
        self._caught.enter_context(signals.ending(self._end_by))
        self.set_interval(THEME_WATCH_S, self._watch_themes)
        for error in self.theme_errors:
            self.notify(
                one_line(str(error)), title="a theme is wrong", severity="warning", markup=False
            )
        if self._replay is not None:
            self.push_screen(SessionScreen(Replay(self._replay, self._idle_limit)))
            self.call_after_refresh(self._read, self._replay)
        elif self._compare is not None:
            self.push_screen(CompareScreen(*self._compare))
        elif self._asks:
            known = await asyncio.to_thread(topics.earlier, topics_path())
            self.push_screen(TopicScreen(self._launches, known), self._begin_with)
        else:
            self._begin(self._launches[0])
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        """Do what the first frame does not wait for."""
        self._take_in(themes.textuals(self._themes))
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    async def on_unmount(self) -> None:
        """Close the log, however the app came to its end."""
        self._caught.close()
        await self._end_session(Reason.INTERRUPTED)

    def _begin_with(self, launch: Launch | None) -> None:
        if launch is not None:
            topics.remember(topics_path(), launch.scenario.topic)
            self._begin(launch)

    def _begin(self, launch: Launch) -> None:
        try:
            launch, controller = start_anew(launch, is_attended=True, clock=self._clock)
        except BrainstormError as error:
            self.error = error
            self.exit(2 if isinstance(error, InputError) else 1)
            return
        self.controller, self.log_path = controller, launch.log
        self.was_live = True
        controller.open(is_run=launch.run_at_once)
        screen = SessionScreen(Live(controller, is_logged=launch.log is not None))
        if isinstance(self.screen, SessionScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen)
        header = controller.session.header
        if header and header.parent:
            self.call_after_refresh(screen.hint, forked_from(header.parent))
        # The model takes time to import, and the first frame does not wait for it.
        self.call_after_refresh(self._serve, controller)

    def go_live(self, launch: Launch) -> None:
        """Leave the replay for a session that goes on from it."""
        if self._reading is not None:
            self._reading.cancel()
        self._replay = None
        self._begin(launch)

    def _serve(self, controller: Controller) -> None:
        if self.controller is controller:
            self._engine = self.run_worker(
                controller.serve(), name="engine", group="engine", exit_on_error=False
            )

    def _read(self, source: ReplaySource) -> None:
        self._reading = self.run_worker(
            read_to_end(source), name="reading", group="reading", exit_on_error=False
        )

    def _fatal_error(self) -> None:
        """Say what went wrong; where, if that is asked for, but never with the variables there, as
        Textual would: they may hold a key."""
        error = self._exception
        if error and os.environ.get("BRAINSTORM_TUI_DEBUG"):
            where = "".join(traceback.format_exception(error))
            self._exit_renderables.append(Text(sanitise(redact(where))))
        if not isinstance(error, BrainstormError):
            error = BrainstormError(
                f"the screen failed: {type(error).__name__}: {error}; this is a bug: please report"
                " it, with what BRAINSTORM_TUI_DEBUG=1 shows"
            )
        self.error = error
        self._close_messages_no_wait()

    async def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A failed engine ends the app, and says why; so does a log that cannot be read."""
        if event.worker in (self._engine, self._reading) and event.state is WorkerState.ERROR:
            error = event.worker.error
            if not isinstance(error, BrainstormError):
                error = BrainstormError(f"the engine failed: {type(error).__name__}: {error}")
            self.error = error
            await self._end_session(Reason.INTERRUPTED)
            self.exit(2 if isinstance(error, InputError) else 1)

    async def action_leave(self) -> None:
        """Quit; replies that cost money are not cut without a second asking."""
        if self._would_cut() and not self._has_warned:
            self._has_warned = True
            if isinstance(self.screen, Frame):
                self.screen.hint("replies are under way and would be cut: again to quit")
            return
        await self._end_session(Reason.QUIT)
        self.exit(0)

    async def action_quit(self) -> None:
        """As `q`, from wherever it is asked for."""
        await self.action_leave()

    def action_help_quit(self) -> None:
        """Ctrl+C where nothing is selected: the second one quits."""
        now = asyncio.get_running_loop().time()
        if now - self._interrupted_at < 2.0:
            self._has_warned = True
            self._leave_soon()
            return
        self._interrupted_at = now
        if isinstance(self.screen, Frame | CompareScreen):
            self.screen.hint("Ctrl+C again quits, q too")
        else:
            self.notify("Ctrl+C again quits", timeout=2)

    def show_help(self) -> None:
        """Show all keys."""
        from brainstorm_tui.screens.help import COMPARE, LIVE, REPLAY, VIEW, HelpScreen, signs

        if isinstance(self.screen, HelpScreen):
            return
        if self._compare is not None:
            self.push_screen(HelpScreen(COMPARE))
        else:
            keys = LIVE if self._replay is None else REPLAY
            self.push_screen(HelpScreen((*keys, *VIEW, signs(self.look.symbols))))

    def watch_theme(self, name: str) -> None:
        """Draw with the new theme."""
        if name in self._themes:
            self.look = Look(self._themes[name], self._symbols)
            for screen in self.screen_stack:
                if isinstance(screen, Frame | CompareScreen):
                    screen.redraw()

    def _take_in(self, known: Mapping[str, brainstorm_themes.Theme]) -> None:
        self._themes |= known
        for theme in known.values():
            self.register_theme(themes.to_textual(theme))

    def _watch_themes(self) -> None:
        trace = brainstorm_themes.fingerprint(themes_dir())
        if trace == self._theme_trace:
            return
        self._theme_trace = trace
        own, errors = themes.available()
        # A theme whose file is wrong for a moment stays as it was.
        self._take_in(own)
        for error in errors:
            self.notify(
                one_line(str(error)), title="a theme is wrong", severity="warning", markup=False
            )
        self.watch_theme(self.theme)
        self.refresh_css(animate=False)

    def _end_by(self, number: int) -> None:
        """Go in order: the system, or a closing terminal, asks for it."""
        self.exit(128 + number)

    def _would_cut(self) -> bool:
        if self.controller is None or not self.controller.session.is_under_way:
            return False
        scenario = self.controller.session.scenario
        return any(is_real(scenario.model(role.model).model) for role in scenario.roles)

    def _leave_soon(self) -> None:
        self.call_later(self.action_leave)

    async def _end_session(self, reason: Reason) -> None:
        """Cancel the turns, wait for them, and close the log."""
        controller, self.controller = self.controller, None
        if controller is None:
            return
        if self._engine is not None and not self._engine.is_finished:
            self._engine.cancel()
            with contextlib.suppress(WorkerCancelled, WorkerFailed):
                await self._engine.wait()
        try:
            await controller.close(reason)
        except BrainstormError as error:
            self.error = self.error or error


_COMMANDS = (
    ("One round", "s", "transport('step')"),
    ("Run", "r: all rounds to the goal", "transport('run')"),
    ("Pause or go on", "space", "transport('play')"),
    ("Stop the turns under way", "x", "transport('stop')"),
    ("Say something", "i", "say"),
    ("Zoom", "z: one pane over the stage", "zoom"),
    ("Who saw what", "w", "saw"),
    ("Run diagram", "t", "diagram"),
    ("The prompt", "p: what the model was sent", "prompt"),
    ("Keep as an idea", "*: the chosen message; again takes it back", "keep"),
    ("Read", "v: the whole transcript in order", "read"),
    ("Search", "/: then n and N", "search"),
    ("Go to", "g: a round, a message; in a replay a time, an event", "go"),
    ("Copy the message", "y", "copy"),
    ("Copy all", "Y", "copy_all"),
    ("Fork", "f: go on from here in a new session", "fork"),
    ("Export", "e: Markdown, HTML, SVG, …", "export"),
    ("The role's menu", "Enter: stop only this one, retry, skip, take over, mute", "menu"),
    ("To the end", "G: follow it again", "to_end"),
    ("Follow the speaker", "F", "follow_speaker"),
)


def _running(screen: Frame, action: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await screen.run_action(action)

    return run


def run_live(
    launches: Sequence[Launch], *, theme: str | None, symbols: str, ask_topic: bool
) -> int:
    """Show a live session until the user leaves; the exit code.

    Args:
        launches: What can be started: the first one, or what the user chooses.
        ask_topic: Ask what to think about, and with which cast.
    """
    app = BrainstormApp(launches, asks=ask_topic, theme=theme, symbols=_symbols(symbols))
    return _run(app)


def run_replay(
    path: Path, *, follows: bool, idle_limit: float, theme: str | None, symbols: str
) -> int:
    """Show a saved session, or one that another process is running; the exit code."""
    log = Log(path)
    log.read_on(AT_ONCE)
    app = BrainstormApp(
        replay=log,
        follows=follows,
        idle_limit=idle_limit,
        theme=theme,
        symbols=_symbols(symbols),
    )
    return _run(app)


def run_compare(
    comparison: Comparison, names: tuple[str, str], *, theme: str | None, symbols: str
) -> int:
    """Show two sessions side by side; the exit code."""
    app = BrainstormApp(compare=(comparison, names), theme=theme, symbols=_symbols(symbols))
    return _run(app)


def _run(app: BrainstormApp) -> int:
    code = app.run()
    if app.log_path is not None and app.was_live:
        click.echo(f"log: {app.log_path}", err=True)
    if app.error is not None:
        raise app.error
    return code or 0


def _symbols(name: str) -> Symbols:
    if name == "auto":
        return UNICODE if _takes_utf8() else ASCII
    return ASCII if name == "ascii" else UNICODE


def _takes_utf8() -> bool:
    """Whether the terminal takes UTF-8. Python writes it in any locale, so the locale is asked."""
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        return False
    # Where the locale was C, Python has set LC_CTYPE itself.
    names = ("LC_ALL", "LANG") if sys.flags.utf8_mode else ("LC_ALL", "LC_CTYPE", "LANG")
    locale = next((value for value in map(os.environ.get, names) if value), "UTF-8")
    return "utf8" in locale.lower().replace("-", "")
