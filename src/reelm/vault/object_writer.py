"""Store one object: an intent, all fragments at once, one commit that makes them an object.

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

from reelm.base import BackgroundTasks, ObjectId, ReelmError, Tx, mint
from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.erase import erase
from reelm.vault.errors import Superseded, VaultError
from reelm.vault.fragment_writers import FragmentWriters
from reelm.vault.model import PutReceipt, Suite
from reelm.vault.plan import ObjectPlan, PutRequest, make_intent, make_plan
from reelm.vault.ports import Wrapper
from reelm.vault.put import SealedStream, SourceReader, finished_record
from reelm.vault.store import ObjectRecord
from reelm.vault.stragglers import Stragglers

InCommit: TypeAlias = Callable[[Tx, ObjectRecord], Awaitable[None]]


class ObjectWriter:
    """Writes objects to the stores, and lets what is still on its way finish once they are safe.

    Attributes:
        stragglers: what is still on its way, by object.
    """

    def __init__(self, environment: VaultEnvironment, background: BackgroundTasks) -> None:
        self._environment = environment
        self.stragglers = Stragglers(environment, background)

    async def close(self) -> None:
        """Wait a moment for fragments on their way, and give up the rest."""
        await self.stragglers.close()

    async def put(
        self, reader: SourceReader, request: PutRequest, *, suite: Suite, key: Wrapper | None
    ) -> PutReceipt:
        """Store a source and return its receipt, or that of what is stored under the reference already.

        Raises:
            TooFewPlaces, NotDurable, Superseded: as of ``Vault.put``.
        """
        is_small = await reader.is_below(self._environment.config.small_bytes)
        plan = self.plan(suite, key, is_small=is_small)
        async with aclosing(self._seal_stream(reader, plan)) as stream:
            claimed = await self._claim(plan, request)
            if isinstance(claimed, PutReceipt):
                return claimed
            return await self._write(stream, claimed)

    async def store(
        self, reader: SourceReader, plan: ObjectPlan, record: ObjectRecord, in_commit: InCommit
    ) -> PutReceipt:
        """Write an object whose intent is durable, and return its receipt.

        ``in_commit`` runs in the transaction that makes the object readable.

        Raises:
            NotDurable, Superseded: it is not stored, and nothing of it is kept.
        """
        async with aclosing(self._seal_stream(reader, plan)) as stream:
            return await self._write(stream, record, in_commit)

    async def begin(self, tx: Tx, plan: ObjectPlan, request: PutRequest) -> ObjectRecord:
        """Write the intent and return it.

        In one transaction with the choice of places, so that a drain sees it or is seen.

        Raises:
            TooFewPlaces: no safe placement.
        """
        closed = await db.closed_providers(tx)
        places = [
            store.place for store in self._environment.stores.values() if store.place.provider not in closed
        ]
        record = make_intent(
            plan,
            request,
            places,
            keys=self._environment.keys,
            entropy=self._environment.entropy,
            at=self._environment.clock.now(),
        )
        await db.add_intent(tx, record)
        return record

    def plan(self, suite: Suite, key: Wrapper | None, *, is_small: bool) -> ObjectPlan:
        """Return how a new object will be sealed."""
        environment, config = self._environment, self._environment.config
        return make_plan(
            suite,
            key,
            realm_id=environment.realm_id,
            object_id=ObjectId(mint(environment.clock, environment.entropy)),
            chunk_log2=config.small_chunk_log2 if is_small else config.chunk_log2,
            config=config,
            entropy=environment.entropy,
        )

    async def clear(self, object_id: ObjectId, *, intents_before: datetime) -> bool:
        """Remove an object that is being deleted, or an intent that nobody completed.

        Returns:
            Whether it is gone.

        Raises:
            DeletionUnfinished: a store could not be asked.
        """
        async with self._environment.database.write() as tx:
            record = await db.find(tx, object_id)
            if record is None or not await db.abandon(tx, object_id):
                return False
        return await erase(
            record.closed() if record.created_at < intents_before else record, self._environment
        )

    async def _claim(self, plan: ObjectPlan, request: PutRequest) -> ObjectRecord | PutReceipt:
        """Write the intent, fence off an unfinished earlier one, and return it.

        When another process was faster, write nothing and return its receipt.
        """
        reference = request.reference or ""
        async with self._environment.database.write() as tx:
            receipt = (await db.find_receipts(tx, [reference])).get(reference)
            if receipt is not None:
                return receipt
            earlier = await db.find_reference(tx, reference)
            if earlier is not None:
                await db.mark_deleting(tx, earlier.object_id)
            record = await self.begin(tx, plan, request)
        if earlier is not None:
            with suppress(VaultError):
                await erase(earlier, self._environment)
        return record

    async def _write(
        self, stream: SealedStream, record: ObjectRecord, in_commit: InCommit | None = None
    ) -> PutReceipt:
        writers = FragmentWriters(
            record.fragments, self._environment.stores, k=record.shape.k, config=self._environment.config
        )
        try:
            stored = await self._fill(stream, record, writers)
            await self._commit(stored, in_commit)
        except BaseException:
            is_done = await writers.abandon()
            with suppress(ReelmError):
                await self._drop(record.closed() if is_done else record)
            raise
        if stored.is_being_written:
            self.stragglers.follow(stored, writers)
        return stored.receipt()

    async def _fill(
        self, stream: SealedStream, record: ObjectRecord, writers: FragmentWriters
    ) -> ObjectRecord:
        async for columns in stream:
            await writers.write(columns)
        result = stream.finish(self._environment.keys.seal)
        writers.finish(result)
        await writers.wait_until_safe()
        return finished_record(record, writers, result, length_bytes=stream.length_bytes)

    async def _commit(self, stored: ObjectRecord, in_commit: InCommit | None) -> None:
        async with self._environment.database.write() as tx:
            if not await db.mark_stored(tx, stored):
                raise Superseded(
                    "Someone else began to store the same thing. This copy was dropped. Try again."
                )
            if in_commit is not None:
                await in_commit(tx, stored)

    async def _drop(self, record: ObjectRecord) -> None:
        """Remove what a put left, even where somebody else removed its rows while it was still writing.

        It stays when its last commit was applied after all and only the answer got lost: someone may have a
        receipt for it by now.
        """
        async with self._environment.database.write() as tx:
            if not await db.abandon(tx, record.object_id):
                return
            await db.mark_ended(tx, record.object_id, record.fragments)
        await erase(record, self._environment)

    def _seal_stream(self, reader: SourceReader, plan: ObjectPlan) -> SealedStream:
        codec = self._environment.codec(plan.common.k, plan.common.n)
        return SealedStream(reader, plan, codec, batch_bytes=self._environment.config.batch_bytes)
