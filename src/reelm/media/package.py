"""Cut a rung at its fragments and encrypt each piece, ready for any server that must not read it."""

import asyncio
import hashlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from reelm.base import Entropy, Secret
from reelm.media.boxes import Box, Tracks, bad, body, fragment_span, read_tracks, top_level
from reelm.media.encode import Encoded
from reelm.media.rates import Span, average_bits, peak_bits

_KEY_BYTES = 16
_BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """One encrypted part of a rendition.

    Attributes:
        name: SHA-256 of the ciphertext in hex; serves as its address.
        offset: where it starts in the rendition's file, in bytes.
        length: of the ciphertext, in bytes.
        iv: 16 bytes, explicit in the playlist.
        duration_ms: 0 for the initialisation part, which is the first piece.
    """

    name: str
    offset: int
    length: int
    iv: bytes
    duration_ms: int

    def unseal(self, sealed: bytes, key: Secret) -> bytes:
        """Return the piece in the clear; raises ValueError when it was not encrypted with this key."""
        return unseal(sealed, self.iv, key)


@dataclass(frozen=True, slots=True)
class EncryptedRendition:
    """An encrypted rung. ``path`` holds the ciphertext of all pieces in order, and nothing else."""

    name: str
    codecs: str
    width: int
    height: int
    frame_rate: float
    peak_bits_per_second: int
    average_bits_per_second: int
    key: Secret
    path: Path
    pieces: tuple[Piece, ...]

    @property
    def duration_ms(self) -> int:
        return sum(piece.duration_ms for piece in self.pieces)


async def package(
    encoded: Encoded, *, into: Path, entropy: Entropy, key: Secret | None = None
) -> EncryptedRendition:
    """Encrypt a rung into ``into/NAME.sealed`` with a key, or a new one; an earlier try's file is replaced.

    AES-128-CBC with PKCS7 as HLS asks for (RFC 8216, 4.3.2.4), a random IV per piece. CBC does not prove
    integrity; a piece's name does. Memory stays below a few MiB for any size.

    Raises:
        BadEncoding: the file is not fragmented MP4 with a picture in every fragment.
    """
    return await asyncio.to_thread(_package, encoded, into, entropy, key or Secret(entropy.draw(_KEY_BYTES)))


def unseal(sealed: bytes, iv: bytes, key: Secret) -> bytes:
    """Return a piece in the clear; raises ValueError when it was not encrypted with this key."""
    decryptor = Cipher(algorithms.AES128(key.reveal()), modes.CBC(iv)).decryptor()
    padder = PKCS7(algorithms.AES128.block_size).unpadder()
    return padder.update(decryptor.update(sealed) + decryptor.finalize()) + padder.finalize()


def _package(encoded: Encoded, into: Path, entropy: Entropy, key: Secret) -> EncryptedRendition:
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, part = into / f"{encoded.rung.name}.sealed", into / f"{encoded.rung.name}.sealing"
    try:
        with encoded.path.open("rb") as source, part.open("wb") as sink:
            tracks, groups, durations = outline(source, encoded.size_bytes)
            sealer = _Sealer(source, sink, key)
            pieces = tuple(
                sealer.seal(group, iv=entropy.draw(_KEY_BYTES), duration_ms=duration)
                for group, duration in zip(groups, durations, strict=True)
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    spans = [Span(size_bytes=piece.length, duration_ms=piece.duration_ms) for piece in pieces[1:]]
    return EncryptedRendition(
        name=encoded.rung.name,
        codecs=tracks.codecs,
        width=encoded.rung.width,
        height=encoded.rung.height,
        frame_rate=float(encoded.rung.frame_rate),
        peak_bits_per_second=peak_bits(spans),
        average_bits_per_second=average_bits(spans),
        key=key,
        path=path,
        pieces=pieces,
    )


def outline(source: BinaryIO, size: int) -> tuple[Tracks, list[list[Box]], list[int]]:
    """Return the tracks, and each piece's boxes and milliseconds; the first is the initialisation part.

    Raises:
        BadEncoding: the file is not fragmented MP4 with a picture in every fragment.
    """
    tracks: Tracks | None = None
    groups: list[list[Box]] = [[]]
    spans: list[tuple[int, int]] = []
    for box in top_level(source, size):
        if box.kind == b"moov":
            tracks = read_tracks(body(source, box))
        if box.kind == b"moof":
            if tracks is None:
                raise bad("a fragment comes before the initialisation part")
            groups.append([])
            spans.append(fragment_span(body(source, box), tracks))
        groups[-1].append(box)
    if tracks is None or not spans:
        raise bad("it has no fragments")
    return tracks, groups, [0, *_milliseconds(spans, tracks.timescale)]


def _milliseconds(spans: list[tuple[int, int]], timescale: int) -> list[int]:
    """Rounded so that the sum is the rounded whole."""
    first = spans[0][0]
    edges = [start - first for start, _ in spans] + [spans[-1][0] + spans[-1][1] - first]
    rounded = [round(Fraction(edge * 1000, timescale)) for edge in edges]
    return [later - sooner for sooner, later in pairwise(rounded)]


class _Sealer:
    """Appends pieces to one file."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, key: Secret) -> None:
        self._source = source
        self._sink = sink
        self._algorithm = algorithms.AES128(key.reveal())

    def seal(self, boxes: list[Box], *, iv: bytes, duration_ms: int) -> Piece:
        offset = self._sink.tell()
        encryptor = Cipher(self._algorithm, modes.CBC(iv)).encryptor()
        padder = PKCS7(algorithms.AES128.block_size).padder()
        digest = hashlib.sha256()
        remaining = sum(box.size for box in boxes)
        self._source.seek(boxes[0].offset)
        while remaining:
            block = self._source.read(min(_BLOCK_BYTES, remaining))
            if not block:
                raise bad("the file became shorter while it was packaged")
            remaining -= len(block)
            self._append(encryptor, padder.update(block), digest)
        self._append(encryptor, padder.finalize(), digest)
        self._sink.write(tail := encryptor.finalize())
        digest.update(tail)
        return Piece(
            name=digest.hexdigest(),
            offset=offset,
            length=self._sink.tell() - offset,
            iv=iv,
            duration_ms=duration_ms,
        )

    def _append(self, encryptor: CipherContext, plain: bytes, digest: "hashlib._Hash") -> None:
        sealed = encryptor.update(plain)
        digest.update(sealed)
        self._sink.write(sealed)
