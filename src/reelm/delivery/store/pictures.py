"""Know the pictures of clips: posters and preview strips."""

from sqlalchemy import Table, select, update

from reelm.base import AccountId, ClipId, ObjectId, Tx
from reelm.delivery.errors import NoSuchPoster, NoSuchStrip
from reelm.delivery.store.tables import posters, strips


class Pictures:
    """The posters and preview strips of clips."""

    async def announce_poster(self, tx: Tx, clip_id: ClipId, owner: AccountId, object_id: ObjectId) -> None:
        """Let pages find a poster whose bytes are stored. Safe to repeat."""
        await _announce(tx, posters, clip_id, owner=owner, object_id=object_id)

    async def announce_strip(self, tx: Tx, clip_id: ClipId, owner: AccountId, object_id: ObjectId) -> None:
        """Let players find a preview strip whose bytes are stored. Safe to repeat."""
        await _announce(tx, strips, clip_id, owner=owner, object_id=object_id)

    async def poster(self, tx: Tx, clip_id: ClipId) -> tuple[AccountId, ObjectId]:
        """Return whose key opens the clip's poster, and the object that holds it.

        Raises:
            NoSuchPoster: there is none, or it was withdrawn.
        """
        found = await _find(tx, posters, clip_id)
        if found is None:
            raise NoSuchPoster("This clip has no poster.")
        return found

    async def strip(self, tx: Tx, clip_id: ClipId) -> tuple[AccountId, ObjectId]:
        """Return whose key opens the clip's preview strip, and the object that holds it.

        Raises:
            NoSuchStrip: there is none yet, or it was withdrawn.
        """
        found = await _find(tx, strips, clip_id)
        if found is None:
            raise NoSuchStrip("This clip has no preview strip. It plays without one.")
        return found

    async def owner(self, tx: Tx, object_id: ObjectId) -> AccountId | None:
        """Return whose key opens a stored picture; None when the object is none."""
        for table in (posters, strips):
            owner = await tx.scalar(select(table.c.owner).where(table.c.object_id == object_id))
            if owner is not None:
                return AccountId(owner)
        return None

    async def rename(self, tx: Tx, old: ObjectId, new: ObjectId) -> None:
        """Replace the id of a picture that the vault stored anew."""
        for table in (posters, strips):
            await tx.execute(update(table).where(table.c.object_id == old).values(object_id=new))


async def _announce(
    tx: Tx, pictures: Table, clip_id: ClipId, *, owner: AccountId, object_id: ObjectId
) -> None:
    known = await tx.execute(select(pictures.c.clip_id).where(pictures.c.clip_id == clip_id))
    if known.first() is None:
        await tx.execute(pictures.insert().values(clip_id=clip_id, owner=owner, object_id=object_id))


async def _find(tx: Tx, pictures: Table, clip_id: ClipId) -> tuple[AccountId, ObjectId] | None:
    row = (
        await tx.execute(
            select(pictures.c.owner, pictures.c.object_id).where(
                pictures.c.clip_id == clip_id, pictures.c.withdrawn_at.is_(None)
            )
        )
    ).first()
    return None if row is None else (AccountId(row.owner), ObjectId(row.object_id))
