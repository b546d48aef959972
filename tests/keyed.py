"""A realm's keys on real records: what tests of keys share."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from determinism import ManualClock, SeededEntropy
from reelm.base import AccountId, Database, Tx, metadata
from reelm.realm import EpochFiles, KeyConfig, Keys, RootKey, UserKey

ANA, BO = AccountId("0" * 25 + "a"), AccountId("0" * 25 + "b")


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
