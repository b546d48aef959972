"""One provider of five becomes two seconds slower: what the slowest hundredth of reads costs then.

Each store answers in a skewed time around 30 ms, drawn from a seed. The peer in the same run is the same
vault over the same stores before it happened.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figure import Figure, report
from bench.vault.ground import STORE_COUNT, OwnerKey, ground, put
from bench.vault.watched import Watched

from reelm.base import ObjectId
from reelm.vault import Vault
from reelm.vault.adapters.memory import MemoryStore

OBJECTS = 20
OBJECT_BYTES = 60_000
READERS = 8
READS = 800
WARM_UPS = 100
REPEATS = 5
K = 3
MEDIAN_SECONDS = 0.03
SLOW_SECONDS = 2.0
RATIO_BAR = 3.0
REQUESTS_BAR = 1.35


async def read_all(
    vault: Vault, objects: Sequence[ObjectId], key: OwnerKey, *, count: int = READS
) -> list[float]:
    """Seconds of each of so many reads, a few at a time."""
    turns, seconds = iter(range(count)), list[float]()

    async def reader() -> None:
        for turn in turns:
            begun = time.perf_counter()
            await vault.read(objects[turn % len(objects)], key=key)
            seconds.append(time.perf_counter() - begun)

    await asyncio.gather(*(reader() for _ in range(READERS)))
    return seconds


def p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


def requests_per_fragment(stores: Sequence[Watched]) -> float:
    """Since the last time, for each fragment that the reads needed."""
    sent = sum(len(store.requests) for store in stores)
    for store in stores:
        store.requests.clear()
    return sent / (READS * K)


async def trial(place: Path, seed: int) -> dict[str, float]:
    stores = [
        Watched(MemoryStore(f"store-{number}"), median_seconds=MEDIAN_SECONDS, seed=seed * 10 + number)
        for number in range(STORE_COUNT)
    ]
    key = OwnerKey()
    async with ground(place, stores) as environment:
        vault = Vault(environment)
        datas = [environment.entropy.draw(OBJECT_BYTES) for _ in range(OBJECTS)]
        objects = [(await put(vault, data, f"{at}", key)).object_id for at, data in enumerate(datas)]
        await read_all(vault, objects, key, count=WARM_UPS)
        requests_per_fragment(stores)
        healthy = p99(await read_all(vault, objects, key))
        usual = requests_per_fragment(stores)
        stores[0].extra_seconds = SLOW_SECONDS
        slow = p99(await read_all(vault, objects, key))
        return {
            "healthy-ms": healthy * 1000,
            "slow-ms": slow * 1000,
            "ratio": slow / healthy,
            "requests-healthy": usual,
            "requests": requests_per_fragment(stores),
        }


def main() -> None:
    found: dict[str, list[float]] = {}
    for seed in range(REPEATS):
        with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
            for name, value in asyncio.run(trial(Path(folder), seed)).items():
                found.setdefault(name, []).append(value)
    note = f"stores around 30 ms, {READS} reads from the moment one takes 2 s more"
    report(
        Figure(
            name="vault.slow-provider",
            values=tuple(found["ratio"]),
            unit="x",
            bar=RATIO_BAR,
            note=f"p99 of healthy p99; {note}",
        ),
        Figure(
            name="vault.slow-provider-requests",
            values=tuple(found["requests"]),
            unit="per needed fragment",
            bar=REQUESTS_BAR,
        ),
        Figure(name="vault.slow-provider-p99", values=tuple(found["slow-ms"]), unit="ms"),
        Figure(name="vault.healthy-p99", values=tuple(found["healthy-ms"]), unit="ms"),
        Figure(
            name="vault.healthy-requests",
            values=tuple(found["requests-healthy"]),
            unit="per needed fragment",
            note="hedges included",
        ),
    )


if __name__ == "__main__":
    main()
