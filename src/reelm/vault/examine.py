"""Looking at one fragment at its store: its ends against the records, and its blocks against its leaves."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace

from reelm.base import read_id
from reelm.vault.codec import Block
from reelm.vault.errors import Fault, FragmentRefused
from reelm.vault.format import HEAD_BYTES
from reelm.vault.fragment import Expected, Fragment, check_ends, cut
from reelm.vault.model import Place
from reelm.vault.outside import Outside
from reelm.vault.patience import patience
from reelm.vault.ports import Store
from reelm.vault.store import FragmentRecord, ObjectRecord
from reelm.vault.window import Window, split

Pace = Callable[[int], Awaitable[None]]


async def no_pace(_: int) -> None:
    """As fast as the store goes."""


class Specimen:
    """One fragment of one object, as the records name it, wherever it lies or should lie."""

    def __init__(self, outside: Outside, record: ObjectRecord, piece: FragmentRecord) -> None:
        self.record = record
        self.piece = piece
        self.bytes_read = 0
        self._seconds = outside.config.stall_seconds
        self._window_bytes = outside.config.window_bytes
        self._expected = Expected(
            realm_id=outside.realm_id,
            object_id=read_id(record.object_id),
            generation=record.generation,
            index=piece.index,
            shape=record.shape,
            length_bytes=record.length_bytes,
            object_root=record.object_root,
            fragment_root=piece.root,
            seal_key=outside.keys.seal,
        )

    def at(self, place: Place, name: str) -> FragmentRecord:
        """The same fragment under its name at another place."""
        return replace(self.piece, provider=place.provider, name=name)

    def windows(self) -> list[Window]:
        """All of its chunks, in portions that are read at once."""
        shape = self.record.shape
        return list(split(shape, range(shape.padded_bytes), window_bytes=self._window_bytes))

    async def check_size(self, store: Store, name: str) -> None:
        """Whether it is there and as long as it must be.

        Raises:
            FragmentMissing, FragmentRefused: it is not.
            StoreFailed: the store does not say.
        """
        async with patience(store.place.provider, seconds=self._seconds):
            size = await store.size(name)
        if size != self.record.shape.fragment_bytes:
            raise FragmentRefused(Fault.LENGTH, "A fragment is not as long as it should be.")

    async def open(self, store: Store, name: str) -> Fragment:
        """Its size, and its head and trailer proven against the recorded root.

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

    async def blocks(self, store: Store, name: str, fragment: Fragment, window: Window) -> list[Block]:
        """The window's blocks, each proven.

        Raises:
            FragmentMissing, FragmentRefused: they are not what they must be.
            StoreFailed: the store does not say.
        """
        shape = self.record.shape
        start = shape.block_at(window.first_chunk)
        length = shape.block_at(window.first_chunk + window.count) - start
        body = await self._read(store, name, start=start, length=length)
        found: list[Block] = list(cut(shape, body, first_chunk=window.first_chunk, count=window.count))
        fragment.check_blocks(window.first_chunk, found)
        return found

    async def check(self, store: Store, name: str, *, pace: Pace = no_pace) -> None:
        """Read all of it and prove every byte.

        Raises:
            FragmentMissing, FragmentRefused: it is not what it must be.
            StoreFailed: the store does not say.
        """
        fragment = await self.open(store, name)
        async for blocks in self.stream(store, name, fragment):
            await pace(sum(map(len, blocks)))

    async def stream(self, store: Store, name: str, fragment: Fragment) -> AsyncGenerator[list[Block], None]:
        """All blocks, window by window, each proven; raises what ``blocks`` does."""
        for window in self.windows():
            yield await self.blocks(store, name, fragment, window)

    async def _read(self, store: Store, name: str, *, start: int, length: int) -> bytes:
        async with patience(store.place.provider, seconds=self._seconds):
            data = await store.read(name, start=start, length=length)
        self.bytes_read += len(data)
        return data
