"""What every store of fragments promises, whatever is behind it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reelm.vault import FragmentMissing, FragmentRefused, Store
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.adapters.memory import MemoryStore
from support.vault.s3 import S3_MARKS, open_s3
from support.vault.vaulting import sample

NAME, OTHER = "ab" * 32, "cd" * 32


@pytest.fixture(params=["memory", "folder", pytest.param("s3", marks=S3_MARKS)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore("p1", groups=frozenset({"site:a"}))
        return
    if request.param == "s3":
        bucket = open_s3(request.getfixturevalue("gateways")[0], provider="p1", groups=frozenset({"site:a"}))
        yield bucket
        for name in (NAME, OTHER):
            await bucket.delete(name)
        await bucket.close()
        return
    folder = FolderStore.open(tmp_path / "p1", provider="p1", groups=frozenset({"site:a"}), create=True)
    yield folder
    await folder.close()


async def write(store: Store, name: str, data: bytes, *, head_bytes: int = 7, block_bytes: int = 100) -> None:
    writer = await store.create(name, head_bytes=head_bytes)
    body = data[head_bytes:]
    for at in range(0, len(body), block_bytes * 2):
        middle = at + block_bytes
        await writer.write([body[at:middle], memoryview(body)[middle : middle + block_bytes]])
    await writer.finish(data[:head_bytes])


async def test_a_store_knows_its_place(store: Store) -> None:
    assert store.place.provider == "p1"
    assert store.place.all_groups == {"provider:p1", "site:a"}


async def test_a_finished_fragment_reads_back_whole_and_in_any_part(store: Store) -> None:
    data = sample(5003)
    await write(store, NAME, data)
    assert await store.read(NAME, start=0, length=len(data)) == data
    assert await store.read(NAME, start=5, length=300) == data[5:305]
    assert await store.read(NAME, start=5003, length=0) == b""


async def test_a_store_tells_the_size_of_a_finished_fragment(store: Store) -> None:
    await write(store, NAME, sample(5003))
    assert await store.size(NAME) == 5003
    with pytest.raises(FragmentMissing):
        await store.size(OTHER)


async def test_the_head_comes_first_though_it_is_written_last(store: Store) -> None:
    writer = await store.create(NAME, head_bytes=4)
    await writer.write([b"body"])
    await writer.write([])
    await writer.finish(b"head")
    assert await store.read(NAME, start=0, length=8) == b"headbody"


async def test_nothing_is_visible_before_the_finish(store: Store) -> None:
    writer = await store.create(NAME, head_bytes=4)
    await writer.write([b"body"])
    with pytest.raises(FragmentMissing):
        await store.read(NAME, start=0, length=1)
    await writer.abort()
    with pytest.raises(FragmentMissing):
        await store.read(NAME, start=0, length=1)


async def test_an_abort_after_the_finish_takes_nothing_back(store: Store) -> None:
    writer = await store.create(NAME, head_bytes=4)
    await writer.finish(b"head")
    await writer.abort()
    await writer.abort()
    assert await store.read(NAME, start=0, length=4) == b"head"


async def test_fragments_written_at_the_same_time_do_not_mix(store: Store) -> None:
    """More writers than threads: the order inside a fragment must not depend on luck."""
    made = {f"{number:064x}": sample(200_000, seed=number) for number in range(12)}
    writes = (write(store, name, data, block_bytes=7_001) for name, data in made.items())
    await asyncio.gather(*writes)
    for name, data in made.items():
        assert await store.read(name, start=0, length=len(data)) == data


async def test_a_missing_fragment_and_a_short_one_are_told_apart(store: Store) -> None:
    with pytest.raises(FragmentMissing):
        await store.read(NAME, start=0, length=1)
    await write(store, NAME, b"x" * 50)
    for start, length in ((0, 51), (50, 1), (1000, 1), (0, 1 << 60)):
        with pytest.raises(FragmentRefused) as refusal:
            await store.read(NAME, start=start, length=length)
        assert refusal.value.fault == "truncated"


async def test_a_deletion_is_safe_to_repeat_and_takes_only_its_own(store: Store) -> None:
    await write(store, NAME, b"x" * 50)
    await write(store, OTHER, b"y" * 50)
    await store.delete(NAME)
    await store.delete(NAME)
    with pytest.raises(FragmentMissing):
        await store.read(NAME, start=0, length=1)
    assert await store.read(OTHER, start=0, length=50) == b"y" * 50


async def test_a_probe_of_a_working_store_says_so(store: Store) -> None:
    free_bytes, detail = await store.probe()
    assert free_bytes is None or free_bytes > 0
    assert detail
