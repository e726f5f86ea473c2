"""The rules that stop a session before its rounds are done: pure, from a session to a reason.

They are asked after each finished round. One that has stopped a session, which somebody then went
on with, looks only at what came after that: it is asked anew, not at once again.
"""

import re
import unicodedata
from bisect import bisect_left
from functools import lru_cache

from brainstorm_agents.session import Round, Session, Turn

TIME, WORD, CIRCLES = "time", "word", "circles"
"""The rules, by the names that a scenario and a log have for them."""

ROUNDS_WITHOUT_NEWS = 3
"""So many in a row are going in circles."""

NEW_WORDS = 5.0
"""A reply with fewer, in the mean over a round, says hardly anything new."""

NEW_SHARE = 0.5
"""Nor does it if less than this much of it is new: a short answer may be all news."""

OWN_TURNS = 2
"""How many of its own turns before a role is taken to remember, with what it heard in them."""

MOST_HEARD = 10
"""How many messages of a turn are looked at, the newest: so a large cast costs no more."""

LONGEST = 4_000
"""Characters of a message that are looked at."""

_CJK = r"\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_one_word = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])[^\W_])+")


def stops(session: Session) -> str | None:
    """The rule of the scenario that stops a session whose last round is finished, if one does."""
    stop = session.scenario.stop
    if stop.word and _has_said(session, stop.word):
        return WORD
    if stop.time is not None and _seconds(session) >= stop.time:
        return TIME
    if stop.circles and _goes_in_circles(session):
        return CIRCLES
    return None


def news(session: Session, round_: Round) -> tuple[float, float]:
    """How much new a round has said: new words a reply, and their share of all its words.

    A reply's words are counted once each. One is new if it is in nothing that its speaker had just
    heard, in nothing that it said in its last two turns, and in nothing that it had heard in those.
    In scripts without spaces each character is a word.
    """
    turns = [session.turns[id_] for id_ in round_.published]
    new = total = 0
    for turn in turns:
        said = _words(turn.text)
        new += len(said - _in_mind(session, turn))
        total += len(said)
    return (new / len(turns), new / total) if total else (0.0, 0.0)


def _goes_in_circles(session: Session) -> bool:
    first = max(0, session.went_on_after(CIRCLES).round)
    looked_at = session.rounds[max(first + 1, len(session.rounds) - _LOOKED_AT) :]
    spoken = [round_ for round_ in looked_at if round_.published]
    last = spoken[-ROUNDS_WITHOUT_NEWS:]
    return len(last) == ROUNDS_WITHOUT_NEWS and all(_is_empty(session, one) for one in last)


# Rounds in which all failed say nothing, and are passed over; but not for ever.
_LOOKED_AT = 3 * ROUNDS_WITHOUT_NEWS


def _is_empty(session: Session, round_: Round) -> bool:
    new, share = news(session, round_)
    return new < NEW_WORDS and share < NEW_SHARE


def _in_mind(session: Session, turn: Turn) -> set[str]:
    """The words that a role has just heard and said."""
    turns = session.roles[turn.role].turns
    place = bisect_left(turns, turn.number, key=lambda other: other.number)
    minded: set[str] = set()
    for one in (turn, *turns[max(0, place - OWN_TURNS) : place]):
        for message in session.newest_of(one.observed, MOST_HEARD):
            minded |= _words(message.text)
        if one is not turn:
            minded |= _words(one.text)
    return minded


@lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[str]:
    return frozenset(_one_word.findall(text[:LONGEST].casefold()))


def _seconds(session: Session) -> float:
    """Session time with turns under way, since somebody last went on in spite of the rule."""
    return session.elapsed(session.t) - session.went_on_after(TIME).seconds


def _has_said(session: Session, words: tuple[str, ...]) -> bool:
    """Whether a role has said one of the words in the last round."""
    round_ = session.rounds[-1]
    if round_.number <= session.went_on_after(WORD).round:
        return False
    pattern = _any_of(words)
    return any(pattern.search(_plain(session.turns[id_].text)) for id_ in round_.published)


@lru_cache(maxsize=16)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_whole, map(_plain, words))))


def _whole(word: str) -> str:
    """A pattern for a whole word; where words are written without spaces, for the word."""
    before = r"(?<!\w)" if re.match(rf"(?![{_CJK}])\w", word[0]) else ""
    after = r"(?!\w)" if re.match(rf"(?![{_CJK}])\w", word[-1]) else ""
    return f"{before}{re.escape(word)}{after}"


def _plain(text: str) -> str:
    """Text as words are compared: without case, in one spelling, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
