"""Decide whether players may get a source's own picture and sound, so that it plays before it is encoded.

Conservative: what old phones decode, in pieces that start clean, with light and sound together. Everything
else is encoded, which takes longer and always works. Sound alone takes a moment, so where only that is not
what players need, the picture is still the source's own.
"""

from reelm.media.colours import has_wide_gamut
from reelm.media.model import Audio, Coding, Plan, Rung, Video

_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High"})
_PIXELS = frozenset({"yuv420p", "yuvj420p"})
_MATRICES = frozenset({"bt709", "bt601", "unknown"})
_MAX_LEVEL = 42  # 1080p at 60 frames per second
_MAX_RATE = 60.1
# Below the smallest rung encoding is as quick; above the largest one phones work hard.
_MIN_SIDE, _MAX_SIDE = 480, 1080
# Times the cap of the same size. Phones write 10 Mbit/s at 720 and 17 to 24 at 1080.
_MAX_BITS_RATIO = 6
_MAX_GROUP_MS, _MAX_GAP_MS = 4_000, 1_000
_MAX_CHANNELS = 2
_SOUND_RATES = range(22_050, 48_001)
_NOT_TOGETHER = "picture and sound do not start and end together"
_MAX_SOUND_LATE_MS, _MAX_SOUND_LONG_MS = 20, 300


def remuxed_rung(plan: Plan) -> Rung | None:
    """Return the source's own picture as a rung; None when it must be encoded."""
    if _obstacle_to_copy(plan) is not None:
        return None
    top = plan.rungs[-1]
    return Rung(
        name=Rung.REMUXED,
        width=plan.video.width,
        height=plan.video.height,
        frame_rate=top.frame_rate,
        crf=None,
        max_bits_per_second=top.max_bits_per_second * _MAX_BITS_RATIO,
    )


def obstacle_to_remux(plan: Plan) -> str | None:
    """Return why players may not get the source itself; None when they may."""
    sound = plan.probe.audio
    return _obstacle_to_copy(plan) or (_sound_obstacle(sound) if sound is not None else None)


def encodes_sound(plan: Plan) -> bool:
    """Return whether a remuxed rung gets other sound than the source's own packets."""
    sound = plan.probe.audio
    return plan.sound is not None or (sound is not None and _sound_obstacle(sound) is not None)


def _obstacle_to_copy(plan: Plan) -> str | None:
    """Why not even the picture may be passed on."""
    video, sound = plan.video, plan.probe.audio
    if plan.cut.is_trimmed:
        return "it is trimmed, to the frame"
    if video.coding is None:
        return "it is not known how the picture is coded"
    return (
        _picture_obstacle(video, video.coding)
        or _coding_obstacle(video.coding, most_bits=plan.rungs[-1].max_bits_per_second * _MAX_BITS_RATIO)
        or (_obstacle_of_time(sound) if sound is not None else None)
    )


def _picture_obstacle(video: Video, coding: Coding) -> str | None:
    if video.codec != "h264" or coding.profile not in _PROFILES:
        return "old phones do not decode it"
    if coding.level > _MAX_LEVEL or video.frame_rate > _MAX_RATE:
        return "old phones do not decode it in time"
    if video.is_interlaced or not _has_plain_colours(video):
        return "its colours or fields need work"
    if not coding.is_plain:
        return "its pixels are not square, or it is mirrored or turned within"
    if not _MIN_SIDE <= min(video.width, video.height) <= _MAX_SIDE:
        return "it is above the highest rung or below the lowest"
    return None


def _has_plain_colours(video: Video) -> bool:
    is_plain = video.pixel_format in _PIXELS and video.color_transfer == "sdr"
    return is_plain and video.color_matrix in _MATRICES and not has_wide_gamut(video)


def _coding_obstacle(coding: Coding, *, most_bits: int) -> str | None:
    if coding.bits_per_second > most_bits:
        return "its bit rate is more than connections carry"
    if not coding.has_one_configuration:
        return "its size or coding changes within, or a part is damaged"
    if not coding.has_clean_groups or coding.longest_group_ms > _MAX_GROUP_MS:
        return "its keyframes are too far apart, or pictures refer across them"
    if not coding.has_steady_times or coding.longest_gap_ms > _MAX_GAP_MS:
        return "its times are missing, out of order or far apart"
    return None


def _obstacle_of_time(sound: Audio) -> str | None:
    """Why encoding the sound would not help: the picture itself is late, or ends before what is heard."""
    if sound.late_ms < -_MAX_SOUND_LATE_MS or sound.long_ms > _MAX_SOUND_LONG_MS:
        return _NOT_TOGETHER
    return None


def _sound_obstacle(sound: Audio) -> str | None:
    if sound.codec != "aac" or sound.profile != "LC" or sound.channels > _MAX_CHANNELS:
        return "not every player plays its sound"
    if sound.sample_rate not in _SOUND_RATES:
        return "its sound has an unusual rate"
    if not sound.is_plain:
        return "its sound changes within, or carries something else"
    if abs(sound.late_ms) > _MAX_SOUND_LATE_MS or abs(sound.long_ms) > _MAX_SOUND_LONG_MS:
        return _NOT_TOGETHER
    return None
