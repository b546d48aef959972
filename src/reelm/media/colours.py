"""Bring any picture's colours to BT.709, from what its tags say or else from what is usual.

Every filter is told what comes in: one that has to guess refuses ("no path between colorspaces") in the
middle of an encoding. Sources: ITU-T H.273 (tags), ITU-R BT.2408 (white), BT.709, BT.2020, BT.2100.
"""

from reelm.media.model import Video

# Names of ffmpeg's tags for what the probe calls a matrix; its filter ``scale`` knows only some of them.
_BY_SCALE = frozenset({"bt709", "bt601", "fcc", "smpte240m", "bt2020"})
_TAGS = {"bt601": "smpte170m", "bt2020": "bt2020nc", "bt709": "bt709", "fcc": "fcc", "smpte240m": "smpte240m"}
_TAGS |= {"bt2020c": "bt2020c", "ycgco": "ycgco", "ictcp": "ictcp", "gbr": "gbr"}
_TRANSFERS = {"pq": "smpte2084", "hlg": "arib-std-b67"}
# So much wider than BT.709 that its numbers are visibly other colours. Those of old television are not here:
# phones state them for pictures in sRGB, and most players ignore them.
WIDE = frozenset({"bt2020", "smpte431", "smpte432", "bt470m", "film"})
# 203 cd/m2 is white in graphics (BT.2408); up to 0.6 of it nothing changes, what is above is rolled off. Grey
# at 38 % HLG becomes 108 of 255, white at 75 % becomes 232; hable, the usual choice, gives 73 and 157.
_TONES = (
    "zscale=transfer=linear:npl=203,format=gbrpf32le,zscale=primaries=bt709,tonemap=mobius:param=0.6:desat=0,"
    "zscale=transfer=bt709:matrix=bt709:range=limited"
)
_HD_SHORT_SIDE = 720


def has_wide_gamut(video: Video) -> bool:
    """Return whether its numbers are other colours than those of BT.709, whatever its dynamic range."""
    return _primaries(video) in WIDE


def to_bt709(video: Video, size: str) -> list[str]:
    """Return filters that scale a picture and give it BT.709 colours.

    Args:
        video: as it was probed.
        size: options of ``scale`` that say how large it becomes. It comes first: the rest works on floats
            and costs by the pixel.
    """
    matrix, primaries = _matrix(video), _primaries(video)
    stated = f"setparams=color_primaries={primaries}:colorspace={_TAGS[matrix]}:color_trc="
    if video.has_high_dynamic_range:
        return [*_scaled(matrix, size), f"{stated}{_TRANSFERS[video.color_transfer]}", _TONES]
    if primaries in WIDE or (matrix not in _BY_SCALE and matrix != "gbr"):
        # The curves of BT.709 and BT.2020 are the same; another one that is stated is taken as that, as
        # players do, so that greys stay as they are.
        return [*_scaled(matrix, size), f"{stated}bt709", "zscale=primaries=bt709:matrix=bt709:range=limited"]
    # A matrix that is stated may change within the file; each frame says its own. RGB has none.
    known = "auto" if matrix in {video.color_matrix, "gbr"} else matrix
    return [f"scale={size}:in_color_matrix={known}:out_color_matrix=bt709:out_range=limited"]


def _scaled(matrix: str, size: str) -> list[str]:
    """Scale and convert nothing. The filter refuses matrices that it does not know, so it is told another."""
    is_known = matrix in _BY_SCALE or matrix == "gbr"
    return [*([] if is_known else ["setparams=colorspace=bt709"]), f"scale={size}"]


def _matrix(video: Video) -> str:
    is_rgb = video.pixel_format.startswith(("gbr", "rgb", "bgr", "0rgb", "0bgr", "argb", "abgr", "pal8"))
    if is_rgb:
        return "gbr"
    if video.color_matrix in _TAGS and video.color_matrix != "gbr":
        return video.color_matrix
    if video.has_high_dynamic_range or video.color_primaries == "bt2020":
        return "bt2020"
    return "bt709" if min(video.width, video.height) >= _HD_SHORT_SIDE else "bt601"


def _primaries(video: Video) -> str:
    if video.color_primaries != "unknown":
        return video.color_primaries
    is_wide = video.has_high_dynamic_range or video.color_matrix in {"bt2020", "bt2020c", "ictcp"}
    return "bt2020" if is_wide else "bt709"
