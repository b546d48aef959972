"""Choose whose clip is prepared next: a queue that is fair to accounts, whoever posts how much.

Each clip is served in a round; an account has one clip in each. Source: start-time fair queueing (Goyal, Vin
and Cheng, SIGCOMM 1996), with every clip of the same weight.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_LEAST_PACES = 3


@dataclass(frozen=True, slots=True)
class QueueWait:
    """The reason why nothing happens to a clip yet.

    Attributes:
        ahead: how many clips are prepared before it.
        seconds: about how long until people can watch it; None while nobody can know.
        obstacle: what the realm lacks at the moment, such as room on its disk; None when it is only not its
            turn.
        obstacle_code: the code of the error that said so.
    """

    ahead: int
    seconds: int | None
    obstacle: str | None
    obstacle_code: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The clips before one in the queue: how many, and milliseconds of picture, its own apart."""

    ahead: int
    ahead_ms: int
    own_ms: int


def round_of(current: int | None, own: int | None) -> int:
    """Return the round of a clip that is posted now.

    Args:
        current: the round that is being served; None when nothing waits.
        own: the last round in which a clip of the same account waits; None when none does.
    """
    return max(current or 0, -1 if own is None else own + 1)


def seconds_left(line: Line, paces: Sequence[float], *, places: int) -> int | None:
    """Estimate how long until people can watch a clip.

    Args:
        line: what stands before it.
        paces: seconds that preparing took lately, per second of picture.
        places: how many clips are prepared at the same time; 0 where nobody knows.

    Returns:
        Whole seconds, or None with too few measurements.
    """
    if len(paces) < _LEAST_PACES or places < 1:
        return None
    return math.ceil((line.ahead_ms / places + line.own_ms) / 1000 * statistics.median(paces))
