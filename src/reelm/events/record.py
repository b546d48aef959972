"""Put signals straight into the log: those that come at the same time share a flush."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from reelm.base import Database
from reelm.events.model import Entry, Fact
from reelm.events.ports import EventLog
from reelm.events.seal import FactSealer

_FACTS_AT_ONCE = 4096


@dataclass(eq=False, slots=True)
class _Handed:
    facts: Sequence[Fact]
    sequences: asyncio.Future[list[int]]


class Recorder:
    """One process's signals on their way. Safe for concurrent use by tasks of one event loop."""

    def __init__(self, log: EventLog, database: Database, sealer: FactSealer) -> None:
        self._log = log
        self._database = database
        self._sealer = sealer
        self._handed: list[_Handed] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, facts: Sequence[Fact]) -> list[int]:
        """Add signals to the log and return the number of each, once all of them are durable.

        Raises:
            FactUnknown, KeyMissing, ValueError: nothing of this call was added.
            LogUnavailable, DatabaseUnavailable: they may be in the log or not.
        """
        handed = _Handed(facts, asyncio.get_running_loop().create_future())
        self._handed.append(handed)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await handed.sequences

    async def close(self) -> None:
        """Finish what was handed over."""
        if self._writing is not None:
            await self._writing

    async def _write_all(self) -> None:
        try:
            while self._handed:
                count = size = 0
                while count < len(self._handed) and size < _FACTS_AT_ONCE:
                    size += len(self._handed[count].facts)
                    count += 1
                batch, self._handed = self._handed[:count], self._handed[count:]
                await self._write(batch)
        finally:
            self._writing = None

    async def _write(self, batch: Sequence[_Handed]) -> None:
        good: list[_Handed] = []
        entries: list[Entry] = []
        try:
            async with self._database.read() as tx:
                for handed in batch:
                    try:
                        entries += await self._sealer.seal(tx, handed.facts, has_sources=False)
                    except Exception as error:  # noqa: BLE001 - it belongs to whoever handed this over
                        _fail([handed], error)
                    else:
                        good.append(handed)
            sequences = iter(await self._log.append(entries))
        except Exception as error:  # noqa: BLE001 - as above, for all of them
            _fail(good or batch, error)
            return
        for handed in good:
            own = [next(sequences) for _ in handed.facts]
            if not handed.sequences.done():
                handed.sequences.set_result(own)


def _fail(batch: Sequence[_Handed], error: Exception) -> None:
    for handed in batch:
        if not handed.sequences.done():
            handed.sequences.set_exception(error)
