"""What one turn saw: what was new to it, what it knew, what it could not know, what was sent."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from weakref import WeakKeyDictionary

from rich.cells import cell_len
from textual.strip import Strip

from brainstorm_agents import tokens
from brainstorm_agents.prompt import Observed, Prompt
from brainstorm_agents.session import USER, Message, Phase, Session, Turn
from brainstorm_tui.draw.column import Column
from brainstorm_tui.draw.headings import id_piece, phase_word, said_by_user, seconds, sender_place
from brainstorm_tui.draw.prose import prose_lines, prose_style
from brainstorm_tui.draw.row import Group, Piece, clip, width_of
from brainstorm_tui.look import Look
from brainstorm_tui.plain_prompt import left_out_words
from brainstorm_tui.schedule_words import UNSEEN
from brainstorm_tui.text import markdown
from brainstorm_tui.text.safe import one_line


def saw(look: Look, session: Session, turn: Turn, width: int, height: int) -> list[Strip]:
    """What a turn saw and what became of it, in at most `height` lines.

    Where there is little room the messages are cut first, each as much as the others; then what
    was known before goes, what was said at the same time, and last what was sent and got.
    """
    page = _Page(look, session, turn, Column(look, width))
    return [page.title(), *page.lines(height - 1)][: max(0, height)]


_LEAST_NEW = 4
"""Lines for what was new below which something else gives way."""


class _Page:
    """The parts of the page, each as lines."""

    def __init__(self, look: Look, session: Session, turn: Turn, column: Column) -> None:
        self._look = look
        self._session = session
        self._turn = turn
        self._column = column
        self._place = session.roles[turn.role].place
        self._sent = _sent(session, turn)

    def title(self) -> Strip:
        """`what b2 saw`."""
        own = Piece(one_line(self._turn.id), self._look.role(self._place, "bar", bold=True))
        return self._column.title("what ", own, " saw")

    def lines(self, room: int) -> list[Strip]:
        """Everything under the title."""
        blank = self._column.blank
        call, aside = self._call(), self._at_the_same_time()
        for fixed in ([aside, call], [call], []):
            free = room - sum(len(part) + 1 for part in fixed if part) - 1
            if free >= _LEAST_NEW:
                break
        lines: list[Strip] = []
        for part in (*self._heard(max(free, 0)), *fixed):
            if part:
                lines += [blank(), *part]
        return lines if len(lines) <= room else lines[1 : max(0, room) + 1]

    def _heard(self, room: int) -> tuple[list[Strip], list[Strip]]:
        """What was new, and what was known from before: a third of the room if it is scarce."""
        new, known = self._new(room), self._known(room)
        if known and len(new) + 1 + len(known) > room:
            share = max(room // 3, room - 1 - len(new))
            known = self._known(share) if share >= 3 and room - 1 - share >= _LEAST_NEW else []
            new = self._new(room - 1 - len(known) if known else room)
        return new, known

    def _new(self, room: int) -> list[Strip]:
        """What was new, each message with its first lines if not all fit."""
        column, turn = self._column, self._turn
        when = "in the opening" if turn.round.number == 0 else f"in round {turn.round.number}"
        lines = [self._heading(f"new to {one_line(turn.role)} {when}")]
        observed = Prompt(self._session, turn).observed
        is_spaced = 1 + 3 * len(observed) <= room
        each = 3 if is_spaced else 2
        fitting = len(observed)
        if 1 + each * fitting > room:
            fitting = max(0, (room - 2) // each)
        texts = [self._text(message) for message in islice(observed, fitting)]
        spare = room - 1 - (fitting < len(observed)) - fitting * (each - 1)
        shares = _shares([len(text) for text in texts], spare)
        for message, text, share in zip(observed, texts, shares, strict=False):
            lines += [column.blank()] * is_spaced
            lines.append(column.line(self._who(message)))
            shown = text[:share]
            if shown and share < len(text):
                shown[-1] = self._cut(shown[-1])
            lines += [column.line(pieces) for pieces in shown]
        return [*lines, *self._more(len(observed) - fitting)]

    def _known(self, room: int) -> list[Strip]:
        """The messages that it knew, newest first, a line each."""
        total = self._sent.known
        if not total:
            return []
        fitting = total if 1 + total <= room else max(0, room - 2)
        messages = list(islice(self._known_messages(), fitting))
        ids = [cell_len(one_line(message.id)) for message in messages]
        names = [cell_len(self._speaker(message)) for message in messages]
        column, look = self._column, self._look
        id_width = min(max(ids, default=0), column.inner // 4)
        name_width = min(max(names, default=0), column.inner // 4)
        lines = [self._heading("known from before")]
        for message in messages:
            id_ = id_piece(look, self._session, "", message.sender, bold=True)
            name = id_piece(look, self._session, "", message.sender)
            left = [
                Piece(self._field(one_line(message.id), id_width), id_.style),
                Piece(self._field(self._speaker(message), name_width), name.style),
            ]
            words = clip(_preview(message.text), column.inner - width_of(left), look.symbols.more)
            lines.append(column.line([*left, Piece(words, look.ink("dim"))]))
        return [*lines, *self._more(total - fitting)]

    def _known_messages(self) -> Iterator[Message]:
        for turn in reversed(_remembered(self._session, self._turn)):
            yield Message(turn.id, turn.role, turn.text)
            yield from reversed(Observed(self._session.published, turn.observed))

    def _at_the_same_time(self) -> list[Strip]:
        """The ids of the other turns in its round."""
        turn, look, column = self._turn, self._look, self._column
        seen = {
            message.id
            for start, end in turn.observed
            for message in self._session.published[max(start, turn.round.horizon) : end]
        }
        others = [other for other in turn.round.turns if other is not turn and other.id not in seen]
        if not others:
            return []
        dim = look.ink("dim")
        rows: list[list[Piece]] = [[]]
        for count, other in enumerate(others):
            item = [
                id_piece(look, self._session, one_line(other.id), other.role),
                Piece(f" {one_line(other.role)}", dim),
            ]
            gap = [Piece("   ", dim)] if rows[-1] else []
            rest = f"   +{len(others) - count} more"
            needed = width_of(rows[-1]) + width_of(gap) + width_of(item)
            if rows[-1] and needed > column.inner and len(rows) < _MOST_ROWS:
                rows.append(item)
            elif rows[-1] and len(rows) == _MOST_ROWS and needed > column.inner - len(rest):
                rows[-1].append(Piece(rest, dim))
                break
            else:
                rows[-1] += [*gap, *item]
        why = UNSEEN.get(turn.round.schedule, UNSEEN["simultaneous"])
        heading = self._heading(f"{why}: not seen")
        return [heading, *(column.line(pieces) for pieces in rows)]

    def _call(self) -> list[Strip]:
        """What was sent, what was got, from which model."""
        look, column = self._look, self._column
        dim, text = look.ink("dim"), look.ink("text")
        rule = Piece(look.symbols.rule * column.inner, look.ink("hairline"))
        lines = [column.line([rule]), self._labelled("sent", self._sent_variants())]
        if self._turn.trimmed and (left_out := left_out_words(self._turn)):
            why = f"{left_out}, to fit {_tokens(self._turn.trimmed.most)}"
            lines.append(self._labelled("cut", [[Piece(way, text)] for way in (why, left_out)]))
        lines.append(self._labelled("got", self._got_variants()))
        model = self._turn.model or self._session.scenario.role(self._turn.role).model
        asked = [Piece(clip(one_line(model), column.inner - _LABEL, look.symbols.more), text)]
        seed = [Piece(f"  seed {self._session.header.seed}", dim)] if self._session.header else []
        attempt = [Piece(f"  attempt {self._turn.attempt}", dim)] if self._turn.attempt else []
        variants = [[*asked, *seed, *attempt], [*asked, *attempt], asked]
        return [*lines, self._labelled("model", variants)]

    def _sent_variants(self) -> list[Group]:
        usage, style = self._turn.usage, self._look.ink("text")
        amount = f"{self._look.symbols.approx}{_tokens(self._sent.tokens)}"
        if usage is not None and usage.prompt and not usage.counted:
            amount = _tokens(usage.prompt)
        messages = f"{self._sent.messages:,} message{'s' * (self._sent.messages != 1)}"
        ways = (f"system + {messages}, {amount}", f"{messages}, {amount}", amount)
        return [[Piece(way, style)] for way in ways]

    def _got_variants(self) -> list[Group]:
        turn, look = self._turn, self._look
        text, dim = look.ink("text"), look.ink("dim")
        sign = look.symbols.phases[turn.phase]
        reason = Piece(f" {one_line(turn.reason)}", text)
        match turn.phase:
            case Phase.DONE:
                spoke = turn.spent(self._session.t, frozenset({Phase.SPEAKING}))
                amount = _tokens(turn.tokens)
                if spoke < _SHORT_S:
                    return [[Piece(amount, text)]]
                took = f"{amount} in {seconds(spoke)}"
                pace = f"{took}, {turn.tokens / spoke:.0f} a second"
                return [[Piece(way, text)] for way in (pace, took, amount)]
            case Phase.FAILED if turn.is_skipped:
                return [[Piece(phase_word(turn), dim)]]
            case Phase.FAILED:
                return [[Piece(f" {sign} {phase_word(turn)} ", look.chip("failure")), reason]]
            case Phase.RETRYING:
                return [[Piece(sign, look.role(self._place)), reason]]
            case Phase.SPEAKING:
                return [[Piece(f"{_tokens(turn.tokens)} so far", text)]]
            case Phase.CANCELLED if turn.tokens:
                return [[Piece(f"{_tokens(turn.tokens)}, then {phase_word(turn)}", text)]]
            case _:
                return [[Piece(f"nothing yet: {phase_word(turn)}", dim)]]

    def _labelled(self, label: str, variants: Sequence[Group]) -> Strip:
        name = Piece(label.ljust(_LABEL), self._look.ink("dim"))
        value = self._column.first_fitting(variants, _LABEL)
        if width_of(value) > self._column.inner - _LABEL:
            value = self._cut(value, _LABEL)
        return self._column.line([name, *value])

    def _heading(self, text: str) -> Strip:
        shown = clip(text, self._column.inner, self._look.symbols.more)
        return self._column.line([Piece(shown, self._look.ink("older"))])

    def _more(self, count: int) -> list[Strip]:
        if count <= 0:
            return []
        return [self._column.line([Piece(f"+{count:,} more", self._look.ink("dim"))])]

    def _who(self, message: Message) -> list[Piece]:
        session, look = self._session, self._look
        if message.sender == USER:
            return said_by_user(look, session, one_line(message.id), message.to, message.edited)
        own = id_piece(look, session, one_line(message.id), message.sender, bold=True)
        name = id_piece(look, session, f" {one_line(message.sender)}", message.sender)
        return [own, name]

    def _speaker(self, message: Message) -> str:
        if message.sender == self._turn.role:
            return "own"
        return "you" if message.sender == USER else one_line(message.sender)

    def _field(self, text: str, width: int) -> str:
        text = clip(text, width, self._look.symbols.more)
        return text + " " * (width - cell_len(text) + 1)

    def _text(self, message: Message) -> list[list[Piece]]:
        look = self._look
        place = sender_place(self._session, message.sender)
        lines = _laid_out(look, message.text, self._column.inner)
        return [
            [Piece(text, prose_style(look, name, "text", place)) for text, name in line]
            for line in lines
        ]

    def _cut(self, pieces: Iterable[Piece], taken: int = 0) -> list[Piece]:
        """A line with the sign that more follows."""
        more = self._look.symbols.more
        room = self._column.inner - taken - len(more)
        kept: list[Piece] = []
        for text, style in pieces:
            kept.append(Piece(clip(text, room, ""), style))
            room -= cell_len(text)
            if room <= 0:
                break
        return [*kept, Piece(more, self._look.ink("dim"))]


_LABEL = 6
"""Cells of `sent`, `got` and `model` with the space behind them."""

_MOST_ROWS = 3
"""Lines of ids that were said at the same time."""

_SHORT_S = 0.05
"""Seconds of speaking below which a pace means nothing."""


class _Sent(NamedTuple):
    messages: int
    tokens: int
    known: int


_sent_so_far: WeakKeyDictionary[Session, dict[tuple[str, int], _Sent]] = WeakKeyDictionary()


def _sent(session: Session, turn: Turn) -> _Sent:
    """What the turn was asked with, counted once an attempt: it can be long."""
    kept = _sent_so_far.setdefault(session, {})
    key = turn.id, turn.attempt
    if key not in kept:
        chat = Prompt(session, turn).messages()
        done = _remembered(session, turn)
        known = sum(1 + sum(end - start for start, end in other.observed) for other in done)
        count = sum(tokens.count(message["content"]) for message in chat)
        kept[key] = _Sent(len(chat) - 1, count, known)
    return kept[key]


def _remembered(session: Session, turn: Turn) -> list[Turn]:
    """The finished turns before it that are in its prompt."""
    done = [other for other in _earlier(session, turn) if other.phase is Phase.DONE]
    return done[turn.left_out.turns :]


def _earlier(session: Session, turn: Turn) -> list[Turn]:
    turns = session.roles[turn.role].turns
    return turns[: bisect_left(turns, turn.round.number, key=lambda other: other.round.number)]


_laid_out = lru_cache(maxsize=512)(prose_lines)
_preview = lru_cache(maxsize=512)(markdown.preview)


def _shares(wanted: Sequence[int], available: int) -> list[int]:
    """Divide lines fairly: nobody gets more than it wants while another has less than it does."""
    shares = [0] * len(wanted)
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for position, index in enumerate(order):
        shares[index] = max(0, min(wanted[index], available // (len(order) - position)))
        available -= shares[index]
    return shares


def _tokens(count: int) -> str:
    return f"{count:,} token{'s' * (count != 1)}"
