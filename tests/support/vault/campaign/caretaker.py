"""What the worker does between uploads: repair, scrub, audit, and leaving providers, step by step."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from reelm.base import DatabaseUnavailable, ObjectId
from reelm.vault import (
    DrainReport,
    NotDurable,
    NotEnoughFragments,
    ObjectMissing,
    PutReceipt,
    Superseded,
    TooFewPlaces,
)
from reelm.vault.errors import WrongStage
from reelm.vault.placement import Residency
from support.vault.campaign.checks import carrier, check_records, fragments_of, stages
from support.vault.campaign.model import Deletion, Known, Model
from support.vault.campaign.process import Outcome, Process
from support.vault.campaign.provider import Provider
from support.vault.campaign.world import Violated, World

_ROUNDS_MAX = 12
_LEFT_MAX = 1
SAMPLES = 20


class Caretaker:
    """Runs the upkeep of a process, and of the next one when that died."""

    def __init__(
        self,
        world: World,
        model: Model,
        process: Callable[[], Process],
        residencies: dict[str, Residency],
        *,
        hated: Provider,
    ) -> None:
        self.world = world
        self.model = model
        self.process = process
        self.residencies = residencies
        self._hated = hated

    async def act(self) -> None:
        """One call, chosen by chance."""
        chance = self.world.chance
        await asyncio.sleep(chance.expovariate(3))
        work: list[tuple[float, Callable[[], Coroutine[Any, Any, None]]]] = [
            (4.0, self.repair),
            (1.5, self.scrub),
            (0.5, self.audit),
            (2.0, self.drain),
            (0.3, self.keep),
            (0.4, self.renew),
            (0.4, self.look),
        ]
        (chosen,) = chance.choices([each for _, each in work], [weight for weight, _ in work])
        await chosen()
        check_records(self.world, self.residencies)

    async def repair(self) -> None:
        await self._do(
            "repair", lambda process: process.upkeep.repair(limit=self.world.chance.choice((1, 3, 100)))
        )

    async def scrub(self) -> None:
        is_deep = self.world.chance.random() < 0.6
        what = "deep scrub" if is_deep else "light scrub"
        await self._do(what, lambda process: process.upkeep.scrub(deep=is_deep, limit=20, every_days=0))

    async def audit(self) -> None:
        await self._do("audit", lambda process: process.upkeep.audit(samples=SAMPLES))

    async def look(self) -> None:
        await self._do("status", lambda process: process.upkeep.status())
        known = self._any_live()
        if known is not None:
            await self._do(
                "where", lambda process: process.upkeep.where(known.object_id), allowed=(ObjectMissing,)
            )

    async def drain(self) -> None:
        """Begin to leave a provider, or go on; at most one willingly, and the hated one in anger."""
        chance = self.world.chance
        open_stages = stages(self.world)
        leaving = [name for name, stage in open_stages.items() if stage not in {"active", "withdrawn"}]
        left = [name for name, stage in open_stages.items() if stage == "withdrawn"]
        if leaving:
            provider = chance.choice(leaving)
        elif len(left) < _LEFT_MAX:
            provider = chance.choice(sorted(open_stages))
        else:
            return
        is_hostile = provider == str(self._hated) and chance.random() < 0.5
        await self._leave(provider, is_hostile=is_hostile, limit=chance.choice((1, 3, 100)))

    async def keep(self) -> None:
        leaving = [name for name, stage in stages(self.world).items() if stage not in {"active", "withdrawn"}]
        if leaving:
            provider = self.world.chance.choice(leaving)
            await self._do(
                "keep",
                lambda process: process.upkeep.drain.keep(provider),  # type: ignore[arg-type] # its own id
                allowed=(WrongStage,),
            )

    async def renew(self) -> None:
        known = self._any_live()
        if known is not None and carrier(self.world, known.object_id) == known.object_id:
            await self.renew_one(known)

    async def renew_one(self, known: Known) -> Outcome:
        """Store an object anew: the old one is gone when the new one is there."""
        begun = self.world.loop.time()
        known.deletion = Deletion.BEGUN
        outcome = await self._do(
            "renew",
            lambda process: process.vault.renew(known.object_id, process.key(known.owner)),
            allowed=(ObjectMissing, NotEnoughFragments, NotDurable, Superseded, TooFewPlaces),
        )
        if isinstance(outcome.value, PutReceipt):
            known.end(self.world.loop.time())
            self.model.acknowledge(outcome.value, begun=begun).narrow(known)
        return outcome

    async def _leave(self, provider: str, *, is_hostile: bool, limit: int) -> Outcome:
        if is_hostile:
            self.world.find(provider).is_left_in_anger = True
        outcome = await self._do(
            "hostile drain" if is_hostile else "drain",
            lambda process: process.upkeep.drain.run(provider, is_hostile=is_hostile, limit=limit),  # type: ignore[arg-type]
            allowed=(TooFewPlaces,),
        )
        if isinstance(outcome.value, DrainReport):
            self.world.count(f"drain: {outcome.value.stage}", provider)
        return outcome

    async def _do(
        self,
        what: str,
        work: Callable[[Process], Awaitable[Any]],
        *,
        allowed: tuple[type[Exception], ...] = (),
    ) -> Outcome:
        process = self.process()
        outcome = await process.do(_run(work, process))
        how = "cut short" if outcome.is_cut else outcome.error.code if outcome.error else "done"
        self.world.count(f"{what}: {how}", f"by {process} {_told(outcome.value)}")
        error = outcome.error
        if error is None or isinstance(error, allowed):
            return outcome
        if isinstance(error, DatabaseUnavailable) and self.world.tally["fault: records away"]:
            return outcome
        raise Violated(f"{what} failed without need: {error!r}") from error

    def _any_live(self) -> Known | None:
        live = self.model.live()
        return self.world.chance.choice(live) if live else None

    # What a worker's loop does when nothing is in its way any more.

    async def heal(self) -> bool:
        """Go on until nothing is left to do; whether all objects are whole again, wherever they may be."""
        for provider in self.world.providers:
            if provider.is_gone:
                await self._leave(str(provider), is_hostile=True, limit=100)
        is_quiet = False
        for _ in range(_ROUNDS_MAX):
            await self._do(
                "deep scrub", lambda process: process.upkeep.scrub(deep=True, limit=1000, every_days=0)
            )
            outcome = await self._do("repair", lambda process: process.upkeep.repair(limit=1000))
            report = outcome.value
            for object_id in sorted(report.stuck):
                await self._renew_stuck(object_id)
            # What failed in a call is set aside for ten minutes, and not spoken of in between.
            await asyncio.sleep(1000)
            is_settled = await self._leave_all()
            # A pack with no place left but where its own fragments were is stored anew.
            compacted = await self._do("compact", lambda process: process.vault.compaction.run())
            done = report.found + report.repaired + report.moved + report.copies_deleted + len(report.stuck)
            is_quiet = not done and not compacted.value and is_settled
            if is_quiet:
                break
        self.world.count(f"heal: {'quiet' if is_quiet else 'busy'}")
        return is_quiet and not report.waiting and not self._leans_on_the_gone()

    def _leans_on_the_gone(self) -> bool:
        """Whether something lies at a provider that is gone, because there is no other place for it."""
        held = {row[0] for row in self.world.records.rows("SELECT provider_id FROM fragments")}
        return any(str(provider) in held for provider in self.world.providers if provider.is_gone)

    async def _leave_all(self) -> bool:
        """Go on with every drain; whether each is finished or says why not."""
        is_settled = True
        for provider, stage in stages(self.world).items():
            if stage in {"active", "withdrawn"}:
                continue
            outcome = await self._leave(provider, is_hostile=False, limit=1000)
            report = outcome.value
            if isinstance(report, DrainReport) and not report.is_finished:
                why = report.waiting or report.stuck or report.problems or report.intents_open
                has_deletions = self.world.records.rows("SELECT 1 FROM objects WHERE state = 'deleting'")
                self.world.require(
                    bool(why or has_deletions),
                    f"leaving {provider} does not end, and does not say why: {report}",
                )
                is_settled &= bool(report.waiting or report.problems)
        return is_settled

    async def _renew_stuck(self, object_id: ObjectId) -> None:
        known = self.model.known.get(object_id)
        if known is None:
            rows = self.world.records.rows(
                "SELECT reference, length_bytes FROM objects WHERE object_id = ?", object_id
            )
            if not rows or rows[0][0] is None:
                return
            known = self.model.known[object_id] = self.model.find(object_id, rows[0][0], rows[0][1])
        await self.renew_one(known)


def all_are_whole(world: World) -> bool:
    """Whether every fragment of every stored object is where the records say, good and durable."""
    for (object_id,) in world.records.rows("SELECT object_id FROM objects WHERE state = 'stored'"):
        for _, provider, name, state in fragments_of(world, ObjectId(object_id)):
            if state != "stored" or not world.find(provider).keeps_good(name):
                return False
    return True


async def _run(work: Callable[[Process], Awaitable[Any]], process: Process) -> Any:
    return await work(process)


def _told(value: Any) -> str:
    return "" if value is None or isinstance(value, tuple) else str(value)[:200]
