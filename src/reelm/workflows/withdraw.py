"""Leaving a provider: everything it holds goes elsewhere before anything there is deleted.

The vault moves fragments without any key. What it cannot move, because every other place has held too much of
that object before, is stored anew under its owner's key. A crash leaves a stage of the drain, and the same
call goes on from it.
"""

from reelm.base import ObjectId, Tx
from reelm.vault import DrainReport, ProviderId
from reelm.workflows.realm import OpenRealm


async def withdraw(provider: ProviderId, *, hostile: bool = False, realm: OpenRealm) -> DrainReport:
    """Go a bounded step further; repeat until the report ``is_finished``.

    Raises:
        ProviderUnknown: there never was such a provider.
        TooFewPlaces: the others have no room for what must be kept; nothing was changed.
    """
    report = await realm.vault.upkeep.drain(provider, hostile=hostile)
    for object_id in report.stuck:
        await renew(object_id, realm=realm)
    return report


async def renew(object_id: ObjectId, *, realm: OpenRealm) -> None:
    """Store a clip's picture anew; nothing else that needs a key is large enough to lie alone."""
    async with realm.database.read() as tx:
        owner = await realm.delivery.picture_owner(tx, object_id)
        if owner is None:
            return
        key = await realm.identity.keys.user_key(tx, owner)

    async def rename(tx: Tx, new: ObjectId) -> None:
        await realm.delivery.rename_picture(tx, object_id, new)

    await realm.vault.renew(object_id, key, also=rename)
