"""Give the log to consumers, each from its own cursor.

A batch is applied in one transaction with the cursor, so that the effect of a fact and the knowledge of it
are durable together: after a crash a consumer sees again exactly what it had not applied. What a consumer
does outside that transaction must be safe to repeat. A batch that fails is tried again for good, ever more
slowly; nothing is skipped, and the lag grows where everyone can see it.
"""

import asyncio
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from reelm.base import Clock, Database, Metrics, ReelmError, Tx, telemetry
from reelm.events import store
from reelm.events.errors import CursorMoved
from reelm.events.model import Event
from reelm.events.ports import EventLog
from reelm.events.seal import FactSealer

_BATCH_ENTRIES = 500
_WAIT_SECONDS = 60.0
_FIRST_BACKOFF_SECONDS = 0.1
_LONGEST_BACKOFF_SECONDS = 30.0
# A cursor that passes only kinds which its consumer does not take is kept in memory for so many of them.
_SKIPPED_AT_ONCE = 10_000

_log = telemetry.logger(__name__)


class Consumer(Protocol):
    """A part of the realm that follows the log.

    Attributes:
        name: of its cursor; it never changes.
        kinds: the names of the facts it takes; empty for all.
    """

    @property
    def name(self) -> str: ...

    @property
    def kinds(self) -> Collection[str]: ...

    async def apply(self, tx: Tx, events: Sequence[Event]) -> None:
        """Do what follows from some facts, in their order; durable together with the cursor.

        What raises is undone and tried again with the same facts, or more.
        """
        ...


@dataclass(frozen=True, slots=True)
class Lag:
    """The facts that a consumer has not had yet: their number, of any kind, and the age of the oldest."""

    facts: int
    seconds: float


async def advance(tx: Tx, consumer: str, to: int, *, after: int) -> None:
    """Move a consumer's cursor as part of the transaction in which it applied everything up to ``to``.

    Raises:
        CursorMoved: it is not at ``after``: somebody else applied that.
    """
    if not await store.move_cursor(tx, consumer, after, to):
        raise CursorMoved(
            f"The cursor of {consumer} was moved by another process. Nothing was applied here. "
            "It is read again, and goes on from there.",
            consumer=consumer,
        )


class Following:
    """One consumer on its way through the log. Used by one task."""

    def __init__(self, consumer: Consumer, log: EventLog, database: Database, sealer: FactSealer) -> None:
        self._consumer = consumer
        self._entries = log
        self._database = database
        self._sealer = sealer
        self._kinds = frozenset(consumer.kinds)
        self._saved: int | None = None
        self._reached = 0

    async def run(self) -> NoReturn:
        """Apply what is in the log and what comes, until cancelled, which it survives at any line."""
        backoff_seconds = _FIRST_BACKOFF_SECONDS
        while True:
            try:
                if not await self.step():
                    await self._entries.wait(self._reached, _WAIT_SECONDS)
                backoff_seconds = _FIRST_BACKOFF_SECONDS
            except Exception as error:  # noqa: BLE001 - whatever a consumer raises, it goes on from its cursor
                code = error.code if isinstance(error, ReelmError) else type(error).__name__
                _log.error(
                    "events.consumer-failed",
                    consumer=self._consumer.name,
                    after=self._reached,
                    code=code,
                    exc_info=error,
                )
                self._saved = None
                await asyncio.sleep(backoff_seconds)
                backoff_seconds = min(backoff_seconds * 2, _LONGEST_BACKOFF_SECONDS)

    async def step(self) -> bool:
        """Apply the next entries, and return whether there were any.

        Raises:
            CursorMoved: another process applied them.
            DatabaseUnavailable, LogUnavailable: nothing was applied, or it is not known.
        """
        if self._saved is None:
            async with self._database.read() as tx:
                self._saved = self._reached = await store.find_cursor(tx, self._consumer.name)
        entries = await self._entries.read(self._reached, _BATCH_ENTRIES)
        if not entries:
            return False
        to = entries[-1].sequence
        taken = [each for each in entries if not self._kinds or each.entry.kind in self._kinds]
        if taken or to - self._saved > _SKIPPED_AT_ONCE:
            async with self._database.write() as tx:
                await advance(tx, self._consumer.name, to, after=self._saved)
                if taken:
                    await self._consumer.apply(tx, await self._sealer.open(tx, taken))
            self._saved = to
        self._reached = to
        return True


class LagGauges:
    """The lag of consumers as metrics of a process."""

    def __init__(self, metrics: Metrics, consumers: Collection[str]) -> None:
        names = self._names = tuple(consumers)
        self._facts = metrics.gauge("reelm_events_behind", "Facts not applied yet.", consumer=names)
        self._seconds = metrics.gauge(
            "reelm_events_behind_seconds", "Age of the oldest fact not applied yet.", consumer=names
        )

    def show(self, lags: Mapping[str, Lag]) -> None:
        """Set the figures of all consumers; those of one without a lag are not a number."""
        for name in self._names:
            lag = lags.get(name)
            self._facts.of(consumer=name).set(lag.facts if lag else math.nan)
            self._seconds.of(consumer=name).set(lag.seconds if lag else math.nan)


async def measure_lag(consumer: Consumer, log: EventLog, database: Database, clock: Clock) -> Lag:
    """Return how far a consumer is behind the log, by its durable cursor.

    Entries of kinds that it does not take count only from the first one that it takes, among the next few.
    """
    kinds = frozenset(consumer.kinds)
    async with database.read() as tx:
        after = await store.find_cursor(tx, consumer.name)
    last = await log.last()
    while entries := await log.read(after, _BATCH_ENTRIES):
        for each in entries:
            if not kinds or each.entry.kind in kinds:
                age = clock.now() - each.entry.at
                return Lag(last - each.sequence + 1, max(age.total_seconds(), 0.0))
        after = entries[-1].sequence
    return Lag(0, 0.0)
