"""Growing the log, so that nobody is ever shown two histories.

::

    1  leaves wait in the database                                       durable, not promised to anyone
    2  tiles and entry bundles of the new size are written and flushed  covered by nothing yet
    3  one commit: the head becomes the new size and root, if it is     from here on this is the history
       still what this process last saw, and the leaves get their index
    4  the head is signed; the checkpoint is replaced and flushed       from here on it is public
    5  whoever waits for a leaf finds it under the checkpoint           acknowledged

A crash before 3 leaves files that are removed at the next start, and the leaves wait on. A crash after 3
leaves a head without its checkpoint: opening the log publishes it, from files that are durable already. Step
3 is the lock: a process that was only asleep finds another turn in the head and stops, so that of one size
only one root is ever signed. The folder's own claim keeps a second process from writing the files at all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reelm.base import (
    Clock,
    Database,
    DatabaseUnavailable,
    Note,
    NoteRefused,
    SigningKey,
    check_signed,
    telemetry,
)
from reelm.events import POLL_SECONDS, Topic, Waker
from reelm.ledger import store
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.errors import LogBroken, LogSuperseded
from reelm.ledger.files import LogFiles
from reelm.ledger.merkle import leaf_hash, tree_root
from reelm.ledger.model import LogConfig, LogHead
from reelm.ledger.ports import Disk
from reelm.ledger.tiles import ENTRIES, TILE_WIDTH, Edge, Tile, bundle, edge_of

_AGAIN_SECONDS = 1.0

_log = telemetry.logger(__name__)


@dataclass(frozen=True)
class LogEnvironment:
    """The parts that the ledger works with.

    Attributes:
        realm: the realm's id, as every leaf says it.
        key: the log's own; its name is the origin.
        waker: wakes the sequencer when leaves wait; processes whose wakers share a folder wake each other.
    """

    realm: str
    key: SigningKey
    database: Database
    disk: Disk
    clock: Clock
    config: LogConfig
    waker: Waker = field(default_factory=Waker)


class Log:
    """The one process that grows the log. Used by one task, under the folder's claim.

    After an error its picture may be behind what is durable: it is thrown away, and opened again.
    """

    def __init__(self, environment: LogEnvironment, head: LogHead, edge: Edge, tail: Sequence[bytes]) -> None:
        self._environment = environment
        self._files = LogFiles(environment.disk)
        self._head = head
        self._edge = edge
        self._tail = list(tail)

    @classmethod
    async def open(cls, environment: LogEnvironment) -> "Log":
        """Take the log over and finish what a crash cut off.

        Raises:
            LogBroken: files and database contradict each other; nothing was changed.
        """
        files = LogFiles(environment.disk)
        async with environment.database.write() as tx:
            head = await store.take_over(tx, environment.key.verifier.name)
        if head.origin != environment.key.verifier.name:
            raise _broken(
                f"the rows of the database are of the log {head.origin}, not {environment.key.verifier.name}"
            )
        head = await _agree(environment, files, head)
        edge = await files.edge(head.size)
        if edge.root != head.root:
            raise _broken("the tiles do not have the root that the database knows")
        last, width = divmod(head.size, TILE_WIDTH)
        tail = await files.entries(last, head.size) if width else []
        await files.sweep(head.size, environment.config.batch_leaves)
        return cls(environment, head, edge, tail)

    @property
    def size(self) -> int:
        return self._head.size

    async def sequence(self) -> int:
        """Put the oldest waiting leaves under a checkpoint; how many.

        Raises:
            LogSuperseded: another process took the log over; nothing was signed.
            OSError, DatabaseUnavailable: it may have happened or not; opening the log again finds out.
        """
        environment = self._environment
        async with environment.database.read() as tx:
            waiting = await store.waiting(tx, environment.config.batch_leaves)
        if not waiting:
            return 0
        leaves = [leaf for _, leaf in waiting]
        edge = self._edge.copy()
        full = edge.append(map(leaf_hash, leaves))
        entries = self._tail + leaves
        await self._files.put(full | self._new_partials(edge) | self._bundles(entries))
        await self._decide(replace(self._head, size=edge.size, root=edge.root), [id_ for id_, _ in waiting])
        self._edge = edge
        self._tail = entries[len(entries) - edge.size % TILE_WIDTH :]
        await _publish(environment, self._files, self._head)
        await self._files.tidy([*full, *(Tile(ENTRIES, tile.index) for tile in full if not tile.level)])
        return len(leaves)

    def _new_partials(self, edge: Edge) -> dict[Tile, bytes]:
        known = set(edge_of(self._edge.size))
        return {tile: data for tile, data in edge.partial_tiles().items() if tile not in known}

    def _bundles(self, entries: Sequence[bytes]) -> dict[Tile, bytes]:
        first = self._edge.size // TILE_WIDTH
        return {
            Tile(ENTRIES, first + at // TILE_WIDTH, min(len(entries) - at, TILE_WIDTH)): bundle(
                entries[at : at + TILE_WIDTH]
            )
            for at in range(0, len(entries), TILE_WIDTH)
        }

    async def _decide(self, new: LogHead, ids: Sequence[int]) -> None:
        config = self._environment.config
        async with self._environment.database.write() as tx:
            if not await store.advance(tx, self._head, new):
                raise _superseded()
            await store.settle(tx, ids, self._head.size)
            await store.forget_settled(tx, new.size - config.kept_leaves)
        self._head = new


class Sequencer:
    """Runs until it is cancelled, which it survives at any line, as it survives the end of its process."""

    def __init__(self, environment: LogEnvironment) -> None:
        self._environment = environment

    async def run(self) -> None:
        """Sequence what waits, for good.

        Raises:
            LogBusy: another process does.
            LogSuperseded: another process took over.
            LogBroken: files and database contradict each other; nothing is signed any more.
        """
        with self._environment.disk.claim():
            while True:
                try:
                    await self._grow(await Log.open(self._environment))
                except (OSError, DatabaseUnavailable) as error:
                    # Unknown how far it came: the log is opened anew, and finds out.
                    _log.error("ledger.sequencing-failed", exc_info=error)
                    await asyncio.sleep(_AGAIN_SECONDS)

    async def _grow(self, log: Log) -> None:
        clock, config, waker = self._environment.clock, self._environment.config, self._environment.waker
        while True:
            began = clock.monotonic_seconds()
            seen = waker.count(Topic.LEAVES)
            count = await log.sequence()
            if not count:
                await waker.wait(Topic.LEAVES, seen, POLL_SECONDS)
            if count < config.batch_leaves:
                await asyncio.sleep(began + config.batch_seconds - clock.monotonic_seconds())


async def _agree(environment: LogEnvironment, files: LogFiles, head: LogHead) -> LogHead:
    """The head, after database and published checkpoint were brought together."""
    note = await files.checkpoint()
    if note is not None:
        head = await _reconcile(environment, files, head, note)
    await _check_tiles(files, head)
    # Also when it is there already: a crash may have left it visible, and not durable.
    await _publish(environment, files, head)
    return head


async def _reconcile(environment: LogEnvironment, files: LogFiles, head: LogHead, note: Note) -> LogHead:
    try:
        check_signed(note, environment.key.verifier)
    except NoteRefused as error:
        raise _broken("the published checkpoint is signed by another key") from error
    published = Checkpoint.parse(note.text)
    if published.size > head.size:
        return await _adopt(environment, files, head, published)
    if await _root_at(files, published.size, head.size) != published.root:
        raise _broken("the published checkpoint is of another history than the database")
    return head


async def _adopt(
    environment: LogEnvironment, files: LogFiles, head: LogHead, published: Checkpoint
) -> LogHead:
    """An older database than files: it was restored from a backup. What is public stays the history."""
    new = replace(head, size=published.size, root=published.root)
    if await _root_at(files, head.size, new.size) != head.root:
        raise _broken("the database is of another history than the published checkpoint")
    async with environment.database.write() as tx:
        if not await store.advance(tx, head, new):
            raise _superseded()
    return new


async def _check_tiles(files: LogFiles, head: LogHead) -> None:
    if await _root_at(files, head.size, head.size) != head.root:
        raise _broken("the tiles do not have the root that is signed or about to be")


async def _root_at(files: LogFiles, size: int, of: int) -> bytes:
    """The root of the first ``size`` leaves, from the tiles of a tree of ``of``."""
    return tree_root(size, await files.nodes([(0, size)], of))


async def _publish(environment: LogEnvironment, files: LogFiles, head: LogHead) -> None:
    checkpoint = Checkpoint(head.origin, head.size, head.root)
    await files.publish(environment.key.sign(checkpoint.text).encode())


def _superseded() -> LogSuperseded:
    return LogSuperseded(
        "Another process took the ledger of this realm over. This one signed nothing more; what waits is "
        "recorded by the other. There is nothing to do."
    )


def _broken(why: str) -> LogBroken:
    return LogBroken(
        f"The ledger contradicts itself: {why}. Nothing was changed, and nothing is signed until this is "
        "settled. Compare with a mirror of the ledger and with its witnesses, then restore what is older."
    )
