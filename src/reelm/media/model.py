"""Describe sources, and plan what will be made of them.

A ``Probe`` holds facts about a source; ``limits`` says whether it is accepted. ``plan`` says which rungs it
gets: never above the source, every rung with its keyframes at the same moments, so that a player may change
rung at any piece.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

from reelm.media.cut import WHOLE, Cut
from reelm.media.errors import NoVideo
from reelm.media.rates import Sample, crf_for

# Rates that cameras mean; what they deliver is within a hundredth of one of these.
_RATES = tuple(Fraction(n, d) for n, d in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1)))
_RATES += tuple(Fraction(n, d) for n, d in ((50, 1), (60000, 1001), (60, 1), (120, 1), (240, 1)))
_RATE_TOLERANCE = 0.02
_MAX_RATE = Fraction(601, 10)
_MIN_RATE = Fraction(10)
_MAX_FIRST_RATE = Fraction(301, 10)
_MIN_FIRST_RATE = Fraction(23)
_RAMP_SECONDS = (Fraction(1, 2), Fraction(1, 2), Fraction(1))
_PIECE_SECONDS = Fraction(2)
_MIN_TAIL_SECONDS = Fraction(1, 2)
# Wider than any camera's frame (21:9 is 2.33); beyond it a rung would cost more than its bit rate can carry.
_MAX_ASPECT = Fraction(5, 2)
# The largest picture of H.264 level 4.2, in blocks of 16 by 16; it allows 60 of them a second, and old phones
# decode no level above it.
_MAX_BLOCKS = 8_704
AV1 = "av1"
_AV1_LIKE, _AV1_CRF, _AV1_MAX_BITS = "720p", 35, 1_400_000


@dataclass(frozen=True, slots=True)
class Coding:
    """The coding of the picture, which decides whether it may be passed on as it is.

    Attributes:
        level: of H.264, times ten: 42 is level 4.2.
        longest_gap_ms: between two frames.
        longest_group_ms: from one keyframe to the next, or to the end.
        has_clean_groups: begins with a keyframe, and no picture is shown before the one it is decoded after.
        has_steady_times: each packet says when it is decoded and shown, later than the one before.
        is_plain: square pixels, and at most turned, by the container and not mirrored.
        has_one_configuration: size, profile and all else that decoders are set up with stay the same, and
            each packet is made of whole units.
    """

    profile: str
    level: int
    bits_per_second: int
    longest_gap_ms: int
    longest_group_ms: int
    has_clean_groups: bool
    has_steady_times: bool
    is_plain: bool
    has_one_configuration: bool = True


@dataclass(frozen=True, slots=True)
class Video:
    """The picture. Sizes are as shown: after rotation, in square pixels.

    Attributes:
        rotation: degrees clockwise that the player has to turn the stored picture: 0, 90, 180 or 270.
        frame_rate: frames per second as measured over the usual distance between frames.
        color_transfer: ``pq``, ``hlg`` or, for everything else, ``sdr``; as it is stated.
        color_matrix: a name of ``colours``, or ``unknown``.
        coding: None where nobody looked, as for uploads from before it was known.
        color_primaries: a name of ffmpeg's, such as ``bt2020``, or ``unknown``.
    """

    stream_index: int
    codec: str
    width: int
    height: int
    rotation: int
    frame_rate: float
    pixel_format: str
    bit_depth: int
    color_transfer: str
    color_matrix: str
    has_b_frames: bool
    is_interlaced: bool
    coding: Coding | None = None
    color_primaries: str = "unknown"

    @property
    def has_high_dynamic_range(self) -> bool:
        """Return whether it is shown so; eight bits that are said to be are shown as they are."""
        return self.color_transfer in {"pq", "hlg"} and self.bit_depth > 8


@dataclass(frozen=True, slots=True)
class Audio:
    """The sound.

    Attributes:
        profile: of its codec, such as ``LC``.
        late_ms: how much later than the picture it starts; below zero when it starts earlier.
        long_ms: how much later than the picture it ends, likewise.
        is_plain: one configuration throughout, and no data elements in it.
        takes_first_two: nobody knows where its channels belong, so the first two are left and right.
    """

    stream_index: int
    codec: str
    channels: int
    sample_rate: int
    profile: str = ""
    late_ms: int = 0
    long_ms: int = 0
    is_plain: bool = True
    takes_first_two: bool = False


# What every encoded rung has. One that was remuxed may be mono or slower; it is decoded in any case.
_OF_A_RUNG = Audio(stream_index=0, codec="aac", channels=2, sample_rate=48_000, profile="LC")


@dataclass(frozen=True, slots=True)
class Probe:
    """Facts about a source, none of them about who made it.

    Attributes:
        sample: None until somebody tried how hard the picture is to encode; whoever encodes gets it with the
            other facts, so that every try, here or elsewhere, makes the same.
        has_sound: there is sound in the file. Without ``audio``, none that can be decoded.
    """

    container: str
    duration_ms: int
    stream_count: int
    video: Video | None
    audio: Audio | None
    sample: Sample | None = None
    has_sound: bool = False


@dataclass(frozen=True, slots=True)
class Rung:
    """One rendition to make. ``name`` is its short side, as in ``480p``, or ``REMUXED``.

    ``crf`` is None when nothing is encoded. ``codec`` is ``h264``, or ``av1``: see ``Plan.av1_rung``.
    """

    REMUXED: ClassVar = "source"

    name: str
    width: int
    height: int
    frame_rate: Fraction
    crf: int | None
    max_bits_per_second: int
    codec: str = "h264"


@dataclass(frozen=True, slots=True)
class Plan:
    """All that will be made of one source.

    Attributes:
        probe: of the source, without the sound when the cut leaves it out.
        rungs: lowest first; the first one is made alone, so that the clip is playable early.
        keyframes: frame numbers at ``rungs[0].frame_rate`` where a piece starts; the first is 0.
        frame_count: frames of ``rungs[0]``; the other rungs have a whole multiple of it.
        first_frame: of the source, at the rate of ``rungs[0]``; the frames before it are cut off.
        cut: what its creator takes of the source.
        sound: path of a file whose sound takes the place of the source's; ``probe`` tells of that sound then.
    """

    probe: Probe
    video: Video
    rungs: tuple[Rung, ...]
    keyframes: tuple[int, ...]
    frame_count: int
    first_frame: int = 0
    cut: Cut = WHOLE
    sound: str | None = None

    @property
    def frame_rate(self) -> Fraction:
        """Return that of the first rung; every keyframe lies on its grid."""
        return self.rungs[0].frame_rate

    @property
    def duration_seconds(self) -> Fraction:
        return self.frame_count / self.frame_rate

    @property
    def start_seconds(self) -> Fraction:
        """Return the second of the source at which it begins."""
        return self.first_frame / self.frame_rate

    @property
    def keyframe_seconds(self) -> tuple[Fraction, ...]:
        return tuple(number / self.frame_rate for number in self.keyframes)

    @property
    def av1_rung(self) -> Rung | None:
        """Return one more rung, in AV1; None without a 720p rung, because the others are small already.

        It has that rung's picture in two thirds of its bits. It comes last and costs the most, so it is made
        only where the operator wants it. A player that cannot decode it reads so in the playlist.
        """
        for rung in self.rungs:
            if rung.name == _AV1_LIKE:
                name = f"{_AV1_LIKE}-{AV1}"
                return replace(rung, name=name, codec=AV1, crf=_AV1_CRF, max_bits_per_second=_AV1_MAX_BITS)
        return None

    @property
    def every_rung(self) -> tuple[Rung, ...]:
        """Return all rungs that may be encoded of the source, here or elsewhere."""
        return (*self.rungs, self.av1_rung) if self.av1_rung else self.rungs

    def with_sound(self, path: str) -> "Plan":
        """Return the same with the sound of a file: from its beginning, cut or followed by silence."""
        return replace(self, probe=replace(self.probe, audio=_OF_A_RUNG), sound=path)


def plan(probe: Probe, cut: Cut = WHOLE) -> Plan:
    """Plan the rungs of an accepted source: 480, 720 and 1080 on the short side, as far as it goes.

    A cut begins and ends at the nearest frames of the first rung, which all rungs share.

    Raises:
        NoVideo: the probe has no picture; ``limits.check`` refuses such a source earlier.
    """
    video = probe.video
    if video is None:
        raise NoVideo("The file has sound but no picture. Choose a video instead.")
    rate = steady_rate(video.frame_rate)
    halved = rate / 2
    first_rate = halved if rate > _MAX_FIRST_RATE and halved >= _MIN_FIRST_RATE else rate
    short_side = min(video.width, video.height)
    ladder = [step for step in _LADDER if step[0] <= short_side] or [(short_side // 2 * 2, *_LADDER[0][1:])]
    rungs = tuple(
        _rung(video, side=side, rate=first_rate if place == 0 else rate, crf=crf, max_bits=max_bits)
        for place, (side, crf, max_bits) in enumerate(ladder)
    )
    if probe.sample is not None:
        rungs = tuple(_fitted(rung, rungs[0], probe.sample) for rung in rungs)
    first_frame = round(Fraction(cut.start_ms, 1000) * first_rate)
    end_frame = round(Fraction(cut.end_of(probe.duration_ms), 1000) * first_rate)
    frame_count = max(1, end_frame - first_frame)
    return Plan(
        probe=replace(probe, audio=None) if cut.is_muted else probe,
        video=video,
        rungs=rungs,
        keyframes=_keyframes(frame_count, first_rate),
        frame_count=frame_count,
        first_frame=first_frame,
        cut=cut,
    )


# Short side, constant rate factor of a clip that nobody sampled, cap in bits per second.
_LADDER = ((480, 24, 800_000), (720, 24, 2_000_000), (1080, 23, 4_500_000))


def steady_rate(measured: float) -> Fraction:
    """Return a constant frame rate for a measured one: the nearest common rate, from 10 to 60."""
    rate = min(_RATES, key=lambda common: abs(float(common) - measured))
    if abs(float(rate) - measured) > _RATE_TOLERANCE * measured:
        rate = max(Fraction(measured).limit_denominator(100), Fraction(1, 10))
    while rate > _MAX_RATE:
        rate /= 2
    while rate < _MIN_RATE:
        rate *= 2
    return rate


def _rung(video: Video, *, side: int, rate: Fraction, crf: int, max_bits: int) -> Rung:
    short, long = sorted((video.width, video.height))
    scale = Fraction(side, short)
    if Fraction(long, short) > _MAX_ASPECT:
        scale = side * _MAX_ASPECT / long
    width, height = _size(video, scale)
    return Rung(
        name=f"{side}p", width=width, height=height, frame_rate=rate, crf=crf, max_bits_per_second=max_bits
    )


def _fitted(rung: Rung, first: Rung, sample: Sample) -> Rung:
    """A rung with the rate factor for this clip; ``sample`` is of the ``first`` one."""
    assert rung.crf is not None  # noqa: S101 - rungs of a ladder are encoded
    pixels = Fraction(rung.width * rung.height, first.width * first.height)
    frames = rung.frame_rate / first.frame_rate
    crf = crf_for(sample, usual=rung.crf, times=float(pixels * frames), cap=rung.max_bits_per_second)
    return replace(rung, crf=crf)


def _size(video: Video, scale: Fraction) -> tuple[int, int]:
    """At a scale, or at the next smaller one that old phones decode: 1080 by 2400 becomes 986 by 2192."""
    while True:
        width, height = (_even(length * scale, most=length) for length in (video.width, video.height))
        if math.ceil(width / 16) * math.ceil(height / 16) <= _MAX_BLOCKS:
            return width, height
        scale *= Fraction(99, 100)


def _even(length: Fraction, *, most: int) -> int:
    """The nearest even length that is not above ``most``."""
    return max(2, min(round(length / 2), most // 2) * 2)


def _keyframes(frame_count: int, rate: Fraction) -> tuple[int, ...]:
    """Piece starts: pieces of 0.5, 0.5, 1, 2, 2 … seconds; a tail below half a second joins its neighbour."""
    numbers, at, place = [0], Fraction(0), 0
    while True:
        at += _RAMP_SECONDS[place] if place < len(_RAMP_SECONDS) else _PIECE_SECONDS
        place += 1
        number = math.ceil(at * rate)
        if frame_count - number < _MIN_TAIL_SECONDS * rate:
            return tuple(numbers)
        numbers.append(number)
