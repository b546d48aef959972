"""The file of an upload that arrives in pieces, locked while somebody writes it; blocking, for threads."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

_BUFFERS_MAX = 1024  # IOV_MAX on Linux


class PartFile:
    """An open file whose lock ends with it, or with its process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty private file under a durable name."""
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        flush_folder(path.parent)

    @classmethod
    def open(cls, *paths: Path) -> "PartFile | None":
        """Open and lock the first of these names that is there; return None while another has it locked.

        Raises:
            FileNotFoundError: none is there.
        """
        descriptor = _open(paths)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if os.fstat(descriptor).st_nlink == 0:  # discarded before the lock was ours
            os.close(descriptor)
            raise FileNotFoundError
        return cls(descriptor)

    @property
    def size_bytes(self) -> int:
        return os.fstat(self._descriptor).st_size

    def cut(self, size_bytes: int) -> None:
        """Drop what is behind the first ``size_bytes``."""
        os.ftruncate(self._descriptor, size_bytes)

    def write(self, blocks: Sequence[bytes], offset_bytes: int) -> None:
        """Write all blocks, one behind the other."""
        pending = [memoryview(block) for block in blocks if block]
        while pending:
            written = os.pwritev(self._descriptor, pending[:_BUFFERS_MAX], offset_bytes)
            offset_bytes += written
            while pending and written >= len(pending[0]):
                written -= len(pending.pop(0))
            if written:
                pending[0] = pending[0][written:]

    def sync(self) -> None:
        """Make what was written durable."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open(paths: Sequence[Path]) -> int:
    for path in paths:
        try:
            return os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
    raise FileNotFoundError
