"""Read one object from k good fragments, each block proven before it is decoded, each chunk after.

Those that answer soonest are asked, as ``LatencyTracker`` knows them; the systematic ones first among equals,
since they need no arithmetic. A fragment that is late, missing or wrong is done without, and the next one
takes its place, down to exactly k.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import islice
from typing import Any, Final, ParamSpec, TypeVar

from reelm.base import ReelmError, SingleFlight, cancel_all, run_both
from reelm.vault.codec import Block
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import (
    FailedCheck,
    FragmentMissing,
    FragmentRefused,
    KeyNeeded,
    KeyRefused,
    NotEnoughFragments,
    ObjectBroken,
    VaultError,
)
from reelm.vault.format import ChunkWindow
from reelm.vault.fragment import Fragment, split_blocks
from reelm.vault.fragment_reader import FragmentReader, OpenFragment, is_whole, open_fragment, read_candidate
from reelm.vault.hedge import HedgedRequest, run_hedged
from reelm.vault.keys import ContentKey
from reelm.vault.latency import ReadCandidate
from reelm.vault.model import FragmentState, stored_length
from reelm.vault.ports import Wrapper
from reelm.vault.share import combine
from reelm.vault.store import FragmentRecord, ObjectRecord

# A thread costs more than the work itself up to here.
_INLINE_BYTES = 64 << 10
# A store that has been asked for so many times its usual longest is as good as gone.
_SILENT_FACTOR = 3

# Windows of one stream that are being read: while one is decoded, the next is on its way.
_AT_ONCE = 2

# What a fragment is lost by for good; a store that merely fails may have it a moment later.
_GONE: Final = (FragmentMissing, FragmentRefused)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def _ignore(record: ObjectRecord, piece: FragmentRecord) -> None:
    """Do nothing about a bad fragment: upkeep looks at all of them anyway."""


class Retrieval:
    """One object opened for reading; safe to share between readers, and holds no key.

    Readers of the same window at the same time share its requests and its decoding; each decrypts for itself.

    Attributes:
        is_clean: no fragment had to be done without so far, so that it is worth keeping for the next reader.
    """

    def __init__(
        self,
        record: ObjectRecord,
        environment: VaultEnvironment,
        *,
        suspect: Callable[[ObjectRecord, FragmentRecord], None] = _ignore,
    ) -> None:
        self.record = record
        self._environment = environment
        self._suspect = suspect
        self._codec = environment.codec(record.shape.k, record.shape.n)
        self._sources: dict[int, OpenFragment] = {}
        self._lost: dict[int, VaultError] = {}
        self._openings = SingleFlight[int, OpenFragment]()
        self._windows = SingleFlight[ChunkWindow, list[bytes]]()

    @property
    def is_clean(self) -> bool:
        """Return whether no fragment had to be done without so far."""
        return not self._lost

    @property
    def is_whole(self) -> bool:
        """Return whether fragments are small enough to be read in one request each."""
        return is_whole(self.record.shape)

    async def content_key(self, wrapper: Wrapper | None) -> ContentKey | None:
        """Open both locks and return the key, or None where there are none.

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
                FailedCheck.KEY,
                "The key does not open this object: it belongs to someone else, or was destroyed.",
            ) from error
        shared = combine({source.fragment.index: source.fragment.header.share for source in sources})
        key = ContentKey(header.common, dek=dek, shared=shared)
        key.check(header.commitment)
        self._check_length(key, sources[0].fragment)
        return key

    async def proven(self) -> list[Fragment]:
        """Return heads and trailers of k fragments.

        Raises:
            NotEnoughFragments: fewer can be read.
        """
        return [source.fragment for source in await self._ready()]

    async def stream(
        self, part: range, key: ContentKey | None, *, window_bytes: int
    ) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of that part by windows; the next are fetched while one is decoded and used."""
        shape = self.record.shape
        windows = shape.windows(part, window_bytes=window_bytes)
        coming: deque[tuple[ChunkWindow, asyncio.Task[list[bytes]]]] = deque()

        def begin(count: int) -> None:
            for window in islice(windows, count):
                coming.append((window, asyncio.create_task(self.read(window, key))))

        try:
            begin(_AT_ONCE)
            while coming:
                window, reading = coming[0]
                chunks = await reading
                coming.popleft()
                begin(1)
                for chunk, data in enumerate(chunks, window.first_chunk):
                    begin_byte = chunk * shape.chunk_bytes
                    wanted = data[max(0, part.start - begin_byte) : max(0, part.stop - begin_byte)]
                    if wanted:
                        yield wanted
        finally:
            await cancel_all(reading for _, reading in coming)

    async def read(self, window: ChunkWindow, key: ContentKey | None) -> list[bytes]:
        """Return the plaintext of each chunk of the window; without a key, what ``stripes`` returns.

        Raises:
            NotEnoughFragments: fewer than k fragments give good blocks.
            ObjectBroken: good blocks that do not decrypt.
        """
        stripes = await self.stripes(window)
        return await self._work(window, self._decrypt, stripes, window, key) if key else stripes

    async def stripes(self, window: ChunkWindow) -> list[bytes]:
        """Return each chunk of the window as it was before fragmenting, still sealed; needs no key.

        Raises:
            NotEnoughFragments: fewer than k fragments give good blocks.
        """
        return await self._windows.run(window, partial(self._stripes, window))

    async def _stripes(self, window: ChunkWindow) -> list[bytes]:
        found: dict[int, tuple[OpenFragment, Block]] = {}
        failed: set[int] = set()
        while True:
            without = failed | found.keys()
            ask = partial(self._fetch, window)
            wanted = self.record.shape.k - len(found)
            for source, block in await self._ask(ask, window, wanted=wanted, without=without):
                found[source.fragment.index] = source, block
            chosen = [found[index] for index in sorted(found)][: self.record.shape.k]
            refused, stripes = await self._work(window, self._open, chosen, window)
            if not refused:
                return stripes
            for source, error in refused:
                failed.add(source.fragment.index)
                del found[source.fragment.index]
                self._lose(source.reader.record, error)

    async def _ready(self) -> list[OpenFragment]:
        """Return as many open fragments as the keys need, lowest index first."""
        k = self.record.shape.k
        sources = list(self._sources.values())
        if len(sources) < k:
            sources = await self._ask(self._source, None, wanted=k, without=set())
        return sorted(sources, key=lambda source: source.fragment.index)[:k]

    async def _ask(
        self,
        ask: Callable[[FragmentRecord], Awaitable[T]],
        window: ChunkWindow | None,
        *,
        wanted: int,
        without: AbstractSet[int],
    ) -> list[T]:
        """Return at least so many answers, each of another fragment, the likeliest asked first.

        Raises:
            NotEnoughFragments: there are no more to ask.
        """
        latency = self._environment.latency
        at = self._environment.clock.monotonic_seconds()
        pieces = {piece.index: piece for piece in self._usable() if piece.index not in without}
        order = latency.order((self._candidate(piece, window) for piece in pieces.values()), at=at)
        requests = [
            self._request(candidate, partial(self._try, ask, pieces[candidate.index]), at=at)
            for candidate in order
        ]
        answers = await run_hedged(requests, wanted=wanted, may_hedge=latency.budget.spend)
        if len(answers) < wanted:
            raise self._not_enough(missing=wanted - len(answers))
        return answers

    def _usable(self) -> list[FragmentRecord]:
        """Return the fragments that are not known to be bad, at providers that are still there."""
        return [
            piece
            for piece in self.record.fragments
            if piece.provider in self._environment.stores
            and not isinstance(self._lost.get(piece.index), _GONE)
        ]

    def _candidate(self, piece: FragmentRecord, window: ChunkWindow | None) -> ReadCandidate:
        return read_candidate(
            piece,
            self.record.shape,
            window,
            is_open=piece.index in self._sources,
            is_doubtful=piece.state is not FragmentState.STORED or piece.index in self._lost,
        )

    def _request(
        self, candidate: ReadCandidate, start: Callable[[], Coroutine[Any, Any, T | None]], *, at: float
    ) -> HedgedRequest[T]:
        config = self._environment.config
        ceiling = config.hedge_ceiling_seconds
        usual = self._environment.latency.late_seconds(candidate, at=at)
        late = ceiling if usual is None else min(max(usual, config.hedge_floor_seconds), ceiling)
        return HedgedRequest(start, late, max(ceiling, _SILENT_FACTOR * (usual or 0)))

    async def _try(self, ask: Callable[[FragmentRecord], Awaitable[T]], piece: FragmentRecord) -> T | None:
        try:
            answer = await ask(piece)
        except VaultError as error:
            self._lose(piece, error)
            return None
        if not isinstance(self._lost.get(piece.index), _GONE):
            self._lost.pop(piece.index, None)
        return answer

    async def _fetch(self, window: ChunkWindow, piece: FragmentRecord) -> tuple[OpenFragment, Block]:
        """Return the window from one fragment, opening it at the same time when it is not open yet."""
        if piece.index in self._sources or self.is_whole:
            source = await self._source(piece)
            return source, await source.read(window)
        early = self._reader(piece).read_window(self.record.shape, window)
        return await run_both(self._source(piece), early)

    async def _source(self, piece: FragmentRecord) -> OpenFragment:
        if piece.index not in self._sources:
            opening = partial(open_fragment, self._reader(piece), self.record)
            self._sources[piece.index] = await self._openings.run(piece.index, opening)
        return self._sources[piece.index]

    def _reader(self, piece: FragmentRecord) -> FragmentReader:
        return FragmentReader(piece, self._environment.stores[piece.provider], self._environment)

    async def _work(self, window: ChunkWindow, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do arithmetic on a window: at once when it is short, otherwise in a thread."""
        shape = self.record.shape
        if min(window.count * shape.chunk_bytes, shape.padded_bytes) <= _INLINE_BYTES:
            return work(*args, **kwargs)
        return await asyncio.to_thread(work, *args, **kwargs)

    def _open(
        self, found: list[tuple[OpenFragment, Block]], window: ChunkWindow
    ) -> tuple[list[tuple[OpenFragment, FragmentRefused]], list[bytes]]:
        """Return the fragments with a wrong block, or else the stripes."""
        columns, refused = {}, []
        for source, body in found:
            index = source.fragment.index
            columns[index] = list(split_blocks(self.record.shape, body, window))
            try:
                if source.whole is None:
                    source.fragment.check_blocks(window.first_chunk, columns[index])
            except FragmentRefused as error:
                refused.append((source, error))
        return refused, [] if refused else [
            self._codec.decode(
                {index: column[offset] for index, column in columns.items()},
                stripe_bytes=self.record.shape.stripe_bytes(window.first_chunk + offset),
            )
            for offset in range(window.count)
        ]

    def _decrypt(self, stripes: list[bytes], window: ChunkWindow, key: ContentKey) -> list[bytes]:
        last = self.record.shape.chunk_count - 1
        return [
            key.open(chunk, stripe, is_last=chunk == last)
            for chunk, stripe in enumerate(stripes, window.first_chunk)
        ]

    def _lose(self, piece: FragmentRecord, error: VaultError) -> None:
        """Do without a fragment: for good when it is bad, until there is no other when it is only away."""
        if isinstance(self._lost.get(piece.index), _GONE):
            return
        self._lost[piece.index] = error
        self._environment.latency.faults[piece.provider] += 1
        if isinstance(error, _GONE) and piece.state is FragmentState.STORED:
            self._suspect(self.record, piece)

    def _check_length(self, key: ContentKey, fragment: Fragment) -> None:
        length, shape = key.open_length(fragment.trailer.length_box), self.record.shape
        if length != self.record.length_bytes or stored_length(shape.suite, length) != shape.padded_bytes:
            raise ObjectBroken(
                FailedCheck.TRUE_LENGTH,
                "The object contradicts itself about its length. Nothing was returned.",
            )

    def _not_enough(self, *, missing: int) -> NotEnoughFragments:
        shape, stores = self.record.shape, self._environment.stores
        good = shape.k - missing
        reasons = {
            piece.provider: str(self._lost[piece.index])
            for piece in self.record.fragments
            if piece.index in self._lost
        } | {
            piece.provider: "The provider is not part of this realm any more."
            for piece in self.record.fragments
            if piece.provider not in stores
        }
        told = " ".join(f"{provider}: {reason}" for provider, reason in sorted(reasons.items()))
        return NotEnoughFragments(
            f"Only {good} of {shape.n} fragments can be read and {shape.k} are needed: {missing} more "
            f"{'provider' if missing == 1 else 'providers'} must return. Nothing wrong was returned. "
            f"Try again then. {told}",
            fragments_good=good,
            fragments_needed=shape.k,
            providers_to_return=missing,
        )
