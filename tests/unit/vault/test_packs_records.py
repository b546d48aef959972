"""Small objects over each kind of records, with several processes at them at once."""

import asyncio

import pytest

from reelm.base import Database, DataClass
from reelm.vault import ObjectMissing, PutReceipt, Vault
from reelm.vault.store import entries, packs
from support.machine.determinism import SeededEntropy
from support.vault.vaulting import PACKED, OwnerKey, memory_stores, open_vault, sample, stream

COUNT = 12
PROCESSES = 3


@pytest.fixture
def vaults(database: Database) -> list[Vault]:
    """As many processes over the same records and stores."""
    stores = memory_stores()
    return [
        open_vault(database, stores, config=PACKED, entropy=SeededEntropy(seed)) for seed in range(PROCESSES)
    ]


async def put(vault: Vault, number: int) -> PutReceipt:
    return await vault.put(
        stream(sample(300, seed=number)),
        reference=f"r{number}",
        klass=DataClass.PUBLIC,
        key=OwnerKey(),
        owner=f"owner-{number % 3}",
    )


async def put_everywhere(vaults: list[Vault]) -> list[PutReceipt]:
    """Every process stores every reference, half of them the other way round; the receipts by number."""
    orders = [range(COUNT) if at % 2 else range(COUNT - 1, -1, -1) for at in range(PROCESSES)]
    puts = [put(vault, number) for vault, order in zip(vaults, orders, strict=True) for number in order]
    found: dict[str, PutReceipt] = {}
    for receipt in await asyncio.gather(*puts):
        assert found.setdefault(receipt.reference, receipt).object_id == receipt.object_id
    return [found[f"r{number}"] for number in range(COUNT)]


async def test_several_processes_store_each_reference_once(database: Database, vaults: list[Vault]) -> None:
    receipts = await put_everywhere(vaults)
    async with database.read() as tx:
        living = (await tx.execute(entries.select().where(entries.c.reference.is_not(None)))).all()
    assert len(living) == COUNT
    for number, receipt in enumerate(receipts):
        assert await vaults[1].read(receipt.object_id, key=OwnerKey()) == sample(300, seed=number)


async def test_shredding_and_compacting_everywhere_at_once_keeps_the_others(
    database: Database, vaults: list[Vault]
) -> None:
    receipts = await put_everywhere(vaults)
    shreds = asyncio.gather(*(vault.shred("owner-1") for vault in vaults))
    compactions = asyncio.gather(*(vault.compaction.run() for vault in vaults))
    deletions = asyncio.gather(*(vault.delete(receipts[0].object_id) for vault in vaults))
    await asyncio.gather(shreds, compactions, deletions)
    for vault in vaults:
        await vault.compaction.run()
    for number, receipt in enumerate(receipts):
        if number % 3 == 1 or number == 0:
            with pytest.raises(ObjectMissing):
                await vaults[2].read(receipt.object_id, key=OwnerKey())
        else:
            assert await vaults[2].read(receipt.object_id, key=OwnerKey()) == sample(300, seed=number)
    async with database.read() as tx:
        held = (await tx.execute(packs.select())).all()
        rows = (await tx.execute(entries.select())).all()
    living = [row for row in rows if row.reference is not None]
    assert sum(row.live_bytes for row in held) == sum(row.packed_bytes for row in living)
    assert sum(row.packed_bytes for row in held) == sum(row.packed_bytes for row in rows)
    assert not any(row.is_due for row in held)
