"""A log over real files, for scripts: facts, a consumer that counts, and the processes that follow."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reelm.base import Database, SystemClock, SystemEntropy, Tx, metadata
from reelm.events import Event, Events, Fact, Waker, fact
from reelm.events.adapters.sqlite_log import SqliteLog
from reelm.realm import EpochFiles, Keys, RootKey


@fact("bench.played", subjects=("clip_id", "account_id"))
@dataclass(frozen=True, slots=True)
class Played(Fact):
    clip_id: str
    account_id: str
    played_ms: int
    sent_ns: int
    at: datetime


def played(sent_ns: int = 0, *, clock: SystemClock | None = None) -> Played:
    return Played("0" * 26, "1" * 26, 14_200, sent_ns, (clock or SystemClock()).now())


@asynccontextmanager
async def events_in(folder: Path) -> AsyncIterator[tuple[Events, Database]]:
    """Open the log of a realm without anything else of it, new or as another process of it has it."""
    clock, entropy = SystemClock(), SystemEntropy()
    database = Database.open(f"sqlite:///{folder / 'records.sqlite'}")
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    path = folder / "root.key"
    root = RootKey.open(path) if path.exists() else RootKey.create(path, entropy)
    keys = Keys(root, EpochFiles(folder / "epochs"), clock=clock, entropy=entropy)
    async with database.write() as tx:
        await keys.begin(tx)
    waker = Waker(folder / "wake")
    log = SqliteLog(folder / "events.sqlite", waker)
    events = Events(log, waker, keys, database=database, clock=clock, entropy=entropy)
    yield events, database
    await events.close()
    await database.close()


class Arrivals:
    """A consumer that tells when it got what was sent when."""

    def __init__(self, name: str, kinds: Sequence[str] = ()) -> None:
        self.name = name
        self.kinds = kinds
        self.got: list[tuple[int, int]] = []

    async def apply(self, tx: Tx, events: Sequence[Event]) -> None:
        del tx
        now_ns = int(SystemClock().monotonic_seconds() * 1e9)
        self.got += [(e.fact.sent_ns, now_ns) for e in events if isinstance(e.fact, Played)]
