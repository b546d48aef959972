"""Compaction and shredding: garbage leaves, what lives stays readable, and a deletion wins."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import ObjectMissing, PutReceipt, StoreFailed, Suite, Vault, VaultError
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.store import entries, find, objects, packs
from support.machine.determinism import ManualClock, SeededEntropy
from support.vault.vaulting import PACKED, OwnerKey, open_vault, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

SIZE = 500
LARGE = PACKED.pack_below_bytes + 1


class BentStore(MemoryStore):
    """Calls back before it is read, or refuses to delete."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.on_read: list[Callable[[], Awaitable[object]]] = []
        self.keeps_all = False

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        while self.on_read:
            await self.on_read.pop()()
        return await super().read(name, start=start, length=length)

    async def delete(self, name: str) -> None:
        if self.keeps_all:
            raise StoreFailed("It is away.", provider=self.place.provider)
        await super().delete(name)


@pytest.fixture
def stores() -> list[BentStore]:
    return [BentStore(f"provider-{number}") for number in range(5)]


@pytest.fixture
def vault(database: Database, stores: list[BentStore]) -> Vault:
    return open_vault(database, stores, config=PACKED)


async def put(vault: Vault, number: int, *, owner: str | None = None, size: int = SIZE) -> PutReceipt:
    data, key = stream(sample(size, seed=number)), OwnerKey()
    return await vault.put(data, reference=f"r{number}", klass=DataClass.PUBLIC, key=key, owner=owner)


async def put_many(vault: Vault, count: int, *, owners: Sequence[str | None] = (None,)) -> list[PutReceipt]:
    """One pack of them."""
    work = (put(vault, number, owner=owners[number % len(owners)]) for number in range(count))
    return list(await asyncio.gather(*work))


async def assert_reads(vault: Vault, receipts: Sequence[PutReceipt]) -> None:
    for receipt in receipts:
        data = sample(receipt.length_bytes, seed=int(receipt.reference[1:]))
        assert await vault.read(receipt.object_id, key=OwnerKey()) == data


async def pack_ids(database: Database) -> list[ObjectId]:
    async with database.read() as tx:
        return [ObjectId(row.pack_id) for row in await tx.execute(packs.select())]


def held(stores: Sequence[MemoryStore]) -> set[int]:
    return {len(store.fragments) for store in stores}


async def test_a_pack_of_which_half_lives_is_left_alone(vault: Vault, database: Database) -> None:
    receipts = await put_many(vault, 8)
    before = await pack_ids(database)
    for receipt in receipts[:4]:
        await vault.delete(receipt.object_id)
    assert await vault.compaction.run() == 0
    assert await pack_ids(database) == before


async def test_a_pack_of_which_less_lives_is_written_anew(
    vault: Vault, database: Database, stores: list[BentStore]
) -> None:
    receipts = await put_many(vault, 8)
    before = await pack_ids(database)
    size = len(next(iter(stores[0].fragments.values())))
    for receipt in receipts[:5]:
        await vault.delete(receipt.object_id)
    assert await vault.compaction.run() == 1
    assert await pack_ids(database) != before
    assert held(stores) == {1}
    assert len(next(iter(stores[0].fragments.values()))) < size / 2
    await assert_reads(vault, receipts[5:])
    assert await vault.compaction.run() == 0


async def test_a_receipt_is_the_same_wherever_its_entry_lies(vault: Vault) -> None:
    receipts = await put_many(vault, 8)
    for receipt in receipts[:5]:
        await vault.delete(receipt.object_id)
    await vault.compaction.run()
    assert await put(vault, 7) == receipts[7]


async def test_a_pack_in_which_nothing_lives_is_deleted(
    vault: Vault, database: Database, stores: list[BentStore]
) -> None:
    for receipt in await put_many(vault, 3):
        await vault.delete(receipt.object_id)
    assert await vault.compaction.run() == 1
    assert held(stores) == {0}
    async with database.read() as tx:
        assert not (await tx.execute(objects.select())).all()
        assert not (await tx.execute(packs.select())).all()


@pytest.mark.parametrize("suite", list(Suite))
async def test_every_suite_moves_as_it_is(vault: Vault, suite: Suite) -> None:
    puts = (
        vault.put(
            stream(sample(SIZE, seed=number)),
            reference=f"r{number}",
            klass=DataClass.PUBLIC,
            key=OwnerKey(),
            suite=suite,
        )
        for number in range(5)
    )
    receipts = await asyncio.gather(*puts)
    for receipt in receipts[:3]:
        await vault.delete(receipt.object_id)
    assert await vault.compaction.run() == 1
    await assert_reads(vault, receipts[3:])


async def test_a_limit_is_kept_and_the_rest_waits(vault: Vault) -> None:
    for number in range(5):
        await vault.delete((await put(vault, number)).object_id)
    assert [await vault.compaction.run(limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_a_reader_who_holds_the_old_place_reads_from_the_new_one(
    vault: Vault, database: Database, stores: list[BentStore]
) -> None:
    # Another process, which shares no read with this one.
    other = open_vault(database, stores, config=PACKED, entropy=SeededEntropy(9))
    receipts = await put_many(vault, 8)
    for receipt in receipts[:5]:
        await vault.delete(receipt.object_id)
    for store in stores:
        store.on_read.append(other.compaction.run)
    await assert_reads(vault, receipts[5:])
    assert held(stores) == {1}


async def test_a_reader_whose_object_is_deleted_meanwhile_is_told_so(
    vault: Vault, stores: list[BentStore]
) -> None:
    receipt = await put(vault, 1)

    async def vanish() -> None:
        await vault.delete(receipt.object_id)
        await vault.compaction.run()

    for store in stores:
        store.on_read.append(vanish)
    with pytest.raises(ObjectMissing):
        await vault.read(receipt.object_id, key=OwnerKey())


async def test_what_is_deleted_while_it_is_copied_stays_deleted(
    vault: Vault, database: Database, stores: list[BentStore]
) -> None:
    receipts = await put_many(vault, 8)
    for receipt in receipts[:5]:
        await vault.delete(receipt.object_id)

    async def interfere() -> None:
        await vault.delete(receipts[5].object_id)

    for store in stores:
        store.on_read.append(interfere)
    assert await vault.compaction.run(limit=1) == 1
    with pytest.raises(ObjectMissing):
        await vault.read(receipts[5].object_id, key=OwnerKey())
    await assert_reads(vault, receipts[6:])
    assert await vault.compaction.run() == 1, "its bytes were copied, so the copy has garbage"
    await assert_reads(vault, receipts[6:])
    async with database.read() as tx:
        row = (await tx.execute(packs.select())).one()
        assert len((await tx.execute(entries.select())).all()) == 2
    assert row.live_bytes == row.packed_bytes


async def test_when_everything_is_deleted_while_it_is_copied_the_copy_is_dropped(
    vault: Vault, stores: list[BentStore]
) -> None:
    receipts = await put_many(vault, 3)
    for receipt in receipts[:2]:
        await vault.delete(receipt.object_id)

    async def interfere() -> None:
        await vault.delete(receipts[2].object_id)

    for store in stores:
        store.on_read.append(interfere)
    await vault.compaction.run()
    await vault.compaction.run()
    assert held(stores) == {0}


async def test_two_processes_that_compact_at_once_leave_one_copy(
    database: Database, stores: list[BentStore]
) -> None:
    vaults = [open_vault(database, stores, config=PACKED, entropy=SeededEntropy(seed)) for seed in (1, 2)]
    receipts = await put_many(vaults[0], 8)
    for receipt in receipts[:5]:
        await vaults[0].delete(receipt.object_id)
    await asyncio.gather(*(vault.compaction.run() for vault in vaults))
    assert held(stores) == {1}
    await assert_reads(vaults[1], receipts[5:])


async def test_a_pack_that_cannot_be_read_stays_and_holds_no_other_up(
    vault: Vault, database: Database, stores: list[BentStore]
) -> None:
    broken = await put_many(vault, 3)
    async with database.read() as tx:
        record = await find(tx, (await pack_ids(database))[0])
    assert record is not None
    lost = [
        (store, piece.name, store.fragments.pop(piece.name))
        for store in stores[:3]
        for piece in record.fragments
        if piece.provider == store.place.provider
    ]
    other = await put(vault, 9)
    for receipt in (*broken[:2], other):
        await vault.delete(receipt.object_id)
    assert await vault.compaction.run() == 1
    for store, name, data in lost:
        store.fragments[name] = data
    assert await vault.compaction.run() == 1
    await assert_reads(vault, broken[2:])


async def test_a_store_that_is_away_is_cleared_by_the_sweep(vault: Vault, stores: list[BentStore]) -> None:
    receipts = await put_many(vault, 3)
    for receipt in receipts[:2]:
        await vault.delete(receipt.object_id)
    stores[4].keeps_all = True
    assert await vault.compaction.run() == 1
    await assert_reads(vault, receipts[2:])
    assert [len(store.fragments) for store in stores] == [1, 1, 1, 1, 2]
    stores[4].keeps_all = False
    assert await vault.sweep(intents_before=ManualClock().now()) == 1
    assert held(stores) == {1}


async def test_shredding_removes_everything_of_one_owner_and_nothing_else(
    vault: Vault, database: Database, stores: list[BentStore]
) -> None:
    receipts = await put_many(vault, 9, owners=["ann", "ben", "cem"])
    large = [await put(vault, 100 + at, owner=name, size=LARGE) for at, name in enumerate(("ann", "ben"))]
    assert await vault.shred("ann") == 4
    gone = [*receipts[0::3], large[0]]
    for receipt in gone:
        with pytest.raises(ObjectMissing):
            await vault.read(receipt.object_id, key=OwnerKey())
    assert held(stores) == {2}, "a large object leaves at once"
    assert await vault.compaction.run() == 1, "small ones leave with their pack, however much of it lives"
    async with database.read() as tx:
        assert {row.owner for row in await tx.execute(entries.select())} == {"ben", "cem"}
    await assert_reads(vault, [*receipts[1::3], *receipts[2::3], large[1]])
    assert await vault.shred("ann") == 0


async def test_shredded_bytes_are_in_no_store_after_compaction(
    vault: Vault, database: Database, stores: list[BentStore]
) -> None:
    """The sealed entry itself is looked for, as somebody with the realm's key would."""
    receipts = await put_many(vault, 4, owners=["ann", "ben"])
    await vault.shred("ann")
    await vault.compaction.run()
    async with database.read() as tx:
        row = (await tx.execute(packs.select())).one()
    assert row.packed_bytes == row.live_bytes == 2 * (SIZE + 146)
    await assert_reads(vault, receipts[1::2])


async def test_what_an_owner_deleted_long_ago_leaves_with_the_shred(vault: Vault, database: Database) -> None:
    """Deleted entries are garbage that may stay for long, and an erased person's must not."""
    receipts = await put_many(vault, 8, owners=["ann", *["ben"] * 7])
    await vault.delete(receipts[0].object_id)
    assert await vault.compaction.run() == 0
    assert await vault.shred("ann") == 0
    assert await vault.compaction.run() == 1
    async with database.read() as tx:
        row = (await tx.execute(packs.select())).one()
    assert row.packed_bytes == row.live_bytes == 7 * (SIZE + 146)
    await assert_reads(vault, receipts[1:])


async def test_shredding_while_a_pack_is_copied_makes_the_copy_due(
    vault: Vault, database: Database, stores: list[BentStore]
) -> None:
    receipts = await put_many(vault, 9, owners=["ann", "ben", "cem"])
    await vault.shred("ann")
    for store in stores:
        store.on_read.append(lambda: vault.shred("ben"))
    assert await vault.compaction.run(limit=1) == 1
    assert await vault.compaction.run() == 1
    async with database.read() as tx:
        assert {row.owner for row in await tx.execute(entries.select())} == {"cem"}
    await assert_reads(vault, receipts[2::3])


async def test_shredding_with_a_store_away_hides_at_once_and_the_sweep_finishes(
    vault: Vault, stores: list[BentStore]
) -> None:
    receipt = await put(vault, 1, owner="ann", size=LARGE)
    stores[2].keeps_all = True
    assert await vault.shred("ann") == 1
    with pytest.raises(ObjectMissing):
        await vault.read(receipt.object_id, key=OwnerKey())
    stores[2].keeps_all = False
    assert await vault.sweep(intents_before=ManualClock().now()) == 1
    assert held(stores) == {0}


async def test_a_large_put_that_a_shred_overtakes_is_refused_and_leaves_no_fragment(
    vault: Vault, stores: list[BentStore]
) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield sample(PACKED.small_bytes)
        # The put reads on before its intent is there.
        while not await vault.shred("ann"):  # noqa: ASYNC110 - nobody tells when it is
            await asyncio.sleep(0.01)
        yield sample(20_000)

    with pytest.raises(VaultError):
        await vault.put(source(), reference="r", klass=DataClass.PUBLIC, key=OwnerKey(), owner="ann")
    assert held(stores) == {0}
