"""Lay out a storyboard: small pictures of a clip in one, shown while somebody seeks; pure."""

import math
from dataclasses import dataclass

_MAX_TILES = 60
_COLUMNS = 10
_SHORT_SIDE, _MAX_LONG_SIDE = 90, 224


@dataclass(frozen=True, slots=True)
class Storyboard:
    """The layout of tiles in the picture: row by row, the first one of the clip's first picture.

    ``interval_ms`` is from one tile to the next.
    """

    interval_ms: int
    count: int
    columns: int

    @property
    def rows(self) -> int:
        return math.ceil(self.count / self.columns)


def seconds_of(duration_ms: int) -> int:
    """Return how many whole seconds of a clip begin before it ends."""
    return max(1, math.ceil(duration_ms / 1000))


def storyboard_for(duration_ms: int) -> Storyboard:
    """Lay out a tile per second, or per so many seconds that 60 tiles are enough."""
    seconds = seconds_of(duration_ms)
    every = math.ceil(seconds / _MAX_TILES)
    count = math.ceil(seconds / every)
    return Storyboard(interval_ms=every * 1000, count=count, columns=min(count, _COLUMNS))


def tile_of(width: int, height: int) -> tuple[int, int]:
    """Return the size of a tile for a picture of a size."""
    scale = min(_SHORT_SIDE / min(width, height), _MAX_LONG_SIDE / max(width, height))
    return _even(width * scale), _even(height * scale)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
