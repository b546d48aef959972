"""Received files: who may post which, until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row

from reelm.base import Clock, ObjectId, Tx, UploadId
from reelm.media.cut import WHOLE, Cut, check_cut
from reelm.media.errors import UploadMissing
from reelm.media.limits import SourceLimits
from reelm.media.model import Probe
from reelm.media.spool import Spooled
from reelm.media.store.tables import uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """A received and accepted file. Opaque here are ``owner``, and ``object_id``: where else it is."""

    id: UploadId
    owner: str
    size_bytes: int
    probe: Probe
    created_at: datetime
    expires_at: datetime
    cut: Cut = WHOLE
    object_id: ObjectId | None = None


class ReceivedUploads:
    """The received files that wait to be posted, each its owner's alone."""

    def __init__(self, limits: SourceLimits, *, ttl_seconds: int, clock: Clock) -> None:
        self._limits = limits
        self._ttl_seconds = ttl_seconds
        self._clock = clock

    async def record(self, tx: Tx, spooled: Spooled, *, upload: UploadId, owner: str, probe: Probe) -> Upload:
        """Make a received and probed file, which is durable, usable by its owner until it expires."""
        made = Upload(
            id=upload,
            owner=owner,
            size_bytes=spooled.size_bytes,
            probe=probe,
            created_at=self._clock.now(),
            expires_at=self._expiry(),
        )
        values = {
            "id": made.id,
            "owner": made.owner,
            "size_bytes": made.size_bytes,
            "probe": msgspec.json.encode(made.probe).decode(),
            "created_at": made.created_at,
            "expires_at": made.expires_at,
        }
        await tx.execute(insert(uploads).values(values))
        return made

    async def find(self, tx: Tx, upload: UploadId, *, owner: str) -> Upload:
        """Return an owner's upload.

        Raises:
            UploadMissing: there is none, or it is another's; the answer does not tell which.
        """
        query = select(uploads).where(uploads.c.id == upload, uploads.c.owner == owner)
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            raise UploadMissing("There is no such upload, or it has expired. Send the file again.")
        return _upload(row)

    async def cut(self, tx: Tx, upload: Upload, cut: Cut) -> None:
        """Take only a part of a file, from now on. Safe to repeat.

        Raises:
            BadCut: the file has no such part.
        """
        least_ms = self._limits.min_duration_ms
        check_cut(cut, duration_ms=upload.probe.duration_ms, min_duration_ms=least_ms)
        said = msgspec.json.encode(cut).decode()
        await tx.execute(update(uploads).where(uploads.c.id == upload.id).values(cut=said))

    async def stow(self, tx: Tx, upload: UploadId, object_id: ObjectId | None) -> None:
        """Set where the file is when it is not in the spool; None when it is nowhere else. Safe to repeat."""
        await tx.execute(update(uploads).where(uploads.c.id == upload).values(object_id=object_id))

    async def stowed(self, tx: Tx, upload: UploadId) -> ObjectId | None:
        """Return where the file is when it is not in the spool; None for nowhere else, or no such upload."""
        return await tx.scalar(select(uploads.c.object_id).where(uploads.c.id == upload))

    async def prolong(self, tx: Tx, upload: UploadId) -> None:
        """Let an upload wait for its whole time once more, as a failed publishing needs it for a retry."""
        query = update(uploads).where(uploads.c.id == upload)
        await tx.execute(query.values(expires_at=self._expiry()))

    async def remove(self, tx: Tx, upload: UploadId) -> None:
        """Forget an upload; its file goes with ``Spool.discard``. Safe to repeat."""
        await tx.execute(delete(uploads).where(uploads.c.id == upload))

    async def of(self, tx: Tx, owner: str) -> tuple[Upload, ...]:
        """Return an owner's uploads, oldest first."""
        query = select(uploads).where(uploads.c.owner == owner).order_by(uploads.c.id)
        return tuple(_upload(row) for row in await tx.execute(query))

    async def known(self, tx: Tx) -> frozenset[UploadId]:
        """Return every upload there is, which the spool may keep at start."""
        return frozenset(UploadId(key) for key in await tx.scalars(select(uploads.c.id)))

    async def expired(self, tx: Tx, now: datetime) -> tuple[UploadId, ...]:
        """Return the uploads whose time is over at ``now``, oldest first."""
        query = select(uploads.c.id).where(uploads.c.expires_at <= now).order_by(uploads.c.id)
        return tuple(UploadId(key) for key in await tx.scalars(query))

    def _expiry(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._ttl_seconds)


def _upload(row: Row[tuple[object, ...]]) -> Upload:
    return Upload(
        id=UploadId(row.id),
        owner=row.owner,
        size_bytes=row.size_bytes,
        probe=msgspec.json.decode(row.probe, type=Probe),
        created_at=row.created_at,
        expires_at=row.expires_at,
        cut=msgspec.json.decode(row.cut, type=Cut) if row.cut else WHOLE,
        object_id=row.object_id,
    )
