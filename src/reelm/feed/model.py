"""Remember what a session has seen, and choose which clips come next. Pure, the same for the same seed.

A session must show every visible clip once, however many there are, and its memory travels in the cursor. So
it remembers two things about its stream, the clips in the order of publication: a ``ShownSpan``, from one
place to another, of which everything was shown; and ``marks``, short keyed hashes of what was shown outside
the span. Marks next to the span melt into it, so the memory stays small although popular clips come out of
order.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import NamedTuple

from reelm.base import AccountId, ClipId
from reelm.clips import Candidate, ClipPlace, ClipView

SEED_BYTES = 8
# 400 marks of 40 bits: one clip in 2.7 billion would be taken for one that was shown.
MARK_BYTES = 5
MARKS_MAX = 400
POPULAR_CHOICE = 8


class Tab(StrEnum):
    """The choice of a feed: the mix for one viewer, those whom they follow, or this realm's newest."""

    FOR_YOU = "for-you"
    FOLLOWING = "following"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Page:
    """The next clips, and the cursor that continues; None when everything was shown."""

    clips: tuple[ClipView, ...]
    cursor: str | None


class ShownSpan(NamedTuple):
    """Two places between which, both included, everything published was shown."""

    newest: ClipPlace
    oldest: ClipPlace


@dataclass(frozen=True, slots=True)
class FeedSession:
    """The content of a cursor. ``marks`` are ordered, the latest last; ``last_author`` is a mark too."""

    tab: Tab
    seed: bytes
    served_count: int = 0
    last_author: bytes | None = None
    span: ShownSpan | None = None
    marks: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamReach:
    """The part of the stream that a page looks at.

    ``rising`` begins right above the span, oldest first; ``falling`` right below it, newest first; neither
    leaves out a visible clip. ``beyond`` is newer than both, newest first, and there may be clips between it
    and ``rising``. Without a span, everything is ``falling``.
    """

    beyond: Sequence[Candidate]
    rising: Sequence[Candidate]
    falling: Sequence[Candidate]

    def newest_first(self) -> Iterator[Candidate]:
        return chain(self.beyond, reversed(self.rising), self.falling)

    def nearest_first(self) -> Iterator[Candidate]:
        """Return the clips in the order in which what is shown melts into the span at once."""
        return chain(self.falling, self.rising, reversed(self.beyond))


class Memory:
    """The clips that a session has seen, while one page is put together."""

    def __init__(self, session: FeedSession) -> None:
        self._session = session
        self._keyed = hashlib.blake2b(key=session.seed, digest_size=MARK_BYTES)
        self._marks = dict.fromkeys(session.marks)
        # Each slot looks through the same lists again; what was shown is hashed once per page.
        self._known: set[ClipId] = set()
        self.span = session.span
        self.served_count = session.served_count
        self.last_author = session.last_author

    @property
    def room(self) -> int:
        """Return how many more clips can be shown out of order before the oldest marks must be forgotten."""
        return MARKS_MAX - len(self._marks)

    def mark(self, value: str) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(value.encode())
        return keyed.digest()

    def has(self, candidate: Candidate) -> bool:
        if candidate.clip_id in self._known:
            return True
        span = self.span
        is_spanned = span is not None and span.oldest <= candidate.place <= span.newest
        is_seen = is_spanned or self.mark(candidate.clip_id) in self._marks
        if is_seen:
            self._known.add(candidate.clip_id)
        return is_seen

    def unseen(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        return (each for each in candidates if not self.has(each))

    def is_by_last_author(self, author: AccountId) -> bool:
        return self.mark(author) == self.last_author

    def draw(self, below: int) -> int:
        """Return the seed's choice for the next slot, 0 to ``below - 1``."""
        return int.from_bytes(self.mark(f"slot {self.served_count}")) % below

    def add(self, candidate: Candidate) -> None:
        self._marks[self.mark(candidate.clip_id)] = None
        self.last_author = self.mark(candidate.account_id)
        self.served_count += 1

    def melt(self, reach: StreamReach, *, settled_before: datetime) -> None:
        """Let the marks next to the span become part of it.

        ``settled_before`` leaves out what was published a moment ago: a clip published by another process at
        almost the same time may still turn up in between.
        """
        rising, falling = reach.rising, reach.falling
        if self.span is None:
            first = next((at for at, each in enumerate(falling) if self._melts(each, settled_before)), None)
            if first is None:
                return
            self.span = ShownSpan(falling[first].place, falling[first].place)
            rising, falling = falling[:first][::-1], falling[first + 1 :]
        for each in falling:
            if not self._melts(each, settled_before):
                break
            self.span = ShownSpan(self.span.newest, each.place)
        for each in rising:
            if not self._melts(each, settled_before):
                break
            self.span = ShownSpan(each.place, self.span.oldest)

    def _melts(self, candidate: Candidate, settled_before: datetime) -> bool:
        if candidate.published_at >= settled_before:  # asked first: a comparison costs less than a hash
            return False
        mark = self.mark(candidate.clip_id)
        if mark not in self._marks:
            return False
        del self._marks[mark]
        return True

    def session(self) -> FeedSession:
        return FeedSession(
            self._session.tab,
            self._session.seed,
            self.served_count,
            self.last_author,
            self.span,
            tuple(self._marks)[-MARKS_MAX:],
        )


class SlotSource(StrEnum):
    """The list that the clip of a slot comes from; ``QUIET`` explores among clips that few have seen."""

    FRESH = "fresh"
    POPULAR = "popular"
    FOLLOWED = "followed"
    QUIET = "quiet"


# The rhythm of for-you. A slot whose source has run dry is filled from the next source in FALLBACK.
PATTERN = (SlotSource.POPULAR, SlotSource.FRESH, SlotSource.FOLLOWED, SlotSource.POPULAR, SlotSource.QUIET)
FALLBACK = (SlotSource.FOLLOWED, SlotSource.POPULAR, SlotSource.FRESH, SlotSource.QUIET)


@dataclass(frozen=True, slots=True)
class Offer:
    """The candidates for a page of for-you. ``fresh`` holds a clip of every author that is left in reach."""

    fresh: Sequence[Candidate]
    popular: Sequence[Candidate] = ()
    followed: Sequence[Candidate] = ()
    quiet: Sequence[Candidate] = ()


def mix(offer: Offer, memory: Memory, *, size: int) -> tuple[Candidate, ...]:
    """Return the next ``size`` clips of for-you, fewer when no more are left, and none that was shown.

    Two clips of one author follow each other only when nobody else's are offered.
    """
    picks: list[Candidate] = []
    while len(picks) < size and (pick := _pick(offer, memory)) is not None:
        memory.add(pick)
        picks.append(pick)
    return tuple(picks)


def in_order(candidates: Iterable[Candidate], memory: Memory, *, size: int) -> tuple[Candidate, ...]:
    """Return the first ``size`` clips that were not shown, as they come."""
    picks = tuple(islice(memory.unseen(candidates), size))
    for pick in picks:
        memory.add(pick)
    return picks


def _pick(offer: Offer, memory: Memory) -> Candidate | None:
    slot = PATTERN[memory.served_count % len(PATTERN)]
    for source in (slot, *FALLBACK):
        others = (
            each for each in _ordered(offer, source, memory) if not memory.is_by_last_author(each.account_id)
        )
        best = list(islice(others, POPULAR_CHOICE if source is SlotSource.POPULAR else 1))
        if best:
            return best[memory.draw(len(best))]
    return next(memory.unseen(offer.fresh), None)


def _ordered(offer: Offer, source: SlotSource, memory: Memory) -> Iterator[Candidate]:
    match source:
        case SlotSource.FRESH:
            return memory.unseen(offer.fresh)
        case SlotSource.POPULAR:
            return memory.unseen(offer.popular)
        case SlotSource.FOLLOWED:
            return memory.unseen(offer.followed)
        case SlotSource.QUIET:
            start = memory.draw(len(offer.quiet)) if offer.quiet else 0
            return memory.unseen(chain(islice(offer.quiet, start, None), islice(offer.quiet, start)))
