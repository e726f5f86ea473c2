"""What the mock model says: written where it was written for, improvised everywhere else."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from brainstorm_agents.voices import Heard, Situation, reply

CLASSROOM = (
    ("Alex", "teacher", "Opens with a question, then builds on the best of what came back."),
    ("Bob", "student", "Takes everything literally, tries it on himself."),
    ("Chalice", "assistant", "Makes it concrete: a game, a number, a thing to do on Monday."),
)
CLASSROOM_TOPIC = "How do we make asynchronous programming fun to learn?"
TOPICS = {
    "en": "What would make our street quieter without making it dead?",
    "de": "Wie bekommen wir mehr Menschen aufs Fahrrad?",
    "fr": "Comment rendre les réunions plus courtes ?",
    "es": "¿Cómo conseguimos que la gente lea más libros?",
    "it": "Come rendere le riunioni più brevi?",
    "pt": "Como tornar as reuniões mais curtas?",
    "ja": "会議を短くするにはどうすればいいですか？",
    "zh": "怎样让会议变短？",
    "ru": "Как сделать совещания короче?",
}
SMALL_WORDS = {
    "en": "the and it to that of is we",
    "de": "der die das und es ist nicht was",
    "fr": "le la les et est une que pas",
    "es": "el la los es una que se lo",
    "it": "il la che è una per non si",
    "pt": "o a que é uma para não se",
    "ru": "и не что на это в мы с",
}
SITUATION = Situation(
    scenario="street",
    topic=TOPICS["en"],
    role="Bob",
    profile="student",
    persona="",
    place=1,
    cast_size=3,
    number=1,
    round=1,
    heard=(Heard("a0", "Alex", "Let us paint the benches blue. Nobody sits on grey."),),
    said=(),
    seed=7,
)
Message = tuple[int, Heard, tuple[str, ...]]


def conversation(
    topic: str,
    cast: Sequence[tuple[str, str, str]] = CLASSROOM,
    *,
    rounds: int = 10,
    seed: int = 7,
    scenario: str = "any",
    everybody_opens: bool = False,
    interjections: dict[int, str] | None = None,
) -> list[Message]:
    """Simultaneous rounds: (round, message, the ids that its role had heard)."""
    published = [Heard("user", "user", topic)]
    seen = [0 if place == 0 or everybody_opens else 1 for place in range(len(cast))]
    said: list[list[str]] = [[] for _ in cast]
    messages: list[Message] = []
    for now in range(rounds + 1):
        spoken = []
        for place, (role, profile, persona) in enumerate(cast):
            heard = tuple(m for m in published[seen[place] :] if m.speaker != role)
            seen[place] = len(published)
            if not heard:
                continue
            number = len(said[place]) + (not (place == 0 or everybody_opens))
            text = reply(
                Situation(
                    scenario, topic, role, profile, persona, place, len(cast), number, now,
                    heard, tuple(said[place]), seed,
                )
            )  # fmt: skip
            said[place].append(text)
            message = Heard(f"{role[0].casefold()}{number}", role, text)
            spoken.append(message)
            messages.append((now, message, tuple(m.id for m in heard)))
        published += spoken
        if interjections and now in interjections:
            published.append(Heard(f"user{now + 2}", "user", interjections[now]))
    return messages


def texts(messages: Sequence[Message]) -> list[str]:
    return [message.text for _, message, _ in messages]


def written_lines() -> list[dict[str, Any]]:
    path = files("brainstorm_agents.voices") / "data" / "classroom.yaml"
    lines: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["lines"]
    return lines


def templates(language: str) -> Iterator[str]:
    """The constant parts of a language's templates that are long enough to tell them apart."""
    path = files("brainstorm_agents.voices") / "data" / f"{language}.yaml"
    bank = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name in ("moves", "own"):
        for group in bank[name].values():
            for text in group:
                yield max(text.replace("{", "}").split("}")[::2], key=len)


# The written conversation


def test_the_classroom_speaks_its_written_conversation_for_at_least_eight_rounds() -> None:
    written = {line["id"]: line["texts"] for line in written_lines()}
    for now, message, _ in conversation(CLASSROOM_TOPIC, scenario="classroom", rounds=8):
        assert message.text in written[message.id], f"round {now}"


def test_every_written_line_answers_exactly_what_its_role_heard() -> None:
    answers = {line["id"]: tuple(line["answers"]) for line in written_lines()}
    spoken = conversation(CLASSROOM_TOPIC, scenario="classroom", rounds=11)
    assert {message.id: heard for _, message, heard in spoken} == answers


def test_a_written_line_has_between_25_and_70_words() -> None:
    for line in written_lines():
        for text in line["texts"]:
            assert 25 <= len(text.split()) <= 70, line["id"]


def test_another_seed_is_another_written_transcript() -> None:
    played = {
        tuple(texts(conversation(CLASSROOM_TOPIC, scenario="classroom", rounds=3, seed=seed)))
        for seed in range(12)
    }
    assert len(played) > 8


def test_after_the_written_rounds_the_classroom_goes_on_and_repeats_nothing() -> None:
    spoken = texts(conversation(CLASSROOM_TOPIC, scenario="classroom", rounds=30))
    assert len(set(spoken)) == len(spoken) == 1 + 2 + 29 * 3


def test_the_user_is_answered_before_the_written_conversation_goes_on() -> None:
    written = {line["id"]: tuple(line["texts"]) for line in written_lines()}
    spoken = conversation(
        CLASSROOM_TOPIC, scenario="classroom", rounds=6, interjections={2: "What about toast?"}
    )
    for now, message, heard in spoken:
        assert message.text.endswith(written[message.id])
        assert ("What about toast" in message.text) == ("user4" in heard) == (now == 3)


def test_a_reply_that_was_not_written_is_improvised_upon() -> None:
    written = {text for line in written_lines() for text in line["texts"]}
    heard = (Heard("a0", "Alex", "I was produced by another model. Bees never sleep at noon."),)
    text = reply(replace(SITUATION, scenario="classroom", topic=CLASSROOM_TOPIC, heard=heard))
    assert text not in written
    assert "Alex" in text


# The improviser


@pytest.mark.parametrize("language", TOPICS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_thirty_rounds_of_three_roles_contain_no_reply_twice(language: str, seed: int) -> None:
    spoken = texts(conversation(TOPICS[language], rounds=30, seed=seed))
    assert len(set(spoken)) == len(spoken)


@pytest.mark.parametrize("language", TOPICS)
def test_twenty_five_roles_that_all_open_contain_no_reply_twice(language: str) -> None:
    cast = [(f"R{place}", "", "") for place in range(25)]
    spoken = texts(conversation(TOPICS[language], cast, rounds=6, everybody_opens=True))
    assert len(set(spoken)) == len(spoken)


@pytest.mark.parametrize("language", TOPICS)
@pytest.mark.parametrize("profile", ["student", ""])
def test_no_template_returns_to_its_role_or_to_a_neighbour_in_ten_rounds(
    language: str, profile: str
) -> None:
    cast = [(name, profile, "") for name in ("Ann", "Ben", "Cleo")]
    spoken = conversation(TOPICS[language], cast, seed=11)
    for part in templates(language):
        used = [(now, m.speaker) for now, m, _ in spoken if part in m.text]
        for (earlier, first), (later, second) in combinations(used, 2):
            assert first != second, part
            assert later - earlier > 1, part


@pytest.mark.parametrize("language", TOPICS)
def test_a_reply_is_in_the_language_of_the_topic(language: str) -> None:
    joined = " ".join(texts(conversation(TOPICS[language], rounds=4)))
    if language == "zh":
        assert "，" in joined
        assert not any("\u3040" <= character <= "\u30ff" for character in joined)
    elif language == "ja":
        assert sum("\u3040" <= character <= "\u309f" for character in joined) > 200
    else:
        words = joined.casefold().split()
        counts = {
            other: sum(words.count(word) for word in small.split())
            for other, small in SMALL_WORDS.items()
        }
        assert max(counts, key=lambda other: counts[other]) == language


def test_traditional_chinese_is_answered_in_chinese() -> None:
    assert "。" in reply(replace(SITUATION, topic="怎樣讓會議變短？", number=0, heard=()))


def test_a_language_without_a_bank_is_answered_in_english_with_its_own_words() -> None:
    spoken = " ".join(texts(conversation("회의를 짧게 하려면?", rounds=4)))
    assert "회의를" in spoken
    assert " the " in spoken


@pytest.mark.parametrize("language", TOPICS)
def test_an_answer_takes_up_a_named_speaker_and_their_words(language: str) -> None:
    for _, message, heard in conversation(TOPICS[language], rounds=6):
        if message.id != "a0":
            others = {"a": "Alex", "b": "Bob", "c": "Chalice"}
            assert any(others[turn[0]] in message.text for turn in heard), message.text
            assert any(mark in message.text for mark in "“„«「"), message.text


def test_the_topic_is_named_in_most_replies() -> None:
    spoken = texts(conversation(TOPICS["en"], rounds=10))
    named = [text for text in spoken if "street" in text or "quieter" in text or "dead" in text]
    assert len(named) > len(spoken) / 2


def test_a_code_span_is_quoted_whole_or_not_at_all() -> None:
    heard = (Heard("a0", "Alex", "Then **call** `asyncio.run(main(), debug=True)` once a day."),)
    for seed in range(30):
        text = reply(replace(SITUATION, heard=heard, seed=seed))
        assert text.count("`") % 2 == 0
        assert ("asyncio" in text) == ("`asyncio.run(main(), debug=True)`" in text)


def test_another_topic_and_another_seed_are_other_conversations() -> None:
    one = texts(conversation("How to name a cat", rounds=2))
    assert one != texts(conversation("How to name a dog", rounds=2))
    assert one != texts(conversation("How to name a cat", rounds=2, seed=8))


def test_a_persona_changes_the_manner() -> None:
    profiles = (
        "teacher",
        "student",
        "designer",
        "analyst",
        "critic",
        "poet",
        "manager",
        "engineer",
    )
    opening = replace(SITUATION, number=0, round=0, heard=(Heard("user", "user", "street"),))
    said = {profile: reply(replace(opening, profile=profile)) for profile in profiles}
    assert len({text.split(".")[0] for text in said.values()}) == len(profiles)


def test_a_reply_does_not_walk_through_a_thousand_messages() -> None:
    class Lazy(Sequence[Heard]):
        fetched = 0

        def __len__(self) -> int:
            return 1000

        def __iter__(self) -> Iterator[Heard]:
            raise AssertionError("walked")

        def __getitem__(self, index):  # type: ignore[no-untyped-def]
            assert 0 <= index < 1000
            self.fetched += 1
            return Heard(f"r{index}.1", f"Role{index}", f"We tried it {index} times last year.")

    heard = Lazy()
    for scenario in ("classroom", "street"):
        assert "Role" in reply(replace(SITUATION, scenario=scenario, heard=heard))
    assert heard.fetched < 60


def test_importing_the_voices_reads_no_data() -> None:
    script = (
        "import brainstorm_agents.voices.data_files as files\n"
        "import brainstorm_agents.voices\n"
        "assert files.load.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


# Whatever is thrown at it

anything = st.text(max_size=300) | st.sampled_from(
    [
        "",
        " ",
        "?!…",
        "🎉🎉",
        "\x00\x1b[31m",
        "{name} {0} %s",
        "a" * 10_000,
        "「」『』",
        "`a",
        "**",
        "\ud800",
    ]
)
situations = st.builds(
    Situation,
    scenario=st.sampled_from(["classroom", "street"]),
    topic=anything | st.sampled_from([*TOPICS.values(), CLASSROOM_TOPIC]),
    role=st.sampled_from(["Alex", "Bob", "李", "x"]),
    profile=anything,
    persona=anything,
    place=st.integers(0, 40),
    cast_size=st.integers(1, 40),
    number=st.integers(0, 5000),
    round=st.integers(0, 5000),
    heard=st.lists(
        st.builds(
            Heard,
            id=st.just("c1"),
            speaker=st.sampled_from(["Chalice", "user", "李"]),
            text=anything,
        ),
        max_size=6,
    ),
    said=st.lists(anything, max_size=3),
    seed=st.integers(0, 2**32),
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(situations)
def test_whatever_the_situation_there_is_one_bounded_harmless_reply(situation: Situation) -> None:
    text = reply(situation)
    assert text.strip()
    assert len(text) < 1200
    assert text == reply(situation)
    assert not any(ord(character) < 32 and character != "\n" for character in text)
    text.encode("utf-8")
