"""Limit how often one client may do what costs others something; counted per process."""

from collections import Counter
from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from reelm.base import Clock, RateLimit, TooMany

# Every tab that shows clips on their way has one for each of them.
STREAMS_AT_ONCE = 12
_RETRY_SECONDS = 10
_Event = TypeVar("_Event")


class Streams:
    """Answers that stay open, counted by whom they are for."""

    def __init__(self, most: int = STREAMS_AT_ONCE) -> None:
        self._most = most
        self._open: Counter[Hashable] = Counter()

    def check(self, key: Hashable) -> None:
        """Raise ``TooMany`` when no more may be opened."""
        if self._open[key] >= self._most:
            raise TooMany(
                f"{self._most} streams of yours are open already. Nothing was lost. Close some, or ask for "
                "the clips themselves.",
                retry_after_seconds=_RETRY_SECONDS,
            )

    async def counted(self, key: Hashable, events: AsyncIterator[_Event]) -> AsyncIterator[_Event]:
        """Yield the same events, counted as an open stream until their end."""
        self._open[key] += 1
        try:
            async for event in events:
                yield event
        finally:
            self._open -= Counter([key])


@dataclass(frozen=True)
class Limits:
    """Generous for people, tight for loops."""

    uploads: RateLimit
    posts: RateLimit
    comments: RateLimit
    views: RateLimit
    staff: RateLimit
    streams: Streams = field(default_factory=Streams)

    @classmethod
    def of(cls, clock: Clock) -> "Limits":
        return cls(
            uploads=RateLimit(burst=60, refill_seconds=3600, clock=clock),
            posts=RateLimit(burst=60, refill_seconds=3600, clock=clock),
            comments=RateLimit(burst=30, refill_seconds=300, clock=clock),
            # One view per client, clip and hour: loops and reloads do not make a clip popular.
            views=RateLimit(burst=1, refill_seconds=3600, clock=clock),
            # Each is a leaf of the ledger, refused ones too.
            staff=RateLimit(burst=60, refill_seconds=3600, clock=clock),
        )
