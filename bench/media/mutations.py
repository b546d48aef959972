"""Files that were meant well once: bit flips, and lies in the structure of MP4 and Matroska."""

import random  # noqa: TID251 - seeded, so that a finding replays
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_BOX_PARENTS = frozenset(
    b"moov trak mdia minf stbl dinf edts mvex moof traf udta meta stsd".split()  # stsd's entries come 8 later
)
_MASTERS = "18538067 1654ae6b ae e0 e1 1f43b675 a0 1549a966 1c53bb6b bb 114d9b74 4dbb"
_ELEMENT_PARENTS = frozenset(bytes.fromhex(name) for name in _MASTERS.split())
_LIES = (0, 1, 2, 7, 8, 9, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Part:
    """A box or an element: where it starts, where its content starts, where it ends."""

    start: int
    inside: int
    end: int


def mutated(data: bytes, *, seed: int) -> bytes:
    """One of endlessly many broken versions of a good file, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - not a secret
    parts = list(
        _elements(data, 0, len(data)) if data[:4] == b"\x1a\x45\xdf\xa3" else _boxes(data, 0, len(data))
    )
    broken = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        change = dice.choice(_CHANGES)
        change(broken, dice.choice(parts), dice)
    return bytes(broken)


def _boxes(data: bytes, at: int, end: int) -> Iterator[Part]:
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > end:
            return
        yield Part(at, at + 8, at + size)
        if kind in _BOX_PARENTS:
            yield from _boxes(data, at + (16 if kind == b"stsd" else 8), at + size)
        at += size


def _elements(data: bytes, at: int, end: int) -> Iterator[Part]:
    while at + 2 <= end:
        id_bytes = 9 - data[at].bit_length()
        size_at = at + id_bytes
        if size_at >= end or not data[size_at]:
            return
        size_bytes = 9 - data[size_at].bit_length()
        inside = size_at + size_bytes
        size = int.from_bytes(data[size_at:inside], "big") & ((1 << 7 * size_bytes) - 1)
        stop = min(end, inside + size)  # a size that is not known runs to the end
        yield Part(at, inside, stop)
        if data[at:size_at] in _ELEMENT_PARENTS:
            yield from _elements(data, inside, stop)
        at = stop


def _flip(broken: bytearray, _: Part, dice: random.Random) -> None:
    """Single bits, anywhere."""
    for _time in range(dice.choice((1, 8, 64))):
        if broken:
            broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)


def _flip_inside(broken: bytearray, part: Part, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 4, 16))):
        at = part.start + dice.randrange(max(1, part.end - part.start))
        if at < len(broken):
            broken[at] ^= 1 << dice.randrange(8)


def _lie_about_size(broken: bytearray, part: Part, dice: random.Random) -> None:
    broken[part.start : part.start + 4] = struct.pack(">I", dice.choice(_LIES))


def _lie_inside(broken: bytearray, part: Part, dice: random.Random) -> None:
    """Counts, offsets, lengths: four bytes at the places where they usually are."""
    at = part.inside + 4 * dice.randrange(6)
    broken[at : at + 4] = struct.pack(">I", dice.choice(_LIES))


def _rename(broken: bytearray, part: Part, dice: random.Random) -> None:
    broken[part.start + 4 : part.start + 8] = dice.choice(
        (b"free", b"trak", b"moov", b"mdat", b"stbl", b"\0\0\0\0")
    )


def _repeat(broken: bytearray, part: Part, dice: random.Random) -> None:
    copy = bytes(broken[part.start : part.end])[: 1024 * 1024]
    broken[part.end : part.end] = copy * dice.choice((1, 2, 50 if len(copy) < 4096 else 2))


def _remove(broken: bytearray, part: Part, _: random.Random) -> None:
    del broken[part.start : part.end]


def _hollow(broken: bytearray, part: Part, dice: random.Random) -> None:
    length = max(0, min(part.end, len(broken)) - part.inside)
    broken[part.inside : part.inside + length] = bytes([dice.choice((0, 0xFF))]) * length


def _cut(broken: bytearray, part: Part, dice: random.Random) -> None:
    del broken[part.inside + dice.randrange(max(1, part.end - part.inside)) :]


_CHANGES: tuple[Callable[[bytearray, Part, random.Random], None], ...] = (
    _flip,
    _flip_inside,
    _flip_inside,
    _lie_about_size,
    _lie_inside,
    _lie_inside,
    _rename,
    _repeat,
    _remove,
    _hollow,
    _cut,
)
