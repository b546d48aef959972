"""What is kept of the fingerprints of clips."""

from pathlib import Path

import pytest

from reelm.base import ClipId, Database, mint
from reelm.media import FingerprintScheme, Media, MediaConfig
from reelm.media.fingerprint import Fingerprint
from support.machine.determinism import ManualClock, SeededEntropy

pytestmark = pytest.mark.on_database("sqlite")

FIRST, SECOND = (ClipId(mint(ManualClock(), SeededEntropy(seed))) for seed in (1, 2))
SEEN = Fingerprint(FingerprintScheme.PDQ, bytes(range(128)), b"\x64")
SILENT = Fingerprint(FingerprintScheme.CHROMAPRINT, b"")


@pytest.fixture
def media(tmp_path: Path) -> Media:
    return Media(MediaConfig(spool=tmp_path), clock=ManualClock(), entropy=SeededEntropy())


async def test_fingerprints_come_back_and_are_forgotten_with_their_clip(
    database: Database, media: Media
) -> None:
    async with database.write() as tx:
        await media.fingerprints.record(tx, FIRST, (SEEN, SILENT), missing={})
        await media.fingerprints.record(
            tx, SECOND, (SEEN,), missing={FingerprintScheme.CHROMAPRINT: "media.no-chromaprint"}
        )
    async with database.write() as tx:
        assert await media.fingerprints.of_clip(tx, FIRST) == (SILENT, SEEN)
        await media.fingerprints.forget(tx, FIRST)
        await media.fingerprints.forget(tx, FIRST)
        assert await media.fingerprints.of_clip(tx, FIRST) == ()
        assert await media.fingerprints.of_clip(tx, SECOND) == (SEEN,)


async def test_what_is_missing_is_listed_with_its_reason_until_it_is_made(
    database: Database, media: Media
) -> None:
    async with database.write() as tx:
        await media.fingerprints.record(
            tx, FIRST, (), missing=dict.fromkeys(FingerprintScheme, "media.unreadable")
        )
        await media.fingerprints.record(tx, SECOND, (SEEN, SILENT), missing={})
        assert await media.fingerprints.of_clip(tx, FIRST) == ()
        assert await media.fingerprints.missing(tx) == tuple(
            (FIRST, scheme, "media.unreadable")
            for scheme in (FingerprintScheme.CHROMAPRINT, FingerprintScheme.PDQ)
        )
        await media.fingerprints.record(tx, FIRST, (SEEN, SILENT), missing={})
        assert await media.fingerprints.missing(tx) == ()
