"""The machine's time and chance, read in one place; everything else is told them."""

import time
from collections.abc import Callable
from random import Random, SystemRandom  # noqa: TID251 - the one place where this distribution takes chances
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]


def machine_seconds() -> int:
    """POSIX time of this machine."""
    return int(time.time())  # noqa: TID251 - the one place where this distribution reads the clock


def running_seconds() -> float:
    """Seconds since some moment of the past, the same for all processes of this machine; never goes back."""
    return time.monotonic()


def machine_random() -> Random:
    """Chance that whoever is audited cannot foresee."""
    return SystemRandom()
