"""One fragment where it lies: every request to it is patient and timed, and nothing it says is believed."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from reelm.base import read_id
from reelm.vault.codec import Block
from reelm.vault.errors import StoreFailed
from reelm.vault.format import HEAD_BYTES, Shape
from reelm.vault.fragment import Expected, Fragment, check_ends, check_whole
from reelm.vault.outside import Outside
from reelm.vault.patience import patience
from reelm.vault.ports import Store
from reelm.vault.standing import Candidate
from reelm.vault.store import FragmentRecord, ObjectRecord
from reelm.vault.window import Window

# One request beats three for fragments up to this size, and their blocks are then proven at once.
WHOLE_BYTES = 256 << 10

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Holder:
    """Where the records say that a fragment lies."""

    record: FragmentRecord
    store: Store
    outside: Outside

    async def read_window(self, shape: Shape, window: Window) -> bytes:
        """The window's blocks, contiguous."""
        start = shape.block_at(window.first_chunk)
        return await self.read(start, _window_bytes(shape, window))

    async def read(self, start: int, length: int) -> bytes:
        """One request, of which ``Standing`` learns how it went.

        Raises:
            FragmentMissing, FragmentRefused, StoreFailed: as a store says it, or it took too long.
        """
        provider, standing = self.record.provider, self.outside.standing
        clock = self.outside.clock.monotonic_seconds
        begun_at = clock()
        standing.asked(provider, length, at=begun_at)
        try:
            async with patience(provider, seconds=self.outside.config.stall_seconds):
                data = await self.store.read(self.record.name, start=start, length=length)
        except StoreFailed:
            standing.failed(provider, at=clock())
            raise
        except asyncio.CancelledError:
            standing.given_up(provider, length, seconds=clock() - begun_at, at=clock())
            raise
        standing.answered(provider, length, seconds=clock() - begun_at, at=clock())
        return data


@dataclass(frozen=True, slots=True)
class Source:
    """A fragment whose ends are proven, or all of it when it is small."""

    fragment: Fragment
    holder: Holder
    whole: bytes | None

    async def read(self, window: Window) -> Block:
        """The window's blocks; one request, or none when all of the fragment is here."""
        shape = self.fragment.header.shape
        if self.whole is None:
            return await self.holder.read_window(shape, window)
        start = shape.block_at(window.first_chunk)
        return memoryview(self.whole)[start : start + _window_bytes(shape, window)]


def is_whole(shape: Shape) -> bool:
    """Whether fragments are small enough to be read in one request each."""
    return shape.fragment_bytes <= WHOLE_BYTES


async def open_source(holder: Holder, record: ObjectRecord) -> Source:
    """Read what proves the fragment: its head and its trailer at the same time, or all of it.

    Raises:
        FragmentMissing, FragmentRefused, StoreFailed: it cannot be used now.
    """
    shape, expected = record.shape, _expected(record, holder)
    if is_whole(shape):
        data = await holder.read(0, shape.fragment_bytes)
        return Source(check_whole(data, expected), holder, data)
    tail_at = shape.fragment_bytes - shape.trailer_bytes
    head, tail = await together(holder.read(0, HEAD_BYTES), holder.read(tail_at, shape.trailer_bytes))
    return Source(check_ends(head, tail, expected), holder, None)


async def together(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Both results, worked for at the same time; when one fails, the other is stopped."""
    tasks = asyncio.create_task(first), asyncio.create_task(second)
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def candidate(
    record: FragmentRecord, shape: Shape, window: Window | None, *, is_open: bool, is_doubtful: bool
) -> Candidate:
    """What it takes to get the window from a fragment, or to open it when there is none."""
    requests: list[int] = []
    if not is_open:
        requests += [shape.fragment_bytes] if is_whole(shape) else [HEAD_BYTES, shape.trailer_bytes]
    if window is not None and not is_whole(shape):
        requests.append(_window_bytes(shape, window))
    return Candidate(record.index, record.provider, tuple(requests), is_doubtful)


def _window_bytes(shape: Shape, window: Window) -> int:
    """How many bytes the window's blocks have in one fragment."""
    return shape.block_at(window.first_chunk + window.count) - shape.block_at(window.first_chunk)


def _expected(record: ObjectRecord, holder: Holder) -> Expected:
    return Expected(
        realm_id=holder.outside.realm_id,
        object_id=read_id(record.object_id),
        generation=record.generation,
        index=holder.record.index,
        shape=record.shape,
        length_bytes=record.length_bytes,
        object_root=record.object_root,
        fragment_root=holder.record.root,
        seal_key=holder.outside.keys.seal,
    )
