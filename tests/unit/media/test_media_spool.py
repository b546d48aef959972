import asyncio
import resource
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from reelm.base import BadId, ReelmError, UploadId, mint
from reelm.media import Media, MediaConfig, SourceLimits, SpoolFull, UploadBusy, UploadMissing
from reelm.media.errors import Empty, TooManyBytes, Truncated
from support.machine.determinism import ManualClock, SeededEntropy

UPLOAD = UploadId(mint(ManualClock(), SeededEntropy(1)))
OTHER = UploadId(mint(ManualClock(), SeededEntropy(2)))


async def blocks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def left(spool: Path) -> list[str]:
    return sorted(path.name for path in spool.iterdir()) if spool.exists() else []


def small(spool: Path, *, max_source_bytes: int = 1000, reserve_bytes: int = 0) -> Media:
    config = MediaConfig(
        spool=spool, limits=SourceLimits(max_source_bytes=max_source_bytes), reserve_bytes=reserve_bytes
    )
    return Media(config, clock=ManualClock(), entropy=SeededEntropy())


async def test_what_is_sent_is_what_is_kept(media: Media, spool: Path) -> None:
    parts = (b"a" * 70_000, b"", b"b" * 2_000_000, b"c")
    spooled = await media.spool.receive(blocks(*parts), upload=UPLOAD, declared_bytes=None)
    assert spooled.path.read_bytes() == b"".join(parts)
    assert spooled.size_bytes == 2_070_001
    assert media.spool.source(UPLOAD) == spooled.path


async def test_nobody_else_on_the_machine_can_read_it(media: Media, spool: Path) -> None:
    spooled = await media.spool.receive(blocks(b"x"), upload=UPLOAD, declared_bytes=1)
    assert [mode(path) for path in (spool, spooled.path, media.spool.workspace(UPLOAD))] == [
        0o700,
        0o600,
        0o700,
    ]


async def test_an_excessive_announcement_is_refused_before_the_first_byte(spool: Path) -> None:
    was_asked = False

    async def watched() -> AsyncIterator[bytes]:
        nonlocal was_asked
        was_asked = True
        yield b"x"

    with pytest.raises(TooManyBytes) as refusal:
        await small(spool).spool.receive(watched(), upload=UPLOAD, declared_bytes=4 * 1024**3)
    assert refusal.value.facts == {"max_source_bytes": 1000}
    assert not was_asked
    assert left(spool) == []


async def test_a_stream_that_lied_about_its_size_is_stopped_at_the_limit(spool: Path) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"x" * 400

    with pytest.raises(TooManyBytes):
        await small(spool).spool.receive(endless(), upload=UPLOAD, declared_bytes=900)
    assert asked == 3
    assert left(spool) == []


@pytest.mark.parametrize("declared_bytes", [None, 0])
async def test_no_bytes_are_no_upload(media: Media, spool: Path, declared_bytes: int | None) -> None:
    with pytest.raises(Empty):
        await media.spool.receive(blocks(b"", b""), upload=UPLOAD, declared_bytes=declared_bytes)
    assert left(spool) == []


async def test_fewer_bytes_than_announced_are_refused(media: Media, spool: Path) -> None:
    with pytest.raises(Truncated, match="5 of 9 bytes arrived"):
        await media.spool.receive(blocks(b"12345"), upload=UPLOAD, declared_bytes=9)
    assert left(spool) == []


async def test_a_broken_connection_leaves_nothing(media: Media, spool: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 3_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await media.spool.receive(broken(), upload=UPLOAD, declared_bytes=None)
    assert left(spool) == []


async def test_a_cancelled_request_leaves_nothing(media: Media, spool: Path) -> None:
    is_waiting = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x" * 3_000_000
        is_waiting.set()
        await asyncio.sleep(60)

    receiving = asyncio.ensure_future(media.spool.receive(stuck(), upload=UPLOAD, declared_bytes=None))
    await is_waiting.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert left(spool) == []


async def test_a_nearly_full_disk_is_said_before_the_first_byte(spool: Path) -> None:
    with pytest.raises(SpoolFull, match="no disk space"):
        await small(spool, reserve_bytes=2**60).spool.receive(blocks(b"x"), upload=UPLOAD, declared_bytes=1)
    assert left(spool) == []


async def test_a_disk_that_fills_while_writing_leaves_nothing(media: Media, spool: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, before[1]))
    try:
        with pytest.raises(SpoolFull):
            await media.spool.receive(blocks(b"x" * 3_000_000), upload=UPLOAD, declared_bytes=None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert left(spool) == []


async def test_two_streams_under_one_id_do_not_mix(media: Media, spool: Path) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"first"
        with pytest.raises(UploadBusy):
            await media.spool.receive(blocks(b"second"), upload=UPLOAD, declared_bytes=None)

    await media.spool.receive(slow(), upload=UPLOAD, declared_bytes=None)
    with pytest.raises(UploadBusy):
        await media.spool.receive(blocks(b"third"), upload=UPLOAD, declared_bytes=None)
    assert media.spool.source(UPLOAD).read_bytes() == b"first"


async def test_discarding_removes_the_file_and_what_was_made_from_it(media: Media, spool: Path) -> None:
    await media.spool.receive(blocks(b"x"), upload=UPLOAD, declared_bytes=None)
    (media.spool.workspace(UPLOAD) / "480p.mp4").write_bytes(b"made")
    media.spool.discard(UPLOAD)
    media.spool.discard(UPLOAD)
    assert left(spool) == []
    with pytest.raises(UploadMissing):
        media.spool.source(UPLOAD)


async def test_a_start_removes_what_a_crash_left_and_keeps_what_is_wanted(media: Media, spool: Path) -> None:
    await media.spool.receive(blocks(b"wanted"), upload=UPLOAD, declared_bytes=None)
    await media.spool.receive(blocks(b"unwanted"), upload=OTHER, declared_bytes=None)
    (spool / f"{UPLOAD}.part").write_bytes(b"half")
    (media.spool.workspace(OTHER) / "480p.part").write_bytes(b"half")
    media.spool.workspace(UPLOAD)
    media.spool.sweep({UPLOAD}, set())
    assert left(spool) == [f"{UPLOAD}.source", f"{UPLOAD}.work"]


async def test_an_id_cannot_climb_out_of_the_folder(media: Media, spool: Path) -> None:
    for trick in ("../../etc/passwd", "..", "a/b", ""):
        with pytest.raises(BadId):
            await media.spool.receive(blocks(b"x"), upload=UploadId(trick), declared_bytes=None)
        with pytest.raises(BadId):
            media.spool.discard(UploadId(trick))


async def test_an_announcement_below_zero_is_refused(media: Media, spool: Path) -> None:
    with pytest.raises(ReelmError):
        await media.spool.receive(blocks(b"x"), upload=UPLOAD, declared_bytes=-1)
    assert left(spool) == []


def test_a_config_can_be_changed_in_one_place(spool: Path) -> None:
    config = replace(MediaConfig(spool=spool), limits=SourceLimits(max_duration_ms=1000))
    assert Media(config, clock=ManualClock(), entropy=SeededEntropy()).limits.max_duration_ms == 1000
