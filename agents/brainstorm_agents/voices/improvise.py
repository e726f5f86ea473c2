"""The improviser: takes up what was heard and makes a move with it, on any topic.

A reply is a sentence that takes up somebody's words and a move of brainstorming (reverse, subtract,
ask who pays, …). In one turn of three the move is that of the role's register, in one of three it
combines two speakers.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from brainstorm_agents.chance import draw
from brainstorm_agents.voices.banks import Seat, filled, quoted, template
from brainstorm_agents.voices.fragments import fragment
from brainstorm_agents.voices.registers import register_of
from brainstorm_agents.voices.situation import USER, Heard, Situation
from brainstorm_agents.voices.text import clean, is_cjk
from brainstorm_agents.voices.topics import subject_of

_REMEMBERED = 4
"""How many of its own messages a role keeps in mind, not to quote the same words again."""

_FEW = 4
"""So many messages are all looked at; of more, the ends, where the user speaks, and two others."""


_NAMED = re.compile(r"\{(?:word|thing)\}", re.IGNORECASE)
"""A slot in which the topic is named."""

_DOUBLED = re.compile(r"([?!？！])([ \u00a0]?[”“»」])[.。?？]")
"""A full stop after a quotation that has ended its sentence already."""

_BEGINNING = re.compile(r"(?:^|[.?!]\s+)[“„«*¿¡\u00a0]+[^\W\d_]")
"""A sentence that begins with a quotation or an emphasis, up to its first letter."""


class _Quote(NamedTuple):
    name: str
    words: str


def improvise(situation: Situation) -> str:
    """A reply in the language of the topic and the register of the role."""
    user, others = _taken_up(situation)
    if situation.number == 0 or not (user or others):
        return _say(situation, _opening(situation))
    if user:
        aside = answer_user(situation)
        return _joined([aside, _say(situation, [template(_seat(situation), "moves")])])
    quotes = [quote for heard in others if (quote := _quote(situation, heard)).words]
    if not quotes:
        seat, name = _seat(situation), _name(others[0].speaker)
        parts = [template(seat, "unquoted"), template(seat, "moves")]
        return _say(situation, parts, [_Quote(name, "")])
    return _say(situation, _answer(situation, len(quotes)), quotes)


def answer_user(situation: Situation, bank: str = "user") -> str:
    """A sentence or two on what the user has thrown in; "" if the user said nothing new.

    Args:
        situation: Who is speaking, and what they heard.
        bank: Where the templates are: "user" begins an answer, "asides" only promises one.
    """
    user, _ = _taken_up(situation)
    if user is None or situation.number == 0:
        return ""
    quote = _quote(situation, user)
    bank = bank if quote.words else "user_unquoted"
    return _say(situation, [template(_seat(situation), bank)], [quote])


def _opening(situation: Situation) -> Sequence[str | None]:
    seat = _seat(situation)
    return template(seat, "openings", _register(situation)), template(seat, "frames")


def _answer(situation: Situation, voices: int) -> Sequence[str | None]:
    """The templates of an answer to others, in the order in which they are said."""
    seat, register = _seat(situation), _register(situation)
    phase = seat.slot % 6
    pair = template(seat, "pairs", every=3) if phase in (2, 5) and voices > 1 else None
    if pair:
        return (pair,)
    own = template(seat, "own", register, every=3) if phase in (1, 4) else None
    move = own or template(seat, "moves")
    back = template(seat, "handbacks", every=6) if phase == 3 else None
    if back:
        return move, back
    taking_up = template(seat, "own_takeups", register, every=2) if phase in (1, 5) else None
    taking_up = taking_up or template(seat, "takeups")
    if phase in (0, 4) and not _NAMED.search(f"{taking_up}{move}"):
        return taking_up, template(seat, "bridges", every=2), move
    return taking_up, move


def _taken_up(situation: Situation) -> tuple[Heard | None, Sequence[Heard]]:
    """The user's last word, if it is among the messages looked at, and up to two others."""
    heard, count = situation.heard, len(situation.heard)
    if not count:
        return None, ()
    first, second = (_drawn(situation, which) % count for which in ("first", "second"))
    edges = range(count) if count <= _FEW else (count - 1, 0)
    looked_at = [heard[index] for index in dict.fromkeys((first, second, *edges))]
    users = [message for message in looked_at if message.speaker == USER]
    others = [message for message in looked_at if message.speaker != USER]
    another = [message for message in others if message.speaker != others[0].speaker]
    return users[0] if users else None, [*others[:1], *another[:1]]


def _quote(situation: Situation, heard: Heard) -> _Quote:
    words = fragment(
        heard.text,
        subject_of(situation.topic),
        names={situation.role, *(message.speaker for message in _taken_up(situation)[1])},
        said=[
            situation.said[-back] for back in range(1, min(_REMEMBERED, len(situation.said)) + 1)
        ],
        draws=(situation.seed, situation.role, situation.number, heard.id),
    )
    return _Quote(_name(heard.speaker), words)


def _say(situation: Situation, parts: Sequence[str | None], quotes: Sequence[_Quote] = ()) -> str:
    """The templates with their slots filled, as one text."""
    subject = subject_of(situation.topic)
    turn = _seat(situation).slot
    thing = subject.things[turn % len(subject.things)] if turn % 3 != 2 else subject.this
    values = {"thing": thing, "Thing": thing[:1].upper() + thing[1:]}
    values["word"] = _mention(subject.words[turn % len(subject.words)], subject.language)
    for suffix, quote in zip(("", "2"), quotes, strict=False):
        values[f"name{suffix}"] = quote.name
        values[f"quote{suffix}"] = quoted(quote.words, subject.language)
    text = _DOUBLED.sub(r"\1\2", _joined([filled(part, values) for part in parts if part]))
    return _BEGINNING.sub(lambda start: start.group()[:-1] + start.group()[-1].upper(), text)


def _mention(word: str, language: str) -> str:
    return quoted(word, language) if is_cjk(word) else f"*{word}*"


def _joined(texts: Sequence[str]) -> str:
    first, *rest = texts
    for text in rest:
        ends_in_list = first.rpartition("\n")[2].startswith("- ")
        first += "\n\n" if ends_in_list else "" if is_cjk(first[-8:]) else " "
        first += text
    return first


def _name(speaker: str) -> str:
    return " ".join(clean(speaker, 64).split()) or "?"


def _register(situation: Situation) -> str:
    return register_of(
        situation.profile, situation.persona, place=situation.place, seed=_chance(situation)
    )


def _seat(situation: Situation) -> Seat:
    language = subject_of(situation.topic).language
    return Seat(
        _chance(situation), language, situation.number, situation.place, situation.cast_size
    )


def _drawn(situation: Situation, what: str) -> int:
    return draw(situation.seed, situation.role, situation.number, what)


def _chance(situation: Situation) -> int:
    """The seed of a session: another topic is another conversation."""
    return draw(situation.seed, situation.topic[:200])
