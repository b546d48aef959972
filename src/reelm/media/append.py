"""Append a stream to a file so that whatever is recorded of it is durable.

Bytes are synced and then recorded at checkpoints, while more of them arrive, and once more at the end,
however the end came. The file may be longer than the record; it is cut back to the record before it is
written again, so bytes that nobody recorded are never part of an upload.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from reelm.base import run_to_end
from reelm.media.errors import BeyondLength, ChecksumMismatch, SpoolFull
from reelm.media.spool import full, or_full
from reelm.media.upload_lock import Pace, UploadLock

_BLOCK_BYTES = 1024 * 1024

Record: TypeAlias = Callable[[int], Awaitable[None]]
MakeRoom: TypeAlias = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Checksum:
    """The digest that the bytes of one request must have; ``algorithm`` is one of ``ALGORITHMS``."""

    ALGORITHMS: ClassVar = ("sha1", "sha256")

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes of one request: from ``start_bytes`` on, never beyond ``end_bytes``."""

    start_bytes: int
    end_bytes: int
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class FlushPolicy:
    """Limits on the bytes that are not durable yet, on silence, and on slowness.

    Attributes:
        checkpoint_bytes: this much may be lost with the process.
        checkpoint_seconds: or what arrived in this time, if that is less.
        idle_seconds: a connection that is silent for so long has ended.
        quiet_seconds: a connection that is silent for so long gives way to a new one.
        lock_wait_seconds: how long a new one waits for that.
        slowest_bytes_per_second: a connection that brings less than this has ended.
        pace_seconds: for so long it may; only the time counts in which the sender is waited for.
    """

    checkpoint_bytes: int = 8 * 1024**2
    checkpoint_seconds: float = 2.0
    idle_seconds: float = 30.0
    quiet_seconds: float = 1.0
    lock_wait_seconds: float = 3.0
    slowest_bytes_per_second: int = 1024
    pace_seconds: float = 60.0


async def append(
    stream: AsyncIterable[bytes],
    byte_range: ByteRange,
    *,
    lock: UploadLock,
    record: Record,
    make_room: MakeRoom,
    flush_policy: FlushPolicy,
) -> int:
    """Write a stream where it belongs; return the new offset, which is recorded and durable.

    Args:
        stream: the raw bytes; when it breaks, what came before is kept and its error is passed on.
        byte_range: where they go; with a checksum nothing is kept unless it is right.
        lock: the right to write.
        record: called with an offset once every byte before it is durable; not called at the same time twice.
        make_room: raises ``SpoolFull`` when so many bytes do not fit any more; asked before each write.
        flush_policy: how often.

    Raises:
        BeyondLength: more bytes than were announced; what came since the last checkpoint is not kept.
        ChecksumMismatch: nothing of this request is kept.
        Interrupted: silence, slowness, or a newer connection; what arrived is kept.
        SpoolFull: the disk has no room; what arrived is kept.
    """
    await or_full(lock.file.cut, byte_range.start_bytes)
    appending = _Appending(byte_range, lock, flush_policy, record=record, make_room=make_room)
    try:
        if byte_range.checksum:
            return await appending.take_checked(stream, byte_range.checksum)
        return await _take_all(stream, appending)
    except SpoolFull:
        raise full("What arrived before is kept.") from None
    finally:
        # Whatever happened: the file is closed next, and a checkpoint must not sync another one in its place.
        await run_to_end(appending.rest())


async def _take_all(stream: AsyncIterable[bytes], appending: "_Appending") -> int:
    try:
        await appending.take(stream)
        await appending.flush()
    except BeyondLength:
        raise
    except SpoolFull:
        await appending.keep()
        raise
    except BaseException:
        await run_to_end(appending.finish())
        raise
    return await appending.keep()


class _Appending:
    """What has arrived, what of it is written, and what of that is recorded.

    One checkpoint runs at a time, beside the writing.
    """

    def __init__(
        self,
        byte_range: ByteRange,
        lock: UploadLock,
        flush_policy: FlushPolicy,
        *,
        record: Record,
        make_room: MakeRoom,
    ) -> None:
        self._byte_range, self._lock = byte_range, lock
        self._record, self._make_room, self._flush_policy = record, make_room, flush_policy
        self._pace = Pace(
            flush_policy.idle_seconds, flush_policy.slowest_bytes_per_second, flush_policy.pace_seconds
        )
        self._waiting: list[bytes] = []
        self._arrived_bytes = self._written_bytes = self._recorded_bytes = byte_range.start_bytes
        self._checkpoint: asyncio.Task[None] | None = None
        self._begun_bytes, self._begun_at = byte_range.start_bytes, _now()

    async def take(self, stream: AsyncIterable[bytes]) -> None:
        """Write the stream and begin a checkpoint whenever one is due."""
        async for block in self._lock.heard(stream, self._pace):
            await self._add(block)
            if self._is_due():
                await self.flush()
                self._begin_checkpoint()

    async def take_checked(self, stream: AsyncIterable[bytes], checksum: Checksum) -> int:
        """Record nothing before the last byte has proved the others right; return the new offset."""
        digest = hashlib.new(checksum.algorithm, usedforsecurity=False)
        async for block in self._lock.heard(stream, self._pace):
            digest.update(block)
            await self._add(block)
        if digest.digest() != checksum.digest:
            raise ChecksumMismatch(
                "The bytes do not have the checksum that came with them. Nothing of this request was kept. "
                "Send them again from the same offset."
            )
        return await self.finish()

    async def flush(self) -> None:
        """Write what waits."""
        await or_full(self._write, self._waiting, self._written_bytes)
        self._waiting, self._written_bytes = [], self._arrived_bytes

    async def rest(self) -> None:
        """Wait until no checkpoint runs; whether it failed is told by ``keep``."""
        if self._checkpoint:
            await asyncio.gather(self._checkpoint, return_exceptions=True)

    async def keep(self) -> int:
        """Record all that is written; return how many bytes that is.

        After a failed checkpoint its error is raised instead: a sync that succeeds after one that failed says
        nothing about the bytes of the first.
        """
        if self._checkpoint:
            await self._checkpoint
        if self._written_bytes > self._recorded_bytes:
            await self._keep(self._written_bytes)
        return self._written_bytes

    async def finish(self) -> int:
        """Write and record all that has arrived; return how many bytes that is."""
        await self.flush()
        return await self.keep()

    def _write(self, blocks: Sequence[bytes], offset_bytes: int) -> None:
        self._make_room(sum(map(len, blocks)))
        self._lock.file.write(blocks, offset_bytes)

    async def _add(self, block: bytes) -> None:
        self._arrived_bytes += len(block)
        if self._arrived_bytes > self._byte_range.end_bytes:
            raise beyond(self._byte_range.end_bytes)
        self._waiting.append(block)
        if self._arrived_bytes - self._written_bytes >= _BLOCK_BYTES:
            await self.flush()

    def _is_due(self) -> bool:
        if self._checkpoint and not self._checkpoint.done():
            return False
        new_bytes = self._arrived_bytes - self._begun_bytes
        is_late = _now() - self._begun_at >= self._flush_policy.checkpoint_seconds
        return new_bytes >= self._flush_policy.checkpoint_bytes or (is_late and new_bytes > 0)

    def _begin_checkpoint(self) -> None:
        if self._checkpoint:
            self._checkpoint.result()
        self._begun_bytes, self._begun_at = self._written_bytes, _now()
        self._checkpoint = asyncio.create_task(self._keep(self._written_bytes), name="checkpoint")

    async def _keep(self, offset_bytes: int) -> None:
        await or_full(self._lock.file.sync)
        await self._record(offset_bytes)
        self._recorded_bytes = offset_bytes


def _now() -> float:
    return asyncio.get_running_loop().time()


def beyond(length_bytes: int) -> BeyondLength:
    return BeyondLength(
        f"More than the {length_bytes} bytes that were announced came. The surplus was not kept. Ask for the "
        "offset and send only what is missing.",
        length_bytes=length_bytes,
    )
