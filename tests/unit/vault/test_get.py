"""Reads over slow, hanging, lying, stale and failing providers: who is asked, and what is told to repair."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from reelm.base import Database, DataClass
from reelm.vault import (
    KeyRefused,
    NotEnoughFragments,
    PutReceipt,
    StoreFailed,
    Suite,
    Vault,
    VaultEnvironment,
    by_provider,
)
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.format import ChunkWindow
from reelm.vault.latency import FAILURES_MAX, OPEN_SECONDS
from reelm.vault.model import FragmentState
from reelm.vault.store import ObjectRecord, fragments
from support.vault.vaulting import SMALL, OwnerKey, environment, open_vault, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

SMALL_DATA, LARGE_DATA = sample(3000), sample(1_200_000)
# An hour is never waited for: whoever would, makes the test time out.
HASTY = replace(SMALL, hedge_floor_seconds=0.005, hedge_ceiling_seconds=0.02, stall_seconds=3600)
CHUNK = 1 << SMALL.chunk_log2


class BentStore(MemoryStore):
    """Remembers what was asked of it; hangs while its gate is closed, or fails."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.reads: list[tuple[int, int]] = []
        self.is_asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_failing = False
        self.stopped = 0

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        self.reads.append((start, length))
        self.is_asked.set()
        if self.is_failing:
            raise StoreFailed("The store does not answer. Check it.", provider=self.place.provider)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        return await super().read(name, start=start, length=length)

    @property
    def index(self) -> int:
        """Of the one fragment it has."""
        (data,) = self.fragments.values()
        return data[42]

    def flip(self, at: int) -> None:
        ((name, data),) = self.fragments.items()
        self.fragments[name] = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.fixture
def stores() -> list[BentStore]:
    return [BentStore(f"provider-{number}") for number in range(5)]


@pytest.fixture
def vault(database: Database, stores: list[BentStore]) -> Vault:
    return open_vault(database, stores)


@pytest.fixture
def hasty(database: Database, stores: list[BentStore]) -> Vault:
    """Hedges after milliseconds, so that it may do so without need as well."""
    return open_vault(database, stores, config=HASTY)


async def put(
    vault: Vault, stores: list[BentStore], data: bytes, *, suite: Suite = Suite.SEALED
) -> PutReceipt:
    """Stored, and the stores put into the order of their fragments."""
    source = stream(data, piece_bytes=50_000)
    receipt = await vault.put(source, reference="r", klass=DataClass.PUBLIC, key=OwnerKey(), suite=suite)
    stores.sort(key=lambda store: store.index)
    return receipt


def asked(stores: Sequence[BentStore]) -> list[int]:
    """How many reads each store was asked for since the last time."""
    counts = [len(store.reads) for store in stores]
    for store in stores:
        store.reads.clear()
    return counts


async def states(database: Database, receipt: PutReceipt) -> list[str]:
    wanted = select(fragments.c.state).where(fragments.c.object_id == receipt.object_id)
    async with database.read() as tx:
        return list(await tx.scalars(wanted.order_by(fragments.c.fragment_index)))


async def test_a_cold_range_costs_three_requests_of_k_providers_and_a_warm_one_a_single_one(
    vault: Vault, stores: list[BentStore]
) -> None:
    receipt = await put(vault, stores, LARGE_DATA)
    part = await vault.read(receipt.object_id, key=OwnerKey(), start=500_000, length=100)
    assert part == LARGE_DATA[500_000:500_100]
    assert asked(stores) == [3, 3, 3, 0, 0]
    await vault.read(receipt.object_id, key=OwnerKey(), start=CHUNK * 20, length=CHUNK)
    blocks = [length for store in stores for _, length in store.reads]
    assert asked(stores) == [1, 1, 1, 0, 0]
    assert max(blocks) <= (CHUNK + 16) // 3 + 1


@pytest.mark.parametrize("data", [SMALL_DATA, LARGE_DATA], ids=["small", "large"])
async def test_a_hanging_provider_is_covered_by_a_spare_and_soon_asked_last(
    hasty: Vault, stores: list[BentStore], data: bytes
) -> None:
    receipt = await put(hasty, stores, data)
    stores[1].gate.clear()
    assert await hasty.read(receipt.object_id, key=OwnerKey()) == data
    first = asked(stores)
    assert first[1] > 0
    assert first[3] > 0, "a spare covered it"
    assert stores[1].stopped == first[1], "nobody waits for it any more"


async def test_a_provider_that_begins_to_hang_while_the_object_is_open_is_covered(
    hasty: Vault, stores: list[BentStore]
) -> None:
    receipt = await put(hasty, stores, LARGE_DATA)
    assert await hasty.read(receipt.object_id, key=OwnerKey()) == LARGE_DATA
    asked(stores)
    for number in (0, 2):
        stores[number].gate.clear()
    part = await hasty.read(receipt.object_id, key=OwnerKey(), start=500_000, length=20_000)
    assert part == LARGE_DATA[500_000:520_000]


async def test_a_hanging_provider_is_covered_when_the_budget_is_spent(
    database: Database, stores: list[BentStore]
) -> None:
    world = environment(database, stores, config=HASTY)
    vault = Vault(world)
    receipt = await put(vault, stores, SMALL_DATA)
    while world.latency.budget.spend():
        pass
    stores[1].gate.clear()
    assert await vault.read(receipt.object_id, key=OwnerKey()) == SMALL_DATA
    assert asked(stores)[3] == 1


async def test_a_late_answer_still_counts_when_the_spares_have_none(
    hasty: Vault, stores: list[BentStore], database: Database
) -> None:
    receipt = await put(hasty, stores, SMALL_DATA)
    stores[0].gate.clear()
    stores[3].is_failing = stores[4].is_failing = True
    reading = asyncio.create_task(hasty.read(receipt.object_id, key=OwnerKey()))
    await stores[4].is_asked.wait()
    stores[0].gate.set()
    assert await reading == SMALL_DATA
    assert await states(database, receipt) == ["stored"] * 5


async def test_a_failing_provider_is_replaced_and_not_suspected(
    vault: Vault, stores: list[BentStore], database: Database
) -> None:
    receipt = await put(vault, stores, LARGE_DATA)
    stores[0].is_failing = stores[1].is_failing = True
    assert await vault.read(receipt.object_id, key=OwnerKey()) == LARGE_DATA
    await vault.close()
    assert await states(database, receipt) == ["stored"] * 5, "what is only away is not rebuilt"


async def test_a_failing_provider_is_asked_last_until_it_has_rested_and_then_again(
    database: Database, stores: list[BentStore]
) -> None:
    world = environment(database, stores)
    vault = Vault(world)
    receipt = await put(vault, stores, SMALL_DATA)
    stores[0].is_failing = True
    for _ in range(FAILURES_MAX):
        assert await vault.read(receipt.object_id, key=OwnerKey()) == SMALL_DATA
    assert asked(stores)[0] == FAILURES_MAX
    await vault.read(receipt.object_id, key=OwnerKey())
    assert asked(stores)[0] == 0
    stores[0].is_failing = False
    pass_time(world, OPEN_SECONDS)
    await vault.read(receipt.object_id, key=OwnerKey())
    assert asked(stores) == [1, 1, 1, 0, 0]


def pass_time(world: VaultEnvironment, seconds: float) -> None:
    world.clock.advance(seconds)  # type: ignore[attr-defined]  # the tests' own clock


@pytest.mark.parametrize("data", [SMALL_DATA, LARGE_DATA], ids=["small", "large"])
async def test_wrong_and_missing_fragments_are_told_to_repair_and_asked_last(
    vault: Vault, stores: list[BentStore], database: Database, data: bytes
) -> None:
    receipt = await put(vault, stores, data)
    stores[0].flip(1000)
    stores[2].fragments.clear()
    assert await vault.read(receipt.object_id, key=OwnerKey()) == data
    await vault.close()
    assert await states(database, receipt) == ["missing", "stored", "missing", "stored", "stored"]
    asked(stores)
    assert await vault.read(receipt.object_id, key=OwnerKey()) == data
    assert [count > 0 for count in asked(stores)] == [False, True, False, True, True]


async def test_old_bytes_are_told_to_repair(
    vault: Vault, stores: list[BentStore], database: Database
) -> None:
    """A provider back from the dead with what it had under another object's name."""
    old = await put(vault, stores, SMALL_DATA)
    (stale,) = stores[1].fragments.values()
    await vault.delete(old.object_id)
    receipt = await put(vault, stores, LARGE_DATA[:3000])
    (name,) = stores[1].fragments
    stores[1].fragments[name] = stale
    assert await vault.read(receipt.object_id, key=OwnerKey()) == LARGE_DATA[:3000]
    await vault.close()
    assert (await states(database, receipt))[1] == FragmentState.MISSING


async def test_a_fragment_that_moved_meanwhile_is_not_suspected(
    vault: Vault, stores: list[BentStore], database: Database
) -> None:
    receipt = await put(vault, stores, LARGE_DATA)
    reader = vault.get(receipt.object_id, key=OwnerKey())
    got = [await anext(reader)]
    async with database.write() as tx:
        await tx.execute(
            fragments.update().where(fragments.c.fragment_index == 0).values(provider_id="elsewhere")
        )
    stores[0].fragments.clear()
    got += [chunk async for chunk in reader]
    assert b"".join(got) == LARGE_DATA
    await vault.close()
    assert await states(database, receipt) == ["stored"] * 5


async def test_a_reader_goes_on_when_its_fragments_moved_and_their_old_copies_are_gone(
    vault: Vault, stores: list[BentStore], database: Database
) -> None:
    """As after a drain; what it knew of the object names three places that have nothing any more."""
    receipt = await put(vault, stores, LARGE_DATA)
    reader = vault.get(receipt.object_id, key=OwnerKey())
    got = [await anext(reader)]
    for number, store in enumerate(stores[:3]):
        ((old, data),) = store.fragments.items()
        store.fragments.clear()
        new = f"{number}" * 64
        stores[4].fragments[new] = data
        async with database.write() as tx:
            await tx.execute(
                fragments.update()
                .where(fragments.c.name == old)
                .values(name=new, provider_id=stores[4].place.provider)
            )
    got += [chunk async for chunk in reader]
    assert b"".join(got) == LARGE_DATA


@pytest.mark.parametrize(("data", "requests"), [(SMALL_DATA, 1), (LARGE_DATA, 3)], ids=["small", "large"])
async def test_readers_of_the_same_window_share_its_requests(
    vault: Vault, stores: list[BentStore], data: bytes, requests: int
) -> None:
    receipt = await put(vault, stores, data, suite=Suite.MEDIA)
    record = await vault._find(receipt.object_id)
    assert isinstance(record, ObjectRecord)
    retrievals = [vault._retrieve(record) for _ in range(6)]
    assert len(set(retrievals)) == 1, "who comes while it is read joins"
    reads = [retrieval.read(ChunkWindow(0, 1), None) for retrieval in retrievals]
    chunk = data[: 1 << (10 if data is SMALL_DATA else 12)]
    assert await asyncio.gather(*reads) == [[chunk]] * 6
    assert asked(stores) == [requests, requests, requests, 0, 0]


async def test_a_wrong_key_gets_nothing_from_a_shared_read(vault: Vault, stores: list[BentStore]) -> None:
    receipt = await put(vault, stores, LARGE_DATA)
    keys = [OwnerKey(), OwnerKey(bytes(32)), OwnerKey()]
    reads = [vault.read(receipt.object_id, key=key, length=1000) for key in keys]
    first, refused, third = await asyncio.gather(*reads, return_exceptions=True)
    assert first == third == LARGE_DATA[:1000]
    assert isinstance(refused, KeyRefused)


async def test_a_reader_that_leaves_does_not_take_a_shared_read_away(
    vault: Vault, stores: list[BentStore]
) -> None:
    receipt = await put(vault, stores, LARGE_DATA)
    await vault.read(receipt.object_id, key=OwnerKey(), length=1)
    before = asyncio.all_tasks()
    for store in stores:
        store.gate.clear()
        store.is_asked.clear()
    first, second = (
        asyncio.create_task(vault.read(receipt.object_id, key=OwnerKey(), length=1000)) for _ in range(2)
    )
    await stores[0].is_asked.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    for store in stores:
        store.gate.set()
    assert await second == LARGE_DATA[:1000]
    assert asyncio.all_tasks() == before


async def test_a_cancelled_read_stops_its_requests(vault: Vault, stores: list[BentStore]) -> None:
    receipt = await put(vault, stores, LARGE_DATA)
    before = asyncio.all_tasks()
    for store in stores:
        store.gate.clear()
    reading = asyncio.create_task(vault.read(receipt.object_id, key=OwnerKey()))
    await stores[0].is_asked.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert asyncio.all_tasks() == before
    assert [store.stopped for store in stores] == [len(store.reads) for store in stores]


async def test_providers_that_left_are_not_asked_and_named_when_too_few_remain(
    database: Database, stores: list[BentStore]
) -> None:
    world = environment(database, stores)
    receipt = await put(Vault(world), stores, SMALL_DATA)
    fewer = Vault(replace(world, stores=by_provider(stores[2:])))
    assert await fewer.read(receipt.object_id, key=OwnerKey()) == SMALL_DATA
    assert asked(stores) == [0, 0, 1, 1, 1]
    stores[4].is_failing = True
    with pytest.raises(NotEnoughFragments) as refusal:
        await fewer.read(receipt.object_id, key=OwnerKey())
    assert refusal.value.facts == {"fragments_good": 2, "fragments_needed": 3, "providers_to_return": 1}
    assert str(refusal.value).count("not part of this realm any more") == 2


async def test_a_provider_that_failed_for_a_moment_may_serve_the_next_window(
    vault: Vault, stores: list[BentStore]
) -> None:
    receipt = await put(vault, stores, LARGE_DATA)
    reader = vault.get(receipt.object_id, key=OwnerKey())
    stores[0].is_failing = stores[1].is_failing = True
    got = [await anext(reader)]
    stores[0].is_failing = stores[1].is_failing = False
    stores[2].is_failing = stores[3].is_failing = True
    got += [chunk async for chunk in reader]
    assert b"".join(got) == LARGE_DATA
