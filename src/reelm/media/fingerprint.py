"""What a clip is recognised by, however it was encoded, scaled or turned: values only.

``reelm.media.pdq`` and ``reelm.media.chromaprint`` say how one is read and what is close.
"""

from dataclasses import dataclass
from enum import StrEnum


class FingerprintScheme(StrEnum):
    """Which published way of recognising."""

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
