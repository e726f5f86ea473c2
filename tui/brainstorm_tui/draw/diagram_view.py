"""Where the parts of the run diagram stand: times to columns, roles to rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rich.style import Style

from brainstorm_agents.session import RoleState, Turn
from brainstorm_tui.draw.cells import Cells
from brainstorm_tui.draw.lanes import Scale
from brainstorm_tui.draw.timeline import MARGIN, Track
from brainstorm_tui.look import Look


class Shape(NamedTuple):
    """A lane's rows, counted from its first."""

    rows: int
    base: int
    """Of the waves, and of the role's name."""
    path: int
    """Of the critical path."""
    label: int | None
    """Of the turns' ids; None if there is no room for them."""
    is_tall: bool
    """Whether a wave has two rows."""


SHAPES = (
    Shape(rows=5, base=2, path=3, label=0, is_tall=True),
    Shape(rows=4, base=2, path=3, label=0, is_tall=True),
    Shape(rows=3, base=1, path=2, label=0, is_tall=False),
    Shape(rows=2, base=0, path=1, label=1, is_tall=False),
    Shape(rows=1, base=0, path=0, label=None, is_tall=False),
)
"""From the roomiest on."""

READABLE = SHAPES[-2]
"""The lowest whose turns have their ids."""


@dataclass(frozen=True, slots=True)
class View:
    """What is painted, and on what."""

    look: Look
    track: Track
    grid: Cells
    scale: Scale
    first_cell: int
    """The cell of the scale that is the first to be seen."""
    shape: Shape
    first_lane: int
    """The place of the first role to be seen."""
    lanes: int
    """How many roles are."""
    chosen: str | None
    """The id of a turn."""

    @property
    def states(self) -> list[RoleState]:
        """The roles to be seen."""
        return list(self.track.session.roles.values())[self.first_lane :][: self.lanes]

    def x(self, t: float) -> int:
        """The column of what begins at a time, wherever it is."""
        return MARGIN + self.scale.edge(t) - self.first_cell

    def y(self, place: int) -> int:
        """The first row of the lane of a role, wherever it is."""
        return (place - self.first_lane) * self.shape.rows

    def is_to_come(self, x: int) -> bool:
        """Whether a column is in a replay's future."""
        return self.track.is_replay and x >= self.x(self.track.now)

    def turns(self, state: RoleState) -> Iterator[Turn]:
        """A role's turns that can be seen, or whose waiting can."""
        since = self.scale.time(self.first_cell)
        until = self.scale.time(self.first_cell + self.grid.width - MARGIN)
        for turn in state.turns:
            if turn.started > until:
                return
            if turn.round.ended is None or turn.round.ended >= since:
                yield turn

    def put(self, x: int, y: int, text: str, style: Style) -> int:
        """Write, unless it begins left of the lanes; the column behind it."""
        return self.grid.put(x, y, text, style) if x >= MARGIN else x + len(text)
