"""The rules that stop a session before its rounds are done, each told by its name."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest

from brainstorm_agents import scenario as scenarios
from brainstorm_agents.cast import Scenario, Stop
from brainstorm_agents.controller import Controller
from brainstorm_agents.errors import ScenarioError
from brainstorm_agents.events import SessionResumed
from brainstorm_agents.stop_rules import news

from .casts import (
    Kept,
    cast,
    environment,
    fold,
    going_on,
    role,
    run,
    virtual,
)

OPENING = (
    "To sell more bread, bake it where people can smell it: put the oven at the door, and let the"
    " six o'clock loaf be the advertisement."
)
THANKS = (
    (
        OPENING,
        "Thank you, Bob! That is a wonderful idea.",
        "Thanks again, Bob. I completely agree with you.",
        "You're welcome! It was great working with you all.",
        "Thank you so much! Have a great day.",
        "Goodbye, and thanks again!",
    ),
    (
        "Thank you, Alex! I agree completely.",
        "You're very welcome, Alex! I agree, great idea.",
        "Thanks, and it was great working with you too!",
        "You too! Have a wonderful day.",
        "Goodbye! Thanks for everything.",
    ),
    (
        "I agree with both of you. Great ideas!",
        "Great point, I agree. Thank you, Alex and Bob!",
        "Thank you all! It was a pleasure.",
        "Have a great day, everyone! Goodbye.",
        "Thanks again and goodbye!",
    ),
)
DANKE = (
    (
        "Wir backen das Brot dort, wo man es riechen kann: den Ofen an die Tür.",
        "Danke, Bob! Das ist eine wunderbare Idee.",
        "Nochmals danke, Bob. Ich stimme dir ganz zu.",
        "Gern geschehen! Vielen Dank auch dir, Bob.",
        "Danke, Bob, ich stimme dir zu.",
    ),
    (
        "Danke, Alex! Ich stimme dir zu.",
        "Gern geschehen, Alex! Eine wunderbare Idee.",
        "Danke, Alex, ich stimme dir auch zu!",
        "Vielen Dank auch dir, Alex!",
    ),
    (
        "Ich stimme euch beiden zu. Wunderbare Idee!",
        "Ich stimme zu, danke Alex und Bob!",
        "Vielen Dank euch beiden!",
        "Danke, Alex, danke, Bob!",
    ),
)
XIEXIE = (
    (
        "把烤箱放在门口，让人闻到面包的香味。",
        "谢谢你，Bob！真是个好主意。",
        "我完全同意，谢谢！",
        "谢谢你，好主意！",
        "谢谢，Bob！",
    ),
    (
        "谢谢你，Alex！我完全同意。",
        "不客气，Alex！我同意，好主意。",
        "谢谢你，好主意！",
        "我完全同意，谢谢！",
        "谢谢，Alex！",
    ),
    (
        "我同意你们的看法，好主意！",
        "说得好，我同意。谢谢大家！",
        "谢谢，我完全同意！",
        "谢谢你，好主意！",
        "谢谢大家！",
    ),
)


def saying(lines: Sequence[Sequence[str]], **rules: object) -> Scenario:
    """Alex, Bob and Chalice, who say these lines."""
    names = ("Alex", "Bob", "Chalice")
    roles = (role(n, script=list(own)) for n, own in zip(names, lines, strict=True))
    return cast(*roles, opener="Alex", stop=Stop(**rules))  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def attended(scenario: Scenario, rounds: int) -> AsyncIterator[Controller]:
    controller = Controller(environment(scenario), rounds, is_attended=True)
    serving = asyncio.create_task(controller.serve())
    yield controller
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


# ------------------------------------------------------------------------------- going in circles


@pytest.mark.parametrize("lines", [THANKS, DANKE, XIEXIE], ids=["English", "German", "Chinese"])
@virtual
async def test_thanks_and_agreement_end_a_session_by_the_fourth_round(
    lines: Sequence[Sequence[str]],
) -> None:
    session = await run(saying(lines), 30)
    assert session.ended == "circles"
    assert 2 <= session.finished_round <= 4


@virtual
async def test_somebody_who_is_there_is_asked_and_may_go_on_to_be_asked_anew() -> None:
    async with attended(saying(THANKS), 30) as controller:
        controller.open(is_run=True)
        await asyncio.sleep(10)
        assert (controller.session.paused, controller.session.ended) == ("circles", None)
        first = controller.session.finished_round
        controller.run()
        await asyncio.sleep(10)
        assert controller.session.paused == "circles"
        assert controller.session.finished_round > first + 2


@virtual
async def test_without_the_rule_they_thank_each_other_to_the_last_round() -> None:
    session = await run(saying(THANKS, circles=False), 12)
    assert (session.ended, session.finished_round) == ("rounds", 12)


@virtual
async def test_short_answers_that_are_all_news_are_no_circles() -> None:
    script = ["Paris.", "Rome.", "Oslo.", "Bern.", "Riga.", "Kyiv.", "Lima."]
    lines = [[f"{one}{n}" for one in script] for n in range(3)]
    session = await run(saying(lines), 6)
    assert session.ended == "rounds"


@virtual
async def test_a_thought_in_the_midst_of_thanks_is_news() -> None:
    lines = [list(own) for own in THANKS]
    for own in lines:
        own[3] = "A van could carry warm rolls to every school gate before the bell rings " + own[0]
    session = await run(saying(lines), 3)
    assert session.ended == "rounds"


TOPICS = (
    None,
    "Why?",
    "Wie lernen Kinder am besten rechnen?",
    "Comment vendre moins de pain ?",
    "¿Cómo enseñamos a los niños a ahorrar?",
    "Come vendere più pane?",
    "Como podemos vender mais pão?",
    "Что делать с дождём?",
    "如何让异步编程变得有趣？",
    "非同期プログラミングを楽しく学ぶには？",
)


SMALL = [name for name in scenarios.builtin_names() if len(scenarios.load(name).roles) < 9]


@pytest.mark.parametrize(
    ("name", "topic"),
    [*((name, topic) for name in SMALL for topic in TOPICS), ("small-town", TOPICS[-1])],
)
@virtual
async def test_the_mock_has_something_to_say_for_thirty_rounds(
    name: str, topic: str | None
) -> None:
    scenario = scenarios.with_overrides(scenarios.load(name), topic=topic, rounds=30)
    for seed in range(2):
        env = environment(scenario, seed=seed)
        await Controller(env, 30).run_to_end()
        assert env.session.ended in ("rounds", "quiet")


@virtual
async def test_what_is_new_is_measured_against_what_the_speaker_has_in_mind() -> None:
    lines = [["Bake bread."], ["Bread sells well."], ["Bread sells well, says Bob."]]
    session = await run(saying(lines, circles=False), 2)
    # Bob: sells, well; Chalice: the same, and says, Bob.
    assert news(session, session.rounds[1]) == (3.0, pytest.approx(6 / 8))
    # All say what they have said; but Alex has heard it all, and the others each other.
    assert news(session, session.rounds[2]) == (0.0, 0.0)


# ---------------------------------------------------------------------------------- a word, a time


@pytest.mark.parametrize(
    ("word", "text", "is_said"),
    [
        ("DONE", "I am done.", True),
        ("DONE", "**Done**!", True),
        ("DONE", "What you have abandoned", False),
        ("we agree", "Well, We\n Agree.", True),
        ("完成", "我们完成了。", True),
        ("ende", "Am Ende", True),
        ("ende", "Alle Enden", False),
        ("[DONE]", "so: [done]", True),
        ("STRASSE", "die Straße", True),
    ],
)
@virtual
async def test_a_word_stops_it_where_it_is_said_as_a_whole(
    word: str, text: str, is_said: bool
) -> None:
    scenario = saying([["Begin"], [text], ["Hm"]], word=(word,), circles=False)
    session = await run(scenario, 3)
    assert session.ended == ("word" if is_said else "rounds")
    assert session.finished_round == (1 if is_said else 3)


@virtual
async def test_the_word_in_the_topic_or_from_the_user_stops_nothing() -> None:
    scenario = saying([["a"], ["b"], ["c"]], word=("bees",), circles=False)
    assert (await run(scenario, 2)).ended == "rounds"


@virtual
async def test_time_is_up_after_the_round_in_which_it_runs_out() -> None:
    scenario = cast(role("Alex", latency=2), role("Bob", latency=2), stop=Stop(time=5))
    session = await run(scenario, 9)
    assert (session.ended, session.finished_round, session.t) == ("time", 2, 6.0)


@virtual
async def test_time_in_which_nobody_speaks_does_not_count_and_going_on_gives_as_much_again() -> (
    None
):
    scenario = cast(
        role("Alex", latency=2), role("Bob", latency=2), stop=Stop(time=5, circles=False)
    )
    async with attended(scenario, 9) as controller:
        controller.open()
        await asyncio.sleep(100)
        controller.run()
        await asyncio.sleep(100)
        assert (controller.session.paused, controller.session.finished_round) == ("time", 2)
        controller.run()
        await asyncio.sleep(100)
        assert (controller.session.paused, controller.session.finished_round) == ("time", 5)


@virtual
async def test_in_the_last_round_it_is_the_rounds_that_end_a_session() -> None:
    scenario = saying([["a"], ["DONE"], ["c"]], word=("DONE",))
    assert (await run(scenario, 1)).ended == "rounds"


@virtual
async def test_a_log_tells_that_somebody_went_on_in_spite_of_a_rule() -> None:
    kept = Kept()
    scenario = saying([["a"], ["DONE"], ["c"]], word=("DONE",))
    first = Controller(environment(scenario, journal=kept), 3)
    await first.run_to_end()
    assert first.session.ended == "word"
    second = Controller(going_on(first.session, journal=kept), 3)
    await second.run_to_end()
    assert [event.reason for event in kept.of(SessionResumed)] == ["user"]
    again = fold(kept.events)
    assert (again.ended, again.finished_round, again.overruled["word"].round) == ("word", 2, 1)


# ------------------------------------------------------------------------------- in a scenario


HEAD = "name: x\nroles: [{name: Ann}]\n"


def test_a_scenario_names_its_rules() -> None:
    assert scenarios.parse(HEAD, "x").stop == Stop(time=None, word=(), circles=True)
    text = HEAD + "stop: {time: 600, word: [DONE, it is so, DONE], circles: false}\n"
    assert scenarios.parse(text, "x").stop == Stop(
        time=600, word=("DONE", "it is so"), circles=False
    )
    assert scenarios.parse(HEAD + "stop: {word: DONE}\n", "x").stop.word == ("DONE",)


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        ("5", "x:3:7: stop is the number 5, not a mapping; write it like this: "),
        ("{tme: 5}", "x:3:8: unknown key 'tme' in stop; did you mean 'time'?"),
        ("{rounds: 5}", "it belongs to the scenario, beside 'stop'"),
        ("{time: 0}", "x:3:14: time is the number 0; write a number from more than 0 to 86,400"),
        ("{time: soon}", "x:3:14: time is the text 'soon'; write a number from more than 0"),
        ("{word: [a, '']}", "x:3:18: a word is empty; write it like this: word: [DONE, AGREED]"),
        ("{word: 5}", "x:3:14: word is the number 5, not a list; write it like this: "),
        ("{circles: 1}", "circles is the number 1; write circles: true, or circles: false"),
    ],
)
def test_what_is_wrong_with_them_is_told_with_its_place_and_a_remedy(
    stop: str, message: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenarios.parse(f"{HEAD}stop: {stop}\n", "x")
    assert message in str(caught.value)
