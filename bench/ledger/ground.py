"""A ledger to measure: real records, a real folder, the system's clock, and its sequencer running."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from reelm.base import Database, Secret, SigningKey, SystemClock, SystemEntropy, metadata
from reelm.ledger import Ledger, LogConfig, LogEnvironment, Sequencer
from reelm.ledger.adapters.folder import FolderDisk
from reelm.realm import EpochFiles, Keys, RootKey

ORIGIN = "bench.example/ledger"
DIGEST = "7c" * 32
# A leaf of about 330 bytes, as most are.
READ: dict[str, object] = {
    "actor": "sam-7f3a",
    "role": "support",
    "purpose": "ticket",
    "data": ["email", "sessions"],
    "policy_digest": DIGEST,
    "request_digest": DIGEST,
    "ticket": "t-1042",
}


@asynccontextmanager
async def ledger_in(folder: Path, config: LogConfig | None = None) -> AsyncIterator[Ledger]:
    entropy, clock = SystemEntropy(), SystemClock()
    database = Database.open(f"sqlite:///{folder / 'records.sqlite'}")
    disk = FolderDisk(folder / "ledger")
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    keys = Keys(RootKey(Secret(bytes(32))), EpochFiles(folder / "epochs"), clock=clock, entropy=entropy)
    outside = LogEnvironment(
        realm="bench",
        key=SigningKey(ORIGIN, Secret(bytes(range(32)))),
        database=database,
        disk=disk,
        clock=clock,
        config=config or LogConfig(),
    )
    ledger = Ledger(outside, keys, entropy=entropy)
    sequencing = asyncio.create_task(Sequencer(outside).run())
    try:
        yield ledger
    finally:
        await ledger.close()
        sequencing.cancel()
        with suppress(asyncio.CancelledError):
            await sequencing
        await disk.close()
        await database.close()
