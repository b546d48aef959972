"""Fingerprints: what clips are recognised by, and for which clips that is not known."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select

from reelm.base import ClipId, Tx
from reelm.media.fingerprint import Fingerprint, FingerprintScheme
from reelm.media.store.tables import fingerprints


class Fingerprints:
    """The fingerprints of every clip."""

    async def record(
        self,
        tx: Tx,
        clip_id: ClipId,
        made: Sequence[Fingerprint],
        *,
        missing: Mapping[FingerprintScheme, str],
    ) -> None:
        """Replace what a clip is recognised by; ``missing``: the code of why a scheme could not be had."""
        await self.forget(tx, clip_id)
        rows = [_row(clip_id, each, None) for each in made]
        rows += [_row(clip_id, Fingerprint(scheme, b""), code) for scheme, code in missing.items()]
        await tx.execute(insert(fingerprints), rows)

    async def of_clip(self, tx: Tx, clip_id: ClipId) -> tuple[Fingerprint, ...]:
        """Return the fingerprints that were made, by the name of their scheme."""
        query = (
            select(fingerprints)
            .where(fingerprints.c.clip_id == clip_id, fingerprints.c.failure_code.is_(None))
            .order_by(fingerprints.c.scheme)
        )
        return tuple(
            Fingerprint(FingerprintScheme(row.scheme), bytes(row.marks), bytes(row.qualities))
            for row in await tx.execute(query)
        )

    async def missing(self, tx: Tx, *, limit: int = 100) -> tuple[tuple[ClipId, FingerprintScheme, str], ...]:
        """Return the clips that lack a fingerprint, its scheme and the reason's code, the newest first."""
        query = (
            select(fingerprints.c.clip_id, fingerprints.c.scheme, fingerprints.c.failure_code)
            .where(fingerprints.c.failure_code > "")  # a range: SQLite need not walk through all of them
            .order_by(fingerprints.c.clip_id.desc(), fingerprints.c.scheme)
            .limit(limit)
        )
        return tuple((ClipId(row[0]), FingerprintScheme(row[1]), row[2]) for row in await tx.execute(query))

    async def forget(self, tx: Tx, clip_id: ClipId) -> None:
        """Forget what is known of a clip. Safe to repeat."""
        await tx.execute(delete(fingerprints).where(fingerprints.c.clip_id == clip_id))


def _row(clip_id: ClipId, made: Fingerprint, failure_code: str | None) -> dict[str, object]:
    return {
        "clip_id": clip_id,
        "scheme": made.scheme.value,
        "marks": made.marks,
        "qualities": made.qualities,
        "failure_code": failure_code,
    }
