"""Lost fragments come back, byte for byte, without any key, and never where the rules forbid it."""

import asyncio
from collections.abc import Sequence

import pytest

from reelm.base import Database, DataClass
from reelm.vault import DeletionUnfinished, ObjectMissing, PutReceipt, Suite, Upkeep, Vault, VaultEnvironment
from reelm.vault.adapters.memory import MemoryStore, MemoryWriter
from reelm.vault.errors import StoreFull
from support.machine.determinism import SeededEntropy
from support.vault.keeping import assert_at_rest, assert_sound, later, read_rows
from support.vault.vaulting import OwnerKey, environment, memory_stores, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

DATA = sample(9_000)


async def put(world: VaultEnvironment, data: bytes = DATA, *, suite: Suite = Suite.SEALED) -> PutReceipt:
    vault = Vault(world)
    await vault.enrol()
    return await vault.put(
        stream(data), reference="clip:1", klass=DataClass.PUBLIC, key=OwnerKey(), suite=suite
    )


async def find_losses(world: VaultEnvironment) -> None:
    await Upkeep(world).scrub(limit=1000)


@pytest.mark.parametrize("suite", list(Suite))
@pytest.mark.parametrize("length", [0, 1, 5_000, 40_000])
async def test_any_lost_fragment_comes_back_byte_for_byte(
    database: Database, suite: Suite, length: int
) -> None:
    stores = memory_stores()
    world = environment(database, stores)
    receipt = await put(world, sample(length), suite=suite)
    whole = {store.place.provider: dict(store.fragments) for store in stores}
    upkeep = Upkeep(world)
    for store in stores:
        store.fragments.clear()
        assert (await upkeep.scrub()).missing == 1
        report = await upkeep.repair()
        assert (report.repaired, report.moved, report.waiting) == (1, 0, 0)
        assert report.bytes_rebuilt == len(next(iter(store.fragments.values())))
        assert store.fragments == whole[store.place.provider]
    assert await Vault(world).read(receipt.object_id, key=OwnerKey()) == sample(length)


async def test_two_fragments_of_one_object_come_back_from_the_last_three(database: Database) -> None:
    stores = memory_stores()
    world = environment(database, stores)
    await put(world)
    for store in stores[1:3]:
        store.fragments.clear()
    await find_losses(world)
    assert (await Upkeep(world).repair()).repaired == 2
    await assert_at_rest(database, stores, {"clip:1": DATA})


async def test_a_fragment_that_was_only_away_is_confirmed_and_not_written(database: Database) -> None:
    stores = memory_stores()
    world = environment(database, stores)
    await put(world)
    away = dict(stores[0].fragments)
    stores[0].fragments.clear()
    await find_losses(world)
    stores[0].fragments.update(away)
    report = await Upkeep(world).repair()
    assert (report.found, report.repaired, report.bytes_rebuilt) == (1, 0, 0)
    await assert_at_rest(database, stores, {"clip:1": DATA})


async def test_a_provider_that_is_gone_is_replaced_and_its_old_copy_deleted_when_it_returns(
    database: Database,
) -> None:
    stores = memory_stores(6)
    await put(environment(database, stores))
    await gone_and_back(database, stores, stores[1])
    await assert_at_rest(database, stores, {"clip:1": DATA})


async def gone_and_back(database: Database, stores: Sequence[MemoryStore], gone: MemoryStore) -> None:
    had = len(gone.fragments)
    rest = [store for store in stores if store is not gone]
    assert (await Upkeep(later(database, rest)).repair()).moved == had
    await assert_sound(database, stores)
    assert len(gone.fragments) == had
    assert (await Upkeep(later(database, stores, seed=5)).repair()).copies_deleted == had


async def test_the_objects_closest_to_their_loss_come_first(database: Database) -> None:
    stores = memory_stores()
    world = environment(database, stores)
    vault = Vault(world)
    receipts = [
        await vault.put(stream(DATA), reference=f"clip:{at}", klass=DataClass.PUBLIC, key=OwnerKey())
        for at in range(3)
    ]
    names = {
        receipt.object_id: {
            piece.name for piece in record.fragments if piece.index < (2 if receipt is receipts[2] else 1)
        }
        for receipt in receipts
        for record in (await read_rows(database)).objects
        if record.object_id == receipt.object_id
    }
    for store in stores:
        for name in set().union(*names.values()):
            store.fragments.pop(name, None)
    await find_losses(world)
    assert (await Upkeep(world).status()).queue == {0: 1, 1: 2}
    assert (await Upkeep(world).repair(limit=2)).repaired == 2
    assert (await Upkeep(world).status()).queue == {1: 2}


async def test_with_fewer_than_k_fragments_repair_waits_and_says_why(database: Database) -> None:
    stores = memory_stores()
    world = environment(database, stores)
    await put(world)
    for store in stores[:3]:
        store.fragments.clear()
    await find_losses(world)
    report = await Upkeep(world).repair()
    assert (report.repaired, report.waiting) == (0, 3)
    assert "Only 2 of 5 fragments" in report.problems[0]
    await assert_sound(database, stores)


class FullStore(MemoryStore):
    async def create(self, name: str, *, head_bytes: int) -> MemoryWriter:
        raise StoreFull(f"no room for {name[:6]} and its {head_bytes}", provider=self.place.provider)


class LyingStore(MemoryStore):
    """Takes everything and keeps something else."""

    async def create(self, name: str, *, head_bytes: int) -> MemoryWriter:
        return LyingWriter(self.fragments, name, head_bytes=head_bytes)


class LyingWriter(MemoryWriter):
    async def finish(self, head: bytes) -> None:
        await super().finish(bytes(len(head)))


@pytest.mark.parametrize("kind", [FullStore, LyingStore])
async def test_a_place_that_does_not_take_or_keep_a_fragment_loses_it_to_another(
    database: Database, kind: type[MemoryStore]
) -> None:
    stores = memory_stores(6)
    await put(environment(database, stores))
    homes = (await read_rows(database)).objects[0].fragments
    bad = kind(homes[0].provider)
    bent = [bad if store.place.provider == homes[0].provider else store for store in stores]
    world = environment(database, bent, entropy=SeededEntropy(8))
    await find_losses(world)
    report = await Upkeep(world).repair()
    assert (report.repaired, report.moved) == (0, 1)
    await assert_sound(database, bent)
    await Upkeep(world).repair()
    await assert_at_rest(database, bent, {"clip:1": DATA})


async def test_two_repairers_at_once_do_it_once(database: Database) -> None:
    stores = memory_stores(6)
    await put(environment(database, stores))
    rest = [store for store in stores if not store.fragments] + [s for s in stores if s.fragments][1:]
    workers = [Upkeep(later(database, rest, seed=seed)) for seed in range(3)]
    reports = await asyncio.gather(*(worker.repair() for worker in workers))
    assert sum(report.moved for report in reports) == 1
    await assert_sound(database, stores)
    assert not (await read_rows(database)).moves


class DeletingStore(MemoryStore):
    """Its object is deleted just as a fragment arrives."""

    vault: Vault | None = None
    receipt: PutReceipt | None = None
    was_unfinished = False

    async def create(self, name: str, *, head_bytes: int) -> MemoryWriter:
        if self.vault is not None and self.receipt is not None:
            try:
                await self.vault.delete(self.receipt.object_id)
            except DeletionUnfinished:
                self.was_unfinished = True
        return await super().create(name, head_bytes=head_bytes)


@pytest.mark.parametrize("is_away", [False, True])
async def test_a_deletion_during_a_repair_leaves_nothing_after_the_sweep(
    database: Database, *, is_away: bool
) -> None:
    stores = memory_stores(4)
    bent = [DeletingStore(f"bent-{at}") for at in range(2)]
    world = environment(database, [*stores, *bent])
    receipt = await put(world)
    present = [*stores[1:], *bent] if is_away else [*stores, *bent]
    later_world = later(database, present)
    for store in bent:
        store.fragments.clear()
        store.vault, store.receipt = Vault(later_world), receipt
    await find_losses(later_world)
    report = await Upkeep(later_world).repair()
    assert (report.repaired, report.moved) == (0, 0)
    assert any(store.was_unfinished for store in bent)
    assert await Vault(environment(database, [*stores, *bent])).sweep(intents_before=world.clock.now()) == 1
    assert not (await read_rows(database)).objects
    assert not any(store.fragments for store in [*stores, *bent])
    with pytest.raises(ObjectMissing):
        await Vault(world).read(receipt.object_id, key=OwnerKey())


async def test_a_repairer_that_slept_through_its_lease_leaves_no_orphan(database: Database) -> None:
    """Another process took over and the object is gone: whoever wakes up removes what he wrote."""
    stores = memory_stores(5)
    bent = SleepyStore("bent")
    await put(environment(database, stores))
    gone = stores[0]
    world = later(database, [*stores[1:], bent], seconds=1000)
    bent.world = later(database, [*stores, bent], seconds=9000, seed=4)
    await Upkeep(world).repair()
    assert bent.has_slept
    assert not (await read_rows(database)).objects
    assert not any(store.fragments for store in [*stores, gone, bent])


class SleepyStore(MemoryStore):
    """So slow to finish that meanwhile the lease ends and the object is deleted."""

    world: VaultEnvironment | None = None
    has_slept = False

    async def create(self, name: str, *, head_bytes: int) -> MemoryWriter:
        return SleepyWriter(self, name, head_bytes=head_bytes)

    async def sleep(self) -> None:
        assert self.world is not None
        for record in (await read_rows(self.world.database)).objects:
            await Vault(self.world).delete(record.object_id)
        self.has_slept = True


class SleepyWriter(MemoryWriter):
    def __init__(self, store: SleepyStore, name: str, *, head_bytes: int) -> None:
        super().__init__(store.fragments, name, head_bytes=head_bytes)
        self._store = store

    async def finish(self, head: bytes) -> None:
        await self._store.sleep()
        await super().finish(head)
