"""Hold the marks by which a clip is recognised, however it was encoded, scaled or turned.

``reelm.media.pdq`` and ``reelm.media.chromaprint`` say how one is read and what is close.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class FingerprintScheme(StrEnum):
    """The published ways of recognising clips."""

    PDQ = "pdq"
    CHROMAPRINT = "chromaprint"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A clip's marks in one scheme, in playing order, all of one length.

    Attributes:
        scheme: decides how long a mark is, and what moment it is of.
        marks: one after the other; empty when there is nothing to recognise, such as sound in a silent clip.
        qualities: one byte per mark, 0 (nothing to see) to 100; empty where a scheme has none.
    """

    scheme: FingerprintScheme
    marks: bytes
    qualities: bytes = b""


class Fingerprinter(Protocol):
    """One way of recognising clips: an output of the pass over a clip, and what is read from it.

    Both methods are pure and safe to repeat: ffmpeg makes the file, confined, and whoever ran it removes the
    file. What is in it came from a stranger, so ``read`` takes any bytes and never fails.
    """

    @property
    def scheme(self) -> FingerprintScheme: ...

    def output(self, file: Path) -> list[str]:
        """Return ffmpeg's options for one output, from the pad ``[grey]`` of its graph or from a stream."""
        ...

    def read(self, written: bytes) -> Fingerprint:
        """Return the fingerprint in what ffmpeg wrote."""
        ...
