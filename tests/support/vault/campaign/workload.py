"""What callers do: they put, read, delete and sweep, one after the other, and remember what they were told.

Every operation checks what it got against the model and against what lies at the providers at that moment.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from reelm.base import DatabaseUnavailable, DataClass, ReelmError
from reelm.vault import (
    DeletionUnfinished,
    KeyRefused,
    NotDurable,
    NotEnoughFragments,
    ObjectMissing,
    PutReceipt,
    Suite,
    Superseded,
    TooFewPlaces,
)
from reelm.vault.fragment_reader import WHOLE_BYTES
from reelm.vault.placement import Residency
from support.vault.campaign.checks import (
    carrier,
    check_placed,
    clean_fragments,
    good_fragments,
    holder,
    is_room,
    stages,
)
from support.vault.campaign.model import Deletion, Known, Model
from support.vault.campaign.process import Outcome, Process
from support.vault.campaign.world import Violated, World

SUITES = (Suite.SEALED, Suite.SEALED, Suite.SEALED_SHA256, Suite.MEDIA)
_EDGES = (0, 1, 15, 16, 17, 1023, 1024, 1025, 2047, 2048, 3071, 3073, 4095, 4096, 4097, 8191, 8192, 8193)

_LARGE_LOG2 = 16


class Interrupted(ReelmError):
    code = "test.interrupted"


@dataclass
class Caller:
    """Someone who uses the vault of one process, and of the next one when that died."""

    world: World
    model: Model
    process: Callable[[], Process]
    residencies: dict[str, Residency]

    async def act(self) -> None:
        """One operation, chosen by chance."""
        chance = self.world.chance
        await asyncio.sleep(chance.expovariate(4))
        work: list[tuple[float, Callable[[], Coroutine[Any, Any, None]]]] = [
            (4.0, self.put),
            (5.0, self.read),
            (1.2, self.delete),
            (0.6, self.sweep),
            (0.6, self.compact),
            (0.3, self.shred),
        ]
        (chosen,) = chance.choices([each for _, each in work], [weight for weight, _ in work])
        await chosen()

    async def put(self) -> None:
        world, chance = self.world, self.world.chance
        reference = chance.choice(list(self.residencies))
        owner = self.model.owners[reference]
        data = chance.randbytes(self._size())
        self.model.attempt(reference, data)
        is_broken = chance.random() < 0.04
        begun = world.loop.time()
        process = self.process()
        there = holder(world, reference)
        outcome = await process.do(
            process.vault.put(
                self._stream(data, is_broken=is_broken),
                reference=reference,
                klass=DataClass.PUBLIC,
                key=process.key(owner),
                owner=owner,
                suite=chance.choice(SUITES),
                residency=self.residencies[reference],
            ),
            give_up_seconds=self._patience(),
        )
        self._tell("put", outcome, f"{reference} {len(data)} bytes by {process}")
        if isinstance(outcome.value, PutReceipt):
            # What was stored before, unanswered, may have lost something since.
            is_new = outcome.value.object_id not in {*self.model.known, there}
            self.model.acknowledge(outcome.value, begun=begun)
            if is_new:
                check_placed(world, outcome.value)
        elif outcome.error is not None:
            self._check_refused_put(outcome.error, begun, reference, is_broken=is_broken)

    async def read(self) -> None:
        chance = self.world.chance
        known = self._pick(chance.choice((Deletion.NONE, Deletion.NONE, Deletion.NONE, Deletion.DONE)))
        if known is None:
            return
        part = self._part(known.length)
        length = None if part.stop is None else part.stop - part.start
        was_gone, begun = known.deletion is Deletion.DONE, self.world.loop.time()
        process = self.process()
        clean, lay_in = (
            clean_fragments(self.world, known.object_id, begun),
            carrier(self.world, known.object_id),
        )
        good = len(good_fragments(self.world, known.object_id))
        is_stranger = chance.random() < 0.05
        outcome = await process.do(
            process.vault.read(
                known.object_id,
                key=process.key("a stranger" if is_stranger else known.owner),
                start=part.start,
                length=length,
            ),
            give_up_seconds=self._patience(),
        )
        self._tell("read", outcome, f"{known.reference} {part} by {process}")
        if isinstance(outcome.value, bytes):
            self.world.require(not was_gone, f"{known.object_id} was deleted and came back")
            self.world.require(not (is_stranger and known.is_sealed), "a stranger's key opened an object")
            known.check(outcome.value, part)
        elif isinstance(outcome.error, ObjectMissing):
            self._check_missing(known)
        elif isinstance(outcome.error, NotEnoughFragments):
            if known.deletion is not Deletion.NONE or carrier(self.world, known.object_id) != lay_in:
                return  # its fragments went while it was read
            still = clean & clean_fragments(self.world, known.object_id, begun)
            # Who found one good and then needed others may hear of its loss only afterwards.
            most = max(good, len(good_fragments(self.world, known.object_id)))
            check_too_few(outcome.error, len(still), most)
        elif isinstance(outcome.error, KeyRefused):
            self.world.require(is_stranger, "the owner's key was refused")
        elif outcome.error is not None:
            self._require_outage(outcome.error)

    async def delete(self) -> None:
        known = self._pick(Deletion.NONE)
        if known is None:
            return
        known.deletion = Deletion.BEGUN
        process = self.process()
        outcome = await process.do(process.vault.delete(known.object_id), give_up_seconds=self._patience())
        self._tell("delete", outcome, f"{known.reference} by {process}")
        if isinstance(outcome.error, DeletionUnfinished) or (outcome.error is None and not outcome.is_cut):
            known.end(self.world.loop.time())
        elif outcome.error is not None:
            self._require_outage(outcome.error)

    async def shred(self) -> None:
        """Everything of one owner goes; what is being put meanwhile may stay."""
        world, model = self.world, self.model
        owner = world.chance.choice(list(model.owners.values()))
        model.shredding.add(owner)
        going = [each for each in model.live() if each.owner == owner]
        for known in going:
            known.deletion = Deletion.BEGUN
        process = self.process()
        outcome = await process.do(process.vault.shred(owner), give_up_seconds=self._patience())
        self._tell("shred", outcome, f"{owner} by {process}")
        model.shredded_at[owner] = world.loop.time()
        for known in model.live():
            if known.owner == owner:  # acknowledged in the meantime: before it or after it
                known.deletion = Deletion.BEGUN
        if outcome.error is not None:
            self._require_outage(outcome.error)
        elif not outcome.is_cut:
            for known in going:
                known.end(world.loop.time())

    async def compact(self) -> None:
        process = self.process()
        outcome = await process.do(process.vault.compaction.run(), give_up_seconds=self._patience())
        self._tell("compact", outcome, f"{outcome.value} by {process}")
        if outcome.error is not None:
            self._require_outage(outcome.error)

    async def sweep(self) -> None:
        world = self.world
        is_rude = world.chance.random() < 0.2
        world.is_rude |= is_rude
        before = world.now() - timedelta(hours=0 if is_rude else 1)
        process = self.process()
        outcome = await process.do(process.vault.sweep(intents_before=before))
        self._tell("sweep", outcome, f"by {process}")
        if outcome.error is not None:
            self._require_outage(outcome.error)

    def _check_refused_put(self, error: ReelmError, begun: float, reference: str, *, is_broken: bool) -> None:
        world = self.world
        if isinstance(error, Interrupted):
            world.require(is_broken, "a source broke that was whole")
        elif isinstance(error, NotDurable):
            bad = [provider for provider in world.providers if provider.misbehaved_at >= begun]
            spare = world.config.n - world.config.k - 1
            # With fewer places, one may hold two fragments, and its failure counts twice.
            is_wide = set(stages(world).values()) == {"active"} and not world.tally["keep: done"]
            is_alone = is_wide and not any(provider.place.groups for provider in world.providers)
            world.require(
                len(bad) > spare or not is_alone, f"a put gave up although only {len(bad)} providers failed"
            )
        elif isinstance(error, TooFewPlaces):
            is_enough = is_room(world, self.residencies[reference]) and not world.tally["keep: done"]
            world.require(not is_enough, "there were places enough")
        elif isinstance(error, Superseded):
            others = len(self.model.attempts[reference]) > 1
            was_shredded = self.model.owners[reference] in self.model.shredding
            world.require(world.is_rude or others or was_shredded, "a put was superseded by nobody")
        else:
            self._require_outage(error)

    def _check_missing(self, known: Known) -> None:
        is_fine = known.deletion is not Deletion.NONE
        self.world.require(is_fine, f"{known.object_id} ({known.reference}) was acknowledged and is lost")
        known.end(self.world.loop.time())

    def _require_outage(self, error: ReelmError) -> None:
        is_fine = isinstance(error, DatabaseUnavailable) and self.world.tally["fault: records away"] > 0
        if not is_fine:
            raise Violated(f"an operation failed without need: {error!r}") from error

    def _tell(self, what: str, outcome: Outcome, detail: str) -> None:
        how = "cut short" if outcome.is_cut else outcome.error.code if outcome.error else "done"
        self.world.count(f"{what}: {how}", detail)

    def _pick(self, deletion: Deletion) -> Known | None:
        fitting = [each for each in self.model.known.values() if each.deletion is deletion]
        return self.world.chance.choice(fitting) if fitting else None

    def _size(self) -> int:
        chance, config = self.world.chance, self.world.config
        if config.chunk_log2 == _LARGE_LOG2 and chance.random() < 0.4:
            self.world.tally["put: large"] += 1
            return config.k * WHOLE_BYTES + chance.randrange(300_000)
        if chance.random() < 0.6:
            return chance.choice(_EDGES)
        return chance.randrange(chance.choice((100, 5_000, 20_000)))

    def _part(self, length: int) -> slice:
        chance = self.world.chance
        if chance.random() < 0.5:
            return slice(0, None)
        start = chance.randint(0, length)
        return slice(start, start + chance.randint(0, length - start + 10))

    def _patience(self) -> float | None:
        chance = self.world.chance
        return chance.uniform(0, 1.5) if chance.random() < 0.08 else None

    async def _stream(self, data: bytes, *, is_broken: bool) -> AsyncIterator[bytes]:
        chance = self.world.chance
        step = max(chance.choice((997, 4096, 30_000)), len(data) // 8)
        for at in range(0, len(data), step):
            if chance.random() < 0.3:
                await asyncio.sleep(chance.uniform(0, 0.05))
            if is_broken and at + step >= len(data):
                raise Interrupted("the caller's connection broke")
            yield data[at : at + step]
        if is_broken and not data:
            raise Interrupted("the caller's connection broke")


def check_too_few(error: NotEnoughFragments, clean: int, good: int) -> None:
    """A reader was refused: it must have been impossible, and the error must say how many must return.

    Raises:
        Violated: it was possible, or the number is wrong.
    """
    needed = int(str(error.facts["fragments_needed"]))
    to_return = int(str(error.facts["providers_to_return"]))
    if clean >= needed:
        raise Violated(f"{clean} good fragments could be reached, {needed} are needed: {error}")
    if not needed - good <= to_return <= needed - clean:
        raise Violated(
            f"{to_return} providers must return, it says; {needed} fragments are needed, {clean} to {good} "
            f"could be read: {error}"
        )
