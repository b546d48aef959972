"""Write files and folders durably; blocking, meant for a store's own threads."""

import ctypes
import errno
import fcntl
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from reelm.vault.codec import Block
from reelm.vault.errors import FailedCheck, FragmentRefused

_SYNC_FILE_RANGE_WRITE: Final = 2
_BUFFERS_MAX: Final = 1024  # IOV_MAX on Linux


def sweep(folder: Path) -> None:
    """Remove what dead writers left; a living one holds its lock."""
    with suppress(FileNotFoundError, NotADirectoryError):
        for path in list(folder.iterdir()):
            with suppress(FileNotFoundError):
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                if lock(descriptor):
                    path.unlink(missing_ok=True)
                os.close(descriptor)


def lock(descriptor: int) -> bool:
    """Lock an open file until it is closed or its process dies; return False when another has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _find_sync_file_range() -> Callable[[int, int, int, int], int] | None:
    function = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    return function


_sync_file_range: Final = _find_sync_file_range()


def start_flush(descriptor: int, offset: int, length: int) -> None:
    """Let the disk begin with a written range while the next one is made; promises and drops nothing.

    Only a hint, so its errors are the final flush's to report; without it (not Linux) that one takes longer.
    """
    if _sync_file_range is not None:
        _sync_file_range(descriptor, offset, length, _SYNC_FILE_RANGE_WRITE)


def write_all(descriptor: int, blocks: Sequence[Block], offset: int) -> None:
    """Write blocks one behind the other from an offset on; never moves the file's own position."""
    pending = [memoryview(block) for block in blocks if len(block)]
    while pending:
        written = os.pwritev(descriptor, pending[:_BUFFERS_MAX], offset)
        if not written:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        offset += written
        while pending and written >= len(pending[0]):
            written -= len(pending.pop(0))
        if written:
            pending[0] = pending[0][written:]


def read_exactly(descriptor: int, start: int, length: int) -> bytes:
    """Return the bytes, read in one call unless the system gives fewer.

    A length beyond the file allocates nothing.
    """
    if start + length > os.fstat(descriptor).st_size:
        raise FragmentRefused(FailedCheck.TRUNCATED, "A fragment is shorter than it should be.")
    data = os.pread(descriptor, length, start)
    while len(data) < length:
        more = os.pread(descriptor, length - len(data), start + len(data))
        if not more:
            raise FragmentRefused(FailedCheck.TRUNCATED, "A fragment became shorter while it was read.")
        data += more
    return data
