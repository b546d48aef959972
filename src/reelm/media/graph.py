"""The filter graph and the options of one ffmpeg run, from a plan; pure text."""

from dataclasses import dataclass
from pathlib import Path

from reelm.media.ffmpeg import DECODERS, FORMATS, PROTOCOLS
from reelm.media.model import AV1, Plan, Rung, Video

AAC = ("-c:a", "aac", "-b:a", "96000")
_AUDIO_RATE = 48_000
# Peaks between samples and what AAC adds stay below full scale: about -1 dBTP in the end.
_CEILING = 10 ** (-2 / 20)
# 203 cd/m2 is white in graphics (BT.2408); up to 0.6 of it nothing changes, what is above is rolled off. Grey
# at 38 % HLG becomes 108 of 255, white at 75 % becomes 232; hable, the usual choice, gives 73 and 157.
_TO_SDR = (
    "zscale=transfer=linear:npl=203,format=gbrpf32le,zscale=primaries=bt709,tonemap=mobius:param=0.6:desat=0,"
    "zscale=transfer=bt709:matrix=bt709:range=limited"
)
# JPEG files are full-range BT.601 by definition.
TO_JPEG = "scale=in_color_matrix=bt709:in_range=limited:out_color_matrix=bt601:out_range=full,format=yuvj420p"
# Fixed, so that a machine with many cores neither needs more memory nor makes other bytes.
_DECODER_THREADS, _FILTER_THREADS, _ENCODER_THREADS, _AV1_PARALLELISM = "4", "4", "6", "4"
# Trellis costs a tenth of an encoding and brings what the next slower preset would for a third.
_X264 = (
    *("-c:v", "libx264", "-threads", _ENCODER_THREADS, "-preset", "veryfast"),
    *("-profile:v", "high", "-pix_fmt", "yuv420p"),
)
_X264_PARAMS = "keyint=infinite:min-keyint=infinite:open-gop=0:trellis=1"
# One fragment per forced keyframe with the sound of the same stretch; the sound's start-up samples are cut by
# an edit list in the initialisation part, which browsers honour.
_MOVFLAGS = "+frag_keyframe+delay_moov+default_base_moof+skip_trailer"

# Keyframes only where they are forced, so that all rungs share them.
_H264_OPTIONS = (
    *_X264,
    # No B-frames: presentation starts at zero without an edit list, and no decoder has to wait.
    *("-bf", "0", "-g", str(2**30), "-forced-idr", "1", "-x264-params", _X264_PARAMS),
)
# A packet of AV1 is always one picture to show: there is nothing to reorder.
_AV1_OPTIONS = (
    *("-c:v", "libsvtav1", "-preset", "8", "-pix_fmt", "yuv420p", "-g", str(10**6)),
    *("-svtav1-params", f"scd=0:lp={_AV1_PARALLELISM}"),
)


@dataclass(frozen=True, slots=True)
class Levels:
    """A change of loudness; peaks are held below full scale."""

    gain_db: float


def reading(
    source: Path, *, seek_seconds: float = 0.0, for_seconds: float | None = None, log_level: str = "error"
) -> list[str]:
    """Open one local file and nothing else: no network, no playlists, no other formats."""
    options = ["-nostdin", "-hide_banner", "-loglevel", log_level, "-y", "-threads", _DECODER_THREADS]
    if seek_seconds > 0:
        options += ["-ss", f"{seek_seconds:.3f}"]
    if for_seconds is not None:
        options += ["-t", f"{for_seconds:.3f}"]
    allowed = ("-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS, "-codec_whitelist", DECODERS)
    return [*options, *allowed, "-i", f"file:{source}"]


def reading_sound(plan: Plan) -> list[str]:
    """Open the file whose sound takes the place of the source's, as the second input."""
    return [] if plan.sound is None else reading(Path(plan.sound))


def encoding(
    plan: Plan, rungs: tuple[Rung, ...], outputs: tuple[Path, ...], *, levels: Levels | None = None
) -> list[str]:
    """Return all options after the input: one graph with a split per rung, then one output per rung.

    Args:
        plan: what was planned for the source.
        rungs: some of ``plan.rungs``.
        outputs: a file for each of ``rungs``.
        levels: what is done to the sound's loudness.
    """
    options = ["-filter_complex_threads", _FILTER_THREADS, "-filter_complex", _graph(plan, rungs, levels)]
    for place, (rung, output) in enumerate(zip(rungs, outputs, strict=True)):
        options += ["-map", f"[v{place}]", *_picture_options(plan, rung)]
        if plan.probe.audio is not None:
            options += ["-map", f"[a{place}]", *AAC]
        # Metadata stays behind: cameras write the place and the owner into it.
        options += ["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"]
        options += ["-movflags", _MOVFLAGS, "-f", "mp4", f"file:{output}"]
    return options


def sampling(plan: Plan, *, moments: int, frames: int, crf: int) -> list[str]:
    """Return all options after as many inputs as ``moments``: some ``frames`` of each as the first rung.

    Coded as a rung is, but without its cap, and thrown away; what is wanted is the encoder's own account.
    """
    rung, rate = plan.rungs[0], plan.frame_rate
    picture = ",".join(picture_chain(plan.video, width=rung.width, height=rung.height))
    chain = f"fps={rate.numerator}/{rate.denominator},trim=end_frame={frames},setpts=PTS-STARTPTS,{picture}"
    parts = [f"[{place}:{plan.video.stream_index}]{chain}[v{place}]" for place in range(moments)]
    parts.append(f"{_pads('v', moments)}concat=n={moments}[v]")
    return [
        *("-filter_complex_threads", _FILTER_THREADS, "-filter_complex", ";".join(parts)),
        *("-map", "[v]", *_X264, "-crf", str(crf), "-bf", "0", "-g", str(2**30)),
        *("-force_key_frames", f"expr:not(mod(n,{frames}))", "-forced-idr", "1"),
        *("-x264-params", f"{_X264_PARAMS}:ssim=1", "-f", "null", "-"),
    ]


def _picture_options(plan: Plan, rung: Rung) -> list[str]:
    # A moment before each frame, so that rounding cannot pick the next one.
    early = 1 / (4 * plan.frame_rate)
    forced = ",".join(f"{max(0.0, float(at - early)):.6f}" for at in plan.keyframe_seconds)
    return [
        *(_AV1_OPTIONS if rung.codec == AV1 else _H264_OPTIONS),
        *("-crf", str(rung.crf), "-maxrate", str(rung.max_bits_per_second)),
        *("-bufsize", str(rung.max_bits_per_second), "-force_key_frames", forced),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
        *("-fps_mode", "passthrough"),
    ]


def _graph(plan: Plan, rungs: tuple[Rung, ...], levels: Levels | None) -> str:
    count = len(rungs)
    top = max(rungs, key=lambda rung: rung.width * rung.height)
    rate = max(rung.frame_rate for rung in rungs)
    scale = int(rate / plan.frame_rate)
    # Cut on the grid of frames that all rungs share, before the costly filters.
    trim = [f"trim=start_frame={plan.first_frame * scale}", "setpts=PTS-STARTPTS"] if plan.first_frame else []
    chain = [
        f"fps={rate.numerator}/{rate.denominator}:start_time=0",
        *trim,
        *picture_chain(plan.video, width=top.width, height=top.height),
        # The last frame stays until the sound ends, and every rung ends at the same frame.
        f"tpad=stop=-1:stop_mode=clone,trim=end_frame={plan.frame_count * scale}",
    ]
    parts = [f"[0:{plan.video.stream_index}]{','.join(chain)},split={count}" + _pads("s", count)]
    for place, rung in enumerate(rungs):
        steps = ["null"]
        if rung.frame_rate != rate:
            steps.append(f"framestep={int(rate / rung.frame_rate)}")
        if (rung.width, rung.height) != (top.width, top.height):
            steps.append(f"scale={rung.width}:{rung.height}:flags=bicubic")
        parts.append(f"[s{place}]{','.join(steps)},setsar=1[v{place}]")
    if plan.probe.audio is not None:
        parts.append(sound_graph(plan, levels, count=count))
    return ";".join(parts)


def sound_graph(plan: Plan, levels: Levels | None, *, count: int) -> str:
    """Return the sound as long as the picture, once for each of ``count`` outputs: ``[a0]`` and so on."""
    assert plan.probe.audio is not None  # noqa: S101 - the caller saw to it
    pad = f"[0:{plan.probe.audio.stream_index}]" if plan.sound is None else "[1:a:0]"
    end = f"atrim=end={float(plan.duration_seconds):.6f}"
    return f"{pad}{sound_chain(plan, levels)},apad,{end},asplit={count}" + _pads("a", count)


def sound_chain(plan: Plan, levels: Levels | None = None) -> str:
    """Filters from the planned sound to stereo at one rate, cut as planned, as loud as wanted."""
    chain = f"aresample={_AUDIO_RATE}:async=1:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo"
    if plan.sound is not None:
        chain += f",atrim=end={float(plan.duration_seconds):.6f}"
    elif plan.cut.is_trimmed:
        start, end = float(plan.start_seconds), float(plan.start_seconds + plan.duration_seconds)
        chain += f",atrim=start={start:.6f}:end={end:.6f},asetpts=PTS-STARTPTS"
    if levels is None:
        return chain
    limiter = f"alimiter=level=0:latency=1:attack=2:release=80:limit={_CEILING:.4f}"
    return f"{chain},volume={levels.gain_db:.2f}dB,{limiter},aformat=sample_fmts=fltp"


def picture_chain(video: Video, *, width: int, height: int) -> list[str]:
    """Filters from the source's picture to a size in 8-bit BT.709; ffmpeg itself rotates before them."""
    chain = ["bwdif=mode=send_frame:deint=interlaced"] if video.is_interlaced else []
    if video.color_transfer in {"pq", "hlg"}:
        # Scaled first: tone mapping works on floats and costs by the pixel.
        return [*chain, f"scale={width}:{height}:flags=bicubic", _TO_SDR, "format=yuv420p", "setsar=1"]
    matrix = video.color_matrix
    if matrix == "unknown":
        matrix = "bt709" if min(video.width, video.height) >= 720 else "bt601"
    colors = f"in_color_matrix={matrix}:out_color_matrix=bt709:out_range=limited"
    return [*chain, f"scale={width}:{height}:flags=bicubic:{colors}", "format=yuv420p", "setsar=1"]


def _pads(letter: str, count: int) -> str:
    return "".join(f"[{letter}{place}]" for place in range(count))
