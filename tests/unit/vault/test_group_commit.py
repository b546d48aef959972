"""Group commit: who shares a pack, when it leaves, and what one caller's trouble means for the rest."""

import asyncio
from dataclasses import replace

import pytest

from reelm.base import Database, DataClass
from reelm.vault import NotDurable, PutReceipt, StoreFailed, StoreWriter, Vault
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.store import entries, objects
from support.vault.vaulting import PACKED, OwnerKey, memory_stores, open_vault, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

# Nothing here waits for time to pass, except where a test gives a shorter one.
PATIENT = replace(PACKED, gather_seconds=60, stall_seconds=60)


class GatedStore(MemoryStore):
    """Takes no new fragment until it is opened, or breaks."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.gate = asyncio.Event()
        self.arrivals = asyncio.Semaphore(0)
        self.waiting = 0
        self.is_broken = False

    async def create(self, name: str, *, head_bytes: int) -> StoreWriter:  # type: ignore[override]  # bent
        self.waiting += 1
        self.arrivals.release()
        await self.gate.wait()
        if self.is_broken:
            raise StoreFailed("It broke.", provider=self.place.provider)
        return await super().create(name, head_bytes=head_bytes)


@pytest.fixture
def gates() -> list[GatedStore]:
    return [GatedStore(f"gated-{number}") for number in range(5)]


def release(gates: list[GatedStore], *, is_broken: bool = False) -> None:
    for store in gates:
        store.is_broken = is_broken
        store.gate.set()


async def until_flying(gates: list[GatedStore]) -> None:
    """Until one more pack has reached every gate."""
    for store in gates:
        await asyncio.wait_for(store.arrivals.acquire(), 20)


def begin(
    vault: Vault, number: int, *, size: int = 100, owner: str | None = None
) -> asyncio.Task[PutReceipt]:
    data = sample(size, seed=number)
    wish = vault.put(
        stream(data), reference=f"r{number}", klass=DataClass.PUBLIC, key=OwnerKey(), owner=owner
    )
    return asyncio.create_task(wish)


async def packs_of(database: Database) -> dict[str, set[str]]:
    """Pack -> the references of what lives in it, from the records."""
    found: dict[str, set[str]] = {}
    async with database.read() as tx:
        for row in await tx.execute(entries.select().where(entries.c.reference.is_not(None))):
            found.setdefault(row.pack_id, set()).add(row.reference)
    return found


async def test_64_callers_share_one_pack_and_each_reads_its_own(database: Database) -> None:
    stores = memory_stores()
    vault = open_vault(database, stores, config=replace(PATIENT, pack_bytes=64_000))
    receipts = await asyncio.gather(*(begin(vault, number, size=number) for number in range(64)))
    assert [len(store.fragments) for store in stores] == [1] * 5
    reads = await asyncio.gather(*(vault.read(one.object_id, key=OwnerKey()) for one in receipts))
    assert reads == [sample(number, seed=number) for number in range(64)]


async def test_a_lone_caller_does_not_wait_for_company(database: Database) -> None:
    vault = open_vault(database, memory_stores(), config=PATIENT)
    await asyncio.wait_for(begin(vault, 1), 10)


async def test_who_comes_while_a_pack_is_on_its_way_shares_the_next(
    database: Database, gates: list[GatedStore]
) -> None:
    vault = open_vault(database, gates, config=PATIENT)
    first = begin(vault, 0)
    await until_flying(gates)
    others = [begin(vault, number) for number in range(1, 10)]
    await asyncio.sleep(0.01)
    assert [store.waiting for store in gates] == [1] * 5
    release(gates)
    await asyncio.gather(first, *others)
    shared = [held for held in (await packs_of(database)).values() if len(held) > 1]
    assert shared == [{f"r{number}" for number in range(1, 10)}]


async def test_a_full_pack_does_not_wait_for_the_one_before(
    database: Database, gates: list[GatedStore]
) -> None:
    vault = open_vault(database, gates, config=PATIENT)
    puts = [begin(vault, 0)]
    await until_flying(gates)
    puts += [begin(vault, number, size=1500) for number in range(1, 10)]
    await until_flying(gates)
    release(gates)
    await asyncio.gather(*puts)
    assert all(len(held) * 1646 <= 10_000 for held in (await packs_of(database)).values())


async def test_a_slow_pack_holds_the_next_up_for_the_gathering_time_only(
    database: Database, gates: list[GatedStore]
) -> None:
    vault = open_vault(database, gates, config=replace(PATIENT, gather_seconds=0.005))
    puts = [begin(vault, 0)]
    await until_flying(gates)
    puts += [begin(vault, number) for number in range(1, 5)]
    await until_flying(gates)
    release(gates)
    await asyncio.gather(*puts)


async def test_a_store_that_fails_during_the_flush_costs_one_fragment_of_the_pack(
    database: Database, gates: list[GatedStore]
) -> None:
    vault = open_vault(database, [*memory_stores(4), gates[0]], config=PATIENT)
    puts = [begin(vault, number) for number in range(9)]
    await until_flying(gates[:1])
    release(gates[:1], is_broken=True)
    receipts = await asyncio.gather(*puts)
    assert {receipt.fragments_stored for receipt in receipts} == {4}
    for number, receipt in enumerate(receipts):
        assert await vault.read(receipt.object_id, key=OwnerKey()) == sample(100, seed=number)


async def test_a_pack_that_fails_fails_everyone_in_it_and_keeps_nothing(
    database: Database, gates: list[GatedStore]
) -> None:
    vault = open_vault(database, [*memory_stores(3), *gates[:2]], config=PATIENT)
    puts = [begin(vault, number) for number in range(9)]
    await until_flying(gates[:2])
    release(gates[:2], is_broken=True)
    errors = await asyncio.gather(*puts, return_exceptions=True)
    assert {type(error) for error in errors} == {NotDurable}
    assert len({str(error) for error in errors}) == 1
    async with database.read() as tx:
        assert not (await tx.execute(objects.select())).all()
        assert not (await tx.execute(entries.select())).all()
    release(gates)
    receipts = await asyncio.gather(*(begin(vault, number) for number in range(9)))
    assert len({receipt.object_id for receipt in receipts}) == 9


async def test_a_cancelled_caller_leaves_the_others_alone_and_nothing_of_its_own(
    database: Database, gates: list[GatedStore]
) -> None:
    vault = open_vault(database, gates, config=PATIENT)
    puts = [begin(vault, number) for number in range(9)]
    await until_flying(gates)
    for number in (0, 4):
        puts[number].cancel()
    await asyncio.sleep(0)
    release(gates)
    results = await asyncio.gather(*puts, return_exceptions=True)
    assert [isinstance(result, PutReceipt) for result in results] == [at not in {0, 4} for at in range(9)]
    assert list((await packs_of(database)).values()) == [{f"r{at}" for at in range(9) if at not in {0, 4}}]
    again = await begin(vault, 4)
    assert await vault.read(again.object_id, key=OwnerKey()) == sample(100, seed=4)


async def test_a_pack_that_nobody_wants_any_more_is_all_garbage(
    database: Database, gates: list[GatedStore]
) -> None:
    vault = open_vault(database, gates, config=PATIENT)
    puts = [begin(vault, number) for number in range(3)]
    await until_flying(gates)
    for task in puts:
        task.cancel()
    await asyncio.gather(*puts, return_exceptions=True)
    release(gates)
    later = await begin(vault, 9)
    assert list((await packs_of(database)).values()) == [{"r9"}]
    assert await vault.compaction.run() == 1
    assert [len(store.fragments) for store in gates] == [1] * 5
    assert await vault.read(later.object_id, key=OwnerKey()) == sample(100, seed=9)


async def test_what_a_cancelled_caller_left_is_garbage_that_a_shred_finds(
    database: Database, gates: list[GatedStore]
) -> None:
    """Its bytes are in the pack, sealed under a key that is about to be destroyed: they must leave too."""
    vault = open_vault(database, gates, config=PATIENT)
    given_up, *others = [begin(vault, number, owner=f"owner-{number}") for number in range(4)]
    await until_flying(gates)
    given_up.cancel()
    await asyncio.sleep(0)
    release(gates)
    await asyncio.gather(*others)
    assert await vault.shred("owner-0") == 0
    assert await vault.compaction.run() == 1
    async with database.read() as tx:
        assert {row.owner for row in await tx.execute(entries.select())} == {
            f"owner-{at}" for at in (1, 2, 3)
        }


async def test_a_put_that_a_shred_overtakes_is_found_by_the_next_shred(
    database: Database, gates: list[GatedStore]
) -> None:
    """Its key is gone already, so it is dead on arrival; its bytes must still leave."""
    vault = open_vault(database, gates, config=PATIENT)
    late = begin(vault, 0, owner="erased")
    await until_flying(gates)
    assert await vault.shred("erased") == 0
    release(gates)
    await late
    assert await vault.shred("erased") == 1
    assert await vault.compaction.run() == 1
    assert not any(store.fragments for store in gates)
