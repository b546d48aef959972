"""Writing one object: the source is read, sealed and handed to its lanes until the object is safe."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from dataclasses import replace

from reelm.vault.lanes import Lanes
from reelm.vault.seal import Batch, Chunker, Ending, Sealer
from reelm.vault.store import ObjectRecord

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


async def spread(stream: AsyncIterator[Batch], lanes: Lanes, sealer: Sealer) -> None:
    """Seal the stream into the lanes; while one batch is sealed, the stores write those before.

    Raises:
        NotDurable: so many lanes are lost that the object cannot become safe.
    """
    async for batch in stream:
        is_short = len(batch.data) <= _INLINE_BYTES
        columns = sealer.seal(batch) if is_short else await asyncio.to_thread(sealer.seal, batch)
        await lanes.feed(columns)


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
