"""Removing old entries under a declared retention; their hashes stay, and every proof with them.

The minimum index is published before the first bundle goes, so that nobody finds a hole that was not
announced. A crash in between leaves bundles that are refused already; the next run removes them.

Source: c2sp.org/tlog-tiles, "Pruning".
"""

from datetime import UTC, datetime

from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.files import MINIMUM, LogFiles
from reelm.ledger.leaf import read_leaf
from reelm.ledger.tiles import ENTRIES, TILE_WIDTH, Tile


async def prune(files: LogFiles, before: datetime) -> int:
    """Remove whole bundles whose newest leaf was made before a moment; the minimum index of the log then.

    Raises:
        LogBroken: a bundle is damaged; nothing from there on is removed.
    """
    note = await files.checkpoint()
    size = 0 if note is None else Checkpoint.parse(note.text).size
    known = await files.minimum_index()
    minimum = await _first_kept(files, known, size, before)
    if minimum > known:
        await files.publish(f"{minimum}\n".encode(), MINIMUM)
    await _remove_below(files, minimum // TILE_WIDTH)
    return minimum


async def _first_kept(files: LogFiles, minimum: int, size: int, before: datetime) -> int:
    stamp = before.astimezone(UTC).isoformat(timespec="milliseconds")
    while minimum + TILE_WIDTH <= size:
        entries = await files.entries(minimum // TILE_WIDTH, size)
        if read_leaf(entries[-1]).time >= stamp:
            break
        minimum += TILE_WIDTH
    return minimum


async def _remove_below(files: LogFiles, end: int) -> None:
    start = end
    while start and await files.disk.read(Tile(ENTRIES, start - 1).path) is not None:
        start -= 1
    for index in range(start, end):
        await files.disk.remove(Tile(ENTRIES, index).path)
