"""A world whose power can be cut at any durable step, before or after the step takes effect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from reelm.base import Database, Tx
from reelm.vault import ProviderPlace, StoreWriter
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.codec import Block


class PowerCut(BaseException):
    """Not an error that anyone may handle."""


class World:
    """Counts durable steps and cuts the power at one of them, before or after it takes effect."""

    def __init__(self, *, cut_at: int, is_applied: bool) -> None:
        self.left = cut_at
        self.is_applied = is_applied
        self.is_dark = False

    @asynccontextmanager
    async def step(self) -> AsyncIterator[None]:
        self._check()
        self.left -= 1
        is_last = self.left == 0
        if is_last and not self.is_applied:
            self.is_dark = True
        self._check()
        yield
        if is_last:
            self.is_dark = True
        self._check()

    def _check(self) -> None:
        if self.is_dark:
            raise PowerCut


class CutStore:
    def __init__(self, world: World, inner: MemoryStore) -> None:
        self._world, self._inner = world, inner

    @property
    def place(self) -> ProviderPlace:
        return self._inner.place

    async def create(self, name: str, *, head_bytes: int) -> "CutWriter":
        async with self._world.step():
            return CutWriter(self._world, await self._inner.create(name, head_bytes=head_bytes))

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        return await self._inner.read(name, start=start, length=length)

    async def size(self, name: str) -> int:
        return await self._inner.size(name)

    async def delete(self, name: str) -> None:
        async with self._world.step():
            await self._inner.delete(name)

    async def probe(self) -> tuple[int | None, str]:
        return await self._inner.probe()


class LateCutStore(CutStore):
    """The last fragment becomes durable after the receipt."""

    async def create(self, name: str, *, head_bytes: int) -> "CutWriter":
        writer = await super().create(name, head_bytes=head_bytes)
        writer.delay_seconds = 0.02
        return writer


class CutWriter:
    def __init__(self, world: World, inner: StoreWriter) -> None:
        self._world, self._inner = world, inner
        self.delay_seconds = 0.0

    async def write(self, blocks: Sequence[Block]) -> None:
        async with self._world.step():
            await self._inner.write(blocks)

    async def finish(self, head: bytes) -> None:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        async with self._world.step():
            await self._inner.finish(head)

    async def abort(self) -> None:
        if not self._world.is_dark:
            await self._inner.abort()


class CutDatabase(Database):
    world: World

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self.world.step(), super().write() as tx:
            yield tx


async def survives(work: Awaitable[object]) -> bool:
    """Whether the work ended before the power went."""
    try:
        await work
    except PowerCut:
        return False
    return True


@asynccontextmanager
async def records_with_cuts(folder: Path) -> AsyncIterator[CutDatabase]:
    """The same records as another process sees them, with the power cut built in."""
    database = CutDatabase.open(f"sqlite:///{folder / 'records.sqlite'}")
    assert isinstance(database, CutDatabase)
    try:
        yield database
    finally:
        await database.close()
