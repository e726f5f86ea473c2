"""The overview: one line a role, for a cast that has no room for panes."""

from collections.abc import Callable
from functools import lru_cache
from weakref import WeakKeyDictionary

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from brainstorm_agents.session import Phase, RoleState, Session, Turn
from brainstorm_tui.draw.again import again
from brainstorm_tui.draw.headings import phase_sign, phase_word, seconds
from brainstorm_tui.draw.row import Group, Piece, clip, strip, width_of
from brainstorm_tui.draw.timeline import Track, lane_strip
from brainstorm_tui.failure_words import brief
from brainstorm_tui.look import Look
from brainstorm_tui.text import markdown
from brainstorm_tui.text.cells import clusters
from brainstorm_tui.text.safe import one_line

WITH_TIMES = 40
"""From this width on it is said for how long the phase has lasted."""

WITH_LANES = 70
"""From this width on each role has its lane at the right."""

WITH_PROFILES = 120
"""From this width on each role's profile follows its name."""

Ink = Callable[..., Style]
"""A colour by name, or with None the role's own, on the ground of the line: `ink(name, bold=…)`."""


def overview(
    look: Look,
    track: Track,
    width: int,
    height: int,
    *,
    focus: str,
    top: int,
    session: Session | None = None,
) -> list[Strip]:
    """The roles from a place in the cast on, one line each, at most `height`.

    Args:
        focus: The role whose line stands out.
        top: The place of the first role that is shown.
        session: What is known at the track's `now`, if the track's own session knows more.
    """
    session = session or track.session
    states = list(session.roles.values())[max(0, top) : max(0, top) + max(0, height)]
    columns = _columns(session, states, width)
    return [_line(look, track, session, state, width, columns, focus) for state in states]


def page_of(places: int, focus_place: int, height: int) -> int:
    """The first place to show so that the focused one is in view, by whole pages.

    The last page is filled up with places of the one before it.
    """
    if height <= 0:
        return max(0, focus_place)
    page = focus_place - focus_place % height
    return max(0, min(page, places - height))


_Columns = tuple[int, int]
"""The cells of the names and of the profiles."""


def _columns(session: Session, states: list[RoleState], width: int) -> _Columns:
    names = max((cell_len(one_line(state.name)) for state in states), default=0)
    profiles = 0
    if width >= WITH_PROFILES:
        profiles = max((cell_len(_profile(session, state)) for state in states), default=0)
    return min(names, max(4, width // 6)), min(profiles, width // 8)


def _profile(session: Session, state: RoleState) -> str:
    return one_line(session.scenario.role(state.name).profile)


def _line(
    look: Look,
    track: Track,
    session: Session,
    state: RoleState,
    width: int,
    columns: _Columns,
    focus: str,
) -> Strip:
    focused = state.name == focus

    def ink(name: str | None, *, bold: bool = False) -> Style:
        if focused:
            return look.on_title(name, state.place, focused=True, bold=bold)
        if name is None:
            return look.role(state.place, bold=bold)
        return look.ink(name, bold=bold)

    ground, more = ink("text"), look.symbols.more
    names, profiles = columns
    left = _mark(look, state.turn, ink, focused)
    left.append(
        Piece(_padded(clip(one_line(state.name), names, more), names), ink(None, bold=True))
    )
    if profiles:
        profile = _padded(clip(_profile(session, state), profiles, more), profiles)
        left += [Piece("  ", ground), Piece(profile, ink("older" if focused else "dim"))]
    if width >= WITH_TIMES:
        left.append(Piece(f" {_elapsed(state.turn, track.now):>7}", ink("dim")))
    left.append(Piece(" ", ground))
    right = _lane(look, track, state.name, width, ground, focused) if width >= WITH_LANES else []
    room = width - width_of(left) - width_of(right)
    return strip(width, ground, [*left, *_words(look, state.turn, ink, room, track.now)], right)


def _mark(look: Look, turn: Turn | None, ink: Ink, focused: bool) -> list[Piece]:
    """Three cells: the focus, the phase, a space."""
    bar = Piece(look.symbols.bar if focused else " ", ink(None))
    if turn is None:
        return [bar, Piece("  ", ink("dim"))]
    sign = f"{phase_sign(look, turn)} "
    if not turn.has_failed:
        return [bar, Piece(sign, ink(None))]
    chip = look.chip("failure")
    return [bar if focused else Piece(" ", chip), Piece(sign, chip)]


def _elapsed(turn: Turn | None, now: float) -> str:
    since = turn.since(turn.phase) if turn is not None and not turn.is_settled else None
    return "" if since is None else clip(seconds(max(0.0, now - since)), 7)


def _lane(
    look: Look, track: Track, name: str, width: int, ground: Style, focused: bool
) -> list[Piece]:
    """A space, the role's lane and a space, on the ground of the line."""
    card, behind = look.ink("text").bgcolor, Style(bgcolor=ground.bgcolor)
    pieces = [Piece(" ", ground)]
    for text, style, _ in _kept_lane(look, track, name, width // 4 - 1):
        own = style or ground
        pieces.append(Piece(text, own + behind if focused and own.bgcolor == card else own))
    return [*pieces, Piece(" ", ground)]


def _kept_lane(look: Look, track: Track, name: str, width: int) -> Strip:
    """The lane as it was drawn a moment before: an eighth of a cell ago, or a quarter second."""
    session = track.session
    step = _LANE_S
    while step * width * 8 < session.elapsed(track.end):
        step *= 2
    moment = step, track.now // step, track.is_replay, session.is_under_way, session.failed
    key = look, width, moment
    lanes = _lanes.setdefault(session, {})
    kept = lanes.get(name)
    if kept is None or kept[0] != key:
        kept = lanes[name] = key, lane_strip(look, track, name, width)
    return kept[1]


_LANE_S = 0.25
"""Seconds that a lane stays as it is drawn, at least: it costs more than the rest of the line."""

_lanes: WeakKeyDictionary[Session, dict[str, tuple[object, Strip]]] = WeakKeyDictionary()


def _words(look: Look, turn: Turn | None, ink: Ink, room: int, now: float) -> Group:
    """What the role says, or what keeps it from speaking."""
    more = look.symbols.more
    if turn is None:
        return [Piece(clip("heard nothing yet", room, more), ink("dim"))]
    match turn.phase:
        case Phase.SPEAKING:
            said = _tail(turn.text, room - 1, more)
            return [Piece(said, ink("text")), Piece(look.symbols.bar, ink(None))]
        case Phase.DONE:
            return [Piece(clip(_preview(turn.text), room, more), ink("older"))]
        case Phase.RETRYING:
            said = f"{again(look, turn, now)} {look.symbols.dot} {brief(turn.reason)}"
            return [Piece(clip(said, room, more), ink("text"))]
        case Phase.FAILED:
            return [Piece(clip(one_line(turn.reason), room, more), ink("text"))]
        case Phase.CANCELLED:
            said = f"{phase_word(turn)}  {_preview(turn.text)}".rstrip()
            return [Piece(clip(said, room, more), ink("dim"))]
        case Phase.THINKING if turn.reasoning:
            return [Piece(_tail(turn.reasoning, room, more), ink("dim"))]
        case _:
            return [Piece(clip(phase_word(turn) + more, room, more), ink("dim"))]


_preview = lru_cache(maxsize=2048)(markdown.preview)


def _tail(text: str, room: int, more: str) -> str:
    """The end of a text that still grows, on one line, cut at the left."""
    start = max(0, len(text) - 3 * max(room, 0) - _SPARE)
    return _end(_plain_end(text[start:]), room, more, is_cut=start > 0)


_SPARE = 40
"""Characters that Markdown and white space may take without leaving a hole at the left."""


@lru_cache(maxsize=256)
def _plain_end(text: str) -> str:
    rows = markdown.layout(text, 1_000_000, streaming=True, symbols=markdown.Symbols("", "", ""))
    return one_line("\n".join("".join(span.text for span in row) for row in rows))


def _end(text: str, room: int, more: str, *, is_cut: bool) -> str:
    if room <= 0:
        return ""
    if not is_cut and cell_len(text) <= room:
        return text
    room -= len(more)
    if room <= 0:
        return more[: room + len(more)]
    if text.isascii():  # A cell each: the usual case, and much the quicker one.
        return more + text[-room:]
    kept = len(text)
    for start, _, cells in reversed(list(clusters(text))):
        if cells > room:
            break
        kept, room = start, room - cells
    return more + text[kept:]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
