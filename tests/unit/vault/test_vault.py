"""Put, get, delete and health, over real records and stores in memory."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import (
    DeletionUnfinished,
    KeyNeeded,
    KeyRefused,
    NotEnoughFragments,
    ObjectMissing,
    Suite,
    TooFewPlaces,
    Vault,
    VaultError,
)
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.errors import WrongRange
from reelm.vault.store import objects
from support.machine.determinism import ManualClock
from support.vault.vaulting import SMALL, OwnerKey, memory_stores, open_vault, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

PUBLIC = DataClass.PUBLIC
EDGES = [0, 1, 1023, 1024, 1025, 2048, 3500, 4095, 4096, 4097, 8192, 8193, 16384, 20000]


@pytest.fixture
def stores() -> list[MemoryStore]:
    return memory_stores()


@pytest.fixture
def vault(database: Database, stores: list[MemoryStore]) -> Vault:
    return open_vault(database, stores)


@pytest.mark.parametrize("suite", list(Suite))
async def test_what_went_in_comes_out_at_every_chunk_edge(vault: Vault, suite: Suite) -> None:
    for size in EDGES:
        receipt = await vault.put(
            stream(sample(size)), reference=f"clip:{size}", klass=PUBLIC, key=OwnerKey(), suite=suite
        )
        assert receipt.length_bytes == size
        assert receipt.fragments_stored == receipt.n == 5
        key = OwnerKey() if suite.is_sealed else None
        assert await vault.read(receipt.object_id, key=key) == sample(size)


@dataclass(frozen=True)
class Trial:
    size: int
    piece_bytes: int
    suite: Suite
    start_ratio: float
    length_ratio: float
    lost: frozenset[int]
    is_accelerated: bool


TRIALS = st.builds(
    Trial,
    size=st.one_of(st.sampled_from(EDGES), st.integers(0, 30_000)),
    piece_bytes=st.sampled_from([100, 700, 1024, 5000, 40_000]),
    suite=st.sampled_from(list(Suite)),
    start_ratio=st.floats(0, 1),
    length_ratio=st.floats(0, 1.2),
    lost=st.frozensets(st.integers(0, 4), max_size=2),
    is_accelerated=st.booleans(),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trial=TRIALS)
async def test_any_range_of_any_object_survives_any_two_losses(database: Database, trial: Trial) -> None:
    stores, key, data = memory_stores(), OwnerKey(), sample(trial.size, seed=trial.size)
    vault = open_vault(database, stores, config=replace(SMALL, is_accelerated=trial.is_accelerated))
    source = stream(data, piece_bytes=trial.piece_bytes)
    receipt = await vault.put(source, reference="r", klass=PUBLIC, key=key, suite=trial.suite)
    try:
        for number in trial.lost:
            stores[number].fragments.clear()
        start, length = int(trial.start_ratio * trial.size), int(trial.length_ratio * trial.size)
        part = await vault.read(receipt.object_id, key=key, start=start, length=length)
        assert part == data[start : start + length]
        assert await vault.read(receipt.object_id, key=key, start=start) == data[start:]
    finally:
        await vault.delete(receipt.object_id)
    assert not any(store.fragments for store in stores)


async def test_an_object_of_many_windows_and_large_fragments_reads_in_parts(
    database: Database, stores: list[MemoryStore]
) -> None:
    """Above the size that is read in one request, heads and trailers come first and blocks by range."""
    vault, data = open_vault(database, stores), sample(1_500_000)
    receipt = await vault.put(stream(data, piece_bytes=65_536), reference="r", klass=PUBLIC, key=OwnerKey())
    assert await vault.read(receipt.object_id, key=OwnerKey()) == data
    for start, length in ((0, 1), (4095, 2), (700_000, 50_000), (1_499_999, 9), (1_500_000, 5), (12, 0)):
        part = await vault.read(receipt.object_id, key=OwnerKey(), start=start, length=length)
        assert part == data[start : start + length]
    stores[0].fragments.clear()
    stores[3].fragments.clear()
    assert await vault.read(receipt.object_id, key=OwnerKey()) == data
    stores[1].fragments.clear()
    with pytest.raises(NotEnoughFragments):
        await vault.read(receipt.object_id, key=OwnerKey())


def files(folder: Path) -> list[Path]:
    """The fragments of all folder stores."""
    return list(folder.glob("f?/??/*"))


class CountingStore(MemoryStore):
    """Remembers what was asked of it."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.reads: list[int] = []

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        self.reads.append(length)
        return await super().read(name, start=start, length=length)


async def test_a_range_read_asks_k_providers_once_each_for_no_more_than_its_chunks(
    database: Database,
) -> None:
    stores = [CountingStore(f"p{number}") for number in range(5)]
    vault, data = open_vault(database, stores), sample(1_500_000)
    receipt = await vault.put(stream(data, piece_bytes=65_536), reference="r", klass=PUBLIC, key=OwnerKey())
    await vault.read(receipt.object_id, key=OwnerKey(), length=1)
    for store in stores:
        store.reads.clear()
    await vault.read(receipt.object_id, key=OwnerKey(), start=100_000, length=6000)
    asked = [store.reads for store in stores if store.reads]
    chunks = 2
    assert [len(reads) for reads in asked] == [1, 1, 1]
    assert all(reads[0] <= chunks * ((4096 + 16) // 3 + 1) for reads in asked)


async def test_a_small_object_takes_one_request_per_provider(database: Database) -> None:
    stores = [CountingStore(f"p{number}") for number in range(5)]
    vault = open_vault(database, stores)
    receipt = await vault.put(stream(sample(3000)), reference="r", klass=PUBLIC, key=OwnerKey())
    await vault.read(receipt.object_id, key=OwnerKey())
    assert sorted(len(store.reads) for store in stores) == [0, 0, 1, 1, 1]


async def test_any_two_folders_deleted_still_reads_and_a_third_says_how_many_must_return(
    database: Database, tmp_path: Path
) -> None:
    folders = [
        FolderStore.open(tmp_path / f"f{number}", provider=f"folder-{number}", create=True)
        for number in range(1, 6)
    ]
    vault, data = open_vault(database, folders), sample(20_000)
    receipt = await vault.put(stream(data), reference="r", klass=PUBLIC, key=OwnerKey())
    for number in (2, 4):
        (tmp_path / f"f{number}").rename(tmp_path / f"away-{number}")
        assert await vault.read(receipt.object_id, key=OwnerKey()) == data
    (tmp_path / "f5").rename(tmp_path / "away-5")
    with pytest.raises(NotEnoughFragments) as refusal:
        await vault.read(receipt.object_id, key=OwnerKey())
    assert "1 more provider must return" in str(refusal.value)
    assert refusal.value.facts == {"fragments_good": 2, "fragments_needed": 3, "providers_to_return": 1}
    assert refusal.value.is_retryable
    away = [health.provider for health in await vault.health() if not health.is_reachable]
    assert away == ["folder-2", "folder-4", "folder-5"]
    (tmp_path / "away-5").rename(tmp_path / "f5")
    assert await vault.read(receipt.object_id, key=OwnerKey()) == data
    for folder in folders:
        await folder.close()


async def test_a_repeated_put_gives_the_first_receipt_and_reads_only_how_its_source_begins(
    vault: Vault,
) -> None:
    first = await vault.put(stream(b"once"), reference="r", klass=PUBLIC, key=OwnerKey())
    source = stream(sample(200_000))
    assert await vault.put(source, reference="r", klass=PUBLIC, key=OwnerKey()) == first
    assert len(b"".join([piece async for piece in source])) > 150_000


async def test_puts_of_one_reference_at_the_same_time_store_it_once(
    vault: Vault, stores: list[MemoryStore]
) -> None:
    puts = (vault.put(stream(sample(9000)), reference="r", klass=PUBLIC, key=OwnerKey()) for _ in range(6))
    receipts = await asyncio.gather(*puts)
    assert len({receipt.object_id for receipt in receipts}) == 1
    assert [len(store.fragments) for store in stores] == [1] * 5


async def test_a_delete_leaves_nothing_and_frees_the_reference(
    vault: Vault, stores: list[MemoryStore], database: Database
) -> None:
    receipt = await vault.put(stream(b"x"), reference="r", klass=PUBLIC, key=OwnerKey())
    await vault.delete(receipt.object_id)
    await vault.delete(receipt.object_id)
    assert not any(store.fragments for store in stores)
    async with database.read() as tx:
        assert not (await tx.execute(objects.select())).all()
    with pytest.raises(ObjectMissing):
        await vault.read(receipt.object_id, key=OwnerKey())
    again = await vault.put(stream(b"y"), reference="r", klass=PUBLIC, key=OwnerKey())
    assert await vault.read(again.object_id, key=OwnerKey()) == b"y"


async def test_a_delete_with_a_folder_away_hides_the_object_at_once_and_finishes_later(
    database: Database, tmp_path: Path
) -> None:
    folders = [
        FolderStore.open(tmp_path / f"f{number}", provider=f"folder-{number}", create=True)
        for number in range(5)
    ]
    vault = open_vault(database, folders)
    receipt = await vault.put(stream(b"x"), reference="r", klass=PUBLIC, key=OwnerKey())
    (tmp_path / "f3").rename(tmp_path / "away")
    with pytest.raises(DeletionUnfinished) as unfinished:
        await vault.delete(receipt.object_id)
    assert unfinished.value.facts == {"fragments_left": 1}
    with pytest.raises(ObjectMissing):
        await vault.read(receipt.object_id, key=OwnerKey())
    now = ManualClock().now()
    assert await vault.sweep(intents_before=now) == 0
    (tmp_path / "away").rename(tmp_path / "f3")
    assert await vault.sweep(intents_before=now) == 1
    assert not files(tmp_path)
    for folder in folders:
        await folder.close()


async def test_a_sealed_object_needs_the_right_key(vault: Vault) -> None:
    receipt = await vault.put(stream(b"mine"), reference="r", klass=DataClass.PROTECTED, key=OwnerKey())
    with pytest.raises(KeyNeeded):
        await vault.read(receipt.object_id)
    with pytest.raises(KeyRefused):
        await vault.read(receipt.object_id, key=OwnerKey(b"someone else" + bytes(20)))
    with pytest.raises(KeyNeeded):
        await vault.put(stream(b"mine"), reference="s", klass=PUBLIC, key=None)


async def test_a_media_object_needs_no_key(vault: Vault, stores: list[MemoryStore]) -> None:
    data = sample(5000)
    receipt = await vault.put(stream(data), reference="r", klass=PUBLIC, key=None, suite=Suite.MEDIA)
    stores[0].fragments.clear()
    assert await vault.read(receipt.object_id) == data


async def test_a_range_outside_the_object_is_refused(vault: Vault) -> None:
    receipt = await vault.put(stream(b"12345"), reference="r", klass=PUBLIC, key=OwnerKey())
    for start, length in ((-1, None), (6, None), (0, -1)):
        with pytest.raises(WrongRange):
            await vault.read(receipt.object_id, key=OwnerKey(), start=start, length=length)
    assert await vault.read(receipt.object_id, key=OwnerKey(), start=5) == b""
    assert await vault.read(receipt.object_id, key=OwnerKey(), start=1, length=100) == b"2345"


async def test_an_unknown_object_is_missing_and_an_unknown_deletion_fine(vault: Vault) -> None:
    unknown = ObjectId("0" * 26)
    with pytest.raises(ObjectMissing):
        await vault.read(unknown)
    await vault.delete(unknown)


async def test_too_few_places_are_refused_before_anything_is_written(database: Database) -> None:
    stores = memory_stores(2)
    vault = open_vault(database, stores)
    with pytest.raises(TooFewPlaces):
        await vault.put(stream(b"x"), reference="r", klass=PUBLIC, key=OwnerKey())
    async with database.read() as tx:
        assert not (await tx.execute(objects.select())).all()
    assert not any(store.fragments for store in stores)


async def test_a_reader_that_stops_early_leaves_nothing_running(vault: Vault) -> None:
    receipt = await vault.put(stream(sample(100_000)), reference="r", klass=PUBLIC, key=OwnerKey())
    before = asyncio.all_tasks()
    reader = vault.get(receipt.object_id, key=OwnerKey())
    async for _ in reader:
        break
    await reader.aclose()
    assert asyncio.all_tasks() == before


async def test_readers_at_the_same_time_share_one_opened_object(vault: Vault) -> None:
    data = sample(1_000_000)
    receipt = await vault.put(stream(data, piece_bytes=65_536), reference="r", klass=PUBLIC, key=OwnerKey())
    await vault.read(receipt.object_id, key=OwnerKey(), length=1)
    starts = range(0, 1_000_000, 125_000)
    reads = (vault.read(receipt.object_id, key=OwnerKey(), start=at, length=50_000) for at in starts)
    assert await asyncio.gather(*reads) == [data[at : at + 50_000] for at in starts]


async def test_an_opened_object_still_wants_its_key(vault: Vault) -> None:
    """What is kept between readers holds one lock's half at most."""
    receipt = await vault.put(
        stream(sample(1_000_000), piece_bytes=65_536), reference="r", klass=PUBLIC, key=OwnerKey()
    )
    await vault.read(receipt.object_id, key=OwnerKey(), length=1)
    with pytest.raises(KeyNeeded):
        await vault.read(receipt.object_id, length=1)
    with pytest.raises(KeyRefused):
        await vault.read(receipt.object_id, key=OwnerKey(bytes(32)), length=1)


async def test_names_at_two_providers_have_nothing_in_common(vault: Vault, stores: list[MemoryStore]) -> None:
    for number in range(4):
        await vault.put(stream(b"x"), reference=f"r{number}", klass=PUBLIC, key=OwnerKey())
    names = [set(store.fragments) for store in stores]
    assert len(set().union(*names)) == 20


async def test_systematic_fragments_are_spread_over_the_providers(
    vault: Vault, stores: list[MemoryStore]
) -> None:
    for number in range(20):
        await vault.put(stream(b"x"), reference=f"r{number}", klass=PUBLIC, key=OwnerKey())
    first = {data[42] for data in stores[0].fragments.values()}
    assert len(first) >= 4


async def test_errors_have_stable_codes_of_the_vault() -> None:
    codes = [error.code for error in _all_kinds(VaultError)]
    assert len(codes) == len(set(codes))
    assert all(code.startswith("vault.") for code in codes)


def _all_kinds(kind: type[VaultError]) -> list[type[VaultError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _all_kinds(child))]


def test_the_test_configuration_crosses_every_boundary() -> None:
    assert SMALL.window_bytes % (1 << SMALL.chunk_log2) == 0
    assert SMALL.batch_bytes % (1 << SMALL.chunk_log2) == 0
