"""Bound how long an audit may take and how much it may read, whatever a log serves."""

from collections.abc import Callable
from dataclasses import dataclass

from reelm_audit.clock import running_seconds

MAX_SECONDS = 600
MAX_BYTES = 8 << 30


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one run.

    Attributes:
        until: the end, in seconds of ``running_seconds``, which all processes of a machine share.
        max_bytes: how many bytes of entries and tiles may be read.
    """

    until: float
    max_bytes: int = MAX_BYTES

    @classmethod
    def of(
        cls, seconds: float, max_bytes: int = MAX_BYTES, *, timer: Callable[[], float] = running_seconds
    ) -> "Budget":
        """The budget of a run that begins now."""
        return cls(timer() + seconds, max_bytes)

    def is_over(self, read_bytes: int = 0, *, timer: Callable[[], float] = running_seconds) -> bool:
        return timer() >= self.until or read_bytes > self.max_bytes

    def left_seconds(self, *, timer: Callable[[], float] = running_seconds) -> float:
        return max(0.0, self.until - timer())
