"""The repair queue: what is lost, damaged or unconfirmed is brought back, without any key.

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
from reelm.vault import store as records
from reelm.vault.aside import Aside
from reelm.vault.errors import FragmentMissing, FragmentRefused, RenewalNeeded, StoreFailed, VaultError
from reelm.vault.lease import Leases, lease_seconds
from reelm.vault.model import ProviderId, Stage
from reelm.vault.move import Brought, Mover
from reelm.vault.outside import Outside
from reelm.vault.scene import Scene
from reelm.vault.store import FormerFragment, Spot

_OBJECTS_AT_ONCE = 4
_PROBLEMS_MAX = 5
_KEPT = "An old copy is kept: its fragment is not whole where it belongs now, or is just being worked on."
# A draining provider keeps its copies until all of them were moved and read back.
_CLEARED_STAGES = frozenset({Stage.ACTIVE, Stage.VERIFIED, Stage.DELETED, Stage.WITHDRAWN})


@dataclass(slots=True)
class RepairReport:
    """What one call did.

    Attributes:
        found: fragments that were there, whole, and only had to be confirmed.
        repaired: rebuilt where they were.
        moved: brought to a new place, copied or rebuilt.
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

    def add(self, brought: Brought) -> None:
        if brought.is_moved:
            self.moved += 1
        elif brought.is_rebuilt:
            self.repaired += 1
        else:
            self.found += 1
        if brought.is_rebuilt:
            self.bytes_rebuilt += brought.bytes_written
        else:
            self.bytes_copied += brought.bytes_written

    def put_off(self, why: VaultError | str) -> None:
        self.waiting += 1
        if len(self.problems) < _PROBLEMS_MAX:
            self.problems.append(str(why))


class Repair:
    """Brings fragments and removes copies, a bounded number per call; safe in several processes at once."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._leases = Leases(outside)
        self._mover = Mover(outside, self._leases)
        self._aside = Aside(outside.clock)

    async def run(self, scene: Scene, limit: int) -> RepairReport:
        """Work on at most ``limit`` fragments of the queue and as many former copies."""
        self._aside.notice(scene.circumstances)
        await self.give_back_abandoned(limit)
        intended_before = self._intended_before()
        present = list(self._outside.stores)

        async def fetch(count: int, skip: int) -> tuple[Spot, ...]:
            async with self._outside.database.read() as tx:
                return await records.repair_queue(
                    tx, present, intended_before=intended_before, limit=count, skip=skip
                )

        report = RepairReport()
        due = await self._aside.due(fetch, limit)
        report.waiting += due.passed_over
        await self.bring(due.items, scene, report)
        cleared = [at for at in present if scene.stage(at) in _CLEARED_STAGES]
        await self.clear(cleared, scene, report, limit=limit)
        return report

    async def give_back_abandoned(self, limit: int) -> None:
        """End claims that nobody renews any more, so that what they left is known and deleted."""
        await self._leases.give_back_abandoned(limit)

    async def leave(self, provider: ProviderId, scene: Scene, report: RepairReport, *, limit: int) -> None:
        """Move at most ``limit`` fragments away from a provider that takes no new ones."""
        self._aside.notice(scene.circumstances)
        intended_before = self._intended_before()

        async def fetch(count: int, skip: int) -> tuple[Spot, ...]:
            async with self._outside.database.read() as tx:
                return await records.held_by(
                    tx, provider, intended_before=intended_before, limit=count, skip=skip
                )

        due = await self._aside.due(fetch, limit)
        report.waiting += due.passed_over
        await self.bring(due.items, scene, report)

    async def clear(
        self, providers: Collection[ProviderId], scene: Scene, report: RepairReport, *, limit: int
    ) -> None:
        """Delete at most ``limit`` former copies there; a provider that does not answer keeps owing them."""
        self._aside.notice(scene.circumstances)
        asked = [provider for provider in providers if scene.may_ask(provider)]

        async def fetch(count: int, skip: int) -> tuple[FormerFragment, ...]:
            async with self._outside.database.read() as tx:
                return await records.owed_at(tx, asked, limit=count, skip=skip)

        due = await self._aside.due(fetch, limit)
        report.waiting += due.passed_over
        for copy in due.items:
            try:
                is_gone = await self._mover.remove(copy, scene)
            except VaultError as error:
                report.put_off(error)
                self._aside.put(copy)
                continue
            report.copies_deleted += is_gone
            if not is_gone:
                report.put_off(_KEPT)
                self._aside.put(copy)

    async def bring(self, spots: Iterable[Spot], scene: Scene, report: RepairReport) -> None:
        """Bring these fragments, a few objects at once and each object's fragments one by one."""
        objects = [list(group) for _, group in groupby(spots, key=lambda spot: spot.object_id)]
        for at in range(0, len(objects), _OBJECTS_AT_ONCE):
            some = objects[at : at + _OBJECTS_AT_ONCE]
            work = [self._bring_object(group, scene, report) for group in some]
            for result in await asyncio.gather(*work, return_exceptions=True):  # none runs on behind our back
                if result is not None:
                    raise result

    def _intended_before(self) -> datetime:
        """A fragment still intended on an object older than this is not being written any more."""
        return self._outside.clock.now() - timedelta(seconds=lease_seconds(self._outside.config))

    async def _bring_object(self, spots: Iterable[Spot], scene: Scene, report: RepairReport) -> None:
        for spot in spots:
            try:
                brought = await self._bring(spot, scene)
            except RenewalNeeded:
                await self._renew(spot.object_id, report)
                self._aside.put(spot)
            except VaultError as error:
                report.put_off(error)
                self._aside.put(spot)
            else:
                if brought is None:
                    report.waiting += 1
                else:
                    report.add(brought)

    async def _renew(self, object_id: ObjectId, report: RepairReport) -> None:
        """A pack is stored anew by the next compaction; anything else needs its owner's key."""
        async with self._outside.database.write() as tx:
            is_pack = await records.hasten(tx, object_id)
        if is_pack:
            report.waiting += 1
        else:
            report.stuck.add(object_id)

    async def _bring(self, spot: Spot, scene: Scene) -> Brought | None:
        """Where it was; elsewhere when that place answers and yet does not take or keep it."""
        try:
            return await self._mover.bring(spot.object_id, spot.index, scene, may_stay=True)
        except (StoreFailed, FragmentMissing, FragmentRefused):
            return await self._mover.bring(spot.object_id, spot.index, scene, may_stay=False)
