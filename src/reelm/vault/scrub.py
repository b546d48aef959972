"""Looking at what stores hold, before anyone needs it.

Light: the size of each fragment, round after round. Deep: every byte of each fragment against its leaves, the
longest unchecked first. What is missing or wrong is queued for repair. A store that does not answer loses
nothing by that; one that tells a fragment's size and twice cannot read it has lost it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from reelm.base import Clock
from reelm.vault import store as records
from reelm.vault.aside import Aside
from reelm.vault.errors import Fault, FragmentMissing, FragmentRefused, StoreFailed, VaultError
from reelm.vault.examine import Specimen
from reelm.vault.model import ObjectState
from reelm.vault.outside import Outside
from reelm.vault.ports import Store
from reelm.vault.scene import Scene
from reelm.vault.store import FragmentRecord, ObjectRecord, Spot

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class ScrubReport:
    """What one call looked at.

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


class Pace:
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
    """Goes through the stored fragments; a light round is remembered by this process only."""

    def __init__(self, outside: Outside, *, sleep: Sleep = asyncio.sleep) -> None:
        self._outside = outside
        self._sleep = sleep
        self._aside = Aside(outside.clock)
        self._after: Spot | None = None

    async def light(self, scene: Scene, *, limit: int) -> ScrubReport:
        """Ask for the sizes of the next fragments of the round; starts over behind the last."""
        asked = [provider for provider in scene.answering if scene.may_ask(provider)]
        async with self._outside.database.read() as tx:
            spots = await records.next_to_look_at(tx, asked, after=self._after, limit=limit)
        report = ScrubReport(is_complete=len(spots) < limit)
        for spot in spots:
            await self._look(spot, report)
        self._after = None if report.is_complete else spots[-1]
        return report

    async def deep(
        self, scene: Scene, *, limit: int, bytes_per_second: float | None, checked_before: datetime
    ) -> ScrubReport:
        """Read the fragments that were not read since ``checked_before``, the longest unchecked first."""
        asked = [provider for provider in scene.answering if scene.may_ask(provider)]
        self._aside.notice(scene.circumstances)

        async def fetch(count: int, skip: int) -> tuple[Spot, ...]:
            async with self._outside.database.read() as tx:
                return await records.next_to_read(
                    tx, asked, checked_before=checked_before, limit=count, skip=skip
                )

        spots = (await self._aside.due(fetch, limit)).items
        report = ScrubReport(is_complete=len(spots) < limit)
        pace = Pace(self._outside.clock, self._sleep, bytes_per_second)
        for spot in spots:
            await self._read(spot, report, pace)
        return report

    async def _look(self, spot: Spot, report: ScrubReport) -> None:
        found = await self._find(spot)
        if found is None:
            return
        record, piece, store = found
        specimen = Specimen(self._outside, record, piece)
        try:
            await specimen.check_size(store, piece.name)
        except VaultError as error:
            await self._judge(record, piece, error, report)
            return
        report.checked += 1

    async def _read(self, spot: Spot, report: ScrubReport, pace: Pace) -> None:
        found = await self._find(spot)
        if found is None:
            return
        record, piece, store = found
        specimen = Specimen(self._outside, record, piece)
        try:
            await self._check(specimen, store, pace)
        except VaultError as error:
            await self._judge(record, piece, error, report)
            if isinstance(error, StoreFailed):
                self._aside.put(spot)
        else:
            report.checked += 1
            async with self._outside.database.write() as tx:
                await records.mark_checked(tx, record.object_id, piece, at=self._outside.clock.now())
        report.bytes_read += specimen.bytes_read

    async def _check(self, specimen: Specimen, store: Store, pace: Pace) -> None:
        """Read all of it, once more when a store that knows its size could not."""
        name = specimen.piece.name
        try:
            await specimen.check(store, name, pace=pace)
        except StoreFailed:
            await specimen.check_size(store, name)
            try:
                await specimen.check(store, name, pace=pace)
            except StoreFailed as error:
                await specimen.check_size(store, name)
                raise FragmentRefused(
                    Fault.TRUNCATED, "A store tells a fragment's size and cannot read it."
                ) from error

    async def _find(self, spot: Spot) -> tuple[ObjectRecord, FragmentRecord, Store] | None:
        """The fragment and its store, unless either went away meanwhile."""
        async with self._outside.database.read() as tx:
            record = await records.find(tx, spot.object_id)
        if record is None or record.state is not ObjectState.STORED:
            return None
        piece = record.fragments[spot.index]
        store = self._outside.stores.get(piece.provider)
        return None if store is None else (record, piece, store)

    async def _judge(
        self, record: ObjectRecord, piece: FragmentRecord, error: VaultError, report: ScrubReport
    ) -> None:
        """A loss goes to the repair queue; silence is not a loss."""
        if not isinstance(error, FragmentMissing | FragmentRefused):
            report.unanswered += 1
            return
        if isinstance(error, FragmentMissing):
            report.missing += 1
        else:
            report.damaged += 1
        self._outside.standing.faults[piece.provider] += 1
        async with self._outside.database.write() as tx:
            await records.mark_missing(tx, record.object_id, piece)
