"""Work out a rendition's bit rates for playlists, and the rate factor that a clip's own picture needs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SAMPLE_CRF = 24
# At the size of the lowest rung; at it, generated and filmed clips have 85 to 97 of VMAF.
_LEVEL_DB = 21.0
_DB_PER_STEP = 0.5  # measured: 0.4 to 0.6 for most pictures, 0.2 for noise
_MOST_DOWN, _MOST_UP = 3, 6
# Halving bits takes 2.5 steps (noise) to 6 (drawings). Too few leave the rest to the cap, too many would
# leave bits unused.
_STEPS_PER_HALVING = 3.0
_PIXELS_EXPONENT = 0.75  # twice the pixels do not take twice the bits
_GROUP_SECONDS = 2.0  # as most pieces are


@dataclass(frozen=True, slots=True)
class Frames:
    """All frames of one kind in a sample; the mean size is in bytes."""

    count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Moments of a clip, encoded at ``SAMPLE_CRF``, uncapped, at the size of its lowest rung.

    Attributes:
        bits_per_second: that the whole clip would take like this.
        likeness_db: SSIM with the picture that went in; 10 dB more is a tenth of the difference.
    """

    bits_per_second: int
    likeness_db: float


@dataclass(frozen=True, slots=True)
class Span:
    """A piece as far as bit rates go."""

    size_bytes: int
    duration_ms: int


def average_bits(spans: Sequence[Span]) -> int:
    """Return the bits per second over the whole."""
    duration_ms = sum(span.duration_ms for span in spans)
    return math.ceil(sum(span.size_bytes for span in spans) * 8000 / max(duration_ms, 1))


def peak_bits(spans: Sequence[Span]) -> int:
    """Return the most bits per second over any run of pieces that lasts 0.5 to 1.5 target durations.

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


def sample_of(keys: Frames, others: Frames | None, likeness_db: float, *, rate: float) -> Sample:
    """Return a sample from its frames; in it there are many more keyframes than in the clip."""
    other_bytes = others.size_bytes if others is not None else keys.size_bytes
    bytes_per_second = keys.size_bytes / _GROUP_SECONDS + other_bytes * (rate - 1 / _GROUP_SECONDS)
    return Sample(bits_per_second=round(bytes_per_second * 8), likeness_db=likeness_db)


def crf_for(sample: Sample, *, usual: int, times: float, cap: int) -> int:
    """Return the rate factor with which a rung of this clip looks like others', as far as its cap goes.

    Args:
        sample: of the clip.
        usual: for a clip that nobody sampled.
        times: how many times the pixels of the sample the rung has, per second.
        cap: of the rung, in bits per second.
    """
    level = usual + (sample.likeness_db - _LEVEL_DB) / _DB_PER_STEP
    wanted = min(max(level, usual - _MOST_DOWN), usual + _MOST_DOWN)
    expected = max(1.0, sample.bits_per_second * times**_PIXELS_EXPONENT)
    fitting = SAMPLE_CRF + _STEPS_PER_HALVING * math.log2(expected / cap)
    return round(min(max(wanted, fitting), usual + _MOST_UP))
