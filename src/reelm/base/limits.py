"""Limit how often something may happen: a token bucket per key, in memory.

A key is a ``LimitKey``: a digest of one size, of an account that was looked up or of the network that a
request came from. Whatever else a client says of itself it can say anew in every request, so nothing is
counted by that.

Written as GCRA: one number per key, the moment at which its bucket will be full again. A bucket that is full
is forgotten. Keys that have not been used for the longest make room for new ones, and those are the fullest,
so forgetting them gives little away.

Source: ITU-T I.371, annex A (generic cell rate algorithm).
"""

import ipaddress
import math
from dataclasses import dataclass
from hashlib import blake2b
from typing import NewType, TypeAlias

from reelm.base.errors import TooMany
from reelm.base.ids import AccountId, ClipId
from reelm.base.lru import LruCache
from reelm.base.ports import Clock

LimitKey = NewType("LimitKey", bytes)
"""Sixteen bytes that stand for an account or a network; made by the functions here and by nothing else."""

# A customer has a /64 of IPv6, or an address of IPv4; who rents many has a /48, or a part of a /24.
_NARROW_BITS = {4: 32, 6: 64}
_WIDE_BITS = {4: 24, 6: 48}
_IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Network:
    """The network that a request came from, and the wider one around it."""

    narrow: LimitKey
    wide: LimitKey

    @classmethod
    def of(cls, address: str) -> "Network":
        """Return the networks of an address as the server gives it; whatever is none counts as itself."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            unknown = _digest("nowhere", address)
            return cls(unknown, unknown)
        plain = getattr(parsed, "ipv4_mapped", None) or parsed
        return cls(_net(plain, _NARROW_BITS), _net(plain, _WIDE_BITS))

    def about(self, clip: ClipId) -> "Network":
        """Return the keys of what is done from here to one clip."""
        return Network(joint_key(self.narrow, clip), joint_key(self.wide, clip))


def account_key(account: AccountId) -> LimitKey:
    """Return the key of an account; only of one that was looked up, never of one that a request names."""
    return _digest("account", account)


def joint_key(key: LimitKey, clip: ClipId) -> LimitKey:
    """Return the key of what somebody does to one clip."""
    return _digest("joint", key.hex(), clip)


def secret_key(digest: bytes, network: Network | None = None) -> LimitKey:
    """Return the key of a keyed digest, such as that of an e-mail address, as one network tries it.

    Without a network it is shared by all of them, so nobody may be refused by it.
    """
    return _digest("secret", digest.hex(), network.narrow.hex() if network else "")


class RateLimit:
    """At most ``burst`` takes at once, and ``burst`` per ``refill_seconds`` in the long run, for each key.

    For one process; forgotten when it ends.

    Attributes:
        burst: how many takes a full bucket allows, at least 1.
        refill_seconds: how long an empty bucket takes to fill, above 0.
        max_keys: how many keys are remembered, at about 300 bytes each.
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
        self._full_at = LruCache[LimitKey, float](max_keys)

    def take(self, key: LimitKey) -> None:
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
        self._drop_full(now)
        self._full_at.put(key, max(self._full_at.peek(key) or now, now) + self.refill_seconds / self.burst)

    def count(self, key: LimitKey) -> None:
        """Take one if one is left, where nobody is refused by it."""
        if self.wait_seconds(key) <= 0:
            self.take(key)

    def taken(self, key: LimitKey) -> float:
        """Return how many takes are missing from a full bucket, with fractions: 0 to ``burst``."""
        return self._missing_seconds(key) * self.burst / self.refill_seconds

    def wait_seconds(self, key: LimitKey) -> float:
        """Return how many seconds until a take would be allowed; 0 when it is allowed now."""
        missing = self._missing_seconds(key)
        # Rounding: a bucket that is exactly refilled must not wait for the last bit of a float.
        wait = missing + self.refill_seconds / self.burst - self.refill_seconds
        return wait if wait > 1e-9 * self.refill_seconds else 0.0

    def give_back(self, key: LimitKey) -> None:
        """Undo a take whose work turned out not to count."""
        full_at = self._full_at.peek(key)
        if full_at is not None:
            self._full_at.put(key, full_at - self.refill_seconds / self.burst)

    def forget(self, key: LimitKey) -> None:
        """Fill the bucket of a key, for instance after a success."""
        self._full_at.pop(key)

    def __len__(self) -> int:
        return len(self._full_at)

    def _missing_seconds(self, key: LimitKey) -> float:
        now = self._clock.monotonic_seconds()
        return max((self._full_at.peek(key) or now) - now, 0.0)

    def _drop_full(self, now: float) -> None:
        """Forget full buckets from the longest unused one on; each was put in once, so this costs nothing."""
        while (oldest := self._full_at.oldest()) and oldest[1] <= now:
            self._full_at.pop(oldest[0])


class NetworkLimit:
    """A limit for each network, and a wider one for the net around it, so that a rented /48 is no crowd.

    Attributes:
        wide_factor: how many times what one network may do is open to the whole net around it.
    """

    def __init__(
        self,
        *,
        burst: int,
        refill_seconds: float,
        clock: Clock,
        wide_factor: int = 10,
        error: type[TooMany] = TooMany,
    ) -> None:
        self._narrow = RateLimit(burst=burst, refill_seconds=refill_seconds, clock=clock, error=error)
        self._wide = RateLimit(
            burst=burst * wide_factor, refill_seconds=refill_seconds, clock=clock, error=error
        )

    def take(self, network: Network) -> None:
        """Take one of both; a refused take costs nothing. Raises ``TooMany`` as ``RateLimit.take``."""
        if self._wide.wait_seconds(network.wide) <= 0:
            self._narrow.take(network.narrow)
        self._wide.take(network.wide)

    def count(self, network: Network) -> None:
        """Take one of each that has one left, where nobody is refused by it."""
        self._narrow.count(network.narrow)
        self._wide.count(network.wide)

    def taken(self, network: Network) -> float:
        """Return how many takes are missing from a full bucket of one network: 0 to ``burst``.

        A wide net that has used up as large a share of its own counts as much.
        """
        wide = self._wide.taken(network.wide) * self._narrow.burst / self._wide.burst
        return max(self._narrow.taken(network.narrow), wide)

    def wait_seconds(self, network: Network) -> float:
        """Return how many seconds until a take would be allowed; 0 when it is allowed now."""
        return max(self._narrow.wait_seconds(network.narrow), self._wide.wait_seconds(network.wide))

    def give_back(self, network: Network) -> None:
        """Undo a take whose work turned out not to count."""
        self._narrow.give_back(network.narrow)
        self._wide.give_back(network.wide)


def _net(address: _IpAddress, bits: dict[int, int]) -> LimitKey:
    return _digest("net", str(ipaddress.ip_network((address, bits[address.version]), strict=False)))


def _digest(kind: str, *parts: str) -> LimitKey:
    whole = "\0".join((kind, *parts)).encode("utf-8", "surrogatepass")
    return LimitKey(blake2b(whole, digest_size=16).digest())
