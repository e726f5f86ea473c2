"""One cell of a lane: the sign of a phase, or the pace of the speech as a wave."""

from rich.style import Style

from brainstorm_agents.session import Phase
from brainstorm_tui.draw.cells import Cells
from brainstorm_tui.draw.lanes import Cell
from brainstorm_tui.look import Look, Symbols


def cell_style(look: Look, cell: Cell, place: int, *, is_faint: bool) -> Style:
    """The style of a cell in the lane of the role at a place in the cast.

    Args:
        is_faint: Whether it is still to come, in a replay.
    """
    if is_faint:
        return look.faint(place)
    if cell.phase is Phase.FAILED:
        return look.chip("failure")
    return look.ink("dim") if cell.phase is None else look.role(place)


def put_cell(
    symbols: Symbols, grid: Cells, x: int, y: int, cell: Cell, style: Style, *, is_tall: bool
) -> None:
    """Paint a cell.

    Args:
        x: The column.
        y: The row of the lane's base.
        is_tall: Whether a wave has two rows, the base and the one above it.
    """
    if cell.phase is not Phase.SPEAKING:
        signs = {
            None: symbols.waiting,
            Phase.QUEUED: symbols.queued,
            Phase.THINKING: symbols.thinking,
            Phase.RETRYING: symbols.retrying,
        }
        sign = signs.get(cell.phase) or symbols.phases[cell.phase or Phase.QUEUED]
        grid.put(x, y, sign, style)
        return
    levels = 16 if is_tall else 8
    level = 1 + min(int(cell.level * levels), levels - 1)
    grid.put(x, y, symbols.waves[min(level, 8) - 1], style)
    if level > 8:
        grid.put(x, y - 1, symbols.waves[level - 9], style)
