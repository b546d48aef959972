"""64 KiB out of the middle of 100 MiB: how many requests, of how many bytes, and how long.

Warm is an object that somebody read before: its heads and trailers are remembered. Cold costs two more
requests per provider, at the same time; for a sealed object like this one that is one more round trip. The
limit in the same run is reading and hashing the same bytes of three files.
"""

import asyncio
import hashlib
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.figure import Figure, report
from bench.vault.ground import MIB, OwnerKey, folders, ground, put
from bench.vault.watched import Watched

from reelm.vault import Vault, VaultEnvironment

SIZE = 100 * MIB
RANGE_BYTES = 64 << 10
READS = 100
REPEATS = 7
K = 3
WARM_BAR_MS = 10
_BLOCK_BYTES = -(-MIB // K) + 16


def starts(turn: int) -> list[int]:
    """Offsets of ranges that each lie in one chunk, spread over the object."""
    chunks = SIZE // MIB
    return [((turn + at * 37) % chunks) * MIB + (at * 8191) % (MIB - RANGE_BYTES) for at in range(READS)]


async def median_ms(read: Callable[[int], Awaitable[bytes]], turn: int) -> float:
    times = []
    for start in starts(turn):
        begun = time.perf_counter()
        if len(await read(start)) != RANGE_BYTES:
            raise ValueError("not what was asked for")
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


class Trial:
    """Ranges of one stored object, over stores that count."""

    def __init__(self, environment: VaultEnvironment, stores: list[Watched], place: Path) -> None:
        self._environment = environment
        self._stores = stores
        self._files = [place / f"limit-{number}" for number in range(K)]
        self.figures: dict[str, list[float]] = {}

    async def run(self) -> None:
        key, data = OwnerKey(), self._environment.entropy.draw(SIZE)
        for file in self._files:
            file.write_bytes(data[: SIZE // K])
        open_vault = Vault(self._environment)
        object_id = (await put(open_vault, data, "one", key)).object_id

        async def warm(start: int) -> bytes:
            return await open_vault.read(object_id, key=key, start=start, length=RANGE_BYTES)

        async def cold(start: int) -> bytes:
            return await Vault(self._environment).read(object_id, key=key, start=start, length=RANGE_BYTES)

        for turn in range(REPEATS + 1):
            found = {"limit-ms": await median_ms(self._limit, turn)}
            for name, read in (("cold", cold), ("warm", warm)):
                self._count()
                found[f"{name}-ms"] = await median_ms(read, turn)
                requests = self._count()
                found[f"{name}-requests"] = len(requests) / READS
                found[f"{name}-largest"] = max(requests)
            if turn:  # the first one warms up
                for name, value in found.items():
                    self.figures.setdefault(name, []).append(value)

    def _count(self) -> list[int]:
        """What was asked for since the last time."""
        requests = [size for store in self._stores for size in store.requests]
        for store in self._stores:
            store.requests.clear()
        return requests

    async def _limit(self, start: int) -> bytes:
        """A chunk's blocks from three files, hashed."""

        def block(path: Path) -> bytes:
            with path.open("rb", buffering=0) as file:
                file.seek(start // K)
                piece = file.read(_BLOCK_BYTES)
            hashlib.sha256(piece).digest()
            return piece

        pieces = await asyncio.gather(*(asyncio.to_thread(block, file) for file in self._files))
        return b"".join(pieces)[:RANGE_BYTES]


async def run() -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        place = Path(folder)
        with folders(place) as stores:
            watched = [Watched(store) for store in stores]
            async with ground(place, watched) as environment:
                trial = Trial(environment, watched, place)
                await trial.run()
                return trial.figures


def main() -> None:
    found = asyncio.run(run())
    note = "64 KiB of 100 MiB, object open"
    report(
        Figure(
            name="vault.range-requests",
            values=tuple(found["warm-requests"]),
            unit="requests",
            bar=K,
            note=note,
        ),
        Figure(
            name="vault.range-largest",
            values=tuple(found["warm-largest"]),
            unit="bytes",
            bar=_BLOCK_BYTES,
            note="largest request; the bar is one chunk's block",
        ),
        Figure(name="vault.range", values=tuple(found["warm-ms"]), unit="ms", bar=WARM_BAR_MS, note=note),
        Figure(
            name="vault.range-limit",
            values=tuple(found["limit-ms"]),
            unit="ms",
            note="the same blocks of three files, SHA-256",
        ),
        Figure(
            name="vault.range-cold-requests",
            values=tuple(found["cold-requests"]),
            unit="requests",
            note="head, trailer and block of k providers",
        ),
        Figure(name="vault.range-cold", values=tuple(found["cold-ms"]), unit="ms", note="nothing was open"),
    )


if __name__ == "__main__":
    main()
