"""Finish fragments that are still on their way when their put is acknowledged."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from reelm.base import BackgroundTasks, ObjectId
from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import VaultError
from reelm.vault.fragment_writers import FragmentWriter, FragmentWriters
from reelm.vault.model import FragmentState
from reelm.vault.store import ObjectRecord

# Each holds a few windows at most, so this bounds the memory that a slow store can tie up.
_OBJECTS_MAX = 8
_CLOSING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Late:
    record: ObjectRecord
    writers: FragmentWriters
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Stragglers:
    """Fragments that outlive their put; what became of each is recorded when it ends.

    A crash leaves ``intended``, which repair takes up.
    """

    def __init__(self, environment: VaultEnvironment, background: BackgroundTasks) -> None:
        self._environment = environment
        self._background = background
        self._late: dict[ObjectId, _Late] = {}

    def follow(self, record: ObjectRecord, writers: FragmentWriters) -> None:
        """Let the rest of an acknowledged object finish; give up the oldest when there are many."""
        awaited = [late for late in self._late.values() if not late.writers.is_given_up]
        if len(awaited) >= _OBJECTS_MAX:
            awaited[0].writers.give_up()
        self._late[record.object_id] = late = _Late(record, writers)
        self._background.start(self._finish(late))

    async def stop(self, object_id: ObjectId) -> bool:
        """Give an object's stragglers up; return True when there were any and none writes any more."""
        late = self._late.get(object_id)
        if late is None:
            return False
        late.writers.give_up()
        await late.over.wait()
        return late.writers.is_done

    async def close(self) -> None:
        """Wait a moment for what is on its way, and give up what does not end."""
        waiting = [asyncio.ensure_future(late.over.wait()) for late in self._late.values()]
        if waiting:
            await asyncio.wait(waiting, timeout=_CLOSING_SECONDS)
        for late in list(self._late.values()):
            late.writers.give_up()
        await asyncio.gather(*waiting)

    async def _finish(self, late: _Late) -> None:
        try:
            await late.writers.wait(seconds=self._environment.config.straggler_seconds)
            await late.writers.abandon()
            await self._record(late)
        finally:
            del self._late[late.record.object_id]
            late.over.set()

    async def _record(self, late: _Late) -> None:
        intended = {piece.index for piece in late.record.fragments if piece.state is FragmentState.INTENDED}
        ended = [writer for writer in late.writers if writer.record.index in intended and writer.is_done]
        pieces = [replace(writer.record, state=writer.state) for writer in ended]
        async with self._environment.database.write() as tx:
            wanted = await db.mark_ended(tx, late.record.object_id, pieces)
        await self._remove(writer for writer in ended if writer.record.index not in wanted)

    async def _remove(self, writers: Iterable[FragmentWriter]) -> None:
        """Delete fragments whose object was deleted, or that moved, while they were written."""
        for writer in writers:
            with suppress(VaultError):
                async with self._environment.store_timeout(writer.store.place.provider):
                    await writer.store.delete(writer.record.name)
