"""The first screen: the cast introduces itself, and asks what to think about."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input, Label

from brainstorm_agents.models import MOCK
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_tui.draw.arrange import grid
from brainstorm_tui.draw.row import Piece, clip, row, strip
from brainstorm_tui.draw.status import Key, keys_line
from brainstorm_tui.launch import Launch
from brainstorm_tui.text.safe import one_line
from brainstorm_tui.text.wrap import Span, wrap
from brainstorm_tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from brainstorm_tui.app import BrainstormApp

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class TopicScreen(Screen[Launch]):
    """Gives what to start: the cast that was chosen, with the topic that was typed."""

    app: "BrainstormApp"

    CSS = """
    TopicScreen { layout: vertical; }
    TopicScreen #cast { height: 1fr; grid-gutter: 0 1; grid-rows: 1fr; grid-columns: 1fr; }
    TopicScreen #cast Canvas { height: 1fr; background: $surface; }
    TopicScreen #many { height: 1fr; background: $surface; display: none; }
    TopicScreen #above, TopicScreen #below { height: 1; }
    TopicScreen #ask { height: 1; background: $surface; }
    TopicScreen #ask Label { width: 3; padding: 0 0 0 1; background: $surface; color: $success; }
    TopicScreen #ask Input {
        border: none; height: 1; padding: 0; width: 1fr; background: $surface;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "cast(1)", "Another cast", show=False, priority=True),
        Binding("shift+tab", "cast(-1)", "The cast before", show=False, priority=True),
        Binding("up", "topic(-1)", "Earlier topic", show=False),
        Binding("down", "topic(1)", "Later topic", show=False),
        Binding("f1", "help", "Help", show=False),
        Binding("escape", "leave", "Quit", show=False),
    ]

    def __init__(self, launches: Sequence[Launch], topics: Sequence[str]) -> None:
        super().__init__()
        self._launches = launches
        self._place = 0
        self._topics = [*topics, ""]
        self._topic = len(topics)

    @property
    def _scenario(self) -> Scenario:
        return self._launches[self._place].scenario

    def compose(self) -> ComposeResult:
        """The cast, the question, the input."""
        yield Canvas(id="top")
        yield Grid(id="cast")
        yield Canvas(id="many")
        yield Canvas(id="above")
        yield Canvas(id="question")
        with Horizontal(id="ask"):
            yield Label(self.app.look.symbols.prompt, markup=False)
            yield Input(compact=True, select_on_focus=False)
        yield Canvas(id="below")
        yield Canvas(id="status")
        yield Canvas(id="keys")

    async def on_mount(self) -> None:
        """Show the cast, and take the keys."""
        self.query_one(Input).focus()
        await self._introduce()

    def on_resize(self) -> None:
        """Draw at the new size."""
        self.call_after_refresh(self._draw)

    def on_canvas_resized(self) -> None:
        """Draw again: a layout has come to rest."""
        self._draw()

    def on_screen_resume(self) -> None:
        """Draw again: the theme may have changed meanwhile."""
        self.call_after_refresh(self._draw)

    async def action_cast(self, step: int) -> None:
        """Take another cast."""
        self._place = (self._place + step) % len(self._launches)
        await self._introduce()

    def action_topic(self, step: int) -> None:
        """Take an earlier topic."""
        self._topics[-1] = self._topics[-1] or ""
        self._topic = max(0, min(len(self._topics) - 1, self._topic + step))
        entry = self.query_one(Input)
        entry.value = self._topics[self._topic]
        entry.cursor_position = len(entry.value)

    def action_help(self) -> None:
        """Show the keys."""
        self.app.show_help()

    async def action_leave(self) -> None:
        """Quit; with something typed, clear it first."""
        entry = self.query_one(Input)
        if entry.value:
            entry.value = ""
        else:
            await self.app.action_leave()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Begin."""
        topic = event.value.strip() or self._scenario.topic
        if not topic:
            self.query_one(Input).placeholder = "this cast has no topic of its own: type one"
        else:
            scenario = msgspec.structs.replace(self._scenario, topic=topic)
            self.dismiss(replace(self._launches[self._place], scenario=scenario))

    async def _introduce(self) -> None:
        scenario = self._scenario
        self.query_one(Input).placeholder = one_line(scenario.topic)
        cast = self.query_one("#cast", Grid)
        await cast.remove_children()
        await cast.mount_all(Canvas(classes="role") for _ in scenario.roles)
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        width, height = self.size
        if not width or not self.is_current:
            return
        look, scenario = self.app.look, self._scenario
        bar, dim = look.ink("text", "bar"), look.ink("dim", "bar")
        is_low = height < 20
        for name in ("#above", "#below"):
            self.query_one(name).display = not is_low
        self._draw_cast(width, height)
        count = len(scenario.roles)
        number = NUMBERS[count] if count < len(NUMBERS) else str(count)
        title = [Piece(" brainstorm-tui", look.ink("text", "bar", bold=True))]
        motto = f"{number} mind{'s' * (count != 1)}, one question, all at once"
        self._canvas("top").show([row(width, bar, title, [[Piece(motto, dim)]], gap=2)])
        question = [Piece(" What shall they think about?", look.ink("text", "bar", bold=True))]
        hint = "Enter takes the suggestion " if scenario.topic else "type it, then Enter "
        self._canvas("question").show([row(width, bar, question, right=[Piece(hint, dim)])])
        chip = [Piece(f" {one_line(scenario.name)} ", look.chip("inverse"))]
        which = f"{self._place + 1} of {len(self._launches)} scenarios "
        self._canvas("status").show(
            [row(width, bar, chip, [[Piece(_cost(scenario), bar)]], [Piece(which, dim)])]
        )
        keys = [
            Key("Enter", "begin"),
            Key(look.symbols.up_down, "earlier topics"),
            Key("Tab", "another cast"),
        ]
        self._canvas("keys").show(
            [keys_line(look, keys, [Key("F1", "help"), Key("Esc", "quit")], width)]
        )

    def _canvas(self, name: str) -> Canvas:
        return self.query_one(f"#{name}", Canvas)

    def _draw_cast(self, width: int, height: int) -> None:
        scenario = self._scenario
        stage = height - (5 if height < 20 else 7)
        columns, rows = grid(width, stage, len(scenario.roles), 0)
        cast, many = self.query_one("#cast", Grid), self._canvas("many")
        cast.display, many.display = columns > 0, columns == 0
        if columns:
            cast.styles.grid_size_columns = columns
            cast.styles.grid_size_rows = rows
            for place, canvas in enumerate(self.query("Canvas.role").results(Canvas)):
                canvas.show(self._introduced(place, canvas.size.width))
        else:
            many.show([self._in_a_line(place, width) for place in range(len(scenario.roles))])

    def _introduced(self, place: int, width: int) -> list[Strip]:
        look, scenario = self.app.look, self._scenario
        role = scenario.roles[place]
        title = look.on_title("text", place, focused=False)
        name = Piece(
            f" {one_line(role.name)}", look.on_title(None, place, focused=False, bold=True)
        )
        profile = Piece(one_line(role.profile), look.on_title("dim", place, focused=False))
        card, room = look.ink("older"), max(1, width - 2)
        lines = [row(width, title, [name], [[profile]], gap=2), strip(width, card, [])]
        for line in wrap([Span(one_line(role.persona), "")], room):
            lines.append(
                strip(width, card, [Piece(" ", card), *(Piece(s.text, card) for s in line)])
            )
        lines.append(strip(width, card, []))
        lines.append(strip(width, card, [Piece(" listens to", look.ink("dim"))]))
        lines += self._listened_to(role, width)
        return lines

    def _listened_to(self, role: Role, width: int) -> list[Strip]:
        look, scenario = self.app.look, self._scenario
        watched = scenario.watched(role.name)
        if not watched:
            return [strip(width, look.ink("dim"), [Piece(" nobody", look.ink("older"))])]
        if len(watched) > 6:
            said = f" {len(watched)} others"
            return [strip(width, look.ink("dim"), [Piece(said, look.ink("older"))])]
        places = {role.name: place for place, role in enumerate(scenario.roles)}
        lines: list[list[Piece]] = [[]]
        used = 0
        for name in watched:
            shown = one_line(name)
            if used and used + len(shown) + 1 > width - 2:
                lines.append([])
                used = 0
            lines[-1] += [Piece(" ", look.ink("dim")), Piece(shown, look.role(places[name]))]
            used += len(shown) + 1
        return [strip(width, look.ink("dim"), line) for line in lines]

    def _in_a_line(self, place: int, width: int) -> Strip:
        look, role = self.app.look, self._scenario.roles[place]
        name = Piece(f" {clip(one_line(role.name), 12):<13}", look.role(place, bold=True))
        profile = Piece(f"{clip(one_line(role.profile), 14):<15}", look.ink("dim"))
        room = max(1, width - 30)
        persona = Piece(clip(one_line(role.persona), room), look.ink("older"))
        return strip(width, look.ink("dim"), [name, profile, persona])


def _cost(scenario: Scenario) -> str:
    models = scenario.labels
    if all(scenario.model(role.model).model == MOCK for role in scenario.roles):
        return "mock model: no key, no network, no cost"
    if len(models) == 1:
        return f"model {one_line(models[0])}"
    return f"{len(models)} models: {one_line(', '.join(models))}"
