"""A provider is left and another dies, over real S3 servers, while many people upload and watch."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import pytest

from reelm.base import Database, DataClass, ObjectId, SystemEntropy
from reelm.vault import DrainReport, Upkeep, Vault, VaultConfig, VaultEnvironment
from reelm.vault.adapters.s3 import S3Store
from support.vault.radosgw import Gateway
from support.vault.s3 import S3_MARKS, open_all
from support.vault.vaulting import OwnerKey, environment, sample, stream

pytestmark = [*S3_MARKS, pytest.mark.timeout(240), pytest.mark.on_database("sqlite")]
KEY = OwnerKey(entropy=SystemEntropy())
BEFORE, UPLOADS, READS = 10, 50, 200


@pytest.fixture
async def stores(gateways: Sequence[Gateway]) -> AsyncIterator[list[S3Store]]:
    opened = open_all(gateways)
    async with AsyncExitStack() as closing:
        for store in opened:
            closing.push_async_callback(store.close)
        yield opened


def content(at: int) -> bytes:
    return sample(100_000 + 1_000 * (at % 10), seed=at)


async def upload(vault: Vault, at: int) -> ObjectId:
    source = stream(content(at), piece_bytes=1 << 16)
    receipt = await vault.put(source, reference=f"clip:{at}", klass=DataClass.PROTECTED, key=KEY)
    return receipt.object_id


async def drain(world: VaultEnvironment, store: S3Store) -> DrainReport:
    upkeep = Upkeep(world)
    while True:
        report = await upkeep.drain.run(store.place.provider)
        if report.is_finished:
            return report
        await asyncio.sleep(0.5)


async def test_no_read_fails_no_upload_is_lost_and_the_report_is_right(
    database: Database, gateways: Sequence[Gateway], stores: list[S3Store]
) -> None:
    config = VaultConfig(stall_seconds=5.0, hedge_ceiling_seconds=0.5, pack_below_bytes=0)
    world = environment(database, stores, config=config, entropy=SystemEntropy())
    vault = Vault(world)
    await vault.enrol()
    objects = [await upload(vault, at) for at in range(BEFORE)]

    async def watch(at: int) -> None:
        assert await vault.read(objects[at % BEFORE], key=KEY) == content(at % BEFORE)

    leaving = asyncio.create_task(drain(world, stores[0]))
    uploads = [asyncio.create_task(upload(vault, at)) for at in range(BEFORE, BEFORE + UPLOADS)]
    views = [asyncio.create_task(watch(at)) for at in range(READS)]
    await asyncio.wait([*views, *uploads], return_when=asyncio.FIRST_COMPLETED)
    gateways[4].stop()
    try:
        await asyncio.gather(*views)
        objects += await asyncio.gather(*uploads)
    finally:
        gateways[4].start()
    report = await leaving
    await vault.close()
    assert (report.fragments_left, report.copies_left, report.intents_open) == (0, 0, 0)
    assert report.moved == report.copies_deleted > 0
    for at, object_id in enumerate(objects):
        assert await vault.read(object_id, key=KEY) == content(at)
        where = await Upkeep(world).where(object_id)
        assert stores[0].place.provider not in {fragment.provider for fragment in where}
