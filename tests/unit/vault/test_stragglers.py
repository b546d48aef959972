"""Fragments that are still on their way when their put is acknowledged: no orphan, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import update

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import PutReceipt, StoreWriter, Vault
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.codec import Block
from reelm.vault.model import FragmentState
from reelm.vault.store import ObjectRecord, find, fragments, objects
from support.machine.determinism import ManualClock, SeededEntropy
from support.vault.vaulting import SMALL, OwnerKey, memory_stores, open_vault, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

DATA = sample(30_000)
PATIENT = replace(SMALL, straggler_seconds=30)
INTENDED, STORED, MISSING = FragmentState.INTENDED, FragmentState.STORED, FragmentState.MISSING


class LateStore(MemoryStore):
    """Makes nothing durable until its gate opens; a stubborn one does so even when it is cancelled."""

    def __init__(self, *, is_stubborn: bool = False) -> None:
        super().__init__("late")
        self.gate = asyncio.Event()
        self.is_stubborn = is_stubborn

    async def create(self, name: str, *, head_bytes: int) -> "LateWriter":  # type: ignore[override]  # bent by hand
        return LateWriter(self, await super().create(name, head_bytes=head_bytes))


class LateWriter:
    def __init__(self, store: LateStore, inner: StoreWriter) -> None:
        self._store, self._inner = store, inner

    async def write(self, blocks: Sequence[Block]) -> None:
        await self._inner.write(blocks)

    async def finish(self, head: bytes) -> None:
        try:
            await self._store.gate.wait()
        except asyncio.CancelledError:
            if not self._store.is_stubborn:
                raise
            await self._store.gate.wait()
        await self._inner.finish(head)

    async def abort(self) -> None:
        await self._inner.abort()


@pytest.fixture
def late() -> Iterator[LateStore]:
    store = LateStore()
    yield store
    store.gate.set()


@pytest.fixture
def stores(late: LateStore) -> list[MemoryStore]:
    return [*memory_stores(4), late]


@pytest.fixture
def vault(database: Database, stores: list[MemoryStore]) -> Vault:
    return open_vault(database, stores, config=PATIENT)


async def put(vault: Vault, *, reference: str = "r") -> PutReceipt:
    work = vault.put(stream(DATA), reference=reference, klass=DataClass.PUBLIC, key=OwnerKey())
    return await asyncio.wait_for(work, 10)


async def recorded(database: Database, object_id: ObjectId) -> ObjectRecord:
    async with database.read() as tx:
        record = await find(tx, object_id)
    assert record is not None
    return record


async def late_state(database: Database, receipt: PutReceipt) -> FragmentState:
    record = await recorded(database, receipt.object_id)
    states = {piece.provider: piece.state for piece in record.fragments}
    return states["late"]  # type: ignore[index]  # a provider's id is a string


async def assert_nothing_left(database: Database, stores: Sequence[MemoryStore]) -> None:
    assert not any(store.fragments for store in stores)
    async with database.read() as tx:
        assert not (await tx.execute(objects.select())).all()


async def sweep(vault: Vault) -> int:
    """As it runs once no put of that time can be running any more."""
    clock = ManualClock()
    clock.advance(seconds=1)
    return await vault.sweep(intents_before=clock.now())


async def test_a_put_returns_when_it_is_safe_and_the_rest_is_written_down_when_it_ends(
    vault: Vault, database: Database, late: LateStore
) -> None:
    receipt = await put(vault)
    assert receipt.fragments_stored == 4
    assert not late.fragments
    assert await late_state(database, receipt) is INTENDED
    late.gate.set()
    await vault.close()
    assert len(late.fragments) == 1
    assert await late_state(database, receipt) is STORED
    assert await vault.read(receipt.object_id, key=OwnerKey()) == DATA


async def test_a_fragment_that_is_not_there_in_time_is_left_to_repair(
    database: Database, stores: list[MemoryStore]
) -> None:
    vault = open_vault(database, stores, config=replace(SMALL, straggler_seconds=0.05))
    receipt = await put(vault)
    await vault.close()
    assert await late_state(database, receipt) is MISSING


async def test_an_object_whose_writer_was_killed_after_its_receipt_is_whole_enough(
    vault: Vault, database: Database, stores: list[MemoryStore]
) -> None:
    """Another process sees the row as it was acknowledged, and could lose any one of the four."""
    receipt = await put(vault)
    other = open_vault(database, stores)
    stores[0].fragments.clear()
    assert await other.read(receipt.object_id, key=OwnerKey()) == DATA
    assert await late_state(database, receipt) is INTENDED


async def test_a_deletion_stops_what_is_still_on_its_way(
    vault: Vault, database: Database, stores: list[MemoryStore], late: LateStore
) -> None:
    receipt = await put(vault)
    await vault.delete(receipt.object_id)
    late.gate.set()
    await vault.close()
    await assert_nothing_left(database, stores)


async def test_a_deletion_after_the_last_fragment_removes_that_too(
    vault: Vault, database: Database, stores: list[MemoryStore], late: LateStore
) -> None:
    receipt = await put(vault)
    late.gate.set()
    await vault.close()
    await vault.delete(receipt.object_id)
    await assert_nothing_left(database, stores)


async def test_what_is_stored_again_under_a_freed_reference_is_not_disturbed(
    vault: Vault, database: Database, stores: list[MemoryStore], late: LateStore
) -> None:
    first = await put(vault)
    assert await put(vault) == first
    await vault.delete(first.object_id)
    second = await put(vault)
    late.gate.set()
    await vault.close()
    assert await late_state(database, second) is STORED
    assert [len(store.fragments) for store in stores] == [1] * 5


async def test_a_deletion_by_another_process_leaves_the_last_word_to_the_writer(
    vault: Vault, database: Database, stores: list[MemoryStore], late: LateStore
) -> None:
    receipt = await put(vault)
    other = open_vault(database, stores)
    await other.delete(receipt.object_id)
    assert (await recorded(database, receipt.object_id)).reference is None
    late.gate.set()
    await vault.close()
    assert not any(store.fragments for store in stores)
    assert await sweep(other) == 1
    await assert_nothing_left(database, stores)


async def test_a_writer_that_dies_after_a_deletion_elsewhere_leaves_what_the_sweep_finds(
    vault: Vault, database: Database, stores: list[MemoryStore], late: LateStore
) -> None:
    receipt = await put(vault)
    name = next(
        piece.name
        for piece in (await recorded(database, receipt.object_id)).fragments
        if piece.provider == "late"
    )
    other = open_vault(database, stores)
    await other.delete(receipt.object_id)
    assert await other.sweep(intents_before=ManualClock().now()) == 0, "a put of now may still be running"
    late.fragments[name] = b"finished, and then the power went before a word was said"
    assert await sweep(other) == 1
    await assert_nothing_left(database, stores)


@pytest.mark.slow
async def test_a_store_that_does_not_let_go_keeps_the_rows_of_a_deleted_object(database: Database) -> None:
    late = LateStore(is_stubborn=True)
    stores = [*memory_stores(4), late]
    vault = open_vault(database, stores, config=PATIENT)
    receipt = await put(vault)
    await vault.delete(receipt.object_id)
    late.gate.set()
    await asyncio.sleep(0.05)
    assert late.fragments, "it was written though it was given up"
    assert await sweep(vault) == 1
    await assert_nothing_left(database, stores)


async def test_repair_that_was_faster_is_not_undone(
    vault: Vault, database: Database, late: LateStore
) -> None:
    """The same name holds the same bytes, whoever wrote them last."""
    receipt = await put(vault)
    async with database.write() as tx:
        await tx.execute(
            update(fragments).where(fragments.c.provider_id == "late").values(state=STORED.value)
        )
    late.gate.set()
    await vault.close()
    assert await late_state(database, receipt) is STORED
    assert len(late.fragments) == 1


async def test_a_fragment_that_was_moved_meanwhile_is_not_left_at_its_old_place(
    vault: Vault, database: Database, late: LateStore
) -> None:
    receipt = await put(vault)
    async with database.write() as tx:
        await tx.execute(
            update(fragments)
            .where(fragments.c.provider_id == "late")
            .values(provider_id="elsewhere", name="ef" * 32, state=STORED.value)
        )
    late.gate.set()
    await vault.close()
    assert not late.fragments
    assert STORED in {piece.state for piece in (await recorded(database, receipt.object_id)).fragments}


async def test_a_dead_store_ties_up_few_objects_at_once(
    vault: Vault, database: Database, late: LateStore
) -> None:
    receipts = [await put(vault, reference=f"r{number}") for number in range(12)]
    states: list[FragmentState] = []
    async with asyncio.timeout(20):  # however busy the machine is, as many as may not wait are given up
        while states[:4] != [MISSING] * 4:
            states = [await late_state(database, receipt) for receipt in receipts]
    assert states[4:] == [INTENDED] * 8
    late.gate.set()
    await vault.close()
    states = [await late_state(database, receipt) for receipt in receipts]
    assert states == [MISSING] * 4 + [STORED] * 8


async def test_a_put_that_lost_its_reference_to_another_process_removes_its_own_fragments(
    database: Database, stores: list[MemoryStore], late: LateStore
) -> None:
    """The other removed what was there when it took over, and could not know what was still to come."""
    late.gate.set()
    slow = open_vault(database, stores, entropy=SeededEntropy(5))
    other = open_vault(database, stores, entropy=SeededEntropy(6))
    is_taken = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        yield bytes(40_000)
        await is_taken.wait()
        yield bytes(40_000)

    task = asyncio.create_task(slow.put(source(), reference="r", klass=DataClass.PUBLIC, key=OwnerKey()))
    await asyncio.sleep(0.05)
    receipt = await put(other)
    is_taken.set()
    with pytest.raises(Exception, match="Someone else began"):
        await task
    await sweep(other)
    assert [len(store.fragments) for store in stores] == [1] * 5
    assert await other.read(receipt.object_id, key=OwnerKey()) == DATA
