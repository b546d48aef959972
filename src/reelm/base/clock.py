"""Time as a port: rules take it as an argument, only processes read it."""

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
