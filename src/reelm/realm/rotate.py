"""Rotation: a new epoch key, every user key re-wrapped under it, and the old epoch key destroyed.

::

    1 begin     the new epoch's key is a file, then a row; new user keys are wrapped in it from here on
    2 re-wrap   batch by batch, each durable by itself
    3 close     a row says that nothing is wrapped in the old epochs any more
    4 ring      what is left, in one file, for records that are older than this moment
    5 destroy   the old epochs' files

A crash at any line leaves a realm in which everything opens; the next run goes on where it stopped. Users may
join and be erased meanwhile, in any process.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reelm.base import Clock, Database, Entropy, Tx
from reelm.realm import store
from reelm.realm.epochs import Epochs
from reelm.realm.rewrap import Wrapped, rewrap
from reelm.realm.ring import Ring, RingKey

# After each batch, those who wait for SQLite's writer lock get their turn.
_GAP_SECONDS = 0.002

Report = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class KeyConfig:
    """The settings of key rotation.

    Attributes:
        epoch_seconds: how long an epoch lasts. Who was erased is beyond the reach of old copies one epoch
            later at most.
        batch_keys: how many user keys are re-wrapped in one unit of work, up to 65,536; 5,000 hold SQLite's
            writer lock for some 20 ms.
    """

    epoch_seconds: float = 7 * 86_400
    batch_keys: int = 5_000


def is_due(begun_at: datetime, at: datetime, length: timedelta) -> bool:
    """Return whether an epoch that began at one moment is to end at another."""
    return at - begun_at >= length


class Rotation:
    """Runs the five steps. Only one process may at a time; ``EpochFiles.alone`` sees to that."""

    def __init__(
        self, epochs: Epochs, ring: Ring, *, clock: Clock, entropy: Entropy, config: KeyConfig
    ) -> None:
        self._config = config
        self._epochs = epochs
        self._ring = ring
        self._clock = clock
        self._entropy = entropy

    async def begin(self, tx: Tx) -> int:
        """Step 1: the new epoch."""
        epoch = (await store.epochs(tx))[-1].epoch + 1
        # The file comes first. Without the row nobody uses it, and the next run takes it as it is.
        await store.add_epoch(tx, epoch, self._epochs.make(epoch), at=self._clock.now())
        # On a machine with a folder of its own, another may have been faster with another key.
        self._epochs.check(epoch, (await store.epochs(tx))[-1].mark)
        return epoch

    async def finish(self, database: Database, report: Report) -> None:
        """Steps 2 to 5, as far as they are not done."""
        async with database.read() as tx:
            rows = [row for row in await store.epochs(tx) if row.closed_at is None]
        if len(rows) > 1:
            for row in rows:
                self._epochs.check(row.epoch, row.mark)
            await self._move_all(database, rows[-1].epoch, report)
        await self._destroy_closed(database)

    async def _move_all(self, database: Database, epoch: int, report: Report) -> None:
        while True:
            await self._move(database, epoch, report)
            async with database.write() as tx:
                # False when someone who began before the new epoch has wrapped a key in the old one.
                if await store.close_epochs(tx, before=epoch, at=self._clock.now()):
                    return

    async def _move(self, database: Database, epoch: int, report: Report) -> None:
        """One batch is written while the next is prepared; the writer's lock is held for the writing only."""
        moved, batch = 0, await self._prepare(database, epoch, "")
        while batch:
            _, following = await asyncio.gather(
                _put(database, batch), self._prepare(database, epoch, batch[-1][0])
            )
            moved, batch = moved + len(batch), following
            report(moved)
            await asyncio.sleep(_GAP_SECONDS)

    async def _prepare(self, database: Database, epoch: int, after: str) -> list[Wrapped]:
        async with database.read() as tx:
            keys = await store.older(tx, before=epoch, after=after, limit=self._config.batch_keys)
        return await asyncio.to_thread(self._rewrap, keys, epoch)

    def _rewrap(self, keys: Sequence[Wrapped], epoch: int) -> list[Wrapped]:
        opening = {older: self._epochs.cipher(older) for older in {older for _, _, older in keys}}
        made = rewrap(keys, opening=opening, into=(epoch, self._epochs.cipher(epoch)), entropy=self._entropy)
        return [(owner, wrapped, epoch) for (owner, _, _), wrapped in zip(keys, made, strict=True)]

    async def _destroy_closed(self, database: Database) -> None:
        async with database.read() as tx:
            rows = await store.epochs(tx)
            present = self._epochs.files.present()
            open_ = [row.epoch for row in rows if row.closed_at is None]
            leftover = [row.epoch for row in rows if row.closed_at is not None and row.epoch in present]
            # A ring is of one epoch: while another machine moves keys to the next one, it would lack some.
            if not leftover or len(open_) > 1:
                return
            # Before the files: with a key gone and no ring, records of yesterday would lose everyone.
            await self._ring.write(open_[0], _survivors(tx, self._config.batch_keys))
        for epoch in leftover:
            self._epochs.files.destroy(epoch)


async def adopt(tx: Tx, ring: Ring, epochs: Epochs, *, at: datetime) -> None:
    """Bring records that are older than the last rotation up to it: those who were left get their keys.

    Whoever is not in the ring had been erased when it was written, and is erased again.

    Raises:
        RingBroken: the ring is damaged; ``tx`` must be undone.
        EpochKeyMissing: the key of its epoch is not here.
    """
    epoch = ring.epoch()
    epochs.cipher(epoch)
    await store.add_epoch(tx, epoch, epochs.make(epoch), at=at)
    for keys in ring.read():
        if keys:
            await store.put_wrapped(tx, [(owner, wrapped, epoch) for owner, _, wrapped in keys])
    await store.destroy_older(tx, before=epoch, at=at)
    await store.close_epochs(tx, before=epoch, at=at)


async def _put(database: Database, keys: Sequence[Wrapped]) -> None:
    async with database.write() as tx:
        await store.put_wrapped(tx, keys)


async def _survivors(tx: Tx, limit: int) -> AsyncIterator[Sequence[RingKey]]:
    after = ""
    while keys := await store.survivors(tx, after=after, limit=limit):
        yield keys
        after = keys[-1][0]
