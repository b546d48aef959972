"""Stores that fail, stall and lie while an object is written: acknowledged only when it is safe."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Never

import pytest

from reelm.base import Database, DataClass
from reelm.vault import (
    DeletionUnfinished,
    NotDurable,
    PutReceipt,
    StoreFailed,
    StoreWriter,
    Suite,
    Superseded,
    Vault,
)
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.codec import Block
from reelm.vault.errors import StoreFull
from reelm.vault.fragment_writers import lag_allowance
from reelm.vault.model import FragmentState, stored_length
from reelm.vault.seal import Chunker
from reelm.vault.store import find, fragments, mark_deleting, objects
from support.machine.determinism import ManualClock
from support.vault.vaulting import SMALL, OwnerKey, memory_stores, open_vault, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

DATA = sample(30_000)


class WeakStore(MemoryStore):
    """Fails or hangs at one kind of operation."""

    def __init__(self, provider: str, *, fails_at: str = "", hangs_at: str = "", after: int = 0) -> None:
        super().__init__(provider)
        self.fails_at, self.hangs_at, self.left = fails_at, hangs_at, after
        self.aborts = 0

    async def act(self, operation: str) -> None:
        if operation not in (self.fails_at, self.hangs_at):
            return
        self.left -= 1
        if self.left >= 0:
            return
        if self.hangs_at == operation:
            await asyncio.Event().wait()
        raise StoreFull("No space is left. Free or add space.", provider=self.place.provider)

    async def create(self, name: str, *, head_bytes: int) -> "WeakWriter":  # type: ignore[override]  # bent by hand
        await self.act("create")
        return WeakWriter(self, await super().create(name, head_bytes=head_bytes))

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        await self.act("read")
        return await super().read(name, start=start, length=length)

    async def size(self, name: str) -> int:
        await self.act("size")
        return await super().size(name)

    async def delete(self, name: str) -> None:
        await self.act("delete")
        await super().delete(name)

    async def probe(self) -> tuple[int | None, str]:
        await self.act("probe")
        return await super().probe()


class WeakWriter:
    def __init__(self, store: WeakStore, inner: StoreWriter) -> None:
        self._store, self._inner = store, inner

    async def write(self, blocks: Sequence[Block]) -> None:
        await self._store.act("write")
        await self._inner.write(blocks)

    async def finish(self, head: bytes) -> None:
        await self._store.act("finish")
        await self._inner.finish(head)

    async def abort(self) -> None:
        self._store.aborts += 1
        await self._inner.abort()


async def put(vault: Vault, *, reference: str = "r", data: bytes = DATA) -> PutReceipt:
    return await vault.put(stream(data), reference=reference, klass=DataClass.PUBLIC, key=OwnerKey())


async def assert_nothing_left(database: Database, stores: Sequence[MemoryStore]) -> None:
    assert not any(store.fragments for store in stores)
    async with database.read() as tx:
        assert not (await tx.execute(objects.select())).all()
        assert not (await tx.execute(fragments.select())).all()


@pytest.mark.parametrize("operation", ["create", "write", "finish"])
async def test_one_failing_store_costs_one_fragment(database: Database, operation: str) -> None:
    stores = [*memory_stores(4), WeakStore("weak", fails_at=operation)]
    vault = open_vault(database, stores)
    receipt = await put(vault)
    assert receipt.fragments_stored == 4
    async with database.read() as tx:
        record = await find(tx, receipt.object_id)
    assert record is not None
    assert record.receipt() == receipt
    assert {piece.provider for piece in record.fragments if piece.state is FragmentState.MISSING} == {"weak"}
    stores[0].fragments.clear()
    assert await vault.read(receipt.object_id, key=OwnerKey()) == DATA


@pytest.mark.parametrize("operation", ["create", "write", "finish"])
async def test_two_failing_stores_are_refused_and_leave_nothing(database: Database, operation: str) -> None:
    weak = [WeakStore(f"weak-{number}", fails_at=operation, after=number) for number in range(2)]
    stores = [*memory_stores(3), *weak]
    for store in weak:
        store.left = 0
    with pytest.raises(NotDurable) as refusal:
        await put(open_vault(database, stores))
    assert "No space is left" in str(refusal.value)
    assert refusal.value.is_retryable
    await assert_nothing_left(database, stores)


async def test_a_store_that_dies_in_the_middle_costs_one_fragment(database: Database) -> None:
    weak = WeakStore("weak", fails_at="write", after=1)
    receipt = await put(open_vault(database, [*memory_stores(4), weak]))
    assert receipt.fragments_stored == 4
    assert weak.aborts == 1


@pytest.mark.parametrize("operation", ["create", "write", "finish"])
async def test_a_hanging_store_is_given_up(database: Database, operation: str) -> None:
    config = replace(SMALL, stall_seconds=0.1, straggler_seconds=0.05)
    stores = [*memory_stores(4), WeakStore("weak", hangs_at=operation)]
    receipt = await asyncio.wait_for(put(open_vault(database, stores, config=config)), 10)
    assert receipt.fragments_stored == 4


async def test_two_hanging_stores_are_refused_in_bounded_time(database: Database) -> None:
    config = replace(SMALL, stall_seconds=0.1, straggler_seconds=0.05)
    stores = [*memory_stores(3), *(WeakStore(f"weak-{number}", hangs_at="finish") for number in range(2))]
    with pytest.raises(NotDurable):
        await asyncio.wait_for(put(open_vault(database, stores, config=config)), 10)
    await assert_nothing_left(database, stores)


@pytest.mark.slow
async def test_a_store_that_never_answers_is_done_without(database: Database) -> None:
    config = replace(SMALL, stall_seconds=0.05)
    weak = WeakStore("weak")
    stores = [weak, *memory_stores(4)]
    vault = open_vault(database, stores, config=config)
    receipts = [await put(vault, reference=f"r{number}") for number in range(3)]
    weak.hangs_at = "read"
    for receipt in receipts:
        assert await vault.read(receipt.object_id, key=OwnerKey()) == DATA
    weak.hangs_at = "probe"
    (health, *others) = await vault.health()
    assert not health.is_reachable
    assert "did not answer" in health.detail
    assert all(other.is_reachable for other in others)
    weak.hangs_at = "delete"
    with pytest.raises(DeletionUnfinished):
        await vault.delete(receipts[0].object_id)


async def test_a_source_that_fails_leaves_nothing(database: Database) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(1000)
        raise ConnectionResetError("the uploader went away")

    stores = memory_stores()
    with pytest.raises(ConnectionResetError):
        await open_vault(database, stores).put(
            broken(), reference="r", klass=DataClass.PUBLIC, key=OwnerKey()
        )
    await assert_nothing_left(database, stores)


async def test_a_cancelled_put_leaves_nothing(database: Database) -> None:
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            started.set()
            yield bytes(1000)
            await asyncio.sleep(0)

    stores = memory_stores()
    vault = open_vault(database, stores)
    task = asyncio.create_task(vault.put(endless(), reference="r", klass=DataClass.PUBLIC, key=OwnerKey()))
    await started.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await assert_nothing_left(database, stores)


async def test_what_a_failed_clean_up_leaves_is_in_the_records_for_the_sweep(database: Database) -> None:
    weak = WeakStore("weak", fails_at="delete")
    stores = [*memory_stores(3), weak, WeakStore("other", fails_at="finish")]
    stores[2] = WeakStore("third", fails_at="finish")
    vault = open_vault(database, stores)
    with pytest.raises(NotDurable):
        await put(vault)
    now = ManualClock().now() + timedelta(seconds=1)
    assert await vault.sweep(intents_before=now) == 0
    weak.fails_at = ""
    assert await vault.sweep(intents_before=now) == 1
    await assert_nothing_left(database, stores)


async def test_a_put_that_was_swept_while_it_ran_says_so_and_keeps_nothing(database: Database) -> None:
    """Another process took it for dead: its fragments may be gone, so it must not be acknowledged."""
    stores = memory_stores()
    vault = open_vault(database, stores)

    async def interrupted() -> AsyncIterator[bytes]:
        yield bytes(10_000)
        async with database.write() as tx:
            (row,) = (await tx.execute(objects.select())).all()
            await mark_deleting(tx, row.object_id)
        yield bytes(10_000)

    with pytest.raises(Superseded):
        await vault.put(interrupted(), reference="r", klass=DataClass.PUBLIC, key=OwnerKey())
    await assert_nothing_left(database, stores)


async def test_a_store_that_breaks_its_contract_is_not_hidden(database: Database) -> None:
    class Buggy(MemoryStore):
        async def create(self, name: str, *, head_bytes: int) -> Never:
            raise ZeroDivisionError(name, head_bytes)

    stores = [*memory_stores(4), Buggy("buggy")]
    with pytest.raises(ZeroDivisionError):
        await put(open_vault(database, stores))
    await assert_nothing_left(database, stores)


async def test_a_slow_store_holds_the_source_back(database: Database) -> None:
    """Memory stays bounded: the source is read no further than a few windows ahead of the slowest store."""
    drawn = 0
    gate = asyncio.Event()

    class Slow(WeakStore):
        async def act(self, operation: str) -> None:
            if operation == "write":
                await gate.wait()

    async def counted() -> AsyncIterator[bytes]:
        nonlocal drawn
        for _ in range(200):
            drawn += 1000
            yield bytes(1000)

    vault = open_vault(database, [*memory_stores(4), Slow("slow")])
    task = asyncio.create_task(vault.put(counted(), reference="r", klass=DataClass.PUBLIC, key=OwnerKey()))
    await asyncio.sleep(0.3)
    assert drawn <= 6 * SMALL.batch_bytes
    gate.set()
    receipt = await task
    assert receipt.length_bytes == drawn == 200_000


class SlowStore(WeakStore):
    """Takes its time for every write."""

    def __init__(self, provider: str, *, seconds: float) -> None:
        super().__init__(provider)
        self.seconds = seconds

    async def act(self, operation: str) -> None:
        if operation == "write":
            await asyncio.sleep(self.seconds)


async def test_one_slow_store_does_not_slow_a_long_put_to_its_own_speed(database: Database) -> None:
    stores = [*memory_stores(4), SlowStore("slow", seconds=30)]
    config = replace(SMALL, lag_seconds=0.05, straggler_seconds=0.05)
    vault = open_vault(database, stores, config=config)
    receipt = await asyncio.wait_for(put(vault, data=sample(200_000)), 10)
    await vault.close()
    assert receipt.fragments_stored == 4
    async with database.read() as tx:
        record = await find(tx, receipt.object_id)
    assert record is not None
    assert {piece.provider for piece in record.fragments if piece.state is FragmentState.MISSING} == {"slow"}


async def test_a_slow_store_that_is_needed_is_waited_for(database: Database) -> None:
    stores = [*memory_stores(3), SlowStore("slow", seconds=0.03), WeakStore("weak", fails_at="create")]
    config = replace(SMALL, lag_seconds=0.01)
    receipt = await put(open_vault(database, stores, config=config), data=sample(200_000))
    assert receipt.fragments_stored == 4


async def test_stores_that_are_all_slow_lose_no_fragment(database: Database) -> None:
    stores = [SlowStore(f"slow-{number}", seconds=0.02 + number / 1000) for number in range(5)]
    vault = open_vault(database, stores, config=replace(SMALL, lag_seconds=0.01))
    receipt = await put(vault, data=sample(200_000))
    await vault.close()
    assert (await put(vault)).object_id == receipt.object_id
    async with database.read() as tx:
        record = await find(tx, receipt.object_id)
    assert record is not None
    assert record.receipt().fragments_stored == 5


def test_a_store_may_hold_a_put_up_for_a_while_and_then_as_long_as_it_does_not_double_it() -> None:
    assert lag_allowance(0, 0, limit_seconds=2) == 2
    assert lag_allowance(1.5, 1.5, limit_seconds=2) == 0.5
    assert lag_allowance(3, 3, limit_seconds=2) == -1
    assert lag_allowance(3, 20, limit_seconds=2) == 14
    assert lag_allowance(10, 20, limit_seconds=2) == 0


@pytest.mark.parametrize("suite", [Suite.SEALED, Suite.MEDIA])
@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 2048, 4096, 10_000])
def test_batches_hold_the_data_then_zeros_and_end_once(suite: Suite, size: int) -> None:
    chunker = Chunker(suite, chunk_bytes=1024, batch_bytes=2048)
    data = sample(size)
    batches = [batch for at in range(0, size, 300) for batch in chunker.feed(data[at : at + 300])]
    batches += chunker.end()
    whole = b"".join(bytes(batch.data) for batch in batches)
    assert whole == data + bytes(stored_length(suite, size) - size)
    assert [batch.is_last for batch in batches] == [False] * (len(batches) - 1) + [True]
    assert [batch.first_chunk for batch in batches] == [2 * number for number in range(len(batches))]
    assert all(len(batch.data) == 2048 for batch in batches[:-1])


def test_a_failed_store_is_a_retryable_error() -> None:
    assert StoreFailed("x").is_retryable
