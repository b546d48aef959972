"""Small objects as a caller sees them: like any other, though they lie in packs."""

import asyncio
from dataclasses import replace

import pytest

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import (
    KeyNeeded,
    KeyRefused,
    ObjectBroken,
    ObjectMissing,
    PutReceipt,
    Suite,
    Vault,
    VaultError,
)
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.errors import ClassNeedsSeal, FailedCheck, WrongRange
from reelm.vault.store import entries, objects, packs
from support.machine.determinism import ManualClock, SeededEntropy
from support.vault.vaulting import (
    PACK_KEY,
    PACKED,
    SMALL,
    OwnerKey,
    memory_stores,
    open_vault,
    sample,
    stream,
)

pytestmark = pytest.mark.on_database("sqlite")

LIMIT = PACKED.pack_below_bytes
PUBLIC, PROTECTED = DataClass.PUBLIC, DataClass.PROTECTED


@pytest.fixture
def stores() -> list[MemoryStore]:
    return memory_stores()


@pytest.fixture
def vault(database: Database, stores: list[MemoryStore]) -> Vault:
    return open_vault(database, stores, config=PACKED)


async def put(
    vault: Vault, data: bytes, *, reference: str = "r", suite: Suite = Suite.SEALED, klass: DataClass = PUBLIC
) -> PutReceipt:
    return await vault.put(stream(data), reference=reference, klass=klass, key=OwnerKey(), suite=suite)


async def rows(database: Database) -> tuple[int, int, int]:
    """Objects, packs, entries."""
    async with database.read() as tx:
        counts = [len((await tx.execute(table.select())).all()) for table in (objects, packs, entries)]
    return counts[0], counts[1], counts[2]


async def the_pack(database: Database) -> ObjectId:
    async with database.read() as tx:
        return ObjectId((await tx.execute(objects.select())).one().object_id)


@pytest.mark.parametrize("suite", list(Suite))
async def test_what_went_in_comes_out_on_both_sides_of_the_limit(vault: Vault, suite: Suite) -> None:
    for size in (0, 1, 1023, LIMIT - 1, LIMIT, LIMIT + 1):
        receipt = await put(vault, sample(size), reference=f"r{size}", suite=suite)
        assert (receipt.length_bytes, receipt.fragments_stored, receipt.n) == (size, 5, 5)
        key = OwnerKey() if suite.is_sealed else None
        assert await vault.read(receipt.object_id, key=key) == sample(size)


async def test_only_objects_below_the_limit_go_into_packs(vault: Vault, database: Database) -> None:
    await put(vault, sample(LIMIT - 1), reference="small")
    await put(vault, sample(LIMIT), reference="large")
    assert await rows(database) == (2, 1, 1)


async def test_any_range_of_a_small_object_reads(vault: Vault) -> None:
    data = sample(1500)
    receipt = await put(vault, data)
    for start, length in ((0, 1), (700, 500), (1499, 9), (1500, 5), (12, 0), (3, None)):
        part = await vault.read(receipt.object_id, key=OwnerKey(), start=start, length=length)
        assert part == data[start : None if length is None else start + length]
    for start, length in ((-1, None), (1501, None), (0, -1)):
        with pytest.raises(WrongRange):
            await vault.read(receipt.object_id, key=OwnerKey(), start=start, length=length)


async def test_any_two_stores_lost_still_reads_and_a_third_does_not(
    vault: Vault, stores: list[MemoryStore]
) -> None:
    receipt = await put(vault, b"precious")
    for number in (1, 3):
        stores[number].fragments.clear()
    assert await vault.read(receipt.object_id, key=OwnerKey()) == b"precious"
    stores[0].fragments.clear()
    with pytest.raises(VaultError):
        await vault.read(receipt.object_id, key=OwnerKey())


async def test_it_needs_its_own_owners_key(vault: Vault) -> None:
    receipt = await put(vault, b"mine", klass=PROTECTED)
    with pytest.raises(KeyNeeded):
        await vault.read(receipt.object_id)
    with pytest.raises(KeyRefused):
        await vault.read(receipt.object_id, key=OwnerKey(bytes(32)))
    with pytest.raises(KeyNeeded):
        await vault.put(stream(b"x"), reference="s", klass=PROTECTED, key=None)
    with pytest.raises(ClassNeedsSeal):
        await put(vault, b"x", reference="t", klass=PROTECTED, suite=Suite.MEDIA)


async def test_a_media_pack_opens_without_any_key(database: Database, stores: list[MemoryStore]) -> None:
    """A reader with the stores and no key of the realm serves what an edge serves."""
    receipt = await put(open_vault(database, stores, config=PACKED), b"ciphertext", suite=Suite.MEDIA)
    assert await open_vault(database, stores, config=SMALL).read(receipt.object_id) == b"ciphertext"


async def test_a_pack_never_mixes_suite_class_or_residency(
    database: Database, stores: list[MemoryStore]
) -> None:
    vault, home = open_vault(database, stores, config=PACKED), frozenset({"ZZ"})
    wishes = [
        (suite, klass, residency, number)
        for suite in (Suite.SEALED, Suite.SEALED_SHA256)
        for klass in (PUBLIC, PROTECTED)
        for residency in (None, home)
        for number in range(2)
    ]
    puts = [
        vault.put(
            stream(b"x"),
            reference=f"r{at}",
            klass=klass,
            key=OwnerKey(),
            suite=suite,
            residency=residency,
        )
        for at, (suite, klass, residency, _) in enumerate(wishes)
    ]
    await asyncio.gather(*puts)
    async with database.read() as tx:
        found = (await tx.execute(objects.select())).all()
        held = (await tx.execute(entries.select())).all()
    assert len({(row.suite, row.data_class, row.residency) for row in found}) == len(found) == 8
    kind = {row.object_id: (row.suite, row.data_class, row.residency) for row in found}
    for row in held:
        suite, klass, residency, _ = wishes[int(row.reference[1:])]
        assert kind[row.pack_id] == (suite, klass, None if residency is None else "ZZ")


async def test_a_repeated_put_gives_the_first_receipt_and_stores_nothing(
    vault: Vault, stores: list[MemoryStore]
) -> None:
    first = await put(vault, b"once")
    assert await put(vault, b"twice") == first
    assert await put(vault, sample(LIMIT)) == first, "whatever the size of the second"
    assert [len(store.fragments) for store in stores] == [1] * 5
    large = await put(vault, sample(LIMIT), reference="large")
    assert await put(vault, b"small", reference="large") == large


async def test_puts_of_one_reference_at_the_same_time_store_it_once(vault: Vault, database: Database) -> None:
    receipts = await asyncio.gather(*(put(vault, sample(10 + number)) for number in range(6)))
    assert len({receipt.object_id for receipt in receipts}) == 1
    assert await rows(database) == (1, 1, 1)


async def test_two_processes_with_the_same_references_store_each_once(
    database: Database, stores: list[MemoryStore]
) -> None:
    vaults = [open_vault(database, stores, config=PACKED, entropy=SeededEntropy(seed)) for seed in (1, 2)]
    puts = [put(vault, b"x", reference=f"r{number}") for number in range(20) for vault in vaults]
    receipts = await asyncio.gather(*puts)
    assert len({receipt.object_id for receipt in receipts}) == 20
    for receipt in receipts:
        assert await vaults[0].read(receipt.object_id, key=OwnerKey()) == b"x"


async def test_an_unfinished_large_put_gives_way_to_a_small_one(
    database: Database, stores: list[MemoryStore]
) -> None:
    """What a crash left under the reference is swept; it does not block it."""
    vault = open_vault(database, stores, config=PACKED)
    await put(vault, sample(LIMIT), reference="r")
    async with database.write() as tx:
        await tx.execute(objects.update().values(state="intent"))
    receipt = await put(vault, b"small")
    assert await vault.sweep(intents_before=ManualClock().now()) == 1
    assert await vault.read(receipt.object_id, key=OwnerKey()) == b"small"
    assert [len(store.fragments) for store in stores] == [1] * 5


async def test_a_delete_hides_it_at_once_and_frees_its_reference(vault: Vault) -> None:
    one, other = await asyncio.gather(put(vault, b"one"), put(vault, b"other", reference="s"))
    await vault.delete(one.object_id)
    await vault.delete(one.object_id)
    with pytest.raises(ObjectMissing):
        await vault.read(one.object_id, key=OwnerKey())
    assert await vault.read(other.object_id, key=OwnerKey()) == b"other"
    again = await put(vault, b"again")
    assert again.object_id != one.object_id
    assert await vault.read(again.object_id, key=OwnerKey()) == b"again"


async def test_a_pack_is_not_deleted_from_under_what_lives_in_it(vault: Vault, database: Database) -> None:
    receipt = await put(vault, b"alive")
    await vault.delete(await the_pack(database))
    assert await vault.read(receipt.object_id, key=OwnerKey()) == b"alive"


async def test_rows_that_were_exchanged_give_no_bytes_of_another(vault: Vault, database: Database) -> None:
    """Whatever is wrong with the records: an error of the vault's, and nothing else."""
    receipt, _ = await asyncio.gather(put(vault, b"12345"), put(vault, b"67890", reference="s"))
    async with database.read() as tx:
        other = (await tx.execute(entries.select().where(entries.c.reference == "s"))).one()
    mine = entries.c.entry_id == receipt.object_id
    for changes in (
        {"start_byte": other.start_byte},
        {"start_byte": other.start_byte, "entry_root": other.entry_root},
        {"start_byte": 1},
        {"length_bytes": 4},
        {"entry_root": bytes(32)},
        {"packed_bytes": other.packed_bytes - 1},
    ):
        async with database.write() as tx:
            before = (await tx.execute(entries.select().where(mine))).one()._asdict()
            await tx.execute(entries.update().where(mine).values(**changes))
        with pytest.raises(ObjectBroken) as refused:
            await vault.read(receipt.object_id, key=OwnerKey())
        assert refused.value.fault in {
            FailedCheck.IDENTITY,
            FailedCheck.MAGIC,
            FailedCheck.OBJECT_ROOT,
            FailedCheck.LENGTH,
        }
        async with database.write() as tx:
            await tx.execute(entries.update().where(mine).values(**before))
    assert await vault.read(receipt.object_id, key=OwnerKey()) == b"12345"


async def test_k_minus_1_stores_with_all_keys_and_k_stores_with_no_key_read_nothing(
    database: Database, stores: list[MemoryStore]
) -> None:
    """Both locks before every sealed entry: the pack's over the stores, the owner's within it."""
    secret = b"nobody may read this, nobody may read this"
    receipt = await put(open_vault(database, stores, config=PACKED), secret, klass=PROTECTED)
    pieces = [secret[at : at + 8] for at in range(len(secret) - 8)]
    held = b"".join(data for store in stores for data in store.fragments.values())
    assert not any(piece in held for piece in pieces)
    vault = open_vault(database, stores, config=PACKED)
    with pytest.raises(KeyNeeded):
        await vault.read(receipt.object_id)
    pack = await vault.read(await the_pack(database), key=OwnerKey(PACK_KEY))
    assert not any(piece in pack for piece in pieces), "the realm's key alone opens no entry"
    for store in stores[:3]:
        store.fragments.clear()
    with pytest.raises(VaultError):
        await vault.read(receipt.object_id, key=OwnerKey())


def test_a_pack_that_has_no_room_for_the_largest_object_is_refused() -> None:
    with pytest.raises(ValueError, match="room"):
        replace(PACKED, pack_bytes=1000)
