"""The filter graph and the options of one ffmpeg run, from a plan; pure text.

Whatever a source is may change within it: size, rotation, pixels, colours, rate and channels of the sound.
ffmpeg then begins a graph anew, and with it what counts frames or fills silence. So there are two graphs: a
*steadying* one, of filters that know only the frame they have, makes everything alike, and its output is
read back ("loopback decoder") by the one that counts.
"""

from dataclasses import dataclass
from pathlib import Path

from reelm.media.colours import to_bt709
from reelm.media.ffmpeg import DECODERS, FORMATS, PROTOCOLS
from reelm.media.model import AV1, Audio, Plan, Rung, Video

AAC = ("-c:a", "aac", "-b:a", "96000")
_AUDIO_RATE = 48_000
# Around a cut, for what rounding and delays of filters need.
_MARGIN_SECONDS = 1.0
# With so many times the frames of the fastest rung, those that nobody sees are not worth scaling.
_FEWER_FRAMES = 1.5
# Peaks between samples and what AAC adds stay below full scale: about -1 dBTP in the end.
_CEILING = 10 ** (-2 / 20)
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
    source: Path,
    *,
    seek_seconds: float = 0.0,
    for_seconds: float | None = None,
    log_level: str = "error",
    threads: str = _DECODER_THREADS,
) -> list[str]:
    """Open one local file and nothing else: no network, no playlists, no other formats.

    What is damaged in the middle is played over, however much it is: beginning and end were looked at before.
    """
    options = ["-nostdin", "-hide_banner", "-loglevel", log_level, "-y", "-max_error_rate", "1"]
    options += ["-threads", threads]
    if seek_seconds > 0:
        options += ["-ss", f"{seek_seconds:.3f}"]
    if for_seconds is not None:
        options += ["-t", f"{for_seconds:.3f}"]
    allowed = ("-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS, "-codec_whitelist", DECODERS)
    return [*options, *allowed, "-i", f"file:{source}"]


def reading_sound(plan: Plan) -> list[str]:
    """Open the file whose sound takes the place of the source's, as the second input."""
    return [] if plan.sound is None else reading(Path(plan.sound))


def steady_picture(video: Video, filters: list[str], *, output: int) -> list[str]:
    """Return options for an output that nobody keeps: ``filters`` of each picture, as the pad ``[dec:N]``.

    ``output`` is N: its place among all outputs, from 0, and among the steadied streams.
    """
    return [
        *("-map", f"0:{video.stream_index}", "-vf", ",".join(filters), "-c:v", "wrapped_avframe"),
        *("-fps_mode", "passthrough", "-enc_time_base:v", "filter", "-f", "null", "-", "-dec", f"{output}:0"),
    ]


def steady_sound(audio: Audio, *, end_seconds: float | None = None, output: int) -> list[str]:
    """Return the same for sound: stereo at one rate, with its pauses still in it."""
    until = [] if end_seconds is None else [f"atrim=end={end_seconds:.6f}"]
    return [*stereo(audio, until), "-c:a", "pcm_f32le", "-f", "null", "-", "-dec", f"{output}:0"]


def stereo(audio: Audio, filters: list[str]) -> list[str]:
    """Return options that take a sound through ``filters`` and make it stereo at one rate."""
    mixed = ["pan=stereo|c0=c0|c1=c1"] if audio.takes_first_two else ["anull"]
    chain = ",".join([*filters, *mixed])
    return ["-map", f"0:{audio.stream_index}", "-af", chain, "-ar", str(_AUDIO_RATE), "-ac", "2"]


def encoding(
    plan: Plan, rungs: tuple[Rung, ...], outputs: tuple[Path, ...], *, levels: Levels | None = None
) -> list[str]:
    """Return all options after the input: the steadying, a graph with a split per rung, an output per rung.

    Args:
        plan: what was planned for the source.
        rungs: some of ``plan.rungs``.
        outputs: a file for each of ``rungs``.
        levels: what is done to the sound's loudness.
    """
    options = steady_picture(plan.video, _each_picture(plan, rungs), output=0)
    sound = None
    if plan.probe.audio is not None:
        end = float(plan.start_seconds + plan.duration_seconds) + _MARGIN_SECONDS
        options += [] if plan.sound else steady_sound(plan.probe.audio, end_seconds=end, output=1)
        sound = sound_graph(plan, levels, pad="[1:a:0]" if plan.sound else "[dec:1]", count=len(rungs))
    options += ["-filter_complex_threads", _FILTER_THREADS, "-filter_complex", _graph(plan, rungs)]
    options += [] if sound is None else ["-filter_complex", sound]
    for place, (rung, output) in enumerate(zip(rungs, outputs, strict=True)):
        options += ["-map", f"[v{place}]", *_picture_options(plan, rung)]
        if sound is not None:
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


def _each_picture(plan: Plan, rungs: tuple[Rung, ...]) -> list[str]:
    """Filters that need no other picture, for those of the plan's part and a little around it."""
    top, rate = _top(rungs), max(rung.frame_rate for rung in rungs)
    start, end = float(plan.start_seconds), float(plan.start_seconds + plan.duration_seconds)
    # What is cut off, and what no rung can show, is dropped before it costs anything.
    chain = [f"trim=start={max(0.0, start - _MARGIN_SECONDS):.6f}:end={end + _MARGIN_SECONDS:.6f}"]
    if plan.video.frame_rate > _FEWER_FRAMES * rate:
        chain.append(f"fps={rate.numerator}/{rate.denominator}")
    return [*chain, *picture_chain(plan.video, width=top.width, height=top.height)]


def _graph(plan: Plan, rungs: tuple[Rung, ...]) -> str:
    count, top = len(rungs), _top(rungs)
    rate = max(rung.frame_rate for rung in rungs)
    scale = int(rate / plan.frame_rate)
    # Cut on the grid of frames that all rungs share.
    trim = [f"trim=start_frame={plan.first_frame * scale}", "setpts=PTS-STARTPTS"] if plan.first_frame else []
    chain = [
        f"fps={rate.numerator}/{rate.denominator}:start_time=0",
        *trim,
        # The last frame stays until the sound ends, and every rung ends at the same frame.
        f"tpad=stop=-1:stop_mode=clone,trim=end_frame={plan.frame_count * scale}",
    ]
    parts = [f"[dec:0]{','.join(chain)},split={count}" + _pads("s", count)]
    for place, rung in enumerate(rungs):
        steps = ["null"]
        if rung.frame_rate != rate:
            steps.append(f"framestep={int(rate / rung.frame_rate)}")
        if (rung.width, rung.height) != (top.width, top.height):
            steps.append(f"scale={rung.width}:{rung.height}:flags=bicubic")
        parts.append(f"[s{place}]{','.join(steps)},setsar=1[v{place}]")
    return ";".join(parts)


def _top(rungs: tuple[Rung, ...]) -> Rung:
    return max(rungs, key=lambda rung: rung.width * rung.height)


def sound_graph(plan: Plan, levels: Levels | None, *, pad: str, count: int) -> str:
    """Return the sound of ``pad``, as long as the picture, for ``count`` outputs: ``[a0]`` and so on."""
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


def picture_chain(video: Video, *, width: int, height: int, is_stretched: bool = False) -> list[str]:
    """Filters from a picture of the source to a size in 8-bit BT.709; ffmpeg itself rotates before them.

    A picture of another shape than the first one's gets bars, unless it ``is_stretched``.
    """
    chain = ["bwdif=mode=send_frame:deint=interlaced"] if video.is_interlaced else []
    size = f"w={width}:h={height}" if is_stretched else _fitted(width, height)
    chain += [*to_bt709(video, f"{size}:flags=bicubic"), "format=yuv420p", "setsar=1"]
    if not is_stretched:
        chain.append(f"pad=w={width}:h={height}:x=-1:y=-1:eval=frame")
    # What came beside the pixels stays behind: captions, places, profiles, masters.
    return [*chain, "sidedata=mode=delete"]


def _fitted(width: int, height: int) -> str:
    """The largest size of the picture's own shape inside another; exactly that where it is about the shape.

    Both sides are rounded to even numbers, so a small picture's shape is that much less exact.
    """
    shape, slack = f"dar*{height}/{width}", 0.02 + 2 / min(width, height)
    across = f"if(gt({shape},1),{width},max(2,2*round({height}*dar/2)))"
    down = f"if(gt({shape},1),max(2,2*round({width}/dar/2)),{height})"
    is_same = f"lt(abs({shape}-1),{slack:.4f})"
    return f"w='if({is_same},{width},{across})':h='if({is_same},{height},{down})'"


def _pads(letter: str, count: int) -> str:
    return "".join(f"[{letter}{place}]" for place in range(count))
