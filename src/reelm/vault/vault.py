"""The vault: put a stream in, get any range of it back, delete it everywhere."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from datetime import datetime
from weakref import WeakValueDictionary

from reelm.base import DataClass, ObjectId, ReelmError, mint
from reelm.vault import store as records
from reelm.vault.background import Background
from reelm.vault.compact import Compaction
from reelm.vault.erase import erase
from reelm.vault.errors import (
    DeletionUnfinished,
    KeyNeeded,
    ObjectMissing,
    Superseded,
    VaultError,
)
from reelm.vault.gather import Gather
from reelm.vault.get import Retrieval
from reelm.vault.lanes import Lanes
from reelm.vault.model import (
    ObjectState,
    Place,
    Receipt,
    StoreHealth,
    Suite,
    check_class,
)
from reelm.vault.opened import Opened
from reelm.vault.outside import Outside
from reelm.vault.packs import Also, Packs
from reelm.vault.patience import patience
from reelm.vault.placement import Residency
from reelm.vault.plan import Plan, Wish, make_intent, make_plan
from reelm.vault.ports import Store, Wrapper
from reelm.vault.put import Opening, Sealing, concluded
from reelm.vault.store import FragmentRecord, ObjectRecord, Packed
from reelm.vault.straggler import Stragglers
from reelm.vault.window import clip

_SWEEP_LIMIT = 1000
_COMPACT_LIMIT = 100


class Vault:
    """Encrypted, fragmented objects over stores that are not trusted.

    A put is durable when it returns and survives the loss of any one provider. The vault opens its own units
    of work: an intent must be on disk before the first byte leaves, so never call it inside a transaction.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._opened = Opened()
        self._background = Background()
        self._stragglers = Stragglers(outside, self._background)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._packs = Packs(outside, deposit=self._deposit_pack, stream=self._stream)
        self._gather = Gather(outside, self._packs)
        self._compaction = Compaction(outside, self._packs, delete=self.delete)

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
        await self._stragglers.close()
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

        Fragments that this does not need may still be on their way; they end in the background.
        Safe to repeat: a stored reference gives its receipt back, without reading more of the source than
        ``Config.pack_below_bytes``; an unfinished one is cleaned up and stored again. A put that raises has
        kept nothing, or what it kept is in the records for ``sweep``. Memory is bounded, whatever the length.
        Objects below ``Config.pack_below_bytes`` share packs, which a caller does not notice.

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
            async with self._outside.database.read() as tx:
                receipt = await records.find_receipt(tx, reference)
                closed = await records.closed_providers(tx)
            if receipt is not None:
                return receipt
            is_small = await opening.is_below(self._outside.config.small_bytes)
            plan = self._plan(suite, key, is_small=is_small)
            places = [
                store.place for store in self._outside.stores.values() if store.place.provider not in closed
            ]
            record = self._intent(plan, wish, places)
            async with aclosing(self._sealing(opening, plan)) as sealing:
                earlier = await self._claim(record)
                if isinstance(earlier, Receipt):
                    return earlier
                if earlier is not None:
                    with suppress(VaultError):
                        await self._erase(earlier)
                return await self._deposit(sealing, record)

    async def get(
        self, object_id: ObjectId, *, key: Wrapper | None = None, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
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
            yield (await self._packs.open(found, key))[part.start : part.stop]
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
            is_over = await self._stragglers.stop(object_id)
            await self._erase(record.closed() if is_over else record)

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

    async def sweep(self, *, intents_before: datetime) -> int:
        """Finish what was interrupted: deletions, and intents from before that moment. How many are gone now.

        Choose the moment so that no put can still be running; one that is will notice and raise
        ``Superseded``.
        """
        async with self._outside.database.read() as tx:
            found = await records.unfinished(tx, intents_before=intents_before, limit=_SWEEP_LIMIT)
        gone = 0
        for object_id in found:
            with suppress(DeletionUnfinished):
                gone += await self._clear(object_id, intents_before)
        return gone

    async def _clear(self, object_id: ObjectId, intents_before: datetime) -> bool:
        async with self._outside.database.write() as tx:
            record = await records.find(tx, object_id)
            if record is None or not await records.abandon(tx, object_id):
                return False
        return await self._erase(record.closed() if record.created_at < intents_before else record)

    async def health(self) -> tuple[StoreHealth, ...]:
        """How each store is now, in the order they were given."""
        return tuple(await asyncio.gather(*(self._probe(store) for store in self._outside.stores.values())))

    def _plan(self, suite: Suite, key: Wrapper | None, *, is_small: bool) -> Plan:
        config = self._outside.config
        return make_plan(
            suite,
            key,
            realm_id=self._outside.realm_id,
            object_id=ObjectId(mint(self._outside.clock, self._outside.entropy)),
            chunk_log2=config.small_chunk_log2 if is_small else config.chunk_log2,
            config=config,
            entropy=self._outside.entropy,
        )

    def _intent(self, plan: Plan, wish: Wish, places: Sequence[Place]) -> ObjectRecord:
        return make_intent(
            plan,
            wish,
            places,
            keys=self._outside.keys,
            entropy=self._outside.entropy,
            at=self._outside.clock.now(),
        )

    async def _claim(self, record: ObjectRecord) -> ObjectRecord | Receipt | None:
        """Write the intent and fence off an unfinished earlier one, which is returned.

        Returns a receipt instead, with nothing written, when another process was faster.
        """
        reference = record.reference or ""
        async with self._outside.database.write() as tx:
            receipt = await records.find_receipt(tx, reference)
            if receipt is not None:
                return receipt
            earlier = await records.find_reference(tx, reference)
            if earlier is not None:
                await records.mark_deleting(tx, earlier.object_id)
            await records.add_intent(tx, record)
        return earlier

    async def _deposit(self, sealing: Sealing, record: ObjectRecord, also: Also | None = None) -> Receipt:
        """Write the fragments and then the row that makes them an object, and what belongs to it.

        A crash in here leaves an intent that names every fragment there may be.
        """
        lanes = Lanes(record.fragments, self._outside.stores, k=record.shape.k, config=self._outside.config)
        try:
            stored = await self._write(sealing, record, lanes)
            await self._commit(stored, also)
        except BaseException:
            is_over = await lanes.abandon()
            with suppress(ReelmError):
                await self._drop(record.closed() if is_over else record)
            raise
        if stored.is_being_written:
            self._stragglers.follow(stored, lanes)
        return stored.receipt()

    async def _deposit_pack(self, opening: Opening, plan: Plan, record: ObjectRecord, also: Also) -> Receipt:
        async with aclosing(self._sealing(opening, plan)) as sealing:
            return await self._deposit(sealing, record, also)

    async def _drop(self, record: ObjectRecord) -> None:
        """Remove what a put left, even where somebody else removed its rows while it was still writing.

        It stays when its last commit was applied after all and only the answer got lost: someone may have a
        receipt for it by now.
        """
        async with self._outside.database.write() as tx:
            if not await records.abandon(tx, record.object_id):
                return
            await records.mark_ended(tx, record.object_id, record.fragments)
        await self._erase(record)

    def _sealing(self, opening: Opening, plan: Plan) -> Sealing:
        codec = self._outside.codec(plan.common.k, plan.common.n)
        return Sealing(opening, plan, codec, batch_bytes=self._outside.config.batch_bytes)

    async def _write(self, sealing: Sealing, record: ObjectRecord, lanes: Lanes) -> ObjectRecord:
        async for columns in sealing:
            await lanes.feed(columns)
        ending = sealing.finish(self._outside.keys.seal)
        lanes.end(ending)
        await lanes.settle()
        return concluded(record, lanes, ending, length_bytes=sealing.length_bytes)

    async def _commit(self, stored: ObjectRecord, also: Also | None) -> None:
        async with self._outside.database.write() as tx:
            if not await records.mark_stored(tx, stored):
                raise Superseded(
                    "Someone else began to store the same thing. This copy was dropped. Try again."
                )
            if also is not None:
                await also(tx, stored)

    async def _erase(self, record: ObjectRecord) -> bool:
        patience_seconds = self._outside.config.stall_seconds
        return await erase(
            record, self._outside.stores, database=self._outside.database, stall_seconds=patience_seconds
        )

    async def _find(self, object_id: ObjectId) -> ObjectRecord | Packed:
        async with self._outside.database.read() as tx:
            found = await records.find(tx, object_id) or await records.find_entry(tx, object_id)
        if found is None or (isinstance(found, ObjectRecord) and found.state is not ObjectState.STORED):
            raise ObjectMissing("There is no such object; it was deleted or never finished.")
        return found

    async def _stream(
        self, record: ObjectRecord, key: Wrapper | None, part: range
    ) -> AsyncGenerator[bytes, None]:
        retrieval = self._retrieve(record)
        content_key = await retrieval.content_key(key)
        async with aclosing(
            retrieval.stream(part, content_key, window_bytes=self._outside.config.window_bytes)
        ) as chunks:
            async for chunk in chunks:
                yield chunk
        self._opened.keep(retrieval)

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
            await records.mark_missing(tx, object_id, piece.index, piece.provider)

    async def _probe(self, store: Store) -> StoreHealth:
        provider = store.place.provider
        try:
            async with patience(provider, seconds=self._outside.config.stall_seconds):
                free_bytes, detail = await store.probe()
        except VaultError as error:
            return StoreHealth(provider, False, None, self._outside.standing.faults[provider], str(error))
        return StoreHealth(provider, True, free_bytes, self._outside.standing.faults[provider], detail)
