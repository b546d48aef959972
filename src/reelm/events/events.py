"""The noun of the package: state facts, record signals, follow the log."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NoReturn

from reelm.base import Clock, Database, Entropy, Tx, after_commit
from reelm.events import store
from reelm.events.consume import Consumer, Following, Lag, measure_lag
from reelm.events.model import Fact, declared_kinds
from reelm.events.ports import EventLog
from reelm.events.record import Recorder
from reelm.events.relay import Relay
from reelm.events.seal import FactSealer
from reelm.events.wake import Topic, Waker
from reelm.realm import Keys


class Events:
    """The log of a realm. Safe for concurrent use by tasks of one event loop.

    Attributes:
        log: where the facts end up; for consumers that keep a cursor of their own kind.
        relay: what one process of the realm runs.
        consumers: who follows the log, for the process that runs them and for metrics.
    """

    def __init__(
        self,
        log: EventLog,
        waker: Waker,
        keys: Keys,
        *,
        database: Database,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self.log = log
        self.relay = Relay(log, database, waker)
        self.consumers: Sequence[Consumer] = ()
        self._waker = waker
        self._database = database
        self._clock = clock
        self._sealer = FactSealer(keys, clock=clock, entropy=entropy)
        self._recorder = Recorder(log, database, self._sealer)

    async def append(self, tx: Tx, *facts: Fact) -> None:
        """State facts as part of the change that they are about; once that is durable, they get into the log.

        Raises:
            FactUnknown: one of them was never declared.
            KeyMissing: the owner of protected fields never had a key.
            ValueError: a field has no canonical form.
        """
        await store.add_waiting(tx, await self._sealer.seal(tx, facts, has_sources=True))
        after_commit(tx, self._wake_relay)

    async def record(self, *facts: Fact) -> list[int]:
        """Add signals to the log and return the number of each, once all are durable; not to be repeated.

        Raises:
            FactUnknown, KeyMissing, ValueError: nothing was added.
            LogUnavailable, DatabaseUnavailable: they may be in the log or not.
        """
        return await self._recorder.record(facts)

    async def consume(self, consumer: Consumer) -> NoReturn:
        """Give a consumer everything after its cursor, for good; one process at a time makes sense."""
        await self.following(consumer).run()

    def following(self, consumer: Consumer) -> Following:
        """Return a consumer at its cursor, to be moved step by step."""
        return Following(consumer, self.log, self._database, self._sealer)

    async def lags(self) -> Mapping[str, Lag]:
        """Return how far each consumer is behind, by name.

        Raises:
            DatabaseUnavailable, LogUnavailable: it is not known.
        """
        return {
            each.name: await measure_lag(each, self.log, self._database, self._clock)
            for each in self.consumers
        }

    async def prune(self) -> int:
        """Remove facts that are older than their kind declares, and return how many; safe to repeat.

        Raises:
            LogUnavailable: any part of it may be done.
        """
        now = self._clock.now()
        return await self.log.prune(
            {
                kind.name: now - timedelta(days=kind.retention_days)
                for kind in declared_kinds()
                if kind.retention_days is not None
            }
        )

    async def close(self) -> None:
        """Finish what was handed over; facts that wait for the relay stay."""
        await self._recorder.close()
        await self.log.close()
        self._waker.close()

    def _wake_relay(self) -> None:
        self._waker.notify(Topic.OUTBOX)
