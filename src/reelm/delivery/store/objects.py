"""Know the objects of the vault that clips are made of, until their bytes are deleted."""

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from reelm.base import ClipId, Clock, ObjectId, Tx
from reelm.delivery.store.tables import posters, renditions, segments, strips, subtitles


@dataclass(frozen=True)
class Withdrawn:
    """A vault object that no player may reach any more and that is still stored."""

    object_id: ObjectId


@dataclass(frozen=True)
class Stored:
    """A vault object of a clip, and what it is: the name of a rendition, ``poster`` or ``strip``."""

    name: str
    object_id: ObjectId


class StoredObjects:
    """The objects of every clip: renditions, pictures and subtitles."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def of_clip(self, tx: Tx, clip_id: ClipId) -> tuple[Stored, ...]:
        """Return what the vault holds of a clip, withdrawn or not: renditions by name, then pictures."""
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

    async def withdraw(self, tx: Tx, clip_id: ClipId) -> tuple[str, ...]:
        """Stop announcing a clip; return the names of its segments, which caches must forget.

        The stored bytes outlive this call: ``withdrawn`` lists them until ``forget`` says they are deleted.
        """
        now = self._clock.now()
        names = await tx.execute(
            select(segments.c.name)
            .join(renditions, segments.c.rendition_id == renditions.c.id)
            .where(renditions.c.clip_id == clip_id)
        )
        for table in (renditions, posters, strips):
            await tx.execute(
                update(table)
                .where(table.c.clip_id == clip_id, table.c.withdrawn_at.is_(None))
                .values(withdrawn_at=now)
            )
        return tuple(row.name for row in names)

    async def withdrawn(self, tx: Tx, *, limit: int = 100) -> tuple[Withdrawn, ...]:
        """Return the objects whose bytes may be deleted now."""
        found: list[Withdrawn] = []
        for table in (renditions, posters, strips, subtitles):
            rows = await tx.execute(
                select(table.c.object_id).where(table.c.withdrawn_at.is_not(None)).limit(limit)
            )
            found += [Withdrawn(ObjectId(row.object_id)) for row in rows]
        return tuple(found)

    async def forget(self, tx: Tx, object_id: ObjectId) -> None:
        """Drop the rows of an object whose bytes are deleted. Safe to repeat."""
        known = select(renditions.c.id).where(renditions.c.object_id == object_id).scalar_subquery()
        await tx.execute(delete(segments).where(segments.c.rendition_id.in_(known)))
        for table in (renditions, posters, strips, subtitles):
            await tx.execute(
                delete(table).where(table.c.object_id == object_id, table.c.withdrawn_at.is_not(None))
            )
