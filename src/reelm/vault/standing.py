"""What this process has seen of each store since it started, and whom to ask because of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from reelm.vault.model import ProviderId
from reelm.vault.pace import Breaker, Budget, Pace

# Times this close say nothing about which provider is the faster one.
_NOISE_SECONDS = 0.005
_NOISE_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fragment that may be asked for.

    Attributes:
        requests: how many bytes each request would fetch, all of them at the same time.
        is_doubtful: someone had to do without it before.
    """

    index: int
    provider: ProviderId
    requests: tuple[int, ...]
    is_doubtful: bool = False


class Standing:
    """Shared by everything that asks stores; never written down, because other processes see other things.

    Large and small requests are told apart, because large ones take their time anywhere.

    Attributes:
        faults: fragments that had to be done without, per provider.
        budget: what hedges may cost.
    """

    def __init__(self) -> None:
        self.faults = Counter[ProviderId]()
        self.budget = Budget()
        self._paces: dict[tuple[ProviderId, int], Pace] = {}
        self._breakers: dict[ProviderId, Breaker] = {}

    def order(self, candidates: Iterable[Candidate], *, at: float) -> list[Candidate]:
        """Whom to ask first: the soonest; of those, who needs the fewest requests; then the systematic ones.

        A provider that is unknown, or was not asked for long, counts as one of the fast ones.
        """
        given = list(candidates)
        times = {candidate.index: self._expected(candidate, at) for candidate in given}
        soonest = min(filter(None, times.values()), default=0.0)
        similar = soonest * _NOISE_FACTOR + _NOISE_SECONDS

        def rank(candidate: Candidate) -> tuple[bool, bool, float, int, int]:
            seconds = times[candidate.index]
            cost = seconds if seconds is not None and seconds > similar else 0.0
            is_resting = self._breaker(candidate.provider).is_resting(at)
            return candidate.is_doubtful, is_resting, cost, len(candidate.requests), candidate.index

        return sorted(given, key=rank)

    def late_seconds(self, candidate: Candidate, *, at: float) -> float | None:
        """When its answer is late: as usual for it, or else for the others; None when nobody is known."""
        parts = [self._late(candidate.provider, size, at) for size in candidate.requests]
        known = [part for part in parts if part is not None]
        return max(known, default=0.0) if len(known) == len(parts) else None

    def asked(self, provider: ProviderId, size: int, *, at: float) -> None:
        """A request is sent; exactly one of the three below follows."""
        self.budget.earn()
        self._breakers[provider] = self._breaker(provider).asked(at)
        place = provider, _class(size)
        if place in self._paces:
            self._paces[place] = self._paces[place].asked(at)

    def answered(self, provider: ProviderId, size: int, *, seconds: float, at: float) -> None:
        place = provider, _class(size)
        known = self._paces.get(place)
        self._paces[place] = known.answered(seconds, at=at) if known else Pace.first(seconds, at=at)
        self._breakers.pop(provider, None)

    def failed(self, provider: ProviderId, *, at: float) -> None:
        """The provider did not answer; one that answers with something wrong is not asked less for it."""
        self._breakers[provider] = self._breaker(provider).failed(at)

    def given_up(self, provider: ProviderId, size: int, *, seconds: float, at: float) -> None:
        """Nobody waits for the answer any more."""
        place = provider, _class(size)
        known = self._paces.get(place)
        self._paces[place] = known.given_up(seconds, at=at) if known else Pace.first(seconds, at=at)

    def _expected(self, candidate: Candidate, at: float) -> float | None:
        paces = [self._paces.get((candidate.provider, _class(size))) for size in candidate.requests]
        known = [pace.mean_seconds for pace in paces if pace is not None and not pace.is_stale(at)]
        return max(known, default=0.0) if len(known) == len(paces) else None

    def _late(self, provider: ProviderId, size: int, at: float) -> float | None:
        wanted = _class(size)
        fresh = {
            whose: pace.late_seconds
            for (whose, kind), pace in self._paces.items()
            if kind == wanted and not pace.is_stale(at)
        }
        return fresh.get(provider, median(fresh.values()) if fresh else None)

    def _breaker(self, provider: ProviderId) -> Breaker:
        return self._breakers.get(provider, Breaker())


def _class(size: int) -> int:
    """0 below 64 KiB, then one for every factor of 16: 1 below 1 MiB, 2 below 16 MiB."""
    return max(0, size.bit_length() - 13) // 4
