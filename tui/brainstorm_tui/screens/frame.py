"""What every screen of a session has: the topic above, status and keys below, and the keys."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input

from brainstorm_tui.draw.arrange import LOW
from brainstorm_tui.draw.row import Piece, clip, row, strip, width_of
from brainstorm_tui.draw.status import Key, keys_line, status
from brainstorm_tui.look import Look
from brainstorm_tui.text.safe import one_line
from brainstorm_tui.transport import Live, Transport
from brainstorm_tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from brainstorm_tui.app import BrainstormApp

FRAMES_PER_SECOND = 15

SHARES = 3
"""A frame of many parts is drawn in so many shares: nothing waits for all of it, no key either."""

SHARE_S = 1 / 60

HASTE = 2
"""Parts that are drawn first, alone, where somebody waits for them: the answer to a key."""

FEW = 12
"""Parts that are drawn at once all the same: a few panes take no time worth sharing out."""

Part = Callable[[], object]
"""Draws a part of the screen."""

HINT_S = 4.0
"""How long a hint stays."""

TRANSPORT_KEYS = {
    "s": "step",
    "r": "run",
    "space": "play",
    "x": "stop",
    "comma": "previous_event",
    "full_stop": "next_event",
    "left_square_bracket,shift+left": "previous_round",
    "right_square_bracket,shift+right": "next_round",
    "minus": "slower",
    "plus,equals_sign": "faster",
}
"""The keys that the transport answers, on every screen of a session."""


def opening(key: str, action: str, description: str) -> Binding:
    """The binding of a key that opens a line to type in.

    It has priority: it is answered as it is read, so that what is typed right behind it finds the
    line open. Other keys are answered a moment later, by way of the widgets.
    """
    return Binding(key, action, description, show=False, priority=True)


class Frame(Screen[None]):
    """A screen of a session, drawn from its transport's source at a steady rate."""

    app: "BrainstormApp"

    AUTO_FOCUS = ""
    KEYS_FIRST: ClassVar[bool] = False
    """Whether the screen's own keys stand before the transport's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(keys, f"transport('{action}')", action, show=False)
            for keys, action in TRANSPORT_KEYS.items()
        ),
        Binding("question_mark,f1", "help", "Help", show=False),
        Binding("colon", "app.command_palette", "Palette", show=False),
        Binding("q", "app.leave", "Quit", show=False),
    ]

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self.transport = transport
        self._hint = ("", 0.0)
        self._drawn: tuple[int, object] | None = None
        """What the frame was begun for that is on the screen, or is being drawn."""
        self._parts: deque[Part] = deque()
        """What the frame that is being drawn still lacks."""
        self._share = FEW
        self._is_called_for = False

    @property
    def look(self) -> Look:
        """How things look now."""
        return self.app.look

    def compose_middle(self) -> ComposeResult:
        """What stands between the topic and the status line."""
        raise NotImplementedError

    def draw(self, now: float) -> None:
        """Draw what stands there, unless `parts` does."""
        raise NotImplementedError

    def parts(self, now: float) -> Iterable[Part]:
        """The same in parts, if drawing all at once takes long; the first are drawn first."""
        return [partial(self.draw, now)]

    def keys(self) -> list[Key]:
        """The keys that this screen has beside the transport's."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A letter is a letter while somebody types, even that of a key with priority."""
        if action in ("say", "search", "go") and isinstance(self.focused, Input):
            return False
        return super().check_action(action, parameters)

    def typing_keys(self) -> list[Key]:
        """The keys while the user types, when letters are letters; none otherwise."""
        line = self.focused.parent if self.focused else None
        return list(getattr(line, "KEYS", ()))

    def compose(self) -> ComposeResult:
        """The frame."""
        yield Canvas(id="top")
        yield from self.compose_middle()
        yield Canvas(id="status")
        yield Canvas(id="keys")

    def on_mount(self) -> None:
        """Begin to draw."""
        self.set_interval(1 / FRAMES_PER_SECOND, self._tick)
        self._sharing = self.set_interval(SHARE_S, self._go_on, pause=True)

    def on_resize(self) -> None:
        """Draw again, at the new size."""
        self._drawn = None
        self.call_after_refresh(self._look_up)

    def on_canvas_resized(self) -> None:
        """Draw again: a layout has come to rest."""
        self.redraw()

    def on_screen_resume(self) -> None:
        """Draw again: the theme may have changed meanwhile."""
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        """Drop the hint that the last key gave; a key that means nothing here gets one too."""
        self.hint("")
        if event.key not in self.active_bindings:
            self.hint("that key does nothing here: ? shows the keys")

    def redraw(self) -> None:
        """Draw soon, whether anything seems to have changed or not."""
        self._drawn = None
        if self.is_running and not self._is_called_for:
            self._is_called_for = True
            self.call_later(self._look_up)

    def hint(self, text: str) -> None:
        """Say something in the line of keys for a moment."""
        self._hint = (one_line(text), monotonic() + HINT_S)
        self.redraw()

    def action_transport(self, action: str) -> None:
        """Do what a key of the transport asks for."""
        if said := self.transport.act(action):
            self.hint(said)
        self.redraw()

    def action_copy_text(self) -> None:
        """Copy what is selected; without a selection Ctrl+C is the app's."""
        selected = self.get_selected_text()
        if not selected:
            raise SkipAction
        self.app.copy_to_clipboard(selected)
        self.clear_selection()
        self.hint("copied: sent to the terminal's clipboard")

    def action_help(self) -> None:
        """Show the keys."""
        self.app.show_help()

    def _tick(self) -> None:
        if not self.is_current or not self.size.width:
            return
        self.transport.tick(1 / FRAMES_PER_SECOND)
        if self._hint[0] and monotonic() > self._hint[1]:
            self._hint = ("", 0.0)
            self._drawn = None
        self._look_up()

    def _look_up(self) -> None:
        """Begin a frame, if there is anything to show that the last one did not."""
        self._is_called_for = False
        if not self.is_current or not self.size.width:
            return
        session = self.transport.source.session
        shown = (id(session), self.transport.pulse, self.look, self.size)
        state = (session.revision, shown)
        if self._drawn is None or self._drawn[1] != shown:
            # What is on the screen is wrong, so the frame that is being drawn is too.
            self._parts.clear()
            first = HASTE
        elif self._parts or (state == self._drawn and not session.is_under_way):
            return
        else:
            first = None
        self._drawn = state
        self._parts.extend(self._frame())
        count = len(self._parts)
        self._share = count if count <= FEW else ceil(count / SHARES)
        self._go_on(first if count > FEW else None)

    def _go_on(self, share: int | None = None) -> None:
        """Draw a share of the frame; the next one soon."""
        for _ in range(min(share or self._share, len(self._parts))):
            self._parts.popleft()()
        if self._parts:
            self._sharing.resume()
        else:
            self._sharing.pause()

    def draw_all(self) -> None:
        """Draw the whole screen at once."""
        self._parts.clear()
        for part in list(self._frame()):
            part()

    def _frame(self) -> Iterable[Part]:
        now = self.transport.source.now()
        yield partial(self._draw_frame, now)
        yield from self.parts(now)

    def _draw_frame(self, now: float) -> None:
        source, width, look = self.transport.source, self.size.width, self.look
        standing = self.transport.standing(look.symbols)
        calls = self.transport.calls() if self.size.height < LOW else ()
        self.query_one("#top", Canvas).show([self._top()])
        self.query_one("#status", Canvas).show(
            [status(look, source.session, now, standing, width, calls)]
        )
        self.query_one("#keys", Canvas).show([self._keys()])

    def _top(self) -> Strip:
        look, width = self.look, self.size.width
        bar, dim = look.ink("text", "bar"), look.ink("dim", "bar")
        session = self.transport.source.session
        scenario = session.scenario
        left = [Piece(f" {one_line(scenario.name)}  ", dim)]
        right = self._origin(width)
        room = width - width_of(left) - width_of(right) - 1
        topic = clip(one_line(session.topic or scenario.topic), room, look.symbols.more)
        return strip(width, bar, [*left, Piece(topic, look.ink("text", "bar", bold=True))], right)

    def _origin(self, width: int) -> Sequence[Piece]:
        look = self.look
        dim = look.ink("dim", "bar")
        session = self.transport.source.session
        if not isinstance(self.transport, Live):
            chip = Piece(" replay ", look.chip("inverse"))
            started = session.header.started_at[:16].replace("T", " ") if session.header else ""
            if width < 100:
                return [chip]
            return [chip, Piece(f" {one_line(started)} ", dim)]
        if width < 100 or session.header is None:
            return ()
        models = session.scenario.labels
        names = one_line(models[0] if len(models) == 1 else f"{len(models)} models")
        return [Piece(f"{names} {look.symbols.dot} seed {session.header.seed} ", dim)]

    def _keys(self) -> Strip:
        look, width = self.look, self.size.width
        if self._hint[0]:
            said = [
                Piece(" ", look.ink("dim", "ground")),
                Piece(self._hint[0], look.ink("text", "ground", bold=True)),
            ]
            return row(width, look.ink("dim", "ground"), said)
        typing = self.typing_keys()
        if typing:
            return keys_line(look, typing, [], width)
        transports, own = self.transport.keys(look.symbols), self.keys()
        taken = {key.key for key in own}
        transports = [key for key in transports if key.key not in taken]
        keys = [*own, *transports] if self.KEYS_FIRST else [*transports, *own]
        return keys_line(look, keys, [Key("?", "help"), Key("q", "quit")], width)
