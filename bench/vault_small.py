"""Objects of 4 KiB from 64 callers at once, durable on five folders; peer: each on its own; limit: appends.

The limit writes the same bytes times five thirds and nothing else: five files, one append and one flush of
each for every 64 objects, in five threads.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import median

from bench.figure import Figure, report

from reelm.base import Database, DataClass, Secret, SystemClock, SystemEntropy, metadata
from reelm.realm import RealmKey
from reelm.vault import Vault, VaultConfig, VaultEnvironment, VaultKeys, by_provider
from reelm.vault.adapters.folder import FolderStore

REPEATS = 5
CALLERS = 64
SIZE_BYTES = 4096
PACKED_PUTS = 12_800
ALONE_PUTS = 320
LIMIT_ROUNDS = 100
BAR = 5000


@dataclass(frozen=True)
class Rate:
    per_second: float
    cpu_us: float


@asynccontextmanager
async def vault(folder: Path, config: VaultConfig) -> AsyncIterator[Vault]:
    entropy = SystemEntropy()
    database = Database.open(f"sqlite:///{folder / 'records.sqlite'}")
    stores = [
        FolderStore.open(folder / f"f{number}", provider=f"folder-{number}", create=True)
        for number in range(5)
    ]
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    environment = VaultEnvironment(
        stores=by_provider(stores),
        database=database,
        keys=VaultKeys(name=Secret(entropy.draw(32)), seal=Secret(entropy.draw(32))),
        pack_key=RealmKey(Secret(entropy.draw(32)), epoch=0, entropy=entropy),
        realm_id=bytes(8),
        clock=SystemClock(),
        entropy=entropy,
        config=config,
    )
    opened = Vault(environment)
    await opened.enrol()
    try:
        yield opened
    finally:
        for store in stores:
            await store.close()
        await database.close()


async def puts(total: int, *, config: VaultConfig) -> Rate:
    """Every caller stores one object after the other, and waits for each receipt."""
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        async with vault(Path(folder), config) as at:
            key, data = (
                RealmKey(Secret(bytes(32)), epoch=1, entropy=SystemEntropy()),
                SystemEntropy().draw(SIZE_BYTES),
            )

            async def store(number: int) -> None:
                source = _once(data)
                await at.put(
                    source, reference=f"small:{number}", klass=DataClass.PROTECTED, key=key, owner="o"
                )

            await store(-1)
            return await _measure(store, total)


async def _measure(store: Callable[[int], Awaitable[None]], total: int) -> Rate:
    numbers = count()

    async def caller() -> None:
        while (number := next(numbers)) < total:
            await store(number)

    wall, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return Rate(total / (time.monotonic() - wall), (time.process_time() - cpu) / total * 1e6)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def limit() -> Rate:
    """Groups of 64 appended to five files and flushed, one group after the other."""
    piece = SystemEntropy().draw(CALLERS * SIZE_BYTES // 3)
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder, ThreadPoolExecutor(5) as threads:
        files = [
            os.open(Path(folder, str(number)), os.O_WRONLY | os.O_CREAT | os.O_APPEND) for number in range(5)
        ]

        def append(file: int) -> None:
            os.write(file, piece)
            os.fsync(file)

        wall, cpu = time.monotonic(), time.process_time()
        for _ in range(LIMIT_ROUNDS):
            list(threads.map(append, files))
        seconds, busy = time.monotonic() - wall, time.process_time() - cpu
        for file in files:
            os.close(file)
    total = LIMIT_ROUNDS * CALLERS
    return Rate(total / seconds, busy / total * 1e6)


def figures(packed: list[Rate], alone: list[Rate], appended: list[Rate]) -> list[Figure]:
    cpu_us = median(rate.cpu_us for rate in packed)
    to_peer = tuple(one.per_second / other.per_second for one, other in zip(packed, alone, strict=True))
    to_limit = tuple(one.per_second / other.per_second for one, other in zip(packed, appended, strict=True))
    note = f"4 KiB, {CALLERS} callers, five folders, SQLite; {cpu_us:.0f} us of processor each"
    return [
        Figure(
            name="vault.small-packed",
            values=tuple(rate.per_second for rate in packed),
            unit="objects/s",
            bar=BAR,
            direction="at least",
            note=note,
        ),
        Figure(
            name="vault.small-alone",
            values=tuple(r.per_second for r in alone),
            unit="objects/s",
            note="the peer: no packs",
        ),
        Figure(
            name="vault.small-appended",
            values=tuple(r.per_second for r in appended),
            unit="objects/s",
            note="the limit: the same bytes times 5/3 appended to five files, flushed in groups of 64",
        ),
        Figure(name="vault.small-to-alone", values=to_peer, unit="ratio"),
        Figure(name="vault.small-to-appended", values=to_limit, unit="ratio"),
    ]


def main() -> None:
    packed, alone, appended = [], [], []
    for _ in range(int(os.environ.get("REELM_BENCH_REPEATS", REPEATS))):
        packed.append(asyncio.run(puts(PACKED_PUTS, config=VaultConfig())))
        alone.append(asyncio.run(puts(ALONE_PUTS, config=replace(VaultConfig(), pack_below_bytes=0))))
        appended.append(limit())
    report(*figures(packed, alone, appended))


if __name__ == "__main__":
    main()
