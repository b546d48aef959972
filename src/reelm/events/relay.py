"""The loop that moves stated facts into the log; one process of a realm runs it.

::

    1  facts wait in the database, committed with their change        durable, seen by no consumer
    2  the oldest are appended to the log under the names they have   from here on consumers see them
    3  one commit: they are removed from the database                 the log alone has them

A crash before 2 leaves them waiting. A crash after 2, or an append of which nobody knows, leaves them waiting
too: they are appended again, and the log knows them by name. What is removed is durable in the log.
"""

import asyncio

from reelm.base import Database, DatabaseUnavailable, telemetry
from reelm.events import store
from reelm.events.errors import LogUnavailable
from reelm.events.ports import EventLog
from reelm.events.wake import POLL_SECONDS, Topic, Waker

_BATCH_FACTS = 1000
_AGAIN_SECONDS = 1.0

_log = telemetry.logger(__name__)


class Relay:
    """Moves facts until cancelled, which it survives at any line, as it survives the end of its process."""

    def __init__(self, log: EventLog, database: Database, waker: Waker) -> None:
        self._entries = log
        self._database = database
        self._waker = waker

    async def run(self) -> None:
        """Move what waits, for good.

        Raises:
            RelayBusy: another process does.
        """
        with self._entries.claim():
            while True:
                try:
                    await self._move_all()
                except (OSError, DatabaseUnavailable, LogUnavailable) as error:
                    # Unknown how far it came: the same facts are read and appended again.
                    _log.error("events.relay-failed", exc_info=error)
                    await asyncio.sleep(_AGAIN_SECONDS)

    async def _move_all(self) -> None:
        while True:
            seen = self._waker.count(Topic.OUTBOX)
            if await self.move() < _BATCH_FACTS:
                await self._waker.wait(Topic.OUTBOX, seen, POLL_SECONDS)

    async def move(self) -> int:
        """Move the oldest waiting facts, at most a batch, and return how many; only under the log's claim.

        Raises:
            DatabaseUnavailable, LogUnavailable: any part may have happened; it is safe to repeat.
        """
        async with self._database.read() as tx:
            rows = await store.waiting(tx, _BATCH_FACTS)
        if not rows:
            return 0
        await self._entries.append([row.entry for row in rows])
        async with self._database.write() as tx:
            await store.forget(tx, [row.id for row in rows])
        return len(rows)
