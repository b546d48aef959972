"""Keep what is stored: scrub, audit, repair, drain, and report to the operator."""

import asyncio
from datetime import timedelta

from reelm.base import Entropy, ObjectId
from reelm.vault import store as db
from reelm.vault.audit import AuditReport, audit
from reelm.vault.drain import Drain, DrainReport
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import ObjectMissing
from reelm.vault.model import Stage
from reelm.vault.repair import Repair, RepairReport
from reelm.vault.scrub import Scrub, ScrubReport, Sleep
from reelm.vault.snapshot import probe_providers
from reelm.vault.status import FragmentLocation, VaultStatus, status

_LIMIT = 100
_SAMPLES = 460
_DEEP_DAYS = 30.0


class Upkeep:
    """The maintenance of a vault, which holds no user key and never sees plaintext.

    Every call does a bounded amount of work, is safe to repeat after a crash at any line, and safe in several
    processes at once; a loop calls them again and again.

    Attributes:
        drain: leaves a provider step by step, or stays with it after all.
    """

    def __init__(self, environment: VaultEnvironment, *, sleep: Sleep = asyncio.sleep) -> None:
        self._environment = environment
        self._repair = Repair(environment)
        self.drain = Drain(environment, self._repair)
        self._scrub = Scrub(environment, sleep=sleep)

    async def repair(self, limit: int = _LIMIT) -> RepairReport:
        """Repair at most so many fragments, delete at most so many copies left behind, and report both."""
        return await self._repair.run(await probe_providers(self._environment), limit)

    async def scrub(
        self,
        *,
        deep: bool = False,
        limit: int = _LIMIT,
        bytes_per_second: float | None = None,
        every_days: float = _DEEP_DAYS,
    ) -> ScrubReport:
        """Check the next fragments, their sizes or, ``deep``, all of their bytes, and return what was found.

        Args:
            deep: read what was not read for ``every_days``, the longest unchecked first.
            limit: fragments per call.
            bytes_per_second: how fast a deep scrub may read; None for as fast as it goes.
            every_days: how long a deep check holds.
        """
        snapshot = await probe_providers(self._environment)
        if not deep:
            return await self._scrub.light(snapshot, limit=limit)
        checked_before = self._environment.clock.now() - timedelta(days=every_days)
        return await self._scrub.deep(
            snapshot, limit=limit, bytes_per_second=bytes_per_second, checked_before=checked_before
        )

    async def audit(self, samples: int = _SAMPLES, *, entropy: Entropy | None = None) -> AuditReport:
        """Prove random blocks and return the counts.

        460 without a failure exclude, at 99 %, that more than 1 % is lost.
        """
        snapshot = await probe_providers(self._environment)
        return await audit(
            self._environment, snapshot, samples=samples, entropy=entropy or self._environment.entropy
        )

    async def resume(self, limit: int = _LIMIT) -> tuple[DrainReport, ...]:
        """Go a step further with every provider that is being left, and return the reports."""
        async with self._environment.database.read() as tx:
            known = await db.all_providers(tx)
        leaving = [found for found in known if found.stage not in {Stage.ACTIVE, Stage.WITHDRAWN}]
        return tuple([await self.drain.run(found.place.provider, limit=limit) for found in leaving])

    async def status(self, *, answer_seconds: float | None = None) -> VaultStatus:
        """Return what each provider holds and how it is, and how far every object is from its loss.

        A provider that is asked for longer than ``answer_seconds`` counts as away.
        """
        return await status(
            self._environment, await probe_providers(self._environment, answer_seconds=answer_seconds)
        )

    async def where(self, object_id: ObjectId) -> tuple[FragmentLocation, ...]:
        """Return where each fragment of an object lies, in index order; of its pack when it is small.

        Raises:
            ObjectMissing: there is no such object.
        """
        async with self._environment.database.read() as tx:
            packed = await db.find_entry(tx, object_id)
            found = await db.locate(tx, packed.pack.object_id if packed else object_id)
        if not found:
            raise ObjectMissing("There is no such object; it was deleted or never finished.")
        return tuple(
            FragmentLocation(each.index, each.provider, each.state, each.root.hex(), each.checked_at)
            for each in found
        )
