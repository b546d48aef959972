"""Read the few boxes of our own fragmented MP4 that packaging needs (ISO/IEC 14496-12 and -15)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from reelm.media.errors import BadEncoding

_HEADER_BYTES = 8
_MAX_BOX_BYTES = 4 * 1024 * 1024  # of a box that is read whole; a moof of two seconds is a few KiB
_TFHD_BASE_OFFSET, _TFHD_DESCRIPTION, _TFHD_DURATION = 0x1, 0x2, 0x8
_TRUN_OFFSET, _TRUN_FIRST_FLAGS, _TRUN_DURATION = 0x1, 0x4, 0x100
_SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)


@dataclass(frozen=True, slots=True)
class Box:
    kind: bytes
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Tracks:
    """The facts of the initialisation part: the picture's track and clock, and the codecs (RFC 6381)."""

    video_track: int
    timescale: int
    default_duration: int
    codecs: str


def top_level(file: BinaryIO, size: int) -> Iterator[Box]:
    """Yield the outermost boxes in file order.

    Raises:
        BadEncoding: the file does not consist of whole boxes.
    """
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(_HEADER_BYTES)
        length, kind = struct.unpack(">I4s", head) if len(head) == _HEADER_BYTES else (0, b"")
        if length == 1:
            length = struct.unpack(">Q", file.read(8))[0]
        if length < _HEADER_BYTES or at + length > size:
            raise bad("a box runs past the end")
        yield Box(kind=kind, offset=at, size=length)
        at += length


def body(file: BinaryIO, box: Box) -> bytes:
    """Return a whole small box, without its header."""
    if box.size > _MAX_BOX_BYTES:
        raise bad(f"{box.kind!r} is too large")
    file.seek(box.offset + _HEADER_BYTES)
    return file.read(box.size - _HEADER_BYTES)


def read_tracks(moov: bytes) -> Tracks:
    """Tracks and codecs from the body of a ``moov``.

    Raises:
        BadEncoding: a box is missing or damaged; a remuxed source passes on what was wrong with it.
    """
    try:
        return _read_tracks(moov)
    except (IndexError, struct.error) as error:
        raise bad("a box of the initialisation part is damaged") from error


def _read_tracks(moov: bytes) -> Tracks:
    video_track, timescale = 0, 0
    codecs: list[str] = []
    for trak in _all(moov, b"trak"):
        mdia = _only(trak, b"mdia")
        entry = _only(_only(_only(mdia, b"minf"), b"stbl"), b"stsd")[8:]
        if _only(mdia, b"hdlr")[8:12] == b"vide":
            video_track = _track_id(trak)
            timescale = _timescale(_only(mdia, b"mdhd"))
            codecs.insert(0, _av1(entry) if entry[4:8] == b"av01" else _avc(entry))
        else:
            codecs.append(_mp4a(entry))
    if not video_track:
        raise bad("it has no picture track")
    return Tracks(
        video_track=video_track,
        timescale=timescale,
        default_duration=_default_duration(moov, video_track),
        codecs=",".join(codecs),
    )


def fragment_span(moof: bytes, tracks: Tracks) -> tuple[int, int]:
    """Start and length of the picture in a ``moof``, in units of the track's timescale."""
    for traf in _all(moof, b"traf"):
        header = _only(traf, b"tfhd")
        if struct.unpack(">I", header[4:8])[0] != tracks.video_track:
            continue
        decode_time = _only(traf, b"tfdt")
        start = int.from_bytes(decode_time[4:], "big")
        usual = _fragment_duration(header, tracks.default_duration)
        return start, sum(_run_duration(trun, usual) for trun in _all(traf, b"trun"))
    raise bad("a fragment has no picture")


def bad(what: str) -> BadEncoding:
    problem = BadEncoding(
        "The encoder's output is not what players need. The upload is kept. "
        "Try again; if it happens again, tell the operator."
    )
    problem.add_note(what)
    return problem


def _all(container: bytes, kind: bytes) -> Iterator[bytes]:
    at = 0
    while at + _HEADER_BYTES <= len(container):
        length, found = struct.unpack(">I4s", container[at : at + _HEADER_BYTES])
        if length < _HEADER_BYTES:
            raise bad("a box has no length")
        if found == kind:
            yield container[at + _HEADER_BYTES : at + length]
        at += length


def _only(container: bytes, kind: bytes) -> bytes:
    for found in _all(container, kind):
        return found
    raise bad(f"{kind!r} is missing")


def _track_id(trak: bytes) -> int:
    header = _only(trak, b"tkhd")
    at = 20 if header[0] == 1 else 12
    return int.from_bytes(header[at : at + 4], "big")


def _timescale(mdhd: bytes) -> int:
    at = 20 if mdhd[0] == 1 else 12
    return int.from_bytes(mdhd[at : at + 4], "big")


def _default_duration(moov: bytes, track: int) -> int:
    for trex in _all(_only(moov, b"mvex"), b"trex"):
        number, _, duration = struct.unpack(">III", trex[4:16])
        if number == track:
            return int(duration)
    return 0


def _fragment_duration(tfhd: bytes, usual: int) -> int:
    flags = int.from_bytes(tfhd[1:4], "big")
    if not flags & _TFHD_DURATION:
        return usual
    at = 8 + (8 if flags & _TFHD_BASE_OFFSET else 0) + (4 if flags & _TFHD_DESCRIPTION else 0)
    return int.from_bytes(tfhd[at : at + 4], "big")


def _run_duration(trun: bytes, usual: int) -> int:
    flags, count = int.from_bytes(trun[1:4], "big"), int.from_bytes(trun[4:8], "big")
    if not flags & _TRUN_DURATION:
        return usual * count
    at = 8 + (4 if flags & _TRUN_OFFSET else 0) + (4 if flags & _TRUN_FIRST_FLAGS else 0)
    step = 4 * sum(1 for field in _SAMPLE_FIELDS if flags & field)
    # The duration is the first of a sample's fields.
    return sum(int.from_bytes(trun[at + n * step : at + n * step + 4], "big") for n in range(count))


def _avc(entry: bytes) -> str:
    """``avc1.PPCCLL`` from the sample entry's avcC: profile, constraints, level."""
    at = entry.find(b"avcC")
    if at < 0:
        raise bad("the picture is neither H.264 nor AV1")
    return f"avc1.{entry[at + 5 : at + 8].hex()}"


def _av1(entry: bytes) -> str:
    """``av01.P.LLT.DD`` from the sample entry's av1C: profile, level, tier, bits.

    Source: AV1 Codec ISO Media File Format Binding, sections 2.3 and 5.
    """
    at = entry.find(b"av1C")
    if at < 0:
        raise bad("the picture's description is missing")
    first, second = entry[at + 5], entry[at + 6]
    tier = "H" if second & 0x80 else "M"
    bits = (12 if second & 0x20 else 10) if second & 0x40 else 8
    return f"av01.{first >> 5}.{first & 0x1F:02d}{tier}.{bits:02d}"


def _mp4a(entry: bytes) -> str:
    """``mp4a.40.N`` from the sample entry's esds; N is the audio object type of its configuration."""
    at = entry.find(b"esds")
    if at < 0:
        raise bad("the sound is not AAC")
    specific = _descriptor(entry[at + 8 :], (0x03, 0x04, 0x05))
    return f"mp4a.40.{specific[0] >> 3}"


def _descriptor(data: bytes, path: tuple[int, ...]) -> bytes:
    """Walk nested MPEG-4 descriptors by tag (ISO/IEC 14496-1, 8.3.3)."""
    for tag in path:
        if not data or data[0] != tag:
            raise bad("the sound's description is damaged")
        at = 1
        while data[at] & 0x80:
            at += 1
        data = data[at + 1 :]
        # ES descriptor: id and flags; decoder configuration: type, buffer and rates.
        data = data[{0x03: 3, 0x04: 13, 0x05: 0}[tag] :]
    return data
