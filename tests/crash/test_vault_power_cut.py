"""A power cut at every durable step of a put and a delete, before and after the step takes effect.

The world is the stores and the records. After the cut nothing works any more, then a new process starts
over the same world and repeats the call: it must complete exactly once, and every fragment must belong to an
object in the records.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import PutReceipt, Vault
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.store import find, objects
from support.machine.determinism import ManualClock, SeededEntropy
from support.vault.power import CutStore, LateCutStore, World, records_with_cuts, survives
from support.vault.vaulting import OwnerKey, memory_stores, open_vault, records, sample, stream

DATA = sample(9_000)
STEPS_MAX = 200


async def put(
    database: Database, stores: Sequence[MemoryStore], world: World | None, *, seed: int
) -> PutReceipt:
    wrapped = [CutStore(world, store) for store in stores] if world else list(stores)
    vault = open_vault(database, wrapped, entropy=SeededEntropy(seed))
    return await vault.put(stream(DATA), reference="clip:1", klass=DataClass.PUBLIC, key=OwnerKey())


async def assert_consistent(
    database: Database, stores: Sequence[MemoryStore], receipts: Sequence[PutReceipt]
) -> None:
    """Exactly the given objects exist, whole, and no fragment is an orphan."""
    async with database.read() as tx:
        ids = [ObjectId(row.object_id) for row in await tx.execute(objects.select())]
        found = [await find(tx, object_id) for object_id in ids]
    assert sorted(ids) == sorted(receipt.object_id for receipt in receipts)
    named = {(piece.provider, piece.name) for record in found if record for piece in record.fragments}
    held = {(store.place.provider, name) for store in stores for name in store.fragments}
    assert held == named
    vault = open_vault(database, stores)
    for receipt in receipts:
        assert await vault.read(receipt.object_id, key=OwnerKey()) == DATA


async def sweep(database: Database, stores: Sequence[MemoryStore]) -> None:
    """Once no put from before the cut can be running."""
    clock = ManualClock()
    clock.advance(seconds=1)
    await open_vault(database, stores).sweep(intents_before=clock.now())


async def assert_safe(database: Database, stores: Sequence[MemoryStore], receipt: PutReceipt) -> None:
    """The object is readable without any one store, and no fragment is unknown to the records."""
    async with database.read() as tx:
        (row,) = (await tx.execute(objects.select())).all()
        record = await find(tx, receipt.object_id)
    assert record is not None
    assert row.object_id == receipt.object_id
    held = {(store.place.provider, name) for store in stores for name in store.fragments}
    assert held <= {(piece.provider, piece.name) for piece in record.fragments}
    for store in stores:
        others = [other for other in stores if other is not store]
        assert await open_vault(database, others).read(receipt.object_id, key=OwnerKey()) == DATA


@pytest.mark.slow
@pytest.mark.parametrize("is_applied", [False, True])
async def test_a_put_repeated_after_a_power_cut_at_any_step_completes_exactly_once(
    tmp_path: Path, *, is_applied: bool
) -> None:
    for step in range(1, STEPS_MAX):
        folder = tmp_path / str(step)
        folder.mkdir()
        async with records(folder) as database, records_with_cuts(folder) as cutting:
            stores, world = memory_stores(), World(cut_at=step, is_applied=is_applied)
            cutting.world = world
            if await survives(put(cutting, stores, world, seed=step)):
                assert step > 15, "the put has that many durable steps at least"
                return
            receipt = await put(database, stores, None, seed=1000 + step)
            await sweep(database, stores)
            await assert_consistent(database, stores, [receipt])
            assert await put(database, stores, None, seed=2000 + step) == receipt
    raise AssertionError("the put never ran to its end")


@pytest.mark.slow
@pytest.mark.parametrize("is_applied", [False, True])
async def test_a_power_cut_between_the_receipt_and_the_last_fragment_loses_nothing(
    tmp_path: Path, *, is_applied: bool
) -> None:
    receipts: list[PutReceipt] = []

    async def put_and_close(vault: Vault) -> None:
        source = stream(DATA)
        receipts.append(await vault.put(source, reference="clip:1", klass=DataClass.PUBLIC, key=OwnerKey()))
        await vault.close()

    for step in range(1, STEPS_MAX):
        folder = tmp_path / str(step)
        folder.mkdir()
        receipts.clear()
        async with records(folder) as database, records_with_cuts(folder) as cutting:
            stores, world = memory_stores(), World(cut_at=step, is_applied=is_applied)
            cutting.world = world
            wrapped = [*(CutStore(world, store) for store in stores[:4]), LateCutStore(world, stores[4])]
            vault = open_vault(cutting, wrapped, entropy=SeededEntropy(step))
            if await survives(put_and_close(vault)):
                assert step > 16, "what happens after the receipt has durable steps too"
                return
            again = await put(database, stores, None, seed=1000 + step)
            assert [receipt.object_id for receipt in receipts] in ([], [again.object_id])
            await sweep(database, stores)
            await assert_safe(database, stores, again)
    raise AssertionError("the put never ran to its end")


@pytest.mark.parametrize("is_applied", [False, True])
async def test_a_put_never_repeated_leaves_nothing_after_the_sweep(
    tmp_path: Path, *, is_applied: bool
) -> None:
    for step in range(1, STEPS_MAX, 3):
        folder = tmp_path / str(step)
        folder.mkdir()
        async with records(folder) as database, records_with_cuts(folder) as cutting:
            stores, world = memory_stores(), World(cut_at=step, is_applied=is_applied)
            cutting.world = world
            if await survives(put(cutting, stores, world, seed=step)):
                return
            await sweep(database, stores)
            async with database.read() as tx:
                rows = (await tx.execute(objects.select())).all()
            if rows:
                # The cut came after the last commit: the put was complete, only its answer was lost.
                assert [row.state for row in rows] == ["stored"]
                continue
            assert not any(store.fragments for store in stores)
    raise AssertionError("the put never ran to its end")


@pytest.mark.slow
@pytest.mark.parametrize("is_applied", [False, True])
async def test_a_delete_repeated_after_a_power_cut_at_any_step_leaves_nothing(
    tmp_path: Path, *, is_applied: bool
) -> None:
    for step in range(1, STEPS_MAX):
        folder = tmp_path / str(step)
        folder.mkdir()
        async with records(folder) as database, records_with_cuts(folder) as cutting:
            stores, world = memory_stores(), World(cut_at=step, is_applied=is_applied)
            cutting.world = world
            receipt = await put(database, stores, None, seed=step)
            vault = open_vault(cutting, [CutStore(world, store) for store in stores])
            if await survives(vault.delete(receipt.object_id)):
                assert step > 6, "the deletion has that many durable steps at least"
                return
            await open_vault(database, stores).delete(receipt.object_id)
            await assert_consistent(database, stores, [])
            assert not any(store.fragments for store in stores)
    raise AssertionError("the delete never ran to its end")
