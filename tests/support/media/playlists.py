"""A player for tests that starts where players start: at a clip's multivariant playlist.

It follows the playlists, fetches each segment, checks it against its name, decrypts it with the rendition's
key and decodes the whole, picture and sound.
"""

import hashlib
import io
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urljoin

import av
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

Fetch = Callable[[str], Awaitable[bytes]]

_KEY = re.compile(r'#EXT-X-KEY:METHOD=AES-128,URI="(?P<key>[^"]+)",IV=0x(?P<iv>[0-9a-f]{32})$')
_MAP = re.compile(r'#EXT-X-MAP:URI="(?P<uri>[^"]+)"$')
_LENGTH = re.compile(r"#EXTINF:(?P<seconds>[0-9.]+),$")


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a media playlist: where the ciphertext is and what opens it."""

    url: str
    key_url: str
    iv: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Screened:
    """One rendition, watched to its end.

    Attributes:
        plain: the decrypted pieces, init segment first.
        sealed: the same as they were fetched.
        seconds: from the first frame to the end of the last, by what was decoded.
        promised_seconds: by what the playlist says.
    """

    width: int
    height: int
    frame_count: int
    sound_count: int
    seconds: float
    promised_seconds: float
    plain: tuple[bytes, ...]
    sealed: tuple[bytes, ...]
    urls: tuple[str, ...]


async def screen(fetch: Fetch, clip_id: str) -> list[Screened]:
    """Every rendition of a clip, lowest first."""
    master_url = f"/hls/{clip_id}/master.m3u8"
    master = (await fetch(master_url)).decode()
    return [await _screen_one(fetch, urljoin(master_url, uri)) for uri in variants(master)]


def variants(master: str) -> list[str]:
    return [line for line in master.splitlines() if line and not line.startswith("#")]


def parts(media: str, *, at: str) -> list[Part]:
    """The segments of a media playlist, init segment first; a line that is not understood is an error."""
    found: list[Part] = []
    key_url, iv, seconds = "", b"", 0.0
    for line in media.splitlines():
        if key := _KEY.match(line):
            key_url, iv = urljoin(at, key["key"]), bytes.fromhex(key["iv"])
        elif initial := _MAP.match(line):
            found.append(Part(urljoin(at, initial["uri"]), key_url, iv, 0.0))
        elif length := _LENGTH.match(line):
            seconds = float(length["seconds"])
        elif not line.startswith("#"):
            found.append(Part(urljoin(at, line), key_url, iv, seconds))
        elif not line.startswith(("#EXTM3U", "#EXT-X-")):
            raise AssertionError(f"not a line of a media playlist: {line}")
    return found


def unseal(sealed: bytes, key: bytes, iv: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES128(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(sealed) + decryptor.finalize()) + unpadder.finalize()


async def _screen_one(fetch: Fetch, media_url: str) -> Screened:
    listed = parts((await fetch(media_url)).decode(), at=media_url)
    key = await fetch(listed[0].key_url)
    assert {part.key_url for part in listed} == {listed[0].key_url}
    sealed = [await fetch(part.url) for part in listed]
    for part, body in zip(listed, sealed, strict=True):
        assert hashlib.sha256(body).hexdigest() in part.url, "a segment is not what its name says"
    plain = [unseal(body, key, part.iv) for part, body in zip(listed, sealed, strict=True)]
    width, height, times, sound_count = _decode(b"".join(plain))
    step = (times[-1] - times[0]) / max(1, len(times) - 1)
    return Screened(
        width=width,
        height=height,
        frame_count=len(times),
        sound_count=sound_count,
        seconds=times[-1] - times[0] + step,
        promised_seconds=sum(part.seconds for part in listed),
        plain=tuple(plain),
        sealed=tuple(sealed),
        urls=tuple(part.url for part in listed),
    )


def _decode(data: bytes) -> tuple[int, int, list[float], int]:
    with av.open(io.BytesIO(data), mode="r") as container:
        frames = list(container.decode(video=0))
    with av.open(io.BytesIO(data), mode="r") as container:
        sounds = list(container.decode(audio=0)) if container.streams.audio else []
    return frames[0].width, frames[0].height, [float(frame.time or 0.0) for frame in frames], len(sounds)
