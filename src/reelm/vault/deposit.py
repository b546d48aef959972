"""Storing one object: an intent, all fragments at once, one commit that makes them an object.

| crash | leaves | and then |
|---|---|---|
| before the intent | nothing | |
| after the intent | rows that name every fragment there may be | ``Vault.sweep`` removes them |
| after the commit | an object, its last fragments still ``intended`` | repair looks for those |
"""

from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import datetime
from typing import TypeAlias

from reelm.base import ObjectId, ReelmError, Tx, mint
from reelm.vault import store as records
from reelm.vault.background import Background
from reelm.vault.erase import erase
from reelm.vault.errors import Superseded, VaultError
from reelm.vault.lanes import Lanes
from reelm.vault.model import Receipt, Suite
from reelm.vault.outside import Outside
from reelm.vault.plan import Plan, Wish, make_intent, make_plan
from reelm.vault.ports import Wrapper
from reelm.vault.put import Opening, Sealing, concluded
from reelm.vault.store import ObjectRecord
from reelm.vault.straggler import Stragglers

Also: TypeAlias = Callable[[Tx, ObjectRecord], Awaitable[None]]


class Deposits:
    """Objects on their way to the stores, and what of them is still on its way once they are safe."""

    def __init__(self, outside: Outside, background: Background) -> None:
        self._outside = outside
        self._stragglers = Stragglers(outside, background)

    async def close(self) -> None:
        await self._stragglers.close()

    async def stop(self, object_id: ObjectId) -> bool:
        """Give up what is still written of an object; whether there was any, and it is over."""
        return await self._stragglers.stop(object_id)

    async def put(self, opening: Opening, wish: Wish, *, suite: Suite, key: Wrapper | None) -> Receipt:
        """Store what was opened, or give the receipt of what is stored under that reference already.

        Raises:
            TooFewPlaces, NotDurable, Superseded: as of ``Vault.put``.
        """
        is_small = await opening.is_below(self._outside.config.small_bytes)
        plan = self.plan(suite, key, is_small=is_small)
        async with aclosing(self._sealing(opening, plan)) as sealing:
            claimed = await self._claim(plan, wish)
            if isinstance(claimed, Receipt):
                return claimed
            return await self._write(sealing, claimed)

    async def store(self, opening: Opening, plan: Plan, record: ObjectRecord, also: Also) -> Receipt:
        """Write an object whose intent is durable; ``also`` runs in the transaction that makes it readable.

        Raises:
            NotDurable, Superseded: it is not stored, and nothing of it is kept.
        """
        async with aclosing(self._sealing(opening, plan)) as sealing:
            return await self._write(sealing, record, also)

    async def begin(self, tx: Tx, plan: Plan, wish: Wish) -> ObjectRecord:
        """Write the intent; in one unit with the choice of places, so that a drain sees it or is seen.

        Raises:
            TooFewPlaces: no safe placement.
        """
        closed = await records.closed_providers(tx)
        places = [
            store.place for store in self._outside.stores.values() if store.place.provider not in closed
        ]
        record = make_intent(
            plan,
            wish,
            places,
            keys=self._outside.keys,
            entropy=self._outside.entropy,
            at=self._outside.clock.now(),
        )
        await records.add_intent(tx, record)
        return record

    def plan(self, suite: Suite, key: Wrapper | None, *, is_small: bool) -> Plan:
        outside, config = self._outside, self._outside.config
        return make_plan(
            suite,
            key,
            realm_id=outside.realm_id,
            object_id=ObjectId(mint(outside.clock, outside.entropy)),
            chunk_log2=config.small_chunk_log2 if is_small else config.chunk_log2,
            config=config,
            entropy=outside.entropy,
        )

    async def clear(self, object_id: ObjectId, *, intents_before: datetime) -> bool:
        """Remove an object that is being deleted, or an intent that nobody completed; whether it is gone.

        Raises:
            DeletionUnfinished: a store could not be asked.
        """
        async with self._outside.database.write() as tx:
            record = await records.find(tx, object_id)
            if record is None or not await records.abandon(tx, object_id):
                return False
        return await erase(record.closed() if record.created_at < intents_before else record, self._outside)

    async def _claim(self, plan: Plan, wish: Wish) -> ObjectRecord | Receipt:
        """Write the intent and fence off an unfinished earlier one.

        Returns a receipt instead, with nothing written, when another process was faster.
        """
        reference = wish.reference or ""
        async with self._outside.database.write() as tx:
            receipt = await records.find_receipt(tx, reference)
            if receipt is not None:
                return receipt
            earlier = await records.find_reference(tx, reference)
            if earlier is not None:
                await records.mark_deleting(tx, earlier.object_id)
            record = await self.begin(tx, plan, wish)
        if earlier is not None:
            with suppress(VaultError):
                await erase(earlier, self._outside)
        return record

    async def _write(self, sealing: Sealing, record: ObjectRecord, also: Also | None = None) -> Receipt:
        lanes = Lanes(record.fragments, self._outside.stores, k=record.shape.k, config=self._outside.config)
        try:
            stored = await self._fill(sealing, record, lanes)
            await self._commit(stored, also)
        except BaseException:
            is_over = await lanes.abandon()
            with suppress(ReelmError):
                await self._drop(record.closed() if is_over else record)
            raise
        if stored.is_being_written:
            self._stragglers.follow(stored, lanes)
        return stored.receipt()

    async def _fill(self, sealing: Sealing, record: ObjectRecord, lanes: Lanes) -> ObjectRecord:
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

    async def _drop(self, record: ObjectRecord) -> None:
        """Remove what a put left, even where somebody else removed its rows while it was still writing.

        It stays when its last commit was applied after all and only the answer got lost: someone may have a
        receipt for it by now.
        """
        async with self._outside.database.write() as tx:
            if not await records.abandon(tx, record.object_id):
                return
            await records.mark_ended(tx, record.object_id, record.fragments)
        await erase(record, self._outside)

    def _sealing(self, opening: Opening, plan: Plan) -> Sealing:
        codec = self._outside.codec(plan.common.k, plan.common.n)
        return Sealing(opening, plan, codec, batch_bytes=self._outside.config.batch_bytes)
