"""A power cut at every durable step of a flush, a compaction and a shred, before and after it takes effect.

Then a new process runs the code that normally runs: the put again, the sweep, the compaction. What had a
receipt reads, what was shredded is nowhere, and every fragment belongs to an object in the records.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import ObjectMissing, PutReceipt, Vault
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.store import entries, find, objects, packs
from support.machine.determinism import ManualClock, SeededEntropy
from support.vault.power import CutDatabase, CutStore, PowerCut, World, records_with_cuts
from support.vault.vaulting import PACKED, OwnerKey, memory_stores, open_vault, records, sample, stream

COUNT = 6
STEPS_MAX = 200
IS_APPLIED = pytest.mark.parametrize("is_applied", [False, True])


@dataclass(frozen=True)
class Realm:
    """The same records and stores: as a process sees them whose power is cut, and as the next one does."""

    database: Database
    cutting: CutDatabase
    stores: Sequence[MemoryStore]

    def cut(self, world: World, *, seed: int) -> Vault:
        self.cutting.world = world
        stores = [CutStore(world, store) for store in self.stores]
        return open_vault(self.cutting, stores, config=PACKED, entropy=SeededEntropy(seed))

    def next_process(self, *, seed: int) -> Vault:
        return open_vault(self.database, self.stores, config=PACKED, entropy=SeededEntropy(seed))


Story = Callable[[Realm, World, int], Awaitable[bool]]


async def put_all(vault: Vault) -> list[PutReceipt]:
    work = (
        vault.put(
            stream(sample(100, seed=number)),
            reference=f"r{number}",
            klass=DataClass.PUBLIC,
            key=OwnerKey(),
            owner="ann" if number < 4 else "ben",
        )
        for number in range(COUNT)
    )
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if isinstance(result, PutReceipt)]


async def settle(realm: Realm, *, seed: int) -> None:
    """What the worker does every few minutes."""
    vault, clock = realm.next_process(seed=seed), ManualClock()
    clock.advance(seconds=1)
    await vault.sweep(intents_before=clock.now())
    await vault.compaction.run()
    await vault.sweep(intents_before=clock.now())


async def assert_consistent(realm: Realm, receipts: Sequence[PutReceipt], *, packs_count: int) -> None:
    """Exactly these entries exist, whole, in that many packs, and no fragment is an orphan."""
    async with realm.database.read() as tx:
        ids = [ObjectId(row.object_id) for row in await tx.execute(objects.select())]
        found = [await find(tx, object_id) for object_id in ids]
        held = {row.entry_id for row in await tx.execute(entries.select())}
        assert len((await tx.execute(packs.select())).all()) == len(ids) == packs_count
    assert held == {receipt.object_id for receipt in receipts}
    named = {(piece.provider, piece.name) for record in found if record for piece in record.fragments}
    assert named == {(store.place.provider, name) for store in realm.stores for name in store.fragments}
    vault = realm.next_process(seed=1)
    for receipt in receipts:
        data = sample(100, seed=int(receipt.reference[1:]))
        assert await vault.read(receipt.object_id, key=OwnerKey()) == data


@asynccontextmanager
async def a_realm(folder: Path) -> AsyncIterator[Realm]:
    async with records(folder) as database, records_with_cuts(folder) as cutting:
        yield Realm(database, cutting, memory_stores())


async def at_every_step(folder: Path, story: Story, *, is_applied: bool, steps_min: int) -> None:
    for step in range(1, STEPS_MAX):
        home = folder / str(step)
        home.mkdir()
        async with a_realm(home) as realm:
            world = World(cut_at=step, is_applied=is_applied)
            if await story(realm, world, step):
                assert step > steps_min, "there are that many durable steps at least"
                return
    raise AssertionError("the story never ran to its end")


@pytest.mark.slow
@IS_APPLIED
async def test_a_flush_that_is_cut_off_keeps_all_of_its_pack_or_nothing(
    tmp_path: Path, *, is_applied: bool
) -> None:
    async def story(realm: Realm, world: World, step: int) -> bool:
        with suppress(PowerCut):
            await put_all(realm.cut(world, seed=step))
            return True
        receipts = await put_all(realm.next_process(seed=1000 + step))
        await settle(realm, seed=2000 + step)
        await assert_consistent(realm, receipts, packs_count=1)
        return False

    await at_every_step(tmp_path, story, is_applied=is_applied, steps_min=20)


@pytest.mark.slow
@IS_APPLIED
async def test_a_compaction_that_is_cut_off_is_finished_by_the_next(
    tmp_path: Path, *, is_applied: bool
) -> None:
    async def story(realm: Realm, world: World, step: int) -> bool:
        receipts = await put_all(realm.next_process(seed=step))
        for receipt in receipts[:4]:
            await realm.next_process(seed=1).delete(receipt.object_id)
        with suppress(PowerCut):
            await realm.cut(world, seed=1000 + step).compaction.run()
            return True
        await settle(realm, seed=2000 + step)
        await assert_consistent(realm, receipts[4:], packs_count=1)
        return False

    await at_every_step(tmp_path, story, is_applied=is_applied, steps_min=26)


@pytest.mark.slow
@IS_APPLIED
async def test_a_shred_that_is_cut_off_and_repeated_leaves_nothing_of_the_owner(
    tmp_path: Path, *, is_applied: bool
) -> None:
    async def story(realm: Realm, world: World, step: int) -> bool:
        vault = realm.next_process(seed=step)
        receipts = await put_all(vault)
        large = await vault.put(
            stream(sample(5000)), reference="l", klass=DataClass.PUBLIC, key=OwnerKey(), owner="ann"
        )
        with suppress(PowerCut):
            await realm.cut(world, seed=1000 + step).shred("ann")
            return True
        again = realm.next_process(seed=3000 + step)
        await again.shred("ann")
        await settle(realm, seed=2000 + step)
        for gone in (*receipts[:4], large):
            with pytest.raises(ObjectMissing):
                await again.read(gone.object_id, key=OwnerKey())
        await assert_consistent(realm, receipts[4:], packs_count=1)
        return False

    await at_every_step(tmp_path, story, is_applied=is_applied, steps_min=6)
