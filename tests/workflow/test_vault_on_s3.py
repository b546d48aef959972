"""The vault over real S3 servers, of which one is lost in the middle of everything."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from reelm.base import Database, DataClass, SystemEntropy
from reelm.vault import DeletionUnfinished, ObjectMissing, PutReceipt, Vault, VaultConfig
from support.vault.radosgw import Gateway
from support.vault.s3 import S3_MARKS, open_all
from support.vault.vaulting import OwnerKey, open_vault, sample, stream

pytestmark = [*S3_MARKS, pytest.mark.on_database("sqlite")]
KEY = OwnerKey(entropy=SystemEntropy())


@pytest.fixture
async def vault(database: Database, gateways: Sequence[Gateway]) -> AsyncIterator[Vault]:
    stores = open_all(gateways[:5])
    yield open_vault(database, stores, config=VaultConfig(stall_seconds=10.0), entropy=SystemEntropy())
    for store in stores:
        await store.close()


async def put(vault: Vault, data: bytes, reference: str) -> PutReceipt:
    source = stream(data, piece_bytes=1 << 20)
    return await vault.put(source, reference=reference, klass=DataClass.PROTECTED, key=KEY)


async def test_what_is_put_into_buckets_comes_back_in_any_part_and_goes_for_good(vault: Vault) -> None:
    for size in (0, 5000, 3 << 20, (60 << 20) + 7):
        data = sample(1000) * (size // 1000 + 1)
        data = data[:size]
        receipt = await put(vault, data, f"whole-{size}")
        assert receipt.fragments_stored >= 4  # the last one may still be on its way
        assert await vault.read(receipt.object_id, key=KEY) == data
        middle = size // 2
        assert (
            await vault.read(receipt.object_id, key=KEY, start=middle, length=777)
            == data[middle : middle + 777]
        )
        await vault.delete(receipt.object_id)
        with pytest.raises(ObjectMissing):
            await vault.read(receipt.object_id, key=KEY)


async def test_a_provider_that_dies_during_reads_and_writes_costs_neither(
    vault: Vault, gateways: Sequence[Gateway]
) -> None:
    data = sample(1 << 20) * 40
    before = await put(vault, data, "before")
    lost = gateways[2]
    reads = [asyncio.create_task(vault.read(before.object_id, key=KEY)) for _ in range(4)]
    writes = [asyncio.create_task(put(vault, data, f"during-{number}")) for number in range(3)]
    await asyncio.sleep(0.3)
    lost.stop()
    try:
        assert all(found == data for found in await asyncio.gather(*reads))
        receipts = await asyncio.gather(*writes)
        assert all(receipt.fragments_stored >= 4 for receipt in receipts)
        for receipt in receipts:
            assert await vault.read(receipt.object_id, key=KEY) == data
        health = {store.provider: store.is_reachable for store in await vault.health()}
        assert health == {f"provider-{number}": number != 3 for number in range(1, 6)}
        with pytest.raises(DeletionUnfinished):
            await vault.delete(before.object_id)
    finally:
        lost.start()
    for receipt in receipts:
        assert await vault.read(receipt.object_id, key=KEY) == data
        await vault.delete(receipt.object_id)
    await vault.delete(before.object_id)
