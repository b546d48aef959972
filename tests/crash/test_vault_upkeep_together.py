"""Several processes repair, drain and delete at once, on every kind of records, and get in nobody's way."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import DeletionUnfinished, ProviderId, Upkeep, Vault, VaultEnvironment
from support.machine.determinism import SeededEntropy
from support.vault.keeping import assert_at_rest, assert_sound, later, read_rows
from support.vault.vaulting import OwnerKey, environment, memory_stores, sample, stream

LEFT = ProviderId("provider-1")
CONTENTS = {f"clip:{at}": sample(2_000, seed=at) for at in range(12)}


async def leave(world: VaultEnvironment) -> None:
    """As the worker does, which also finishes the deletions that were held up."""
    upkeep = Upkeep(world)
    while not (await upkeep.drain.run(LEFT, limit=3)).is_finished:
        await upkeep.repair(limit=3)
        await Vault(world).sweep(intents_before=world.clock.now() - timedelta(hours=1))


async def mend(world: VaultEnvironment) -> None:
    upkeep = Upkeep(world)
    for _ in range(6):
        await upkeep.scrub(limit=20)
        await upkeep.repair(limit=5)


async def remove(world: VaultEnvironment, objects: list[ObjectId]) -> None:
    for object_id in objects:
        with suppress(DeletionUnfinished):  # somebody was just at work on it
            await Vault(world).delete(object_id)


async def test_processes_at_once_leave_one_consistent_world(database: Database) -> None:
    stores = memory_stores(7)
    world = environment(database, stores)
    await Vault(world).enrol()
    ids = [
        (
            await Vault(world).put(stream(data), reference=name, klass=DataClass.PUBLIC, key=OwnerKey())
        ).object_id
        for name, data in CONTENTS.items()
    ]
    stores[3].fragments.clear()

    def process(seed: int) -> VaultEnvironment:
        return later(database, stores, seed=seed)

    await asyncio.gather(
        leave(process(1)),
        leave(process(2)),
        mend(process(3)),
        mend(process(4)),
        remove(process(5), ids[:4]),
    )
    await assert_sound(database, stores)
    end = later(database, stores, seconds=5_000, seed=6)
    await Vault(end).sweep(intents_before=end.clock.now())
    await mend(end)
    kept = {name: CONTENTS[name] for name in list(CONTENTS)[4:]}
    await assert_at_rest(database, stores, kept)
    assert not stores[0].fragments
    assert len((await read_rows(database)).objects) == len(kept)
    status = await Upkeep(end).status()
    assert (status.queue, {provider.reads_alone for provider in status.providers}) == ({}, {0})
    assert (await Upkeep(end).audit(20, entropy=SeededEntropy(9))).total.failures == 0
