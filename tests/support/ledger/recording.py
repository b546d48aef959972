"""A ledger to test with: real records and a real folder, and a log that grows when the test says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reelm.base import Clock, Database, Secret, SigningKey, SystemClock
from reelm.ledger import Ledger, LogConfig, LogEnvironment, Policy
from reelm.ledger.adapters.folder import FolderDisk
from reelm.ledger.files import LogFiles
from reelm.ledger.log import Log
from reelm.realm import Keys
from support.machine.databases import make_tables
from support.machine.determinism import ManualClock, SeededEntropy
from support.realm.keyed import opened as opened_keys

ORIGIN = "us.example/ledger"
KEY = SigningKey(ORIGIN, Secret(bytes(range(32))))
POLICY = Policy.parse(f"log {KEY.verifier}\nquorum none\n")
# Nobody waits long for what will not come.
IMPATIENT = LogConfig(look_seconds=0.002, patience_seconds=0)


@dataclass
class Book:
    """One ledger, and what lies below it."""

    folder: Path
    outside: LogEnvironment
    keys: Keys
    ledger: Ledger
    files: LogFiles

    def another(self, **changes: object) -> LogEnvironment:
        """The same log as another process sees it."""
        return replace(self.outside, **changes)  # type: ignore[arg-type] # fields by name


@asynccontextmanager
async def opened_book(
    folder: Path, *, config: LogConfig | None = None, clock: Clock | None = None
) -> AsyncIterator[Book]:
    database = Database.open(f"sqlite:///{folder / 'records.sqlite'}")
    disk = FolderDisk(folder / "ledger")
    try:
        await make_tables(database)
        (folder / "keys").mkdir()
        async with opened_keys(database, folder / "keys") as realm:
            outside = LogEnvironment(
                realm="us",
                key=KEY,
                database=database,
                disk=disk,
                clock=clock or ManualClock(),
                config=config or LogConfig(look_seconds=0.002),
            )
            ledger = Ledger(outside, realm.keys, entropy=SeededEntropy(5))
            yield Book(folder / "ledger", outside, realm.keys, ledger, LogFiles(disk))
            await ledger.close()
    finally:
        await disk.close()
        await database.close()


@asynccontextmanager
async def opened_log(folder: Path) -> AsyncIterator[LogEnvironment]:
    """The same log without keys, by the machine's clock: as a process of its own has it."""
    database = Database.open(f"sqlite:///{folder / 'records.sqlite'}")
    disk = FolderDisk(folder / "ledger")
    try:
        await make_tables(database)
        config = LogConfig(batch_seconds=0.01, look_seconds=0.002)
        yield LogEnvironment(
            realm="us", key=KEY, database=database, disk=disk, clock=SystemClock(), config=config
        )
    finally:
        await disk.close()
        await database.close()


async def grow(outside: LogEnvironment) -> Log:
    """Open the log and sequence everything that waits."""
    log = await Log.open(outside)
    while await log.sequence():
        pass
    return log
