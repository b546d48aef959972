"""Every kind of source there is, and what becomes of it: rows of a test, and of docs/reference/sources.md.

``python tests/support/media/matrix.py`` writes the page anew from the rows, which the test found to be true.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from support.media import footage
from support.media.beats import PLAYS, Oddity
from support.media.kinds import CODEC_OF_THE_SOUND, ODDITIES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "sources.md"
REMUXED, COPIED, ENCODED = "plays as it is", "its picture plays as it is", "plays, encoded"
_HEADING = """\
# Sources

<!-- Made from the rows of a test by `python tests/support/media/matrix.py`; change those, not this. -->

What becomes of a file, by kind. Each row is a file that the tests make and send in. "Plays as it is" means
that players get the source's own picture and sound at once, until the encoded rungs are there; "its picture"
means that only the sound is encoded before.
A code in the last column is why the file is refused; [errors](errors.md) has them all.

| source | container | becomes |
|---|---|---|
"""


_ODD_HEADING = """
## Unusual files

Each of these has a flash and a beep every half second. Of those that play, the tests compare with what a
player gets: as many frames as planned, each as long as the next, flashes and beeps within 40 ms of where they
belong, and colours within 8 of 255.

| kind | source | becomes |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of file.

    Attributes:
        what: in words.
        container: by the ending of its name.
        make: the file.
        outcome: ``REMUXED``, ``COPIED``, ``ENCODED`` or the code of the refusal.
    """

    what: str
    container: str
    make: Callable[[], Path]
    outcome: str


_SMALL: dict[str, Any] = {"size": "480x270", "seconds": 0.5}
_HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-tag:v", "hvc1")
_HEVC10 = (*_HEVC, "-pix_fmt", "yuv420p10le")
_AV1 = ("-c:v", "libsvtav1", "-preset", "12")
_AAC, _OPUS = ("-c:a", "aac"), ("-c:a", "libopus")
_FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov")
_PQ = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"


def _made(what: str, name: str, outcome: str = ENCODED, **options: Any) -> Source:
    container = name.rpartition(".")[2]
    return Source(what, container, partial(footage.clip, name=name, **(_SMALL | options)), outcome)


def _phone(what: str, name: str = "phone.mp4", outcome: str = REMUXED, **options: Any) -> Source:
    """Upright, 480 wide, as a phone writes it unless ``options`` say otherwise."""
    usual: dict[str, Any] = {"size": "480x854", "seconds": 1.0, "video": footage.PHONE}
    return _made(what, name, outcome, **(usual | options))


def _turned(degrees: int) -> Source:
    make = partial(footage.rotated, degrees, size="480x854", lying="854x480")
    return Source(f"H.264, AAC, turned by {degrees}°", "mp4", make, REMUXED)


SOURCES = (
    _phone("H.264 High with B-frames, AAC"),
    _phone("the same as a camera's MOV", "phone.mov"),
    _phone("the same with its index at the start", "start.mp4", extra=("-movflags", "+faststart")),
    _phone("the same in fragments", "fragments.mp4", ENCODED, extra=_FRAGMENTED),
    _phone("the same with a timecode track", "timecode.mov", extra=("-timecode", "01:00:00:00")),
    _phone("the same under a wrong ending", "phone.txt", extra=("-f", "mp4")),
    _phone("H.264 Main, no B-frames", "main.mp4", video=(*footage.PHONE, "-profile:v", "main", "-bf", "0")),
    _phone("H.264 Baseline, mono AAC", "base.mp4", video=footage.H264, audio=(*_AAC, "-ac", "1")),
    _phone("H.264, no sound", "silent.mp4", audio=None),
    _phone("H.264, AAC at 44.1 kHz", "rate.mp4", audio=(*_AAC, "-ar", "44100", "-ac", "2")),
    _phone("H.264, lying, 16:9", "lying.mp4", size="854x480"),
    _phone("H.264, square", "square.mp4", size="480x480"),
    _phone("H.264, 23.976 frames per second", "film.mp4", rate="24000/1001"),
    _phone("H.264, 60 frames per second", "sixty.mp4", rate="60"),
    _phone("H.264, full range", "full.mp4", extra=("-pix_fmt", "yuvj420p")),
    _phone("H.264 that starts at 7 s", "late.mp4", ENCODED, extra=("-output_ts_offset", "7")),
    _turned(90),
    _turned(180),
    _turned(270),
    _phone("H.264 without B-frames, AAC", "plain.mkv", video=footage.H264),
    _phone("H.264 with B-frames, AAC", "order.mkv", ENCODED),
    _phone("H.264, keyframes 5 s apart", "far.mp4", ENCODED, seconds=5.0, video=footage.H264),
    _phone("H.264, 120 frames per second", "fast.mp4", ENCODED, rate="120"),
    _phone("H.264, 240 frames per second", "faster.mp4", ENCODED, rate="240", seconds=0.5),
    _phone("H.264, 5.1 AAC", "surround.mp4", COPIED, audio=(*_AAC, "-ac", "6")),
    _phone("H.264, MP3", "mp3.mp4", COPIED, audio=footage.MP3),
    _phone("H.264, pixels that are not square", "wide.mp4", ENCODED, extra=("-vf", "setsar=4/3")),
    _phone("H.264 10 bit", "ten.mp4", ENCODED, extra=("-pix_fmt", "yuv420p10le", "-profile:v", "high10")),
    _made(
        "H.264 4:4:4 of an odd size",
        "odd.mp4",
        video=footage.H264,
        extra=("-vf", "scale=131:229", "-pix_fmt", "yuv444p"),
    ),
    _made(
        "H.264, interlaced",
        "fields.mp4",
        size="480x272",
        extra=("-flags", "+ildct+ilme", "-vf", "setfield=tff"),
    ),
    _made("H.264, 12.5 frames per second", "slow.mp4", rate="25/2"),
    _made("HEVC, AAC", "hevc.mp4", video=_HEVC),
    _made("HEVC, AAC", "hevc.mov", video=_HEVC),
    _made("HEVC 10 bit", "hevc10.mov", video=_HEVC10),
    Source("HEVC 10 bit, HLG", "mov", footage.high_dynamic_range, ENCODED),
    _made("HEVC 10 bit, HDR10", "hdr10.mp4", video=_HEVC10, extra=("-vf", _PQ)),
    _made("HEVC, FLAC", "hevc.mkv", video=_HEVC, audio=("-c:a", "flac")),
    _made("AV1, Opus", "av1.mp4", video=_AV1, audio=_OPUS),
    _made("AV1, Opus", "av1.webm", video=_AV1, audio=_OPUS),
    _made("VP9, Opus", "vp9.webm", video=footage.VP9, audio=_OPUS),
    _made("VP9, 5.1 AC-3", "vp9.mkv", video=footage.VP9, audio=("-c:a", "ac3", "-ac", "6")),
    Source("VP8, uneven frames, as a browser records", "webm", footage.variable_rate, ENCODED),
    _made("MPEG-4 part 2, MP3", "mpeg4.mp4", video=("-c:v", "mpeg4"), audio=footage.MP3),
    _made(
        "ProRes, PCM",
        "prores.mov",
        video=("-c:v", "prores_ks", "-profile:v", "0"),
        audio=("-c:a", "pcm_s16le"),
    ),
    _made("H.264 that starts before zero", "early.mkv", extra=("-output_ts_offset", "-0.3")),
    Source("sound that lasts longer than the picture", "mp4", footage.long_sound, ENCODED),
    Source("nothing", "mp4", footage.empty, "media.empty"),
    Source("a text", "mp4", footage.text, "media.not-a-video"),
    Source("noise", "mp4", footage.noise, "media.not-a-video"),
    Source("a playlist that names an address", "mp4", footage.playlist, "media.not-a-video"),
    Source("a still picture", "mp4", footage.picture, "media.not-a-video"),
    Source("sound alone", "mp4", footage.audio_only, "media.no-video"),
    Source("music with a cover", "m4a", footage.with_cover, "media.no-video"),
    Source("cut off, index at the start", "mp4", footage.cut, "media.truncated"),
    Source("cut off, index at the end", "mp4", partial(footage.cut, index_first=False), "media.truncated"),
    Source("cut off", "mkv", partial(footage.cut, name="cut.mkv"), "media.truncated"),
    Source("cut off", "webm", partial(footage.cut, name="cut.webm"), "media.truncated"),
    Source("zeros in its second half", "mp4", footage.hollow, "media.truncated"),
    Source("an index over noise", "mp4", footage.scrambled, "media.unreadable"),
    Source("an index of no frames", "mp4", footage.no_frames, "media.too-short"),
    Source("31 tracks", "mkv", footage.many_tracks, "media.too-many-streams"),
    Source("8K", "mp4", footage.claims_8k, "media.too-large-picture"),
    _made("2 by 2 pixels", "dot.mp4", "media.too-small", size="2x2"),
    _made("a tenth of a second", "blink.mp4", "media.too-short", seconds=0.1, audio=None),
    _made("200 seconds", "long.mp4", "media.too-long", size="64x64", rate="1", seconds=200, audio=None),
)


def page() -> str:
    rows = (f"| {each.what} | {each.container.upper()} | {_said(each.outcome)} |\n" for each in SOURCES)
    odd = (f"| {each.kind} | {each.what} | {_becomes(each)} |\n" for each in ODDITIES)
    return _HEADING + "".join(rows) + _ODD_HEADING + "".join(dict.fromkeys(odd))


def _becomes(each: Oddity) -> str:
    if each.outcome != PLAYS:
        return _said(each.outcome)
    is_left_out = each.kind == CODEC_OF_THE_SOUND and not each.has_sound
    return f"{ENCODED}, without its sound" if is_left_out else ENCODED


def _said(outcome: str) -> str:
    return outcome if outcome in {REMUXED, COPIED, ENCODED} else f"`{outcome}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} rewritten\n")
