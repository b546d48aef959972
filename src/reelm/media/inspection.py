"""Started as a program on one untrusted file: print what it is as one line of JSON.

    python -I -B inspection.py PATH OPTIONS BOUNDS

Both are JSON: OPTIONS are libavformat's; BOUNDS are ``{"max_streams", "max_pixels", "max_duration_ms",
"min_short_side"}``. Prints ``{"fault": NAME or null, "probe": {…} or null, "sounds": […]}``, the sounds as
their packets tell; ``reelm.media.probe`` makes a ``Probe`` or an error of it. It imports only ``packets`` of
the project, because it runs on its own, confined, and may be killed by what it reads. Facts outside the
bounds are reported at once, without decoding; the caller refuses them in its own words.

No sound is decoded here, nor its channels counted: where a file describes where each one belongs, PyAV
frees memory that is not its own.
"""

import json
import struct
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

if TYPE_CHECKING:
    from reelm.media.packets import Reach
else:
    sys.path.append(str(Path(__file__).parent))  # last, so that nothing else is found there
    from packets import Reach

_TAIL_FRAMES = 150
_FIRST_PACKETS = 120
# A container says how long it is; what it holds may end this much earlier without anything being lost.
_SLACK_SECONDS = Fraction(1, 2)
_SLACK_RATIO = Fraction(2, 100)
_TRANSFERS = {16: "pq", 18: "hlg"}
_MATRICES = {0: "gbr", 1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 8: "ycgco", 9: "bt2020"}
_MATRICES |= {10: "bt2020c", 14: "ictcp"}
_PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020"}
_PRIMARIES |= {11: "smpte431", 12: "smpte432"}
_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


class InspectionFault(Exception):
    """The reason why the file is refused, as one word."""


def main() -> None:
    path, options, bounds = Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
    av.logging.set_level(None)
    answer: dict[str, Any] = {"fault": None, "probe": None, "sounds": []}
    try:
        answer["probe"], answer["sounds"] = _inspect(path, options, bounds)
    except InspectionFault as fault:
        answer["fault"] = str(fault)
    except (av.FFmpegError, ValueError, MemoryError, ArithmeticError):
        answer["fault"] = "unreadable"
    sys.stdout.write(json.dumps(answer) + "\n")


def _inspect(
    path: Path, options: dict[str, str], bounds: dict[str, int]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    family, is_whole = _outline(path)
    try:
        container = av.open(str(path), options=options, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        known = "unreadable" if is_whole else "truncated"
        raise InspectionFault(known if family else "not-a-video") from error
    with container:
        picture, sounds = _tracks(container, frozenset(options["codec_whitelist"].split(",")))
        probe = _headline(container, picture)
        if picture is None or _is_over(probe, bounds):
            return probe, []
        if not is_whole:
            raise InspectionFault("truncated")
        reaches = _read_through(container, [picture, *sounds], bounds["max_duration_ms"])
        start = min(
            (reach.start for reach in reaches.values() if reach.start is not None), default=Fraction(0)
        )
        end = max((reach.end for reach in reaches.values()), default=Fraction(0))
        probe["duration_ms"] = round((end - start) * 1000)
        reach = reaches[picture.index]
        probe["video"] |= {"frame_rate": reach.frame_rate(), "has_b_frames": reach.is_reordered}
        if not reach.times and probe["duration_ms"]:
            probe["video"] = None
        if _is_over(probe, bounds) or not reach.times:
            return probe, []
        _demand_what_the_index_promises([picture, *sounds], path.stat().st_size)
        _demand_the_end(container, family, end)
        frame = _first_frame(container, picture, reach)
        _fill_from_frame(probe["video"], picture, frame)
        probe["video"]["coding"] = _coding(picture, reach, frame)
        _decode_tail(container, picture, reach)
        heard = [_sound(stream, reach, reaches[stream.index]) for stream in sounds]
        return probe, [sound for sound in heard if sound is not None]


def _outline(path: Path) -> tuple[str, bool]:
    """The family the first bytes claim (``mp4``, ``matroska`` or none), and whether its index is there."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"\x1a\x45\xdf\xa3":
            return "matroska", True
        if head[4:8] not in _FIRST_BOXES:
            return "", True
        has_moov = False
        for kind, end in _boxes(file, size):
            if end > size and kind in {b"moov", b"moof"}:
                return "mp4", False
            has_moov |= kind == b"moov"
        return "mp4", has_moov


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Top-level boxes of any kind and where each should end; the last one may be none (a tag, a picture)."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length == 1 and at + 16 <= size:
            length = struct.unpack(">Q", file.read(8))[0]
        elif length == 0:
            length = size - at
        if length < 8:
            return
        at += length
        yield kind, at


def _tracks(
    container: InputContainer, decoders: frozenset[str]
) -> tuple[VideoStream | None, list[AudioStream]]:
    """The picture and the sounds that the encoder may decode, which has the same list."""
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    usable = [s for s in pictures if s.codec_context is not None and s.codec_context.name in decoders]
    if pictures and not usable:
        raise InspectionFault("unreadable")
    if not pictures and not container.streams.audio:
        raise InspectionFault("not-a-video")
    sounds = [s for s in container.streams.audio if s.codec_context is not None]
    return next(iter(usable), None), [s for s in sounds if s.codec_context.name in decoders]


def _headline(container: InputContainer, picture: VideoStream | None) -> dict[str, Any]:
    """What the header says, before anything is decoded."""
    probe: dict[str, Any] = {
        "container": container.format.name.split(",")[0],
        "duration_ms": round((container.duration or 0) / 1000),
        "stream_count": len(container.streams),
        "has_sound": any(True for _ in container.streams.audio),
        "video": None,
        "audio": None,
    }
    if picture is not None:
        context = picture.codec_context
        probe["video"] = {
            "stream_index": picture.index,
            "codec": context.name,
            "width": context.width,
            "height": context.height,
            "rotation": 0,
            "frame_rate": 0.0,
            "pixel_format": context.pix_fmt or "",
            "bit_depth": 8,
            "color_transfer": "sdr",
            "color_matrix": "unknown",
            "color_primaries": "unknown",
            "has_b_frames": False,
            "is_interlaced": False,
        }
    return probe


def _is_over(probe: dict[str, Any], bounds: dict[str, int]) -> bool:
    video = probe["video"] or {"width": bounds["min_short_side"], "height": bounds["min_short_side"]}
    return bool(
        probe["stream_count"] > bounds["max_streams"]
        or probe["duration_ms"] > bounds["max_duration_ms"]
        or video["width"] * video["height"] > bounds["max_pixels"]
        or min(video["width"], video["height"]) < bounds["min_short_side"]
    )


def _read_through(
    container: InputContainer, streams: list[VideoStream | AudioStream], max_duration_ms: int
) -> dict[int, Reach]:
    """Read every packet without decoding: the only length that cannot lie."""
    reaches = {
        stream.index: Reach(
            stream.codec_context.name,
            stream.codec_context.extradata or b"",
            stream.codec_context.sample_rate if isinstance(stream, AudioStream) else 0,
        )
        for stream in streams
    }
    try:
        for packet in container.demux(streams):
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.is_corrupt:
                raise InspectionFault("truncated")
            reach = reaches[packet.stream_index]
            reach.add(packet)
            if reach.start is not None and (reach.end - reach.start) * 1000 > max_duration_ms:
                break
    except av.FFmpegError as error:
        raise InspectionFault("truncated") from error
    return reaches


def _demand_the_end(container: InputContainer, family: str, end: Fraction) -> None:
    """A Matroska header states its length; much less was there when the file was cut."""
    if family != "matroska" or not container.duration:
        return
    stated = Fraction(container.duration, 1_000_000)
    if stated - end > max(_SLACK_SECONDS, stated * _SLACK_RATIO):
        raise InspectionFault("truncated")


def _demand_what_the_index_promises(streams: list[VideoStream | AudioStream], size: int) -> None:
    """Every packet of MP4 has its place in the file; what else is in the file is nobody's business."""
    if any(entry.pos + entry.size > size for stream in streams for entry in stream.index_entries):
        raise InspectionFault("truncated")


def _first_frame(container: InputContainer, picture: VideoStream, reach: Reach) -> av.VideoFrame:
    """The first picture that decodes: of the first keyframe, which trimmers that copy leave in the middle."""
    picture.thread_type = "AUTO"
    picture.codec_context.thread_count = 2
    first = next(iter(reach.keys), reach.start or Fraction(0))
    container.seek(
        int(first / (picture.time_base or Fraction(1, 1000))), stream=picture, any_frame=not reach.keys
    )
    for packet in islice(container.demux(picture), _FIRST_PACKETS):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            if isinstance(frame, av.VideoFrame) and not frame.is_corrupt:
                return frame
    raise InspectionFault("unreadable")


def _fill_from_frame(video: dict[str, Any], picture: VideoStream, frame: av.VideoFrame) -> None:
    aspect = picture.sample_aspect_ratio or Fraction(1)
    width, height = frame.width, frame.height
    if aspect > 1:
        width = round(width * aspect)
    elif 0 < aspect < 1:
        height = round(height / aspect)
    rotation = round(-frame.rotation / 90) * 90 % 360
    if rotation in {90, 270}:
        width, height = height, width
    video |= {
        "width": width,
        "height": height,
        "rotation": rotation,
        "pixel_format": frame.format.name,
        "bit_depth": frame.format.components[0].bits,
        "color_transfer": _TRANSFERS.get(int(frame.color_trc), "sdr"),
        "color_matrix": _MATRICES.get(int(frame.colorspace), "unknown"),
        "color_primaries": _PRIMARIES.get(int(frame.color_primaries), "unknown"),
        "is_interlaced": bool(frame.interlaced_frame),
    }


def _coding(picture: VideoStream, reach: Reach, frame: av.VideoFrame) -> dict[str, Any]:
    context = picture.codec_context
    length = max(reach.end - (reach.start or 0), Fraction(1, 1000))
    return {
        "profile": context.profile or "",
        "level": context.level or 0,
        "bits_per_second": round(reach.size_bytes * 8 / length),
        "longest_gap_ms": round(reach.longest_gap() * 1000),
        "longest_group_ms": round(reach.longest_group() * 1000),
        "has_clean_groups": reach.has_clean_groups,
        "has_steady_times": reach.has_steady_times,
        "has_one_configuration": reach.has_one_configuration,
        "is_plain": (picture.sample_aspect_ratio or 1) == 1
        and not (_is_mirrored(frame) or reach.is_turned_by_note),
    }


def _is_mirrored(frame: av.VideoFrame) -> bool:
    """Whether its note to turn it also mirrors it, or cannot be read: such a picture is encoded."""
    try:
        matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # beside one of a kind that PyAV has no name for, as Exif
        return True
    if matrix is None:
        return False
    a, b, _, c, d, *_ = struct.unpack("=9i", memoryview(matrix))
    return bool(a * d - b * c < 0)


def _decode_tail(container: InputContainer, picture: VideoStream, reach: Reach) -> None:
    """The last part must be there too, not only its place in the index."""
    time_base = picture.time_base or Fraction(1, 1000)
    container.seek(int(reach.last_key / time_base), stream=picture)
    for packet in islice(container.demux(picture), _TAIL_FRAMES):
        try:
            if any(isinstance(frame, av.VideoFrame) and not frame.is_corrupt for frame in packet.decode()):
                return
        except av.error.InvalidDataError:
            continue
    raise InspectionFault("truncated")


def _sound(stream: AudioStream, picture: Reach, own: Reach) -> dict[str, Any] | None:
    """Facts about a sound; nothing when there is none in it."""
    if own.start is None:
        return None
    return {
        "stream_index": stream.index,
        "codec": stream.codec_context.name,
        "channels": 0,
        "sample_rate": stream.codec_context.sample_rate,
        "profile": stream.codec_context.profile or "",
        "late_ms": round((own.start - (picture.start or 0)) * 1000),
        "long_ms": round((own.end - picture.end) * 1000),
        "is_plain": own.has_one_configuration and not own.has_data,
    }


if __name__ == "__main__":
    main()
