"""Models: what produces a reply. One face, several small implementations."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainstorm_agents.models.model import Chunk, Model, Request
from brainstorm_agents.named_model import Facts, NamedModel
from brainstorm_agents.parameters import MOCK, RECORDED, is_real

if TYPE_CHECKING:
    from brainstorm_agents.recording import Recording


class Models:
    """The models of one session, each made when it is first asked for and closed with it.

    Args:
        api_base: The address of a server to ask instead of the providers' own.
        recordings: What recorded models play, by their names; of others the log is read.
    """

    def __init__(
        self, api_base: str | None = None, recordings: "Mapping[str, Recording] | None" = None
    ) -> None:
        self.api_base = api_base
        """The address of a server that all real models are asked at, if the user has named one."""
        self._recordings = recordings or {}
        self._made: dict[str, Model] = {}

    def __getitem__(self, name: str) -> Model:
        """The model of that name: `mock`, `recorded:LOG`, or anything that litellm knows."""
        kind = "litellm" if is_real(name) else name
        if kind not in self._made:
            self._made[kind] = self._make(kind)
        return self._made[kind]

    def _make(self, kind: str) -> Model:
        # Imported here, since a session needs one of them and the other costs time.
        if kind == MOCK:
            from brainstorm_agents.models.mock import MockModel

            return MockModel()
        if kind.startswith(RECORDED):
            from brainstorm_agents.models.recorded import RecordedModel
            from brainstorm_agents.recording import Recording

            recording = self._recordings.get(kind)
            return RecordedModel(recording or Recording(Path(kind.removeprefix(RECORDED))))
        from brainstorm_agents.models.litellm import LitellmModel

        return LitellmModel(self.api_base)

    async def prepare(self, names: Iterable[str]) -> None:
        """Make those models ready for their first call."""
        for name in names:
            await self[name].prepare()

    def facts(self, model: NamedModel, params: Mapping[str, Any]) -> Facts:
        """What is known of a model that has been made ready, if it is a real one."""
        asked = self._made.get("litellm") if is_real(model.model) else None
        if asked is None:
            return Facts()
        from brainstorm_agents.models.litellm import LitellmModel

        return asked.facts(model, params) if isinstance(asked, LitellmModel) else Facts()

    async def close(self) -> None:
        """Close all that were made."""
        for model in self._made.values():
            await model.close()


__all__ = ["MOCK", "RECORDED", "Chunk", "Model", "Models", "Request", "is_real"]
