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
_TRIES = 3


@dataclass(slots=True)
class Waiting:
    """One sealed entry; nobody wants it any more once its caller is cancelled."""

    entry: EntryRecord
    reference: str
    sealed: bytes
    is_wanted: bool = True


class Batch:
    """Entries of one kind that will be stored together; ``task`` gives their receipts by reference."""

    task: asyncio.Task[dict[str, Receipt]]

    def __init__(self, kind: Kind, *, room_bytes: int) -> None:
        self.kind = kind
        self.may_leave = asyncio.Event()
        self._waiting: list[Waiting] = []
        self._room_bytes = room_bytes
        self._is_closed = False

    def takes(self, waiting: Waiting) -> bool:
        """Whether there is room; always for the first."""
        has_room = len(waiting.sealed) <= self._room_bytes and len(self._waiting) < _ENTRIES_MAX
        return not self._is_closed and (has_room or not self._waiting)

    def add(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)
        self._room_bytes -= len(waiting.sealed)

    def close(self) -> None:
        """Take nothing more, and leave."""
        self._is_closed = True
        self.may_leave.set()

    def wanted(self) -> list[Waiting]:
        return [each for each in self._waiting if each.is_wanted]


class Gather:
    """Small objects on their way into packs; one per vault."""

    def __init__(self, outside: Outside, packs: Packs) -> None:
        self._outside = outside
        self._packs = packs
        self._latest: dict[Kind, Batch] = {}
        self._flights = asyncio.Semaphore(_FLIGHTS_MAX)

    async def put(self, data: bytes, wish: Wish, *, suite: Suite, key: Wrapper | None) -> Receipt:
        """Store a small object together with whatever else arrives; one call per reference at a time.

        A caller that is cancelled leaves the others of its pack alone. What it wanted is not stored, unless
        its pack was being committed already: that is as if only the answer had been lost.
        """
        waiting = self._seal(data, wish, suite, key)
        batch = self._board(Kind(suite, wish.klass, wish.residency), waiting)
        try:
            receipts = await asyncio.shield(batch.task)
        except asyncio.CancelledError:
            waiting.is_wanted = False
            raise
        return receipts[waiting.reference]

    def _seal(self, data: bytes, wish: Wish, suite: Suite, key: Wrapper | None) -> Waiting:
        outside = self._outside
        entry_id = ObjectId(mint(outside.clock, outside.entropy))
        sealed = seal_entry(
            data,
            suite=suite,
            realm_id=outside.realm_id,
            entry_id=read_id(entry_id),
            wrapper=key,
            entropy=outside.entropy,
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
        return Waiting(entry, wish.reference or "", sealed)

    def _board(self, kind: Kind, waiting: Waiting) -> Batch:
        batch = self._latest.get(kind)
        if batch is None or not batch.takes(waiting):
            batch = self._open_batch(kind, after=batch)
        batch.add(waiting)
        return batch

    def _open_batch(self, kind: Kind, *, after: Batch | None) -> Batch:
        batch = Batch(kind, room_bytes=self._outside.config.pack_bytes)
        if after is None:
            batch.may_leave.set()
        else:
            after.close()
            after.task.add_done_callback(lambda _: batch.may_leave.set())
        batch.task = asyncio.create_task(self._fly(batch), name="vault pack")
        batch.task.add_done_callback(_look_at)
        self._latest[kind] = batch
        return batch

    async def _fly(self, batch: Batch) -> dict[str, Receipt]:
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._outside.config.gather_seconds):
                    await batch.may_leave.wait()
            async with self._flights:
                batch.close()
                for _ in range(_TRIES - 1):
                    # Another process stored one of them at the same moment: next time it is found.
                    with suppress(Superseded):
                        return await self._store(batch)
                return await self._store(batch)
        finally:
            if self._latest.get(batch.kind) is batch:
                del self._latest[batch.kind]

    async def _store(self, batch: Batch) -> dict[str, Receipt]:
        """One pack; a crash on the way leaves an intent that names every fragment of it."""
        wanted = batch.wanted()
        async with self._outside.database.write() as tx:
            receipts = await records.find_receipts(tx, [each.reference for each in wanted])
            fresh = [each for each in wanted if each.reference not in receipts]
            if not fresh:
                return receipts
            begun = await self._packs.begin(tx, batch.kind)

        async def add(tx: Tx, pack: ObjectRecord) -> None:
            receipts.update(await records.add_entries(tx, pack, _lay(fresh)))

        await self._packs.store(begun, b"".join([each.sealed for each in fresh]), add)
        return receipts


def _look_at(task: asyncio.Task[dict[str, Receipt]]) -> None:
    """Its callers ask how it ended; when all of them are gone nobody does, and asyncio would complain."""
    if not task.cancelled():
        task.exception()


def _lay(fresh: Sequence[Waiting]) -> list[EntryRecord]:
    """The entries with their places in the pack; what nobody wants any more is garbage in it."""
    start, places = 0, []
    for each in fresh:
        reference = each.entry.reference if each.is_wanted else None
        places.append(replace(each.entry, reference=reference, start_byte=start))
        start += len(each.sealed)
    return places
