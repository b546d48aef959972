"""Commit small objects in groups: those that arrive together are stored as one pack, and are safe together.

A pack is committed at once when no other of its kind is. Otherwise it takes more until that one has ended, it
is full, or ``Config.gather_seconds`` are over: a lone caller never waits for a timer, and many share the cost
of one.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from reelm.base import ObjectId, Tx, mint, read_id
from reelm.vault import digest
from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import Superseded
from reelm.vault.model import PutReceipt, Suite
from reelm.vault.pack import seal_entry
from reelm.vault.packs import PackKind, Packs
from reelm.vault.plan import PutRequest
from reelm.vault.ports import Wrapper
from reelm.vault.store import EntryRecord, ObjectRecord

_COMMITS_MAX = 4
_ENTRIES_MAX = 4096
_TRIES = 3


@dataclass(slots=True)
class PendingEntry:
    """A sealed entry that waits for its pack; nobody wants it any more once its caller is cancelled."""

    entry: EntryRecord
    reference: str
    sealed: bytes
    is_wanted: bool = True


class PackBatch:
    """Entries of one kind that will be stored together; ``task`` returns their receipts by reference."""

    task: asyncio.Task[dict[str, PutReceipt]]

    def __init__(self, kind: PackKind, *, room_bytes: int) -> None:
        self.kind = kind
        self.may_commit = asyncio.Event()
        self._waiting: list[PendingEntry] = []
        self._room_bytes = room_bytes
        self._is_closed = False

    def takes(self, waiting: PendingEntry) -> bool:
        """Return whether there is room; always for the first."""
        has_room = len(waiting.sealed) <= self._room_bytes and len(self._waiting) < _ENTRIES_MAX
        return not self._is_closed and (has_room or not self._waiting)

    def add(self, waiting: PendingEntry) -> None:
        """Take an entry."""
        self._waiting.append(waiting)
        self._room_bytes -= len(waiting.sealed)

    def close(self) -> None:
        """Take nothing more, and let the commit begin."""
        self._is_closed = True
        self.may_commit.set()

    def wanted(self) -> list[PendingEntry]:
        """Return the entries whose callers still wait."""
        return [each for each in self._waiting if each.is_wanted]


class GroupCommit:
    """Puts small objects into packs; one per vault."""

    def __init__(self, environment: VaultEnvironment, packs: Packs) -> None:
        self._environment = environment
        self._packs = packs
        self._latest: dict[PackKind, PackBatch] = {}
        self._commits = asyncio.Semaphore(_COMMITS_MAX)

    async def put(self, data: bytes, request: PutRequest, *, suite: Suite, key: Wrapper | None) -> PutReceipt:
        """Store a small object together with whatever else arrives, and return its receipt.

        Call it once per reference at a time.

        A caller that is cancelled leaves the others of its pack alone. What it wanted is not stored, unless
        its pack was being committed already: that is as if only the answer had been lost.
        """
        waiting = self._seal(data, request, suite, key)
        batch = self._join_batch(PackKind(suite, request.klass, request.residency), waiting)
        try:
            receipts = await asyncio.shield(batch.task)
        except asyncio.CancelledError:
            waiting.is_wanted = False
            raise
        return receipts[waiting.reference]

    def _seal(self, data: bytes, request: PutRequest, suite: Suite, key: Wrapper | None) -> PendingEntry:
        environment = self._environment
        entry_id = ObjectId(mint(environment.clock, environment.entropy))
        sealed = seal_entry(
            data,
            suite=suite,
            realm_id=environment.realm_id,
            entry_id=read_id(entry_id),
            wrapper=key,
            entropy=environment.entropy,
        )
        entry = EntryRecord(
            entry_id=entry_id,
            reference=request.reference,
            start_byte=0,
            packed_bytes=len(sealed),
            length_bytes=len(data),
            root=digest.entry_root(suite, sealed),
            owner=request.owner,
        )
        return PendingEntry(entry, request.reference or "", sealed)

    def _join_batch(self, kind: PackKind, waiting: PendingEntry) -> PackBatch:
        batch = self._latest.get(kind)
        if batch is None or not batch.takes(waiting):
            batch = self._open_batch(kind, after=batch)
        batch.add(waiting)
        return batch

    def _open_batch(self, kind: PackKind, *, after: PackBatch | None) -> PackBatch:
        batch = PackBatch(kind, room_bytes=self._environment.config.pack_bytes)
        if after is None:
            batch.may_commit.set()
        else:
            after.close()
            after.task.add_done_callback(lambda _: batch.may_commit.set())
        batch.task = asyncio.create_task(self._commit(batch), name="vault pack")
        batch.task.add_done_callback(_retrieve)
        self._latest[kind] = batch
        return batch

    async def _commit(self, batch: PackBatch) -> dict[str, PutReceipt]:
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._environment.config.gather_seconds):
                    await batch.may_commit.wait()
            async with self._commits:
                batch.close()
                for _ in range(_TRIES - 1):
                    # Another process stored one of them at the same moment: next time it is found.
                    with suppress(Superseded):
                        return await self._store(batch)
                return await self._store(batch)
        finally:
            if self._latest.get(batch.kind) is batch:
                del self._latest[batch.kind]

    async def _store(self, batch: PackBatch) -> dict[str, PutReceipt]:
        """Store one pack; a crash on the way leaves an intent that names every fragment of it."""
        wanted = batch.wanted()
        async with self._environment.database.write() as tx:
            receipts = await db.find_receipts(tx, [each.reference for each in wanted])
            fresh = [each for each in wanted if each.reference not in receipts]
            if not fresh:
                return receipts
            intent = await self._packs.begin(tx, batch.kind)

        async def add(tx: Tx, pack: ObjectRecord) -> None:
            receipts.update(await db.add_entries(tx, pack, _lay_out(fresh)))

        await self._packs.store(intent, b"".join([each.sealed for each in fresh]), add)
        return receipts


def _retrieve(task: asyncio.Task[dict[str, PutReceipt]]) -> None:
    """Look at how a task ended: without any caller left nobody else does, and asyncio would complain."""
    if not task.cancelled():
        task.exception()


def _lay_out(fresh: Sequence[PendingEntry]) -> list[EntryRecord]:
    """Return the entries with their places in the pack; what nobody wants any more is garbage in it."""
    start, places = 0, []
    for each in fresh:
        reference = each.entry.reference if each.is_wanted else None
        places.append(replace(each.entry, reference=reference, start_byte=start))
        start += len(each.sealed)
    return places
