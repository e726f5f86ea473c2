"""Models: what produces a reply. One face, several small implementations."""

from collections.abc import Iterable

from brainstorm_agents.models.model import Chunk, Model, Request

MOCK = "mock"
"""The name of the embedded model."""


class Models:
    """The models of one session, each made when it is first asked for and closed with it."""

    def __init__(self, api_base: str | None = None) -> None:
        self._api_base = api_base
        self._made: dict[str, Model] = {}

    def __getitem__(self, name: str) -> Model:
        """The model of that name: `mock`, or anything that litellm knows."""
        kind = MOCK if name == MOCK else "litellm"
        if kind not in self._made:
            self._made[kind] = self._make(kind)
        return self._made[kind]

    def _make(self, kind: str) -> Model:
        # Imported here, since a session needs one of them and the other costs time.
        if kind == MOCK:
            from brainstorm_agents.models.mock import MockModel

            return MockModel()
        from brainstorm_agents.models.litellm import LitellmModel

        return LitellmModel(self._api_base)

    async def prepare(self, names: Iterable[str]) -> None:
        """Make those models ready for their first call."""
        for name in names:
            await self[name].prepare()

    async def close(self) -> None:
        """Close all that were made."""
        for model in self._made.values():
            await model.close()


__all__ = ["MOCK", "Chunk", "Model", "Models", "Request"]
