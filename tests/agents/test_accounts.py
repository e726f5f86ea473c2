"""Accounts: what every attempt has used, who told, and what it cost at the prices of its day."""

import sys

import pytest

from brainstorm_agents.bill import Bill
from brainstorm_agents.controller import Controller
from brainstorm_agents.errors import ModelError
from brainstorm_agents.events import ModelsDescribed, TurnFinished, Usage
from brainstorm_agents.models import Chunk, Request
from brainstorm_agents.models.prices import facts
from brainstorm_agents.named_model import Facts, NamedModel, Price, Retry, Timeouts
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.scenario import Role, Scenario
from brainstorm_agents.session import Session

from .casts import FakeModel, Kept, Step, cast, environment, fold, going_on, run, snapshot, virtual

PRICE = Price(1.0, 2.0)
"""A millionth of a dollar for a token sent, two for one said."""


def priced(*names: str, **said: object) -> Scenario:
    """Roles on a model with a price and a second attempt."""
    told = {"price": PRICE, "retry": Retry(attempts=2)} | said
    fast = NamedModel(model="openai/fast", **told)  # type: ignore[arg-type]
    slow = NamedModel(model="openai/slow", price=Price(10.0, 20.0), retry=Retry(attempts=1))
    roles = [Role(name=name, model="fast") for name in names]
    return cast(*roles, models={"fast": fast, "slow": slow})


async def opened(scenario: Scenario, *steps: list[Step]) -> Session:
    """An opening in which the attempts do this, one after another; and its fold, the same."""
    kept = Kept()
    model = FakeModel(otherwise=lambda request: steps[request.attempt - 1])
    env = environment(scenario, model, kept)
    await env.step()
    assert snapshot(fold(kept.events)) == snapshot(env.session)
    return env.session


def prompt_tokens(session: Session, id_: str = "a0") -> int:
    return Prompt(session, session.turns[id_]).tokens


@virtual
async def test_what_the_provider_says_is_taken_as_it_is() -> None:
    session = await opened(priced("Alex"), ["Yes.", Chunk(usage=Usage(1000, 500))])
    assert session.bill == Bill(1000, 500, usd=pytest.approx(0.002))


@virtual
async def test_what_no_provider_says_is_counted_the_prompt_and_the_thoughts_too() -> None:
    session = await opened(priced("Alex"), [Chunk(reasoning="Hm, hm. "), "Yes!"])
    sent = prompt_tokens(session)
    assert sent > 100
    assert session.bill == Bill(
        sent, 2 + 1, is_counted=True, usd=pytest.approx((sent + 2 * 3) / 1e6)
    )


@virtual
async def test_an_attempt_that_broke_off_has_used_its_prompt_and_what_came() -> None:
    session = await opened(
        priced("Alex"),
        ["Half of it", 1.0, ModelError("reset", retryable=True)],
        ["Whole.", Chunk(usage=Usage(1000, 500))],
    )
    turn = session.turns["a0"]
    assert turn.retries[0].usage == Usage(prompt_tokens(session), 3, counted=True)
    assert (turn.bill.prompt, turn.bill.completion) == (1000 + prompt_tokens(session), 503)
    assert turn.bill.is_counted


@virtual
async def test_an_attempt_that_was_refused_has_used_nothing() -> None:
    session = await opened(priced("Alex"), [ModelError("no", retryable=True)], [ModelError("no")])
    assert session.turns["a0"].phase == "failed"
    assert session.bill == Bill()


@virtual
async def test_an_attempt_that_stalled_has_used_its_prompt() -> None:
    scenario = priced("Alex", timeouts=Timeouts(first_token=5.0), retry=Retry(attempts=1))
    session = await opened(scenario, [60.0])
    assert session.bill.prompt == prompt_tokens(session)
    assert session.bill.completion == 0


@virtual
async def test_a_fallback_is_paid_by_its_own_price_and_the_first_by_its() -> None:
    session = await opened(
        priced("Alex", fallbacks=("slow",), retry=Retry(attempts=1)),
        ["Half", 1.0, ModelError("gone")],
        ["Whole.", Chunk(usage=Usage(100, 10))],
    )
    sent = prompt_tokens(session)
    assert session.bill.usd == pytest.approx((sent + 2 * 1 + 100 * 10 + 10 * 20) / 1e6)


@virtual
async def test_a_turn_that_is_stopped_and_asked_again_is_paid_twice() -> None:
    kept = Kept()
    model = FakeModel(otherwise=lambda request: ["Half", 10.0, " of it."])
    env = environment(priced("Alex"), model, kept)
    env.clock.call_later(5.0, lambda: env.stop("stopped"))
    await env.step()
    once = env.session.bill
    assert once.completion == 1
    await env.step()
    sent = prompt_tokens(env.session)
    both = env.session.bill
    assert (both.prompt, both.completion) == (2 * sent, 1 + 3)
    assert both.usd == pytest.approx((2 * sent + 2 * 4) / 1e6)
    assert snapshot(fold(kept.events)) == snapshot(env.session)


@virtual
async def test_a_session_that_was_cut_off_in_mid_reply_pays_for_that_when_it_goes_on() -> None:
    kept = Kept()
    model = FakeModel(otherwise=lambda request: ["Half", 10.0, " of it."])
    env = environment(priced("Alex"), model, kept)
    env.clock.call_later(5.0, lambda: env.stop("stopped"))
    await env.step()
    cut = next(at for at, one in enumerate(kept.events) if "Cancelled" in type(one).__name__)
    session = fold(kept.events[:cut])
    assert session.bill == Bill()
    going_on(session).reopen("reopened")
    assert session.bill == env.session.bill


@virtual
async def test_a_price_that_nobody_knows_makes_a_bill_partial_and_the_mock_does_not() -> None:
    unknown = Role(name="Bob", model="openai/any")
    scenario = cast(Role(name="Alex", model="fast"), unknown, models=priced("A").models)
    session = await run(scenario, 0, FakeModel(otherwise=lambda _: ["Yes."]))
    assert session.roles["Bob"].bill.usd is None
    assert session.roles["Bob"].bill.is_partial
    assert session.bill.usd == session.roles["Alex"].bill.usd
    assert session.bill.is_partial
    mocked = await run(cast(Role(name="Alex", params={"script": ["Yes!"]})), 0)
    assert mocked.bill == Bill(0, 1, is_counted=True)


@virtual
async def test_the_bills_of_roles_and_of_rounds_add_up_to_that_of_the_session() -> None:
    def answer(request: Request) -> list[Step]:
        return [f"{request.prompt.turn.id} speaks", Chunk(usage=Usage(8, 4))]

    session = await run(priced("Alex", "Bob", "Chalice"), 4, FakeModel(otherwise=answer))
    assert session.bill.tokens == 15 * 12
    for bills in (
        [state.bill for state in session.roles.values()],
        [round_.bill for round_ in session.rounds],
        [turn.bill for turn in session.turns.values()],
    ):
        total = sum(bills, Bill())
        assert (total.tokens, total.usd) == (180, pytest.approx(session.bill.usd))


TABLE = {
    "gpt-known": {
        "litellm_provider": "openai",
        "input_cost_per_token": 1.5e-07,
        "output_cost_per_token": 6e-07,
        "max_input_tokens": 128_000,
    },
    "openai/whisper": {"litellm_provider": "openai", "input_cost_per_second": 1e-4},
}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("openai/gpt-known", Facts(Price(0.15, 0.6), 128_000)),
        ("gpt-known", Facts(Price(0.15, 0.6), 128_000)),
        ("groq/gpt-known", Facts()),
        ("openai/whisper", Facts()),
        ("openai/nothing", Facts()),
    ],
)
def test_the_table_is_asked_for_the_model_of_that_provider(name: str, known: Facts) -> None:
    assert facts(name, TABLE) == known


@virtual
async def test_the_price_of_a_day_is_kept_in_the_log_whatever_becomes_of_the_table() -> None:
    kept = Kept()
    alex = Role(name="Alex", model="openai/gpt-known")
    model = FakeModel(otherwise=lambda _: ["Yes.", Chunk(usage=Usage(1_000_000, 0))])
    env = environment(cast(alex), model, kept)
    told = Facts(Price(0.15, 0.6))
    env.models.facts = lambda model, params: told  # type: ignore[method-assign]
    await Controller(env, 0).run_to_end()
    assert [event.models for event in kept.of(ModelsDescribed)] == [{"openai/gpt-known": told}]
    assert kept.of(TurnFinished)
    before = set(sys.modules)
    assert fold(kept.events).bill.usd == 0.15
    assert set(sys.modules) == before
