"""Handing leaves over to the sequencer, in whichever process it runs, and waiting until they are recorded.

A leaf is handed over by a row, so that it can share the commit of what it is about: then there is never the
one without the other. Leaves handed over at the same time by one process share a commit.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from reelm.base import DatabaseUnavailable, Tx
from reelm.ledger import store as records
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.errors import NotRecorded
from reelm.ledger.files import LogFiles
from reelm.ledger.log import Outside
from reelm.ledger.store import BodyRow

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Draft:
    """A leaf, and the sealed private body that it commits to."""

    leaf: bytes
    body: BodyRow | None = None


@dataclass(eq=False)
class _Handed:
    draft: Draft
    id: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Outbox:
    """One process's leaves on their way. Safe for concurrent use by tasks of one event loop."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._files = LogFiles(outside.disk)
        self._handed: list[_Handed] = []
        self._handing: asyncio.Task[None] | None = None
        self._awaited: dict[int, asyncio.Future[int]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._seen_size = 0

    async def hand_over(self, draft: Draft) -> int:
        """Make a leaf wait, durably; its number, for ``index_of``.

        Raises:
            DatabaseUnavailable: it may wait or not.
        """
        handed = _Handed(draft)
        self._handed.append(handed)
        if self._handing is None:
            self._handing = asyncio.create_task(self._hand_all())
        return await handed.id

    @staticmethod
    async def hand_over_in(tx: Tx, drafts: Sequence[Draft]) -> list[int]:
        """The same for several in a transaction of the caller's: they wait once it is durable."""
        await records.add_bodies(tx, [draft.body for draft in drafts if draft.body is not None])
        return await records.add_waiting(tx, [draft.leaf for draft in drafts])

    async def index_of(self, number: int) -> int:
        """The index of a leaf, once it is under a signed, durable checkpoint.

        Raises:
            NotRecorded: not within the patience of the realm; it waits on, and will be recorded.
        """
        awaited = self._awaited.setdefault(number, asyncio.get_running_loop().create_future())
        self._seen_size = 0  # it may have been on the record long before it was asked for
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(self._outside.config.patience_seconds):
                return await asyncio.shield(awaited)
        except TimeoutError:
            self._awaited.pop(number, None)
            raise NotRecorded(
                "The ledger did not take this up in time. It waits durably and will be recorded, but it is "
                "not yet: what it announces must not be done. Try again in a moment."
            ) from None

    async def close(self) -> None:
        """Stop looking; what was handed over stays."""
        for task in (self._handing, self._looking):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _hand_all(self) -> None:
        try:
            while self._handed:
                batch, self._handed = self._handed[:_AT_ONCE], self._handed[_AT_ONCE:]
                await self._hand(batch)
        finally:
            self._handing = None

    async def _hand(self, batch: Sequence[_Handed]) -> None:
        try:
            async with self._outside.database.write() as tx:
                numbers = await self.hand_over_in(tx, [handed.draft for handed in batch])
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            for handed in batch:
                if not handed.id.done():
                    handed.id.set_exception(error)
            return
        for handed, number in zip(batch, numbers, strict=True):
            if not handed.id.done():
                handed.id.set_result(number)

    async def _look(self) -> None:
        """Find what became of the awaited, as long as there are any."""
        try:
            while self._awaited:
                with suppress(OSError, DatabaseUnavailable):  # then again; patience ends it
                    await self._settle(await self._size())
                await asyncio.sleep(self._outside.config.look_seconds)
        finally:
            self._looking = None

    async def _settle(self, size: int) -> None:
        if size == self._seen_size:
            return
        self._seen_size = size
        async with self._outside.database.read() as tx:
            found = await records.indices(tx, min(self._awaited), max(self._awaited), size=size)
        for number in found.keys() & self._awaited.keys():
            awaited = self._awaited.pop(number)
            if not awaited.done():
                awaited.set_result(found[number])

    async def _size(self) -> int:
        note = await self._files.checkpoint()
        return 0 if note is None else Checkpoint.parse(note.text).size
