"""All SQL of subtitles: of each clip and language, the words until the vault has them, then where."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, String, Table, delete, select, update

from reelm.base import (
    ID_LENGTH,
    AccountId,
    ClipId,
    DataClass,
    Moment,
    ObjectId,
    Sealed,
    SealedBytes,
    Tx,
    column,
    metadata,
)

subtitles = Table(
    "subtitles",
    metadata,
    column("id", String(ID_LENGTH), klass=DataClass.INTEROP, primary_key=True),
    column("clip_id", String(ID_LENGTH), klass=DataClass.INTEROP, nullable=False, index=True),
    column("language", String(35), klass=DataClass.PUBLIC, nullable=False),
    column("owner", String(ID_LENGTH), klass=DataClass.INTEROP, nullable=False),
    # The words, until the vault has them: a crash before that loses nothing.
    column("text_sealed", Sealed, klass=DataClass.PROTECTED),
    column("object_id", String(ID_LENGTH), klass=DataClass.OPERATIONAL),
    column("withdrawn_at", Moment, klass=DataClass.OPERATIONAL),
)


@dataclass(frozen=True, slots=True)
class Subtitled:
    """Subtitles of a clip in one language. ``text_sealed`` is there until ``object_id`` is."""

    id: str
    clip_id: ClipId
    language: str
    owner: AccountId
    text_sealed: SealedBytes | None = None
    object_id: ObjectId | None = None


async def insert(tx: Tx, made: Subtitled) -> None:
    values = {
        "id": made.id,
        "clip_id": made.clip_id,
        "language": made.language,
        "owner": made.owner,
        "text_sealed": made.text_sealed,
    }
    await tx.execute(subtitles.insert().values(values))


async def waiting(tx: Tx, limit: int) -> tuple[Subtitled, ...]:
    """Return the subtitles that the vault does not have yet, oldest first."""
    query = select(subtitles).where(subtitles.c.object_id.is_(None)).order_by(subtitles.c.id).limit(limit)
    return tuple(_subtitled(row) for row in await tx.execute(query))


async def drop(tx: Tx, subtitles_id: str) -> None:
    """Unless they are stored."""
    await tx.execute(delete(subtitles).where(subtitles.c.id == subtitles_id, subtitles.c.object_id.is_(None)))


async def stored(tx: Tx, subtitles_id: str, object_id: ObjectId) -> bool:
    """Mark subtitles as stored; return whether they were still wanted."""
    query = update(subtitles).where(subtitles.c.id == subtitles_id, subtitles.c.object_id.is_(None))
    return (await tx.execute(query.values(object_id=object_id, text_sealed=None))).rowcount == 1


async def of_clip(tx: Tx, clip_id: ClipId) -> tuple[Subtitled, ...]:
    """Return the subtitles that players can have, by language."""
    rows = await tx.execute(_live(clip_id).order_by(subtitles.c.language))
    return tuple(_subtitled(row) for row in rows)


async def one(tx: Tx, clip_id: ClipId, language: str) -> Subtitled | None:
    newest = subtitles.c.id.desc()
    row = (await tx.execute(_live(clip_id).where(subtitles.c.language == language).order_by(newest))).first()
    return None if row is None else _subtitled(row)


async def is_named(tx: Tx, object_id: ObjectId) -> bool:
    query = select(subtitles.c.id).where(subtitles.c.object_id == object_id)
    return (await tx.execute(query)).first() is not None


async def withdraw(
    tx: Tx, clip_id: ClipId, at: datetime, *, language: str | None = None, but: str = ""
) -> None:
    """Withdraw those of a language, or all, except ``but``; what was never stored is gone."""
    ours = [subtitles.c.clip_id == clip_id, subtitles.c.id != but]
    if language is not None:
        ours.append(subtitles.c.language == language)
    await tx.execute(delete(subtitles).where(*ours, subtitles.c.object_id.is_(None)))
    await tx.execute(
        update(subtitles).where(*ours, subtitles.c.withdrawn_at.is_(None)).values(withdrawn_at=at)
    )


def _live(clip_id: ClipId) -> Select[tuple[object, ...]]:
    is_live = (subtitles.c.object_id.is_not(None), subtitles.c.withdrawn_at.is_(None))
    return select(subtitles).where(subtitles.c.clip_id == clip_id, *is_live)


def _subtitled(row: Row[tuple[object, ...]]) -> Subtitled:
    return Subtitled(
        id=row.id,
        clip_id=ClipId(row.clip_id),
        language=row.language,
        owner=AccountId(row.owner),
        text_sealed=row.text_sealed,
        object_id=None if row.object_id is None else ObjectId(row.object_id),
    )
