"""A clock that stands still until told, and randomness that replays."""

import random  # noqa: TID251 - seeded, so that a failure replays
from datetime import UTC, datetime, timedelta


class ManualClock:
    def __init__(self, at: datetime = datetime(2026, 1, 25, 12, tzinfo=UTC)) -> None:
        self._now = at
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic_seconds(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


class SeededEntropy:
    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def draw(self, count: int) -> bytes:
        return self._random.randbytes(count)
