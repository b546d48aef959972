"""The files of a log: their names and what is in them. Source: c2sp.org/tlog-tiles."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reelm_audit.errors import Malformed
from reelm_audit.tlog.merkle import HASH_BYTES

WIDTH = 256
ENTRY_MAX_BYTES = 16_384  # of a leaf; the format of bundles would take more
BUNDLE_MAX_BYTES = WIDTH * (2 + ENTRY_MAX_BYTES)
TILE_BYTES = WIDTH * HASH_BYTES


@dataclass(frozen=True, slots=True)
class Part:
    """One tile or bundle: ``level`` is None for entries; ``width`` is below 256 for a partial one."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        level = "entries" if self.level is None else str(self.level)
        suffix = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_grouped(self.index)}{suffix}"

    @property
    def whole(self) -> "Part":
        """The full one that may have replaced this partial one."""
        return Part(self.level, self.index)

    @property
    def max_bytes(self) -> int:
        return BUNDLE_MAX_BYTES if self.level is None else TILE_BYTES

    def can_be_of(self, size_bytes: int) -> bool:
        """Return whether a file of this part can have that size."""
        if self.level is None:
            return 2 * self.width <= size_bytes <= self.max_bytes
        return size_bytes == self.width * HASH_BYTES


def _grouped(index: int) -> str:
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def parts(level: int | None, size: int, *, start: int = 0) -> Iterator[Part]:
    """The tiles of a level, or the bundles, of a log of ``size`` entries, from number ``start`` on."""
    units = size >> (8 * (level or 0))
    for index in range(start, units // WIDTH):
        yield Part(level, index)
    if units % WIDTH and start <= units // WIDTH:
        yield Part(level, units // WIDTH, units % WIDTH)


def cut_bundle(raw: bytes, width: int) -> list[bytes]:
    """The entries of a bundle; exactly ``width``.

    Raises:
        Malformed: fewer, more, or something behind them.
    """
    entries: list[bytes] = []
    at = 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
        if at + 2 > len(raw) or end > len(raw):
            raise Malformed(f"A bundle ends within its entry {len(entries)}; it should have {width}.")
        entries.append(raw[at + 2 : end])
        at = end
    if at != len(raw):
        raise Malformed(f"A bundle has {len(raw) - at} bytes behind its {width} entries.")
    return entries


def join_bundle(entries: Iterable[bytes]) -> bytes:
    """The bundle of these entries."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def cut_tile(raw: bytes, width: int) -> list[bytes]:
    """The hashes of a tile; exactly ``width``. Raises ``Malformed``."""
    if len(raw) != width * HASH_BYTES:
        raise Malformed(f"A tile of {width} hashes has {len(raw)} bytes.")
    return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]
