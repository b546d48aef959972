"""All SQL of delivery but that of subtitles: renditions, pieces, pictures, and what is on its way out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    delete,
    select,
    update,
)

from reelm.base import (
    AccountId,
    ClipId,
    DataClass,
    Moment,
    ObjectId,
    RenditionId,
    Sealed,
    SealedBytes,
    Tx,
    column,
    metadata,
)
from reelm.delivery.model import Rendition
from reelm.delivery.subtitled import subtitles
from reelm.media import Piece

renditions = Table(
    "renditions",
    metadata,
    column("id", String(26), klass=DataClass.INTEROP, primary_key=True),
    column("clip_id", String(26), klass=DataClass.INTEROP, nullable=False, index=True),
    column("owner", String(26), klass=DataClass.INTEROP, nullable=False),
    column("name", String(16), klass=DataClass.PUBLIC, nullable=False),
    column("codecs", String(64), klass=DataClass.PUBLIC, nullable=False),
    column("width", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("height", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("peak_bits_per_second", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("average_bits_per_second", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("frame_rate", Double, klass=DataClass.PUBLIC, nullable=False),
    column("object_id", String(26), klass=DataClass.OPERATIONAL, nullable=False),
    column("key_sealed", Sealed, klass=DataClass.SECRET, nullable=False),
    column("retired_at", Moment, klass=DataClass.OPERATIONAL),
    column("withdrawn_at", Moment, klass=DataClass.OPERATIONAL),
)

segments = Table(
    "segments",
    metadata,
    column("name", String(64), klass=DataClass.PUBLIC, primary_key=True),
    column(
        "rendition_id",
        String(26),
        ForeignKey("renditions.id", ondelete="CASCADE"),
        klass=DataClass.INTEROP,
        nullable=False,
        index=True,
    ),
    column("sequence", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("start_byte", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("length_bytes", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("iv", LargeBinary, klass=DataClass.PUBLIC, nullable=False),
    column("duration_ms", Integer, klass=DataClass.PUBLIC, nullable=False),
)


def _pictures(name: str) -> Table:
    """One picture of each clip, sealed under its owner's key."""
    return Table(
        name,
        metadata,
        column("clip_id", String(26), klass=DataClass.INTEROP, primary_key=True),
        column("owner", String(26), klass=DataClass.INTEROP, nullable=False),
        column("object_id", String(26), klass=DataClass.OPERATIONAL, nullable=False),
        column("withdrawn_at", Moment, klass=DataClass.OPERATIONAL),
    )


posters = _pictures("posters")
strips = _pictures("strips")


@dataclass(frozen=True)
class Withdrawn:
    """A vault object that no player may reach any more and that is still stored."""

    object_id: ObjectId


@dataclass(frozen=True)
class Stored:
    """A vault object of a clip, and what it is: the name of a rendition, ``poster`` or ``strip``."""

    name: str
    object_id: ObjectId


@dataclass(frozen=True)
class SegmentPlace:
    """The place of a segment's bytes."""

    object_id: ObjectId
    offset: int
    length: int


async def insert(tx: Tx, rendition: Rendition, key_sealed: SealedBytes) -> None:
    known = await tx.execute(select(renditions.c.id).where(renditions.c.id == rendition.id))
    if known.first() is not None:
        return
    await tx.execute(
        renditions.insert().values(
            id=rendition.id,
            clip_id=rendition.clip_id,
            owner=rendition.owner,
            name=rendition.name,
            codecs=rendition.codecs,
            width=rendition.width,
            height=rendition.height,
            peak_bits_per_second=rendition.peak_bits_per_second,
            average_bits_per_second=rendition.average_bits_per_second,
            frame_rate=rendition.frame_rate,
            object_id=rendition.object_id,
            key_sealed=key_sealed,
        )
    )
    await tx.execute(
        segments.insert(),
        [
            {
                "name": piece.name,
                "rendition_id": rendition.id,
                "sequence": sequence,
                "start_byte": piece.offset,
                "length_bytes": piece.length,
                "iv": piece.iv,
                "duration_ms": piece.duration_ms,
            }
            for sequence, piece in enumerate(rendition.pieces)
        ],
    )


async def insert_picture(
    tx: Tx, pictures: Table, clip_id: ClipId, *, owner: AccountId, object_id: ObjectId
) -> None:
    known = await tx.execute(select(pictures.c.clip_id).where(pictures.c.clip_id == clip_id))
    if known.first() is None:
        await tx.execute(pictures.insert().values(clip_id=clip_id, owner=owner, object_id=object_id))


def _live() -> Select[Any]:
    return select(renditions).where(renditions.c.withdrawn_at.is_(None))


async def of_clip(tx: Tx, clip_id: ClipId) -> tuple[Rendition, ...]:
    """Return the clip's renditions that players may begin with, without their pieces."""
    wanted = _live().where(renditions.c.clip_id == clip_id, renditions.c.retired_at.is_(None))
    rows = await tx.execute(wanted)
    return tuple(_rendition(row, ()) for row in rows)


async def one(tx: Tx, clip_id: ClipId, rendition_id: RenditionId) -> Rendition | None:
    row = (
        await tx.execute(_live().where(renditions.c.id == rendition_id, renditions.c.clip_id == clip_id))
    ).first()
    if row is None:
        return None
    pieces = await tx.execute(
        select(segments).where(segments.c.rendition_id == rendition_id).order_by(segments.c.sequence)
    )
    return _rendition(row, tuple(_piece(piece) for piece in pieces))


async def key_of(tx: Tx, clip_id: ClipId, rendition_id: RenditionId) -> tuple[AccountId, SealedBytes] | None:
    row = (
        await tx.execute(
            select(renditions.c.owner, renditions.c.key_sealed).where(
                renditions.c.id == rendition_id,
                renditions.c.clip_id == clip_id,
                renditions.c.withdrawn_at.is_(None),
            )
        )
    ).first()
    return None if row is None else (AccountId(row.owner), row.key_sealed)


async def place(tx: Tx, name: str) -> SegmentPlace | None:
    row = (
        await tx.execute(
            select(renditions.c.object_id, segments.c.start_byte, segments.c.length_bytes)
            .join(segments, segments.c.rendition_id == renditions.c.id)
            .where(segments.c.name == name, renditions.c.withdrawn_at.is_(None))
        )
    ).first()
    return None if row is None else SegmentPlace(ObjectId(row.object_id), row.start_byte, row.length_bytes)


async def picture(tx: Tx, pictures: Table, clip_id: ClipId) -> tuple[AccountId, ObjectId] | None:
    row = (
        await tx.execute(
            select(pictures.c.owner, pictures.c.object_id).where(
                pictures.c.clip_id == clip_id, pictures.c.withdrawn_at.is_(None)
            )
        )
    ).first()
    return None if row is None else (AccountId(row.owner), ObjectId(row.object_id))


async def stored(tx: Tx, clip_id: ClipId) -> tuple[Stored, ...]:
    """Return what the vault holds of a clip, withdrawn or not: its renditions by name, then its pictures."""
    rows = await tx.execute(
        select(renditions.c.name, renditions.c.object_id)
        .where(renditions.c.clip_id == clip_id)
        .order_by(renditions.c.name)
    )
    found = [Stored(row.name, ObjectId(row.object_id)) for row in rows]
    for name, table in (("poster", posters), ("strip", strips)):
        still = await tx.scalar(select(table.c.object_id).where(table.c.clip_id == clip_id))
        found += [Stored(name, ObjectId(still))] if still else []
    return tuple(found)


async def picture_owner(tx: Tx, object_id: ObjectId) -> AccountId | None:
    for table in (posters, strips):
        owner = await tx.scalar(select(table.c.owner).where(table.c.object_id == object_id))
        if owner is not None:
            return AccountId(owner)
    return None


async def rename_picture(tx: Tx, old: ObjectId, new: ObjectId) -> None:
    for table in (posters, strips):
        await tx.execute(update(table).where(table.c.object_id == old).values(object_id=new))


async def withdraw(tx: Tx, clip_id: ClipId, at: datetime) -> tuple[str, ...]:
    """Mark everything of a clip as withdrawn; the names of its segments, so that caches can forget them."""
    names = await tx.execute(
        select(segments.c.name)
        .join(renditions, segments.c.rendition_id == renditions.c.id)
        .where(renditions.c.clip_id == clip_id)
    )
    for table in (renditions, posters, strips):
        await tx.execute(
            update(table)
            .where(table.c.clip_id == clip_id, table.c.withdrawn_at.is_(None))
            .values(withdrawn_at=at)
        )
    return tuple(row.name for row in names)


async def retire(tx: Tx, clip_id: ClipId, name: str, at: datetime) -> None:
    """Hide a rendition from new players; who plays it goes on."""
    mark = update(renditions).where(renditions.c.clip_id == clip_id, renditions.c.name == name)
    await tx.execute(mark.where(renditions.c.retired_at.is_(None)).values(retired_at=at))


async def withdraw_retired(tx: Tx, before: datetime, at: datetime) -> tuple[str, ...]:
    """Mark what was retired before a moment as withdrawn; the names of its segments."""
    wanted = (renditions.c.retired_at <= before, renditions.c.withdrawn_at.is_(None))
    names = await tx.execute(
        select(segments.c.name).join(renditions, segments.c.rendition_id == renditions.c.id).where(*wanted)
    )
    found = tuple(row.name for row in names)
    await tx.execute(update(renditions).where(*wanted).values(withdrawn_at=at))
    return found


async def withdrawn(tx: Tx, limit: int) -> tuple[Withdrawn, ...]:
    found: list[Withdrawn] = []
    for table in (renditions, posters, strips, subtitles):
        rows = await tx.execute(
            select(table.c.object_id).where(table.c.withdrawn_at.is_not(None)).limit(limit)
        )
        found += [Withdrawn(ObjectId(row.object_id)) for row in rows]
    return tuple(found)


async def forget(tx: Tx, object_id: ObjectId) -> None:
    known = select(renditions.c.id).where(renditions.c.object_id == object_id).scalar_subquery()
    await tx.execute(delete(segments).where(segments.c.rendition_id.in_(known)))
    for table in (renditions, posters, strips, subtitles):
        await tx.execute(
            delete(table).where(table.c.object_id == object_id, table.c.withdrawn_at.is_not(None))
        )


def _rendition(row: Row[Any], pieces: tuple[Piece, ...]) -> Rendition:
    return Rendition(
        id=RenditionId(row.id),
        clip_id=ClipId(row.clip_id),
        owner=AccountId(row.owner),
        name=row.name,
        codecs=row.codecs,
        width=row.width,
        height=row.height,
        peak_bits_per_second=row.peak_bits_per_second,
        average_bits_per_second=row.average_bits_per_second,
        frame_rate=row.frame_rate,
        object_id=ObjectId(row.object_id),
        pieces=pieces,
    )


def _piece(row: Row[Any]) -> Piece:
    return Piece(row.name, row.start_byte, row.length_bytes, bytes(row.iv), row.duration_ms)
