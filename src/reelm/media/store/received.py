"""Received files: who may post which, until when."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row

from reelm.base import Tx, UploadId
from reelm.media.cut import WHOLE, Cut
from reelm.media.errors import UploadMissing
from reelm.media.model import Probe
from reelm.media.store.tables import uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """A received and accepted file. ``owner`` is opaque here."""

    id: UploadId
    owner: str
    size_bytes: int
    probe: Probe
    created_at: datetime
    expires_at: datetime
    cut: Cut = WHOLE


async def record_upload(tx: Tx, upload: Upload) -> None:
    """Make an upload usable; the file must be durable before."""
    values = {
        "id": upload.id,
        "owner": upload.owner,
        "size_bytes": upload.size_bytes,
        "probe": msgspec.json.encode(upload.probe).decode(),
        "created_at": upload.created_at,
        "expires_at": upload.expires_at,
    }
    await tx.execute(insert(uploads).values(values))


async def upload(tx: Tx, upload_id: UploadId, owner: str) -> Upload:
    """Return an owner's upload.

    Raises:
        UploadMissing: there is none, or it is another's; the answer does not tell which.
    """
    query = select(uploads).where(uploads.c.id == upload_id, uploads.c.owner == owner)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise UploadMissing("There is no such upload, or it has expired. Send the file again.")
    return _upload(row)


async def record_cut(tx: Tx, upload_id: UploadId, cut: Cut) -> None:
    """Keep the part that is taken of a file. Safe to repeat."""
    said = msgspec.json.encode(cut).decode()
    await tx.execute(update(uploads).where(uploads.c.id == upload_id).values(cut=said))


async def prolong(tx: Tx, upload_id: UploadId, expires_at: datetime) -> None:
    await tx.execute(update(uploads).where(uploads.c.id == upload_id).values(expires_at=expires_at))


async def remove_upload(tx: Tx, upload_id: UploadId) -> None:
    """Forget an upload. Safe to repeat."""
    await tx.execute(delete(uploads).where(uploads.c.id == upload_id))


async def uploads_of(tx: Tx, owner: str) -> tuple[Upload, ...]:
    """Return an owner's uploads, oldest first."""
    query = select(uploads).where(uploads.c.owner == owner).order_by(uploads.c.id)
    return tuple(_upload(row) for row in await tx.execute(query))


async def known_uploads(tx: Tx) -> frozenset[UploadId]:
    """Return every upload there is, which the spool may keep at start."""
    return frozenset(UploadId(key) for key in await tx.scalars(select(uploads.c.id)))


async def expired_uploads(tx: Tx, now: datetime) -> tuple[UploadId, ...]:
    """Return the uploads whose time is over at ``now``, oldest first."""
    query = select(uploads.c.id).where(uploads.c.expires_at <= now).order_by(uploads.c.id)
    return tuple(UploadId(key) for key in await tx.scalars(query))


def _upload(row: Row[tuple[object, ...]]) -> Upload:
    return Upload(
        id=UploadId(row.id),
        owner=row.owner,
        size_bytes=row.size_bytes,
        probe=msgspec.json.decode(row.probe, type=Probe),
        created_at=row.created_at,
        expires_at=row.expires_at,
        cut=msgspec.json.decode(row.cut, type=Cut) if row.cut else WHOLE,
    )
