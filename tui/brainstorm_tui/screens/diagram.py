"""The run diagram: who waited for whom, and a cursor that walks from turn to turn."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from brainstorm_agents.session import Turn
from brainstorm_tui.draw.diagram import diagram, neighbour, panned_to, zoomed
from brainstorm_tui.draw.lanes import scale
from brainstorm_tui.draw.status import Key
from brainstorm_tui.draw.timeline import MARGIN, Track
from brainstorm_tui.draw.turn_details import turn_details
from brainstorm_tui.schedule_words import WORDS
from brainstorm_tui.screens.frame import Frame
from brainstorm_tui.transport import Transport
from brainstorm_tui.widgets.canvas import Canvas


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
        Binding("m", "transport('schedule')", "How the next round runs", show=False),
        Binding("c", "path", "Critical path", show=False),
    ]

    def __init__(self, transport: Transport, chosen: str | None) -> None:
        super().__init__(transport)
        self._chosen = chosen
        self._cell_ms: int | None = None
        """Milliseconds a cell; None fits the whole run."""
        self._first_cell = 0
        self._shows_path = True

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
            return session.turns[self._chosen]
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
            self._chosen = found.id
        self.redraw()

    def action_zoom(self, step: int) -> None:
        """Make a cell stand for more time (1), or for less (-1)."""
        fitting = self._fitting()
        wanted = zoomed(self._cell_ms or fitting, step)
        before, self._cell_ms = self._cell_ms, wanted if wanted < fitting else None
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

    def keys(self) -> list[Key]:
        """The diagram's keys."""
        symbols = self.look.symbols
        return [
            Key(symbols.left_right, "turn"),
            Key(symbols.up_down, "role"),
            Key("- +", "zoom"),
            Key("m", f"next round {WORDS[self.transport.source.session.schedule]}"),
            Key("c", "critical path"),
            Key("Esc", "back"),
        ]

    def draw(self, now: float) -> None:
        """Draw the diagram and the details."""
        source, height = self.transport.source, self.size.height
        is_low = height < 32
        for name, rows in (("#between", 0 if is_low else 1), ("#gap", 0 if is_low else 1)):
            self.query_one(name).display = rows > 0
        details = self.query_one("#details", Canvas)
        details.styles.height = 7 if is_low else 10
        end = max(now, source.whole.t) if source.whole is not source.session else now
        turn = self._turn
        track = Track(
            source.whole, now, end, turn.role if turn else None, turn.id if turn else None
        )
        canvas = self.query_one("#diagram", Canvas)
        width, rows = canvas.size
        if self._cell_ms is None:
            self._first_cell = 0
        elif turn is not None:
            self._first_cell = panned_to(track, turn, width, self._cell_ms, self._first_cell)
        canvas.show(
            diagram(
                self.look,
                track,
                width,
                rows,
                chosen=turn.id if turn else None,
                cell_ms=self._cell_ms,
                first_cell=self._first_cell,
                shows_path=self._shows_path,
            )
        )
        details.show(turn_details(self.look, source.session, turn, now, width, details.size.height))

    def _fitting(self) -> int:
        source = self.transport.source
        return scale(source.whole, source.now(), self.size.width - MARGIN - 1).cell_ms
