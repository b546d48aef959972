from datetime import timedelta
from pathlib import Path

import pytest

from reelm.base import Database, UploadId, mint
from reelm.media import Media, MediaConfig, Probe, UploadMissing
from reelm.media.model import Audio, Video
from reelm.media.spool import Spooled
from reelm.media.store import uploads
from support.machine.determinism import ManualClock, SeededEntropy

OWNER = mint(ManualClock(), SeededEntropy(7))
STRANGER = mint(ManualClock(), SeededEntropy(8))
UPLOAD = UploadId(mint(ManualClock(), SeededEntropy(9)))
PROBE = Probe(
    container="mov",
    duration_ms=1500,
    stream_count=2,
    video=Video(
        stream_index=0,
        codec="hevc",
        width=1080,
        height=1920,
        rotation=90,
        frame_rate=29.97,
        pixel_format="yuv420p10le",
        bit_depth=10,
        color_transfer="hlg",
        color_matrix="bt2020",
        has_b_frames=True,
        is_interlaced=False,
    ),
    audio=Audio(stream_index=1, codec="aac", channels=2, sample_rate=44_100),
)


async def test_an_upload_is_its_owners_alone_until_it_expires(tmp_path: Path) -> None:
    clock = ManualClock()
    media = Media(MediaConfig(spool=tmp_path, upload_ttl_seconds=60), clock=clock, entropy=SeededEntropy())
    database = Database.open(f"sqlite:///{tmp_path / 'records.db'}")
    async with database.write() as tx:
        await tx.run_sync(uploads.create)
        spooled = Spooled(path=tmp_path / "x", size_bytes=3 * 1024**3)
        made = await media.uploads.record(tx, spooled, upload=UPLOAD, owner=OWNER, probe=PROBE)
    async with database.read() as tx:
        assert await media.uploads.find(tx, UPLOAD, owner=OWNER) == made
        assert await media.uploads.of(tx, OWNER) == (made,)
        assert await media.uploads.of(tx, STRANGER) == ()
        assert await media.uploads.known(tx) == {UPLOAD}
        with pytest.raises(UploadMissing):
            await media.uploads.find(tx, UPLOAD, owner=STRANGER)
        assert await media.uploads.expired(tx, clock.now() + timedelta(seconds=59)) == ()
        assert await media.uploads.expired(tx, clock.now() + timedelta(seconds=60)) == (UPLOAD,)
    async with database.write() as tx:
        await media.uploads.remove(tx, UPLOAD)
        await media.uploads.remove(tx, UPLOAD)
        with pytest.raises(UploadMissing):
            await media.uploads.find(tx, UPLOAD, owner=OWNER)
    await database.close()


def test_no_column_could_hold_a_file_name() -> None:
    assert set(uploads.c.keys()) == {
        "id", "owner", "size_bytes", "probe", "cut", "object_id", "created_at", "expires_at"
    }  # fmt: skip
