"""What a session will ask of real models, before it does: found by playing it on the mock.

Who speaks in which round does not depend on what is said, so the number of calls is exact as long
as none fails. The tokens are an estimate: each reply is taken to be as long as the prompt allows.
"""

import asyncio
from dataclasses import dataclass

import msgspec

from brainstorm_agents import tokens
from brainstorm_agents.cast import Role, Scenario, Stop
from brainstorm_agents.clock import VirtualLoop
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.models import MOCK, is_real
from brainstorm_agents.prompt import Prompt
from brainstorm_agents.session import Session
from brainstorm_tui.launch import Launch, start

REPLY_TOKENS = 110
"""About 80 words of English, which is what the prompt allows."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one session to one model."""

    model: str
    """As the scenario names it."""
    number: int
    prompt: int
    """Tokens of all the prompts, estimated."""
    completion: int
    """Tokens of all the replies, estimated."""


def real_models(scenario: Scenario) -> list[str]:
    """What a cast calls its models that are neither the mock nor recorded, in its order."""
    names = dict.fromkeys(role.model for role in scenario.roles)
    return [name for name in names if is_real(scenario.model(name).model)]


def estimate(launch: Launch) -> list[Calls]:
    """The calls of a session to each real model; nobody is asked."""
    if not real_models(launch.scenario):
        return []
    session = _played(launch)
    return [_calls(model, launch.scenario, session) for model in real_models(launch.scenario)]


def _calls(model: str, scenario: Scenario, session: Session) -> Calls:
    turns = [turn for turn in session.turns.values() if scenario.role(turn.role).model == model]
    return Calls(
        model,
        len(turns),
        sum(
            tokens.count(message["content"])
            for turn in turns
            for message in Prompt(session, turn).messages()
        ),
        len(turns) * REPLY_TOKENS,
    )


def _played(launch: Launch) -> Session:
    roles = tuple(_on_mock(role) for role in launch.scenario.roles)
    # At most so many calls: no rule ends it early, and nothing goes wrong.
    scenario = msgspec.structs.replace(
        launch.scenario, roles=roles, stop=Stop(circles=False), faults=()
    )

    async def play() -> Session:
        controller: Controller = start(
            Launch(scenario=scenario, seed=launch.seed, speed=0), is_attended=False
        )
        await controller.run_to_end()
        await controller.close(Reason.QUIT)
        return controller.session

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(play())


def _on_mock(role: Role) -> Role:
    params = {"latency": 0, "tokens": REPLY_TOKENS}
    return msgspec.structs.replace(role, model=MOCK, params=params)
