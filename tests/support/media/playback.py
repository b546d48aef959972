"""A player for tests: decrypts a rendition's pieces, puts them behind one another and decodes them."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7


class SealedPiece(Protocol):
    """Where a piece of ciphertext is, and what opens it besides the key."""

    @property
    def name(self) -> str: ...
    @property
    def offset(self) -> int: ...
    @property
    def length(self) -> int: ...
    @property
    def iv(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """What a player saw and heard of a rendition.

    Attributes:
        times: of each frame, in seconds.
        piece_starts: time of the first frame of each media piece, and whether it is a keyframe.
        frames: pictures, (height, width, 3), 8-bit RGB.
        sound: (channels, samples) at 48 kHz from ``sound_start`` on; empty without a sound track.
        is_in_order: pictures are shown in the order in which they are decoded.
    """

    times: list[float]
    piece_starts: list[tuple[float, bool]]
    frames: list["np.ndarray[Any, np.dtype[np.uint8]]"]
    sound: "np.ndarray[Any, np.dtype[np.float32]]"
    sound_start: float
    is_in_order: bool

    def clap(self) -> tuple[float, float]:
        """When ``footage.clap`` is first seen, and when it is first heard, in seconds."""
        seen = next(at for at, frame in zip(self.times, self.frames, strict=True) if frame.mean() > 128)
        return seen, int(np.argmax(np.abs(self.sound[0]) > 0.2)) / 48_000 + self.sound_start

    def flashes(self) -> list[float]:
        """When ``beats`` turns white, in seconds, looked for where every shape of it is white."""
        lights = [float(self._around(frame, 0.58).mean()) for frame in self.frames]
        return [
            at
            for at, before, light in zip(self.times[1:], lights, lights[1:], strict=False)
            if before < 128 <= light
        ]

    def beeps(self) -> list[float]:
        """When ``beats`` becomes loud, in seconds."""
        loud = np.flatnonzero(np.abs(self.sound).max(axis=0) > 0.15) / 48_000 + self.sound_start
        return [float(at) for at in loud[np.diff(loud, prepend=-1.0) > 0.25]]

    def colours(self) -> list["np.ndarray[Any, np.dtype[np.float64]]"]:
        """What is seen of ``beats.COLOUR`` in each frame."""
        return [self._around(frame, 0.42).mean(axis=(0, 1)) for frame in self.frames]

    @staticmethod
    def _around(
        frame: "np.ndarray[Any, np.dtype[np.uint8]]", down: float
    ) -> "np.ndarray[Any, np.dtype[np.uint8]]":
        height, width, _ = frame.shape
        return frame[
            round(height * (down - 0.02)) : round(height * (down + 0.02)), width * 2 // 5 : width * 3 // 5
        ]


def unseal(path: Path, key: bytes, pieces: Sequence[SealedPiece]) -> list[bytes]:
    """Decrypt each piece as a player does, after checking its name."""
    sealed = path.read_bytes()
    plain = []
    for piece in pieces:
        part = sealed[piece.offset : piece.offset + piece.length]
        if hashlib.sha256(part).hexdigest() != piece.name:
            raise AssertionError("a piece is not what its name says")
        decryptor = Cipher(algorithms.AES128(key), modes.CBC(piece.iv)).decryptor()
        unpadder = PKCS7(128).unpadder()
        plain.append(unpadder.update(decryptor.update(part) + decryptor.finalize()) + unpadder.finalize())
    return plain


def watch(path: Path, key: bytes, pieces: Sequence[SealedPiece]) -> Watched:
    """Decrypt a rendition, put its pieces behind one another and decode the whole."""
    plain = unseal(path, key, pieces)
    initial, media = plain[0], plain[1:]
    starts = []
    for piece in media:
        with av.open(io.BytesIO(initial + piece), mode="r") as container:
            frame = next(container.decode(video=0))
            starts.append((float(frame.time or 0.0), bool(frame.key_frame)))
    with av.open(io.BytesIO(b"".join(plain)), mode="r") as container:
        frames = list(container.decode(video=0))
    with av.open(io.BytesIO(b"".join(plain)), mode="r") as container:
        shown = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    is_in_order = shown == sorted(shown)
    sound, sound_start = _listen(b"".join(plain))
    return Watched(
        times=[float(frame.time or 0.0) for frame in frames],
        piece_starts=starts,
        frames=[np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in frames],
        sound=sound,
        sound_start=sound_start,
        is_in_order=is_in_order,
    )


@contextmanager
def still(path: Path) -> Iterator[av.VideoFrame]:
    """The picture in an image file."""
    with av.open(str(path), mode="r") as container:
        yield next(container.decode(video=0))


def _listen(data: bytes) -> tuple["np.ndarray[Any, np.dtype[np.float32]]", float]:
    with av.open(io.BytesIO(data), mode="r") as container:
        if not container.streams.audio:
            return np.zeros((0, 0), np.float32), 0.0
        heard = list(container.decode(audio=0))
    return np.concatenate([frame.to_ndarray() for frame in heard], axis=1), float(heard[0].time or 0.0)
