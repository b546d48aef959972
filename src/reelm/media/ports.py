"""What a way of recognising clips has to offer."""

from pathlib import Path
from typing import Protocol

from reelm.media.fingerprint import Fingerprint, FingerprintScheme


class Fingerprinter(Protocol):
    """One way of recognising clips: an output of the pass over a clip, and what is read from it.

    Both methods are pure and safe to repeat: ffmpeg makes the file, confined, and whoever ran it removes the
    file. What is in it came from a stranger, so ``read`` takes any bytes and never fails.
    """

    @property
    def scheme(self) -> FingerprintScheme: ...

    def output(self, file: Path) -> list[str]:
        """Ffmpeg's options for one output, from the pad ``[grey]`` of its graph or from a stream."""
        ...

    def read(self, written: bytes) -> Fingerprint:
        """The fingerprint in what ffmpeg wrote."""
        ...
