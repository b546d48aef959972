"""A log to test with: facts of some kinds, real files, and a consumer that writes down what it got."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import BigInteger, Integer, MetaData, String, Table, insert, select

from reelm.base import AccountId, Database, DataClass, Tx, column
from reelm.events import ERASED, Erased, Event, Events, Fact, NumberedEntry, Waker, fact
from reelm.events.adapters.sqlite_log import SqliteLog
from reelm.realm import EpochFiles, Keys, RootKey
from support.machine.databases import make_tables
from support.machine.determinism import ManualClock, SeededEntropy
from support.realm.keyed import ANA
from support.realm.keyed import opened as opened_keys

NOON = datetime(2026, 1, 25, 12, tzinfo=UTC)


@fact("test.counted", retention_days=30)
@dataclass(frozen=True, slots=True)
class Counted(Fact):
    number: int
    at: datetime = NOON


@fact(
    "test.watched", subjects=("clip_id", "account_id"), owner="account_id", protected=("clip_id", "played_ms")
)
@dataclass(frozen=True, slots=True)
class Watched(Fact):
    account_id: AccountId | None
    clip_id: str | Erased
    played_ms: int | Erased
    device: str = "phone"
    at: datetime = NOON


WATCHED = Watched(ANA, "clip-1", 3_000)
WATCHED_ERASED = Watched(ANA, ERASED, ERASED)

# What a consumer made of the log: the number of each fact, in the order in which it was applied.
notes_metadata = MetaData()
notes = Table(
    "notes",
    notes_metadata,
    column("id", Integer, klass=DataClass.OPERATIONAL, primary_key=True, autoincrement=True),
    column("sequence", BigInteger, klass=DataClass.OPERATIONAL, nullable=False),
    column("what", String(64), klass=DataClass.OPERATIONAL, nullable=False),
)


class NoteTaker:
    """Writes down every fact in the transaction that it is given."""

    def __init__(self, name: str = "notes", kinds: Sequence[str] = ()) -> None:
        self.name = name
        self.kinds = kinds
        self.failures_left = 0

    async def apply(self, tx: Tx, events: Sequence[Event]) -> None:
        for event in events:
            await tx.execute(insert(notes).values(sequence=event.sequence, what=described(event)))
        if self.failures_left:
            self.failures_left -= 1
            raise RuntimeError("as the test wants it")


def described(event: Event) -> str:
    return str(event.fact.number) if isinstance(event.fact, Counted) else type(event.fact).__name__


async def noted(database: Database) -> list[tuple[int, str]]:
    """(sequence, what) of all notes, in the order in which they were written."""
    async with database.read() as tx:
        rows = await tx.execute(select(notes.c.sequence, notes.c.what).order_by(notes.c.id))
        return [(row.sequence, row.what) for row in rows]


async def until_noted(database: Database, count: int, *, seconds: float) -> None:
    """Return once there are so many notes."""
    for _ in range(int(seconds / 0.005)):
        if len(await noted(database)) >= count:
            return
        await asyncio.sleep(0.005)
    raise TimeoutError(f"there are not {count} notes after {seconds} seconds")


async def make_all_tables(database: Database) -> None:
    """Make the tables of the product, and that of the notes."""
    await make_tables(database)
    async with database.write() as tx:
        await tx.run_sync(notes_metadata.create_all)


@dataclass
class Place:
    """One realm's log, and what lies below it."""

    folder: Path
    database: Database
    keys: Keys
    clock: ManualClock
    events: Events

    def another_process(self, database: Database | None = None) -> Events:
        """Return the same log as another process of the realm has it."""
        waker = Waker(self.folder / "wake")
        log = SqliteLog(self.folder / "events.sqlite", waker)
        return Events(
            log,
            waker,
            self.keys,
            database=database or self.database,
            clock=self.clock,
            entropy=SeededEntropy(9),
        )

    async def state(self, *facts: Fact) -> None:
        async with self.database.write() as tx:
            await self.events.append(tx, *facts)

    async def relay(self) -> int:
        with self.events.log.claim():
            return await self.events.relay.move()


@asynccontextmanager
async def opened_place(folder: Path, database: Database) -> AsyncIterator[Place]:
    await make_all_tables(database)
    (folder / "keys").mkdir()
    async with opened_keys(database, folder / "keys") as realm:
        waker = Waker(folder / "wake")
        events = Events(
            SqliteLog(folder / "events.sqlite", waker),
            waker,
            realm.keys,
            database=database,
            clock=realm.clock,
            entropy=SeededEntropy(4),
        )
        async with database.write() as tx:
            await realm.keys.create_user_key(tx, ANA)
        yield Place(folder, database, realm.keys, realm.clock, events)
        await events.close()


@asynccontextmanager
async def opened_again(
    folder: Path,
    *,
    seed: int,
    files: Path | None = None,
    kind: type[Database] = Database,
    log_kind: type[SqliteLog] = SqliteLog,
) -> AsyncIterator[tuple[Events, Database]]:
    """Open the log over one folder, new or left by another process; each process needs another seed.

    The databases are in ``files`` when it is given.
    """
    entropy, clock, files = SeededEntropy(seed), ManualClock(), files or folder
    database = kind.open(f"sqlite:///{files / 'records.sqlite'}")
    await make_all_tables(database)
    path = folder / "root.key"
    root = RootKey.open(path) if path.exists() else RootKey.create(path, entropy)
    keys = Keys(root, EpochFiles(folder / "epochs"), clock=clock, entropy=entropy)
    async with database.write() as tx:
        await keys.begin(tx)
    waker = Waker(folder / "wake")
    log = log_kind(files / "events.sqlite", waker)
    events = Events(log, waker, keys, database=database, clock=clock, entropy=entropy)
    yield events, database
    await events.close()
    await database.close()


async def go_on(
    folder: Path, *, seed: int, files: Path | None = None
) -> tuple[list[NumberedEntry], list[tuple[int, str]]]:
    """Do what the next process does by itself; return the whole log and all notes."""
    async with opened_again(folder, seed=seed, files=files) as (events, database):
        with events.log.claim():
            while await events.relay.move():
                pass
        following = events.following(NoteTaker())
        while await following.step():
            pass
        return await events.log.read(0, 100_000), await noted(database)
