"""Damage at the stores, seen through the vault: repaired around or refused, and never wrong bytes."""

import pytest

from reelm.base import Database, DataClass
from reelm.vault import NotEnoughFragments, PutReceipt, Suite, Vault
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.get import Retrieval
from reelm.vault.store import FragmentRecord, ObjectRecord, find
from support.vault.vaulting import OwnerKey, environment, memory_stores, open_vault, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

# Every byte of its fragments is visited, so it is tiny; test_fragment.py does the same for larger ones.
DATA = sample(40)
LARGE = sample(1_200_000)
PUBLIC = DataClass.PUBLIC


@pytest.fixture
def stores() -> list[MemoryStore]:
    return memory_stores()


@pytest.fixture
def vault(database: Database, stores: list[MemoryStore]) -> Vault:
    return open_vault(database, stores)


async def put(vault: Vault, data: bytes, *, reference: str = "r", suite: Suite = Suite.SEALED) -> PutReceipt:
    return await vault.put(
        stream(data, piece_bytes=50_000), reference=reference, klass=PUBLIC, key=OwnerKey(), suite=suite
    )


def holder(stores: list[MemoryStore], index: int) -> MemoryStore:
    """The store with the fragment of this index."""
    return next(store for store in stores if store.fragments and only(store)[42] == index)


def only(store: MemoryStore) -> bytes:
    (data,) = store.fragments.values()
    return data


def replace_only(store: MemoryStore, data: bytes) -> None:
    (name,) = store.fragments
    store.fragments[name] = data


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.slow
async def test_a_flip_of_any_byte_of_a_fragment_is_repaired_around(
    vault: Vault, stores: list[MemoryStore], database: Database
) -> None:
    """Below the vault, which would ask a bad fragment last from its first fault on."""
    receipt = await put(vault, DATA)
    async with database.read() as tx:
        record = await find(tx, receipt.object_id)
    assert record is not None
    store, suspects = holder(stores, 0), list[int]()
    good = only(store)

    def note(_: ObjectRecord, piece: FragmentRecord) -> None:
        suspects.append(piece.index)

    for at in range(len(good)):
        replace_only(store, flipped(good, at))
        retrieval = Retrieval(record, environment(database, stores), suspect=note)
        key = await retrieval.content_key(OwnerKey())
        chunks = [chunk async for chunk in retrieval.stream(range(len(DATA)), key, window_bytes=8192)]
        assert b"".join(chunks) == DATA, at
    assert suspects == [0] * len(good), "every flip was noticed"


@pytest.mark.slow
async def test_a_flip_of_any_byte_is_refused_when_there_is_no_spare(
    vault: Vault, stores: list[MemoryStore]
) -> None:
    receipt = await put(vault, DATA)
    for index in (0, 1):
        holder(stores, index).fragments.clear()
    store = holder(stores, 4)
    good = only(store)
    for at in range(len(good)):
        replace_only(store, flipped(good, at))
        with pytest.raises(NotEnoughFragments):
            await vault.read(receipt.object_id, key=OwnerKey())
    replace_only(store, good)
    assert await vault.read(receipt.object_id, key=OwnerKey()) == DATA


@pytest.mark.slow
async def test_a_truncation_at_any_length_is_repaired_around(vault: Vault, stores: list[MemoryStore]) -> None:
    receipt = await put(vault, DATA)
    store = holder(stores, 2)
    good = only(store)
    for length in range(len(good)):
        replace_only(store, good[:length])
        assert await vault.read(receipt.object_id, key=OwnerKey()) == DATA


@pytest.mark.slow
async def test_damage_in_large_fragments_is_repaired_around_wherever_it_is(
    vault: Vault, stores: list[MemoryStore]
) -> None:
    receipt = await put(vault, LARGE)
    store = holder(stores, 1)
    good = only(store)
    for at in (0, 50, 120, 213, 5000, len(good) // 2, len(good) - 9000, len(good) - 300, len(good) - 1):
        replace_only(store, flipped(good, at))
        assert await vault.read(receipt.object_id, key=OwnerKey()) == LARGE, at
    replace_only(store, good[: len(good) // 2])
    assert await vault.read(receipt.object_id, key=OwnerKey()) == LARGE


async def test_damage_that_appears_while_an_object_is_open_is_repaired_around(
    vault: Vault, stores: list[MemoryStore]
) -> None:
    """The head was proven before; each block still is, at every read."""
    receipt = await put(vault, LARGE)
    assert await vault.read(receipt.object_id, key=OwnerKey()) == LARGE
    for index in (0, 2):
        store = holder(stores, index)
        good = only(store)
        replace_only(store, flipped(good, 300_000))
    assert await vault.read(receipt.object_id, key=OwnerKey()) == LARGE
    holder(stores, 4).fragments.clear()
    with pytest.raises(NotEnoughFragments) as refusal:
        await vault.read(receipt.object_id, key=OwnerKey())
    assert "does not match its leaf" in str(refusal.value)
    undamaged = await vault.read(receipt.object_id, key=OwnerKey(), length=1000)
    assert undamaged == LARGE[:1000]


async def test_fragments_of_other_objects_and_indices_are_refused(
    vault: Vault, stores: list[MemoryStore]
) -> None:
    receipt = await put(vault, DATA)
    fragments = {index: only(holder(stores, index)) for index in range(5)}
    replace_only(holder(stores, 0), fragments[1])
    assert await vault.read(receipt.object_id, key=OwnerKey()) == DATA
    for store in stores:
        replace_only(store, fragments[3])
    with pytest.raises(NotEnoughFragments) as refusal:
        await vault.read(receipt.object_id, key=OwnerKey())
    assert refusal.value.facts["fragments_good"] == 1
    assert "fragment of something else" in str(refusal.value)


async def test_old_bytes_of_the_same_reference_are_refused(vault: Vault, stores: list[MemoryStore]) -> None:
    """A provider that returns what it held before: another object id, so another identity."""
    first = await put(vault, DATA)
    old = {store.place.provider: only(store) for store in stores}
    await vault.delete(first.object_id)
    second = await put(vault, sample(40, seed=2))
    for store in stores[:3]:
        replace_only(store, old[store.place.provider])
    with pytest.raises(NotEnoughFragments):
        await vault.read(second.object_id, key=OwnerKey())


async def test_empty_answers_are_refused(vault: Vault, stores: list[MemoryStore]) -> None:
    receipt = await put(vault, DATA)
    for store in stores[:3]:
        replace_only(store, b"")
    with pytest.raises(NotEnoughFragments):
        await vault.read(receipt.object_id, key=OwnerKey())
