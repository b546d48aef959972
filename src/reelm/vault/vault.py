"""The vault: put a stream in, get any range of it back, delete it everywhere."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import datetime
from typing import TypeAlias
from weakref import WeakValueDictionary

from reelm.base import DataClass, ObjectId, Tx
from reelm.vault import store as records
from reelm.vault.background import Background
from reelm.vault.compact import Compaction
from reelm.vault.deposit import Deposits
from reelm.vault.erase import erase
from reelm.vault.errors import (
    DeletionUnfinished,
    KeyNeeded,
    NotEnoughFragments,
    ObjectMissing,
    VaultError,
)
from reelm.vault.gather import Gather
from reelm.vault.get import Retrieval
from reelm.vault.model import Config, ObjectState, Receipt, StoreHealth, Suite, check_class
from reelm.vault.opened import Opened
from reelm.vault.outside import Outside
from reelm.vault.packs import Packs
from reelm.vault.patience import patience
from reelm.vault.placement import Residency
from reelm.vault.plan import Wish
from reelm.vault.ports import Store, Wrapper
from reelm.vault.put import Opening
from reelm.vault.store import FragmentRecord, ObjectRecord, Packed
from reelm.vault.upkeep import Upkeep
from reelm.vault.window import clip

_SWEEP_LIMIT = 1000
_COMPACT_LIMIT = 100


Renamed: TypeAlias = Callable[[Tx, ObjectId], Awaitable[None]]


async def _nobody(_tx: Tx, _object_id: ObjectId) -> None:
    """Nobody has written the old id down."""


class Vault:
    """Encrypted, fragmented objects over stores that are not trusted.

    A put is durable when it returns and survives the loss of any one provider. The vault opens its own units
    of work: an intent must be on disk before the first byte leaves, so never call it inside a transaction.

    Attributes:
        upkeep: keeps whole what is stored.
    """

    def __init__(self, outside: Outside) -> None:
        self.upkeep = Upkeep(outside)
        self._outside = outside
        self._opened = Opened()
        self._background = Background()
        self._deposits = Deposits(outside, self._background)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._packs = Packs(outside, self._deposits, stream=self._stream)
        self._gather = Gather(outside, self._packs)
        self._compaction = Compaction(outside, self._packs, delete=self.delete)

    @property
    def config(self) -> Config:
        """How objects are cut from now on; older ones keep their own shape."""
        return self._outside.config

    async def enrol(self) -> None:
        """Make the stores known to the records; once at every start, safe to repeat."""
        async with self._outside.database.write() as tx:
            await records.enrol(
                tx,
                [store.place for store in self._outside.stores.values()],
                at=self._outside.clock.now(),
            )

    async def close(self) -> None:
        """Let what goes on in the background end; call it before the records and the stores are closed."""
        await self._deposits.close()
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
    ) -> Receipt:
        """Store a stream, and return when the loss of any one provider would leave it readable.

        Fragments that this does not need may still be on their way; they end in the background. Safe to
        repeat: a stored reference gives its receipt back, without reading more of the source than
        ``Config.small_bytes`` and a batch; an unfinished one is cleaned up and stored again. A put that
        raises has kept nothing, or what it kept is in the records for ``sweep``. Memory is bounded, whatever
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
        opening, wish = Opening(source), Wish(reference, klass, owner, residency)
        fits_pack = await opening.is_below(self._outside.config.pack_below_bytes)
        async with self._turns.setdefault(reference, asyncio.Lock()):
            if fits_pack:
                return await self._gather.put(opening.held(), wish, suite=suite, key=key)
            return await self._deposits.put(opening, wish, suite=suite, key=key)

    async def get(
        self, object_id: ObjectId, *, key: Wrapper | None = None, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The object's bytes, or those from ``start`` on, at most ``length``; proven before they are yielded.

        One contiguous read per provider and ``Config.window_bytes``, the next window read ahead.

        Raises:
            ObjectMissing: there is no such object, or it is not stored completely.
            KeyNeeded, KeyRefused: it is sealed.
            NotEnoughFragments: too many providers are away or wrong; says how many must return.
            WrongRange: ``start`` is behind the end, or a number is negative.
            ObjectBroken: the parts are good and the whole is not; never seen without tampering or a bug.
        """
        found = await self._find(object_id)
        if isinstance(found, Packed):
            part = clip(found.entry.length_bytes, start, length)
            whole = await self._packs.open(found, key)
            if part:
                yield whole[part.start : part.stop]
            return
        async with aclosing(self._stream(found, key, clip(found.length_bytes, start, length))) as chunks:
            async for chunk in chunks:
                yield chunk

    async def read(
        self, object_id: ObjectId, *, key: Wrapper | None = None, start: int = 0, length: int | None = None
    ) -> bytes:
        """``get`` in one piece; for objects that fit into memory."""
        return b"".join([chunk async for chunk in self.get(object_id, key=key, start=start, length=length)])

    async def delete(self, object_id: ObjectId) -> None:
        """Remove an object and all its fragments; one that is not there is fine.

        It is unreadable, and its reference free, as soon as the records say so; then the fragments go.

        Raises:
            DeletionUnfinished: some store still holds fragments; repeat, or let ``sweep`` do it.
        """
        async with self._outside.database.write() as tx:
            record = await records.find(tx, object_id)
            if record is None:
                await records.remove_entry(tx, object_id)
                return
            is_going = await records.retire(tx, object_id)
        if is_going:
            self._opened.forget(object_id)
            is_over = await self._deposits.stop(object_id)
            await erase(record.closed() if is_over else record, self._outside)

    async def shred(self, owner: str) -> int:
        """Remove everything of an owner; how much there was. The key is destroyed elsewhere, before this.

        All of it is unreadable at once. Objects then leave their stores, small ones with the next
        ``compact``; what a store that is away still holds is left to ``sweep``. A put of that owner that is
        on its way may still end: what it stores opens with no key, and another shred removes it.
        """
        async with self._outside.database.write() as tx:
            count = await records.remove_entries_of(tx, owner)
            found = await records.mark_deleting_of(tx, owner)
        for object_id in found:
            with suppress(DeletionUnfinished):
                await self.delete(object_id)
        return count + len(found)

    async def compact(self, *, limit: int = _COMPACT_LIMIT) -> int:
        """Rewrite packs of which less than half lives, or in which someone was shredded; how many are gone.

        Safe to repeat and to interrupt, and beside every other call. Needs no owner's key.
        """
        return await self._compaction.run(limit)

    async def renew(self, object_id: ObjectId, key: Wrapper | None, *, also: Renamed = _nobody) -> Receipt:
        """Store an object anew, with fresh secrets, and delete the old one: for what is stuck in repair.

        The new object takes over the reference in one step and has an id of its own, which ``also`` may write
        down in that same step. Safe to repeat; a crash leaves the old object, or the new one and a deletion
        for ``sweep``.

        Raises:
            ObjectMissing: there is no such object, or it was deleted meanwhile.
            KeyNeeded, KeyRefused, NotEnoughFragments, TooFewPlaces, NotDurable: as ``get`` and ``put``.
        """
        old = await self._find(object_id)
        if isinstance(old, Packed):  # stored anew together with its pack, by the next ``compact``
            async with self._outside.database.write() as tx:
                await records.hasten(tx, old.pack.object_id)
            return old.receipt()
        wish = Wish(None, old.data_class, old.owner, old.residency)

        async def take_over(tx: Tx, new: ObjectRecord) -> None:
            await records.take_over(tx, object_id, new.object_id, reference=old.reference)
            await also(tx, new.object_id)

        async with aclosing(self.get(object_id, key=key)) as source:
            opening = Opening(source)
            is_small = await opening.is_below(self._outside.config.small_bytes)
            plan = self._deposits.plan(old.shape.suite, key, is_small=is_small)
            async with self._outside.database.write() as tx:
                record = await self._deposits.begin(tx, plan, wish)
            receipt = await self._deposits.store(opening, plan, record, take_over)
        with suppress(DeletionUnfinished):
            await self.delete(object_id)
        return dataclasses.replace(receipt, reference=old.reference or "")

    async def sweep(self, *, intents_before: datetime) -> int:
        """Finish what was interrupted: deletions, and intents from before that moment. How many are gone now.

        Choose the moment so that no put can still be running; one that is will notice and raise
        ``Superseded``.
        """
        async with self._outside.database.read() as tx:
            found = await records.unfinished(tx, intents_before=intents_before, limit=_SWEEP_LIMIT)
        gone = 0
        for object_id in found:
            self._opened.forget(object_id)
            with suppress(DeletionUnfinished):
                gone += await self._deposits.clear(object_id, intents_before=intents_before)
        return gone

    async def health(self) -> tuple[StoreHealth, ...]:
        """How each store is now, in the order they were given."""
        return tuple(await asyncio.gather(*(self._probe(store) for store in self._outside.stores.values())))

    async def _find(self, object_id: ObjectId) -> ObjectRecord | Packed:
        async with self._outside.database.read() as tx:
            found = await records.find(tx, object_id) or await records.find_entry(tx, object_id)
        if found is None or (isinstance(found, ObjectRecord) and found.state is not ObjectState.STORED):
            raise ObjectMissing("There is no such object; it was deleted or never finished.")
        return found

    async def _stream(
        self, record: ObjectRecord, key: Wrapper | None, part: range
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of that part; goes on from where it was when fragments moved while it was read."""
        while True:
            retrieval = self._retrieve(record)
            try:
                content_key = await retrieval.content_key(key)
                async with aclosing(
                    retrieval.stream(part, content_key, window_bytes=self._outside.config.window_bytes)
                ) as chunks:
                    async for chunk in chunks:
                        part = part[len(chunk) :]
                        yield chunk
            except NotEnoughFragments:
                now = await self._find(record.object_id)
                if not isinstance(now, ObjectRecord) or now.homes == record.homes:
                    raise
                record = now
            else:
                self._opened.keep(retrieval)
                return

    def _retrieve(self, record: ObjectRecord) -> Retrieval:
        opened = self._opened.find(record)
        if opened is None:
            opened = Retrieval(record, self._outside, suspect=self._suspect)
            self._opened.begin(opened)
        return opened

    def _suspect(self, record: ObjectRecord, piece: FragmentRecord) -> None:
        """A fragment is not what it must be: repair learns of it, and the reader does not wait for that."""
        self._background.start(self._mark_missing(record.object_id, piece))

    async def _mark_missing(self, object_id: ObjectId, piece: FragmentRecord) -> None:
        async with self._outside.database.write() as tx:
            await records.mark_missing(tx, object_id, piece)

    async def _probe(self, store: Store) -> StoreHealth:
        provider = store.place.provider
        try:
            async with patience(provider, seconds=self._outside.config.stall_seconds):
                free_bytes, detail = await store.probe()
        except VaultError as error:
            return StoreHealth(provider, False, None, self._outside.standing.faults[provider], str(error))
        return StoreHealth(provider, True, free_bytes, self._outside.standing.faults[provider], detail)
