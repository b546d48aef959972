"""Let work through to the encoders by priority: a clip nobody can watch yet first, then what takes a moment.

Among equals the lower round goes first, which is what makes the queue fair to accounts.
"""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum


class Priority(IntEnum):
    """Lower goes first."""

    FIRST_RUNG = 0
    ANALYSIS = 1
    MORE_RUNGS = 2
    AV1_RUNG = 3


class PriorityGate:
    """A gate for at most ``places`` holders at a time; waiting is ordered by priority, round and arrival."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = places
        self._waiting: list[tuple[Priority, int, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def hold(self, priority: Priority, order: int = 0) -> AsyncIterator[None]:
        await self._enter(priority, order)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, priority: Priority, order: int) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, order, next(self._arrivals), place))
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


@dataclass(frozen=True, slots=True)
class Gates:
    """The gates of this machine: to its encoders, and to what takes a moment and must not wait for them.

    Attributes:
        encode: to its encoders.
        remux: to what takes a moment.
        stow: to files on their way from the spool into the vault or back, one at a time.
    """

    encode: PriorityGate
    remux: PriorityGate
    stow: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(cls, encoders: int) -> "Gates":
        """Return gates for so many encoders; with none, remuxing still has a place."""
        return cls(PriorityGate(encoders), PriorityGate(max(1, encoders)))

    @property
    def analyse(self) -> PriorityGate:
        """Return the encoders' gate; a realm whose encoders are all elsewhere still analyses clips itself."""
        return self.encode if self.encode.places else self.remux
