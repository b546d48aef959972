"""A log's files in a real folder, which any web server can serve as it is."""

import asyncio
import fcntl
import os
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from reelm.ledger.errors import LogBusy

_THREADS = 4
_LOCK = ".lock"

P = ParamSpec("P")
R = TypeVar("R")


def _threaded(
    work: Callable[Concatenate["FolderDisk", P], R],
) -> Callable[Concatenate["FolderDisk", P], Coroutine[object, object, R]]:
    """Return file work as a method that does it in the folder's own threads."""

    @wraps(work)
    async def run(disk: "FolderDisk", /, *args: P.args, **kwargs: P.kwargs) -> R:
        call = partial(work, disk, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(disk.pool, call)

    return run


class FolderDisk:
    """One folder, made when it is missing. Flushes run in threads of its own, several at once.

    Attributes:
        pool: those threads.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="ledger")

    async def close(self) -> None:
        """Wait for what is running and let the threads go."""
        await asyncio.to_thread(self.pool.shutdown)

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Lock the folder with flock, which the kernel drops when the process ends, whatever ends it."""
        lock = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise LogBusy(
                "Another process sequences the ledger of this realm. Nothing was changed. "
                "Stop it first, or let it do the work."
            ) from error
        finally:
            os.close(lock)

    async def write(self, files: Mapping[str, bytes]) -> None:
        await asyncio.gather(*(self._write(path, data) for path, data in files.items()))

    async def flush_folders(self, paths: Iterable[str]) -> None:
        await asyncio.gather(*(self._flush_folder(path) for path in paths))

    @_threaded
    def read(self, path: str) -> bytes | None:
        try:
            return (self._root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    @_threaded
    def names(self, folder: str) -> list[str]:
        with suppress(FileNotFoundError, NotADirectoryError):
            return os.listdir(self._root / folder)  # noqa: PTH208 - names are asked for, not paths
        return []

    @_threaded
    def _write(self, path: str, data: bytes) -> None:
        with (self._root / path).open("wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) or 0 :]
            os.fsync(file.fileno())

    @_threaded
    def make_folder(self, path: str) -> None:
        with suppress(FileExistsError):
            (self._root / path).mkdir(mode=0o755)

    @_threaded
    def _flush_folder(self, path: str) -> None:
        folder = os.open(self._root / path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @_threaded
    def rename(self, old: str, new: str) -> None:
        (self._root / old).replace(self._root / new)

    @_threaded
    def remove(self, path: str) -> None:
        target = self._root / path
        with suppress(FileNotFoundError, NotADirectoryError):
            target.rmdir() if target.is_dir() else target.unlink()
