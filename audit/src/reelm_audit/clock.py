"""The machine's time, read in one place; everything else is told the time."""

import time
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]


def machine_seconds() -> int:
    """POSIX time of this machine."""
    return int(time.time())  # noqa: TID251 - the one place where this distribution reads the clock
