import errno
import os
import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from reelm.vault import StoreFailed
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.errors import StoreFull, StoreRefused
from support.vault.vaulting import sample

NAME = "0f" * 32


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FolderStore]:
    opened = FolderStore.open(tmp_path / "p1", provider="p1", create=True)
    yield opened
    await opened.close()


async def test_a_fragment_is_one_file_under_its_name(store: FolderStore, tmp_path: Path) -> None:
    writer = await store.create(NAME, head_bytes=4)
    await writer.write([b"body"])
    assert [path.name for path in (tmp_path / "p1/unfinished").iterdir()] == [NAME]
    await writer.finish(b"head")
    assert not list((tmp_path / "p1/unfinished").iterdir())
    file = tmp_path / "p1/0f" / NAME
    assert file.read_bytes() == b"headbody"
    assert file.stat().st_mode & 0o777 == 0o600


async def test_thousands_of_blocks_in_one_write_arrive_in_order(store: FolderStore) -> None:
    """More than the system takes in one call, with empty ones between."""
    data = sample(30_000)
    writer = await store.create(NAME, head_bytes=0)
    await writer.write([piece for at in range(0, 30_000, 10) for piece in (data[at : at + 10], b"")])
    await writer.finish(b"")
    assert await store.read(NAME, start=0, length=30_000) == data


async def test_what_a_crash_left_is_swept_and_what_is_being_written_is_not(
    store: FolderStore, tmp_path: Path
) -> None:
    unfinished = tmp_path / "p1/unfinished"
    (unfinished / ("11" * 32)).write_bytes(b"left by a process that is gone")
    writer = await store.create(NAME, head_bytes=4)
    again = FolderStore.open(tmp_path / "p1", provider="p1")
    assert [path.name for path in unfinished.iterdir()] == [NAME]
    await writer.finish(b"head")
    assert await again.read(NAME, start=0, length=4) == b"head"
    await again.close()


async def test_an_aborted_fragment_leaves_no_file(store: FolderStore, tmp_path: Path) -> None:
    writer = await store.create(NAME, head_bytes=4)
    await writer.write([b"body"])
    await writer.abort()
    with pytest.raises(StoreFailed):
        await writer.write([b"more"])
    with pytest.raises(StoreFailed):
        await writer.finish(b"head")
    assert not [path for path in (tmp_path / "p1").rglob("*") if path.is_file() and path.name == NAME]


async def test_a_full_disk_and_a_failing_one_are_told_apart(store: FolderStore) -> None:
    def fail(code: int) -> None:
        raise OSError(code, os.strerror(code))

    for code in (errno.ENOSPC, errno.EDQUOT):
        with pytest.raises(StoreFull) as full:
            await store.run(partial(fail, code))
        assert "Free or add space" in str(full.value)
        assert full.value.is_retryable
    with pytest.raises(StoreFailed) as failed:
        await store.run(partial(fail, errno.EIO))
    assert not isinstance(failed.value, StoreFull)
    assert failed.value.facts == {"provider": "p1"}


async def test_a_folder_that_goes_away_fails_every_use_and_pretends_nothing(
    store: FolderStore, tmp_path: Path
) -> None:
    """An empty mount point must not be written to, and must not make a deletion look done."""
    shutil.rmtree(tmp_path / "p1")
    (tmp_path / "p1").mkdir()
    with pytest.raises(StoreFailed):
        await store.create(NAME, head_bytes=4)
    with pytest.raises(StoreFailed):
        await store.read(NAME, start=0, length=1)
    with pytest.raises(StoreFailed):
        await store.delete(NAME)
    with pytest.raises(StoreFailed):
        await store.probe()
    assert not list((tmp_path / "p1").iterdir())


async def test_an_absent_folder_opens_but_does_not_work(tmp_path: Path) -> None:
    store = FolderStore.open(tmp_path / "gone", provider="p1")
    with pytest.raises(StoreFailed):
        await store.probe()
    assert not (tmp_path / "gone").exists()
    await store.close()


def test_another_providers_folder_is_refused(tmp_path: Path) -> None:
    FolderStore.open(tmp_path / "p1", provider="p1", create=True)
    for create in (False, True):
        with pytest.raises(StoreRefused) as refusal:
            FolderStore.open(tmp_path / "p1", provider="p2", create=create)
        assert "marked as the store of p1" in str(refusal.value)


def test_a_folder_with_other_files_is_not_made_a_store(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(StoreRefused):
        FolderStore.open(tmp_path, provider="p1", create=True)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_damaged_marker_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reelm-store").write_text("not json")
    with pytest.raises(StoreRefused):
        FolderStore.open(tmp_path, provider="p1")


def test_making_a_store_can_be_repeated_after_a_crash_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "reelm-store.draft").write_text("{")
    FolderStore.open(tmp_path, provider="p1", create=True)
    FolderStore.open(tmp_path, provider="p1", create=True)
    shards = {f"{number:02x}" for number in range(256)}
    assert {path.name for path in tmp_path.iterdir()} == {"unfinished", "reelm-store"} | shards


async def test_a_shard_that_is_not_there_yet_is_made(store: FolderStore, tmp_path: Path) -> None:
    """A store made before all shards were, or by hand."""
    (tmp_path / "p1/0f").rmdir()
    again = FolderStore.open(tmp_path / "p1", provider="p1")
    writer = await again.create(NAME, head_bytes=4)
    await writer.finish(b"head")
    assert await again.read(NAME, start=0, length=4) == b"head"
    await again.close()


def test_a_folder_with_fragments_and_no_marker_is_not_made_a_store(tmp_path: Path) -> None:
    (tmp_path / "0f").mkdir()
    (tmp_path / "0f" / NAME).write_bytes(b"whose?")
    with pytest.raises(StoreRefused):
        FolderStore.open(tmp_path, provider="p1", create=True)


async def test_a_name_that_is_not_one_never_reaches_the_disk(store: FolderStore) -> None:
    for name in ("../" + "a" * 61, "A" * 64, "", "ab" * 33):
        with pytest.raises(ValueError, match="hexadecimal"):
            await store.read(name, start=0, length=1)


async def test_a_folder_that_was_exchanged_takes_fragments_again(store: FolderStore, tmp_path: Path) -> None:
    """A disk comes back from a copy without that shard: one fragment is lost by it, not all that follow."""
    await write(store, NAME)
    shutil.rmtree(tmp_path / "p1/0f")
    with pytest.raises(StoreFailed):
        await write(store, NAME)
    await write(store, NAME)
    assert await store.read(NAME, start=0, length=4) == b"head"


async def write(store: FolderStore, name: str) -> None:
    writer = await store.create(name, head_bytes=4)
    try:
        await writer.finish(b"head")
    finally:
        await writer.abort()
