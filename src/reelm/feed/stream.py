"""Read visible clips in the order of publication, as far as a page needs them."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import islice
from typing import Protocol

from reelm.base import AccountId, Tx
from reelm.clips import Candidate, ClipPlace, Clips
from reelm.feed.model import Memory, StreamReach

BATCH = 60


class StreamHead:
    """The newest clips of a stream, newest first; ``is_whole`` when there are no others."""

    def __init__(self, clips: Sequence[Candidate], *, is_whole: bool) -> None:
        self.clips = clips
        self.is_whole = is_whole
        self._rising_places = [each.place for each in reversed(clips)]

    def newer(self, place: ClipPlace) -> Sequence[Candidate]:
        return self.clips[: len(self.clips) - bisect_right(self._rising_places, place)]

    def older(self, place: ClipPlace) -> Sequence[Candidate]:
        return self.clips[len(self.clips) - bisect_left(self._rising_places, place) :]


class Stream(Protocol):
    """Visible clips in the order of publication. Reads only; what was read may be removed a moment later."""

    async def head(self) -> StreamHead:
        """Return the newest clips; may be a moment old."""
        ...

    async def older(self, than: ClipPlace) -> Sequence[Candidate]:
        """Return up to ``BATCH`` clips below a place, newest first; fewer at the end of the stream."""
        ...

    async def newer(self, than: ClipPlace) -> Sequence[Candidate]:
        """Return up to ``BATCH`` clips above a place, oldest first; fewer at the top of the stream."""
        ...


class Recent:
    """The stream of all that is visible in the realm."""

    def __init__(self, clips: Clips, tx: Tx, head: StreamHead) -> None:
        self._clips = clips
        self._tx = tx
        self._head = head

    async def head(self) -> StreamHead:
        return self._head

    async def older(self, than: ClipPlace) -> Sequence[Candidate]:
        return await self._clips.candidates.recent(self._tx, BATCH, before=than)

    async def newer(self, than: ClipPlace) -> Sequence[Candidate]:
        return await self._clips.candidates.recent(self._tx, BATCH, after=than)


class Followed:
    """The stream of those whom the viewer follows."""

    def __init__(self, clips: Clips, tx: Tx, viewer: AccountId) -> None:
        self._clips = clips
        self._tx = tx
        self._viewer = viewer

    async def head(self) -> StreamHead:
        clips = await self._clips.candidates.followed(self._tx, self._viewer, BATCH)
        return StreamHead(clips, is_whole=len(clips) < BATCH)

    async def older(self, than: ClipPlace) -> Sequence[Candidate]:
        return await self._clips.candidates.followed(self._tx, self._viewer, BATCH, before=than)

    async def newer(self, than: ClipPlace) -> Sequence[Candidate]:
        return await self._clips.candidates.followed(self._tx, self._viewer, BATCH, after=than)


async def look(stream: Stream, memory: Memory, *, want: int, is_near: bool = False) -> StreamReach:
    """Read as much of the stream as holds ``want`` clips that were not shown, or all of it that may hold any.

    ``is_near`` looks only where there is nothing between the span and what is found.
    """
    head = await stream.head()
    if not head.clips:
        return StreamReach((), (), ())
    bottom = head.clips[-1].place
    if memory.span is None:
        reach, floor, is_joined = StreamReach((), (), head.clips), bottom, True
    else:
        newest, oldest = memory.span
        above, floor = head.newer(newest), min(bottom, oldest)
        is_joined = head.is_whole or bottom <= newest
        beyond = () if is_joined or is_near else above
        reach = StreamReach(beyond, above[::-1] if is_joined else (), head.older(oldest))
    reach = reach if head.is_whole else await _look_down(stream, memory, reach, floor=floor, want=want)
    return reach if is_joined else await _look_up(stream, memory, reach, want=want)


def _has_enough(memory: Memory, reach: StreamReach, want: int) -> bool:
    return sum(1 for _ in islice(memory.unseen(reach.newest_first()), want)) == want


async def _look_down(
    stream: Stream, memory: Memory, reach: StreamReach, *, floor: ClipPlace, want: int
) -> StreamReach:
    while not _has_enough(memory, reach, want):
        more = await stream.older(floor)
        reach = StreamReach(reach.beyond, reach.rising, (*reach.falling, *more))
        if len(more) < BATCH:
            break
        floor = more[-1].place
    return reach


async def _look_up(stream: Stream, memory: Memory, reach: StreamReach, *, want: int) -> StreamReach:
    """Fill the gap between the span and the head: so much was published that the head does not reach it."""
    assert memory.span is not None  # noqa: S101 - without a span there is no gap
    ceiling = memory.span.newest
    while not _has_enough(memory, reach, want):
        more = await stream.newer(ceiling)
        rising = (*reach.rising, *more)
        beyond = tuple(each for each in reach.beyond if not rising or each.place > rising[-1].place)
        reach = StreamReach(beyond, rising, reach.falling)
        if len(more) < BATCH:
            break
        ceiling = more[-1].place
    return reach
