"""Repair what is lost, damaged or unconfirmed, without any key.

Objects closest to their loss come first. A fragment goes back to where it was when that provider takes
fragments and answers, and elsewhere otherwise (``move`` says how). Copies that were left behind are deleted
as soon as their stores answer.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from reelm.base import ObjectId
from reelm.vault import store as db
from reelm.vault.backoff import RetryBackoff
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import FragmentMissing, FragmentRefused, RenewalNeeded, StoreFailed, VaultError
from reelm.vault.lease import Leases, lease_seconds
from reelm.vault.model import ProviderId, Stage
from reelm.vault.move import Mover, Placed
from reelm.vault.snapshot import ProviderSnapshot
from reelm.vault.store import FormerFragment, FragmentRef

_OBJECTS_AT_ONCE = 4
_PROBLEMS_MAX = 5
_KEPT = "An old copy is kept: its fragment is not whole where it belongs now, or is just being worked on."
# A draining provider keeps its copies until all of them were moved and read back.
_CLEARED_STAGES = frozenset({Stage.ACTIVE, Stage.VERIFIED, Stage.DELETED, Stage.WITHDRAWN})


@dataclass(slots=True)
class RepairReport:
    """The work that one call of repair did.

    Attributes:
        found: fragments that were there, whole, and only had to be confirmed.
        repaired: rebuilt where they were.
        moved: placed elsewhere, copied or rebuilt.
        waiting: not possible now: a store or a place is missing, another process is at work, or it failed a
            few minutes ago and is not tried again yet.
        stuck: objects that only ``Vault.renew`` can help, because the history rule closes every place.
        bytes_copied: written to stores as they were at others.
        bytes_rebuilt: written to stores after being computed again.
        copies_deleted: former copies that are gone now.
        problems: what was in the way, a few of them, for people.
    """

    found: int = 0
    repaired: int = 0
    moved: int = 0
    waiting: int = 0
    stuck: set[ObjectId] = field(default_factory=set)
    bytes_copied: int = 0
    bytes_rebuilt: int = 0
    copies_deleted: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, placed: Placed) -> None:
        """Count a fragment that was placed."""
        if placed.is_moved:
            self.moved += 1
        elif placed.is_rebuilt:
            self.repaired += 1
        else:
            self.found += 1
        if placed.is_rebuilt:
            self.bytes_rebuilt += placed.bytes_written
        else:
            self.bytes_copied += placed.bytes_written

    def put_off(self, why: VaultError | str) -> None:
        """Count work that is not possible now, and keep a few of the reasons."""
        self.waiting += 1
        if len(self.problems) < _PROBLEMS_MAX:
            self.problems.append(str(why))


class Repair:
    """Places fragments and removes copies, a bounded number per call; safe in several processes at once.

    Attributes:
        leases: of the fragments that are worked on; those that nobody renews any more are to be released.
    """

    def __init__(self, environment: VaultEnvironment) -> None:
        self._environment = environment
        self.leases = Leases(environment)
        self._mover = Mover(environment, self.leases)
        self._backoff = RetryBackoff(environment.clock)

    async def run(self, snapshot: ProviderSnapshot, limit: int) -> RepairReport:
        """Work on at most ``limit`` fragments of the queue and as many former copies; report the work."""
        self._backoff.reset_when_changed(snapshot.retry_key)
        await self.leases.release_expired(limit)
        intended_before = self._intended_before()
        present = list(self._environment.stores)

        async def fetch(count: int, skip: int) -> tuple[FragmentRef, ...]:
            async with self._environment.database.read() as tx:
                return await db.repair_queue(
                    tx, present, intended_before=intended_before, limit=count, skip=skip
                )

        report = RepairReport()
        due = await self._backoff.due(fetch, limit)
        report.waiting += due.passed_over
        await self.place(due.items, snapshot, report)
        cleared = [provider for provider in present if snapshot.stage(provider) in _CLEARED_STAGES]
        await self.clear(cleared, snapshot, report, limit=limit)
        return report

    async def leave(
        self, provider: ProviderId, snapshot: ProviderSnapshot, report: RepairReport, *, limit: int
    ) -> None:
        """Move at most ``limit`` fragments away from a provider that takes no new ones."""
        self._backoff.reset_when_changed(snapshot.retry_key)
        intended_before = self._intended_before()

        async def fetch(count: int, skip: int) -> tuple[FragmentRef, ...]:
            async with self._environment.database.read() as tx:
                return await db.held_by(tx, provider, intended_before=intended_before, limit=count, skip=skip)

        due = await self._backoff.due(fetch, limit)
        report.waiting += due.passed_over
        await self.place(due.items, snapshot, report)

    async def clear(
        self,
        providers: Collection[ProviderId],
        snapshot: ProviderSnapshot,
        report: RepairReport,
        *,
        limit: int,
    ) -> None:
        """Delete at most ``limit`` former copies there; a provider that does not answer keeps owing them."""
        self._backoff.reset_when_changed(snapshot.retry_key)
        asked = [provider for provider in providers if snapshot.may_ask(provider)]

        async def fetch(count: int, skip: int) -> tuple[FormerFragment, ...]:
            async with self._environment.database.read() as tx:
                return await db.owed_at(tx, asked, limit=count, skip=skip)

        due = await self._backoff.due(fetch, limit)
        report.waiting += due.passed_over
        for copy in due.items:
            try:
                is_gone = await self._mover.remove(copy, snapshot)
            except VaultError as error:
                report.put_off(error)
                self._backoff.postpone(copy)
                continue
            report.copies_deleted += is_gone
            if not is_gone:
                report.put_off(_KEPT)
                self._backoff.postpone(copy)

    async def place(
        self, refs: Iterable[FragmentRef], snapshot: ProviderSnapshot, report: RepairReport
    ) -> None:
        """Place these fragments, a few objects at once and each object's fragments one by one."""
        objects = [list(group) for _, group in groupby(refs, key=lambda ref: ref.object_id)]
        for start in range(0, len(objects), _OBJECTS_AT_ONCE):
            some = objects[start : start + _OBJECTS_AT_ONCE]
            work = [self._place_object(group, snapshot, report) for group in some]
            for result in await asyncio.gather(*work, return_exceptions=True):  # none runs on behind our back
                if result is not None:
                    raise result

    def _intended_before(self) -> datetime:
        """Return the time before which an object was created whose intended fragments have no writer."""
        return self._environment.clock.now() - timedelta(seconds=lease_seconds(self._environment.config))

    async def _place_object(
        self, refs: Iterable[FragmentRef], snapshot: ProviderSnapshot, report: RepairReport
    ) -> None:
        for ref in refs:
            try:
                placed = await self._place(ref, snapshot)
            except RenewalNeeded:
                await self._renew(ref.object_id, report)
                self._backoff.postpone(ref)
            except VaultError as error:
                report.put_off(error)
                self._backoff.postpone(ref)
            else:
                if placed is None:
                    report.waiting += 1
                else:
                    report.add(placed)

    async def _renew(self, object_id: ObjectId, report: RepairReport) -> None:
        """Mark a pack due, which the next compaction stores anew; anything else needs its owner's key."""
        async with self._environment.database.write() as tx:
            is_pack = await db.mark_pack_due(tx, object_id)
        if is_pack:
            report.waiting += 1
        else:
            report.stuck.add(object_id)

    async def _place(self, ref: FragmentRef, snapshot: ProviderSnapshot) -> Placed | None:
        """Place a fragment where it was, or elsewhere when that place does not take or keep it."""
        try:
            return await self._mover.place(ref.object_id, ref.index, snapshot, may_stay=True)
        except (StoreFailed, FragmentMissing, FragmentRefused):
            return await self._mover.place(ref.object_id, ref.index, snapshot, may_stay=False)
