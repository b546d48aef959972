"""Writing one object: the source is read, sealed and handed to its lanes until the object is safe."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import replace
from typing import TypeAlias

from reelm.base import Secret
from reelm.vault.codec import Block, Codec
from reelm.vault.lanes import Lanes
from reelm.vault.plan import Plan
from reelm.vault.seal import Batch, Chunker, Ending, Sealer
from reelm.vault.store import ObjectRecord

Columns: TypeAlias = list[list[Block]]

# Below this, sealing takes less time than a thread takes to start on it.
_INLINE_BYTES = 64 << 10


class Opening:
    """The first bytes of a source, read before anything is written: they decide the chunk size."""

    def __init__(self, source: AsyncIterable[bytes]) -> None:
        self._rest = aiter(source)
        self._pieces: list[bytes] = []
        self._has_ended = False

    async def is_below(self, limit_bytes: int) -> bool:
        """Whether the whole source is shorter than that; reads no further than it must to know."""
        held = sum(map(len, self._pieces))
        while held < limit_bytes and not self._has_ended:
            try:
                self._pieces.append(await anext(self._rest))
                held += len(self._pieces[-1])
            except StopAsyncIteration:
                self._has_ended = True
        return held < limit_bytes

    def held(self) -> bytes:
        """What was read so far; all of it when the source was below the limit."""
        return b"".join(self._pieces)

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


class Sealing:
    """A source on its way to columns of blocks, one per fragment.

    It begins at once, before anything may be written, and reads on while it seals: one batch ahead.
    """

    def __init__(self, opening: Opening, plan: Plan, codec: Codec, *, batch_bytes: int) -> None:
        self._plan = plan
        self._chunker = Chunker(
            plan.common.suite, chunk_bytes=1 << plan.common.chunk_log2, batch_bytes=batch_bytes
        )
        self._sealer = Sealer(plan.common, codec, key=plan.key)
        self._batches = opening.batches(self._chunker)
        self._ahead: asyncio.Task[Columns | None] = asyncio.create_task(self._next())

    async def __aiter__(self) -> AsyncGenerator[Columns, None]:
        while (columns := await self._ahead) is not None:
            self._ahead = asyncio.create_task(self._next())
            yield columns

    @property
    def length_bytes(self) -> int:
        return self._chunker.length_bytes

    def finish(self, seal_key: Secret) -> Ending:
        """Heads and trailers, once all columns were taken."""
        return self._sealer.finish(
            length_bytes=self.length_bytes, shares=self._plan.shares, seal_key=seal_key
        )

    async def aclose(self) -> None:
        """Stop reading the source."""
        self._ahead.cancel()
        await asyncio.gather(self._ahead, return_exceptions=True)
        await self._batches.aclose()

    async def _next(self) -> Columns | None:
        batch = await anext(self._batches, None)
        if batch is None:
            return None
        if len(batch.data) <= _INLINE_BYTES:
            return self._sealer.seal(batch)
        return await asyncio.to_thread(self._sealer.seal, batch)


def concluded(record: ObjectRecord, lanes: Lanes, ending: Ending, *, length_bytes: int) -> ObjectRecord:
    """The record as it may be stored now that the object is safe."""
    return replace(
        record,
        shape=ending.shape,
        length_bytes=length_bytes,
        object_root=ending.object_root,
        fragments=tuple(
            replace(lane.record, root=root, state=lane.state)
            for lane, root in zip(lanes, ending.fragment_roots, strict=True)
        ),
    )
