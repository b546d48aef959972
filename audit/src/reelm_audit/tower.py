"""The tiles above the entries' hashes: each of their hashes must be that of a full tile below."""

from collections.abc import Iterable, Sequence

from reelm_audit.errors import Absent, Malformed, Unreachable
from reelm_audit.source import Source, read_part
from reelm_audit.tlog.merkle import Frontier, fold
from reelm_audit.tlog.tiles import WIDTH, Part, cut_tile


class Tower:
    """Takes the tiles of level 0 in order and compares the tiles above them with what they add up to.

    When an audit goes on from an earlier one, the first tile of each level is partly old: its old hashes are
    held against the frontier that was kept, and then used like the new ones.
    """

    def __init__(self, source: Source, start: Iterable[tuple[int, bytes]], size: int) -> None:
        self._source = source
        self._start = tuple(start)
        self._size = size
        self._done = sum(leaves for leaves, _ in self._start)
        self._open: dict[int, list[bytes] | None] = {}
        self._indexes: dict[int, int] = {}
        self._faults: list[tuple[str, str]] = []
        self._is_blind = False

    def push(self, hashes: Sequence[bytes] | None, width: int) -> None:
        """The hashes of the next tile of level 0, or its one hash; a partial one counts for nothing."""
        if hashes is None:
            self._is_blind = True
        elif width == WIDTH and not self._is_blind:
            self._push(1, fold(hashes))

    def finish(self) -> list[tuple[str, str]]:
        """Compare what is left; what was found, in words, each with what it is about."""
        for level in sorted(self._open):
            if not self._is_blind:
                self._compare(level)
        return self._faults

    def _push(self, level: int, digest: bytes) -> None:
        if level not in self._open:
            self._indexes[level] = self._done >> (8 * (level + 1))
            self._open[level] = self._old(level)
        slots = self._open[level]
        if slots is None:
            return
        slots.append(digest)
        if len(slots) == WIDTH:
            self._compare(level)
            self._open[level] = []
            self._indexes[level] += 1
            self._push(level + 1, fold(slots))

    def _old(self, level: int) -> list[bytes] | None:
        """The hashes before the first new one in its tile; None when they are not as they were."""
        unit = 1 << (8 * level)
        count = self._done // unit % WIDTH
        if not count:
            return []
        kept = [(leaves, digest) for leaves, digest in self._start if unit <= leaves < unit * WIDTH]
        served = self._read(Part(level, self._indexes[level], self._width(level)))
        if served is None:
            return None
        again = Frontier()
        for digest in served[:count]:
            again.push(digest, leaves=unit)
        if list(again.subtrees) != kept:
            self._faults.append(
                ("tiles", f"The tile of level {level}, number {self._indexes[level]} has changed.")
            )
            return None
        return served[:count]

    def _width(self, level: int) -> int:
        """Of the tile that is open at a level, in a log of this size."""
        units = self._size >> (8 * level)
        return WIDTH if self._indexes[level] < units // WIDTH else units % WIDTH

    def _compare(self, level: int) -> None:
        slots = self._open[level]
        if not slots:
            return
        part = Part(level, self._indexes[level], len(slots))
        served = self._read(part)
        if served is not None and served != slots:
            self._faults.append(("tiles", f"{part.path} is not what the tiles below it add up to."))

    def _read(self, part: Part) -> list[bytes] | None:
        try:
            return cut_tile(read_part(self._source, part), part.width)
        except (Absent, Malformed) as fault:
            self._faults.append(("tiles", f"A tile cannot be used: {fault}"))
        except Unreachable as fault:
            self._faults.append(("unread", str(fault)))
        return None
