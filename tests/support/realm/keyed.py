"""A realm's keys on real records: what tests of keys share."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reelm.base import AccountId, Database, Tx, metadata
from reelm.realm import EpochFiles, KeyConfig, Keys, RootKey
from reelm.realm import store as records
from reelm.realm.rotate import Rotation
from reelm.realm.seal import UserKey
from support.machine.determinism import ManualClock, SeededEntropy

ANA, BO, CLEO = (AccountId("0" * 25 + letter) for letter in "abc")
NOTE = b"a private note"


class RecordingEntropy:
    """Remembers every byte it gave away, so that a test can look for them where they must not be."""

    def __init__(self, seed: int = 1) -> None:
        self._inner = SeededEntropy(seed)
        self.drawn: list[bytes] = []
        self.is_dry = False

    def draw(self, count: int) -> bytes:
        if self.is_dry:
            raise OSError("no randomness left")
        self.drawn.append(self._inner.draw(count))
        return self.drawn[-1]

    @property
    def keys(self) -> list[bytes]:
        return [raw for raw in self.drawn if len(raw) == 32]


@dataclass
class Realm:
    database: Database
    keys: Keys
    root: RootKey
    clock: ManualClock
    entropy: RecordingEntropy
    folder: Path
    config: KeyConfig = field(default_factory=KeyConfig)

    @property
    def files(self) -> EpochFiles:
        return EpochFiles(self.folder / "epochs")

    def another_process(self) -> Keys:
        return self.keys_on(self.files)

    def keys_on(self, files: EpochFiles, root: RootKey | None = None) -> Keys:
        return Keys(root or self.root, files, clock=self.clock, entropy=self.entropy, config=self.config)

    async def begin(self, keys: Keys | None = None) -> None:
        async with self.database.write() as tx:
            await (keys or self.another_process()).begin(tx)

    async def create(self, owner: AccountId) -> UserKey:
        async with self.database.write() as tx:
            return await self.keys.create_user_key(tx, owner)

    async def read(self, owner: AccountId, keys: Keys | None = None) -> UserKey:
        async with self.database.read() as tx:
            return await (keys or self.keys).user_key(tx, owner)

    async def destroy(self, owner: AccountId, keys: Keys | None = None) -> None:
        async with self.database.write() as tx:
            await (keys or self.keys).destroy_user_key(tx, owner)

    async def fail_after(self, step: Callable[[Tx, AccountId], Awaitable[object]]) -> None:
        async with self.database.write() as tx:
            await step(tx, ANA)
            raise RuntimeError


@asynccontextmanager
async def opened(database: Database, folder: Path) -> AsyncIterator[Realm]:
    clock, entropy = ManualClock(), RecordingEntropy()
    tables = [metadata.tables[name] for name in ("epoch_keys", "user_keys", "destroyed_keys")]
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all, tables=tables)
    root = RootKey.create(folder / "root.key", entropy)
    keys = Keys(root, EpochFiles(folder / "epochs"), clock=clock, entropy=entropy)
    async with database.write() as tx:
        await keys.begin(tx)
    yield Realm(database, keys, root, clock, entropy, folder)


async def sealed_for(realm: Realm, *owners: AccountId) -> dict[AccountId, bytes]:
    return {owner: (await realm.create(owner)).seal(NOTE, purpose="test") for owner in owners}


async def opens(realm: Realm, owner: AccountId, sealed: dict[AccountId, bytes]) -> bool:
    """Whether a process that just started opens it."""
    key = await realm.read(owner, realm.another_process())
    return key.open(sealed[owner], purpose="test") == NOTE


def rotation_of(realm: Realm) -> Rotation:
    return realm.another_process()._rotation


class Cut(Exception):
    """The process ended here."""


async def begin_cut_off(realm: Realm) -> None:
    async with realm.database.write() as tx:
        await realm.another_process().begin(tx)
        raise Cut


async def after_the_row(realm: Realm) -> None:
    async with realm.database.write() as tx:
        await rotation_of(realm).begin(tx)


async def after_the_first_batch(realm: Realm) -> None:
    await after_the_row(realm)

    def cut(_: int) -> None:
        raise Cut

    await rotation_of(realm)._move(realm.database, 2, cut)


async def epochs(realm: Realm) -> list[tuple[int, bool]]:
    """(epoch, whether it is open) of every record."""
    async with realm.database.read() as tx:
        return [(row.epoch, row.closed_at is None) for row in await records.epochs(tx)]
