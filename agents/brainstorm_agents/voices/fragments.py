"""A few words of a message, fit to be quoted: a clause that is the speaker's own."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from brainstorm_agents.chance import draw
from brainstorm_agents.voices.text import clean, has_words, is_cjk
from brainstorm_agents.voices.topics import Subject, lexicon

_READ = 1500
_WORDS = range(3, 10)
_CHARACTERS = range(4, 15)
_LONGEST = 72
"""Characters of a fragment at most, an ellipsis included."""

_CODE_BLOCK = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_HELD = re.compile("\ue000([0-9]+)\ue001")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_MARKER = re.compile(r"^\s*(?:#{1,6}|>|[-*+•]|\d{1,3}[.)])\s+")
_EMPHASIS = re.compile(r"\*+|~~|(?<!\w)_+|_+(?!\w)|`+")
_QUOTED = re.compile(r"[“„][^“”„\n]*[”“]|«[^«»\n]*»|「[^「」\n]*」|『[^『』\n]*』|\"[^\"\n]*\"")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
_CLAUSE = re.compile(r"[,;:()\[\]{}|<>]+(?:\s+|$)|\s+[–—-]\s+|[—，、；：（）【】]|\s+[(\[{]")
_JOINT = re.compile(
    r"\s+(?=(?:and|but|because|when|if|so|who|which|und|aber|weil|wenn|dass|et|mais|parce|quand"
    r"|qui|y|pero|porque|cuando|ma|perché|quando|che|mas|e|и|но|что|если|чтобы)\s)"
)
_LEAD = re.compile(
    r"(?:and|but|or|then|namely|because|since|und|aber|oder|denn|et|mais|ou|donc|puis|car|y|pero|e|ma|mas"
    r"|poi|и|а|но)\s+",
    re.IGNORECASE,
)
_EDGE = " \t\u00a0.,;:…!。，、；：·•-–—'’‘*_~#>=/\\|\"“”„«»「」『』"


class _Clause(NamedTuple):
    score: float
    text: str


def fragment(
    text: str,
    subject: Subject,
    *,
    names: Collection[str],
    said: Sequence[str],
    draws: Sequence[object],
) -> str:
    """A clause of 3 to 9 words (4 to 14 characters without spaces); "" if there is no word.

    Args:
        text: The message to quote from.
        subject: The topic: clauses near to it are better.
        names: A clause that names one of these is quoted only if there is no other.
        said: Nor is one that was quoted here already.
        draws: Chooses among clauses about equally good, so that two listeners quote different ones.
    """
    clauses = _clauses(text[:_READ], subject.language, tuple(subject.words))
    if not clauses:
        return ""
    named = [name for name in names if name]
    fresh = [
        clause
        for clause in clauses
        if not any(name in clause.text for name in named)
        and not any(clause.text in message for message in said)
    ]
    best = (fresh or clauses)[:4]
    near = [clause.text for clause in best if clause.score >= best[0].score - 1.8]
    return near[draw(*draws) % len(near)]


@lru_cache(maxsize=1024)
def _clauses(text: str, language: str, topic: tuple[str, ...]) -> Sequence[_Clause]:
    """The quotable clauses, the best first."""
    plain = _CODE_BLOCK.sub("\n", clean(text, _READ))
    spans: list[str] = []

    def hold(match: re.Match[str]) -> str:
        spans.append(match.group())
        return f"\ue000{len(spans) - 1}\ue001"

    plain = "\n".join(_MARKER.sub("", line) for line in _CODE.sub(hold, plain).splitlines())
    bold = [_EMPHASIS.sub("", phrase) for phrase in _BOLD.findall(plain)]
    found: dict[str, float] = {}
    quotes = False
    for sentence in _SENTENCE.split(_QUOTED.sub("\ue002", _EMPHASIS.sub("", plain))):
        follows, quotes = quotes, "\ue002" in sentence
        for clause in _parts(sentence):
            worth = _worth(clause, language, topic, bold) - 6 * quotes - 3 * follows
            worth += 0.8 * (clause == _trimmed(sentence))
            shown = _HELD.sub(lambda held: spans[int(held.group(1))], clause)
            if len(shown) <= _LONGEST:
                found.setdefault(shown, worth)
    ranked = (_Clause(score, clause) for clause, score in found.items())
    return sorted(ranked, key=lambda clause: -clause.score)[:8]


def _parts(sentence: str) -> Iterator[str]:
    """The clauses of a sentence, none of them too long."""
    for piece in sentence.split("\ue002"):
        for clause in [piece, *_CLAUSE.split(piece)]:
            whole = _trimmed(clause)
            if _fits(whole):
                yield whole
            elif clause is not piece or not _CLAUSE.search(piece):
                yield from _shortened(whole)


def _shortened(clause: str) -> Iterator[str]:
    if is_cjk(clause):
        cut = clause[: _CHARACTERS.stop - 2]
        yield cut if cut == clause else f"{cut}…"
        return
    joints = [part for part in map(_trimmed, _JOINT.split(clause)) if _fits(part)]
    if joints:
        yield from joints
        return
    words = clause.split()
    cut = " ".join(words[: _WORDS.stop - 2])
    if len(cut) >= _LONGEST and not _HELD.search(cut):
        cut = cut[: _LONGEST - 24].rstrip(_EDGE)
    if has_words(cut):
        yield cut if cut == clause else f"{cut}…"


def _fits(clause: str) -> bool:
    if is_cjk(clause):
        return len(clause) in _CHARACTERS
    return len(clause.split()) in _WORDS


def _trimmed(clause: str) -> str:
    """The clause without its edges; what opens a question goes if its end is missing."""
    text = clause.strip(_EDGE)
    if not text.endswith(("?", "!")):
        text = text.lstrip("¿¡")
        while lead := _LEAD.match(text):
            text = text[lead.end() :]
    return text if has_words(text) else ""


def _worth(clause: str, language: str, topic: tuple[str, ...], bold: Sequence[str]) -> float:
    """How well a clause stands alone: whole, short, full of meaning, and near the topic."""
    known = lexicon(language)
    small = clause.casefold()
    score = 2.0 if _fits(clause) else -2.0
    score -= 2 * clause.endswith("…")
    score -= 1.0 * clause.endswith(("?", "？"))
    score += any(word.casefold() in small for word in topic)
    score += 1.5 * any(clause in phrase or phrase in clause for phrase in bold)
    if is_cjk(clause):
        weak = tuple(known.weak)
        return score + (6 <= len(clause) <= 12) - small.startswith(weak) - 2 * small.endswith(weak)
    words = re.findall(r"[\w'’]+|\ue000", small)
    content = [word for word in words if word not in known.stops]
    score += min(len(content), 3) * 0.7 + (4 <= len(words) <= 8) - (len(content) < 2)
    score -= 2 * (not words or words[0] in known.weak)
    return score - 1.0 * (bool(words) and words[-1] in known.weak)
