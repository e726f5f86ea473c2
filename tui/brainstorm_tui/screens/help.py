"""All keys, by what they are for."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from brainstorm_agents.session import Phase
from brainstorm_tui.look import Symbols

Section = tuple[str, tuple[tuple[str, str], ...]]

LIVE: tuple[Section, ...] = (
    (
        "The session",
        (
            ("s", "one round; while one runs, one more after it"),
            ("r", "run all rounds; at the end, as many again"),
            ("space", "pause after this round; go on"),
            ("x", "stop the turns under way; s asks them again"),
            ("i", "say something to everyone, or with @Bob to one"),
            ("Enter", "the role's menu: stop, retry, skip, take over, mute"),
            ("g", "go to: 3 a round, b2 a message"),
        ),
    ),
)

REPLAY: tuple[Section, ...] = (
    (
        "The replay",
        (
            ("space", "play, pause"),
            (", .", "event before, next event"),
            ("Left Right", "turn before, next turn"),
            ("[ ]  Shift+arrows", "round before, next round"),
            ("g", "go to: 3 a round, b2 a message, 1:30 a time, #120 an event"),
            ("- +", "slower, faster"),
            ("Home End", "beginning, end; End follows again what another process writes"),
            ("mouse", "drag on the timeline: to a time; the wheel there: by turns"),
            ("f", "fork: go on from here, live, in a new session"),
        ),
    ),
)

COMPARE: tuple[Section, ...] = (
    (
        "The comparison",
        (
            ("n N", "next difference, difference before"),
            ("=", "show what is the same, or fold it into one line"),
            ("[ ]  Shift+arrows", "round before, next round"),
            ("Up Down  wheel", "scroll"),
            ("PgUp PgDn", "scroll by pages"),
            ("Home End", "beginning, end"),
            ("/", "search; n N walk the places, Esc gives it up"),
            ("click", "choose a difference"),
        ),
    ),
    (
        "Everywhere",
        (
            ("?  F1", "this page"),
            (":  Ctrl+P", "the palette: the themes"),
            ("q  Ctrl+Q", "quit"),
        ),
    ),
    (
        "The signs",
        (
            ("= same", "both have said the same, from the same messages"),
            ("differs", "they have not; lines that both have are dim"),
            ("saw", "the same was said, but from other messages"),
            ("only A, only B", "the other session has nothing there"),
        ),
    ),
)

VIEW: tuple[Section, ...] = (
    (
        "What is shown",
        (
            ("1-9  Tab", "focus a pane"),
            ("z", "zoom: one pane over the stage, its thoughts unfolded"),
            ("w  p", "what the chosen turn saw; the prompt that was sent"),
            ("t", "the run diagram"),
            ("Up Down", "message before, next message"),
            ("PgUp PgDn  wheel", "scroll; G follows the end again"),
            ("v", "read the whole transcript"),
            ("*", "keep the message as an idea; again takes it back"),
            ("/ n N", "search, next place, place before"),
            ("y Y  e", "copy the message, or all; export"),
            ("F", "the focus follows who speaks"),
            ("mouse", "click focuses, double click zooms, drag selects"),
            ("Ctrl+C", "copy what is selected; twice quits"),
        ),
    ),
    (
        "The run diagram",
        (
            ("Left Right", "the turn before, the next"),
            ("Up Down  Tab", "the role above, below"),
            ("m", "the next round: at once, one after another, or eagerly"),
            ("- +  0", "zoom out, in; the whole run"),
            ("[ ]  Shift+arrows", "move in time, when zoomed"),
            ("PgUp PgDn", "roles above, below, where not all fit"),
            ("l", "more lanes without their ids, and back"),
            ("c", "the critical path"),
        ),
    ),
    (
        "Everywhere",
        (
            ("?  F1", "this page"),
            (":  Ctrl+P", "the palette: every command, and the themes"),
            ("Esc", "close what is on top"),
            ("q  Ctrl+Q", "quit; the log is whole"),
        ),
    ),
)


def signs(symbols: Symbols) -> Section:
    """What the signs mean, as they are drawn."""
    phases, path = symbols.phases, symbols.path * 2
    return (
        "The signs",
        (
            (f"a1 {symbols.arrow} b1 c1", "a1 was said by somebody who had seen b1 and c1"),
            (
                f"{phases[Phase.SPEAKING]}  {phases[Phase.THINKING]}",
                "speaking; thinking: asked, nothing heard yet",
            ),
            (f"{phases[Phase.DONE]}  {phases[Phase.FAILED]}", "done; failed"),
            (
                phases[Phase.QUEUED],
                "queued: no call yet; in a lane: stopped there",
            ),
            ("waves", "tokens a second; a dip is a stall"),
            (symbols.thinking * 4, "thinking, in a lane"),
            (symbols.queued * 4, "queued, in a lane: it waits for a call"),
            (symbols.waiting * 4, "it is done, and waits at the barrier for the others"),
            (
                f"{path}  {symbols.path_turn} {symbols.path_down}",
                "the critical path: what the session waited for",
            ),
            (
                f"{symbols.barrier}  {symbols.now}"
                if symbols.barrier != symbols.now
                else symbols.now,
                "over all lanes: where a round began; now",
            ),
        ),
    )


class HelpScreen(ModalScreen[None]):
    """The keys; the session goes on behind them."""

    CSS = """
    HelpScreen { align: center middle; background: transparent; }
    HelpScreen VerticalScroll {
        width: 92; max-width: 100%; height: auto; max-height: 100%;
        background: $panel; padding: 1 2; scrollbar-size-vertical: 1;
    }
    HelpScreen Static { height: auto; background: $panel; }
    HelpScreen Grid { grid-size: 2; grid-columns: 19 1fr; grid-rows: auto; height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss", "Close", show=False),
        Binding("ctrl+c", "app.help_quit", "Quit", show=False),
    ]

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        """The sections."""
        with VerticalScroll():
            yield Static(Content.styled("Esc closes, the arrows scroll", "$secondary"))
            for title, keys in self._sections:
                yield Static("")
                yield Static(Content.styled(title, "bold $foreground"))
                with Grid():
                    for key, does in keys:
                        yield Static(Content.styled(key, "bold $foreground"))
                        yield Static(Content.styled(does, "$secondary"))

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()
