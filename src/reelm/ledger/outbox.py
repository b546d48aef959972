"""Handing leaves over to the sequencer, in whichever process it runs, and waiting until they are recorded.

A leaf is handed over by a row, so that it can share the commit of what it is about: then there is never the
one without the other. Leaves handed over at the same time by one process share a commit.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from reelm.base import DatabaseUnavailable, Tx, after_commit, cancel_all
from reelm.events import Topic
from reelm.ledger import store
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.errors import NotInLedger
from reelm.ledger.files import CHECKPOINT, COSIGNED, LogFiles
from reelm.ledger.log import LogEnvironment
from reelm.ledger.store import BodyRow

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Draft:
    """A leaf, and the sealed private body that it commits to."""

    leaf: bytes
    body: BodyRow | None = None


@dataclass(eq=False, slots=True)
class _Wait:
    """Somebody who waits for an index, from the moment when the leaf has a number."""

    index: asyncio.Future[int]
    number: int = 0
    until_seconds: float = 0.0


class Outbox:
    """One process's leaves on their way. Safe for concurrent use by tasks of one event loop."""

    def __init__(self, environment: LogEnvironment) -> None:
        self._environment = environment
        self._files = LogFiles(environment.disk)
        self._handed: list[tuple[Draft, _Wait]] = []
        self._handing: asyncio.Task[None] | None = None
        self._waits: list[_Wait] = []
        self._looking: asyncio.Task[None] | None = None
        self._seen_size = 0

    async def record(self, draft: Draft) -> int:
        """Record a leaf; return its index, once it is under a signed, durable checkpoint.

        Raises:
            DatabaseUnavailable: it may wait or not.
            NotInLedger: it waits, and was not recorded within the patience of the realm; it will be.
        """
        wait = _Wait(asyncio.get_running_loop().create_future())
        self._handed.append((draft, wait))
        if self._handing is None:
            self._handing = asyncio.create_task(self._hand_all())
        return await wait.index

    @staticmethod
    async def hand_over(tx: Tx, drafts: Sequence[Draft]) -> list[int]:
        """Make leaves wait once ``tx`` is durable; their numbers, for ``index_of``.

        The sequencer finds them within a second, and sooner when it is woken.
        """
        await store.add_bodies(tx, [draft.body for draft in drafts if draft.body is not None])
        return await store.add_waiting(tx, [draft.leaf for draft in drafts])

    async def index_of(self, number: int) -> int:
        """Return the index of a leaf that waits, once it is under a signed, durable checkpoint.

        Raises:
            NotInLedger: not within the patience of the realm; it waits on, and will be recorded.
        """
        wait = _Wait(asyncio.get_running_loop().create_future(), number)
        self._await([wait])
        return await wait.index

    async def close(self) -> None:
        """Stop looking; what was handed over stays."""
        await cancel_all(task for task in (self._handing, self._looking) if task is not None)

    def wake_sequencer(self) -> None:
        """Say that leaves wait, after the commit that made them."""
        self._environment.waker.notify(Topic.LEAVES)

    async def _hand_all(self) -> None:
        try:
            while self._handed:
                batch, self._handed = self._handed[:_AT_ONCE], self._handed[_AT_ONCE:]
                await self._hand(batch)
        finally:
            self._handing = None

    async def _hand(self, batch: Sequence[tuple[Draft, _Wait]]) -> None:
        waits = [wait for _, wait in batch]
        try:
            async with self._environment.database.write() as tx:
                numbers = await self.hand_over(tx, [draft for draft, _ in batch])
                after_commit(tx, self.wake_sequencer)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            for wait in waits:
                if not wait.index.done():
                    wait.index.set_exception(error)
            return
        for wait, number in zip(waits, numbers, strict=True):
            wait.number = number
        self._await(waits)

    def _await(self, waits: Sequence[_Wait]) -> None:
        until = self._now() + self._environment.config.patience_seconds
        for wait in waits:
            wait.until_seconds = until
        self._waits += waits
        self._seen_size = 0  # it may have been in the ledger long before it is asked for
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        """Find what became of those that wait, as long as there are any."""
        try:
            while self._waits:
                with suppress(OSError, DatabaseUnavailable):  # then again; patience ends it
                    await self._settle(await self._size())
                self._lose_patience()
                await asyncio.sleep(self._environment.config.look_seconds)
        finally:
            self._looking = None

    async def _settle(self, size: int) -> None:
        if size == self._seen_size or not self._waits:
            return
        self._seen_size = size
        numbers = [wait.number for wait in self._waits]
        async with self._environment.database.read() as tx:
            found = await store.indices(tx, min(numbers), max(numbers), size=size)
        left = []
        for wait in self._waits:
            if wait.number not in found:
                left.append(wait)
            elif not wait.index.done():
                wait.index.set_result(found[wait.number])
        self._waits = left

    def _lose_patience(self) -> None:
        now = self._now()
        for wait in self._waits:
            if wait.until_seconds <= now and not wait.index.done():
                wait.index.set_exception(_not_recorded())
        self._waits = [wait for wait in self._waits if not wait.index.done()]

    async def _size(self) -> int:
        note = await self._files.checkpoint(COSIGNED if self._environment.config.needs_quorum else CHECKPOINT)
        return 0 if note is None else Checkpoint.parse(note.text).size

    def _now(self) -> float:
        return self._environment.clock.monotonic_seconds()


def _not_recorded() -> NotInLedger:
    return NotInLedger(
        "The ledger did not take this up in time. It waits durably and will be recorded, but it is not yet: "
        "what it announces must not be done. Try again in a moment."
    )
