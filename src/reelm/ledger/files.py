"""The files of a log: what is where, and in which order it becomes durable.

::

    checkpoint            the newest, replaced in one step
    checkpoint.cosigned   the newest that enough witnesses cosigned
    tile/…                hashes and entries, written once the size that needs them is decided
    .checkpoint           a checkpoint on its way; names with a dot are nobody else's business

A tile is flushed, with its name, before any checkpoint covers it. What a crash leaves beyond the checkpoint
was never promised to anyone: it is removed when the log is opened, and written again otherwise. Partial tiles
stay until the full one is covered, since somebody may hold an older checkpoint.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from reelm.base import Note
from reelm.ledger.errors import LeafMissing, LogBroken, Pruned
from reelm.ledger.merkle import HASH_BYTES, NodeHash, Range, leaf_hash
from reelm.ledger.ports import Disk
from reelm.ledger.tiles import (
    ENTRIES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Edge,
    Tile,
    edge_of,
    entries_of,
    hashes_of,
    node_from,
    tiles_under,
)

CHECKPOINT = "checkpoint"
COSIGNED = "checkpoint.cosigned"
POLICY = "policy"
MINIMUM = "minimum-index"
_PUBLIC = {CHECKPOINT, COSIGNED, POLICY, MINIMUM}
_REMEMBERED_TILES = 64


class LogFiles:
    """Reads and writes the files of one log. Reading is safe anywhere; writing is for who has the claim."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self._folders: set[str] = set()
        self._tiles: dict[Tile, list[bytes]] = {}

    async def checkpoint(self, name: str = CHECKPOINT) -> Note | None:
        """Read the published checkpoint; only its form is checked."""
        data = await self.disk.read(name)
        return None if data is None else Note.parse(data)

    async def publish(self, data: bytes, name: str = CHECKPOINT) -> None:
        """Replace one of the files beside the tiles; readers see the old one or the new one, whole."""
        draft = f".{name}"
        # Never written over: where a rename is not one step, a power cut leaves the draft as another name of
        # what is public.
        await self.disk.remove(draft)
        await self.disk.write({draft: data})
        await self.disk.rename(draft, name)
        await self.disk.flush_folders([""])

    def forget(self) -> None:
        """Read every tile anew."""
        self._tiles.clear()

    async def put(self, files: Mapping[Tile, bytes]) -> None:
        """Make tiles durable, with their names."""
        paths = {tile.path: data for tile, data in files.items()}
        changed = await self._make_folders(paths)
        await self.disk.write(paths)
        await self.disk.flush_folders(sorted(changed | {_parent(path) for path in paths}))

    async def edge(self, size: int) -> Edge:
        """Return the right edge of a tree of this size."""
        levels: dict[int, list[bytes]] = {tile.level: await self.hashes(tile) for tile in edge_of(size)}
        return Edge(size, [levels.get(level, []) for level in range(max(levels, default=-1) + 1)])

    async def hashes(self, tile: Tile) -> list[bytes]:
        """Read the hashes of a tile; a partial one may be read out of the full one.

        Raises:
            LogBroken: it is not there, or not as long as it must be.
        """
        known = self._tiles.get(tile.full)
        if known is not None:
            return known[: tile.width]
        data = await self._read(tile)
        if len(data) < tile.width * HASH_BYTES or len(data) % HASH_BYTES:
            raise _broken(f"{tile.path} has the wrong length")
        found = hashes_of(data[: tile.width * HASH_BYTES])
        if tile.is_full:
            self._remember(tile, found)
        return found

    async def entries(self, index: int, size: int) -> list[bytes]:
        """Read bundle number ``index`` of a log of this size, each entry checked against its hash.

        Raises:
            Pruned: the bundle was removed.
            LogBroken: it is damaged.
        """
        width = min(size - index * TILE_WIDTH, TILE_WIDTH)
        tile = Tile(ENTRIES, index, width)
        if tile.end <= await self.minimum_index():
            raise _pruned(tile)
        try:
            found = entries_of(await self._read(tile))[:width]
        except ValueError as error:
            raise _broken(f"{tile.path}: {error}") from error
        if [leaf_hash(entry) for entry in found] != await self.hashes(Tile(0, index, width)):
            self.forget()  # it may be the hashes that are damaged
            raise _broken(f"{tile.path} does not have the entries that its hashes are of")
        return found

    async def entry(self, index: int, size: int) -> bytes:
        """Read one entry of a log of this size.

        Raises:
            LeafMissing: the log is not that long.
            Pruned, LogBroken: as for ``entries``.
        """
        if not 0 <= index < size:
            raise LeafMissing(f"The ledger has {size} leaves, and none with index {index}.", size=size)
        return (await self.entries(index // TILE_WIDTH, size))[index % TILE_WIDTH]

    async def nodes(self, ranges: Sequence[Range], size: int) -> NodeHash:
        """Hashes of nodes, read ahead for these ranges of a tree of this size."""
        read = {tile: await self.hashes(tile) for tile in tiles_under(ranges, size)}
        return node_from(size, read.__getitem__)

    async def minimum_index(self) -> int:
        data = await self.disk.read(MINIMUM)
        return 0 if data is None else int(data)

    async def public(self, path: str) -> bytes | None:
        """Read a file that anyone may fetch; return None when there is none by this name.

        Raises:
            Pruned: entries that were removed.
        """
        tile = Tile.parse(path)
        if tile is None and path not in _PUBLIC:
            return None
        if tile is not None and tile.level == ENTRIES and tile.end <= await self.minimum_index():
            raise _pruned(tile)
        return await self.disk.read(path)

    async def sweep(self, size: int, reach: int) -> None:
        """Remove what no checkpoint covers, up to ``reach`` leaves on, and partial tiles of full ones."""
        self.forget()
        for level, end in _levels(size):
            unit = TILE_WIDTH << TILE_HEIGHT * max(level, 0)
            last, width = divmod(end, TILE_WIDTH)
            for index in range(max(0, last - reach // unit - 1), last):
                await self._drop_partial(Tile(level, index))
            await self._drop_partial(Tile(level, last), above=width)
            for index in range(last, last + reach // unit + 2):
                await self.disk.remove(Tile(level, index).path)
                if index > last:
                    await self._drop_partial(Tile(level, index))

    async def tidy(self, full: Iterable[Tile]) -> None:
        """Remove the partial tiles of what is full now; a crash before leaves them for the next sweep."""
        await asyncio.gather(*(self._drop_partial(tile) for tile in full))

    async def _drop_partial(self, tile: Tile, above: int = 0) -> None:
        folder = f"{tile.full.path}.p"
        for name in await self.disk.names(folder):
            if int(name) > above:
                await self.disk.remove(f"{folder}/{name}")
        if not above:
            await self.disk.remove(folder)
            self._folders.discard(folder)

    async def _read(self, tile: Tile) -> bytes:
        data = await self.disk.read(tile.path)
        if data is None and not tile.is_full:
            data = await self.disk.read(tile.full.path)
        if data is None:
            raise _broken(f"{tile.path} is missing")
        return data

    async def _make_folders(self, paths: Iterable[str]) -> set[str]:
        """Make the folders of paths; the folders whose names changed. Repeated after every start.

        A folder that is there may be the work of a process that died before its name was durable.
        """
        changed = set()
        for folder in sorted({folder for path in paths for folder in _above(path)} - self._folders):
            await self.disk.make_folder(folder)
            changed.add(_parent(folder))
            self._folders.add(folder)
        return changed

    def _remember(self, tile: Tile, hashes: list[bytes]) -> None:
        self._tiles[tile] = hashes
        if len(self._tiles) > _REMEMBERED_TILES:
            del self._tiles[next(iter(self._tiles))]


def _levels(size: int) -> Iterable[tuple[int, int]]:
    """Each level with how many hashes, or entries, it has; and the first level that has none."""
    yield ENTRIES, size
    level = 0
    while True:
        yield level, size
        if not size:
            return
        size, level = size // TILE_WIDTH, level + 1


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _above(path: str) -> Iterable[str]:
    """Every folder on the way to a path."""
    while path := _parent(path):
        yield path


def _pruned(tile: Tile) -> Pruned:
    return Pruned(
        "These entries were removed under the retention that the realm declared; their hashes are still "
        "there. Ask a mirror for them.",
        index=tile.index * TILE_WIDTH,
    )


def _broken(what: str) -> LogBroken:
    return LogBroken(
        f"The ledger's files are damaged: {what}. Nothing was changed. "
        "Copy the missing file from a mirror of the ledger, or restore the folder from a backup."
    )
