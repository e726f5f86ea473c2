"""Ties: who comes first among those that are ready in the same moment."""

import asyncio
import heapq


class Ties:
    """Lets those that come in one moment go on one by one, the smallest place first.

    A moment is one pass of the event loop, in which it wakes all whose time has come.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    async def turn_of(self, place: int) -> None:
        """Wait until all who come in this moment are here, and those before `place` have gone.

        No two may come with the same place at once.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._let_go)
        came: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._waiting, (place, came))
        await came

    def _let_go(self) -> None:
        while self._waiting:
            _, came = heapq.heappop(self._waiting)
            if not came.done():
                came.set_result(None)
