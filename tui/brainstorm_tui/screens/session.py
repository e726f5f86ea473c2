"""The main screen: a pane a role, the timeline under them, who saw what beside them."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal
from textual.strip import Strip

from brainstorm_agents.errors import InputError
from brainstorm_agents.session import Phase, Session, Turn
from brainstorm_tui.destination import ToMessage, destination, turn_at
from brainstorm_tui.draw.arrange import WIDE, Arrangement, arrange
from brainstorm_tui.draw.blocks import Blocks, Form
from brainstorm_tui.draw.headings import pane_title
from brainstorm_tui.draw.ledger import ledger
from brainstorm_tui.draw.overview import overview, page_of
from brainstorm_tui.draw.row import Piece, row, strip
from brainstorm_tui.draw.saw import saw
from brainstorm_tui.draw.score import Lines, View
from brainstorm_tui.draw.status import Key, key_pieces
from brainstorm_tui.draw.timeline import Track, hit, lane_strip, timeline
from brainstorm_tui.draw.transcript import Entry
from brainstorm_tui.launch import Launch
from brainstorm_tui.one_role import Act, do
from brainstorm_tui.screens.finding import Finding
from brainstorm_tui.screens.frame import Part, opening
from brainstorm_tui.screens.transcript import TranscriptScreen
from brainstorm_tui.transport import Live, Replay, Transport
from brainstorm_tui.widgets.canvas import Canvas
from brainstorm_tui.widgets.go import GoLine
from brainstorm_tui.widgets.pane import Pane
from brainstorm_tui.widgets.say import SayLine
from brainstorm_tui.widgets.scrubber import Scrubber
from brainstorm_tui.widgets.search import SearchLine

if TYPE_CHECKING:
    from brainstorm_tui.screens.role_menu import Chosen

LANES_PER_SECOND = 4
"""How often a lane in a pane is drawn while it grows."""

ALL = 10**9
"""More lines than any pane has."""


class SessionScreen(Finding):
    """A session, live or replayed, in panes."""

    CSS = """
    SessionScreen { layout: vertical; }
    #stage { height: 1fr; }
    #panes { height: 1fr; width: 1fr; grid-rows: 1fr; grid-columns: 1fr; }
    #overview { height: 1fr; width: 1fr; display: none; background: $surface; }
    #side { width: 40; margin-left: 1; display: none; background: $surface; }
    #call { height: 1; }
    #timeline { height: 4; background: $surface; }
    #gap { height: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(n), f"pane({n})", f"Pane {n}", show=False) for n in range(1, 10)),
        Binding("tab", "next_pane(1)", "Next pane", show=False),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False),
        Binding("z", "zoom", "Zoom", show=False),
        Binding("w", "saw", "Who saw what", show=False),
        Binding("t", "diagram", "Run diagram", show=False),
        opening("i", "say", "Say"),
        opening("g", "go", "Go to"),
        Binding("v", "read", "Read the transcript", show=False),
        Binding("e", "export", "Export", show=False),
        Binding("f", "fork", "Fork", show=False),
        Binding("enter", "menu", "Role's menu", show=False),
        Binding("F", "follow_speaker", "Follow the speaker", show=False),
        Binding("G", "to_end", "To the end", show=False),
        Binding("home", "home", "Home", show=False),
        Binding("end", "end", "End", show=False),
        Binding("up", "message(-1)", "Message before", show=False),
        Binding("down", "message(1)", "Next message", show=False),
        Binding("left", "sideways(-1)", "Left", show=False),
        Binding("right", "sideways(1)", "Right", show=False),
        Binding("pageup", "scroll_page(-1)", "Page up", show=False),
        Binding("pagedown", "scroll_page(1)", "Page down", show=False),
        Binding("escape", "back", "Back", show=False),
    ]

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        names = list(transport.source.session.roles)
        self._names = names
        self._panes = {name: Pane(name) for name in names}
        self._waiting = list(self._panes.values())
        """Those that were drawn longest ago first."""
        self._focus = names[0]
        self._chosen: str | None = None
        """The id of the turn that is looked at; None is the focused role's latest."""
        self._is_zoomed = False
        self._shows_saw = False
        self._follows_speaker = False
        self._followed: str | None = None
        """The id of the turn that the focus has followed."""
        self._blocks = Blocks(self.look)
        self._lanes: dict[str, tuple[object, Strip]] = {}
        """Each pane's own lane, and what it was drawn for."""
        self._shared_view = View()
        self._arrangement = Arrangement(1, 1, 0, 4, 1, 0, False, False, False, False)

    def compose_middle(self) -> ComposeResult:
        """The stage, the call to the user, the timeline."""
        with Horizontal(id="stage"):
            with Grid(id="panes"):
                yield from self._panes.values()
            yield Canvas(id="overview")
            yield Canvas(id="side")
        yield Canvas(id="call")
        yield SayLine(self._names)
        yield SearchLine()
        yield GoLine()
        yield Scrubber(id="timeline")
        yield Canvas(id="gap")

    @property
    def session(self) -> Session:
        """The session as it is shown."""
        return self.transport.source.session

    @property
    def turn(self) -> Turn | None:
        """The turn that is looked at."""
        if self._chosen in self.session.turns:
            return self.session.turns[self._chosen]
        return self.session.roles[self._focus].turn

    # What the keys do

    def action_pane(self, number: int) -> None:
        """Focus a pane by its number."""
        if number > len(self._names):
            self.hint(f"there are {len(self._names)} roles")
            return
        name = self._names[number - 1]
        if name == self._focus and self._chosen is None:
            self.hint(f"{name} has the focus")
        self._focus_on(name)

    def action_next_pane(self, step: int) -> None:
        """Focus the next pane."""
        place = (self._names.index(self._focus) + step) % len(self._names)
        self._focus_on(self._names[place])

    def action_zoom(self) -> None:
        """One pane over the stage, or all again."""
        self._is_zoomed = not self._is_zoomed
        self._rearrange()

    def action_saw(self) -> None:
        """Show what the chosen turn saw, or hide it."""
        self._shows_saw = not self._shows_saw
        self._rearrange()

    def action_diagram(self) -> None:
        """Show the run diagram."""
        # Imported on demand, like the menu: the first frame waits for neither.
        from brainstorm_tui.screens.diagram import DiagramScreen

        turn = self.turn
        self.app.push_screen(DiagramScreen(self.transport, turn.id if turn else None))

    def action_say(self) -> None:
        """Let the user say something."""
        if isinstance(self.transport, Replay):
            self.hint("this is a replay: f forks it, and goes live here")
            return
        self.query_one(SayLine).open(self._focus if self._is_zoomed else None)
        self.redraw()

    def action_go(self) -> None:
        """Ask where to go."""
        self.query_one(GoLine).open()

    def action_read(self) -> None:
        """Show the whole transcript."""
        self.app.push_screen(TranscriptScreen(self.transport, self._chosen))

    def readable(self) -> list[Entry]:
        """What can be found: what the roles have said."""
        return [entry for entry in super().readable() if entry.turn is not None]

    def looked_at(self) -> Entry | None:
        """The turn that is looked at."""
        turn = self.turn
        return Entry(turn.round.number, turn) if turn else None

    def look_at(self, entry: Entry) -> None:
        """Choose a turn, and have it in view."""
        if entry.turn is not None:
            self._choose(entry.turn)

    def action_menu(self) -> None:
        """Show what can be done about the focused role."""
        from brainstorm_tui.screens.role_menu import RoleMenu

        role, is_live = self._focus, isinstance(self.transport, Live)
        menu = RoleMenu(self.transport.source, role, is_live=is_live)
        self.app.push_screen(menu, partial(self._do_about, role))

    def _do_about(self, role: str, chosen: "Chosen | None") -> None:
        if chosen is None:
            return
        if chosen.act in (Act.FORK, Act.PROMPT):
            self._chosen = None
            self.call_later(self.run_action, chosen.act)
        elif isinstance(self.transport, Live):
            self.hint(do(self.transport.controller, role, chosen.act, chosen.text))

    def action_follow_speaker(self) -> None:
        """Let the focus go to whoever begins to speak, or stay."""
        self._follows_speaker = not self._follows_speaker
        self.hint("the focus follows who speaks" if self._follows_speaker else "the focus stays")

    def action_to_end(self) -> None:
        """Follow the end again."""
        self._chosen = None
        for pane in self._panes.values():
            pane.view.top = None
        self.hint("at the end, following")

    def action_home(self) -> None:
        """The beginning: of the replay, or of the pane."""
        if isinstance(self.transport, Replay):
            self.action_transport("home")
        else:
            self._scroll(-ALL)

    def action_end(self) -> None:
        """The end: of the replay, or of the pane."""
        if isinstance(self.transport, Replay):
            self.action_transport("end")
        else:
            self.action_to_end()

    def action_message(self, step: int) -> None:
        """Choose the message before or behind."""
        turns = self.session.roles[self._focus].turns
        if not turns:
            self.hint(f"{self._focus} has not spoken yet")
            return
        current = self.turn
        place = turns.index(current) if current in turns else len(turns) - 1
        if self._chosen is not None or step < 0:
            place += step
        if place >= len(turns):
            self._chosen = None
            self.action_to_end()
            return
        chosen = turns[max(place, 0)]
        if chosen.id == self._chosen:
            self.hint(f"{self._focus} said nothing before it")
        self._choose(chosen)

    def action_sideways(self, step: int) -> None:
        """In a replay the next or previous turn; else the next or previous pane."""
        if isinstance(self.transport, Replay):
            self.action_transport("next_turn" if step > 0 else "previous_turn")
        else:
            self.action_next_pane(step)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll the focused pane; in the overview, turn to the next roles."""
        if self._arrangement.columns == 0:
            self._turn_page(pages)
            return
        self._scroll(pages * max(1, self._pane.room - 2))

    def _turn_page(self, pages: int) -> None:
        rows = max(1, self.query_one("#overview").size.height)
        place = self._names.index(self._focus)
        wanted = max(0, min(place + pages * rows, len(self._names) - 1))
        if wanted == place:
            self.hint("that is the first role" if pages < 0 else "that is the last role")
        self._focus_on(self._names[wanted])

    def _scroll(self, lines: int) -> None:
        before = self._pane.view.top
        self._pane.scroll_lines(lines)
        if self._pane.view.top == before:
            self.hint("nothing more above" if lines < 0 else "nothing more below")
        self.redraw()

    def action_back(self) -> None:
        """Close what is on top: the panel, the zoom, the choice."""
        if self._shows_saw:
            self.action_saw()
        elif self._is_zoomed:
            self.action_zoom()
        elif self._chosen is not None:
            self._chosen = None
            self.redraw()
        else:
            self.hint("q quits")

    def action_export(self) -> None:
        """Take the session elsewhere."""
        log = self.app.log_path
        if log is None:
            self.hint("without a log there is nothing to export")
            return
        from brainstorm_tui.screens.export import ExportScreen

        self.app.push_screen(ExportScreen(log), self._say_exported)

    def _say_exported(self, said: str | None) -> None:
        if said:
            self.hint(said)

    def action_fork(self) -> None:
        """Go on from here in a new session."""
        if not isinstance(self.transport, Replay):
            self.hint("f forks a replay; this session: brainstorm-tui logs fork")
            return
        from brainstorm_tui.screens.fork import ForkScreen

        source = self.transport.source
        fork = ForkScreen(source.log.path, source.position, source.session, self.turn)
        self.app.push_screen(fork, self._go_live)

    def _go_live(self, launch: Launch | None) -> None:
        if launch is not None:
            self.app.go_live(launch)

    def on_canvas_clicked(self, message: Canvas.Clicked) -> None:
        """A click focuses, a double click zooms; an id leads to its message, a lane to its turn."""
        canvas = message.canvas
        turn = self.session.turns.get(canvas.word_at(message.x, message.y))
        if canvas.id == "timeline":
            self._click_timeline(message.x, message.y)
        elif turn is not None:
            self._choose(turn)
        elif isinstance(canvas, Pane):
            self._focus_on(canvas.role)
            if message.is_double:
                self.action_zoom()
        elif canvas.id == "overview":
            top = page_of(len(self._names), self._names.index(self._focus), canvas.size.height)
            if top + message.y < len(self._names):
                self._focus_on(self._names[top + message.y])
                if message.is_double:
                    self.action_zoom()

    def _click_timeline(self, x: int, y: int) -> None:
        track = self._track(self.transport.source.now())
        t, name = hit(track, self.size.width, self._arrangement.lane_rows, x, y)
        if isinstance(self.transport, Replay):
            self.transport.source.seek_time(t)
            self.redraw()
        elif name is not None:
            turns = [turn for turn in self.session.roles[name].turns if turn.started <= t]
            if turns:
                self._choose(turns[-1])
            else:
                self._focus_on(name)

    def on_scrubber_dragged(self, message: Scrubber.Dragged) -> None:
        """Show the time that the mouse is at, in a replay."""
        if isinstance(self.transport, Replay):
            self._click_timeline(message.x, message.y)

    def on_scrubber_wheeled(self, message: Scrubber.Wheeled) -> None:
        """In a replay the next or previous turn."""
        if isinstance(self.transport, Replay):
            self.action_sideways(message.step)

    def _choose(self, turn: Turn) -> None:
        """Look at a turn: its pane has the focus, and its message is in view."""
        self._focus_on(turn.role)
        self._chosen = turn.id
        self._pane.reveal(turn.round.number)

    def on_pane_scrolled(self) -> None:
        """Show what is in view now."""
        self.redraw()

    def on_go_line_wanted(self, message: GoLine.Wanted) -> None:
        """Go there; what leads nowhere is said, and the line stays open."""
        try:
            to = destination(message.text, self.transport.source.whole)
            self.transport.go(to)
        except InputError as error:
            self.hint(str(error))
            return
        self.query_one(GoLine).action_close()
        turn = turn_at(to, self.session, self._focus)
        if turn is not None and (isinstance(to, ToMessage) or isinstance(self.transport, Live)):
            self._choose(turn)
        else:
            self.action_to_end()
            self.hint("")

    def on_go_line_closed(self) -> None:
        """Give the keys back."""
        self.set_focus(None)
        self.redraw()

    def on_say_line_said(self, message: SayLine.Said) -> None:
        """Publish what the user has typed."""
        if isinstance(self.transport, Live):
            self.hint(self.transport.say(message.text, message.to))

    def on_say_line_refused(self, message: SayLine.Refused) -> None:
        """Say why it cannot be said; the line stays open."""
        self.hint(message.why)

    def on_say_line_closed(self) -> None:
        """Give the keys back."""
        self.set_focus(None)
        self.redraw()

    # How it is shown

    @property
    def _pane(self) -> Pane:
        return self._panes[self._focus]

    def _focus_on(self, name: str) -> None:
        self._focus, self._chosen = name, None
        if self._arrangement.is_zoomed:
            self._rearrange()
        self.redraw()

    def _rearrange(self) -> None:
        self._arrangement = Arrangement(0, 0, 0, 0, 0, 0, False, False, False, False)
        self.redraw()

    def _arrange(self) -> None:
        """Fit the widgets to the size, if anything about that has changed."""
        width, height = self.size
        wanted = arrange(
            width,
            height,
            len(self._names),
            is_zoomed=self._is_zoomed,
            has_side=self._shows_saw or (width >= WIDE and len(self._names) <= 8),
        )
        if wanted == self._arrangement:
            return
        self._arrangement = wanted
        panes = self.query_one("#panes", Grid)
        is_overview = wanted.columns == 0
        panes.display = not is_overview
        self.query_one("#overview").display = is_overview
        if not is_overview:
            panes.styles.grid_size_columns = wanted.columns
            panes.styles.grid_size_rows = wanted.rows
            panes.styles.grid_gutter_horizontal = wanted.gap
            panes.styles.grid_gutter_vertical = 1
            for name, pane in self._panes.items():
                pane.display = not wanted.is_zoomed or name == self._focus
                shared = wanted.is_aligned and not wanted.is_zoomed
                pane.view = self._shared_view if shared else View(pane.view.top)
        side = self.query_one("#side")
        side.display = wanted.side > 0
        side.styles.width = wanted.side
        for name, rows in (
            ("#call", wanted.gap),
            ("#timeline", wanted.timeline),
            ("#gap", wanted.gap),
        ):
            widget = self.query_one(name)
            widget.display = rows > 0
            widget.styles.height = rows

    def keys(self) -> list[Key]:
        """The keys that are about the view."""
        if self._arrangement.is_zoomed:
            symbols = self.look.symbols
            hide = "hide what was seen" if self._shows_saw else "saw what"
            return [
                Key("z", "back"),
                Key(symbols.up_down, "message"),
                Key("Tab", "next role"),
                Key("w", hide),
                Key("t", "timeline"),
            ]
        return [Key("z", "zoom"), Key("w", "saw what"), Key("t", "timeline"), Key("v", "read")]

    def parts(self, now: float) -> Iterable[Part]:
        """The focused pane, those that have waited longest, panel and timeline."""
        if self._blocks.look is not self.look:
            self._blocks = Blocks(self.look)
        if self._follows_speaker:
            self._follow()
        self._arrange()
        track = self._track(now)
        if self._arrangement.columns == 0:
            yield partial(self._draw_overview, track)
        else:
            yield from self._draw_panes(track, now)
        if self._arrangement.side:
            yield partial(self._draw_side, now)
        yield partial(self._draw_timeline, track)

    def _draw_timeline(self, track: Track) -> None:
        arrangement = self._arrangement
        if arrangement.gap:
            self.query_one("#call", Canvas).show([self._call()])
        self.query_one("#timeline", Canvas).show(
            timeline(
                self.look,
                track,
                self.size.width,
                arrangement.timeline,
                lane_rows=arrangement.lane_rows,
            )
        )

    def _track(self, now: float) -> Track:
        whole = self.transport.source.whole
        is_replay = whole is not self.session
        end = max(now, whole.t) if is_replay else now
        return Track(whole, now, end, self._focus, self._chosen)

    def _draw_panes(self, track: Track, now: float) -> Iterator[Part]:
        session, arrangement = self.session, self._arrangement
        shown = [pane for pane in self._panes.values() if pane.display]
        forms = {pane.role: self._form(pane) for pane in shown}

        def own(name: str, index: int) -> list[Strip]:
            return self._blocks.lines(session, name, index, forms[name], self._chosen, now)

        def aligned(name: str, index: int) -> list[Strip]:
            lines = own(name, index)
            longest = max(len(own(other, index)) for other in forms)
            missing = longest - len(lines)
            if not missing:
                return lines
            form = forms[name]
            width = form.left + form.width + form.right
            return [*lines, *[Strip.blank(width, self.look.ink("text"))] * missing]

        lines_of = aligned if arrangement.is_aligned and len(shown) > 1 else own
        for pane in sorted(self._waiting, key=lambda pane: pane.role != self._focus):
            if pane.display:
                yield partial(self._draw_pane, pane, track, partial(lines_of, pane.role), now)

    def _draw_pane(self, pane: Pane, track: Track, lines: Lines, now: float) -> None:
        self._waiting.remove(pane)
        self._waiting.append(pane)
        lane = [self._lane(pane, track)] if self._arrangement.has_lanes_in_panes else []
        title = partial(self._title, pane, now)
        pane.draw(title, lane, lines, len(self.session.rounds) + 1)
        pane.mark(self.wanted, self.look.chip("inverse"))

    def _lane(self, pane: Pane, track: Track) -> Strip:
        """A pane's own lane. While it grows it is drawn less often than the words."""
        place = self._names.index(pane.role)
        moment: object = track.now, track.end, track.session.revision
        if track.session.is_under_way and isinstance(self.transport, Live):
            # Not all panes in the same frame.
            moment = int(track.now * LANES_PER_SECOND + place / len(self._names))
        key = moment, self.look, pane.size.width, len(track.session.rounds)
        kept = self._lanes.get(pane.role)
        if kept is None or kept[0] != key:
            blank = Piece(" ", self.look.ink("dim"))
            edge = Strip([*strip(1, blank.style, [blank])])
            cells = lane_strip(self.look, track, pane.role, pane.size.width - 2)
            kept = self._lanes[pane.role] = key, Strip.join([edge, cells, edge])
        return kept[1]

    def draw_all(self) -> None:
        """Draw the whole screen at once, lanes too."""
        self._lanes.clear()
        super().draw_all()

    def _form(self, pane: Pane) -> Form:
        width = pane.size.width
        right = 1 if width < 30 else 2
        return Form(
            width=max(1, width - 1 - right),
            left=1,
            right=right,
            is_aligned=self._arrangement.is_aligned,
            is_terse=self._arrangement.is_terse or width < 34,
            is_labelled=pane.role == self._names[0] or self._arrangement.is_zoomed,
            is_open=self._arrangement.is_zoomed,
        )

    def _title(self, pane: Pane, now: float) -> Strip:
        aside = ""
        if not pane.view.is_following:
            new = f"{pane.below} new " if pane.below else ""
            aside = f"{self.look.symbols.below} {new}{self.look.symbols.dot} G"
        return pane_title(
            self.look,
            self.session,
            pane.role,
            now,
            pane.size.width,
            focused=pane.role == self._focus,
            is_terse=pane.size.width < 34,
            aside=aside,
        )

    def _draw_overview(self, track: Track) -> None:
        canvas = self.query_one("#overview", Canvas)
        width, height = canvas.size
        top = page_of(len(self._names), self._names.index(self._focus), height)
        canvas.show(
            overview(
                self.look,
                track,
                width,
                height,
                focus=self._focus,
                top=top,
                session=self.session,
            )
        )

    def _draw_side(self, now: float) -> None:
        side = self.query_one("#side", Canvas)
        width, height = side.size
        turn = self.turn
        if not self._shows_saw:
            side.show(ledger(self.look, self.session, now, width, height))
        elif turn is None:
            title = Piece(" who saw what", self.look.ink("text", "bar", bold=True))
            said = Piece(f" {self._focus} has not had a turn yet", self.look.ink("dim"))
            bar, card = self.look.ink("dim", "bar"), self.look.ink("dim")
            side.show(
                [strip(width, bar, [title]), strip(width, card, []), strip(width, card, [said])]
            )
        else:
            side.show(saw(self.look, self.session, turn, width, height))

    def _call(self) -> Strip:
        """What the session waits for, where nobody can miss it."""
        look, width = self.look, self.size.width
        ground = look.ink("dim", "ground")
        calls = self.transport.calls()
        if not calls:
            return Strip.blank(width, ground)
        return row(width, ground, [Piece(" ", ground), *key_pieces(look, calls)])

    def _follow(self) -> None:
        """Go to whoever has begun to speak last; from there the user may go elsewhere."""
        turns = self.session.round.turns if self.session.round else ()
        speaking = [turn for turn in turns if turn.phase is Phase.SPEAKING]
        last = max(speaking, key=lambda turn: turn.since(Phase.SPEAKING) or 0.0, default=None)
        if last is not None and last.id != self._followed:
            self._followed = last.id
            self._focus_on(last.role)
