"""The run diagram: who waited for whom, and a cursor that walks from turn to turn."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from brainstorm_agents.session import Turn
from brainstorm_tui.draw.diagram import (
    diagram,
    neighbour,
    panned_by,
    panned_to,
    turn_at,
    view_of,
    zoomed,
)
from brainstorm_tui.draw.diagram_view import View
from brainstorm_tui.draw.lanes import CLOSE_MS, scale
from brainstorm_tui.draw.status import Key
from brainstorm_tui.draw.timeline import MARGIN, Track
from brainstorm_tui.draw.turn_details import turn_details
from brainstorm_tui.schedule_words import WORDS
from brainstorm_tui.screens.frame import Frame
from brainstorm_tui.transport import Live, Transport
from brainstorm_tui.widgets.canvas import Canvas

_WIDE = 100
"""Cells from which on all keys have room; with fewer the way back comes first."""


class DiagramScreen(Frame):
    """The run as a diagram, over the session, which goes on."""

    CSS = """
    DiagramScreen { layout: vertical; }
    #diagram { height: 1fr; background: $surface; }
    #between { height: 1; }
    #details { height: 9; background: $surface; }
    #gap { height: 1; }
    """

    KEYS_FIRST = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,t", "close", "Back", show=False),
        Binding("left", "walk(-1, 0)", "Turn before", show=False),
        Binding("right", "walk(1, 0)", "Next turn", show=False),
        Binding("up,shift+tab", "walk(0, -1)", "Role above", show=False),
        Binding("down,tab", "walk(0, 1)", "Role below", show=False),
        Binding("minus", "zoom(1)", "Zoom out", show=False),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in", show=False),
        Binding("0", "fit", "Fit", show=False),
        Binding("left_square_bracket,shift+left", "pan(-1)", "Earlier", show=False),
        Binding("right_square_bracket,shift+right", "pan(1)", "Later", show=False),
        Binding("pageup", "page(-1)", "Roles above", show=False),
        Binding("pagedown", "page(1)", "Roles below", show=False),
        Binding("l", "ids", "More lanes, or their ids", show=False),
        Binding("m", "transport('schedule')", "How the next round runs", show=False),
        Binding("c", "path", "Critical path", show=False),
        Binding("w", "saw", "What the turn saw", show=False),
    ]

    def __init__(self, transport: Transport, chosen: str | None) -> None:
        super().__init__(transport)
        self._chosen = chosen
        self._is_following = isinstance(transport, Live)
        """Whether the cursor goes to the round under way: until it is moved."""
        self._cell_ms: int | None = None
        """Milliseconds a cell; None fits the whole run."""
        self._first_cell = 0
        self._is_panned = False
        """Whether it was moved by hand: then it does not go where the cursor is."""
        self._shows_path = True
        self._with_ids: bool | None = None

    def compose_middle(self) -> ComposeResult:
        """The diagram, and the chosen turn's details."""
        yield Canvas(id="diagram")
        yield Canvas(id="between")
        yield Canvas(id="details")
        yield Canvas(id="gap")

    @property
    def _turn(self) -> Turn | None:
        session = self.transport.source.session
        if self._chosen in session.turns:
            chosen = session.turns[self._chosen]
            if not self._is_following or session.round is None or not session.round.turns:
                return chosen
            turns = session.round.turns
            return next((turn for turn in turns if turn.role == chosen.role), turns[-1])
        return next(reversed(session.turns.values()), None)

    def action_close(self) -> None:
        """Back to the panes."""
        self.app.pop_screen()

    def action_walk(self, dx: int, dy: int) -> None:
        """Go to a neighbouring turn."""
        turn = self._turn
        if turn is None:
            self.hint("no turn has begun yet")
            return
        found = neighbour(self.transport.source.session, turn, dx, dy)
        if found is None:
            self.hint("no turn there")
        else:
            self._choose(found)
        self.redraw()

    def _choose(self, turn: Turn) -> None:
        self._chosen, self._is_panned, self._is_following = turn.id, False, False

    def action_page(self, step: int) -> None:
        """Go to the roles above (-1) or below (1) those in view."""
        turn, source = self._turn, self.transport.source
        view = self._view(source.now())
        if turn is None or view.lanes == len(source.session.roles):
            self.hint("all roles are in view")
            return
        for _ in range(max(view.lanes, 1)):
            found = neighbour(source.session, turn, 0, step)
            if found is None:
                break
            turn = found
        if turn.id == self._chosen:
            self.hint("no role there")
        self._choose(turn)
        self.redraw()

    def action_pan(self, step: int) -> None:
        """Move in time when zoomed; else the transport's own."""
        if self._cell_ms is None:
            self.action_transport("previous_round" if step < 0 else "next_round")
            return
        before = self._first_cell
        track, width = self._track(self.transport.source.now()), self.size.width
        self._first_cell = panned_by(track, width, self._cell_ms, before, step)
        self._is_panned = True
        if self._first_cell == before:
            self.hint("this is the beginning" if step < 0 else "this is the end")
        self.redraw()

    def action_ids(self) -> None:
        """Give up the ids so that more lanes have room, or show them again."""
        self._with_ids = self._view(self.transport.source.now()).shape.label is None
        self.redraw()

    def on_canvas_clicked(self, event: Canvas.Clicked) -> None:
        """Choose the turn that was clicked."""
        if event.canvas.id == "diagram":
            found = turn_at(self._view(self.transport.source.now()), event.x, event.y)
            if found is not None:
                self._choose(found)
                self.redraw()

    def action_zoom(self, step: int) -> None:
        """Make a cell stand for more time (1), or for less (-1)."""
        fitting = self._fitting()
        wanted = zoomed(self._cell_ms or fitting, step)
        before, self._cell_ms = self._cell_ms, wanted if wanted < fitting else None
        self._is_panned = False
        if self._cell_ms == before:
            self.hint("the whole run is in view" if step > 0 else "no closer than this")
        self.redraw()

    def action_fit(self) -> None:
        """Show the whole run again."""
        self._cell_ms = None
        self.redraw()

    def action_path(self) -> None:
        """Show or hide the critical path."""
        self._shows_path = not self._shows_path
        self.redraw()

    def action_saw(self) -> None:
        """Say where that is shown."""
        self.hint("w belongs to the panes: Esc goes back to them")

    def keys(self) -> list[Key]:
        """The diagram's keys."""
        symbols = self.look.symbols
        walks = [Key(symbols.left_right, "turn"), Key(symbols.up_down, "role")]
        zooms = [Key("- +", "zoom"), *([Key("[ ]", "earlier, later")] if self._cell_ms else [])]
        next_ = f"next: {WORDS[self.transport.source.session.schedule]}"
        chooses = [Key("m", next_)] if isinstance(self.transport, Live) else []
        if self.size.width < _WIDE:
            return [Key("Esc", "back"), *walks, Key("c", "path"), *chooses, *zooms]
        return [*walks, *zooms, *chooses, Key("c", "critical path"), Key("Esc", "back")]

    def draw(self, now: float) -> None:
        """Draw the diagram and the details."""
        source, height = self.transport.source, self.size.height
        is_low = height < 32
        for name, rows in (("#between", 0 if is_low else 1), ("#gap", 0 if is_low else 1)):
            self.query_one(name).display = rows > 0
        details = self.query_one("#details", Canvas)
        details.styles.height = 7 if is_low else 10
        turn, track = self._turn, self._track(now)
        canvas = self.query_one("#diagram", Canvas)
        if self._cell_ms is None:
            self._first_cell = 0
        elif turn is not None and not self._is_panned:
            self._first_cell = panned_to(
                track, turn, canvas.size.width, self._cell_ms, self._first_cell
            )
        view = self._view(now)
        canvas.show(diagram(view, canvas.size.height, shows_path=self._shows_path))
        width = self.size.width
        details.show(turn_details(self.look, source.session, turn, now, width, details.size.height))

    def _track(self, now: float) -> Track:
        """The session with its future, and the cursor."""
        source, turn = self.transport.source, self._turn
        end = max(now, source.whole.t) if source.whole is not source.session else now
        chosen = (turn.role, turn.id) if turn else (None, None)
        return Track(source.whole, now, end, *chosen)

    def _view(self, now: float) -> View:
        track, size = self._track(now), self.query_one("#diagram", Canvas).size
        return view_of(
            self.look,
            track,
            size.width,
            size.height,
            chosen=track.chosen,
            cell_ms=self._cell_ms,
            first_cell=self._first_cell,
            with_ids=self._with_ids,
        )

    def _fitting(self) -> int:
        source = self.transport.source
        room = self.size.width - MARGIN - 1
        return scale(source.whole, source.now(), room, steps_ms=CLOSE_MS).cell_ms
