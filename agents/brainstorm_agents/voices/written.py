"""The written conversation: what the classroom says about its own topic.

A line is spoken only if its role heard exactly the lines that it answers. Whatever else was said,
by a real model, by a neighbour who failed, is the improviser's to answer.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from brainstorm_agents.chance import draw
from brainstorm_agents.voices.data_files import load
from brainstorm_agents.voices.situation import USER, Heard, Situation

_MOST_HEARD = 8
"""A role of the written cast hears two others, and now and then the user."""


def written_line(situation: Situation) -> str | None:
    """The line for this turn, or None where the situation is not the one written for."""
    play = load("classroom")
    if situation.scenario != play["scenario"] or not _is_cast(situation, play["cast"]):
        return None
    if _folded(situation.topic) != _folded(play["topic"]):
        return None
    turn = f"{situation.role[0].casefold()}{situation.number}"
    line = _lines().get(turn)
    if line is None or not _heard_as_written(situation.heard, line["answers"]):
        return None
    variants: Sequence[str] = line["texts"]
    return variants[draw(situation.seed, turn) % len(variants)]


def _is_cast(situation: Situation, cast: Sequence[str]) -> bool:
    return (
        situation.cast_size == len(cast)
        and 0 <= situation.place < len(cast)
        and situation.role == cast[situation.place]
    )


def _folded(topic: str) -> str:
    return " ".join(topic[:200].split()).casefold()


@cache
def _lines() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return {line["id"]: line for line in load("classroom")["lines"]}


def _heard_as_written(heard: Sequence[Heard], answers: Sequence[str]) -> bool:
    if len(heard) > _MOST_HEARD:
        return False
    others = [message for message in heard if message.speaker != USER]
    expected = [turn for turn in answers if turn != USER]
    return [message.id for message in others] == expected and all(
        message.text.endswith(tuple(_lines()[message.id]["texts"])) for message in others
    )
