"""Where a clip's bytes lie."""

from reelm.base import ClipId
from reelm.vault import ObjectMissing, Whereabouts
from reelm.workflows.realm import OpenRealm


async def locate(clip_id: ClipId, *, realm: OpenRealm) -> tuple[tuple[str, tuple[Whereabouts, ...]], ...]:
    """Of each rendition by name, and the poster: its fragments in index order.

    Raises:
        ObjectMissing: nothing is stored of such a clip.
    """
    async with realm.database.read() as tx:
        stored = await realm.delivery.stored(tx, clip_id)
    if not stored:
        raise ObjectMissing("Nothing is stored of such a clip: it was deleted, or is not published yet.")
    return tuple([(each.name, await realm.vault.upkeep.where(each.object_id)) for each in stored])
