"""What a topic is about: its language, and the few words that carry it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from brainstorm_agents.voices.data_files import load
from brainstorm_agents.voices.text import CJK, clean, has_words, is_cjk

FALLBACK = "en"

_READ = 2000
_LONGEST_WORD = 24
_WORD = re.compile(r"[^\W_](?:[\w+#./-]*[\w+#])?(?:['’](?:s|t|m|d|ll|re|ve)\b)?|\S")
_HAN = re.compile(r"[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_NOT_RUSSIAN = re.compile(r"[іїєґўјљњћђџ]", re.IGNORECASE)
_LATIN = ("en", "de", "fr", "es", "it", "pt")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a reply can say of the topic without repeating it."""

    language: str
    words: Sequence[str]
    """Single words of the topic, to be mentioned. At least one."""
    things: Sequence[str]
    """Phrases that stand where a noun does, in English; elsewhere the words again."""
    this: str
    """What stands for the topic when it has been named often enough."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of a language's words."""

    stops: frozenset[str]
    weak: frozenset[str]
    tells: frozenset[str]
    determiners: frozenset[str]
    subjects: frozenset[str]
    predicates: frozenset[str]
    question: Sequence[str]
    this: str


@cache
def lexicon(language: str) -> Lexicon:
    """The words of a language."""
    entry = load("words")[language]

    def words(key: str) -> frozenset[str]:
        return frozenset(entry.get(key, "").split())

    return Lexicon(
        stops=words("stops"),
        weak=words("weak"),
        tells=words("tells"),
        determiners=words("determiners"),
        subjects=words("subjects"),
        predicates=words("predicates"),
        question=tuple(entry["question"]),
        this=entry.get("this", ""),
    )


@lru_cache(maxsize=256)
def subject_of(topic: str) -> Subject:
    """The language of the topic and the words that it turns on, the best first."""
    text = clean(topic, _READ)
    language = language_of(text)
    line = _leading_line(text)
    known = lexicon(language)
    if language in ("zh", "ja"):
        words = things = _unspaced(line, language)
    else:
        words = _mentions(line, known, language)
        things = _things(line, known) if language == "en" else words
    if language == FALLBACK:
        things = tuple(thing if _is_latin(thing) else f"“{thing}”" for thing in things)
    question = known.question
    return Subject(
        language,
        words=words[:3] or (question[0],),
        things=things[:3] or words[:1] or (question[-1],),
        this=known.this or question[-1],
    )


def language_of(text: str) -> str:
    """The language to answer in: by script, then by the small words; English if nothing tells."""
    if is_cjk(text) or 3 * len(_HAN.findall(text)) > len(text):
        return "ja" if _KANA.search(text) else "zh"
    if 2 * len(_CYRILLIC.findall(text)) > sum(map(str.isalpha, text)):
        return FALLBACK if _NOT_RUSSIAN.search(text) else "ru"
    words = re.findall(r"\w+", text.casefold())
    letters = set(text.casefold())

    def evidence(language: str) -> tuple[int, bool]:
        known = lexicon(language)
        told = sum((word in known.stops) + 2 * (word in known.tells) for word in words)
        return told + 2 * len(letters & known.tells), language == FALLBACK

    return max(_LATIN, key=evidence)


def _leading_line(text: str) -> str:
    """The first question among the lines, else the first line with a word in it."""
    lines = [line.strip() for line in text.splitlines() if has_words(line)]
    asked = (line for line in lines if line.endswith(("?", "？")))
    return next(asked, lines[0] if lines else "")[:300]


def _unspaced(line: str, language: str) -> Sequence[str]:
    stops = "|".join(map(re.escape, load("words")[language]["stops"].split()))
    if language == "ja":
        found = re.findall(r"[\u3005-\u3007\u4e00-\u9fff]+|[ァ-ヺー]+|[A-Za-z0-9][\w+#.]*", line)
        chunks = [chunk for chunk in found if not re.fullmatch(stops, chunk)]
    else:
        chunks = re.split(rf"[^\w{CJK}]+|{stops}", line)
    fit = [chunk for chunk in dict.fromkeys(chunks) if chunk and has_words(chunk)]
    short = [chunk for chunk in fit if 2 <= len(chunk) <= 8]
    return tuple(short or (chunk[:8] for chunk in fit))


def _mentions(line: str, known: Lexicon, language: str) -> Sequence[str]:
    """Single words worth a mention: nouns first where the spelling tells them."""
    words = [word for word in _words(line.replace("’", " ").replace("'", " ")) if has_words(word)]
    if language == "en":
        words = [word for word in _words(line) if has_words(word)]
    carrying = [
        word[:_LONGEST_WORD]
        for word in dict.fromkeys(words)
        if word.casefold() not in known.stops
        and (len(word) > 2 or word.isupper() or len(words) < 3)
    ]
    if language == "de":
        carrying.sort(key=lambda word: not word[0].isupper())
    elif language != "en":
        led = {after for before, after in pairwise(words) if before.casefold() in known.determiners}
        carrying.sort(key=lambda word: word not in led)
    return tuple(carrying)


def _words(line: str) -> Iterator[str]:
    return (match.group() for match in _WORD.finditer(line))


def _things(line: str, known: Lexicon) -> Sequence[str]:
    """English noun phrases, as far as small words tell; those with a determiner first."""
    phrases: list[tuple[bool, str]] = []
    chunk: list[str] = []
    determiner = before = ""
    for word in [*_words(line), "."]:
        small = word.casefold()
        is_content = has_words(word) and small not in known.stops and before not in known.subjects
        if is_content and len(word) <= _LONGEST_WORD:
            chunk.append(word)
        else:
            while chunk and chunk[-1].casefold() in known.predicates:
                chunk.pop()
            if chunk:
                phrases.append((bool(determiner), " ".join([*determiner.split(), *chunk[-3:]])))
            chunk = []
            determiner = _your(small) if small in known.determiners else ""
        before = small
    phrases.sort(key=lambda phrase: not phrase[0])
    return tuple(dict.fromkeys(phrase for _, phrase in phrases))


def _is_latin(text: str) -> bool:
    return all(character < "\u0250" or not character.isalpha() for character in text)


def _your(determiner: str) -> str:
    """What the user calls "my" is the user's; what was "a" to the user is "the" to the others."""
    return {"my": "your", "any": "the", "a": "the", "an": "the", "every": "the", "each": "the"}.get(
        determiner, determiner
    )
