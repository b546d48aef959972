"""Two processes at work on one thing: what one has a receipt for stays, and what the other dropped goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from reelm.base import Database, DatabaseUnavailable, DataClass, Tx
from reelm.vault import (
    DeletionUnfinished,
    ProviderPlace,
    PutReceipt,
    StoreFailed,
    StoreWriter,
    Superseded,
    Vault,
)
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.codec import Block
from reelm.vault.store import objects
from support.machine.determinism import ManualClock, SeededEntropy
from support.vault.vaulting import OwnerKey, memory_stores, open_vault, records, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

DATA = sample(3_000)


class Held:
    """The first of five stores, whose steps wait for the test."""

    def __init__(self, inner: MemoryStore) -> None:
        self._inner = inner
        self.before_finish: Callable[[], Awaitable[object]] | None = None
        self.before_delete: Callable[[], Awaitable[object]] | None = None

    @property
    def place(self) -> ProviderPlace:
        return self._inner.place

    async def create(self, name: str, *, head_bytes: int) -> "HeldWriter":
        return HeldWriter(self, await self._inner.create(name, head_bytes=head_bytes))

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        return await self._inner.read(name, start=start, length=length)

    async def size(self, name: str) -> int:
        return await self._inner.size(name)

    async def delete(self, name: str) -> None:
        if self.before_delete is not None:
            await self.before_delete()
        await self._inner.delete(name)

    async def probe(self) -> tuple[int | None, str]:
        return await self._inner.probe()


class HeldWriter:
    def __init__(self, store: Held, inner: StoreWriter) -> None:
        self._store, self._inner = store, inner

    async def write(self, blocks: Sequence[Block]) -> None:
        await self._inner.write(blocks)

    async def finish(self, head: bytes) -> None:
        if self._store.before_finish is not None:
            await self._store.before_finish()
        await self._inner.finish(head)

    async def abort(self) -> None:
        await self._inner.abort()


class UnansweredDatabase(Database):
    """Saves an object, does something else, and then does not answer."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with super().write() as tx:
            yield tx
            stored = await tx.scalar(objects.select().where(objects.c.state == "stored"))
        if stored is not None and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
            raise DatabaseUnavailable("The records did not answer.")


async def put(vault: Vault, reference: str = "clip:1") -> PutReceipt:
    return await vault.put(stream(DATA), reference=reference, klass=DataClass.PUBLIC, key=OwnerKey())


def names(stores: list[MemoryStore]) -> int:
    return sum(len(store.fragments) for store in stores)


async def test_a_writer_that_was_overtaken_leaves_no_fragment_behind(database: Database) -> None:
    """Its last fragments arrive after the other one cleaned up, when nothing in the records names them."""
    stores, go_on = memory_stores(), asyncio.Event()
    slow = [Held(store) for store in stores[:2]]  # one alone would not be waited for
    for store in slow:
        store.before_finish = go_on.wait
    overtaken = open_vault(database, [*slow, *stores[2:]], entropy=SeededEntropy(2))
    first = asyncio.create_task(put(overtaken))
    await asyncio.sleep(0.05)
    receipt = await put(open_vault(database, stores, entropy=SeededEntropy(3)))
    go_on.set()
    with pytest.raises(Superseded):
        await first
    assert names(stores) == 5
    assert await open_vault(database, stores).read(receipt.object_id, key=OwnerKey()) == DATA


async def test_a_sweep_does_not_take_what_was_stored_while_it_swept(database: Database) -> None:
    """It finds a put that seems abandoned; before it gets there, that one ends and gives its receipt."""
    stores = memory_stores()
    held, other, go_on = Held(stores[0]), Held(stores[1]), asyncio.Event()
    vault = open_vault(database, [held, other, *stores[2:]], entropy=SeededEntropy(2))
    old = await put(vault, "clip:old")
    held.before_delete = refuse
    with suppress(DeletionUnfinished):
        await vault.delete(old.object_id)
    held.before_finish = other.before_finish = go_on.wait
    slow = asyncio.create_task(put(vault, "clip:slow"))
    await asyncio.sleep(0.05)

    async def let_it_end() -> None:
        go_on.set()
        await asyncio.wait([slow])

    held.before_delete = let_it_end
    assert await vault.sweep(intents_before=ManualClock().now() + timedelta(seconds=1)) == 1
    assert await vault.read((await slow).object_id, key=OwnerKey()) == DATA


async def test_a_put_without_an_answer_does_not_take_back_what_someone_has_a_receipt_for(
    tmp_path: Path,
) -> None:
    """Its last commit was saved, another caller got the receipt, and only then the connection broke."""
    stores = memory_stores()
    async with records(tmp_path, UnansweredDatabase) as breaking, again(tmp_path) as database:
        assert isinstance(breaking, UnansweredDatabase)
        other = open_vault(database, stores, entropy=SeededEntropy(3))
        receipts: list[PutReceipt] = []

        async def ask() -> None:
            receipts.append(await put(other))

        breaking.meanwhile = ask
        with pytest.raises(DatabaseUnavailable):
            await put(open_vault(breaking, stores, entropy=SeededEntropy(2)))
        (receipt,) = receipts
        assert await other.read(receipt.object_id, key=OwnerKey()) == DATA
        assert await put(other) == receipt


async def refuse() -> None:
    raise StoreFailed("Away.")


@asynccontextmanager
async def again(folder: Path) -> AsyncIterator[Database]:
    """The same records as another process sees them."""
    database = Database.open(f"sqlite:///{folder / 'records.sqlite'}")
    try:
        yield database
    finally:
        await database.close()
