"""Files that are put together in unusual ways and that other players play: rows of a test.

Each row is one more file than its kind was first seen with, and says what a player has to see and hear of it.
"""

from functools import partial
from typing import Any

from support.media import beats
from support.media.beats import COLOUR, PLAYS, Oddity, Part
from support.media.coloured import AV1, COLOURED, HEVC
from support.media.footage import H264

CODEC_OF_THE_SOUND = "codec of the sound"
_VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k", "-pix_fmt", "yuv420p")
_VP9 = (
    "-c:v",
    "libvpx-vp9",
    "-deadline",
    "realtime",
    "-cpu-used",
    "8",
    "-b:v",
    "300k",
    "-pix_fmt",
    "yuv420p",
)


def _tagged(matrix: str, spread: str = "tv") -> tuple[str, ...]:
    convert = (
        f"scale=out_color_matrix={matrix}:out_range={spread},format=yuv420p,setparams=colorspace={matrix}"
    )
    return ("-vf", f"{convert}:range={spread}", *H264)


def _changes(what: str, name: str, raw: str, *parts: Part, colour: Any = COLOUR) -> Oddity:
    make = partial(beats.changing_picture, parts, name=name, raw=raw)
    return Oddity("changes within", what, make, colour=colour)


def _sound_changes(what: str, name: str, codec: str, *parts: tuple[int, int]) -> Oddity:
    return Oddity("changes within", what, partial(beats.changing_sound, parts, name=name, codec=codec))


_SMALLER, _LYING = "96x170", "228x128"
CHANGES = (
    _changes("VP8, smaller and back", "a.webm", "ivf", Part(_VP8), Part(_VP8, _SMALLER), Part(_VP8)),
    _changes("VP9, larger", "a.webm", "ivf", Part(_VP9, _SMALLER), Part(_VP9)),
    _changes("AV1, smaller", "a.mkv", "obu", Part(AV1), Part(AV1, _SMALLER)),
    _changes("H.264, smaller", "a.mp4", "h264", Part(H264), Part(H264, _SMALLER)),
    _changes("H.264, upright and then lying", "a.mkv", "h264", Part(H264), Part(H264, _LYING)),
    _changes(
        "H.264, three sizes in a second and a half",
        "b.mp4",
        "h264",
        *(Part(H264, size, 0.5) for size in (_SMALLER, "128x228", _LYING)),
    ),
    _changes("HEVC, smaller", "a.mp4", "hevc", Part(HEVC), Part(HEVC, _SMALLER)),
    _changes(
        "H.264, 8 and then 10 bits", "a.mkv", "h264", Part(H264), Part((*H264, "-pix_fmt", "yuv420p10le"))
    ),
    _changes(
        "H.264, 4:2:0 and then 4:4:4", "a.mkv", "h264", Part(H264), Part((*H264, "-pix_fmt", "yuv444p"))
    ),
    _changes(
        "H.264, BT.601 and then BT.709", "a.mp4", "h264", Part(_tagged("smpte170m")), Part(_tagged("bt709"))
    ),
    _changes(
        "H.264, narrow and then full range",
        "c.mp4",
        "h264",
        Part(_tagged("bt709")),
        Part(_tagged("bt709", "pc")),
    ),
    _changes(
        "H.264, turned by a note in the stream",
        "d.mp4",
        "h264",
        Part(H264),
        Part((*H264, "-bsf:v", "h264_metadata=display_orientation=insert:rotate=180", "-vf", "hflip,vflip")),
        colour=COLOUR,
    ),
    _changes(
        "MPEG-4 part 2, smaller",
        "a.mkv",
        "m4v",
        Part(("-c:v", "mpeg4", "-q:v", "3")),
        Part(("-c:v", "mpeg4", "-q:v", "3"), _SMALLER),
    ),
    _changes(
        "Motion JPEG, smaller",
        "a.mov",
        "mjpeg",
        Part(("-c:v", "mjpeg", "-q:v", "3")),
        Part(("-c:v", "mjpeg", "-q:v", "3"), _SMALLER),
    ),
    _changes(
        "H.264 as phones write it, upright and then lying",
        "e.mp4",
        "h264",
        Part(H264, "480x854"),
        Part(H264, "854x480"),
    ),
    _sound_changes("AC-3, 48 and then 44.1 kHz", "a.mkv", "ac3", (2, 48_000), (2, 44_100)),
    _sound_changes("AC-3, stereo, 5.1 and mono", "a.mp4", "ac3", (2, 48_000), (6, 48_000), (1, 48_000)),
    _sound_changes("AC-3, mono at 32 kHz and then stereo at 48", "b.mkv", "ac3", (1, 32_000), (2, 48_000)),
    _sound_changes("E-AC-3, stereo and then mono", "a.mkv", "eac3", (2, 48_000), (1, 48_000)),
)


def _heard(what: str, name: str, *audio: str, has_sound: bool = True, channels: int = 1, kind: str) -> Oddity:
    make = partial(beats.whole, name=name, audio=audio, channels=channels)
    return Oddity(kind, what, make, has_sound=has_sound)


def _codec(what: str, name: str, *audio: str, has_sound: bool = True) -> Oddity:
    return _heard(what, name, *audio, has_sound=has_sound, kind=CODEC_OF_THE_SOUND)


def _picture(what: str, name: str, *video: str, outcome: str = "media.unreadable") -> Oddity:
    return Oddity("codec of the picture", what, partial(beats.whole, name=name, video=video), outcome)


CODECS = (
    _codec("DTS", "a.mkv", "-c:a", "dca", "-strict", "-2", "-ac", "2", has_sound=False),
    _codec("TrueHD", "a.mkv", "-c:a", "truehd", "-strict", "-2", "-ac", "2", has_sound=False),
    _codec("WavPack", "a.mkv", "-c:a", "wavpack", has_sound=False),
    _codec("ADPCM", "a.mov", "-c:a", "adpcm_ima_qt", "-ar", "44100", has_sound=False),
    _codec("MP2", "a.mkv", "-c:a", "mp2"),
    _codec("MP2", "a.mp4", "-c:a", "mp2"),
    *(
        _codec(f"PCM, {each}", "a.mov", "-c:a", f"pcm_{each}")
        for each in ("s8", "s16be", "s24le", "f32le", "f64le")
    ),
    _codec("mu-law", "a.mov", "-c:a", "pcm_mulaw", "-ar", "8000"),
    _codec("AMR", "a.3gp", "-c:a", "libopencore_amrnb", "-ar", "8000", "-b:a", "12.2k"),
    _picture("FFV1", "a.mkv", "-c:v", "ffv1"),
    _picture("HuffYUV", "a.mkv", "-c:v", "huffyuv", "-pix_fmt", "yuv422p"),
    _picture("Theora", "a.mkv", "-c:v", "libtheora", "-pix_fmt", "yuv420p"),
    _picture("Animation", "a.mov", "-c:v", "qtrle"),
    _picture("PNG", "a.mov", "-c:v", "png"),
    _picture("uncompressed", "a.mov", "-c:v", "rawvideo", "-pix_fmt", "yuv422p", "-vtag", "yuv2"),
)


def _channels(count: int, name: str, *audio: str) -> Oddity:
    what = f"{count} channels, {audio[1]}"
    return _heard(what, name, *audio, channels=count, kind="channels")


def _described(channels: int, layout: int) -> Oddity:
    what = f"{channels} channels, out of order, as the file describes"
    return Oddity("channels", what, partial(beats.described, channels, layout))


CHANNELS = (
    *(
        _described(channels, layout)
        for channels, layout in ((3, 114), (4, 116), (5, 118), (6, 122), (7, 125), (8, 128))
    ),
    *(_channels(count, "a.mov", "-c:a", "pcm_s16le") for count in (3, 4, 5, 6, 7, 8, 9, 10, 12, 16)),
    _channels(8, "b.mov", "-c:a", "pcm_f32le"),
    _channels(9, "a.mkv", "-c:a", "pcm_s16le"),
    _channels(8, "a.mkv", "-c:a", "flac"),
    _channels(8, "a.mp4", "-c:a", "aac"),
    _channels(8, "a.webm.mkv", "-c:a", "libopus"),
)


def _late(
    what: str, name: str, codec: tuple[str, ...], *, group: int, skipped: int, seconds: float, has_sound: bool
) -> Oddity:
    make = partial(
        beats.opens_late,
        name=name,
        codec=codec,
        group=group,
        skipped=skipped,
        seconds=seconds,
        has_sound=has_sound,
    )
    frozen = (group - skipped) / 30
    return Oddity("opens between keyframes", what, make, has_sound=has_sound, frozen_seconds=frozen)


OPENINGS = (
    _late("H.264", "a.mp4", H264, group=45, skipped=15, seconds=2.5, has_sound=False),
    _late("H.264 with sound", "b.mp4", H264, group=30, skipped=15, seconds=2.0, has_sound=True),
    _late("H.264 with sound", "b.mkv", H264, group=30, skipped=15, seconds=2.0, has_sound=True),
    _late("HEVC", "c.mp4", HEVC, group=45, skipped=15, seconds=2.5, has_sound=False),
    _late(
        "H.264, 5 s before its first keyframe",
        "d.mp4",
        H264,
        group=165,
        skipped=15,
        seconds=6.0,
        has_sound=False,
    ),
)

_APE = b"APETAGEX" + bytes((208, 7, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 160)) + bytes(8)
_ID3 = b"TAG" + b"Title".ljust(30, b"\0") + bytes(95)
_SAMSUNG = b"\0\0\0\0SEFHk\0\0\0\x01\0\0\0\0\0\x01\x0a" + bytes(12) + b"\x24\0\0\0SEFT"
_JPEG = b"\xff\xd8\xff\xe1" + bytes(range(256)) * 8 + b"\xff\xd9"


def _bytes(what: str, name: str = "a.mp4", outcome: str = PLAYS, **more: bytes) -> Oddity:
    codec: tuple[str, ...] = ("-c:a", "libopus") if name.endswith(".webm") else beats.AAC
    video = _VP8 if name.endswith(".webm") else H264
    return Oddity(
        "bytes outside the index",
        what,
        lambda: beats.with_bytes(beats.whole(name=name, video=video, audio=codec), **more),
        outcome,
    )


BYTES = (
    _bytes("an APE tag behind it", after=_APE),
    _bytes("an ID3 tag behind it", after=_ID3),
    _bytes("a Samsung trailer behind it", after=_SAMSUNG),
    _bytes("a JPEG behind it", after=_JPEG),
    _bytes("zeros behind it", after=bytes(1000)),
    _bytes("three bytes behind it", after=b"\r\n\0"),
    _bytes("a box of another maker before its index", before_index=b"\0\0\0\x10_htc" + bytes(8)),
    _bytes("a box with no name before its index", before_index=b"\0\0\0\x10\0\0\0\0" + bytes(8)),
    _bytes("a large box of another maker", before_index=b"\0\0\0\x01beam\0\0\0\0\0\0\0\x20" + bytes(16)),
    _bytes("an APE tag behind it", "a.mov", after=_APE),
    _bytes("an APE tag behind it", "a.mkv", after=_APE),
    _bytes("zeros behind it", "a.webm", after=bytes(1000)),
)
ODDITIES = (*CHANGES, *CODECS, *CHANNELS, *COLOURED, *OPENINGS, *BYTES)
