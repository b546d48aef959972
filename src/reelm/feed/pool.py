"""Keep the candidates that every viewer shares for a moment."""

from dataclasses import dataclass

from reelm.base import Clock, Tx
from reelm.clips import Candidate, Clips
from reelm.feed.stream import StreamHead


@dataclass(frozen=True, slots=True)
class Pool:
    head: StreamHead
    popular: tuple[Candidate, ...]
    quiet: tuple[Candidate, ...]


class Pools:
    """The latest ``Pool`` of this process, at most ``keep_seconds`` old.

    A clip that is removed meanwhile may still be in it: what leaves the feed is looked up again, always.
    """

    def __init__(
        self, clips: Clips, *, clock: Clock, keep_seconds: float, recent_count: int, popular_count: int
    ) -> None:
        self._clips = clips
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._recent_count = recent_count
        self._popular_count = popular_count
        self._pool: Pool | None = None
        self._fresh_until_seconds = 0.0

    async def latest(self, tx: Tx) -> Pool:
        now_seconds = self._clock.monotonic_seconds()
        if self._pool is not None and now_seconds < self._fresh_until_seconds:
            return self._pool
        # One request loads; those that come meanwhile go on with the pool that is there.
        self._fresh_until_seconds = now_seconds + self._keep_seconds
        try:
            self._pool = await self._load(tx)
        except BaseException:
            self._fresh_until_seconds = now_seconds
            raise
        return self._pool

    async def _load(self, tx: Tx) -> Pool:
        recent = await self._clips.candidates.recent(tx, self._recent_count)
        popular = await self._clips.candidates.popular(tx, self._popular_count, self._clock.now())
        by_views = sorted(recent, key=lambda each: each.view_count)
        return Pool(
            head=StreamHead(recent, is_whole=len(recent) < self._recent_count),
            popular=popular,
            quiet=tuple(by_views[: (len(by_views) + 1) // 2]),
        )
