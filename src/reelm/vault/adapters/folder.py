"""Store fragments as files in a folder, durable when the store says so.

::

    reelm-store      says which provider this folder is; a folder without it is not a store
    unfinished/      files that are being written, locked by their writer
    ab/ab12…         finished fragments, 64 hexadecimal digits, in 256 shards by the first two

A fragment is written under a temporary name, flushed, renamed, and its directory flushed, in that order: a
power cut at any moment leaves the whole fragment or nothing that counts. What a crash leaves in
``unfinished`` is swept when the store is opened; the lock tells a crash from another process at work.
"""

import asyncio
import errno
import json
import os
import re
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial, wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from reelm.vault.adapters.durable import flush_folder, lock, read_exactly, start_flush, sweep, write_all
from reelm.vault.codec import Block
from reelm.vault.errors import FragmentMissing, StoreFailed, StoreFull, StoreRefused
from reelm.vault.model import ProviderId, ProviderPlace

_MARKER: Final = "reelm-store"
_UNFINISHED: Final = "unfinished"
_SHARDS: Final = tuple(f"{number:02x}" for number in range(256))
_NAME: Final = re.compile("[0-9a-f]{64}")
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}
_THREADS: Final = 4
# Large fragments are flushed on the way, so that the last flush takes seconds even on a slow disk.
_FLUSH_BYTES: Final = 64 << 20
# The disk begins with what was written so far after so much, so that little is left for the last flush.
_STARTED_BYTES: Final = 1 << 20

P = ParamSpec("P")
R = TypeVar("R")


def _threaded(
    work: Callable[Concatenate["FolderStore", P], R],
) -> Callable[Concatenate["FolderStore", P], Coroutine[object, object, R]]:
    """Return file work as a method that does it in the store's threads; see ``FolderStore.run``."""

    @wraps(work)
    async def run(store: "FolderStore", /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await store.run(partial(work, store, *args, **kwargs))

    return run


class FolderStore:
    """One provider in one folder. At most four operations run at once; the rest wait their turn."""

    def __init__(self, root: Path, place: ProviderPlace) -> None:
        self._root = root
        self._place = place
        self._durable_shards: set[str] = set()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"store-{place.provider}")

    @classmethod
    def open(
        cls,
        root: Path,
        *,
        provider: str,
        groups: frozenset[str] = frozenset(),
        country: str = "ZZ",
        create: bool = False,
    ) -> "FolderStore":
        """Return the store in this folder, swept of what a crash left.

        A folder that is away (an unmounted disk, a deleted folder) opens too; every use of it then fails, so
        that the realm works on with the others. ``create`` makes it a store when it is empty or absent.

        Raises:
            StoreRefused: it is another provider's store, or ``create`` met a folder with other files in it.
            StoreFailed: it could not be made.
        """
        store = cls(root, ProviderPlace(ProviderId(provider), groups, country))
        with _reported(provider):
            if create and not (root / _MARKER).exists():
                _make(root, provider)
            _check_marker(root, provider)
            sweep(root / _UNFINISHED)
            store.find_shards()
        return store

    @property
    def place(self) -> ProviderPlace:
        """Return which provider this is, and which groups it belongs to."""
        return self._place

    async def create(self, name: str, *, head_bytes: int) -> "FolderWriter":
        """Make the file of a fragment, locked, and return its writer."""
        work = asyncio.ensure_future(self.run(partial(self._create, name, head_bytes)))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # The thread makes the file all the same; without this it would stay, open, until the next start.
            await asyncio.wait([work])
            if work.exception() is None:
                await work.result().abort()
            raise

    async def close(self) -> None:
        """Wait for what is running and let the threads go."""
        await asyncio.to_thread(self._pool.shutdown)

    async def run(self, work: Callable[[], R]) -> R:
        """Do file work in this store's threads and return its result; raise its errors as the vault's."""
        with _reported(self._place.provider):
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def find_shards(self) -> None:
        """Note which shards are there, and make sure that they still are after a power cut."""
        with suppress(FileNotFoundError, NotADirectoryError):
            flush_folder(self._root)
            self._durable_shards = {shard for shard in _SHARDS if (self._root / shard).is_dir()}

    def publish(self, name: str) -> None:
        """Give a flushed file its name for good."""
        shard = name[:2]
        if shard not in self._durable_shards:
            with suppress(FileExistsError):
                (self._root / shard).mkdir()
            flush_folder(self._root)
            self._durable_shards.add(shard)
        try:
            (self._root / _UNFINISHED / name).rename(self._path(name))
        except FileNotFoundError:
            self._durable_shards.discard(shard)  # another folder stands in its place: made again next time
            raise
        flush_folder(self._root / shard)

    def _create(self, name: str, head_bytes: int) -> "FolderWriter":
        self._require()
        path = self._root / _UNFINISHED / self._path(name).name
        while True:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            if lock(descriptor) and os.fstat(descriptor).st_nlink:
                return FolderWriter(self, path, descriptor, head_bytes=head_bytes)
            # A sweeper found the file before the lock was on it.
            os.close(descriptor)

    @_threaded
    def read(self, name: str, *, start: int, length: int) -> bytes:
        """Return bytes of a fragment's file."""
        with self._found():
            descriptor = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC)
        try:
            return read_exactly(descriptor, start, length)
        finally:
            os.close(descriptor)

    @_threaded
    def size(self, name: str) -> int:
        """Return the size of a fragment's file."""
        with self._found():
            return self._path(name).stat().st_size

    @_threaded
    def delete(self, name: str) -> None:
        """Remove a fragment's file, and flush its folder."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            self._require()
        with suppress(FileNotFoundError):
            flush_folder(path.parent)

    @_threaded
    def probe(self) -> tuple[int | None, str]:
        """Return the free bytes of the folder's disk."""
        self._require()
        room = os.statvfs(self._root)
        free_bytes = room.f_bavail * room.f_frsize
        if not free_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return free_bytes, "ready"

    @contextmanager
    def _found(self) -> Iterator[None]:
        """Tell a file that is not there from a folder that is not there."""
        try:
            yield
        except FileNotFoundError:
            self._require()
            raise FragmentMissing(
                "A fragment is not where it should be.", provider=self._place.provider
            ) from None

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("a fragment's name is 64 hexadecimal digits")
        return self._root / name[:2] / name

    def _require(self) -> None:
        """Refuse to take an empty mount point or a stranger's folder for the store."""
        if not (self._root / _MARKER).exists():
            raise StoreFailed(
                "The folder is away. Mount it or put it back, or enrol a new one.",
                provider=self._place.provider,
            )


class FolderWriter:
    """Writes one file; offsets are fixed before a thread gets the work, so its order cannot matter."""

    def __init__(self, store: FolderStore, path: Path, descriptor: int, *, head_bytes: int) -> None:
        self._store = store
        self._path = path
        self._descriptor: int | None = descriptor
        self._offset = head_bytes
        self._flushing_from = head_bytes
        self._is_given_up = False
        self._lock = threading.Lock()

    async def write(self, blocks: Sequence[Block]) -> None:
        """Append blocks behind the head."""
        offset = self._offset
        self._offset += sum(map(len, blocks))
        await self._store.run(partial(self._write, blocks, offset))

    async def finish(self, head: bytes) -> None:
        """Write the head, flush the file, and give it its name."""
        await self._store.run(partial(self._finish, head))

    async def abort(self) -> None:
        """Remove the file unless it is finished."""
        self._is_given_up = True
        if self._descriptor is not None:
            with suppress(StoreFailed):
                await self._store.run(self._abort)

    def _write(self, blocks: Sequence[Block], offset: int) -> None:
        with self._lock:
            descriptor = self._open_descriptor()
            write_all(descriptor, blocks, offset)
            end = offset + sum(map(len, blocks))
            if end - self._flushing_from >= _STARTED_BYTES:
                start_flush(descriptor, self._flushing_from, end - self._flushing_from)
                self._flushing_from = end
            if offset // _FLUSH_BYTES != end // _FLUSH_BYTES:
                os.fdatasync(descriptor)

    def _finish(self, head: bytes) -> None:
        with self._lock:
            descriptor = self._open_descriptor()
            write_all(descriptor, [head], 0)
            os.fsync(descriptor)
            # A flush that hung may return long after its put gave up: then the name must not appear.
            self._open_descriptor()
            self._store.publish(self._path.name)
            self._close(descriptor)

    def _abort(self) -> None:
        with self._lock:
            if self._descriptor is not None:
                self._path.unlink(missing_ok=True)
                self._close(self._descriptor)

    def _open_descriptor(self) -> int:
        if self._descriptor is None or self._is_given_up:
            raise StoreFailed("The fragment was given up.", provider=self._store.place.provider)
        return self._descriptor

    def _close(self, descriptor: int) -> None:
        self._descriptor = None
        os.close(descriptor)


@contextmanager
def _reported(provider: str) -> Iterator[None]:
    """Raise file errors as what they mean for the store."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in _FULL:
            raise StoreFull(
                f"No space is left ({reason}). The fragment was not kept. Free or add space.",
                provider=provider,
            ) from error
        raise StoreFailed(
            f"The folder does not work ({reason}). Check the disk and its rights.", provider=provider
        ) from error


def _make(root: Path, provider: str) -> None:
    """Make a folder a store; the marker comes last, so what a crash leaves can be made a store again."""
    root.mkdir(parents=True, exist_ok=True)
    draft = root / f"{_MARKER}.draft"
    ours = {_UNFINISHED, draft.name}
    if any(path.name not in ours and not _is_empty_shard(path) for path in root.iterdir()):
        raise StoreRefused(
            f"The folder for {provider} holds other files and was left as it is. Choose an empty folder.",
            provider=provider,
        )
    for name in (_UNFINISHED, *_SHARDS):
        (root / name).mkdir(exist_ok=True)
    with draft.open("w") as file:
        json.dump({"format": 1, "provider": provider}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(root / _MARKER)
    flush_folder(root)
    flush_folder(root.parent)


def _is_empty_shard(path: Path) -> bool:
    return path.name in _SHARDS and path.is_dir() and not any(path.iterdir())


def _check_marker(root: Path, provider: str) -> None:
    """Refuse another provider's folder; one that is away is not refused here."""
    try:
        stated = json.loads((root / _MARKER).read_bytes())
        owner = stated["provider"] if stated["format"] == 1 else None
    except (FileNotFoundError, NotADirectoryError):
        return
    except (ValueError, TypeError, KeyError):
        owner = None
    if owner != provider:
        raise StoreRefused(
            f"The folder for {provider} is marked as the store of {owner or 'something else'}. "
            "Nothing was changed. Check the order of the folders in the manifest.",
            provider=provider,
        )
