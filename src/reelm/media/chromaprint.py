"""Chromaprint, eight marks a second: 32 bits each that say how the notes of a sound move.

ffmpeg computes it where it was built with the library; where it was not, clips have no fingerprint of their
sound, and say so. Source: acoustid.org/chromaprint, algorithm 2.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reelm.media.fingerprint import Fingerprint, FingerprintScheme

MARK_BYTES: Final = 4
MARK_SECONDS: Final = 1365 / 11_025
# Fewer marks in common are close by chance.
MIN_SHARED: Final = 40
# Of 32 bits. Unrelated sounds differ in about 16; what is encoded anew differs in less than 4.
MATCH_BITS: Final = 8.0


class Chromaprint:
    """Reads the marks that ffmpeg wrote of one stream of sound."""

    scheme = FingerprintScheme.CHROMAPRINT

    def __init__(self, stream_index: int) -> None:
        self._stream_index = stream_index

    def output(self, file: Path) -> list[str]:
        # Of one kind throughout, also where the sound itself changes.
        even = ("-map", f"0:{self._stream_index}", "-ac", "2", "-ar", "48000")
        return [*even, "-f", "chromaprint", "-fp_format", "raw", f"file:{file}"]

    def read(self, written: bytes) -> Fingerprint:
        return Fingerprint(self.scheme, written[: len(written) // MARK_BYTES * MARK_BYTES])


def apart(one: Fingerprint, other: Fingerprint) -> float | None:
    """Return how many of 32 bits differ on average where two sounds agree best, over five seconds or more.

    None when one of them is shorter than that. ``MATCH_BITS`` says what is the same sound.
    """
    ours, theirs = (np.frombuffer(each.marks, np.uint32) for each in (one, other))
    if min(len(ours), len(theirs)) < MIN_SHARED:
        return None
    shifts = range(MIN_SHARED - len(theirs), len(ours) - MIN_SHARED + 1)
    return min(_apart(ours, theirs, shift) for shift in shifts)


def _apart(ours: NDArray[np.uint32], theirs: NDArray[np.uint32], shift: int) -> float:
    mine, yours = ours[max(shift, 0) :], theirs[max(-shift, 0) :]
    shared = min(len(mine), len(yours))
    return float(np.bitwise_count(mine[:shared] ^ yours[:shared]).mean())
