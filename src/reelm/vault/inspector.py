"""Inspect one fragment at its store: its ends against the database, and its blocks against its leaves."""

from collections.abc import AsyncGenerator, Awaitable, Callable

from reelm.vault.codec import Block
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import FailedCheck, FragmentRefused
from reelm.vault.format import HEAD_BYTES, ChunkWindow
from reelm.vault.fragment import Fragment, check_ends, split_blocks
from reelm.vault.fragment_reader import expected_fragment
from reelm.vault.ports import Store
from reelm.vault.store import FragmentRecord, ObjectRecord

OnRead = Callable[[int], Awaitable[None]]


async def ignore_read(_: int) -> None:
    """Do nothing about bytes that were read: as fast as the store goes."""


class FragmentInspector:
    """Reads and proves one fragment of one object, wherever it lies or should lie."""

    def __init__(self, environment: VaultEnvironment, record: ObjectRecord, piece: FragmentRecord) -> None:
        self.record = record
        self.piece = piece
        self.bytes_read = 0
        self._environment = environment
        self._expected = expected_fragment(environment, record, piece)

    def windows(self) -> list[ChunkWindow]:
        """Return all of its chunks, in portions that are read at once."""
        shape, window_bytes = self.record.shape, self._environment.config.window_bytes
        return list(shape.windows(range(shape.padded_bytes), window_bytes=window_bytes))

    async def check_size(self, store: Store, name: str) -> None:
        """Check that a fragment is there and as long as it must be.

        Raises:
            FragmentMissing, FragmentRefused: it is not.
            StoreFailed: the store does not say.
        """
        async with self._environment.store_timeout(store.place.provider):
            size = await store.size(name)
        if size != self.record.shape.fragment_bytes:
            raise FragmentRefused(FailedCheck.LENGTH, "A fragment is not as long as it should be.")

    async def open(self, store: Store, name: str) -> Fragment:
        """Check its size, prove its head and trailer against the recorded root, and return them.

        Raises:
            FragmentMissing, FragmentRefused: it is not what it must be.
            StoreFailed: the store does not say.
        """
        await self.check_size(store, name)
        shape = self.record.shape
        head = await self._read(store, name, start=0, length=HEAD_BYTES)
        tail = await self._read(
            store, name, start=shape.fragment_bytes - shape.trailer_bytes, length=shape.trailer_bytes
        )
        return check_ends(head, tail, self._expected)

    async def blocks(self, store: Store, name: str, fragment: Fragment, window: ChunkWindow) -> list[Block]:
        """Return the window's blocks, each proven.

        Raises:
            FragmentMissing, FragmentRefused: they are not what they must be.
            StoreFailed: the store does not say.
        """
        shape = self.record.shape
        body = await self._read(
            store, name, start=shape.block_at(window.first_chunk), length=shape.window_bytes(window)
        )
        found: list[Block] = list(split_blocks(shape, body, window))
        fragment.check_blocks(window.first_chunk, found)
        return found

    async def check(self, store: Store, name: str, *, on_read: OnRead = ignore_read) -> None:
        """Read all of it and prove every byte.

        Raises:
            FragmentMissing, FragmentRefused: it is not what it must be.
            StoreFailed: the store does not say.
        """
        fragment = await self.open(store, name)
        async for blocks in self.stream(store, name, fragment):
            await on_read(sum(map(len, blocks)))

    async def stream(self, store: Store, name: str, fragment: Fragment) -> AsyncGenerator[list[Block], None]:
        """Yield all blocks, window by window, each proven; raises what ``blocks`` does."""
        for window in self.windows():
            yield await self.blocks(store, name, fragment, window)

    async def _read(self, store: Store, name: str, *, start: int, length: int) -> bytes:
        async with self._environment.store_timeout(store.place.provider):
            data = await store.read(name, start=start, length=length)
        self.bytes_read += len(data)
        return data
