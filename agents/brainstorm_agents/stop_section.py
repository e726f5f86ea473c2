"""The `stop` section of a scenario's file: the rules that stop a session, and when."""

from brainstorm_agents import fields
from brainstorm_agents.cast import Stop
from brainstorm_agents.strict_yaml import Node

MOST_SECONDS = 86_400.0
MOST_WORDS = 100
LONGEST_WORD = 100

_EXAMPLE = "stop: {time: 600, word: [DONE]}"
_WORD_EXAMPLE = "word: [DONE, AGREED]"
_ELSEWHERE = dict.fromkeys(("rounds", "budget"), "it belongs to the scenario, beside 'stop'")


def stop(node: Node) -> Stop:
    """The value of `stop`.

    Raises:
        ScenarioError: The first thing that is wrong, where, and what would be right.
    """
    values = fields.mapping(
        node, "stop", example=_EXAMPLE, known=Stop.__struct_fields__, elsewhere=_ELSEWHERE
    )
    rules = Stop()
    return Stop(
        time=_time(values["time"]) if "time" in values else rules.time,
        word=_word(values["word"]) if "word" in values else rules.word,
        circles=_circles(values["circles"]) if "circles" in values else rules.circles,
    )


def _time(node: Node) -> float:
    return fields.number(node, "time", most=MOST_SECONDS, zero=False, example="600 (seconds)")


def _word(node: Node) -> tuple[str, ...]:
    """One word or several; a list keeps its order, and a word that stands twice stands once."""
    is_one = isinstance(node.value, str)
    items = (node,) if is_one else fields.items(node, "word", example=_WORD_EXAMPLE)
    if len(items) > MOST_WORDS:
        raise items[MOST_WORDS].place.error(
            f"word has {len(items):,} words", f"{MOST_WORDS} is the most"
        )
    words: dict[str, None] = {}
    for item in items:
        word = fields.text(item, "a word", most=LONGEST_WORD, example=_WORD_EXAMPLE)
        if not word:
            raise item.place.error("a word is empty", f"write it like this: {_WORD_EXAMPLE}")
        words[word] = None
    return tuple(words)


def _circles(node: Node) -> bool:
    return fields.flag(node, "circles")
