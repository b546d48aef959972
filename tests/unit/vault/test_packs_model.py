"""Whatever is put, deleted, shredded and compacted, in any order: what a dictionary says is what reads."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import ObjectMissing, Suite, Vault
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.store import entries, objects, packs
from support.vault.vaulting import PACKED, OwnerKey, memory_stores, open_vault, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

OWNERS = ("ann", "ben", "cem")


@dataclass(frozen=True)
class Put:
    number: int
    size: int
    owner: str
    suite: Suite


@dataclass(frozen=True)
class Delete:
    number: int


@dataclass(frozen=True)
class Shred:
    owner: str


@dataclass(frozen=True)
class Compact:
    limit: int


Step = Put | Delete | Shred | Compact
PUTS = st.builds(
    Put,
    number=st.integers(0, 11),
    size=st.one_of(st.integers(0, 1999), st.sampled_from([0, 1999, 2000, 5000])),
    owner=st.sampled_from(OWNERS),
    suite=st.sampled_from([Suite.SEALED, Suite.SEALED, Suite.MEDIA]),
)
STEPS = st.one_of(
    PUTS,
    PUTS,
    st.builds(Delete, number=st.integers(0, 11)),
    st.builds(Shred, owner=st.sampled_from(OWNERS)),
    st.builds(Compact, limit=st.integers(1, 3)),
)
# Steps of one round happen at the same time when they are puts, and one after the other when they are not.
ROUND = st.one_of(st.lists(PUTS, min_size=2, max_size=12), STEPS.map(lambda step: [step]))
ROUNDS = st.lists(ROUND, max_size=12)


@dataclass
class Model:
    """What must be there, by reference; and the ids of what must not."""

    alive: dict[str, tuple[Put, ObjectId]] = field(default_factory=dict)
    dead: set[ObjectId] = field(default_factory=set)

    def add(self, step: Put, object_id: ObjectId) -> None:
        earlier = self.alive.setdefault(f"r{step.number}", (step, object_id))
        assert earlier[1] == object_id, "a reference is stored once"

    def drop(self, reference: str) -> None:
        _, object_id = self.alive.pop(reference)
        self.dead.add(object_id)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=ROUNDS)
async def test_what_a_dictionary_says_is_what_reads(database: Database, rounds: list[list[Step]]) -> None:
    stores, model = memory_stores(), Model()
    vault = open_vault(database, stores, config=PACKED)
    for steps in rounds:
        await take(vault, steps, model)
        await agree(vault, model)
    for owner in OWNERS:
        await vault.shred(owner)
    await vault.compaction.run()
    await assert_empty(database, stores)


async def take(vault: Vault, steps: list[Step], model: Model) -> None:
    puts = [step for step in steps if isinstance(step, Put)]
    receipts = await asyncio.gather(*(_put(vault, step) for step in puts))
    for put, object_id in zip(puts, receipts, strict=True):
        model.add(put, object_id)
    for step in steps:
        reference = f"r{step.number}" if isinstance(step, Delete) else ""
        if reference in model.alive:
            await vault.delete(model.alive[reference][1])
            model.drop(reference)
        elif isinstance(step, Compact):
            await vault.compaction.run(limit=step.limit)
        elif isinstance(step, Shred):
            theirs = [name for name, (its, _) in model.alive.items() if its.owner == step.owner]
            assert await vault.shred(step.owner) == len(theirs)
            for name in theirs:
                model.drop(name)


async def _put(vault: Vault, step: Put) -> ObjectId:
    receipt = await vault.put(
        stream(sample(step.size, seed=step.size)),
        reference=f"r{step.number}",
        klass=DataClass.PUBLIC,
        key=OwnerKey(),
        suite=step.suite,
        owner=step.owner,
    )
    return receipt.object_id


async def agree(vault: Vault, model: Model) -> None:
    for step, object_id in model.alive.values():
        key = OwnerKey() if step.suite.is_sealed else None
        assert await vault.read(object_id, key=key) == sample(step.size, seed=step.size)
    for object_id in model.dead:
        with pytest.raises(ObjectMissing):
            await vault.read(object_id, key=OwnerKey())


async def assert_empty(database: Database, stores: list[MemoryStore]) -> None:
    assert not any(store.fragments for store in stores)
    async with database.read() as tx:
        for table in (objects, packs, entries):
            assert not (await tx.execute(table.select())).all()
