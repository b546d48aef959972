"""Files on their way in: how much of each is durable, and what became of those that have arrived."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Row

from reelm.base import SealedBytes, Tx, UploadId
from reelm.media.errors import UploadMissing
from reelm.media.store.tables import arrivals


class Refusal(msgspec.Struct, frozen=True):
    """The reason why a file that arrived cannot be published, as it was said."""

    code: str
    detail: str
    facts: dict[str, str | float | bool | None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An upload that comes in pieces.

    Attributes:
        owner: opaque here.
        offset_bytes: every byte before it is durable.
        metadata_sealed: what the sender told about the file, in the form of the tus protocol.
        is_settled: all of it arrived and was looked at: it is an upload now, or was refused.
        expires_at: it is forgotten then, unless more of it comes.
    """

    id: UploadId
    owner: str
    length_bytes: int
    offset_bytes: int
    metadata_sealed: SealedBytes | None
    is_settled: bool
    refusal: Refusal | None
    created_at: datetime
    expires_at: datetime

    @property
    def is_complete(self) -> bool:
        return self.offset_bytes == self.length_bytes


async def add_arrival(tx: Tx, made: Arrival) -> None:
    values = {
        "id": made.id,
        "owner": made.owner,
        "length_bytes": made.length_bytes,
        "offset_bytes": made.offset_bytes,
        "metadata_sealed": made.metadata_sealed,
        "is_settled": made.is_settled,
        "created_at": made.created_at,
        "expires_at": made.expires_at,
    }
    await tx.execute(insert(arrivals).values(values))


async def arrival(tx: Tx, upload: UploadId, *, owner: str, now: datetime) -> Arrival:
    """Return an owner's arrival.

    Raises:
        UploadMissing: there is none, it has expired, or it is another's; the answer does not tell which.
    """
    query = select(arrivals).where(
        arrivals.c.id == upload, arrivals.c.owner == owner, arrivals.c.expires_at > now
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise missing()
    return _arrival(row)


async def advance(tx: Tx, upload: UploadId, offset_bytes: int, *, expires_at: datetime) -> None:
    """Record that more of it is durable.

    Raises:
        UploadMissing: it was discarded meanwhile.
    """
    query = update(arrivals).where(arrivals.c.id == upload, arrivals.c.is_settled.is_(False))
    changed = await tx.execute(query.values(offset_bytes=offset_bytes, expires_at=expires_at))
    if changed.rowcount != 1:
        raise missing()


async def lengthen(tx: Tx, upload: UploadId, length_bytes: int) -> None:
    """Record that it may be longer.

    Raises:
        UploadMissing: it was discarded meanwhile.
    """
    query = update(arrivals).where(arrivals.c.id == upload, arrivals.c.is_settled.is_(False))
    changed = await tx.execute(query.values(length_bytes=length_bytes))
    if changed.rowcount != 1:
        raise missing()


async def settle(tx: Tx, upload: UploadId, refusal: Refusal | None, *, expires_at: datetime) -> None:
    """Record that it was looked at.

    Raises:
        UploadMissing: it was discarded meanwhile.
    """
    said = msgspec.json.encode(refusal).decode() if refusal else None
    query = update(arrivals).where(arrivals.c.id == upload)
    changed = await tx.execute(query.values(is_settled=True, refusal=said, expires_at=expires_at))
    if changed.rowcount != 1:
        raise missing()


async def remove_arrival(tx: Tx, upload: UploadId) -> None:
    """Forget an arrival. Safe to repeat."""
    await tx.execute(delete(arrivals).where(arrivals.c.id == upload))


async def remove_unsettled(tx: Tx, upload: UploadId) -> None:
    """Forget an arrival unless it was looked at. Safe to repeat."""
    query = delete(arrivals).where(arrivals.c.id == upload, arrivals.c.is_settled.is_(False))
    await tx.execute(query)


async def unsettled(tx: Tx) -> tuple[Arrival, ...]:
    """Return every arrival that has a file in the spool, oldest first."""
    query = select(arrivals).where(arrivals.c.is_settled.is_(False)).order_by(arrivals.c.id)
    return tuple(_arrival(row) for row in await tx.execute(query))


async def unsettled_of(tx: Tx, owner: str) -> tuple[Arrival, ...]:
    """Return those of one owner, oldest first."""
    query = (
        select(arrivals)
        .where(arrivals.c.owner == owner, arrivals.c.is_settled.is_(False))
        .order_by(arrivals.c.id)
    )
    return tuple(_arrival(row) for row in await tx.execute(query))


async def missing_bytes(tx: Tx) -> int:
    """Return the bytes that all arrivals together still need of the disk."""
    query = select(func.sum(arrivals.c.length_bytes - arrivals.c.offset_bytes)).where(
        arrivals.c.is_settled.is_(False)
    )
    return int(await tx.scalar(query) or 0)


async def expired_arrivals(tx: Tx, now: datetime) -> tuple[Arrival, ...]:
    """Return the arrivals whose time is over at ``now``, oldest first."""
    query = select(arrivals).where(arrivals.c.expires_at <= now).order_by(arrivals.c.id)
    return tuple(_arrival(row) for row in await tx.execute(query))


def missing() -> UploadMissing:
    return UploadMissing("There is no such upload, or it has expired. Send the file again.")


def _arrival(row: Row[tuple[object, ...]]) -> Arrival:
    return Arrival(
        id=UploadId(row.id),
        owner=row.owner,
        length_bytes=row.length_bytes,
        offset_bytes=row.offset_bytes,
        metadata_sealed=row.metadata_sealed,
        is_settled=row.is_settled,
        refusal=msgspec.json.decode(row.refusal, type=Refusal) if row.refusal else None,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
