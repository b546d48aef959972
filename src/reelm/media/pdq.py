"""PDQ, a mark for each second: 256 bits that hardly change when a picture is encoded anew, scaled or dimmed.

A picture becomes 64 by 64 points of light, then the 16 by 16 lowest of their frequencies; a bit says whether
a frequency is above the median. The first mark is of the first picture, the next one of what is on screen a
second later.

Whoever hides a picture turns or mirrors it. Each of the eight ways to do that changes the signs of some
frequencies, and four of them exchange rows and columns as well. Signs cannot be changed in a finished hash,
because the median moves; so four hashes are kept: as it is, top and bottom exchanged, left and right
exchanged, and both. Rows and columns can be exchanged in a finished hash, so the other four are made where
they are compared.

Source: Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", and vPDQ for one per
second; docs/adr/pdq.md says how this code was compared with theirs.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reelm.media.fingerprint import Fingerprint, FingerprintScheme

# Five points of the picture for each point of light: an odd number, so that nothing is shifted by the filter.
# Hashes from here are within 8 bits of those of the whole picture; from 256 points they were within 22.
SIDE: Final = 320
HASH_BYTES: Final = 32
MARK_BYTES: Final = 4 * HASH_BYTES
# As published: what is closer is the same picture; what has less quality is too plain to be recognised.
MATCH_DISTANCE: Final = 31
MATCH_QUALITY: Final = 50

_LIGHTS, _FREQUENCIES = 64, 16
_MEDIAN = _FREQUENCIES**2 // 2 - 1
_QUALITY_STEPS = 90

_Matrix = NDArray[np.float64]
_Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The mark of a clip that is closest to a hash; ``distance`` is in bits of 256."""

    distance: int
    second: int

    @property
    def is_match(self) -> bool:
        return self.distance <= MATCH_DISTANCE


class Pdq:
    """Reads grey pictures of 320 by 320, one a second."""

    scheme = FingerprintScheme.PDQ

    def output(self, file: Path) -> list[str]:
        return ["-map", "[grey]", "-f", "rawvideo", f"file:{file}"]

    def read(self, written: bytes) -> Fingerprint:
        count = len(written) // SIDE**2
        pictures = np.frombuffer(written, np.uint8, count=count * SIDE**2).reshape(count, SIDE, SIDE)
        found = [_look(picture) for picture in pictures]
        return Fingerprint(
            self.scheme, b"".join(mark for mark, _ in found), bytes(quality for _, quality in found)
        )


def pdq(picture: NDArray[np.uint8]) -> tuple[bytes, int]:
    """Return the hash of a grey picture of any size, 32 bytes, highest bit first, and its quality.

    Args:
        picture: (height, width), 0 is black.
    """
    lights = _lights(picture)
    return _hash(_frequencies(lights)), _quality(lights)


def distance(one: bytes, other: bytes) -> int:
    """Return in how many of 256 bits two hashes differ; unrelated pictures differ in about 128."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def nearest(fingerprint: Fingerprint, wanted: bytes) -> Nearest | None:
    """Return a clip's second closest to a hash, turned and mirrored in any way; None if all are too plain."""
    qualities = np.frombuffer(fingerprint.qualities, np.uint8)
    if not (qualities >= MATCH_QUALITY).any():
        return None
    marks = np.frombuffer(fingerprint.marks, np.uint8).reshape(-1, 1, 4, HASH_BYTES)
    both = np.frombuffer(wanted + exchanged(wanted), np.uint8).reshape(1, 2, 1, HASH_BYTES)
    apart = np.bitwise_count(marks ^ both).sum(axis=3, dtype=np.int64).min(axis=(1, 2))
    apart[qualities < MATCH_QUALITY] = 8 * HASH_BYTES
    second = int(apart.argmin())
    return Nearest(int(apart[second]), second)


def exchanged(one: bytes) -> bytes:
    """Return the hash of the same picture with rows and columns exchanged."""
    bits = np.unpackbits(np.frombuffer(one, np.uint8))[::-1].reshape(_FREQUENCIES, _FREQUENCIES)
    return _written(bits.T.astype(np.bool_))


def variants(mark: bytes) -> tuple[bytes, ...]:
    """Return the eight hashes of one mark: the picture as it is, then every way to turn and mirror it."""
    kept = tuple(mark[at : at + HASH_BYTES] for at in range(0, MARK_BYTES, HASH_BYTES))
    return kept + tuple(exchanged(each) for each in kept)


def _look(picture: NDArray[np.uint8]) -> tuple[bytes, int]:
    """A mark, and its quality."""
    lights = _lights(picture)
    found = _frequencies(lights)
    rows, columns = _SIGNS[:, None], _SIGNS[None, :]
    ways = (found, found * rows, found * columns, found * rows * columns)
    return b"".join(_hash(way) for way in ways), _quality(lights)


def _lights(picture: NDArray[np.uint8]) -> _Matrix:
    height, width = picture.shape
    return _decimation(height) @ picture @ _decimation(width).T


@lru_cache(maxsize=4)
def _decimation(length: int) -> _Matrix:
    """(64, length): a box filter applied twice (Jarosz), then every 64th part's centre."""
    window = -(-length // (2 * _LIGHTS))
    ahead = (window + 2) // 2
    at = np.arange(length)
    first, last = np.maximum(at - (window - ahead), 0), np.minimum(at + ahead, length)
    box = ((at >= first[:, None]) & (at < last[:, None])) / (last - first)[:, None]
    centres = ((np.arange(_LIGHTS) + 0.5) * length / _LIGHTS).astype(np.intp)
    decimation: _Matrix = box[centres] @ box
    return decimation


def _frequencies(lights: _Matrix) -> _Matrix:
    """(16, 16): the lowest of the discrete cosine transform but for the constant ones."""
    return _COSINES @ lights @ _COSINES.T


def _hash(frequencies: _Matrix) -> bytes:
    return _written(frequencies > np.partition(frequencies, _MEDIAN, axis=None)[_MEDIAN])


def _written(bits: _Bits) -> bytes:
    return np.packbits(bits.reshape(-1)[::-1]).tobytes()


def _quality(lights: _Matrix) -> int:
    """0 to 100, by how much light changes from point to point."""
    steps = sum(int(np.abs(np.trunc(np.diff(lights, axis=axis) * 100 / 255)).sum()) for axis in (0, 1))
    return min(100, steps // _QUALITY_STEPS)


# Exchanging top and bottom turns the sign of every second frequency, the lowest kept one included.
_SIGNS = np.where(np.arange(_FREQUENCIES) % 2 == 0, -1.0, 1.0)
_COSINES: _Matrix = np.sqrt(2 / _LIGHTS) * np.cos(
    np.pi / (2 * _LIGHTS) * np.arange(1, _FREQUENCIES + 1)[:, None] * (2 * np.arange(_LIGHTS) + 1)
)
