"""Track how soon each provider answers, and decide whom to ask first and how many requests may be hedged.

Never written down: other processes see other things. Every moment is in seconds of a clock that never goes
back, and is passed in.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median

from reelm.vault.model import ProviderId

# A provider that nobody asked for so long is worth another try, whatever it was like.
STALE_SECONDS = 60.0
# So many failures in a row, and it is asked last for so long.
FAILURES_MAX = 3
OPEN_SECONDS = 30.0
# Hedges may add five percent of requests in the long run.
_EARNED_PER_REQUEST = 0.05
_BURST = 20.0
_WEIGHT = 0.125
_DEVIATIONS = 3.0
# Times this close say nothing about which provider is the faster one.
_NOISE_SECONDS = 0.005
_NOISE_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class LatencyEstimate:
    """A moving mean and mean deviation of how long answers take.

    Source: RFC 6298, section 2, with one weight for both and a factor that puts ``late_seconds`` at the 95th
    percentile or a little later for the skewed times that stores have, so that a usual day spends less than
    the budget earns.
    """

    mean_seconds: float
    deviation_seconds: float
    seen_at: float
    is_refreshing: bool = False

    @classmethod
    def first(cls, seconds: float, *, at: float) -> "LatencyEstimate":
        """Return the estimate after a first answer."""
        return cls(seconds, seconds / 2, at)

    @property
    def late_seconds(self) -> float:
        """Return the seconds after which most answers have come."""
        return self.mean_seconds + _DEVIATIONS * self.deviation_seconds

    def is_stale(self, at: float) -> bool:
        """Return whether it is so old that it says nothing any more."""
        return at - self.seen_at >= STALE_SECONDS

    def asked(self, at: float) -> "LatencyEstimate":
        """Return the estimate once a request is sent.

        A stale one counts as fresh for everyone else until this answer is known, which then replaces it.
        """
        return replace(self, seen_at=at, is_refreshing=True) if self.is_stale(at) else self

    def answered(self, seconds: float, *, at: float) -> "LatencyEstimate":
        """Return the estimate after one more answer."""
        if self.is_refreshing:
            return LatencyEstimate.first(seconds, at=at)
        away = abs(seconds - self.mean_seconds) - self.deviation_seconds
        return LatencyEstimate(
            self.mean_seconds + _WEIGHT * (seconds - self.mean_seconds),
            self.deviation_seconds + _WEIGHT * away,
            at,
        )

    def cancelled(self, seconds: float, *, at: float) -> "LatencyEstimate":
        """Return the estimate after no answer for so long: it counts only when that is longer than usual."""
        return self.answered(seconds, at=at) if seconds > self.mean_seconds else self


@dataclass(frozen=True, slots=True)
class CircuitBreaker:
    """Failures in a row, and how long the provider is left alone for them."""

    failures: int = 0
    open_until: float = 0.0

    def is_open(self, at: float) -> bool:
        """Return whether the provider is to be asked only when there is no other."""
        return self.failures >= FAILURES_MAX and at < self.open_until

    def asked(self, at: float) -> "CircuitBreaker":
        """Return the breaker once a request is sent: one try at a time, and open for everyone else."""
        return replace(self, open_until=at + OPEN_SECONDS) if self.failures >= FAILURES_MAX else self

    def failed(self, at: float) -> "CircuitBreaker":
        """Return the breaker after one more failure."""
        return CircuitBreaker(self.failures + 1, at + OPEN_SECONDS)


class HedgeBudget:
    """The number of requests that may be hedged; earned by those that were needed."""

    def __init__(self) -> None:
        self._saved = _BURST

    def earn(self) -> None:
        """Count one request that was needed."""
        self._saved = min(_BURST, self._saved + _EARNED_PER_REQUEST)

    def spend(self) -> bool:
        """Take one hedge out of the budget; return False when there is none left."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


@dataclass(frozen=True, slots=True)
class ReadCandidate:
    """A fragment that may be asked for.

    Attributes:
        requests: how many bytes each request would fetch, all of them at the same time.
        is_doubtful: someone had to do without it before.
    """

    index: int
    provider: ProviderId
    requests: tuple[int, ...]
    is_doubtful: bool = False


class LatencyTracker:
    """The latencies of each store since this process started; shared by everything that reads from stores.

    Large and small requests are told apart, because large ones take their time anywhere.

    Attributes:
        faults: fragments that had to be done without, per provider.
        budget: what hedges may cost.
    """

    def __init__(self) -> None:
        self.faults = Counter[ProviderId]()
        self.budget = HedgeBudget()
        self._estimates: dict[tuple[ProviderId, int], LatencyEstimate] = {}
        self._breakers: dict[ProviderId, CircuitBreaker] = {}

    def order(self, candidates: Iterable[ReadCandidate], *, at: float) -> list[ReadCandidate]:
        """Return the candidates in the order in which to ask them.

        The soonest come first; of those, who needs the fewest requests; then the systematic ones. A provider
        that is unknown, or was not asked for long, counts as one of the fast ones.
        """
        given = list(candidates)
        times = {candidate.index: self._expected(candidate, at) for candidate in given}
        soonest = min(filter(None, times.values()), default=0.0)
        similar = soonest * _NOISE_FACTOR + _NOISE_SECONDS

        def rank(candidate: ReadCandidate) -> tuple[bool, bool, float, int, int]:
            seconds = times[candidate.index]
            cost = seconds if seconds is not None and seconds > similar else 0.0
            is_open = self._breaker(candidate.provider).is_open(at)
            return candidate.is_doubtful, is_open, cost, len(candidate.requests), candidate.index

        return sorted(given, key=rank)

    def late_seconds(self, candidate: ReadCandidate, *, at: float) -> float | None:
        """Return the seconds after which a candidate's answer counts as late.

        That is its own usual longest time, or the median of the others' when it has none; None without any
        history.
        """
        parts = [self._late(candidate.provider, size, at) for size in candidate.requests]
        known = [part for part in parts if part is not None]
        return max(known, default=0.0) if len(known) == len(parts) else None

    def asked(self, provider: ProviderId, size: int, *, at: float) -> None:
        """Record that a request is sent; exactly one of the three below must follow."""
        self.budget.earn()
        self._breakers[provider] = self._breaker(provider).asked(at)
        key = provider, _class(size)
        if key in self._estimates:
            self._estimates[key] = self._estimates[key].asked(at)

    def answered(self, provider: ProviderId, size: int, *, seconds: float, at: float) -> None:
        """Record that an answer came after so many seconds."""
        key = provider, _class(size)
        known = self._estimates.get(key)
        self._estimates[key] = (
            known.answered(seconds, at=at) if known else LatencyEstimate.first(seconds, at=at)
        )
        self._breakers.pop(provider, None)

    def failed(self, provider: ProviderId, *, at: float) -> None:
        """Record that no answer came; one that answers with something wrong is not asked less for it."""
        self._breakers[provider] = self._breaker(provider).failed(at)

    def cancelled(self, provider: ProviderId, size: int, *, seconds: float, at: float) -> None:
        """Record that nobody waits for the answer any more."""
        key = provider, _class(size)
        known = self._estimates.get(key)
        self._estimates[key] = (
            known.cancelled(seconds, at=at) if known else LatencyEstimate.first(seconds, at=at)
        )

    def _expected(self, candidate: ReadCandidate, at: float) -> float | None:
        estimates = [self._estimates.get((candidate.provider, _class(size))) for size in candidate.requests]
        known = [each.mean_seconds for each in estimates if each is not None and not each.is_stale(at)]
        return max(known, default=0.0) if len(known) == len(estimates) else None

    def _late(self, provider: ProviderId, size: int, at: float) -> float | None:
        wanted = _class(size)
        fresh = {
            whose: each.late_seconds
            for (whose, kind), each in self._estimates.items()
            if kind == wanted and not each.is_stale(at)
        }
        return fresh.get(provider, median(fresh.values()) if fresh else None)

    def _breaker(self, provider: ProviderId) -> CircuitBreaker:
        return self._breakers.get(provider, CircuitBreaker())


def _class(size: int) -> int:
    """Return 0 below 64 KiB, then one for every factor of 16: 1 below 1 MiB, 2 below 16 MiB."""
    return max(0, size.bit_length() - 13) // 4
