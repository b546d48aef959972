"""Group commit: small objects that arrive together go to the stores as one pack, and are safe together.

A pack leaves at once when none of its kind is on its way. Otherwise it gathers until that one has arrived, it
is full, or ``Config.gather_seconds`` are over: a lone caller never waits for a timer, and many share the cost
of one.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from reelm.base import ObjectId, Tx, mint, read_id
from reelm.vault import digest
from reelm.vault import store as records
from reelm.vault.errors import Superseded
from reelm.vault.model import Receipt, Suite
from reelm.vault.outside import Outside
from reelm.vault.pack import seal_entry
from reelm.vault.packs import Kind, Packs
from reelm.vault.plan import Wish
from reelm.vault.ports import Wrapper
from reelm.vault.store import EntryRecord, ObjectRecord

_FLIGHTS_MAX = 4
_ENTRIES_MAX = 4096


@dataclass(slots=True)
class Waiting:
    """One sealed entry, and how many callers still want it."""

    entry: EntryRecord
    sealed: bytes
    callers: int = 0


class Batch:
    """Entries of one kind that will be stored together; ``task`` gives their receipts by reference."""

    task: asyncio.Task[dict[str, Receipt]]

    def __init__(self, kind: Kind, *, room_bytes: int) -> None:
        self.kind = kind
        self.waiting: dict[str, Waiting] = {}
        self.may_leave = asyncio.Event()
        self.is_closed = False
        self._room_bytes = room_bytes

    def takes(self, size_bytes: int) -> bool:
        return (
            not self.is_closed
            and len(self.waiting) < _ENTRIES_MAX
            and (size_bytes <= self._room_bytes or not self.waiting)
        )

    def add(self, waiting: Waiting) -> None:
        self.waiting[waiting.entry.reference] = waiting
        self._room_bytes -= len(waiting.sealed)

    def close(self) -> None:
        """Take nothing more, and leave."""
        self.is_closed = True
        self.may_leave.set()


class Gather:
    """Small objects on their way into packs; one per vault."""

    def __init__(self, outside: Outside, packs: Packs) -> None:
        self._outside = outside
        self._packs = packs
        self._pending: dict[str, Batch] = {}
        self._latest: dict[Kind, Batch] = {}
        self._flights = asyncio.Semaphore(_FLIGHTS_MAX)

    async def put(self, data: bytes, wish: Wish, *, suite: Suite, key: Wrapper | None) -> Receipt:
        """Store a small object, together with whatever else arrives; see ``Vault.put``.

        A caller that is cancelled leaves the others of its pack alone. What it wanted is not stored, unless
        its pack was being committed already: that is as if only the answer had been lost.
        """
        batch = self._pending.get(wish.reference)
        if batch is None:
            batch = self._board(Kind(suite, wish.klass, wish.residency), self._seal(data, wish, suite, key))
        waiting = batch.waiting[wish.reference]
        waiting.callers += 1
        try:
            receipts = await asyncio.shield(batch.task)
        finally:
            waiting.callers -= 1
        return receipts[wish.reference]

    def _seal(self, data: bytes, wish: Wish, suite: Suite, key: Wrapper | None) -> Waiting:
        entry_id = ObjectId(mint(self._outside.clock, self._outside.entropy))
        sealed = seal_entry(
            data,
            suite=suite,
            realm_id=self._outside.realm_id,
            entry_id=read_id(entry_id),
            wrapper=key,
            entropy=self._outside.entropy,
        )
        entry = EntryRecord(
            entry_id=entry_id,
            reference=wish.reference,
            start_byte=0,
            packed_bytes=len(sealed),
            length_bytes=len(data),
            root=digest.entry_root(suite, sealed),
            owner=wish.owner,
        )
        return Waiting(entry, sealed)

    def _board(self, kind: Kind, waiting: Waiting) -> Batch:
        batch = self._latest.get(kind)
        if batch is None or not batch.takes(len(waiting.sealed)):
            batch = self._new_batch(kind, after=batch)
        batch.add(waiting)
        self._pending[waiting.entry.reference] = batch
        return batch

    def _new_batch(self, kind: Kind, *, after: Batch | None) -> Batch:
        batch = Batch(kind, room_bytes=self._outside.config.pack_bytes)
        if after is None:
            batch.may_leave.set()
        else:
            after.close()
            after.task.add_done_callback(lambda _: batch.may_leave.set())
        batch.task = asyncio.create_task(self._fly(batch), name="vault pack")
        self._latest[kind] = batch
        return batch

    async def _fly(self, batch: Batch) -> dict[str, Receipt]:
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._outside.config.gather_seconds):
                    await batch.may_leave.wait()
            async with self._flights:
                batch.close()
                try:
                    return await self._store(batch)
                except Superseded:
                    # Another process stored one of them at the same moment: now it is found.
                    return await self._store(batch)
        finally:
            if self._latest.get(batch.kind) is batch:
                del self._latest[batch.kind]
            for reference in batch.waiting:
                self._pending.pop(reference, None)

    async def _store(self, batch: Batch) -> dict[str, Receipt]:
        """One pack; a crash on the way leaves an intent that names every fragment of it."""
        async with self._outside.database.write() as tx:
            receipts = await records.find_receipts(tx, list(batch.waiting))
            fresh = [each for each in self._wanted(batch) if each.entry.reference not in receipts]
            if not fresh:
                return receipts
            begun = await self._packs.begin(tx, batch.kind)
        data, places = _lay(fresh)

        async def add(tx: Tx, pack: ObjectRecord) -> None:
            wanted = {each.entry.reference for each in self._wanted(batch)}
            entries = [entry for entry in places if entry.reference in wanted]
            receipts.update(await records.add_entries(tx, pack, entries, packed_bytes=len(data)))

        await self._packs.store(begun, data, add)
        return receipts

    def _wanted(self, batch: Batch) -> list[Waiting]:
        """The entries that somebody still waits for; the others leave the batch."""
        for reference in [reference for reference, each in batch.waiting.items() if not each.callers]:
            del batch.waiting[reference], self._pending[reference]
        return list(batch.waiting.values())


def _lay(fresh: Sequence[Waiting]) -> tuple[bytes, list[EntryRecord]]:
    """The pack, and its entries with their places in it."""
    start, places = 0, []
    for each in fresh:
        places.append(replace(each.entry, start_byte=start))
        start += len(each.sealed)
    return b"".join([each.sealed for each in fresh]), places
