"""What must be true of a vault's world after every step of its upkeep, and once upkeep is done."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select

from reelm.base import Database, ObjectId
from reelm.vault import Vault, VaultEnvironment
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.placement import fragments_per_group
from reelm.vault.store import ObjectRecord, find, former_fragments, moves, objects
from support.machine.determinism import ManualClock, SeededEntropy
from support.vault.vaulting import OwnerKey, environment

Copy = tuple[str, str]


def later(
    database: Database, stores: Sequence[MemoryStore], *, seconds: float = 1000.0, seed: int = 77
) -> VaultEnvironment:
    """What a new process has, that much after the tests' time began."""
    clock = ManualClock()
    clock.advance(seconds)
    return replace(environment(database, stores, entropy=SeededEntropy(seed)), clock=clock)


@dataclass(frozen=True)
class Rows:
    """What the records say, all of one moment."""

    objects: list[ObjectRecord]
    moves: Sequence[Row[Any]]
    former: Sequence[Row[Any]]

    @property
    def homes(self) -> set[Copy]:
        return {(piece.provider, piece.name) for record in self.objects for piece in record.fragments}

    @property
    def elsewhere(self) -> list[Row[Any]]:
        return [*self.moves, *self.former]


async def read_rows(database: Database) -> Rows:
    async with database.read() as tx:
        ids = [ObjectId(row.object_id) for row in await tx.execute(select(objects.c.object_id))]
        found = [await find(tx, object_id) for object_id in ids]
        at_work = (await tx.execute(select(moves))).all()
        left = (await tx.execute(select(former_fragments))).all()
    return Rows([record for record in found if record is not None], at_work, left)


async def assert_sound(database: Database, stores: Iterable[MemoryStore]) -> None:
    """The rules of placement hold, and every fragment anywhere is named by a row."""
    rows = await read_rows(database)
    for record in rows.objects:
        assert_rules_hold(record, [row for row in rows.elsewhere if row.object_id == record.object_id])
    assert _held(stores) <= rows.homes | {(row.provider_id, row.name) for row in rows.elsewhere}


def assert_rules_hold(record: ObjectRecord, elsewhere: Iterable[Row[Any]]) -> None:
    """No provider holds, or ever held, more of an object than the rules of placement allow."""
    held: defaultdict[str, set[int]] = defaultdict(set)
    for piece in record.fragments:
        held[piece.provider].add(piece.index)
    shape = record.shape
    assert max(map(len, held.values())) <= fragments_per_group(shape.k, shape.n)
    for row in elsewhere:
        held[row.provider_id].add(row.fragment_index)
    if shape.suite.is_sealed:
        assert max(map(len, held.values())) <= shape.k - 1


async def assert_at_rest(
    database: Database,
    stores: Sequence[MemoryStore],
    contents: dict[str, bytes],
    *,
    kept: Iterable[MemoryStore] = (),
) -> None:
    """Exactly the named fragments exist, nobody is at work, nothing is owed, and every object reads.

    What lies at ``kept``, which nobody asks any more, does not count.
    """
    rows = await read_rows(database)
    assert not rows.moves
    owing = {row.provider_id for row in rows.former if not row.is_gone}
    assert owing <= {store.place.provider for store in kept}
    assert {record.reference for record in rows.objects} == set(contents)
    asked = [store for store in stores if store not in list(kept)]
    assert _held(asked) == rows.homes
    vault = Vault(later(database, asked))
    for record in rows.objects:
        assert await vault.read(record.object_id, key=OwnerKey()) == contents[record.reference or ""]


def _held(stores: Iterable[MemoryStore]) -> set[Copy]:
    return {(store.place.provider, name) for store in stores for name in store.fragments}
