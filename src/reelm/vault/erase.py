"""Remove what an object left at its stores, and then the rows that name it.

What may exist somewhere is named by three kinds of rows: where its fragments are, where they were, and where
one is being written this moment. Once an object is marked as deleting nothing is written for it any more but
by who has begun already; that work ends, or is abandoned and given back, before the rows go.

A provider that is away keeps its fragments owed. One that has left for good (``withdrawn``), or is never
asked again (hostile), owes nothing: what it kept cannot be read without the owner's key and others' shares.
"""

import asyncio
from collections.abc import Iterable

from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import DeletionUnfinished, StoreFailed, VaultError
from reelm.vault.lease import is_free
from reelm.vault.model import ProviderId, Stage
from reelm.vault.store import ObjectRecord, ProviderRecord

_Copy = tuple[ProviderId, str]


async def erase(record: ObjectRecord, environment: VaultEnvironment) -> bool:
    """Delete the fragments and former copies of an object already marked, then its rows.

    Safe to repeat; a crash on the way leaves the rows, which still name every copy. Where somebody else
    removed the rows already, the record is enough.

    Returns:
        False when the rows stay, because the record says that a fragment may still be on its way. Whoever
        writes it removes it, or the sweep does once no put of that time can be running.

    Raises:
        DeletionUnfinished: a store could not be asked, or a repair is just ending; the rows stay.
    """
    copies, is_quiet = await _copies(record, environment)
    results = await asyncio.gather(*(_remove(copy, environment) for copy in copies), return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    for error in errors:
        if not isinstance(error, VaultError):
            raise error
    if errors or not is_quiet:
        raise DeletionUnfinished(
            f"The object can no longer be read, but {len(errors)} of its {len(results)} fragments could not "
            f"be removed yet{'' if is_quiet else ', and one was just being repaired'}. Repeat when the store "
            f"is back. {' '.join(map(str, errors))}",
            fragments_left=len(errors),
        )
    if record.is_being_written:
        return False
    async with environment.database.write() as tx:
        await db.forget(tx, record.object_id)
    return True


async def _copies(record: ObjectRecord, environment: VaultEnvironment) -> tuple[list[_Copy], bool]:
    """Return every copy that is owed a deletion, in order, and whether nobody can be writing another."""
    async with environment.database.write() as tx:
        now = await db.find_locked(tx, record.object_id)
        is_quiet = now is None or await is_free(tx, now, environment)
        former = [copy for copy in await db.former_of(tx, record.object_id) if not copy.is_gone]
        known = {found.place.provider: found for found in await db.all_providers(tx)}
    pieces = {*record.fragments, *(now.fragments if now else ())}
    named = {(piece.provider, piece.name) for piece in pieces} | {
        (copy.provider, copy.name) for copy in former
    }
    owed = [copy for copy in named if _is_owed(known.get(copy[0]), copy[0], environment.stores)]
    return sorted(owed), is_quiet


def _is_owed(found: ProviderRecord | None, provider: ProviderId, declared: Iterable[ProviderId]) -> bool:
    if found is None:
        return True
    return not found.is_hostile and (found.stage is not Stage.WITHDRAWN or provider in declared)


async def _remove(copy: _Copy, environment: VaultEnvironment) -> None:
    provider, name = copy
    store = environment.stores.get(provider)
    if store is None:
        raise StoreFailed(
            "The provider is not declared any more, and was not withdrawn. Drain it first.", provider=provider
        )
    async with environment.store_timeout(provider):
        await store.delete(name)
