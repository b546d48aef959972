"""Define time and randomness as ports: rules take them as arguments, so that tests can replay both."""

import os
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The source of time. Never used to order records; the database does that."""

    def now(self) -> datetime:
        """Return the wall clock, aware, in UTC; it may jump."""
        ...

    def monotonic_seconds(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    """This machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads the wall clock

    def monotonic_seconds(self) -> float:
        return time.monotonic()


class Entropy(Protocol):
    """The source of randomness; fit for keys in every implementation that runs outside tests."""

    def draw(self, count: int) -> bytes:
        """``count`` random bytes."""
        ...


class SystemEntropy:
    """This machine's randomness."""

    def draw(self, count: int) -> bytes:
        return os.urandom(count)  # noqa: TID251 - the one place that asks the operating system
