"""Clips as phones write them, with ``MARK`` in one of the places where a file carries more than it shows."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from support.media import beats
from support.media.footage import PHONE, ffmpeg, made_once

MARK = b"Mara 52.5200N"
_TEXT = MARK.decode()
_SIZE = "480x854"
_ENTRY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1")
_START = b"\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A file that has the mark in some place; ``is_copied`` when players may get its picture as it is."""

    what: str
    make: Callable[[], Path]
    is_copied: bool = True


@made_once
def raw(into: Path) -> Path:
    """A phone's picture as a bare stream of units."""
    path = into / "raw.h264"
    ffmpeg(*beats.picture(_SIZE), "-t", "0.5", *PHONE, "-bf", "0", str(path))
    return path


@made_once
def unit(into: Path, header: int, payload: bytes) -> Path:
    """One more unit in front of each picture; ``header`` holds its type in the lowest five bits."""
    pieces = raw().read_bytes().split(_START)
    more = _START + bytes([header]) + payload + b"\x80"
    before = [more if piece[:1] in {b"\x65", b"\x41"} else b"" for piece in pieces]
    units, path = into / "units.h264", into / "unit.mp4"
    units.write_bytes(b"".join(a + _START + b for a, b in zip(before[1:], pieces[1:], strict=True)))
    read = ("-r", "30", "-f", "h264", "-i", str(units), *beats.sound())
    ffmpeg(*read, "-t", "0.5", "-c:v", "copy", *beats.AAC, str(path))
    return path


@made_once
def option(into: Path, name: str, *options: str) -> Path:
    """What ffmpeg writes with some ``options``; ``MARKS`` is a file of subtitles that says the mark."""
    path, words = into / name, into / "words.srt"
    words.write_text(f"1\n00:00:00,000 --> 00:00:00,400\n{_TEXT}\n", encoding="utf-8")
    chapters = into / "chapters.txt"
    chapter = f"[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=400\ntitle={_TEXT}\n"
    chapters.write_text(f";FFMETADATA1\n{chapter}", encoding="utf-8")
    notes = into / "notes.txt"
    notes.write_bytes(MARK)
    named = {"WORDS": str(words), "CHAPTERS": str(chapters), "NOTES": str(notes)}
    given = [named.get(each, each) for each in options]
    video = ("-map", "0", "-map", "1", "-t", "0.5", *PHONE, *beats.AAC)
    inputs = [index for index, each in enumerate(given) if each == "-i"]
    first = inputs[-1] + 2 if inputs else 0
    ffmpeg(*beats.picture(_SIZE), *beats.sound(), *given[:first], *video, *given[first:], str(path))
    return path


@made_once
def box(into: Path, kind: bytes, parents: tuple[bytes, ...] = ()) -> Path:
    """A box of its own at the end of the file, or at the end of the box that ``parents`` lead to."""
    data = bytearray(option("plain.mp4").read_bytes())
    insert(data, parents, struct.pack(">I", 24 + len(MARK)) + kind + bytes(16) + MARK)
    path = into / "box.mp4"
    path.write_bytes(data)
    return path


@made_once
def configuration(into: Path) -> Path:
    """The note among the parameter sets, which lie in the index and not in the stream."""
    data = bytearray(unit(0x06, b"\x05\x10" + bytes(16)).read_bytes())
    note = b"\x06\x05" + bytes([16 + len(MARK)]) + bytes(16) + MARK + b"\x80"
    at = data.index(b"avcC") + 4
    sets = at + 6
    for _ in range(data[at + 5] & 0x1F):
        sets += 2 + struct.unpack_from(">H", data, sets)[0]
    data[sets] += 1
    end = sets + 1
    for _ in range(data[sets] - 1):
        end += 2 + struct.unpack_from(">H", data, end)[0]
    written = struct.pack(">H", len(note)) + note
    insert(data, (*_ENTRY, b"avcC"), written, at=end)
    path = into / "configuration.mp4"
    path.write_bytes(data)
    return path


@made_once
def photographs(into: Path) -> Path:
    """Motion JPEG in which each picture says by whom and where it was taken, as a camera's does."""
    plain, marked, path = into / "plain.mjpeg", into / "marked.mjpeg", into / "photographs.mov"
    ffmpeg(*beats.picture(_SIZE), "-t", "0.5", "-c:v", "mjpeg", "-q:v", "4", str(plain))
    entry = struct.pack("<HHII", 0x013B, 2, len(MARK) + 1, 26)  # artist
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + bytes(4) + MARK + b"\0"
    profile = b"ICC_PROFILE\0\x01\x01" + MARK
    segments = b"".join(
        b"\xff" + kind + struct.pack(">H", 2 + len(body)) + body
        for kind, body in ((b"\xe1", exif), (b"\xe2", profile), (b"\xfe", MARK))
    )
    marked.write_bytes(plain.read_bytes().replace(b"\xff\xd8\xff", b"\xff\xd8" + segments + b"\xff"))
    ffmpeg("-r", "30", "-f", "mjpeg", "-i", str(marked), "-c:v", "copy", str(path))
    return path


def captioned() -> Path:
    """Captions (CEA-708) in a note of each picture: three bytes for each two letters."""
    pairs = [MARK[at : at + 2].ljust(2, b" ") for at in range(0, len(MARK), 2)]
    data = b"".join(b"\xfc" + pair for pair in pairs)
    said = b"\xb5\0\x31GA94\x03" + bytes([0x40 | len(pairs), 0xFF]) + data + b"\xff"
    return unit(0x06, b"\x04" + bytes([len(said)]) + said)


@made_once
def data_element(into: Path) -> Path:
    """AAC in which a data element comes before the sound of each packet."""
    plain, path = into / "plain.aac", into / "data.mp4"
    ffmpeg(*beats.sound(), "-t", "0.5", *beats.AAC, "-f", "adts", str(plain))
    data, marked, at = plain.read_bytes(), into / "marked.aac", 0
    # The element's type in three bits, its number in four, aligned; a length, and that many bytes.
    element = bytes([0b100_0000_1, len(MARK)]) + MARK
    out = bytearray()
    while at < len(data):
        length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        header, longer = bytearray(data[at : at + 7]), length + len(element)
        header[3] = header[3] & 0xFC | longer >> 11
        header[4], header[5] = longer >> 3 & 0xFF, header[5] & 0x1F | (longer & 7) << 5
        out += header + element + data[at + 7 : at + length]
        at += length
    marked.write_bytes(out)
    ffmpeg("-r", "30", "-i", str(raw()), "-f", "aac", "-i", str(marked), "-c", "copy", str(path))
    return path


def insert(data: bytearray, parents: tuple[bytes, ...], more: bytes, *, at: int | None = None) -> None:
    """Put bytes at the end of the box that ``parents`` lead to, or of the file; or ``at`` a place in it."""
    starts = [0]
    for kind in parents:
        starts.append(data.index(kind, starts[-1] + 8) - 4)
    end = starts[-1] + struct.unpack_from(">I", data, starts[-1])[0] if parents else len(data)
    for start in starts[1:]:
        struct.pack_into(">I", data, start, struct.unpack_from(">I", data, start)[0] + len(more))
    place = end if at is None else at
    data[place:place] = more


def _unit(what: str, header: int, payload: bytes = MARK) -> Carrier:
    return Carrier(what, partial(unit, header, payload))


def _written(what: str, name: str, *options: str) -> Carrier:
    return Carrier(what, partial(option, name, *options), is_copied=not name.endswith(".mkv"))


_NAMED = f"handler_name={_TEXT}"
_NOTE = b"\x05" + bytes([16 + len(MARK)]) + bytes(16) + MARK
_REGISTERED = b"\x04" + bytes([len(MARK) + 3]) + b"\xb5\0\0" + MARK
CARRIERS = (
    _unit("a note of user data", 0x06, _NOTE),
    _unit("a note of a registered kind", 0x06, _REGISTERED),
    _unit("filler", 0x0C),
    _unit("a delimiter with more in it", 0x09, b"\xf0" + MARK),
    *(_unit(f"a unit of the unspecified type {each}", each) for each in (0, 24, 28, 30, 31)),
    *(_unit(f"a unit of the reserved type {each}", each) for each in (16, 17, 22, 23)),
    _unit("an auxiliary picture", 0x13),
    Carrier("a note among the parameter sets", configuration),
    _written("tags", "tags.mov", "-metadata", f"artist={_TEXT}", "-metadata", f"location={_TEXT}"),
    _written("tags of the tracks", "tracks.mov", "-metadata:s:v", _NAMED, "-metadata:s:a", _NAMED),
    _written("subtitles", "words.mp4", "-i", "WORDS", "-map", "2", "-c:s", "mov_text"),
    _written("subtitles, MKV", "words.mkv", "-i", "WORDS", "-map", "2", "-c:s", "srt"),
    _written("chapters", "chapters.mov", "-i", "CHAPTERS", "-map_chapters", "2"),
    _written("an attachment", "notes.mkv", "-attach", "NOTES", "-metadata:s:t", "mimetype=text/plain"),
    Carrier("a box of its own", partial(box, b"mara")),
    Carrier("a box of free space", partial(box, b"free")),
    Carrier("a box beside the picture's coding", partial(box, b"mara", _ENTRY)),
    Carrier("a box of the maker's in the index", partial(box, b"uuid", _ENTRY[:1])),
    Carrier("the Exif, profile and comment of photographs", photographs, is_copied=False),
)
