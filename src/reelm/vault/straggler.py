"""Fragments that are still on their way when their put is acknowledged."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from reelm.base import ObjectId
from reelm.vault import store as records
from reelm.vault.background import Background
from reelm.vault.errors import VaultError
from reelm.vault.lane import Lane
from reelm.vault.lanes import Lanes
from reelm.vault.model import FragmentState
from reelm.vault.outside import Outside
from reelm.vault.patience import patience
from reelm.vault.store import ObjectRecord

# Each holds a few windows at most, so this bounds the memory that a slow store can tie up.
_OBJECTS_MAX = 8
_CLOSING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Late:
    record: ObjectRecord
    lanes: Lanes
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Stragglers:
    """What becomes of each is written down when it ends.

    A crash leaves ``intended``, which repair takes up.
    """

    def __init__(self, outside: Outside, background: Background) -> None:
        self._outside = outside
        self._background = background
        self._late: dict[ObjectId, _Late] = {}

    def follow(self, record: ObjectRecord, lanes: Lanes) -> None:
        """See the rest of an acknowledged object through; the oldest is given up when there are many."""
        awaited = [late for late in self._late.values() if not late.lanes.is_given_up]
        if len(awaited) >= _OBJECTS_MAX:
            awaited[0].lanes.give_up()
        self._late[record.object_id] = late = _Late(record, lanes)
        self._background.start(self._see_through(late))

    async def stop(self, object_id: ObjectId) -> bool:
        """Give the object's stragglers up; whether there were any, and none of them writes any more."""
        late = self._late.get(object_id)
        if late is None:
            return False
        late.lanes.give_up()
        await late.over.wait()
        return late.lanes.is_over

    async def close(self) -> None:
        """Give up what does not end soon."""
        waiting = [asyncio.ensure_future(late.over.wait()) for late in self._late.values()]
        if waiting:
            await asyncio.wait(waiting, timeout=_CLOSING_SECONDS)
        for late in list(self._late.values()):
            late.lanes.give_up()
        await asyncio.gather(*waiting)

    async def _see_through(self, late: _Late) -> None:
        try:
            await late.lanes.wait(seconds=self._outside.config.straggler_seconds)
            await late.lanes.abandon()
            await self._write_down(late)
        finally:
            del self._late[late.record.object_id]
            late.over.set()

    async def _write_down(self, late: _Late) -> None:
        intended = {piece.index for piece in late.record.fragments if piece.state is FragmentState.INTENDED}
        ended = [lane for lane in late.lanes if lane.record.index in intended and lane.is_over]
        pieces = [replace(lane.record, state=lane.state) for lane in ended]
        async with self._outside.database.write() as tx:
            wanted = await records.mark_ended(tx, late.record.object_id, pieces)
        await self._remove(lane for lane in ended if lane.record.index not in wanted)

    async def _remove(self, lanes: Iterable[Lane]) -> None:
        """The object was deleted, or the fragment moved, while it was written: its place is not its own."""
        for lane in lanes:
            with suppress(VaultError):
                async with patience(lane.store.place.provider, seconds=self._outside.config.stall_seconds):
                    await lane.store.delete(lane.record.name)
