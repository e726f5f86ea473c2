"""The budget: a round that could use more is not begun, and no attempt is made that could."""

import asyncio
import math

import pytest
from msgspec.structs import replace

from brainstorm_agents.bill import Bill
from brainstorm_agents.budget import lack_of
from brainstorm_agents.budget_section import written
from brainstorm_agents.cast import Budget
from brainstorm_agents.controller import Controller
from brainstorm_agents.errors import ModelError, ScenarioError
from brainstorm_agents.events import BudgetChosen, Usage
from brainstorm_agents.models import Chunk, Request
from brainstorm_agents.named_model import NamedModel, Price, Retry
from brainstorm_agents.reply_length import MAX_TOKENS, MOCK_TOKENS
from brainstorm_agents.scenario import Role, Scenario, parse
from brainstorm_agents.schedules import SCHEDULES
from brainstorm_agents.session import Session

from .casts import FakeModel, Kept, Step, cast, environment, fold, phases, run, snapshot, virtual

PRICE = Price(1.0, 2.0)
REPLY = 100
"""What a reply of the priced models may say."""


def priced(*names: str, budget: Budget, attempts: int = 1, **said: object) -> Scenario:
    """Roles that all open, on a model with a price and a limit to its replies."""
    told = {"price": PRICE, "params": {"max_tokens": REPLY}} | said
    fast = NamedModel(model="openai/fast", retry=Retry(attempts=attempts), **told)  # type: ignore[arg-type]
    roles = [Role(name=name, model="fast", params=fast.params) for name in names]
    return cast(*roles, models={"fast": fast}, budget=budget)


def using(prompt: int, completion: int) -> list[Step]:
    """A reply of which the provider says what it has used."""
    return ["Yes.", Chunk(usage=Usage(prompt, completion))]


async def ended(scenario: Scenario, model: FakeModel, rounds: int = 20) -> Session:
    """A session without anybody there."""
    kept = Kept()
    controller = Controller(environment(scenario, model, kept), rounds)
    await controller.run_to_end()
    assert snapshot(fold(kept.events)) == snapshot(controller.session)
    return controller.session


# ---------------------------------------------------------------------------- how much is spent


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
@pytest.mark.parametrize("seed", range(100))
def test_a_thousand_tokens_and_replies_of_300_stop_in_time(seed: int, schedule: str) -> None:
    @virtual
    async def play() -> Session:
        roles = [
            Role(name=name, params={"tokens": 300, "latency": 1 + place / 8})
            for place, name in enumerate(("Alex", "Bob", "Chalice"))
        ]
        scenario = cast(*roles, opener="Alex", budget=Budget(tokens=1000), schedule=schedule)
        controller = Controller(environment(scenario, seed=seed), 20)
        await controller.run_to_end()
        return controller.session

    session = play()
    assert session.ended == "budget"
    assert 300 < session.bill.tokens <= 1000
    assert all(turn.phase == "done" for turn in session.turns.values())


@virtual
async def test_a_round_that_does_not_fit_waits_whole() -> None:
    model = FakeModel(otherwise=lambda _: using(100, 100))
    session = await ended(priced("Alex", "Bob", budget=Budget(tokens=1200)), model)
    # The prompts are of about 200 tokens: two rounds of two fit, and no single turn of a third.
    assert [len(round_.turns) for round_ in session.rounds] == [2, 2]
    assert session.bill.tokens == 4 * 200
    assert session.ended == "budget"


@virtual
async def test_every_attempt_that_may_be_made_is_set_aside_with_those_of_the_fallbacks() -> None:
    slow = NamedModel(model="openai/slow", retry=Retry(attempts=2), price=Price(10.0, 20.0))
    scenario = priced("Alex", budget=Budget(tokens=1), attempts=3, fallbacks=("slow",))
    scenario = replace(scenario, models=scenario.models | {"slow": slow})
    session = environment(scenario, FakeModel()).session
    lack = lack_of(session)
    assert lack is not None
    prompt = (lack.needed.tokens - 3 * REPLY - 2 * MAX_TOKENS) / 5
    assert 100 < prompt < 300
    assert prompt == int(prompt)
    dollars = 3 * (prompt + 2 * REPLY) + 2 * (10 * prompt + 20 * MAX_TOKENS)
    assert lack.needed.usd == pytest.approx(dollars / 1e6)


@virtual
async def test_it_is_overspent_by_what_replies_say_beyond_their_limit_and_no_more() -> None:
    budget = 1500
    model = FakeModel(otherwise=lambda _: using(200, 3 * REPLY))
    session = await ended(priced("Alex", "Bob", "Cleo", budget=Budget(tokens=budget)), model)
    assert session.ended == "budget"
    last = len(session.rounds[-1].turns)
    assert session.bill.tokens <= budget + last * 2 * REPLY


@virtual
async def test_another_attempt_is_not_made_if_the_budget_does_not_hold_it_any_more() -> None:
    def answer(request: Request) -> list[Step]:
        if request.prompt.turn.role == "Bob":
            return using(200, 2000)
        return [10.0, ModelError("busy", retryable=True)]

    scenario = priced("Alex", "Bob", budget=Budget(tokens=2000), attempts=3)
    model = FakeModel(otherwise=answer)
    session = await ended(scenario, model, 0)
    alex = session.turns["a0"]
    assert (alex.phase, alex.attempt) == ("failed", 1)
    assert alex.reason.startswith("openai/fast: not asked: it could use 2")
    assert alex.reason.endswith("and the budget has 0 tokens left")


@virtual
async def test_dollars_hold_like_tokens_and_the_mock_costs_none() -> None:
    model = FakeModel(otherwise=lambda _: using(200, 100))
    session = await ended(priced("Alex", "Bob", budget=Budget(usd=0.002)), model)
    assert session.ended == "budget"
    assert session.bill.usd is not None
    assert 0.0008 <= session.bill.usd <= 0.002
    mocked = cast(Role(name="Alex"), budget=Budget(usd=0.0001))
    assert (await run(mocked, 0)).ended == "rounds"


@virtual
async def test_with_a_budget_a_reply_always_has_a_limit_and_without_one_it_is_left_alone() -> None:
    for budget, params, told in (
        (Budget(tokens=10_000), {}, {"max_tokens": MAX_TOKENS}),
        (Budget(tokens=10_000), {"max_completion_tokens": 9}, {"max_completion_tokens": 9}),
        (Budget(), {}, {}),
    ):
        model = FakeModel()
        await run(priced("Alex", budget=budget, params=params), 0, model)
        assert [dict(request.params) for request in model.asked] == [told]


@virtual
async def test_the_mock_says_no_more_than_is_set_aside_for_it() -> None:
    roles = [Role(name=name, params={"latency": 0}) for name in ("Alex", "Bob", "Chalice")]
    session = await run(cast(*roles, opener="Alex"), 10)
    assert max(turn.tokens for turn in session.turns.values()) <= MOCK_TOKENS


# ------------------------------------------------------------------------------ going on


@virtual
async def test_where_somebody_is_there_the_session_pauses_and_says_what_it_would_take() -> None:
    kept = Kept()
    model = FakeModel(otherwise=lambda _: using(100, 100))
    env = environment(priced("Alex", "Bob", budget=Budget(tokens=600)), model, kept)
    controller = Controller(env, 3, is_attended=True)
    serving = asyncio.create_task(controller.serve())
    controller.open(is_run=True)
    await asyncio.sleep(1)
    assert (controller.session.paused, len(controller.session.rounds)) == ("budget", 1)
    lack = controller.lack()
    assert lack is not None
    assert (lack.turns, lack.left.tokens, lack.left.usd) == (2, 200, math.inf)

    controller.step()
    await asyncio.sleep(1)
    assert (controller.session.paused, len(controller.session.rounds)) == ("budget", 1)

    controller.raise_budget()
    controller.step()
    await asyncio.sleep(1)
    assert len(controller.session.rounds) == 2
    assert [event.budget for event in kept.of(BudgetChosen)] == [
        Budget(tokens=int(400 + lack.needed.tokens))
    ]
    assert snapshot(fold(kept.events)) == snapshot(controller.session)
    serving.cancel()
    await controller.close("quit")  # type: ignore[arg-type]


@virtual
async def test_who_is_given_a_line_by_the_person_needs_no_budget() -> None:
    env = environment(priced("Alex", budget=Budget(tokens=1)), FakeModel())
    assert not await env.step()
    env.take_over("Alex", "I say it myself.")
    assert await env.step()
    assert phases(env.session) == {"a0": "done"}
    assert env.session.bill == Bill()


@virtual
async def test_what_a_model_had_said_before_it_was_taken_over_is_paid() -> None:
    env = environment(priced("Alex", budget=Budget()), FakeModel({"a0": ["Half of it", 10.0]}))
    env.clock.call_later(5.0, lambda: env.take_over("Alex", "Mine."))
    await env.step()
    assert env.session.turns["a0"].text == "Mine."
    assert env.session.bill.completion == 3
    assert env.session.bill.prompt > 100


# ------------------------------------------------------------------------------ writing it


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("0.50", Budget(usd=0.5)),
        ("$2", Budget(usd=2)),
        (".5", Budget(usd=0.5)),
        ("20000tok", Budget(tokens=20_000)),
        ("20000 tokens", Budget(tokens=20_000)),
        ("0.50, 20000tok", Budget(usd=0.5, tokens=20_000)),
    ],
)
def test_it_is_written_in_dollars_in_tokens_or_in_both(text: str, budget: Budget) -> None:
    assert written(text, Budget()) == budget


def test_what_is_not_named_stays_as_it_is() -> None:
    assert written("9tok", Budget(usd=1.0, tokens=5)) == Budget(usd=1.0, tokens=9)


@pytest.mark.parametrize(
    "text", ["", "a lot", "-1", "0", "0tok", "1.5tok", "$5tok", "1,2", "1tok,2tok", "1e99", "nan"]
)
def test_what_is_no_budget_is_refused_with_the_option(text: str) -> None:
    with pytest.raises(ScenarioError, match="--budget"):
        written(text, Budget())


def test_a_scenario_has_one_and_mistakes_have_their_place() -> None:
    text = "name: x\nroles: [{name: Ann}]\nbudget: {usd: 0.5, tokens: 100}\n"
    assert parse(text, "x.yaml").budget == Budget(usd=0.5, tokens=100)
    with pytest.raises(ScenarioError, match=r"x.yaml:3:15: usd is .*, such as 0.50"):
        parse(text.replace("0.5", "0"), "x.yaml")
    with pytest.raises(ScenarioError, match="unknown key 'dollars' in budget"):
        parse(text.replace("usd", "dollars"), "x.yaml")
