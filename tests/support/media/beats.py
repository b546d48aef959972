"""Sources with a beat: a flash and a beep at the same moments, over one colour, however a file is made.

In every frame the upper half is ``COLOUR``, and the lower half is black or, for a tenth of a second from 0.2
s on and then each half second, white; the same moments are loud. So whoever plays it can count and compare.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.media.footage import H264, ffmpeg, made_once

PLAYS = "plays"
COLOUR = (224, 48, 32)
# So dark that no tone of it is rolled off when high dynamic range becomes standard.
DARKER = (160, 48, 32)
# Of AC-3 and E-AC-3; a part that is no multiple of it would be longer than it says.
_BLOCK_SAMPLES, _BLOCKS = 1536, 30
EVERY_SECONDS, FIRST_SECONDS = 0.5, 0.2
SIZE = "128x228"
AAC = ("-c:a", "aac")
_NOW = "gte(mod(t+{at},0.5),0.199)*lt(mod(t+{at},0.5),0.299)"
_PICTURE = (
    "color=0x{colour}:size={size}:rate={rate},format=gbrp,drawbox=y=ih/2:h=ih/2:color=black:t=fill,"
    "drawbox=y=ih/2:h=ih/2:color=white:t=fill:enable='" + _NOW + "'"
)
_BEEP = "if(" + _NOW + ",0.7*sin(2*PI*880*t),0)"


@dataclass(frozen=True, slots=True)
class Oddity:
    """One file.

    Attributes:
        kind: what is unusual about it.
        make: the file.
        outcome: ``PLAYS`` or the code of the refusal.
        colour: that a player shows, from 0 to 255; None where the kind has nothing to do with colours and the
            source cannot hold it.
        has_sound: that a player plays.
        frozen_seconds: at the beginning, before the first picture that decodes.
    """

    kind: str
    what: str
    make: Callable[[], Path]
    outcome: str = PLAYS
    colour: tuple[int, int, int] | None = COLOUR
    has_sound: bool = True
    frozen_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a stream: ``options`` of ffmpeg that code it."""

    options: tuple[str, ...]
    size: str = SIZE
    seconds: float = 1.0


def picture(
    size: str = SIZE, *, colour: tuple[int, int, int] = COLOUR, rate: str = "30", at: float = 0.0
) -> tuple[str, ...]:
    """Return an input of ffmpeg; ``at`` is the second of the whole at which this part begins."""
    written = bytes(colour).hex()
    return ("-f", "lavfi", "-i", _PICTURE.format(size=size, rate=rate, at=at, colour=written))


def sound(*, channels: int = 1, rate: int = 48_000, at: float = 0.0) -> tuple[str, ...]:
    beep = _BEEP.format(at=at)
    return ("-f", "lavfi", "-i", f"aevalsrc='{'|'.join([beep] * channels)}':s={rate}")


def beats(seconds: float) -> list[float]:
    """Return when flashes and beeps begin in so many seconds."""
    count = int((seconds - FIRST_SECONDS - 0.1) / EVERY_SECONDS) + 1
    return [FIRST_SECONDS + number * EVERY_SECONDS for number in range(count)]


@made_once
def whole(
    into: Path,
    *,
    name: str,
    video: tuple[str, ...] = H264,
    audio: tuple[str, ...] | None = AAC,
    channels: int = 1,
    rate: int = 48_000,
    size: str = SIZE,
    seconds: float = 1.0,
    extra: tuple[str, ...] = (),
    colour: tuple[int, int, int] = COLOUR,
) -> Path:
    path = into / name
    heard = () if audio is None else sound(channels=channels, rate=rate)
    ffmpeg(
        *picture(size, colour=colour),
        *heard,
        "-t",
        str(seconds),
        *video,
        *(audio or ("-an",)),
        *extra,
        str(path),
    )
    return path


@made_once
def described(into: Path, channels: int, layout: int) -> Path:
    """PCM that describes its channels by a ``layout`` of Core Audio's in which they lie out of order."""
    source = whole(name="described.mov", audio=("-c:a", "pcm_s16le"), channels=channels)
    data = bytearray(source.read_bytes())
    # Tag and bitmap come behind the version. Source: CoreAudioTypes, AudioChannelLayoutTag.
    struct.pack_into(">II", data, data.index(b"chan") + 8, layout << 16 | channels, 0)
    path = into / source.name
    path.write_bytes(data)
    return path


@made_once
def changing_picture(into: Path, parts: Sequence[Part], *, name: str, raw: str) -> Path:
    """Parts of one picture behind one another in one track; ``raw`` is the format that they are joined in."""
    path, files = into / name, _parts(into, parts, raw)
    seconds = sum(part.seconds for part in parts)
    if raw == "ivf":
        listing = into / "list.txt"
        listing.write_text("".join(f"file '{file}'\n" for file in files), encoding="utf-8")
        joined: tuple[str, ...] = ("-f", "concat", "-safe", "0", "-i", str(listing))
    else:
        whole_file = into / f"joined.{raw}"
        whole_file.write_bytes(b"".join(file.read_bytes() for file in files))
        joined = ("-r", "30", "-f", raw, "-i", str(whole_file))
    codec = ("-c:a", "libopus") if name.endswith(".webm") else AAC
    ffmpeg(*joined, *sound(), "-t", str(seconds), "-c:v", "copy", *codec, str(path))
    return path


def _parts(into: Path, parts: Sequence[Part], raw: str) -> list[Path]:
    made, at = [], 0.0
    inputs: list[str] = []
    outputs: list[str] = []
    for number, part in enumerate(parts):
        made.append(into / f"{number}.{raw}")
        inputs += picture(part.size, at=at)
        outputs += ["-map", str(number), "-t", str(part.seconds), *part.options, "-f", raw, str(made[-1])]
        at += part.seconds
    ffmpeg(*inputs, *outputs)
    return made


@made_once
def changing_sound(into: Path, parts: Sequence[tuple[int, int]], *, name: str, codec: str) -> Path:
    """Sounds behind one another in one track, each of so many channels at such a rate."""
    path, raw = into / name, into / f"joined.{codec}"
    files, at = [], 0.0
    inputs: list[str] = []
    outputs: list[str] = []
    for number, (channels, rate) in enumerate(parts):
        files.append(into / f"{number}.{codec}")
        seconds = _BLOCKS * _BLOCK_SAMPLES / rate
        inputs += sound(channels=channels, rate=rate, at=at)
        outputs += ["-map", str(number), "-t", f"{seconds:.6f}", "-c:a", codec, "-b:a", "192k"]
        outputs += ["-f", codec, str(files[-1])]
        at += seconds
    ffmpeg(*inputs, *outputs)
    raw.write_bytes(b"".join(file.read_bytes() for file in files))
    ffmpeg(*picture(), "-i", str(raw), "-t", f"{at:.6f}", *H264, "-c:a", "copy", str(path))
    return path


@made_once
def opens_late(
    into: Path,
    *,
    name: str,
    codec: tuple[str, ...],
    group: int,
    skipped: int,
    seconds: float,
    has_sound: bool,
) -> Path:
    """A copy that begins ``skipped`` pictures after a keyframe, as careless trimmers make it."""
    path, source = into / name, into / f"whole-{name}"
    heard = sound() if has_sound else ()
    kept = ("-g", str(group), "-keyint_min", str(group), "-sc_threshold", "0", "-bf", "0")
    ffmpeg(*picture(), *heard, "-t", str(seconds), *codec, *kept, *(AAC if has_sound else ()), str(source))
    # Packets that are not kept are dropped here; the others keep their times, counted from the first one.
    drop = f"noise=drop='lt(n,{skipped})'"
    shift = ("-output_ts_offset", f"{-skipped / 30:.6f}")
    cut = ("-af", f"atrim=start={skipped / 30:.6f}", *AAC) if has_sound else ()
    ffmpeg("-copyts", "-i", str(source), "-c:v", "copy", "-bsf:v", drop, *cut, *shift, str(path))
    return path


@made_once
def with_bytes(into: Path, source: Path, *, after: bytes = b"", before_index: bytes = b"") -> Path:
    """Bytes that no index knows: behind everything, or as a box between the first one and the rest."""
    data = source.read_bytes()
    if before_index:
        data = _with_box(data, before_index)
    path = into / source.name
    path.write_bytes(data + after)
    return path


def _with_box(data: bytes, box: bytes) -> bytes:
    """Insert a box behind ``ftyp`` and move every place in the index, which is at the end, by its length."""
    first = struct.unpack(">I", data[:4])[0]
    out = bytearray(data[:first] + box + data[first:])
    at = out.find(b"stco")
    while at > 0:
        for number in range(struct.unpack_from(">I", out, at + 8)[0]):
            place = at + 12 + 4 * number
            struct.pack_into(">I", out, place, struct.unpack_from(">I", out, place)[0] + len(box))
        at = out.find(b"stco", at + 4)
    return bytes(out)
