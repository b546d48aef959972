"""A store seen from outside: what it is asked for, and as slow as a measurement wants it."""

import asyncio
import math
import random  # noqa: TID251 - seeded, so that both halves of a measurement see the same times

from reelm.vault import ProviderPlace, Store, StoreWriter


class Watched:
    """Counts reads, and keeps each waiting for a skewed time around a median (log-normal, sigma 0.5).

    Attributes:
        requests: how many bytes each read asked for.
        extra_seconds: what every read takes on top.
    """

    def __init__(self, store: Store, *, median_seconds: float = 0.0, seed: int = 0) -> None:
        self._store = store
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._median_seconds = median_seconds
        self.requests: list[int] = []
        self.extra_seconds = 0.0

    @property
    def place(self) -> ProviderPlace:
        return self._store.place

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        self.requests.append(length)
        if self._median_seconds:
            drawn = self._random.lognormvariate(math.log(self._median_seconds), 0.5)
            await asyncio.sleep(drawn + self.extra_seconds)
        return await self._store.read(name, start=start, length=length)

    async def create(self, name: str, *, head_bytes: int) -> StoreWriter:
        return await self._store.create(name, head_bytes=head_bytes)

    async def size(self, name: str) -> int:
        return await self._store.size(name)

    async def delete(self, name: str) -> None:
        await self._store.delete(name)

    async def probe(self) -> tuple[int | None, str]:
        return await self._store.probe()
