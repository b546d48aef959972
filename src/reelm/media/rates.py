"""Bit rates of a rendition, as playlists state them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A piece as far as bit rates go."""

    size_bytes: int
    duration_ms: int


def average_bits(spans: Sequence[Span]) -> int:
    """Bits per second over the whole."""
    duration_ms = sum(span.duration_ms for span in spans)
    return math.ceil(sum(span.size_bytes for span in spans) * 8000 / max(duration_ms, 1))


def peak_bits(spans: Sequence[Span]) -> int:
    """The most bits per second over any run of pieces between half and one and a half target durations long.

    Source: RFC 8216bis, "peak segment bit rate". When no run is that long, the whole counts.
    """
    target_ms = max((span.duration_ms for span in spans), default=0)
    peak = 0
    for first in range(len(spans)):
        size_bytes = duration_ms = 0
        for span in spans[first:]:
            size_bytes += span.size_bytes
            duration_ms += span.duration_ms
            if duration_ms * 2 > target_ms * 3:
                break
            if duration_ms * 2 >= target_ms:
                peak = max(peak, math.ceil(size_bytes * 8000 / duration_ms))
    return max(peak, average_bits(spans))
