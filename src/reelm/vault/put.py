"""Read the source of a new object and seal it into one column of blocks per fragment."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import replace
from typing import TypeAlias

from reelm.base import Secret, cancel_all
from reelm.vault.codec import Block, Codec
from reelm.vault.fragment_writers import FragmentWriters
from reelm.vault.plan import ObjectPlan
from reelm.vault.seal import ChunkBatch, Chunker, Sealer, SealResult
from reelm.vault.store import ObjectRecord

Columns: TypeAlias = list[list[Block]]

# Below this, sealing takes less time than a thread takes to start on it.
_INLINE_BYTES = 64 << 10


class SourceReader:
    """Reads the first bytes of a source before anything is written: they decide the chunk size."""

    def __init__(self, source: AsyncIterable[bytes]) -> None:
        self._rest = aiter(source)
        self._pieces: list[bytes] = []
        self._has_ended = False

    async def is_below(self, limit_bytes: int) -> bool:
        """Return whether the whole source is shorter than that, reading no further than it must to know."""
        held = sum(map(len, self._pieces))
        while held < limit_bytes and not self._has_ended:
            try:
                self._pieces.append(await anext(self._rest))
                held += len(self._pieces[-1])
            except StopAsyncIteration:
                self._has_ended = True
        return held < limit_bytes

    def held(self) -> bytes:
        """Return what was read so far: all of it when the source was below the limit."""
        return b"".join(self._pieces)

    async def batches(self, chunker: Chunker) -> AsyncGenerator[ChunkBatch, None]:
        """Yield the source from its start, padded and in batches."""
        while self._pieces:
            for batch in chunker.feed(self._pieces.pop(0)):
                yield batch
        if not self._has_ended:
            async for piece in self._rest:
                for batch in chunker.feed(piece):
                    yield batch
        for batch in chunker.end():
            yield batch


class SealedStream:
    """Seals a source into columns of blocks, one per fragment.

    It begins at once, before anything may be written, and reads on while it seals: one batch ahead.
    """

    def __init__(self, reader: SourceReader, plan: ObjectPlan, codec: Codec, *, batch_bytes: int) -> None:
        self._plan = plan
        self._chunker = Chunker(
            plan.common.suite, chunk_bytes=1 << plan.common.chunk_log2, batch_bytes=batch_bytes
        )
        self._sealer = Sealer(plan.common, codec, key=plan.key)
        self._batches = reader.batches(self._chunker)
        self._ahead: asyncio.Task[Columns | None] = asyncio.create_task(self._next())

    async def __aiter__(self) -> AsyncGenerator[Columns, None]:
        while (columns := await self._ahead) is not None:
            self._ahead = asyncio.create_task(self._next())
            yield columns

    @property
    def length_bytes(self) -> int:
        """Return how many bytes of the source were taken so far."""
        return self._chunker.length_bytes

    def finish(self, seal_key: Secret) -> SealResult:
        """Return heads and trailers, once all columns were taken."""
        return self._sealer.finish(
            length_bytes=self.length_bytes, shares=self._plan.shares, seal_key=seal_key
        )

    async def aclose(self) -> None:
        """Stop reading the source."""
        await cancel_all([self._ahead])
        await self._batches.aclose()

    async def _next(self) -> Columns | None:
        batch = await anext(self._batches, None)
        if batch is None:
            return None
        if len(batch.data) <= _INLINE_BYTES:
            return self._sealer.seal(batch)
        return await asyncio.to_thread(self._sealer.seal, batch)


def finished_record(
    record: ObjectRecord, writers: FragmentWriters, result: SealResult, *, length_bytes: int
) -> ObjectRecord:
    """Return the record as it may be stored now that the object is safe."""
    return replace(
        record,
        shape=result.shape,
        length_bytes=length_bytes,
        object_root=result.object_root,
        fragments=tuple(
            replace(writer.record, root=root, state=writer.state)
            for writer, root in zip(writers, result.fragment_roots, strict=True)
        ),
    )
