"""How soon a provider answers, whether to ask it at all, and how many requests may be wasted: arithmetic.

Every moment is in seconds of a clock that never goes back, and is passed in.
"""

from dataclasses import dataclass, replace

# A provider that nobody asked for so long is worth another try, whatever it was like.
STALE_SECONDS = 60.0
# So many failures in a row, and it is asked last until it has rested.
FAILURES_MAX = 3
REST_SECONDS = 30.0
# Hedges may add five percent of requests in the long run.
_EARNED_PER_REQUEST = 0.05
_BURST = 20.0
_WEIGHT = 0.125
_DEVIATIONS = 3.0


@dataclass(frozen=True, slots=True)
class Pace:
    """A moving mean and mean deviation of how long answers take.

    Source: RFC 6298, section 2, with one weight for both and a factor that puts ``late_seconds`` at the 95th
    percentile or a little later for the skewed times that stores have, so that a usual day spends less than
    the budget earns.
    """

    mean_seconds: float
    deviation_seconds: float
    seen_at: float
    is_on_trial: bool = False

    @classmethod
    def first(cls, seconds: float, *, at: float) -> "Pace":
        return cls(seconds, seconds / 2, at)

    @property
    def late_seconds(self) -> float:
        """After this long, most answers have come."""
        return self.mean_seconds + _DEVIATIONS * self.deviation_seconds

    def is_stale(self, at: float) -> bool:
        return at - self.seen_at >= STALE_SECONDS

    def asked(self, at: float) -> "Pace":
        """A stale one is on trial: it counts as fresh for everyone else until this answer is known."""
        return replace(self, seen_at=at, is_on_trial=True) if self.is_stale(at) else self

    def answered(self, seconds: float, *, at: float) -> "Pace":
        """One more answer; the one to a trial replaces what was known before."""
        if self.is_on_trial:
            return Pace.first(seconds, at=at)
        away = abs(seconds - self.mean_seconds) - self.deviation_seconds
        return Pace(
            self.mean_seconds + _WEIGHT * (seconds - self.mean_seconds),
            self.deviation_seconds + _WEIGHT * away,
            at,
        )

    def given_up(self, seconds: float, *, at: float) -> "Pace":
        """No answer for so long: that says something only when it is longer than usual."""
        return self.answered(seconds, at=at) if seconds > self.mean_seconds else self


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures in a row, and how long to leave the provider alone for them."""

    failures: int = 0
    rests_until: float = 0.0

    def is_resting(self, at: float) -> bool:
        return self.failures >= FAILURES_MAX and at < self.rests_until

    def asked(self, at: float) -> "Breaker":
        """One try at a time: while it is out, the provider rests for everyone else."""
        return replace(self, rests_until=at + REST_SECONDS) if self.failures >= FAILURES_MAX else self

    def failed(self, at: float) -> "Breaker":
        return Breaker(self.failures + 1, at + REST_SECONDS)


class Budget:
    """How many requests may be spent on impatience; earned by those that were needed."""

    def __init__(self) -> None:
        self._saved = _BURST

    def earn(self) -> None:
        self._saved = min(_BURST, self._saved + _EARNED_PER_REQUEST)

    def spend(self) -> bool:
        """Whether one more may be sent."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True
