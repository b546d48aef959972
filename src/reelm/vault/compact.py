"""Compact packs: what lives in one moves to a new one, and the old one goes with its garbage.

Entries are copied as they are, still sealed: it takes the realm's key for packs and no owner's.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from reelm.base import ObjectId, Tx
from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import DeletionUnfinished, Superseded, VaultError
from reelm.vault.pack import check_entry
from reelm.vault.packs import PackKind, Packs, entry_range
from reelm.vault.store import EntryRecord, ObjectRecord, PackedEntry

_LIMIT = 100


class Compaction:
    """Rewrites packs that are due. Several processes may do it: one of them wins, the others drop their copy.

    Args:
        delete: removes an object that is marked already.
    """

    def __init__(
        self, environment: VaultEnvironment, packs: Packs, *, delete: Callable[[ObjectId], Awaitable[None]]
    ) -> None:
        self._environment = environment
        self._packs = packs
        self._delete = delete

    async def run(self, *, limit: int = _LIMIT) -> int:
        """Rewrite up to ``limit`` due packs, or remove those without life; return how many are gone.

        Safe to repeat and to interrupt, and beside every other call. Needs no owner's key.
        A pack that cannot be read, or written anew, now stays due. What a store that is away still holds of
        a pack that is gone is left to ``Vault.sweep``.
        """
        done, last = 0, ""
        while done < limit:
            async with self._environment.database.read() as tx:
                due = await db.due_packs(tx, after=last, limit=limit - done)
            if not due:
                break
            for pack_id in due:
                last = pack_id
                with suppress(VaultError):
                    done += await self._rewrite(pack_id)
        return done

    async def _rewrite(self, pack_id: ObjectId) -> bool:
        async with self._environment.database.read() as tx:
            pack = await db.find(tx, pack_id)
            living = await db.entries_of(tx, pack_id)
        if pack is None:
            return False
        if living:
            await self._move(pack, living)
        else:
            async with self._environment.database.write() as tx:
                await db.retire(tx, pack_id)
        with suppress(DeletionUnfinished):
            await self._delete(pack_id)
        return True

    async def _move(self, pack: ObjectRecord, living: Sequence[EntryRecord]) -> None:
        """Copy what lives and point its rows to the copy.

        A crash before that leaves an intent, one after it an old pack marked for deletion; both are swept.
        """
        whole = await self._packs.read(pack, range(pack.length_bytes))
        pieces, moved, start = [], [], 0
        for entry in living:
            part = entry_range(entry)
            pieces.append(whole[part.start : part.stop])
            check_entry(pieces[-1], self._packs.expected(PackedEntry(entry, pack)))
            moved.append(replace(entry, start_byte=start))
            start += entry.packed_bytes
        async with self._environment.database.write() as tx:
            intent = await self._packs.begin(tx, PackKind(pack.shape.suite, pack.data_class, pack.residency))

        async def move(tx: Tx, copy: ObjectRecord) -> None:
            new = copy.object_id
            if not await db.move_entries(tx, moved, old=pack.object_id, new=new):
                raise Superseded(
                    "Nothing that was copied lives in the old pack any more. The copy was dropped."
                )

        await self._packs.store(intent, b"".join(pieces), move)
