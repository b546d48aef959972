"""Fingerprints: what clips are recognised by, and for which clips that is not known.

They are sealed under a key of the realm: marks tell what kind of picture it is, and whether others know it.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from reelm.base import ClipId, SealedBytes, Tx
from reelm.media.fingerprint import Fingerprint, FingerprintScheme
from reelm.media.store.tables import fingerprints
from reelm.realm import Keys

_LENGTH_BYTES = 4
_plain = select(fingerprints).where(fingerprints.c.marks_sealed.is_(None))
_seal = (
    update(fingerprints)
    .where(fingerprints.c.clip_id == bindparam("clip"), fingerprints.c.scheme == bindparam("of_scheme"))
    .values(marks=b"", qualities=b"", marks_sealed=bindparam("sealed"))
)


class Fingerprints:
    """The fingerprints of every clip."""

    def __init__(self, keys: Keys) -> None:
        self._key = keys.realm_key("media/fingerprints")

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
        rows = [self._row(clip_id, each, None) for each in made]
        rows += [self._row(clip_id, Fingerprint(scheme, b""), code) for scheme, code in missing.items()]
        await tx.execute(insert(fingerprints), rows)

    async def of_clip(self, tx: Tx, clip_id: ClipId) -> tuple[Fingerprint, ...]:
        """Return the fingerprints that were made, by the name of their scheme."""
        query = (
            select(fingerprints)
            .where(fingerprints.c.clip_id == clip_id, fingerprints.c.failure_code.is_(None))
            .order_by(fingerprints.c.scheme)
        )
        return tuple(
            self._opened(clip_id, FingerprintScheme(row.scheme), row.marks_sealed)
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

    async def seal_plain(self, tx: Tx) -> None:
        """Seal what was recorded before fingerprints were sealed. Safe to repeat."""
        for row in (await tx.execute(_plain)).all():
            made = Fingerprint(FingerprintScheme(row.scheme), bytes(row.marks), bytes(row.qualities))
            bound = {"clip": row.clip_id, "of_scheme": row.scheme, "sealed": self._sealed(row.clip_id, made)}
            await tx.execute(_seal, bound)

    def _row(self, clip_id: ClipId, made: Fingerprint, failure_code: str | None) -> dict[str, object]:
        return {
            "clip_id": clip_id,
            "scheme": made.scheme.value,
            "marks": b"",
            "qualities": b"",
            "marks_sealed": self._sealed(clip_id, made),
            "failure_code": failure_code,
        }

    def _sealed(self, clip_id: ClipId, made: Fingerprint) -> SealedBytes:
        plain = len(made.marks).to_bytes(_LENGTH_BYTES) + made.marks + made.qualities
        return self._key.seal(plain, purpose=_purpose(clip_id, made.scheme))

    def _opened(self, clip_id: ClipId, scheme: FingerprintScheme, sealed: SealedBytes) -> Fingerprint:
        plain = self._key.open(sealed, purpose=_purpose(clip_id, scheme))
        end = _LENGTH_BYTES + int.from_bytes(plain[:_LENGTH_BYTES])
        return Fingerprint(scheme, plain[_LENGTH_BYTES:end], plain[end:])


def _purpose(clip_id: ClipId, scheme: FingerprintScheme) -> str:
    return f"media.fingerprints/{clip_id}/{scheme.value}"
