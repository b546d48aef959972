"""Reading one object: k good fragments, each block proven before it is decoded, each chunk after.

Systematic fragments are preferred because they need no arithmetic. A fragment that is missing, late in the
records or wrong is dropped for this object and the next one takes its place, down to exactly k.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from reelm.base import ReelmError, Secret, read_id
from reelm.vault.codec import Block, Codec
from reelm.vault.errors import (
    Fault,
    FragmentRefused,
    KeyNeeded,
    KeyRefused,
    NotEnoughFragments,
    ObjectBroken,
    StoreFailed,
    VaultError,
)
from reelm.vault.format import HEAD_BYTES, Shape
from reelm.vault.fragment import Expected, Fragment, check_ends, check_whole, cut
from reelm.vault.keys import ContentKey
from reelm.vault.model import FragmentState, ProviderId, stored_length
from reelm.vault.patience import patience
from reelm.vault.ports import Store, Wrapper
from reelm.vault.share import combine
from reelm.vault.store import FragmentRecord, ObjectRecord
from reelm.vault.window import Window, split

# One request beats three for fragments up to this size, and their blocks are then proven at once.
WHOLE_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class Source:
    """A fragment that may be used, and where its blocks are read from."""

    fragment: Fragment
    record: FragmentRecord
    store: Store
    whole: bytes | None

    async def read(self, shape: Shape, window: Window) -> Block:
        """The window's blocks, contiguous; one request."""
        start = shape.block_at(window.first_chunk)
        length = shape.block_at(window.first_chunk + window.count) - start
        if self.whole is not None:
            return memoryview(self.whole)[start : start + length]
        return await self.store.read(self.record.name, start=start, length=length)


class Retrieval:
    """One object opened for reading; safe to share between readers, and holds no key.

    Attributes:
        is_clean: no fragment had to be done without so far, so that it is worth keeping for the next reader.
    """

    def __init__(  # noqa: PLR0913 - one object and all it is checked against
        self,
        record: ObjectRecord,
        stores: Mapping[ProviderId, Store],
        *,
        realm_id: bytes,
        seal_key: Secret,
        codec: Codec,
        stall_seconds: float,
        faults: Counter[ProviderId],
    ) -> None:
        self.record = record
        self._stores = stores
        self._realm_id = realm_id
        self._seal_key = seal_key
        self._codec = codec
        self._stall_seconds = stall_seconds
        self._faults = faults
        self._sources: dict[int, Source] = {}
        self._untried = sorted(
            record.fragments, key=lambda piece: (piece.state is not FragmentState.STORED, piece.index)
        )
        self._lost: dict[ProviderId, VaultError] = {}
        self._opening = asyncio.Lock()

    @property
    def is_clean(self) -> bool:
        return not self._lost

    @property
    def is_whole(self) -> bool:
        """Whether fragments are small enough to be read in one request each."""
        return self.record.shape.fragment_bytes <= WHOLE_BYTES

    async def content_key(self, wrapper: Wrapper | None) -> ContentKey | None:
        """Both locks opened, or None where there are none.

        Raises:
            KeyNeeded: sealed, and no key given.
            KeyRefused: the key does not open it.
            NotEnoughFragments: fewer than k shares can be reached.
        """
        if not self.record.shape.suite.is_sealed:
            return None
        if wrapper is None:
            raise KeyNeeded("This object is sealed. Give the key of the account that owns it.")
        sources = await self._ready()
        header = sources[0].fragment.header
        try:
            dek = wrapper.unwrap(header.common.wrapped_dek)
        except ReelmError as error:
            raise KeyRefused(
                Fault.KEY, "The key does not open this object: it belongs to someone else, or was destroyed."
            ) from error
        shared = combine({source.fragment.index: source.fragment.header.share for source in sources})
        key = ContentKey(header.common, dek=dek, shared=shared)
        key.check(header.commitment)
        self._check_length(key, sources[0].fragment)
        return key

    async def proven(self) -> list[Fragment]:
        """Heads and trailers of k fragments.

        Raises:
            NotEnoughFragments: fewer can be read.
        """
        return [source.fragment for source in await self._ready()]

    async def stream(
        self, part: range, key: ContentKey | None, *, window_bytes: int
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of that part, window by window; the next window is read while one is used."""
        shape = self.record.shape
        ahead: asyncio.Task[list[bytes]] | None = None
        try:
            windows = list(split(shape, part, window_bytes=window_bytes))
            for at, window in enumerate(windows):
                chunks = await (ahead or self.read(window, key))
                ahead = None
                if at + 1 < len(windows):
                    ahead = asyncio.create_task(self.read(windows[at + 1], key))
                for chunk, data in enumerate(chunks, window.first_chunk):
                    begin = chunk * shape.chunk_bytes
                    wanted = data[max(0, part.start - begin) : max(0, part.stop - begin)]
                    if wanted:
                        yield wanted
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def read(self, window: Window, key: ContentKey | None) -> list[bytes]:
        """The plaintext of each chunk of the window.

        Raises:
            NotEnoughFragments: fewer than k fragments give good blocks.
            ObjectBroken: good blocks that do not decrypt.
        """
        bodies: dict[int, Block] = {}
        while True:
            sources = await self._ready()
            fresh = [source for source in sources if source.fragment.index not in bodies]
            await asyncio.gather(*(self._fetch(source, window, into=bodies) for source in fresh))
            usable = [source for source in sources if source.fragment.index in bodies]
            if len(usable) < self.record.shape.k:
                continue
            refused, chunks = await asyncio.to_thread(self._open, usable, bodies, window, key)
            if not refused:
                return chunks
            for source, error in refused:
                del bodies[source.fragment.index]
                self._drop(source.record, error)

    async def _fetch(self, source: Source, window: Window, *, into: dict[int, Block]) -> None:
        try:
            async with patience(source.record.provider, seconds=self._stall_seconds):
                into[source.fragment.index] = await source.read(self.record.shape, window)
        except VaultError as error:
            self._drop(source.record, error)

    def _open(
        self, sources: list[Source], bodies: Mapping[int, Block], window: Window, key: ContentKey | None
    ) -> tuple[list[tuple[Source, FragmentRefused]], list[bytes]]:
        """The sources with a wrong block, or else the chunks; runs in a worker thread."""
        columns, refused = {}, []
        for source in sources:
            index = source.fragment.index
            blocks = cut(self.record.shape, bodies[index], first_chunk=window.first_chunk, count=window.count)
            columns[index] = list(blocks)
            try:
                if source.whole is None:
                    source.fragment.check_blocks(window.first_chunk, columns[index])
            except FragmentRefused as error:
                refused.append((source, error))
        return refused, [] if refused else [
            self._chunk(
                window.first_chunk + at, {index: column[at] for index, column in columns.items()}, key
            )
            for at in range(window.count)
        ]

    def _chunk(self, chunk: int, blocks: Mapping[int, Block], key: ContentKey | None) -> bytes:
        """One chunk from k proven blocks."""
        shape = self.record.shape
        stripe = self._codec.decode(blocks, stripe_bytes=shape.stripe_bytes(chunk))
        return key.open(chunk, stripe, is_last=chunk == shape.chunk_count - 1) if key else stripe

    async def _ready(self) -> list[Source]:
        """As many sources as a reader needs, lowest index first.

        Raises:
            NotEnoughFragments: there are no more to try.
        """
        k = self.record.shape.k
        async with self._opening:
            while len(self._sources) < k:
                wanted = [
                    self._untried.pop(0) for _ in range(min(k - len(self._sources), len(self._untried)))
                ]
                if not wanted:
                    raise self._not_enough()
                await asyncio.gather(*(self._try(piece) for piece in wanted))
            return [self._sources[index] for index in sorted(self._sources)][:k]

    async def _try(self, piece: FragmentRecord) -> None:
        store = self._stores.get(piece.provider)
        try:
            if store is None:
                raise StoreFailed("The provider is not part of this realm any more.", provider=piece.provider)
            async with patience(piece.provider, seconds=self._stall_seconds):
                self._sources[piece.index] = await self._check(piece, store)
        except VaultError as error:
            self._drop(piece, error)

    async def _check(self, piece: FragmentRecord, store: Store) -> Source:
        shape, expected = self.record.shape, self._expected(piece)
        if self.is_whole:
            data = await store.read(piece.name, start=0, length=shape.fragment_bytes)
            return Source(check_whole(data, expected), piece, store, data)
        head, tail = await asyncio.gather(
            store.read(piece.name, start=0, length=HEAD_BYTES),
            store.read(
                piece.name, start=shape.fragment_bytes - shape.trailer_bytes, length=shape.trailer_bytes
            ),
        )
        return Source(check_ends(head, tail, expected), piece, store, None)

    def _expected(self, piece: FragmentRecord) -> Expected:
        record = self.record
        return Expected(
            realm_id=self._realm_id,
            object_id=read_id(record.object_id),
            generation=record.generation,
            index=piece.index,
            shape=record.shape,
            length_bytes=record.length_bytes,
            object_root=record.object_root,
            fragment_root=piece.root,
            seal_key=self._seal_key,
        )

    def _drop(self, piece: FragmentRecord, error: VaultError) -> None:
        self._sources.pop(piece.index, None)
        self._lost[piece.provider] = error
        self._faults[piece.provider] += 1

    def _check_length(self, key: ContentKey, fragment: Fragment) -> None:
        length, shape = key.open_length(fragment.trailer.length_box), self.record.shape
        if length != self.record.length_bytes or stored_length(shape.suite, length) != shape.padded_bytes:
            raise ObjectBroken(
                Fault.TRUE_LENGTH, "The object contradicts itself about its length. Nothing was returned."
            )

    def _not_enough(self) -> NotEnoughFragments:
        shape = self.record.shape
        good = len(self._sources)
        reasons = " ".join(f"{provider}: {error}" for provider, error in sorted(self._lost.items()))
        return NotEnoughFragments(
            f"Only {good} of {shape.n} fragments can be read and {shape.k} are needed: {shape.k - good} more "
            f"{'provider' if shape.k - good == 1 else 'providers'} must return. Nothing wrong was returned. "
            f"Try again then. {reasons}",
            fragments_good=good,
            fragments_needed=shape.k,
            providers_to_return=shape.k - good,
        )
