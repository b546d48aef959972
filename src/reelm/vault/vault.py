"""The vault: put a stream in, get any range of it back, delete it everywhere."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from datetime import datetime
from weakref import WeakValueDictionary

from reelm.base import DataClass, ObjectId, ReelmError, Tx, mint
from reelm.vault import store as records
from reelm.vault.erase import erase
from reelm.vault.errors import (
    DeletionUnfinished,
    KeyNeeded,
    ObjectMissing,
    Superseded,
    VaultError,
)
from reelm.vault.get import Retrieval
from reelm.vault.model import (
    ObjectState,
    Receipt,
    StoreHealth,
    Suite,
    check_class,
)
from reelm.vault.opened import Opened
from reelm.vault.outside import Outside
from reelm.vault.patience import patience
from reelm.vault.placement import Residency
from reelm.vault.plan import Plan, Wish, make_intent, make_plan
from reelm.vault.ports import Store, Wrapper
from reelm.vault.put import Lane, Opening, abandon, conclude, spread
from reelm.vault.seal import Chunker, Sealer
from reelm.vault.store import ObjectRecord
from reelm.vault.window import clip

_SWEEP_LIMIT = 1000
# What has to become true in the commit that makes an object.
Also = Callable[[Tx, ObjectRecord], Awaitable[None]]


class Vault:
    """Encrypted, fragmented objects over stores that are not trusted.

    A put is durable when it returns and survives the loss of any one provider. The vault opens its own units
    of work: an intent must be on disk before the first byte leaves, so never call it inside a transaction.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._opened = Opened()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def enrol(self) -> None:
        """Make the stores known to the records; once at every start, safe to repeat."""
        async with self._outside.database.write() as tx:
            await records.enrol(
                tx,
                [store.place for store in self._outside.stores.values()],
                at=self._outside.clock.now(),
            )

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
        """Store a stream, and return only when the loss of any one provider would leave it readable.

        Safe to repeat: a stored reference gives its receipt back without reading the source; an unfinished
        one is cleaned up and stored again. A put that raises has kept nothing, or what it kept is in the
        records for ``sweep``. Memory is bounded, whatever the length.

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
        async with self._turns.setdefault(reference, asyncio.Lock()):
            async with self._outside.database.read() as tx:
                earlier = await records.find_reference(tx, reference)
            if earlier is not None and earlier.state is ObjectState.STORED:
                return earlier.receipt()
            opening = Opening(source)
            is_small = await opening.is_below(self._outside.config.small_bytes)
            plan = self._plan(suite, key, is_small=is_small)
            record, earlier = await self._claim(plan, Wish(reference, klass, owner, residency))
            if earlier is not None and earlier.state is ObjectState.STORED:
                return earlier.receipt()
            if earlier is not None:
                with suppress(VaultError):
                    await self._erase(earlier)
            return await self._deposit(opening, plan, record)

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
        retrieval = await self._retrieve(object_id)
        part = clip(retrieval.record.length_bytes, start, length)
        content_key = await retrieval.content_key(key)
        async with aclosing(
            retrieval.stream(part, content_key, window_bytes=self._outside.config.window_bytes)
        ) as chunks:
            async for chunk in chunks:
                yield chunk
        self._opened.keep(retrieval)

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
            if record is not None:
                await records.mark_deleting(tx, object_id)
        self._opened.forget(object_id)
        if record is not None:
            await self._erase(record)

    async def renew(self, object_id: ObjectId, key: Wrapper | None) -> Receipt:
        """Store an object anew, with fresh secrets, and delete the old one: for what is stuck in repair.

        The new object takes over the reference in one step and has an id of its own. Safe to repeat; a crash
        leaves the old object, or the new one and a deletion for ``sweep``.

        Raises:
            ObjectMissing: there is no such object, or it was deleted meanwhile.
            KeyNeeded, KeyRefused, NotEnoughFragments, TooFewPlaces, NotDurable: as ``get`` and ``put``.
        """
        async with self._outside.database.read() as tx:
            old = await records.find(tx, object_id)
        if old is None or old.state is not ObjectState.STORED or old.reference is None:
            raise ObjectMissing("There is no such object; it was deleted or never finished.")
        reference = old.reference

        async def take_over(tx: Tx, new: ObjectRecord) -> None:
            await records.take_over(tx, object_id, new.object_id, reference=reference)

        async with aclosing(self.get(object_id, key=key)) as source:
            opening = Opening(source)
            is_small = await opening.is_below(self._outside.config.small_bytes)
            plan = self._plan(old.shape.suite, key, is_small=is_small)
            async with self._outside.database.write() as tx:
                wish = Wish(reference, old.data_class, old.owner, old.residency)
                record = dataclasses.replace(await self._intent(tx, plan, wish), reference=None)
                await records.add_intent(tx, record)
            receipt = await self._deposit(opening, plan, record, take_over)
        with suppress(DeletionUnfinished):
            await self.delete(object_id)
        return dataclasses.replace(receipt, reference=reference)

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
                await self.delete(object_id)
                gone += 1
        return gone

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

    async def _intent(self, tx: Tx, plan: Plan, wish: Wish) -> ObjectRecord:
        """Where the fragments will lie: decided in the unit that writes it, so that a drain waits for it."""
        closed = await records.closed_providers(tx)
        return make_intent(
            plan,
            wish,
            [store.place for store in self._outside.stores.values() if store.place.provider not in closed],
            keys=self._outside.keys,
            entropy=self._outside.entropy,
            at=self._outside.clock.now(),
        )

    async def _claim(self, plan: Plan, wish: Wish) -> tuple[ObjectRecord, ObjectRecord | None]:
        """Write the intent and fence off an unfinished earlier one, which is returned with it.

        Returns a stored one twice instead, with nothing written, when another process was faster.
        """
        async with self._outside.database.write() as tx:
            earlier = await records.find_reference(tx, wish.reference)
            if earlier is not None:
                if earlier.state is ObjectState.STORED:
                    return earlier, earlier
                await records.mark_deleting(tx, earlier.object_id)
            record = await self._intent(tx, plan, wish)
            await records.add_intent(tx, record)
        return record, earlier

    async def _deposit(
        self, opening: Opening, plan: Plan, record: ObjectRecord, also: Also | None = None
    ) -> Receipt:
        """Write the fragments and then the row that makes them an object, and what belongs to it.

        A crash in here leaves an intent that names every fragment there may be.
        """
        lanes = [
            Lane(
                self._outside.stores[piece.provider], piece, stall_seconds=self._outside.config.stall_seconds
            )
            for piece in record.fragments
        ]
        try:
            stored = await self._write(opening, plan, record, lanes)
            await self._commit(stored, also)
        except BaseException:
            await abandon(lanes, patience_seconds=self._outside.config.straggler_seconds)
            with suppress(ReelmError):
                await self.delete(record.object_id)
            raise
        return stored.receipt()

    async def _write(
        self, opening: Opening, plan: Plan, record: ObjectRecord, lanes: Sequence[Lane]
    ) -> ObjectRecord:
        config, common = self._outside.config, plan.common
        codec = self._outside.codec(common.k, common.n)
        sealer = Sealer(common, codec, key=plan.key)
        chunker = Chunker(common.suite, chunk_bytes=1 << common.chunk_log2, batch_bytes=config.window_bytes)
        async with aclosing(opening.batches(chunker)) as stream:
            await spread(lanes, stream, sealer=sealer, k=common.k)
        length = chunker.length_bytes
        ending = sealer.finish(length_bytes=length, shares=plan.shares, seal_key=self._outside.keys.seal)
        return await conclude(lanes, record, ending, length_bytes=length, config=config)

    async def _commit(self, stored: ObjectRecord, also: Also | None) -> None:
        async with self._outside.database.write() as tx:
            if not await records.mark_stored(tx, stored):
                raise Superseded(
                    "Someone else began to store the same thing. This copy was dropped. Try again."
                )
            if also is not None:
                await also(tx, stored)

    async def _erase(self, record: ObjectRecord) -> None:
        await erase(record.object_id, self._outside)

    async def _retrieve(self, object_id: ObjectId) -> Retrieval:
        async with self._outside.database.read() as tx:
            record = await records.find(tx, object_id)
        if record is None or record.state is not ObjectState.STORED:
            raise ObjectMissing("There is no such object; it was deleted or never finished.")
        opened = self._opened.find(record)
        if opened is not None:
            return opened
        codec = self._outside.codec(record.shape.k, record.shape.n)
        return Retrieval(
            record,
            self._outside.stores,
            realm_id=self._outside.realm_id,
            seal_key=self._outside.keys.seal,
            codec=codec,
            stall_seconds=self._outside.config.stall_seconds,
            faults=self._outside.standing.faults,
        )

    async def _probe(self, store: Store) -> StoreHealth:
        provider = store.place.provider
        try:
            async with patience(provider, seconds=self._outside.config.stall_seconds):
                free_bytes, detail = await store.probe()
        except VaultError as error:
            return StoreHealth(provider, False, None, self._outside.standing.faults[provider], str(error))
        return StoreHealth(provider, True, free_bytes, self._outside.standing.faults[provider], detail)
