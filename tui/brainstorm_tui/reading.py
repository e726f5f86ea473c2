"""Reading a log while it is shown: in portions, between which the screen has its turn."""

import asyncio

from brainstorm_tui.source import ReplaySource

AT_ONCE = 4 * 2**20
"""Bytes that are read before the first frame: most logs are shorter."""

PORTION = 256 * 2**10
"""Bytes that are read before the screen has its turn: some ten milliseconds."""

PAUSE_S = 0.002
"""Seconds that the screen has between two portions, so that keys are answered."""

POLL_S = 0.1
"""How often a log is looked at that another process writes."""


async def read_to_end(source: ReplaySource) -> None:
    """Read the log to its end; one that is followed, until this is cancelled.

    Raises:
        LogError: The log is damaged, or cannot be read.
    """
    while True:
        # Asked before the last look: who lets go of a log has written all of it before.
        is_written = source.is_followed and source.log.is_being_written
        while source.log.has_more:
            source.read_on(PORTION)
            await asyncio.sleep(PAUSE_S)
        if not source.is_followed:
            return
        source.heed(is_written=is_written)
        await asyncio.sleep(POLL_S)
