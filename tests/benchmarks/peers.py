# ruff: noqa: T201 - what is measured is printed
"""The engine beside LangGraph and AutoGen, on the same work, in the same run.

    make peers

Roles that all hear each other speak in rounds, all of a round at once, each with one line that is
there at once: what is left is what the frameworks add. Each is written as its own documentation
writes it, in the leanest way that we found; of AutoGen's teams only a manager of our own lets
several speak at a time, so its round robin, one after another, stands beside it. No log, no
checkpoints. Imports are left out, and so is compiling LangGraph's graph, which is done once.

It runs in an environment of its own, `.venv-peers`, which the make target builds.
"""

import argparse
import asyncio
import gc
import operator
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib import metadata
from typing import Annotated, Any, TypedDict

from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import Response
from autogen_agentchat.messages import BaseChatMessage, TextMessage
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_agentchat.teams._group_chat._round_robin_group_chat import RoundRobinGroupChatManager
from langgraph.graph import END, START, StateGraph

from brainstorm_agents.cast import Role, Scenario, Stop
from brainstorm_agents.clock import LoopClock
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.environment import Environment
from brainstorm_agents.journal import NoJournal
from brainstorm_agents.models import Models
from brainstorm_tui.cli import GC_THRESHOLD

LINE = "Bees dance maps."

WORKS = ((3, 400), (30, 10))
"""Roles and rounds."""

Work = Callable[[], Awaitable[int]]
"""Does the work, and gives the number of turns."""


def main() -> None:
    """Measure, and print a table for each work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of each (default 7)")
    runs = parser.parse_args().runs
    gc.set_threshold(GC_THRESHOLD)  # As the program has it; for all of them.
    versions = [f"{name} {metadata.version(name)}" for name in ("langgraph", "autogen-agentchat")]
    print(", ".join(versions))
    for roles, rounds in WORKS:
        taken = asyncio.run(measure(roles, rounds, runs))
        ours = taken["brainstorm-tui"]
        print(f"\n{roles} roles, {rounds} rounds; ms a turn (medians, {runs} runs), × ours")
        for name, ms in taken.items():
            print(f"  {name:24} {ms:7.4f} {ms / ours:7.1f}")


async def measure(roles: int, rounds: int, runs: int) -> dict[str, float]:
    """Milliseconds a turn of each; they run in turns, so that all meet the same machine."""
    works: dict[str, Work] = {
        "a bare gather": gathering(roles, rounds),
        "brainstorm-tui": ours(roles, rounds),
        "LangGraph": langgraph(roles, rounds),
        "AutoGen, all speak": autogen(roles, rounds, Together),
        "AutoGen, round robin": autogen(roles, rounds, RoundRobinGroupChat),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for run in range(runs + 1):
        for name, work in works.items():
            gc.collect()
            began = time.perf_counter()
            turns = await work()
            passed = time.perf_counter() - began
            assert turns == roles * rounds, (name, turns)
            if run:  # The first one warms up.
                taken[name].append(passed / turns * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


def gathering(roles: int, rounds: int) -> Work:
    """Coroutines, and nothing else."""

    async def reply() -> str:
        await asyncio.sleep(0)
        return LINE

    async def work() -> int:
        said: list[str] = []
        for _ in range(rounds):
            said += await asyncio.gather(*(reply() for _ in range(roles)))
        return len(said)

    return work


def ours(roles: int, rounds: int) -> Work:
    """The engine, the mock model, no log."""
    params = {"script": (LINE,), "latency": 0}
    cast = tuple(Role(name=f"Role{number}", watch="all", params=params) for number in range(roles))
    scenario = Scenario(
        name="peers", topic="Why?", roles=cast, max_concurrency=roles, stop=Stop(circles=False)
    )

    async def work() -> int:
        environment = Environment(Models(), LoopClock(), NoJournal())
        environment.open(scenario, seed=7, version="0", started_at="2026-11-23T12:00:00Z")
        controller = Controller(environment, rounds - 1)  # The opening is a round too.
        await controller.run_to_end()
        await controller.close(Reason.INTERRUPTED)
        return len(environment.session.published) - 1

    return work


class _State(TypedDict):
    said: Annotated[list[str], operator.add]
    rounds: int


def langgraph(roles: int, rounds: int) -> Work:
    """A node a role, all of them in one superstep; one router sends the round round again."""

    async def reply(state: _State) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"said": [LINE]}

    async def first(state: _State) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"said": [LINE], "rounds": state["rounds"] - 1}

    names = [f"Role{number}" for number in range(roles)]

    def onward(state: _State) -> Sequence[str]:
        return names if state["rounds"] else [END]

    graph = StateGraph(_State)
    for place, name in enumerate(names):
        graph.add_node(name, reply if place else first)
        graph.add_edge(START, name)
    graph.add_conditional_edges(names[0], onward, [*names, END])
    compiled = graph.compile()

    async def work() -> int:
        state = await compiled.ainvoke(
            {"said": [], "rounds": rounds}, {"recursion_limit": rounds + 2}
        )
        return len(state["said"])

    return work


class _Speaker(BaseChatAgent):
    """An agent that says its line."""

    @property
    def produced_message_types(self) -> Sequence[type[BaseChatMessage]]:
        return (TextMessage,)

    async def on_messages(self, messages: Sequence[BaseChatMessage], token: Any) -> Response:
        await asyncio.sleep(0)
        return Response(chat_message=TextMessage(content=LINE, source=self.name))

    async def on_reset(self, token: Any) -> None:
        """Nothing is kept."""


class _AllAtOnce(RoundRobinGroupChatManager):
    async def select_speaker(self, thread: Any) -> list[str] | str:
        return self._participant_names


class Together(RoundRobinGroupChat):
    """A team in which all speak in every turn."""

    def _create_group_chat_manager_factory(self, **options: Any) -> Callable[[], Any]:
        return lambda: _AllAtOnce(**options, emit_team_events=self._emit_team_events)


def autogen(roles: int, rounds: int, team: type[RoundRobinGroupChat]) -> Work:
    """A team of agents that each say one line."""

    async def work() -> int:
        speakers = [_Speaker(f"Role{number}", "It speaks.") for number in range(roles)]
        # A turn of the team is a round where all speak in it, and one line where one does.
        turns = rounds if team is Together else rounds * roles
        result = await team(speakers, max_turns=turns).run(task="Why?")
        return len(result.messages) - 1

    return work


if __name__ == "__main__":
    main()
