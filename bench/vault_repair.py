"""Rebuilding lost fragments without any key, and leaving a provider while people read.

Repair: bytes of the objects whose lost fragment was rebuilt, per second of processor time of the whole
process, or per second by the clock on folders. Every fragment of one store is lost, another store each time.
Drain: a provider is left while readers read every object over and over; what counts is that none fails.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.figure import Figure, report
from bench.vault.ground import MIB, OwnerKey, ground, put

from reelm.base import ObjectId
from reelm.vault import ProviderId, Upkeep, Vault, VaultEnvironment, VaultError
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.adapters.memory import MemoryStore

REPEATS = int(os.environ.get("REELM_REPEATS", "5"))
OBJECT_MIB, OBJECT_COUNT = 64, 2
DRAIN_MIB, DRAIN_COUNT = 4, 48
READERS = 4


@dataclass
class Drained:
    """What leaving a provider came to."""

    seconds: list[float] = field(default_factory=list)
    bytes_moved: list[int] = field(default_factory=list)
    reads: int = 0
    failures: int = 0


async def fill(environment: VaultEnvironment, *, count: int, size_mib: int, key: OwnerKey) -> list[ObjectId]:
    vault = Vault(environment)
    await vault.enrol()
    data = os.urandom(size_mib * MIB)  # noqa: TID251 - bytes that no disk can compress
    return [(await put(vault, data, f"object-{at}", key)).object_id for at in range(count)]


async def repair_all(upkeep: Upkeep) -> None:
    """Find what is missing, which is not measured, and rebuild it."""
    report_ = await upkeep.repair(limit=10_000)
    if report_.repaired != OBJECT_COUNT:
        raise RuntimeError(f"not everything was rebuilt: {report_}")


async def repair_in_memory(place: Path) -> tuple[float, ...]:
    """MB of object data per processor second."""
    stores = [MemoryStore(f"store-{number}") for number in range(5)]
    rates = []
    async with ground(place, stores) as environment:
        await fill(environment, count=OBJECT_COUNT, size_mib=OBJECT_MIB, key=OwnerKey())
        upkeep = Upkeep(environment)
        for repeat in range(REPEATS):
            stores[repeat % len(stores)].fragments.clear()
            await upkeep.scrub(limit=10_000)
            begun = time.process_time()
            await repair_all(upkeep)
            rates.append(OBJECT_COUNT * OBJECT_MIB * MIB / 1e6 / (time.process_time() - begun))
    return tuple(rates)


async def repair_in_folders(place: Path) -> tuple[float, ...]:
    """MB of object data per second by the clock; written fragments are flushed."""
    rates = []
    async with folders(place, 5) as stores, ground(place, stores) as environment:
        await fill(environment, count=OBJECT_COUNT, size_mib=OBJECT_MIB, key=OwnerKey())
        upkeep = Upkeep(environment)
        for repeat in range(REPEATS):
            for path in (place / f"store-{repeat % 5}").glob("??/*"):
                path.unlink()
            await upkeep.scrub(limit=10_000)
            begun = time.monotonic()
            await repair_all(upkeep)
            rates.append(OBJECT_COUNT * OBJECT_MIB * MIB / 1e6 / (time.monotonic() - begun))
    return tuple(rates)


async def drain(place: Path, drained: Drained) -> None:
    """Leave one of six folders while every object is read over and over."""
    async with folders(place, 6) as stores, ground(place, stores) as environment:
        key = OwnerKey()
        objects = await fill(environment, count=DRAIN_COUNT, size_mib=DRAIN_MIB, key=key)
        is_over = asyncio.Event()
        readers = [
            asyncio.ensure_future(
                read_on(Vault(environment), objects[at::READERS], key=key, drained=drained, is_over=is_over)
            )
            for at in range(READERS)
        ]
        begun = time.monotonic()
        report_ = await Upkeep(environment).drain.run(ProviderId("store-0"), limit=10)
        while not report_.is_finished:
            report_ = await Upkeep(environment).drain.run(ProviderId("store-0"), limit=10)
        drained.seconds.append(time.monotonic() - begun)
        drained.bytes_moved.append(report_.bytes_moved)
        is_over.set()
        await asyncio.gather(*readers)


async def read_on(
    vault: Vault, objects: Sequence[ObjectId], *, key: OwnerKey, drained: Drained, is_over: asyncio.Event
) -> None:
    while not is_over.is_set():
        for object_id in objects:
            try:
                whole = await vault.read(object_id, key=key)
                drained.failures += len(whole) != DRAIN_MIB * MIB
            except VaultError:
                drained.failures += 1
            drained.reads += 1


@asynccontextmanager
async def folders(place: Path, count: int) -> AsyncIterator[list[FolderStore]]:
    stores = [
        FolderStore.open(place / f"store-{number}", provider=f"store-{number}", create=True)
        for number in range(count)
    ]
    try:
        yield stores
    finally:
        for store in stores:
            await store.close()


async def measure(place: Path) -> list[Figure]:
    homes = [place / name for name in ("memory", "folders", *(f"drain-{at}" for at in range(REPEATS)))]
    for home in homes:
        home.mkdir()
    in_memory = await repair_in_memory(homes[0])
    in_folders = await repair_in_folders(homes[1])
    drained = Drained()
    for home in homes[2:]:
        await drain(home, drained)
    moved = zip(drained.bytes_moved, drained.seconds, strict=True)
    return [
        Figure(
            name="vault.repair-per-core",
            values=in_memory,
            unit="MB/s",
            bar=200,
            direction="at least",
            note="object data whose lost fragment was rebuilt, per processor second; stores in memory",
        ),
        Figure(
            name="vault.repair-folders",
            values=in_folders,
            unit="MB/s",
            direction="at least",
            note="the same by the clock, five folders, flushed",
        ),
        Figure(
            name="vault.drain-read-errors",
            values=(float(drained.failures),),
            unit="reads",
            bar=0,
            note=f"of {drained.reads} whole objects read while one of six folders was left, "
            f"{len(drained.seconds)} times",
        ),
        Figure(
            name="vault.drain",
            values=tuple(count / 1e6 / seconds for count, seconds in moved),
            unit="MB/s",
            direction="at least",
            note="fragments copied, read back and deleted, under those reads",
        ),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        figures = asyncio.run(measure(Path(folder)))
    report(*figures)


if __name__ == "__main__":
    main()
