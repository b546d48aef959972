"""Limit how often something may happen: a token bucket per key, in memory.

Written as GCRA: one number per key, the moment at which its bucket will be full again. Keys that have not
been used for the longest make room for new ones, and those are the fullest, so forgetting them gives little
away.

Source: ITU-T I.371, annex A (generic cell rate algorithm).
"""

import math
from collections.abc import Hashable

from reelm.base.errors import TooMany
from reelm.base.lru import LruCache
from reelm.base.ports import Clock


class RateLimit:
    """At most ``burst`` takes at once, and ``burst`` per ``refill_seconds`` in the long run, for each key.

    For one process; forgotten when it ends.

    Attributes:
        burst: how many takes a full bucket allows, at least 1.
        refill_seconds: how long an empty bucket takes to fill, above 0.
        max_keys: how many keys are remembered, at about 200 bytes each.
    """

    def __init__(
        self,
        *,
        burst: int,
        refill_seconds: float,
        clock: Clock,
        max_keys: int = 100_000,
        error: type[TooMany] = TooMany,
    ) -> None:
        if burst < 1 or refill_seconds <= 0 or max_keys < 1:
            raise ValueError("a limit needs burst >= 1, refill_seconds > 0 and max_keys >= 1")
        self.burst = burst
        self.refill_seconds = refill_seconds
        self.max_keys = max_keys
        self._clock = clock
        self._error = error
        self._full_at = LruCache[Hashable, float](max_keys)

    def take(self, key: Hashable) -> None:
        """Take one; a refused take costs nothing.

        Raises:
            TooMany: none is left; ``retry_after_seconds`` says when there will be one.
        """
        wait_seconds = self.wait_seconds(key)
        if wait_seconds > 0:
            retry = math.ceil(wait_seconds)
            raise self._error(
                f"That was tried too often, so it was not done. Wait {retry} seconds and try again.",
                retry_after_seconds=retry,
            )
        now = self._clock.monotonic_seconds()
        self._full_at.put(key, max(self._full_at.peek(key) or now, now) + self.refill_seconds / self.burst)

    def wait_seconds(self, key: Hashable) -> float:
        """Return how many seconds until a take would be allowed; 0 when it is allowed now."""
        now = self._clock.monotonic_seconds()
        missing = max((self._full_at.peek(key) or now) - now, 0.0)
        # Rounding: a bucket that is exactly refilled must not wait for the last bit of a float.
        wait = missing + self.refill_seconds / self.burst - self.refill_seconds
        return wait if wait > 1e-9 * self.refill_seconds else 0.0

    def forget(self, key: Hashable) -> None:
        """Fill the bucket of a key, for instance after a success."""
        self._full_at.pop(key)

    def __len__(self) -> int:
        return len(self._full_at)
