"""Removing what an object left at its stores, and then the rows that name it."""

import asyncio
from collections.abc import Mapping

from reelm.base import Database
from reelm.vault import store as records
from reelm.vault.errors import DeletionUnfinished, StoreFailed, VaultError
from reelm.vault.model import ProviderId
from reelm.vault.patience import patience
from reelm.vault.ports import Store
from reelm.vault.store import FragmentRecord, ObjectRecord


async def erase(
    record: ObjectRecord,
    stores: Mapping[ProviderId, Store],
    *,
    database: Database,
    stall_seconds: float,
) -> bool:
    """Delete the fragments of an object already marked, then its rows.

    Safe to repeat; a crash on the way leaves the rows, which still name every fragment.

    Returns:
        False when the rows stay, because the record says that a fragment may still be on its way. Whoever
        writes it removes it, or the sweep does once no put of that time can be running.

    Raises:
        DeletionUnfinished: a store could not be asked; the rows stay.
    """
    work = [_remove(piece, stores, stall_seconds=stall_seconds) for piece in record.fragments]
    results = await asyncio.gather(*work, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    for error in errors:
        if not isinstance(error, VaultError):
            raise error
    if errors:
        raise DeletionUnfinished(
            f"The object can no longer be read, but {len(errors)} of its {len(results)} fragments could not "
            f"be removed yet. Repeat when the store is back. {' '.join(map(str, errors))}",
            fragments_left=len(errors),
        )
    if record.is_being_written:
        return False
    async with database.write() as tx:
        await records.forget(tx, record.object_id)
    return True


async def _remove(piece: FragmentRecord, stores: Mapping[ProviderId, Store], *, stall_seconds: float) -> None:
    store = stores.get(piece.provider)
    if store is None:
        raise StoreFailed(f"The provider {piece.provider} is not part of this realm any more.")
    async with patience(piece.provider, seconds=stall_seconds):
        await store.delete(piece.name)
