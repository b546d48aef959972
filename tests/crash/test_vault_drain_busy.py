"""A provider is left and another lost without notice, while many people upload and watch."""

import asyncio
from dataclasses import replace

import pytest

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import ProviderId, Upkeep, Vault, VaultEnvironment
from support.machine.determinism import SeededEntropy
from support.vault.keeping import assert_at_rest, assert_sound, later
from support.vault.vaulting import OwnerKey, environment, memory_stores, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

LEFT = ProviderId("provider-1")
BEFORE, UPLOADS, READS = 10, 50, 200


def content(at: int) -> bytes:
    return sample(3_000 + 500 * (at % 10), seed=at)


async def upload(world: VaultEnvironment, at: int) -> ObjectId:
    receipt = await Vault(replace(world, entropy=SeededEntropy(at))).put(
        stream(content(at)), reference=f"clip:{at}", klass=DataClass.PUBLIC, key=OwnerKey()
    )
    return receipt.object_id


async def drain(world: VaultEnvironment) -> None:
    upkeep = Upkeep(replace(world, entropy=SeededEntropy(500)))
    while not (await upkeep.drain.run(LEFT, limit=5)).is_finished:
        pass


async def watch(world: VaultEnvironment, objects: list[ObjectId], at: int) -> None:
    await asyncio.sleep(0.002 * at)
    which = at % len(objects)
    assert await Vault(world).read(objects[which], key=OwnerKey()) == content(which)


@pytest.mark.slow
async def test_no_read_fails_and_no_upload_is_lost(database: Database) -> None:
    stores = memory_stores(8)
    world = environment(database, stores)
    await Vault(world).enrol()
    objects = [await upload(world, at) for at in range(BEFORE)]
    lost = stores[4]
    work = asyncio.gather(
        drain(world),
        *(upload(world, at) for at in range(BEFORE, BEFORE + UPLOADS)),
        *(watch(world, objects, at) for at in range(READS)),
    )
    await asyncio.sleep(0.1)
    lost.fragments.clear()
    await work
    await assert_sound(database, stores)
    upkeep = Upkeep(later(database, stores))
    await upkeep.scrub(limit=1000)
    await upkeep.repair(limit=1000)
    contents = {f"clip:{at}": content(at) for at in range(BEFORE + UPLOADS)}
    await assert_at_rest(database, stores, contents)
    assert not stores[0].fragments
