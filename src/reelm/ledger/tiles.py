"""Tiles: how a tree and its entries become files that any web server can serve.

Source: c2sp.org/tlog-tiles.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reelm.ledger.merkle import EMPTY_ROOT, HASH_BYTES, NodeHash, Range, perfect, root_of

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_ENTRY_BYTES = 65_535
# What stands in place of a level in the paths of entry bundles.
ENTRIES = -1

_LENGTH = struct.Struct(">H")
_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One file of hashes, or with level ``ENTRIES`` of entries.

    Attributes:
        level: 0 for hashes of leaves; each level above has one hash per full tile below.
        index: its place in the level.
        width: 1 to 256; below 256 it is partial.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Relative to the log's prefix: ``tile/0/x001/x234/067.p/8``."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.is_full else f".p/{self.width}"
        return f"tile/{level}/{_written(self.index)}{partial}"

    @property
    def is_full(self) -> bool:
        return self.width == TILE_WIDTH

    @property
    def full(self) -> "Tile":
        return Tile(self.level, self.index)

    @property
    def end(self) -> int:
        """Return the index behind the last leaf that a full tile here stands for."""
        return (self.index + 1) << TILE_HEIGHT * (max(self.level, 0) + 1)

    @classmethod
    def parse(cls, path: str) -> "Tile | None":
        """Return the tile of a path, None when it is not exactly the path of one."""
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        level = ENTRIES if match["level"] == "entries" else int(match["level"])
        width = int(match["width"] or TILE_WIDTH)
        tile = cls(level, int(match["index"].replace("/", "").replace("x", "")), width)
        return tile if tile.path == path else None


def tiles_of(size: int) -> Iterator[Tile]:
    """Return every tile of hashes of a tree, full ones first in each level."""
    level = 0
    while size:
        for index in range(size // TILE_WIDTH):
            yield Tile(level, index)
        if size % TILE_WIDTH:
            yield Tile(level, size // TILE_WIDTH, size % TILE_WIDTH)
        size //= TILE_WIDTH
        level += 1


def edge_of(size: int) -> Iterator[Tile]:
    """Return the last tile of hashes of each level, when it is partial."""
    level = 0
    while size:
        if size % TILE_WIDTH:
            yield Tile(level, size // TILE_WIDTH, size % TILE_WIDTH)
        size //= TILE_WIDTH
        level += 1


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as the bytes of an entry bundle."""
    return b"".join(part for entry in entries for part in (_LENGTH.pack(len(entry)), entry))


def entries_of(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        ValueError: it is cut.
    """
    entries, at = [], 0
    while at < len(data):
        if len(data) - at < _LENGTH.size:
            raise ValueError("the bundle is cut in a length")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if len(data) - at < length:
            raise ValueError("the bundle is cut in an entry")
        entries.append(data[at : at + length])
        at += length
    return entries


def hashes_of(data: bytes) -> list[bytes]:
    """Return the hashes of a tile's bytes."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


class Edge:
    """The right edge of a growing tree: the hashes of every partial tile, which is all that growing needs.

    Attributes:
        size: how many leaves the tree has.
    """

    def __init__(self, size: int = 0, levels: Sequence[Sequence[bytes]] = ()) -> None:
        self.size = size
        self._levels = [list(level) for level in levels]

    def copy(self) -> "Edge":
        return Edge(self.size, self._levels)

    def append(self, leaves: Iterable[bytes]) -> dict[Tile, bytes]:
        """Add hashes of leaves; the bytes of every tile that this completed, lowest level first in each."""
        done: dict[Tile, bytes] = {}
        for leaf in leaves:
            self.size += 1
            hashes = self._at(0)
            hashes.append(leaf)
            if len(hashes) == TILE_WIDTH:
                self._complete(done)
        return done

    def partial_tiles(self) -> dict[Tile, bytes]:
        """Return the bytes of every partial tile there is now."""
        return {tile: b"".join(self._levels[tile.level]) for tile in edge_of(self.size)}

    @property
    def root(self) -> bytes:
        """Return the root of the tree."""
        found: list[bytes] = []
        for hashes in self._levels:
            if hashes or found:
                found = [root_of(hashes + found)]
        return found[0] if found else EMPTY_ROOT

    def _complete(self, done: dict[Tile, bytes]) -> None:
        level = 0
        while len(hashes := self._at(level)) == TILE_WIDTH:
            index = (self.size >> TILE_HEIGHT * (level + 1)) - 1
            done[Tile(level, index)] = b"".join(hashes)
            self._at(level + 1).append(root_of(hashes))
            hashes.clear()
            level += 1

    def _at(self, level: int) -> list[bytes]:
        if level == len(self._levels):
            self._levels.append([])
        return self._levels[level]


def node_from(size: int, hashes: Callable[[Tile], Sequence[bytes]]) -> NodeHash:
    """Hashes of nodes out of the tiles of a tree of this size; ``hashes`` reads one, full or partial."""

    def node(height: int, index: int) -> bytes:
        start = (index << height % TILE_HEIGHT) % TILE_WIDTH
        return root_of(hashes(_tile_with(height, index, size))[start : start + (1 << height % TILE_HEIGHT)])

    return node


def tiles_under(ranges: Iterable[Range], size: int) -> set[Tile]:
    """Return the tiles of a tree of this size that tell the hashes of these ranges of leaves."""
    return {_tile_with(*node, size) for leaves in ranges for node in perfect(leaves)}


def _tile_with(height: int, index: int, size: int) -> Tile:
    level, above = divmod(height, TILE_HEIGHT)
    place = (index << above) // TILE_WIDTH
    return Tile(level, place, min((size >> TILE_HEIGHT * level) - place * TILE_WIDTH, TILE_WIDTH))


def _written(index: int) -> str:
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
