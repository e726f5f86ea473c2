"""The cast and the rules of a session, frozen: what a scenario is once it has been read."""

from functools import cached_property
from typing import Any, Literal, get_args

import msgspec

from brainstorm_agents import names
from brainstorm_agents.fault import Fault
from brainstorm_agents.named_model import NamedModel

ScheduleName = Literal["simultaneous", "sequential", "eager"]
"""How the turns of a round are taken."""

SCHEDULE_NAMES: tuple[ScheduleName, ...] = get_args(ScheduleName)


class Memory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How much of a conversation a role is told, the newest of it."""

    tokens: int | None = None
    """Of its prompt as a whole; None where only its model's window limits that."""


NO_LIMIT = Memory()
"""One object, so that a log need not name it."""


class Role(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who speaks."""

    name: str
    profile: str = ""
    """What the role is, in a word or two: teacher."""
    persona: str = ""
    """How it speaks and what it wants, for the prompt."""
    watch: tuple[str, ...] | Literal["all"] = "all"
    """Whom it listens to; `all` means all other roles."""
    model: str = "mock"
    """The name of an entry of the scenario's `models`; `mock`; `recorded:LOG`; or any model that
    litellm can call."""
    memory: Memory = NO_LIMIT
    params: dict[str, Any] = {}
    """Passed to the model, the scenario's defaults and the named model's params merged in."""


class Stop(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stops a session before its rounds are done; asked after each round."""

    time: float | None = None
    """Seconds of session time with turns under way."""
    word: tuple[str, ...] = ()
    """Words one of which a role says."""
    circles: bool = True
    """Whether going in circles does: round after round without news."""


class Budget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a session may use; None where there is no limit."""

    usd: float | None = None
    tokens: int | None = None
    """Prompts and replies together."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """The cast and the rules, as resolved: nothing is left to look up.

    Raises:
        ValueError: Two roles have one name, or one that is mentioned does not exist.
    """

    name: str
    topic: str = ""
    rounds: int = 3
    """Rounds after the opening, which is round 0."""
    opener: str | None = None
    """Who hears the user and speaks first; with `None`, all do."""
    max_concurrency: int = 16
    """Calls under way at the same time, at most."""
    roles: tuple[Role, ...]
    models: dict[str, NamedModel] = {}
    """Models by the names that roles and fallbacks call them."""
    description: str = ""
    schedule: ScheduleName = "simultaneous"
    """How its rounds run, unless somebody chooses otherwise on the way."""
    stop: Stop = Stop()
    faults: tuple[Fault, ...] = ()
    """What goes wrong because the scenario asks for it."""
    budget: Budget = Budget()

    def __post_init__(self) -> None:
        if len({names.identity(role.name) for role in self.roles}) < len(self.roles):
            raise ValueError("two roles have the same name")
        mentioned = {name for role in self.roles if role.watch != "all" for name in role.watch}
        mentioned |= {fault.role for fault in self.faults}
        if self.opener is not None:
            mentioned.add(self.opener)
        if unknown := mentioned - self._places.keys():
            raise ValueError(f"there is no role called {min(unknown)!r}")

    def role(self, name: str) -> Role:
        """The role called `name`.

        Raises:
            KeyError: No role is.
        """
        return self.roles[self._places[name]]

    def model(self, name: str) -> NamedModel:
        """The entry of `models` called `name`; where there is none, that model by the defaults."""
        found = self.models.get(name) or self._unlisted.get(name)
        if found is None:
            found = self._unlisted[name] = NamedModel(model=name)
        return found

    def label(self, name: str) -> str:
        """What people are told of the model called `name`: `fast (openai/gpt-4o-mini)`."""
        model = self.model(name).model
        return name if name == model else f"{name} ({model})"

    @property
    def labels(self) -> list[str]:
        """The same of the models of the cast, each once, in the cast's order."""
        return [self.label(name) for name in dict.fromkeys(role.model for role in self.roles)]

    def models_in_turn(self, name: str) -> tuple[str, ...]:
        """The names of the models to ask, in order: that one, then its fallbacks with theirs."""
        if name not in self._chains:
            asked: dict[str, None] = {}
            ahead = [name]
            while ahead:
                if (next_ := ahead.pop()) not in asked:
                    asked[next_] = None
                    ahead += reversed(self.model(next_).fallbacks)
            self._chains[name] = tuple(asked)
        return self._chains[name]

    def fault(self, name: str, turn: int) -> Fault | None:
        """What goes wrong with a role's turn of that number."""
        return self._faults.get((name, turn))

    def watched(self, name: str) -> tuple[str, ...]:
        """The names of the roles that `name` listens to, in the cast's order."""
        watch = self.role(name).watch
        if watch == "all":
            return tuple(role.name for role in self.roles if role.name != name)
        return tuple(sorted(watch, key=self._places.__getitem__))

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """What the ids of each role's messages start with: `a` in `a0`, `r12.` in `r12.3`."""
        return names.prefixes(role.name for role in self.roles)

    @cached_property
    def _unlisted(self) -> dict[str, NamedModel]:
        """The models that were asked for and have no entry."""
        return {}

    @cached_property
    def _chains(self) -> dict[str, tuple[str, ...]]:
        """What `models_in_turn` has found."""
        return {}

    @cached_property
    def _faults(self) -> dict[tuple[str, int | None], Fault]:
        return {(fault.role, fault.turn): fault for fault in self.faults}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {role.name: place for place, role in enumerate(self.roles)}
