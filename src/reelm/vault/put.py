"""Writing one object's fragments to its stores at once, and deciding when it is safe.

Each fragment has a lane: a short queue and one task that owns its writer. A store that fails or stalls loses
its lane and nothing else, as long as the rest still survives the loss of any one group.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from reelm.vault.codec import Block
from reelm.vault.errors import NotDurable, StoreFailed, VaultError
from reelm.vault.format import HEAD_BYTES
from reelm.vault.model import Config, FragmentState
from reelm.vault.placement import survives_any_loss
from reelm.vault.ports import Store
from reelm.vault.seal import Batch, Chunker, Ending, Sealer
from reelm.vault.store import FragmentRecord, ObjectRecord

_QUEUED = 1


class Lane:
    """One fragment on its way to one store."""

    def __init__(self, store: Store, record: FragmentRecord, *, stall_seconds: float) -> None:
        self.store = store
        self.record = record
        self._stall_seconds = stall_seconds
        self._queue: asyncio.Queue[Sequence[Block] | bytes] = asyncio.Queue(_QUEUED)
        self._is_stalled = False
        self.task = asyncio.create_task(self._run())
        self.task.add_done_callback(self._unblock)

    @property
    def is_hopeful(self) -> bool:
        """Whether the fragment is durable or may still become so."""
        return self.failure is None

    @property
    def is_durable(self) -> bool:
        return self.task.done() and self.failure is None

    @property
    def failure(self) -> VaultError | None:
        """Why the fragment is lost.

        Raises:
            BaseException: whatever a store must not raise; a bug, so it is not swallowed.
        """
        if self._is_stalled or (self.task.done() and self.task.cancelled()):
            return StoreFailed(
                "The store stalled. Its fragment was given up.", provider=self.store.place.provider
            )
        error = self.task.exception() if self.task.done() else None
        if error is not None and not isinstance(error, VaultError):
            raise error
        return error

    async def feed(self, item: Sequence[Block] | bytes) -> None:
        """Queue blocks, or the head as the very last; waits while the store is behind."""
        if self._is_stalled or self.task.done():
            return
        try:
            async with asyncio.timeout(self._stall_seconds):
                await self._queue.put(item)
        except TimeoutError:
            self.give_up()

    def give_up(self) -> None:
        """Count the fragment as lost; the task cleans up as soon as its store lets it."""
        if not self.task.done():
            self._is_stalled = True
            self.task.cancel()

    async def _run(self) -> None:
        writer = await self.store.create(self.record.name, head_bytes=HEAD_BYTES)
        try:
            item = await self._queue.get()
            while not isinstance(item, bytes):
                await writer.write(item)
                item = await self._queue.get()
            await writer.finish(item)
        finally:
            await writer.abort()

    def _unblock(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # when the put ends early nobody else asks for it, and asyncio would complain
        with suppress(asyncio.QueueEmpty):
            self._queue.get_nowait()


class Opening:
    """The first bytes of a source, read before anything is written: they decide the chunk size."""

    def __init__(self, source: AsyncIterable[bytes]) -> None:
        self._rest = aiter(source)
        self._pieces: list[bytes] = []
        self._has_ended = False

    async def is_below(self, limit_bytes: int) -> bool:
        """Whether the whole source is shorter than that; reads no further than it must to know."""
        held = 0
        while held < limit_bytes and not self._has_ended:
            try:
                self._pieces.append(await anext(self._rest))
                held += len(self._pieces[-1])
            except StopAsyncIteration:
                self._has_ended = True
        return held < limit_bytes

    async def batches(self, chunker: Chunker) -> AsyncGenerator[Batch, None]:
        """The source from its start, padded and in batches."""
        while self._pieces:
            for batch in chunker.feed(self._pieces.pop(0)):
                yield batch
        if not self._has_ended:
            async for piece in self._rest:
                for batch in chunker.feed(piece):
                    yield batch
        for batch in chunker.end():
            yield batch


async def spread(lanes: Sequence[Lane], stream: AsyncIterator[Batch], *, sealer: Sealer, k: int) -> None:
    """Seal the stream into the lanes.

    Raises:
        NotDurable: so many lanes are lost that the object cannot become safe.
    """
    async for batch in stream:
        columns = await asyncio.to_thread(sealer.seal, batch)
        await asyncio.gather(*(lane.feed(column) for lane, column in zip(lanes, columns, strict=True)))
        check_hope(lanes, k)


async def conclude(
    lanes: Sequence[Lane], record: ObjectRecord, ending: Ending, *, length_bytes: int, config: Config
) -> ObjectRecord:
    """Send trailers and heads and wait until the object is safe: the record as it may now be stored.

    Raises:
        NotDurable: it did not become safe.
    """
    for lane, trailer in zip(lanes, ending.trailers, strict=True):
        await lane.feed([trailer])
    for lane, head in zip(lanes, ending.heads, strict=True):
        await lane.feed(head)
    await _settle(lanes, record.shape.k, config)
    return replace(
        record,
        shape=ending.shape,
        length_bytes=length_bytes,
        object_root=ending.object_root,
        fragments=tuple(
            replace(
                lane.record,
                root=root,
                state=FragmentState.STORED if lane.is_durable else FragmentState.MISSING,
            )
            for lane, root in zip(lanes, ending.fragment_roots, strict=True)
        ),
    )


async def _settle(lanes: Sequence[Lane], k: int, config: Config) -> None:
    """Wait for all lanes, but for the last ones only a little once the others are enough."""
    waiting = {lane.task for lane in lanes if not lane.task.done()}
    while waiting:
        check_hope(lanes, k)
        is_safe = survives_any_loss([lane.store.place for lane in lanes if lane.is_durable], k)
        patience = config.straggler_seconds if is_safe else config.stall_seconds
        done, waiting = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            break
    for lane in lanes:
        lane.give_up()
    check_hope(lanes, k)


def check_hope(lanes: Iterable[Lane], k: int) -> None:
    """Stop early when the object can no longer become safe.

    Raises:
        NotDurable: the lanes that are left would not survive the loss of one group.
    """
    hopeful = [lane.store.place for lane in lanes if lane.is_hopeful]
    if survives_any_loss(hopeful, k):
        return
    lost = [f"{lane.store.place.provider}: {lane.failure}" for lane in lanes if not lane.is_hopeful]
    raise NotDurable(
        f"Only {len(hopeful)} stores can take the data, and losing one of them would leave fewer than {k}. "
        f"Nothing was kept. Make the other stores work, then try again. {' '.join(lost)}",
        stores_ready=len(hopeful),
    )


async def abandon(lanes: Sequence[Lane], *, patience_seconds: float) -> None:
    """Give up every lane and wait, not for ever, until none can write any more."""
    for lane in lanes:
        lane.give_up()
    waiting = {lane.task for lane in lanes if not lane.task.done()}
    if waiting:
        await asyncio.wait(waiting, timeout=patience_seconds)
