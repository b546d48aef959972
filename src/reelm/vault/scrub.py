"""Scrub: check what stores hold, before anyone needs it.

Light: the size of each fragment, round after round. Deep: every byte of each fragment against its leaves, the
longest unchecked first. What is missing or wrong is queued for repair. A store that does not answer loses
nothing by that; one that tells a fragment's size and twice cannot read it has lost it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from reelm.base import Clock
from reelm.vault import store as db
from reelm.vault.backoff import RetryBackoff
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import FailedCheck, FragmentMissing, FragmentRefused, StoreFailed, VaultError
from reelm.vault.inspector import FragmentInspector
from reelm.vault.model import ObjectState
from reelm.vault.ports import Store
from reelm.vault.snapshot import ProviderSnapshot
from reelm.vault.store import FragmentRecord, FragmentRef, ObjectRecord

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class ScrubReport:
    """The fragments that one call of scrub looked at.

    Attributes:
        checked: fragments that are as they must be.
        missing: their stores say they are not there; queued for repair.
        damaged: wrong or unreadable; queued for repair.
        unanswered: their stores did not say.
        bytes_read: from stores.
        is_complete: there was nothing more to look at in this round.
    """

    checked: int = 0
    missing: int = 0
    damaged: int = 0
    unanswered: int = 0
    bytes_read: int = 0
    is_complete: bool = False


class Throttle:
    """Holds a reader back to so many bytes per second, counted from when it began."""

    def __init__(self, clock: Clock, sleep: Sleep, bytes_per_second: float | None) -> None:
        self._clock, self._sleep, self._rate = clock, sleep, bytes_per_second
        self._began = clock.monotonic_seconds()
        self._bytes = 0

    async def __call__(self, count_bytes: int) -> None:
        self._bytes += count_bytes
        if self._rate is None:
            return
        ahead = self._bytes / self._rate - (self._clock.monotonic_seconds() - self._began)
        if ahead > 0:
            await self._sleep(ahead)


class Scrub:
    """Checks the stored fragments in rounds; a light round is remembered by this process only."""

    def __init__(self, environment: VaultEnvironment, *, sleep: Sleep = asyncio.sleep) -> None:
        self._environment = environment
        self._sleep = sleep
        self._backoff = RetryBackoff(environment.clock)
        self._after: FragmentRef | None = None

    async def light(self, snapshot: ProviderSnapshot, *, limit: int) -> ScrubReport:
        """Check the sizes of the next fragments of the round, and report; start over behind the last."""
        asked = [provider for provider in snapshot.answering if snapshot.may_ask(provider)]
        async with self._environment.database.read() as tx:
            refs = await db.next_to_check(tx, asked, after=self._after, limit=limit)
        report = ScrubReport(is_complete=len(refs) < limit)
        for ref in refs:
            await self._look(ref, report)
        self._after = None if report.is_complete else refs[-1]
        return report

    async def deep(
        self,
        snapshot: ProviderSnapshot,
        *,
        limit: int,
        bytes_per_second: float | None,
        checked_before: datetime,
    ) -> ScrubReport:
        """Read the fragments that were not read since ``checked_before``, the longest unchecked first.

        Returns what was found.
        """
        asked = [provider for provider in snapshot.answering if snapshot.may_ask(provider)]
        self._backoff.reset_when_changed(snapshot.retry_key)

        async def fetch(count: int, skip: int) -> tuple[FragmentRef, ...]:
            async with self._environment.database.read() as tx:
                return await db.next_to_read(tx, asked, checked_before=checked_before, limit=count, skip=skip)

        refs = (await self._backoff.due(fetch, limit)).items
        report = ScrubReport(is_complete=len(refs) < limit)
        throttle = Throttle(self._environment.clock, self._sleep, bytes_per_second)
        for ref in refs:
            await self._read(ref, report, throttle)
        return report

    async def _look(self, ref: FragmentRef, report: ScrubReport) -> None:
        found = await self._find(ref)
        if found is None:
            return
        record, piece, store = found
        inspector = FragmentInspector(self._environment, record, piece)
        try:
            await inspector.check_size(store, piece.name)
        except VaultError as error:
            await self._judge(record, piece, error, report)
            return
        report.checked += 1

    async def _read(self, ref: FragmentRef, report: ScrubReport, throttle: Throttle) -> None:
        found = await self._find(ref)
        if found is None:
            return
        record, piece, store = found
        inspector = FragmentInspector(self._environment, record, piece)
        try:
            await self._check(inspector, store, throttle)
        except VaultError as error:
            await self._judge(record, piece, error, report)
            if isinstance(error, StoreFailed):
                self._backoff.postpone(ref)
        else:
            report.checked += 1
            async with self._environment.database.write() as tx:
                await db.mark_checked(tx, record.object_id, piece, at=self._environment.clock.now())
        report.bytes_read += inspector.bytes_read

    async def _check(self, inspector: FragmentInspector, store: Store, throttle: Throttle) -> None:
        """Read all of it, once more when a store that knows its size could not."""
        name = inspector.piece.name
        try:
            await inspector.check(store, name, on_read=throttle)
        except StoreFailed:
            await inspector.check_size(store, name)
            try:
                await inspector.check(store, name, on_read=throttle)
            except StoreFailed as error:
                await inspector.check_size(store, name)
                raise FragmentRefused(
                    FailedCheck.TRUNCATED, "A store tells a fragment's size and cannot read it."
                ) from error

    async def _find(self, ref: FragmentRef) -> tuple[ObjectRecord, FragmentRecord, Store] | None:
        """Return the fragment and its store, unless either went away meanwhile."""
        async with self._environment.database.read() as tx:
            record = await db.find(tx, ref.object_id)
        if record is None or record.state is not ObjectState.STORED:
            return None
        piece = record.fragments[ref.index]
        store = self._environment.stores.get(piece.provider)
        return None if store is None else (record, piece, store)

    async def _judge(
        self, record: ObjectRecord, piece: FragmentRecord, error: VaultError, report: ScrubReport
    ) -> None:
        """Queue a loss for repair; silence is not a loss."""
        if not isinstance(error, FragmentMissing | FragmentRefused):
            report.unanswered += 1
            return
        if isinstance(error, FragmentMissing):
            report.missing += 1
        else:
            report.damaged += 1
        self._environment.latency.faults[piece.provider] += 1
        async with self._environment.database.write() as tx:
            await db.mark_missing(tx, record.object_id, piece)
