"""Lost fragments come back, byte for byte, without any key, and never where the rules forbid it."""

import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from determinism import SeededEntropy
from reelm.base import Database, DataClass
from reelm.vault import Receipt, Suite, Upkeep
from reelm.vault.adapters.memory import MemoryStore
from vaulting import OwnerKey, memory_stores, open_vault, outside, records, sample, stream


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with records(tmp_path) as opened:
        yield opened


async def put(
    database: Database,
    stores: list[MemoryStore],
    data: bytes,
    *,
    reference: str = "clip:1",
    suite: Suite = Suite.SEALED,
) -> Receipt:
    vault = open_vault(database, stores, entropy=SeededEntropy(zlib.crc32(reference.encode())))
    await vault.enrol()
    return await vault.put(
        stream(data), reference=reference, klass=DataClass.PUBLIC, key=OwnerKey(), suite=suite
    )


@pytest.mark.parametrize("suite", list(Suite))
@pytest.mark.parametrize("length", [0, 1, 5_000, 40_000])
async def test_any_lost_fragment_comes_back_byte_for_byte(
    database: Database, suite: Suite, length: int
) -> None:
    stores = memory_stores()
    receipt = await put(database, stores, sample(length), suite=suite)
    whole = {store.place.provider: dict(store.fragments) for store in stores}
    upkeep = Upkeep(outside(database, stores))
    for store in stores:
        store.fragments.clear()
        assert (await upkeep.scrub()).missing == 1
        report = await upkeep.repair()
        assert (report.repaired, report.moved, report.waiting) == (1, 0, 0)
        assert store.fragments == whole[store.place.provider]
    assert await open_vault(database, stores).read(receipt.object_id, key=OwnerKey()) == sample(length)


async def test_a_full_drain(database: Database) -> None:
    stores = memory_stores(6)
    ids = [await put(database, stores, sample(3000, seed=at), reference=f"clip:{at}") for at in range(6)]
    upkeep = Upkeep(outside(database, stores))
    provider = stores[0].place.provider
    report = await upkeep.drain(provider)
    print(report)
    assert report.is_finished
    assert not stores[0].fragments
    for at, receipt in enumerate(ids):
        assert await open_vault(database, stores).read(receipt.object_id, key=OwnerKey()) == sample(
            3000, seed=at
        )
    print(await upkeep.status())
    print(await upkeep.where(ids[0].object_id))
    print(await upkeep.audit(50))
    print(await upkeep.scrub(deep=True))
    r = await open_vault(database, stores, entropy=SeededEntropy(99)).renew(ids[0].object_id, OwnerKey())
    print(r)
    assert await open_vault(database, stores).read(r.object_id, key=OwnerKey()) == sample(3000, seed=0)
