"""A private folder where uploads wait in the clear until they are encoded.

Names in it are upload ids: ``ID.part`` while bytes arrive, ``ID.source`` when every byte is on disk,
``ID.work`` for what is made from it. Whatever a crash leaves here is removed by ``sweep``, at the next start
or hours later, unless a row says that the rest of it may still come.
"""

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reelm.base import Invalid, UploadId, read_id, run_to_end
from reelm.media.errors import SpoolFull, Truncated, UploadBusy, UploadMissing
from reelm.media.limits import SourceLimits
from reelm.media.part import PartFile, flush_folder
from reelm.media.probe import empty, too_many_bytes

_BLOCK_BYTES = 1024 * 1024
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Spooled:
    """A received file, every byte of it durable."""

    path: Path
    size_bytes: int


class Spool:
    def __init__(self, folder: Path, *, limits: SourceLimits, reserve_bytes: int) -> None:
        self._folder = folder
        self._limits = limits
        self._reserve_bytes = reserve_bytes

    async def receive(
        self, stream: AsyncIterable[bytes], *, upload: UploadId, declared_bytes: int | None
    ) -> Spooled:
        """Write a stream to the spool and return the file; on any error or cancellation nothing of it stays.

        Args:
            stream: the raw bytes; blocks of any size.
            upload: names the file; a second stream under the same id is refused while the first one runs.
            declared_bytes: what the sender announced, refused before the first byte when it is too much.

        Raises:
            Empty, TooManyBytes, Truncated: the size is none, over the limit, or not what was announced.
            SpoolFull: the disk has no room.
            UploadBusy: this id is being received right now.
        """
        self._refuse_announced(declared_bytes)
        await asyncio.to_thread(self.make_room, declared_bytes or 0)
        part, path = self._path(upload, "part"), self._path(upload, "source")
        descriptor = _create(part, path)
        try:
            size_bytes = await self._drain(stream, descriptor)
            _refuse_arrived(size_bytes, declared_bytes)
            # A crash before the rename leaves only ID.part, which the next start sweeps away.
            await or_full(_settle, descriptor, part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            path.unlink(
                missing_ok=True
            )  # cancelled after the rename; no older one exists, _create saw to that
            raise
        finally:
            os.close(descriptor)
        return Spooled(path=path, size_bytes=size_bytes)

    def source(self, upload: UploadId) -> Path:
        """Return the path of a received file.

        Raises:
            UploadMissing: it was never received, or was discarded.
        """
        path = self._path(upload, "source")
        if not path.is_file():
            raise UploadMissing("The uploaded file is no longer here. Send it again.")
        return path

    def workspace(self, upload: UploadId) -> Path:
        """Return a private folder for what is made from an upload; it goes away with it."""
        path = self._path(upload, "work")
        self._prepare()
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def remove_source(self, upload: UploadId) -> None:
        """Remove a received file that is kept elsewhere. Safe to repeat."""
        self._path(upload, "source").unlink(missing_ok=True)

    def discard(self, upload: UploadId) -> None:
        """Remove an upload and everything made from it here. Safe to repeat."""
        for ending in ("part", "source"):
            self._path(upload, ending).unlink(missing_ok=True)
        _remove(self._path(upload, "work"))

    async def prepare(self, upload: UploadId, length_bytes: int) -> None:
        """Make the empty, durable file of an upload that will come in pieces; its row follows.

        Raises:
            Empty, TooManyBytes: the announced length is none or over the limit.
            SpoolFull: the disk has no room for it.
        """
        self._refuse_announced(length_bytes)
        await or_full(self.make_room, length_bytes)
        await or_full(PartFile.create, self._path(upload, "part"))

    def open_part(self, upload: UploadId) -> PartFile | None:
        """Return the file of an upload that comes in pieces, locked; None while another has it.

        Raises:
            FileNotFoundError: it is not there.
        """
        return PartFile.open(self._path(upload, "part"), self._path(upload, "source"))

    def complete(self, upload: UploadId) -> Path:
        """Give a file that has all its bytes its final name, durably, and return its path. Safe to repeat."""
        part, path = self._path(upload, "part"), self._path(upload, "source")
        if part.exists():
            part.replace(path)
            flush_folder(path.parent)
        return self.source(upload)

    def has_source(self, upload: UploadId) -> bool:
        """Return whether a received file still takes up room."""
        return self._path(upload, "source").is_file()

    def free_bytes(self) -> int:
        """Return the bytes that uploads may still use of the disk."""
        self._prepare()
        return shutil.disk_usage(self._folder).free - self._reserve_bytes

    def make_room(self, wanted_bytes: int) -> None:
        """Raise ``SpoolFull`` unless so many bytes fit beside the reserve, whoever has filled the disk."""
        if self.free_bytes() < wanted_bytes:
            raise full()

    def check_size(self, size_bytes: int) -> None:
        """Raise ``TooManyBytes`` for a file that is larger than any may be."""
        if size_bytes > self._limits.max_source_bytes:
            raise too_many_bytes(self._limits)

    def sweep(
        self, keep: set[UploadId], arriving: set[UploadId], *, untouched_since: datetime | None = None
    ) -> None:
        """Remove all but the received files and work of ``keep`` and what there is of ``arriving``.

        Args:
            keep: uploads that have a row.
            arriving: those of which the rest may still come.
            untouched_since: only what nobody wrote to since; without it nothing else may be arriving.
        """
        self._prepare()
        kept = {f"{upload}.{ending}" for upload in keep for ending in ("source", "work")}
        kept |= {f"{upload}.{ending}" for upload in arriving for ending in ("part", "source")}
        for path in self._folder.iterdir():
            if path.name not in kept and (untouched_since is None or _written_at(path) < untouched_since):
                _remove(path)

    def _path(self, upload: UploadId, ending: str) -> Path:
        read_id(upload)  # an id cannot climb out of the folder
        return self._folder / f"{upload}.{ending}"

    def _prepare(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)

    def _refuse_announced(self, declared_bytes: int | None) -> None:
        if declared_bytes is None:
            return
        if declared_bytes < 0:
            raise Invalid("The announced size is below zero. Send the file again.")
        if declared_bytes == 0:
            raise empty()
        self.check_size(declared_bytes)

    async def _drain(self, stream: AsyncIterable[bytes], descriptor: int) -> int:
        size_bytes, waiting = 0, bytearray()
        async for block in stream:
            size_bytes += len(block)
            self.check_size(size_bytes)
            waiting += block
            if len(waiting) >= _BLOCK_BYTES:
                await or_full(self._write, descriptor, bytes(waiting))
                waiting.clear()
        await or_full(self._write, descriptor, bytes(waiting))
        return size_bytes

    def _write(self, descriptor: int, block: bytes) -> None:
        self.make_room(len(block))
        view = memoryview(block)
        while view:
            view = view[os.write(descriptor, view) :]


def _refuse_arrived(size_bytes: int, declared_bytes: int | None) -> None:
    if size_bytes == 0:
        raise empty()
    if declared_bytes is not None and declared_bytes != size_bytes:
        raise Truncated(
            f"{size_bytes} of {declared_bytes} bytes arrived. Nothing was kept. Send the file again."
        )


def _create(part: Path, path: Path) -> int:
    busy = UploadBusy("This upload was received already, or is arriving right now. Start a new one.")
    if path.exists():
        raise busy
    try:
        return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise busy from None


def _settle(descriptor: int, part: Path, path: Path) -> None:
    os.fsync(descriptor)
    part.replace(path)
    flush_folder(path.parent)


async def or_full(job: Callable[..., None], *args: object) -> None:
    """Run file work in a thread, to its end even when cancelled.

    Raises:
        SpoolFull: the disk has no room.
    """
    try:
        # The thread holds the descriptor; closing it before the end could let it write into another file.
        await run_to_end(asyncio.to_thread(job, *args))
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise full() from error
        raise


def full(state: str = "Nothing was kept.") -> SpoolFull:
    """Return the error of a full disk; ``state`` says what became of the bytes."""
    return SpoolFull(
        f"The realm has no disk space for another upload. {state} Try again later; the operator has to free "
        "some space first."
    )


def _written_at(path: Path) -> datetime:
    """Return when it was last written to; never, when it is gone by now."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
