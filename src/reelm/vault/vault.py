"""Put a stream into the vault, get any range of it back, delete it everywhere."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import datetime
from typing import TypeAlias
from weakref import WeakValueDictionary

from reelm.base import BackgroundTasks, DataClass, ObjectId, Tx
from reelm.vault import store as db
from reelm.vault.compact import Compaction
from reelm.vault.environment import VaultEnvironment
from reelm.vault.erase import erase
from reelm.vault.errors import (
    DeletionUnfinished,
    KeyNeeded,
    NotEnoughFragments,
    ObjectMissing,
    WrongRange,
)
from reelm.vault.get import Retrieval
from reelm.vault.group_commit import GroupCommit
from reelm.vault.health import HealthWatch
from reelm.vault.model import ObjectState, PutReceipt, StoreHealth, Suite, VaultConfig, check_class
from reelm.vault.object_writer import ObjectWriter
from reelm.vault.packs import Packs
from reelm.vault.placement import Residency
from reelm.vault.plan import PutRequest
from reelm.vault.ports import Wrapper
from reelm.vault.put import SourceReader
from reelm.vault.retrieval_cache import RetrievalCache
from reelm.vault.store import FragmentRecord, ObjectRecord, PackedEntry
from reelm.vault.upkeep import Upkeep

_SWEEP_LIMIT = 1000


InRenewal: TypeAlias = Callable[[Tx, ObjectId], Awaitable[None]]


async def _do_nothing(_tx: Tx, _object_id: ObjectId) -> None:
    """Do nothing: nobody has written the old id down."""


class Vault:
    """Encrypted, fragmented objects over stores that are not trusted.

    A put is durable when it returns and survives the loss of any one provider. The vault opens its own units
    of work: an intent must be on disk before the first byte leaves, so never call it inside a transaction.

    Attributes:
        upkeep: keeps whole what is stored.
        compaction: rewrites packs of which little lives, or in which someone was shredded.
    """

    def __init__(self, environment: VaultEnvironment) -> None:
        self.upkeep = Upkeep(environment)
        self._environment = environment
        self._health = HealthWatch(environment)
        self._retrievals = RetrievalCache()
        self._background = BackgroundTasks("vault")
        self._object_writer = ObjectWriter(environment, self._background)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._packs = Packs(environment, self._object_writer, stream=self._stream)
        self._group_commit = GroupCommit(environment, self._packs)
        self.compaction = Compaction(environment, self._packs, delete=self.delete)

    @property
    def config(self) -> VaultConfig:
        """Return how objects are cut from now on; older ones keep their own shape."""
        return self._environment.config

    async def enrol(self) -> None:
        """Make the stores known to the database; once at every start, safe to repeat."""
        async with self._environment.database.write() as tx:
            await db.enrol(
                tx,
                [store.place for store in self._environment.stores.values()],
                at=self._environment.clock.now(),
            )

    async def close(self) -> None:
        """Let what goes on in the background end; call it before the database and the stores are closed."""
        await self._health.close()
        await self._object_writer.close()
        await self._background.close()

    async def put(  # noqa: PLR0913 - what an object is, named at the call
        self,
        source: AsyncIterable[bytes],
        *,
        reference: str,
        klass: DataClass,
        key: Wrapper | None,
        suite: Suite = Suite.SEALED,
        owner: str | None = None,
        residency: Residency = None,
    ) -> PutReceipt:
        """Store a stream, and return its receipt when the loss of any one provider would leave it readable.

        Fragments that this does not need may still be on their way; they end in the background. Safe to
        repeat: a stored reference gives its receipt back, without reading more of the source than
        ``Config.small_bytes`` and a batch; an unfinished one is cleaned up and stored again. A put that
        raises has kept nothing, or what it kept is in the database for ``sweep``. Memory is bounded, whatever
        the length. Objects below ``Config.pack_below_bytes`` share packs, which a caller does not notice.

        Args:
            source: the bytes; encrypted already when the suite is media.
            reference: the caller's own unique name, up to 200 characters.
            klass: protected and secret data must be sealed.
            key: the owner's; not used by the media suite.
            suite: how to store.
            owner: an opaque id of up to 26 characters that ``shred`` finds the object by.
            residency: the countries where fragments may lie, now and whenever they are moved; None for any.

        Raises:
            TooFewPlaces: no safe placement; nothing was written.
            NotDurable: too few stores took their fragment.
            KeyNeeded, ClassNeedsSeal: the arguments do not fit together.
            Superseded: another process took the reference over.
        """
        check_class(suite, klass)
        if suite.is_sealed and key is None:
            raise KeyNeeded("A sealed object needs its owner's key. Nothing was stored.")
        reader, request = SourceReader(source), PutRequest(reference, klass, owner, residency)
        fits_pack = await reader.is_below(self._environment.config.pack_below_bytes)
        async with self._turns.setdefault(reference, asyncio.Lock()):
            if fits_pack:
                return await self._group_commit.put(reader.held(), request, suite=suite, key=key)
            return await self._object_writer.put(reader, request, suite=suite, key=key)

    async def get(
        self, object_id: ObjectId, *, key: Wrapper | None = None, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield the object's bytes, or those from ``start`` on, at most ``length``, proven before.

        One contiguous read per provider and ``Config.window_bytes``, the next window read ahead.

        Raises:
            ObjectMissing: there is no such object, or it is not stored completely.
            KeyNeeded, KeyRefused: it is sealed.
            NotEnoughFragments: too many providers are away or wrong; says how many must return.
            WrongRange: ``start`` is behind the end, or a number is negative.
            ObjectBroken: the parts are good and the whole is not; never seen without tampering or a bug.
        """
        found = await self._find(object_id)
        if isinstance(found, PackedEntry):
            part = _requested(found.entry.length_bytes, start, length)
            whole = await self._packs.open(found, key)
            if part:
                yield whole[part.start : part.stop]
            return
        async with aclosing(
            self._stream(found, key, _requested(found.length_bytes, start, length))
        ) as chunks:
            async for chunk in chunks:
                yield chunk

    async def read(
        self, object_id: ObjectId, *, key: Wrapper | None = None, start: int = 0, length: int | None = None
    ) -> bytes:
        """Return what ``get`` yields in one piece; for objects that fit into memory."""
        return b"".join([chunk async for chunk in self.get(object_id, key=key, start=start, length=length)])

    async def delete(self, object_id: ObjectId) -> None:
        """Remove an object and all its fragments; one that is not there is fine.

        It is unreadable, and its reference free, as soon as the database says so; then the fragments go.

        Raises:
            DeletionUnfinished: some store still holds fragments; repeat, or let ``sweep`` do it.
        """
        async with self._environment.database.write() as tx:
            record = await db.find(tx, object_id)
            if record is None:
                await db.remove_entry(tx, object_id)
                return
            is_going = await db.retire(tx, object_id)
        if is_going:
            self._retrievals.forget(object_id)
            is_done = await self._object_writer.stragglers.stop(object_id)
            await erase(record.closed() if is_done else record, self._environment)

    async def shred(self, owner: str) -> int:
        """Remove everything of an owner and return how much there was; destroy the key before this.

        All of it is unreadable at once. Objects then leave their stores, small ones with the next run of
        ``compaction``; what a store that is away still holds is left to ``sweep``. A put of that owner that
        is on its way may still end: what it stores opens with no key, and another shred removes it.
        """
        async with self._environment.database.write() as tx:
            count = await db.remove_entries_of(tx, owner)
            found = await db.mark_deleting_of(tx, owner)
        for object_id in found:
            with suppress(DeletionUnfinished):
                await self.delete(object_id)
        return count + len(found)

    async def renew(
        self, object_id: ObjectId, key: Wrapper | None, *, also: InRenewal = _do_nothing
    ) -> PutReceipt:
        """Store an object anew, with fresh secrets, delete the old one, and return the receipt.

        For what is stuck in repair.

        The new object takes over the reference in one step and has an id of its own, which ``also`` may write
        down in that same step. Safe to repeat; a crash leaves the old object, or the new one and a deletion
        for ``sweep``.

        Raises:
            ObjectMissing: there is no such object, or it was deleted meanwhile.
            KeyNeeded, KeyRefused, NotEnoughFragments, TooFewPlaces, NotDurable: as ``get`` and ``put``.
        """
        old = await self._find(object_id)
        if isinstance(
            old, PackedEntry
        ):  # stored anew together with its pack, by the next run of ``compaction``
            async with self._environment.database.write() as tx:
                await db.mark_pack_due(tx, old.pack.object_id)
            return old.receipt()
        request = PutRequest(None, old.data_class, old.owner, old.residency)

        async def take_over(tx: Tx, new: ObjectRecord) -> None:
            await db.take_over(tx, object_id, new.object_id, reference=old.reference)
            await also(tx, new.object_id)

        async with aclosing(self.get(object_id, key=key)) as source:
            reader = SourceReader(source)
            is_small = await reader.is_below(self._environment.config.small_bytes)
            plan = self._object_writer.plan(old.shape.suite, key, is_small=is_small)
            async with self._environment.database.write() as tx:
                record = await self._object_writer.begin(tx, plan, request)
            receipt = await self._object_writer.store(reader, plan, record, take_over)
        with suppress(DeletionUnfinished):
            await self.delete(object_id)
        return dataclasses.replace(receipt, reference=old.reference or "")

    async def sweep(self, *, intents_before: datetime) -> int:
        """Finish interrupted deletions and remove older intents; return how many objects are gone now.

        Choose the moment so that no put can still be running; one that is will notice and raise
        ``Superseded``.
        """
        async with self._environment.database.read() as tx:
            found = await db.unfinished(tx, intents_before=intents_before, limit=_SWEEP_LIMIT)
        gone = 0
        for object_id in found:
            self._retrievals.forget(object_id)
            with suppress(DeletionUnfinished):
                gone += await self._object_writer.clear(object_id, intents_before=intents_before)
        return gone

    async def health(self) -> tuple[StoreHealth, ...]:
        """Return how each store is, in the order they were given; a store that is late is not waited for."""
        return await self._health.all()

    async def _find(self, object_id: ObjectId) -> ObjectRecord | PackedEntry:
        async with self._environment.database.read() as tx:
            found = await db.find(tx, object_id) or await db.find_entry(tx, object_id)
        if found is None or (isinstance(found, ObjectRecord) and found.state is not ObjectState.STORED):
            raise ObjectMissing("There is no such object; it was deleted or never finished.")
        return found

    async def _stream(
        self, record: ObjectRecord, key: Wrapper | None, part: range
    ) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of that part, going on from where it was when fragments moved meanwhile."""
        while True:
            retrieval = self._retrieve(record)
            try:
                content_key = await retrieval.content_key(key)
                async with aclosing(
                    retrieval.stream(part, content_key, window_bytes=self._environment.config.window_bytes)
                ) as chunks:
                    async for chunk in chunks:
                        part = part[len(chunk) :]
                        yield chunk
            except NotEnoughFragments:
                now = await self._find(record.object_id)
                if not isinstance(now, ObjectRecord) or now.locations == record.locations:
                    raise
                record = now
            else:
                self._retrievals.keep(retrieval)
                return

    def _retrieve(self, record: ObjectRecord) -> Retrieval:
        opened = self._retrievals.find(record)
        if opened is None:
            opened = Retrieval(record, self._environment, suspect=self._suspect)
            self._retrievals.begin(opened)
        return opened

    def _suspect(self, record: ObjectRecord, piece: FragmentRecord) -> None:
        """Queue a fragment that is not what it must be for repair, without waiting for it."""
        self._background.start(self._mark_missing(record.object_id, piece))

    async def _mark_missing(self, object_id: ObjectId, piece: FragmentRecord) -> None:
        async with self._environment.database.write() as tx:
            await db.mark_missing(tx, object_id, piece)


def _requested(length_bytes: int, start: int, length: int | None) -> range:
    """Return the part of an object that was asked for, which ends with the object at the latest."""
    if not 0 <= start <= length_bytes or (length is not None and length < 0):
        raise WrongRange(
            f"The object has {length_bytes} bytes; a range starts between 0 and that and is not negative. "
            "Nothing was read.",
            length_bytes=length_bytes,
        )
    return range(start, length_bytes if length is None else min(start + length, length_bytes))
