"""What is kept of the fingerprints of clips."""

from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from reelm.base import ClipId, Database, metadata, mint
from reelm.media import FingerprintScheme
from reelm.media.fingerprint import Fingerprint
from reelm.media.store import Fingerprints
from reelm.realm import EpochFiles, Keys, RootKey
from reelm.realm.errors import SealBroken
from support.machine.determinism import ManualClock, SeededEntropy

pytestmark = pytest.mark.on_database("sqlite")

FIRST, SECOND = (ClipId(mint(ManualClock(), SeededEntropy(seed))) for seed in (1, 2))
SEEN = Fingerprint(FingerprintScheme.PDQ, bytes(range(128)), b"\x64")
SILENT = Fingerprint(FingerprintScheme.CHROMAPRINT, b"")


@pytest.fixture
def fingerprints(tmp_path: Path) -> Fingerprints:
    root = RootKey.create(tmp_path / "root.key", SeededEntropy())
    return Fingerprints(
        Keys(root, EpochFiles(tmp_path / "epochs"), clock=ManualClock(), entropy=SeededEntropy())
    )


async def test_fingerprints_come_back_and_are_forgotten_with_their_clip(
    database: Database, fingerprints: Fingerprints
) -> None:
    async with database.write() as tx:
        await fingerprints.record(tx, FIRST, (SEEN, SILENT), missing={})
        await fingerprints.record(
            tx, SECOND, (SEEN,), missing={FingerprintScheme.CHROMAPRINT: "media.no-chromaprint"}
        )
    async with database.write() as tx:
        assert await fingerprints.of_clip(tx, FIRST) == (SILENT, SEEN)
        await fingerprints.forget(tx, FIRST)
        await fingerprints.forget(tx, FIRST)
        assert await fingerprints.of_clip(tx, FIRST) == ()
        assert await fingerprints.of_clip(tx, SECOND) == (SEEN,)


async def test_what_is_missing_is_listed_with_its_reason_until_it_is_made(
    database: Database, fingerprints: Fingerprints
) -> None:
    async with database.write() as tx:
        await fingerprints.record(tx, FIRST, (), missing=dict.fromkeys(FingerprintScheme, "media.unreadable"))
        await fingerprints.record(tx, SECOND, (SEEN, SILENT), missing={})
        assert await fingerprints.of_clip(tx, FIRST) == ()
        assert await fingerprints.missing(tx) == tuple(
            (FIRST, scheme, "media.unreadable")
            for scheme in (FingerprintScheme.CHROMAPRINT, FingerprintScheme.PDQ)
        )
        await fingerprints.record(tx, FIRST, (SEEN, SILENT), missing={})
        assert await fingerprints.missing(tx) == ()


async def test_marks_are_sealed_and_so_are_those_from_before(
    database: Database, fingerprints: Fingerprints
) -> None:
    table = metadata.tables["fingerprints"]
    async with database.write() as tx:
        await fingerprints.record(tx, FIRST, (SEEN,), missing={})
        old = {"clip_id": SECOND, "scheme": "pdq", "marks": SEEN.marks, "qualities": SEEN.qualities}
        await tx.execute(insert(table), old)
        for _ in range(2):
            await fingerprints.seal_plain(tx)
        rows = (await tx.execute(select(table))).all()
        assert not [value for row in rows for value in row if SEEN.marks in str(value).encode()]
        assert {(row.marks, row.qualities) for row in rows} == {(b"", b"")}
        assert await fingerprints.of_clip(tx, FIRST) == await fingerprints.of_clip(tx, SECOND) == (SEEN,)
        await tx.execute(update(table).values(marks_sealed=rows[0].marks_sealed))
        with pytest.raises(SealBroken):
            await fingerprints.of_clip(tx, SECOND if rows[0].clip_id == FIRST else FIRST)
