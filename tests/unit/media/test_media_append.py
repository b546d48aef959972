"""Whatever ends a request, the recorded offset names bytes that a power cut leaves."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from reelm.base import UploadId, mint
from reelm.media import Checksum, ChecksumMismatch, Interrupted, SpoolFull, UploadLock
from reelm.media.append import ByteRange, FlushPolicy, append
from reelm.media.errors import BeyondLength
from reelm.media.part import PartFile
from reelm.media.spool import full
from reelm.media.upload_lock import Pace
from support.machine.determinism import ManualClock, SeededEntropy

UPLOAD = UploadId(mint(ManualClock(), SeededEntropy(1)))
BLOCK = 1024 * 1024
FLUSH_POLICY = FlushPolicy(checkpoint_bytes=2 * BLOCK)


class Disk(PartFile):
    """A file on a machine whose power fails: ``left`` is what is there afterwards.

    Attributes:
        durable: what was synced.
        no_room_after: how many bytes fit, if not all.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self.path = path
        self.durable = b""
        self.no_room_after: int | None = None
        self.sync_error: OSError | None = None

    def write(self, blocks: Sequence[bytes], offset_bytes: int) -> None:
        size_bytes = offset_bytes + sum(map(len, blocks))
        if self.no_room_after is not None and size_bytes > self.no_room_after:
            raise OSError(28, "No space left on device")
        super().write(blocks, offset_bytes)

    def sync(self) -> None:
        if self.sync_error:
            raise self.sync_error
        super().sync()
        self.durable = self.path.read_bytes()

    def left(self) -> bytes:
        """The worst that a file system may make of it: the new length, and nothing in it."""
        return self.durable + bytes(self.size_bytes - len(self.durable))


class Row:
    """The recorded offset; each one is checked against the disk at the moment when it is told."""

    def __init__(self, disk: Disk, source: bytes) -> None:
        self.disk, self.source = disk, source
        self.offsets: list[int] = [0]

    @property
    def offset(self) -> int:
        return self.offsets[-1]

    async def record(self, offset_bytes: int) -> None:
        assert self.disk.durable[:offset_bytes] == self.source[:offset_bytes]
        assert offset_bytes > self.offset
        self.offsets.append(offset_bytes)


@pytest.fixture
def source() -> bytes:
    return SeededEntropy(3).draw(7 * BLOCK + 5)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "upload.part")


def room_for_all(_wanted_bytes: int) -> None:
    """Raise nothing: this disk has room."""


@pytest.fixture
def row(disk: Disk, source: bytes) -> Row:
    return Row(disk, source)


async def blocks(data: bytes, *, size: int = 300_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
        await asyncio.sleep(0)


async def send(
    row: Row,
    stream: AsyncIterator[bytes],
    *,
    checksum: Checksum | None = None,
    flush_policy: FlushPolicy = FLUSH_POLICY,
) -> int:
    byte_range = ByteRange(row.offset, len(row.source), checksum)
    return await append(
        stream,
        byte_range,
        lock=UploadLock(UPLOAD, row.disk),
        record=row.record,
        make_room=room_for_all,
        flush_policy=flush_policy,
    )


async def test_a_whole_file_is_durable_when_its_last_offset_is_recorded(row: Row, source: bytes) -> None:
    assert await send(row, blocks(source)) == len(source)
    assert row.offset == len(source)
    assert row.disk.durable == source
    assert len(row.offsets) > 2


async def test_a_broken_connection_keeps_what_it_brought(row: Row, source: bytes) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for block in blocks(source[: 3 * BLOCK + 7]):
            yield block
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await send(row, broken())
    assert row.offset == 3 * BLOCK + 7
    assert await send(row, blocks(source[row.offset :])) == len(source)
    assert row.disk.durable == source


async def test_what_a_slow_connection_brings_is_recorded_while_it_lasts(row: Row, source: bytes) -> None:
    is_recorded = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield source[:100]
        await is_recorded.wait()
        raise ConnectionResetError

    async def record(offset_bytes: int) -> None:
        await row.record(offset_bytes)
        is_recorded.set()

    flush_policy = FlushPolicy(checkpoint_seconds=0, idle_seconds=10)
    with pytest.raises(ConnectionResetError):
        await append(
            slow(),
            ByteRange(0, len(source)),
            lock=UploadLock(UPLOAD, row.disk),
            record=record,
            make_room=room_for_all,
            flush_policy=flush_policy,
        )
    assert row.offsets == [0, 100]


async def test_a_cancelled_request_keeps_what_it_brought(row: Row, source: bytes) -> None:
    is_waiting = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield source[:BLOCK]
        yield source[BLOCK : BLOCK + 9]
        is_waiting.set()
        await asyncio.sleep(60)

    sending = asyncio.ensure_future(send(row, stuck()))
    await is_waiting.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert row.offset == BLOCK + 9


async def test_after_a_power_cut_nothing_but_recorded_bytes_is_built_upon(
    row: Row, source: bytes, tmp_path: Path
) -> None:
    """The cut comes while bytes arrive that were written and not synced."""
    state: list[tuple[int, bytes]] = []

    async def watched() -> AsyncIterator[bytes]:
        async for block in blocks(source):
            state.append((row.offset, row.disk.left()))
            yield block

    await send(row, watched())
    assert any(len(left) > offset for offset, left in state)
    for number, (offset, left) in enumerate(state):
        path = tmp_path / f"{number}.part"
        path.write_bytes(left)
        later = Row(Disk(path), source)
        later.offsets.append(offset)
        if offset:
            assert left[:offset] == source[:offset]
        await send(later, blocks(source[offset:]))
        assert path.read_bytes() == source


async def test_silence_ends_a_request_and_keeps_what_it_brought(row: Row, source: bytes) -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield source[:100]
        await asyncio.sleep(60)

    with pytest.raises(Interrupted):
        await send(row, silent(), flush_policy=FlushPolicy(idle_seconds=0.01))
    assert row.offset == 100


async def test_a_revoked_hold_ends_a_request_and_keeps_what_it_brought(row: Row, source: bytes) -> None:
    lock = UploadLock(UPLOAD, row.disk)

    async def stuck() -> AsyncIterator[bytes]:
        yield source[:100]
        asyncio.get_running_loop().call_soon(lock.revoke)
        await asyncio.sleep(60)

    with pytest.raises(Interrupted):
        await append(
            stuck(),
            ByteRange(0, len(source)),
            lock=lock,
            record=row.record,
            make_room=room_for_all,
            flush_policy=FLUSH_POLICY,
        )
    assert row.offset == 100
    lock.revoke()  # by somebody else who waited for it


async def test_a_sender_who_dribbles_is_ended_and_keeps_what_came(row: Row, source: bytes) -> None:
    async def dribbling() -> AsyncIterator[bytes]:
        for start in range(10_000):
            yield source[start : start + 1]
            await asyncio.sleep(0.001)

    flush_policy = FlushPolicy(slowest_bytes_per_second=1_000_000, pace_seconds=0.05)
    with pytest.raises(Interrupted):
        await send(row, dribbling(), flush_policy=flush_policy)
    assert 0 < row.offset < 10_000


async def test_a_disk_of_ours_that_is_slow_is_no_fault_of_the_sender(row: Row, source: bytes) -> None:
    lock = UploadLock(UPLOAD, row.disk)
    pace = Pace(idle_seconds=10, slowest_bytes_per_second=len(source), slow_seconds=0.05)
    async for _ in lock.heard(blocks(source), pace):
        await asyncio.sleep(0.02)


async def test_a_reserve_that_others_use_up_meanwhile_ends_the_upload(row: Row, source: bytes) -> None:
    written: list[int] = []

    def room_for_a_while(wanted_bytes: int) -> None:
        if sum(written) + wanted_bytes > len(source) // 2:
            raise full()
        written.append(wanted_bytes)

    with pytest.raises(SpoolFull, match="What arrived before is kept"):
        await append(
            blocks(source),
            ByteRange(0, len(source)),
            lock=UploadLock(UPLOAD, row.disk),
            record=row.record,
            make_room=room_for_a_while,
            flush_policy=FLUSH_POLICY,
        )
    assert row.offset == sum(written) < len(source)


async def test_bytes_behind_the_end_are_not_kept(row: Row, source: bytes) -> None:
    with pytest.raises(BeyondLength):
        await send(row, blocks(source + b"x"))
    assert row.offset < len(source)
    assert await send(row, blocks(source[row.offset :])) == len(source)
    assert row.disk.path.read_bytes() == source


async def test_nothing_is_recorded_before_a_checksum_has_proved_it(row: Row, source: bytes) -> None:
    wrong = Checksum("sha256", hashlib.sha256(source[1:]).digest())
    with pytest.raises(ChecksumMismatch):
        await send(row, blocks(source), checksum=wrong)
    assert row.offsets == [0]
    right = Checksum("sha1", hashlib.sha1(source, usedforsecurity=False).digest())
    assert await send(row, blocks(source), checksum=right) == len(source)
    assert row.offsets == [0, len(source)]


async def test_a_full_disk_keeps_what_fitted_and_says_so(row: Row, source: bytes) -> None:
    row.disk.no_room_after = 4 * BLOCK
    with pytest.raises(SpoolFull, match="What arrived before is kept"):
        await send(row, blocks(source))
    assert 0 < row.offset <= 4 * BLOCK
    row.disk.no_room_after = None
    assert await send(row, blocks(source[row.offset :])) == len(source)


async def test_a_disk_that_is_full_at_the_very_end_keeps_what_fitted(row: Row, source: bytes) -> None:
    row.disk.no_room_after = len(source) - 1
    with pytest.raises(SpoolFull, match="What arrived before is kept"):
        await send(row, blocks(source))
    assert 6 * BLOCK <= row.offset < len(source)
    row.disk.no_room_after = None
    assert await send(row, blocks(source[row.offset :])) == len(source)


async def test_after_a_failed_sync_no_offset_is_recorded_that_it_covered(row: Row, source: bytes) -> None:
    row.disk.sync_error = OSError(5, "Input/output error")
    with pytest.raises(OSError, match="Input/output"):
        await send(row, blocks(source))
    assert row.offset == 0
    row.disk.sync_error = None
    assert await send(row, blocks(source)) == len(source)
    assert row.disk.durable == source


async def test_a_record_that_fails_ends_the_request_and_is_not_skipped(row: Row, source: bytes) -> None:
    """Not applied, or applied and not answered: the next request goes on from what the row says."""
    for is_applied in (False, True):
        start = row.offset

        async def failing(offset_bytes: int, *, is_applied: bool = is_applied) -> None:
            if is_applied:
                await row.record(offset_bytes)
            raise ConnectionError("the records did not answer")

        byte_range = ByteRange(start, len(source))
        lock = UploadLock(UPLOAD, row.disk)
        with pytest.raises(ConnectionError):
            await append(
                blocks(source[start:]),
                byte_range,
                lock=lock,
                record=failing,
                make_room=room_for_all,
                flush_policy=FLUSH_POLICY,
            )
        assert (row.offset > start) is is_applied
    assert await send(row, blocks(source[row.offset :])) == len(source)
    assert row.disk.durable == source
