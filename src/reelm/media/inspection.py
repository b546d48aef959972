"""Started as a program on one untrusted file: print what it is as one line of JSON.

    python -I -B inspection.py PATH OPTIONS BOUNDS

Both are JSON: OPTIONS are libavformat's; BOUNDS are ``{"max_streams", "max_pixels", "max_duration_ms",
"min_short_side"}``. Prints ``{"fault": NAME or null, "probe": {…} or null}``; ``reelm.media.probe`` makes a
``Probe`` or an error of it. It imports nothing of the project, because it runs on its own, confined, and may
be killed by what it reads. Facts outside the bounds are reported at once, without decoding; the caller
refuses them in its own words.
"""

import json
import struct
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

_TAIL_FRAMES = 150
_FIRST_PACKETS = 120
# A container says how long it is; what it holds may end this much earlier without anything being lost.
_SLACK_SECONDS = Fraction(1, 2)
_SLACK_RATIO = Fraction(2, 100)
_TRANSFERS = {16: "pq", 18: "hlg"}
_MATRICES = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}


class InspectionFault(Exception):
    """The reason why the file is refused, as one word."""


class Reach:
    """The time that the packets of one stream cover, in seconds."""

    def __init__(self) -> None:
        self.start: Fraction | None = None
        self.end = Fraction(0)
        self.last_key = Fraction(0)
        self.times: list[Fraction] = []
        self.is_reordered = False
        self.size_bytes = 0
        self.keys: list[Fraction] = []
        self.decoded: Fraction | None = None
        self.has_steady_times = True
        self.has_clean_groups = True

    def add(self, packet: "av.Packet[Any]") -> None:
        self.size_bytes += packet.size
        if packet.pts is None or packet.time_base is None:
            self.has_steady_times = False
            return
        at = packet.pts * packet.time_base
        self._add_order(packet, at)
        self.is_reordered |= bool(self.times) and at < self.times[-1]
        self.times.append(at)
        self.start = at if self.start is None else min(self.start, at)
        self.end = max(self.end, at + (packet.duration or 0) * packet.time_base)
        if packet.is_keyframe:
            self.last_key = at

    def _add_order(self, packet: "av.Packet[Any]", at: Fraction) -> None:
        decoded = None if packet.dts is None or packet.time_base is None else packet.dts * packet.time_base
        if decoded is None or (self.decoded is not None and decoded <= self.decoded):
            self.has_steady_times = False
        self.decoded = decoded
        if packet.is_keyframe:
            self.keys.append(at)
        elif not self.keys or at < self.keys[-1]:  # shown before the keyframe that it is decoded after
            self.has_clean_groups = False

    def longest_gap(self) -> Fraction:
        return max((later - sooner for sooner, later in pairwise(sorted(self.times))), default=Fraction(0))

    def longest_group(self) -> Fraction:
        return max((later - sooner for sooner, later in pairwise([*self.keys, self.end])), default=self.end)

    def frame_rate(self) -> float:
        """Return one over the usual distance, so that a pause in a variable rate does not count."""
        steps = sorted(later - sooner for sooner, later in pairwise(sorted(self.times)) if later > sooner)
        if not steps:
            return 30.0
        middle = steps[len(steps) // 2]
        usual = [step for step in steps if middle / 2 <= step <= middle * 3 / 2]
        return float(len(usual) / sum(usual, Fraction(0)))


def main() -> None:
    path, options, bounds = Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
    av.logging.set_level(None)
    answer: dict[str, Any] = {"fault": None, "probe": None}
    try:
        answer["probe"] = _inspect(path, options, bounds)
    except InspectionFault as fault:
        answer["fault"] = str(fault)
    except (av.FFmpegError, ValueError, MemoryError, ArithmeticError):
        answer["fault"] = "unreadable"
    sys.stdout.write(json.dumps(answer) + "\n")


def _inspect(path: Path, options: dict[str, str], bounds: dict[str, int]) -> dict[str, Any]:
    family, is_whole = _outline(path)
    try:
        container = av.open(str(path), options=options, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        known = "unreadable" if is_whole else "truncated"
        raise InspectionFault(known if family else "not-a-video") from error
    with container:
        picture, sounds = _tracks(container)
        if picture is None and not sounds:
            raise InspectionFault("not-a-video")
        probe = _headline(container, picture)
        if picture is None or _is_over(probe, bounds):
            return probe
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
            return probe
        _demand_the_end(container, family, end)
        frame = _first_frame(container, picture)
        _fill_from_frame(probe["video"], picture, frame)
        probe["video"]["coding"] = _coding(picture, reach, frame)
        _decode_tail(container, picture, reach)
        heard = (_sound(container, stream, reach, reaches[stream.index]) for stream in sounds)
        probe["audio"] = next(filter(None, heard), None)
        return probe


def _outline(path: Path) -> tuple[str, bool]:
    """The family the first bytes claim (``mp4``, ``matroska`` or none), and whether its parts are there."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"\x1a\x45\xdf\xa3":
            return "matroska", True
        if head[4:8] not in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}:
            return "", True
        has_moov = False
        for kind, end in _boxes(file, size):
            if end > size:
                return "mp4", False
            has_moov |= kind == b"moov"
        return "mp4", has_moov


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Top-level boxes and where each should end; stops at what is no box (cameras append private bytes)."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length == 1 and at + 16 <= size:
            length = struct.unpack(">Q", file.read(8))[0]
        elif length == 0:
            length = size - at
        if length < 8 or not kind.isalnum():
            return
        at += length
        yield kind, at


def _tracks(container: InputContainer) -> tuple[VideoStream | None, list[AudioStream]]:
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    picture = next(iter(pictures), None)
    if picture is not None and picture.codec_context is None:  # of a kind that nobody knows
        raise InspectionFault("unreadable")
    return picture, [stream for stream in container.streams.audio if stream.codec_context is not None]


def _headline(container: InputContainer, picture: VideoStream | None) -> dict[str, Any]:
    """What the header says, before anything is decoded."""
    probe: dict[str, Any] = {
        "container": container.format.name.split(",")[0],
        "duration_ms": round((container.duration or 0) / 1000),
        "stream_count": len(container.streams),
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
    reaches = {stream.index: Reach() for stream in streams}
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


def _first_frame(container: InputContainer, picture: VideoStream) -> av.VideoFrame:
    picture.thread_type = "AUTO"
    picture.codec_context.thread_count = 2
    container.seek(container.start_time or 0)
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
        "is_plain": (picture.sample_aspect_ratio or 1) == 1 and not _is_mirrored(frame),
    }


def _is_mirrored(frame: av.VideoFrame) -> bool:
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
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


def _sound(
    container: InputContainer, stream: AudioStream, picture: Reach, own: Reach
) -> dict[str, Any] | None:
    """Facts about the sound, or nothing when it does not decode: the clip is then published without it."""
    try:
        container.seek(container.start_time or 0)
        for packet in islice(container.demux(stream), _FIRST_PACKETS):
            for frame in packet.decode():
                if isinstance(frame, av.AudioFrame):
                    return {
                        "stream_index": stream.index,
                        "codec": stream.codec_context.name,
                        "channels": frame.layout.nb_channels,
                        "sample_rate": frame.sample_rate,
                        "profile": stream.codec_context.profile or "",
                        "late_ms": round(((own.start or 0) - (picture.start or 0)) * 1000),
                        "long_ms": round((own.end - picture.end) * 1000),
                    }
    except (av.FFmpegError, ValueError):
        return None
    return None


if __name__ == "__main__":
    main()
