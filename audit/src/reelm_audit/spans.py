"""Roots over parts of a log, read from its tiles: what a proof between two checkpoints is made of."""

from reelm_audit.source import Source, read_part
from reelm_audit.tlog.merkle import fold, node_hash, split
from reelm_audit.tlog.tiles import WIDTH, Part, cut_tile


class Spans:
    """Reads a log of ``size`` entries, whose tiles were found to add up to its root."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def root(self, start: int, end: int) -> bytes:
        """The root over the entries ``[start, end)``.

        ``start`` is a multiple of a power of two that is at least their number.

        Raises:
            Absent: a tile is missing.
            Malformed: a tile is damaged.
        """
        count = end - start
        if count & (count - 1) == 0:
            return self._complete(start, count.bit_length() - 1)
        middle = start + split(count)
        return node_hash(self.root(start, middle), self.root(middle, end))

    def _complete(self, start: int, height: int) -> bytes:
        level, above = divmod(height, 8)
        first = start >> (8 * level)
        at = first % WIDTH
        return fold(self._tile(level, first // WIDTH)[at : at + (1 << above)])

    def _tile(self, level: int, index: int) -> list[bytes]:
        if (level, index) not in self._tiles:
            units = self._size >> (8 * level)
            part = Part(level, index, WIDTH if index < units // WIDTH else units % WIDTH)
            self._tiles[level, index] = cut_tile(read_part(self._source, part), part.width)
        return self._tiles[level, index]
