"""The recorded model: what a saved session's models said, said again at the same times."""

from collections.abc import AsyncGenerator

from brainstorm_agents.errors import ModelError
from brainstorm_agents.models.model import COALESCE_S, Chunk, Request
from brainstorm_agents.recording import Recording

INSTANT_S = 1e-7
"""Less than a log can tell."""


class RecordedModel:
    """Gives each turn what the recording's turn of the same id was given.

    It needs no network and no key. Its one parameter is `strict`: a turn whose prompt differs from
    the recorded one fails; otherwise the difference is a note to its reply.
    """

    needs_real_time = False

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    async def prepare(self) -> None:
        """It is always ready."""

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        """Give the recorded pieces at the recorded times, counted from the question.

        Raises:
            ModelError: The recorded call failed; or there is no such turn; or the prompt is another
                and `strict` is set.
        """
        clock, turn, recording = request.clock, request.prompt.turn, self._recording
        take = recording.take(turn.id, turn.role, request.attempt)
        difference = recording.difference(request.prompt)
        note = f"the prompt differs from the one in {recording.name}: {difference}"
        if difference and request.params.get("strict"):
            raise ModelError(note)
        asked = clock.now()
        before, has_spoken = 0.0, False
        for piece in take.pieces:
            at = piece.at
            if has_spoken or not piece.text:
                # All but the first text was gathered for a moment, and will be gathered again;
                # but not together with the piece before.
                at = max(before + INSTANT_S, at - COALESCE_S)
            before, has_spoken = piece.at, has_spoken or bool(piece.text)
            await clock.sleep(asked + at - clock.now())
            yield Chunk(piece.text, piece.reasoning)
        await clock.sleep(asked + take.length - clock.now())
        if take.usage is None:
            reason = f"{take.reason} ({note})" if difference else take.reason
            raise ModelError(reason, retryable=take.wait is not None, retry_after=take.wait)
        yield Chunk(usage=take.usage, note=note if difference else "")

    async def close(self) -> None:
        """Nothing is held."""
