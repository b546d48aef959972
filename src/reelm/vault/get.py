"""Reading one object: k good fragments, each block proven before it is decoded, each chunk after.

Those that answer soonest are asked, as ``Standing`` knows them; the systematic ones first among equals, since
they need no arithmetic. A fragment that is late, missing or wrong is done without, and the next one takes its
place, down to exactly k.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import islice
from typing import Any, Final, ParamSpec, TypeVar

from reelm.base import ReelmError
from reelm.vault.codec import Block
from reelm.vault.errors import (
    Fault,
    FragmentMissing,
    FragmentRefused,
    KeyNeeded,
    KeyRefused,
    NotEnoughFragments,
    ObjectBroken,
    VaultError,
)
from reelm.vault.fragment import Fragment, cut
from reelm.vault.joint import Joint
from reelm.vault.keys import ContentKey
from reelm.vault.model import FragmentState, stored_length
from reelm.vault.outside import Outside
from reelm.vault.ports import Wrapper
from reelm.vault.race import Runner, race
from reelm.vault.share import combine
from reelm.vault.source import Holder, Source, candidate, is_whole, open_source, together
from reelm.vault.standing import Candidate
from reelm.vault.store import FragmentRecord, ObjectRecord
from reelm.vault.window import Window, split

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
    """What upkeep does about a fragment that it looks at anyway."""


class Retrieval:
    """One object opened for reading; safe to share between readers, and holds no key.

    Readers of the same window at the same time share its requests and its decoding; each decrypts for itself.

    Attributes:
        is_clean: no fragment had to be done without so far, so that it is worth keeping for the next reader.
    """

    def __init__(
        self,
        record: ObjectRecord,
        outside: Outside,
        *,
        suspect: Callable[[ObjectRecord, FragmentRecord], None] = _ignore,
    ) -> None:
        self.record = record
        self._outside = outside
        self._suspect = suspect
        self._codec = outside.codec(record.shape.k, record.shape.n)
        self._sources: dict[int, Source] = {}
        self._lost: dict[int, VaultError] = {}
        self._openings = Joint[int, Source]()
        self._windows = Joint[Window, list[bytes]]()

    @property
    def is_clean(self) -> bool:
        return not self._lost

    @property
    def is_whole(self) -> bool:
        """Whether fragments are small enough to be read in one request each."""
        return is_whole(self.record.shape)

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
        """The bytes of that part, window by window; the next are fetched while one is decoded and used."""
        shape = self.record.shape
        windows = split(shape, part, window_bytes=window_bytes)
        coming: deque[tuple[Window, asyncio.Task[list[bytes]]]] = deque()

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
                    at = chunk * shape.chunk_bytes
                    wanted = data[max(0, part.start - at) : max(0, part.stop - at)]
                    if wanted:
                        yield wanted
        finally:
            for _, reading in coming:
                reading.cancel()
            await asyncio.gather(*(reading for _, reading in coming), return_exceptions=True)

    async def read(self, window: Window, key: ContentKey | None) -> list[bytes]:
        """The plaintext of each chunk of the window; without a key, what ``stripes`` gives.

        Raises:
            NotEnoughFragments: fewer than k fragments give good blocks.
            ObjectBroken: good blocks that do not decrypt.
        """
        stripes = await self.stripes(window)
        return await self._work(window, self._decrypt, stripes, window, key) if key else stripes

    async def stripes(self, window: Window) -> list[bytes]:
        """Each chunk of the window as it was before fragmenting, still sealed; needs no key.

        Raises:
            NotEnoughFragments: fewer than k fragments give good blocks.
        """
        return await self._windows.join(window, partial(self._stripes, window))

    async def _stripes(self, window: Window) -> list[bytes]:
        found: dict[int, tuple[Source, Block]] = {}
        failed: set[int] = set()
        while True:
            without = failed | found.keys()
            ask = partial(self._fetch, window)
            wanted = self.record.shape.k - len(found)
            for source, block in await self._reach(ask, window, wanted=wanted, without=without):
                found[source.fragment.index] = source, block
            chosen = [found[index] for index in sorted(found)][: self.record.shape.k]
            refused, stripes = await self._work(window, self._open, chosen, window)
            if not refused:
                return stripes
            for source, error in refused:
                failed.add(source.fragment.index)
                del found[source.fragment.index]
                self._lose(source.holder.record, error)

    async def _ready(self) -> list[Source]:
        """As many sources as the keys need, lowest index first."""
        k = self.record.shape.k
        sources = list(self._sources.values())
        if len(sources) < k:
            sources = await self._reach(self._source, None, wanted=k, without=set())
        return sorted(sources, key=lambda source: source.fragment.index)[:k]

    async def _reach(
        self,
        ask: Callable[[FragmentRecord], Awaitable[T]],
        window: Window | None,
        *,
        wanted: int,
        without: AbstractSet[int],
    ) -> list[T]:
        """At least so many answers, each of another fragment, the likeliest asked first.

        Raises:
            NotEnoughFragments: there are no more to ask.
        """
        standing = self._outside.standing
        at = self._outside.clock.monotonic_seconds()
        pieces = {piece.index: piece for piece in self._usable() if piece.index not in without}
        order = standing.order((self._candidate(piece, window) for piece in pieces.values()), at=at)
        runners = [
            self._runner(candidate, partial(self._try, ask, pieces[candidate.index]), at=at)
            for candidate in order
        ]
        answers = await race(runners, wanted=wanted, may_hedge=standing.budget.spend)
        if len(answers) < wanted:
            raise self._not_enough(missing=wanted - len(answers))
        return answers

    def _usable(self) -> list[FragmentRecord]:
        """The fragments that are not known to be bad, at providers that are still there."""
        return [
            piece
            for piece in self.record.fragments
            if piece.provider in self._outside.stores and not isinstance(self._lost.get(piece.index), _GONE)
        ]

    def _candidate(self, piece: FragmentRecord, window: Window | None) -> Candidate:
        return candidate(
            piece,
            self.record.shape,
            window,
            is_open=piece.index in self._sources,
            is_doubtful=piece.state is not FragmentState.STORED or piece.index in self._lost,
        )

    def _runner(
        self, candidate: Candidate, start: Callable[[], Coroutine[Any, Any, T | None]], *, at: float
    ) -> Runner[T]:
        config = self._outside.config
        ceiling = config.hedge_ceiling_seconds
        usual = self._outside.standing.late_seconds(candidate, at=at)
        late = ceiling if usual is None else min(max(usual, config.hedge_floor_seconds), ceiling)
        return Runner(start, late, max(ceiling, _SILENT_FACTOR * (usual or 0)))

    async def _try(self, ask: Callable[[FragmentRecord], Awaitable[T]], piece: FragmentRecord) -> T | None:
        try:
            answer = await ask(piece)
        except VaultError as error:
            self._lose(piece, error)
            return None
        if not isinstance(self._lost.get(piece.index), _GONE):
            self._lost.pop(piece.index, None)
        return answer

    async def _fetch(self, window: Window, piece: FragmentRecord) -> tuple[Source, Block]:
        """The window from one fragment, which is opened at the same time when it is not open yet."""
        if piece.index in self._sources or self.is_whole:
            source = await self._source(piece)
            return source, await source.read(window)
        early = self._holder(piece).read_window(self.record.shape, window)
        return await together(self._source(piece), early)

    async def _source(self, piece: FragmentRecord) -> Source:
        if piece.index not in self._sources:
            opening = partial(open_source, self._holder(piece), self.record)
            self._sources[piece.index] = await self._openings.join(piece.index, opening)
        return self._sources[piece.index]

    def _holder(self, piece: FragmentRecord) -> Holder:
        return Holder(piece, self._outside.stores[piece.provider], self._outside)

    async def _work(self, window: Window, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Arithmetic on a window: at once when it is short, otherwise in a thread."""
        shape = self.record.shape
        if min(window.count * shape.chunk_bytes, shape.padded_bytes) <= _INLINE_BYTES:
            return work(*args, **kwargs)
        return await asyncio.to_thread(work, *args, **kwargs)

    def _open(
        self, found: list[tuple[Source, Block]], window: Window
    ) -> tuple[list[tuple[Source, FragmentRefused]], list[bytes]]:
        """The sources with a wrong block, or else the stripes."""
        columns, refused = {}, []
        for source, body in found:
            index = source.fragment.index
            blocks = cut(self.record.shape, body, first_chunk=window.first_chunk, count=window.count)
            columns[index] = list(blocks)
            try:
                if source.whole is None:
                    source.fragment.check_blocks(window.first_chunk, columns[index])
            except FragmentRefused as error:
                refused.append((source, error))
        return refused, [] if refused else [
            self._codec.decode(
                {index: column[at] for index, column in columns.items()},
                stripe_bytes=self.record.shape.stripe_bytes(window.first_chunk + at),
            )
            for at in range(window.count)
        ]

    def _decrypt(self, stripes: list[bytes], window: Window, key: ContentKey) -> list[bytes]:
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
        self._outside.standing.faults[piece.provider] += 1
        if isinstance(error, _GONE) and piece.state is FragmentState.STORED:
            self._suspect(self.record, piece)

    def _check_length(self, key: ContentKey, fragment: Fragment) -> None:
        length, shape = key.open_length(fragment.trailer.length_box), self.record.shape
        if length != self.record.length_bytes or stored_length(shape.suite, length) != shape.padded_bytes:
            raise ObjectBroken(
                Fault.TRUE_LENGTH, "The object contradicts itself about its length. Nothing was returned."
            )

    def _not_enough(self, *, missing: int) -> NotEnoughFragments:
        shape, stores = self.record.shape, self._outside.stores
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
