"""Pictures of one known colour, coded and tagged in many ways: rows of a test, as in ``kinds``."""

from functools import partial
from typing import Any

from support.media import beats
from support.media.beats import COLOUR, DARKER, Oddity
from support.media.footage import H264

HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")
AV1 = ("-c:v", "libsvtav1", "-preset", "12")


def _coloured(
    what: str, tags: str, *codec: str, name: str = "a.mov", colour: Any = COLOUR, **more: str
) -> Oddity:
    """``tags`` are written over the numbers that ``zscale`` made with ``more``, whatever those are."""
    convert = ":".join(f"{key}={value}" for key, value in more.items())
    chain = f"zscale=matrixin=gbr:primariesin=bt709:transferin=bt709:rangein=full:range=limited:{convert}"
    pixels = "yuv420p10le" if codec[:2] != H264[:2] else "yuv420p"
    extra = ("-vf", f"{chain},format={pixels},setparams={tags}")
    make = partial(
        beats.whole, name=name, video=codec, extra=(*extra, "-pix_fmt", pixels), audio=None, colour=colour
    )
    return Oddity("colours", what, make, colour=colour, has_sound=False)


# Where the light of the colour in graphics, at 203 cd/m2 for white, lies in each of the curves.
_HLG = {"transfer": "arib-std-b67", "primaries": "bt2020", "matrix": "bt2020nc", "npl": "203"}
_PQ = {"transfer": "smpte2084", "primaries": "bt2020", "matrix": "bt2020nc", "npl": "203"}
_UNSAID = "color_primaries=unknown:color_trc={}:colorspace=unknown"
_WIDE = {"transfer": "bt709", "primaries": "bt2020", "matrix": "bt2020nc"}
COLOURED = (
    _coloured("PQ alone", _UNSAID.format("smpte2084"), *HEVC, colour=DARKER, **_PQ),
    _coloured("HLG alone", _UNSAID.format("arib-std-b67"), *HEVC, colour=DARKER, **_HLG),
    _coloured(
        "PQ without matrix",
        "color_primaries=bt2020:color_trc=smpte2084:colorspace=unknown",
        *HEVC,
        colour=DARKER,
        **_PQ,
    ),
    _coloured(
        "PQ without primaries",
        "color_primaries=unknown:color_trc=smpte2084:colorspace=bt2020nc",
        *HEVC,
        colour=DARKER,
        **_PQ,
    ),
    _coloured(
        "PQ, all said",
        "color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc",
        *HEVC,
        colour=DARKER,
        **_PQ,
    ),
    _coloured(
        "PQ in P3",
        "color_primaries=smpte432:color_trc=smpte2084:colorspace=bt2020nc",
        *HEVC,
        colour=DARKER,
        **(_PQ | {"primaries": "smpte432"}),
    ),
    _coloured(
        "PQ with the matrix and primaries of BT.709",
        "color_primaries=bt709:color_trc=smpte2084:colorspace=bt709",
        *HEVC,
        colour=DARKER,
        **(_PQ | {"primaries": "bt709", "matrix": "bt709"}),
    ),
    _coloured("PQ, AV1", _UNSAID.format("smpte2084"), *AV1, name="a.mp4", colour=DARKER, **_PQ),
    _coloured(
        "8 bits that are said to be PQ",
        "color_trc=smpte2084:colorspace=bt709:color_primaries=bt709",
        *H264,
        transfer="bt709",
        matrix="bt709",
        primaries="bt709",
    ),
    _coloured(
        "8 bits that are said to be HLG",
        "color_trc=arib-std-b67:colorspace=bt709:color_primaries=bt709",
        *H264,
        transfer="bt709",
        matrix="bt709",
        primaries="bt709",
    ),
    _coloured("BT.2020", "color_primaries=bt2020:color_trc=bt2020-10:colorspace=bt2020nc", *HEVC, **_WIDE),
    _coloured(
        "BT.2020, 8 bits", "color_primaries=bt2020:color_trc=bt709:colorspace=bt2020nc", *H264, **_WIDE
    ),
    _coloured(
        "BT.2020 that says only its matrix",
        "color_primaries=unknown:color_trc=unknown:colorspace=bt2020nc",
        *HEVC,
        **_WIDE,
    ),
    _coloured(
        "BT.2020 that says only its primaries",
        "color_primaries=bt2020:color_trc=unknown:colorspace=unknown",
        *HEVC,
        **_WIDE,
    ),
    _coloured(
        "Display P3",
        "color_primaries=smpte432:color_trc=bt709:colorspace=bt709",
        *HEVC,
        **(_WIDE | {"primaries": "smpte432", "matrix": "bt709"}),
    ),
    _coloured(
        "Display P3, said to have sRGB's curve",
        "color_primaries=smpte432:color_trc=iec61966-2-1:colorspace=bt709",
        *H264,
        **(_WIDE | {"primaries": "smpte432", "matrix": "bt709"}),
    ),
    _coloured(
        "NTSC of 1953",
        "color_primaries=bt470m:color_trc=bt709:colorspace=fcc",
        *HEVC,
        **(_WIDE | {"primaries": "bt470m", "matrix": "fcc"}),
    ),
    _coloured(
        "SMPTE 240M's matrix",
        "color_primaries=bt709:color_trc=bt709:colorspace=smpte240m",
        *H264,
        **(_WIDE | {"primaries": "bt709", "matrix": "smpte240m"}),
    ),
    _coloured(
        "YCgCo",
        "color_primaries=bt709:color_trc=bt709:colorspace=ycgco",
        *H264,
        **(_WIDE | {"primaries": "bt709", "matrix": "ycgco"}),
    ),
    Oddity(
        "colours",
        "H.264 in RGB",
        partial(beats.whole, name="rgb.mp4", video=("-c:v", "libx264rgb", "-preset", "ultrafast")),
    ),
)
