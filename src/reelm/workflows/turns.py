"""Taking turns at the encoders: a clip nobody can watch yet goes first, then what takes a moment.

Among equals the lower round goes first, which is what makes the queue fair to accounts.
"""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum


class Turn(IntEnum):
    """Lower goes first."""

    FIRST_RUNG = 0
    SKIM = 1
    MORE_RUNGS = 2
    AV1_RUNG = 3


class Turns:
    """At most ``places`` holders at a time; waiting is ordered by turn, then by round, then by arrival."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = places
        self._waiting: list[tuple[Turn, int, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def hold(self, turn: Turn, order: int = 0) -> AsyncIterator[None]:
        await self._enter(turn, order)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, turn: Turn, order: int) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (turn, order, next(self._arrivals), place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()  # the place was handed over in the same instant: pass it on
            raise

    def _leave(self) -> None:
        while self._waiting:
            *_, place = heapq.heappop(self._waiting)
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
