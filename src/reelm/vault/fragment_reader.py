"""Read one fragment at its store: every request is timed and limited, and nothing it says is believed."""

import asyncio
from dataclasses import dataclass

from reelm.base import read_id, run_both
from reelm.vault.codec import Block
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import StoreFailed
from reelm.vault.format import HEAD_BYTES, ChunkWindow, FragmentShape
from reelm.vault.fragment import ExpectedFragment, Fragment, check_ends, check_whole
from reelm.vault.latency import ReadCandidate
from reelm.vault.ports import Store
from reelm.vault.store import FragmentRecord, ObjectRecord

# One request beats three for fragments up to this size, and their blocks are then proven at once.
WHOLE_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class FragmentReader:
    """Reads a fragment where the database says that it lies."""

    record: FragmentRecord
    store: Store
    environment: VaultEnvironment

    async def read_window(self, shape: FragmentShape, window: ChunkWindow) -> bytes:
        """Return the window's blocks, contiguous; raises what ``read`` does."""
        return await self.read(shape.block_at(window.first_chunk), shape.window_bytes(window))

    async def read(self, start: int, length: int) -> bytes:
        """Return bytes of the fragment with one request, and record in ``LatencyTracker`` how it went.

        Raises:
            FragmentMissing, FragmentRefused, StoreFailed: as a store says it, or it took too long.
        """
        provider, latency = self.record.provider, self.environment.latency
        clock = self.environment.clock.monotonic_seconds
        begun_at = clock()
        latency.asked(provider, length, at=begun_at)
        try:
            async with self.environment.store_timeout(provider):
                data = await self.store.read(self.record.name, start=start, length=length)
        except StoreFailed:
            latency.failed(provider, at=clock())
            raise
        except asyncio.CancelledError:
            latency.cancelled(provider, length, seconds=clock() - begun_at, at=clock())
            raise
        latency.answered(provider, length, seconds=clock() - begun_at, at=clock())
        return data


@dataclass(frozen=True, slots=True)
class OpenFragment:
    """A fragment whose ends are proven, or all of it when it is small."""

    fragment: Fragment
    reader: FragmentReader
    whole: bytes | None

    async def read(self, window: ChunkWindow) -> Block:
        """Return the window's blocks with one request, or none when all of the fragment is here."""
        shape = self.fragment.header.shape
        if self.whole is None:
            return await self.reader.read_window(shape, window)
        start = shape.block_at(window.first_chunk)
        return memoryview(self.whole)[start : start + shape.window_bytes(window)]


def is_whole(shape: FragmentShape) -> bool:
    """Return whether fragments are small enough to be read in one request each."""
    return shape.fragment_bytes <= WHOLE_BYTES


async def open_fragment(reader: FragmentReader, record: ObjectRecord) -> OpenFragment:
    """Read what proves the fragment, its head and its trailer at the same time or all of it, and return it.

    Raises:
        FragmentMissing, FragmentRefused, StoreFailed: it cannot be used now.
    """
    shape, expected = record.shape, expected_fragment(reader.environment, record, reader.record)
    if is_whole(shape):
        data = await reader.read(0, shape.fragment_bytes)
        return OpenFragment(check_whole(data, expected), reader, data)
    tail_at = shape.fragment_bytes - shape.trailer_bytes
    head, tail = await run_both(reader.read(0, HEAD_BYTES), reader.read(tail_at, shape.trailer_bytes))
    return OpenFragment(check_ends(head, tail, expected), reader, None)


def read_candidate(
    record: FragmentRecord,
    shape: FragmentShape,
    window: ChunkWindow | None,
    *,
    is_open: bool,
    is_doubtful: bool,
) -> ReadCandidate:
    """Return which requests it takes to get the window from a fragment, or to open it when there is none."""
    requests: list[int] = []
    if not is_open:
        requests += [shape.fragment_bytes] if is_whole(shape) else [HEAD_BYTES, shape.trailer_bytes]
    if window is not None and not is_whole(shape):
        requests.append(shape.window_bytes(window))
    return ReadCandidate(record.index, record.provider, tuple(requests), is_doubtful)


def expected_fragment(
    environment: VaultEnvironment, record: ObjectRecord, piece: FragmentRecord
) -> ExpectedFragment:
    """Return what the database says that a fragment of an object must be."""
    return ExpectedFragment(
        realm_id=environment.realm_id,
        object_id=read_id(record.object_id),
        generation=record.generation,
        index=piece.index,
        shape=record.shape,
        length_bytes=record.length_bytes,
        object_root=record.object_root,
        fragment_root=piece.root,
        seal_key=environment.keys.seal,
    )
