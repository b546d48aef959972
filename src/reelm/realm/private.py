"""Files that only the realm's own user may read: whole or absent, durable, refused in every other state.

Each function is synchronous and short; what it did is on the disk, with its directory entry, when it returns.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reelm.base import ReelmError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ZEROS = bytes(65_536)


@dataclass(frozen=True, slots=True)
class EntryKind:
    """A kind of private file: its name to a reader, and what is raised when it cannot be used.

    Attributes:
        name: as the message says it, such as ``root key``.
        size_bytes: how long it must be; None for any length.
        advice: what to do about a wrong size.
    """

    name: str
    unsafe: type[ReelmError]
    size_bytes: int | None = None
    advice: str = "Put it back from its safe copy."


@contextmanager
def written(path: Path, *, draft: Path, replace: bool) -> Iterator[Callable[[bytes], None]]:
    """Make a file of what is put while the block runs; under its name it is whole or not there at all.

    Raises:
        FileExistsError: there is one, and it was not to be replaced; it is left alone.
        OSError: it cannot be made there; no draft is left.
    """
    try:
        draft.unlink(missing_ok=True)
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(file, 0o600)  # whatever the process's umask took away
            yield partial(_write_all, file)
            os.fsync(file)
        finally:
            os.close(file)
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)
        sync_directory(path.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def opened(path: Path, kind: EntryKind) -> Iterator[int]:
    """Open a file of secrets and give its descriptor to read from.

    Looked at before it is read: what is in a wrong file never gets into memory.

    Raises:
        FileNotFoundError: there is none.
        ReelmError: ``kind.unsafe``: no regular file of the right size that only its owner may read.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise kind.unsafe(
            f"The {kind.name} at {path} cannot be opened ({error.strerror}). "
            "Run the realm as the user who owns it."
        ) from error
    try:
        _inspect(os.fstat(file), path, kind)
        yield file
    finally:
        os.close(file)


def destroy(path: Path) -> None:
    """Overwrite a file where it lies, then remove it; safe to repeat.

    A journaling or copying file system, and an SSD, may keep the old blocks nevertheless.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        left = os.fstat(file).st_size
        while left > 0:
            left -= os.write(file, _ZEROS[:left])
        os.fsync(file)
    finally:
        os.close(file)
    path.unlink(missing_ok=True)
    sync_directory(path.parent)


def sync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(file: int, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[os.write(file, rest) :]


def _inspect(found: os.stat_result, path: Path, kind: EntryKind) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise kind.unsafe(f"{path} is not a regular file. Point the realm at the {kind.name} file itself.")
    if found.st_mode & _OTHERS:
        raise kind.unsafe(
            f"The {kind.name} at {path} may be read by others (mode {stat.S_IMODE(found.st_mode):04o}). "
            f"Run: chmod 600 {path}. If others use this machine, treat the key as known to them.",
            mode=f"{stat.S_IMODE(found.st_mode):04o}",
        )
    if kind.size_bytes is not None and found.st_size != kind.size_bytes:
        raise kind.unsafe(
            f"The {kind.name} at {path} has {found.st_size} bytes instead of {kind.size_bytes}. "
            f"{kind.advice}",
            size_bytes=found.st_size,
        )
