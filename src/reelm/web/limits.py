"""Limit how often one client may do what costs others something; counted per process."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TypeVar

from reelm.base import (
    AccountId,
    ClipId,
    Clock,
    LimitKey,
    Network,
    NetworkLimit,
    RateLimit,
    TooMany,
    account_key,
    joint_key,
)

# Every tab that shows clips on their way has one for each of them.
STREAMS_AT_ONCE = 12
_RETRY_SECONDS = 10
_Event = TypeVar("_Event")


class Streams:
    """Answers that stay open, counted by whom they are for."""

    def __init__(self, most: int = STREAMS_AT_ONCE) -> None:
        self._most = most
        self._open = Counter[LimitKey]()

    def check(self, key: LimitKey) -> None:
        """Raise ``TooMany`` when no more may be opened."""
        if self._open[key] >= self._most:
            raise TooMany(
                f"{self._most} streams of yours are open already. Nothing was lost. Close some, or ask for "
                "the clips themselves.",
                retry_after_seconds=_RETRY_SECONDS,
            )

    async def counted(self, key: LimitKey, events: AsyncIterator[_Event]) -> AsyncIterator[_Event]:
        """Yield the same events, counted as an open stream until their end.

        Of streams that were asked for at the same moment, those that are too many end at once.
        """
        if self._open[key] >= self._most:
            return
        self._open[key] += 1
        try:
            async for event in events:
                yield event
        finally:
            self._open -= Counter[LimitKey]([key])


class ViewLimit:
    """One view per viewer, clip and hour: loops and reloads do not make a clip popular.

    A viewer is an account, or else a network: whoever is not signed in can call himself anything.
    """

    def __init__(self, clock: Clock) -> None:
        self._accounts = RateLimit(burst=1, refill_seconds=3600, clock=clock)
        self._networks = NetworkLimit(burst=1, refill_seconds=3600, wide_factor=50, clock=clock)

    def try_take(self, viewer: AccountId | None, network: Network, clip: ClipId) -> bool:
        """Return whether a view of this viewer may count now; from then on it has."""
        if viewer is None:
            if self._networks.wait_seconds(network.about(clip)) > 0:
                return False
            self._networks.take(network.about(clip))
            return True
        key = joint_key(account_key(viewer), clip)
        if self._accounts.wait_seconds(key) > 0:
            return False
        self._accounts.take(key)
        return True

    def give_back(self, viewer: AccountId | None, network: Network, clip: ClipId) -> None:
        """Undo ``try_take`` for what was no view."""
        if viewer is None:
            self._networks.give_back(network.about(clip))
        else:
            self._accounts.give_back(joint_key(account_key(viewer), clip))


@dataclass(frozen=True)
class Limits:
    """Generous for people, tight for loops."""

    uploads: RateLimit
    posts: RateLimit
    comments: RateLimit
    views: ViewLimit
    reports: NetworkLimit
    staff: RateLimit
    streams: Streams = field(default_factory=Streams)

    @classmethod
    def of(cls, clock: Clock) -> "Limits":
        return cls(
            uploads=RateLimit(burst=60, refill_seconds=3600, clock=clock),
            posts=RateLimit(burst=60, refill_seconds=3600, clock=clock),
            comments=RateLimit(burst=30, refill_seconds=300, clock=clock),
            views=ViewLimit(clock),
            # Most of a household, swiping all the time.
            reports=NetworkLimit(burst=1200, refill_seconds=300, clock=clock),
            # Each is a leaf of the ledger, refused ones too.
            staff=RateLimit(burst=60, refill_seconds=3600, clock=clock),
        )
