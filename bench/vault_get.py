"""100 MiB out of five folders: all of them good, and two data fragments lost; with and without pyeclib.

The limit in the same run is reading three files of a third of that size and hashing them with SHA-256, in
three threads. Everything comes from the page cache, so that the disk does not decide.
"""

import asyncio
import hashlib
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from bench.figure import Figure, report
from bench.vault.ground import MIB, OwnerKey, folders, ground, put

from reelm.base import ObjectId
from reelm.vault import Vault, VaultEnvironment

SIZE = 100 * MIB
REPEATS = 7
LOST_BAR = 0.8
NUMPY_BAR = 0.35
_READ_BYTES = 1 << 20


def limit(files: list[Path]) -> float:
    """Megabytes per second of reading and hashing alone."""

    def digest(path: Path) -> bytes:
        state = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while piece := file.read(_READ_BYTES):
                state.update(piece)
        return state.digest()

    begun = time.perf_counter()
    with ThreadPoolExecutor(len(files)) as pool:
        list(pool.map(digest, files))
    return SIZE / 1e6 / (time.perf_counter() - begun)


async def speed(vault: Vault, object_id: ObjectId, key: OwnerKey) -> float:
    """Megabytes per second of a get whose bytes are dropped; nothing of it is open before."""
    begun, got = time.perf_counter(), 0
    async for chunk in vault.get(object_id, key=key):
        got += len(chunk)
    if got != SIZE:
        raise ValueError("not what was stored")
    return SIZE / 1e6 / (time.perf_counter() - begun)


def fragments(place: Path) -> set[Path]:
    """All files of all stores."""
    return set(place.glob("store-?/??/*"))


def lose(place: Path, before: set[Path]) -> None:
    """Delete the data fragments 0 and 1 of what was stored since; byte 42 of a fragment is its index."""
    for path in fragments(place) - before:
        with path.open("rb") as file:
            index = file.read(43)[42]
        if index < 2:
            path.unlink()


async def measure(environment: VaultEnvironment, place: Path) -> dict[str, list[float]]:
    """Speeds, by what was measured, taken by turns."""
    key, data = OwnerKey(), environment.entropy.draw(SIZE)
    files = [place / f"limit-{number}" for number in range(3)]
    for file in files:
        file.write_bytes(data[: SIZE // 3])
    good = (await put(Vault(environment), data, "good", key)).object_id
    before = fragments(place)
    lost = (await put(Vault(environment), data, "lost", key)).object_id
    lose(place, before)
    plain = replace(environment, config=replace(environment.config, is_accelerated=False))
    speeds: dict[str, list[float]] = {name: [] for name in ("limit", "get", "lost", "numpy", "numpy-lost")}
    for turn in range(REPEATS + 1):
        found = {"limit": await asyncio.to_thread(limit, files)}
        for name, world, object_id in (
            ("get", environment, good),
            ("lost", environment, lost),
            ("numpy", plain, good),
            ("numpy-lost", plain, lost),
        ):
            vault = Vault(world)
            found[name] = await speed(vault, object_id, key)
            await vault.close()
        if turn:  # the first one warms up
            for name, value in found.items():
                speeds[name].append(value)
    return speeds


async def run() -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        place = Path(folder)
        with folders(place) as stores:
            async with ground(place, stores) as environment:
                return await measure(environment, place)


def main() -> None:
    speeds = asyncio.run(run())

    def ratio(name: str, of: str) -> tuple[float, ...]:
        return tuple(one / other for one, other in zip(speeds[name], speeds[of], strict=True))

    note = "of reading three files of size/3 and SHA-256, page cache"
    report(
        Figure(
            name="vault.get", values=tuple(speeds["get"]), unit="MB/s", note="100 MiB, five folders, sealed"
        ),
        Figure(name="vault.get-limit", values=tuple(speeds["limit"]), unit="MB/s", note=note[3:]),
        Figure(name="vault.get-of-limit", values=ratio("get", "limit"), unit="x", note=note),
        Figure(
            name="vault.get-lost",
            values=ratio("lost", "get"),
            unit="x",
            bar=LOST_BAR,
            direction="at least",
            note="of healthy, two data fragments of five lost",
        ),
        Figure(
            name="vault.get-numpy",
            values=ratio("numpy", "limit"),
            unit="x",
            bar=NUMPY_BAR,
            direction="at least",
            note=f"{note}; without pyeclib, healthy",
        ),
        Figure(
            name="vault.get-numpy-lost",
            values=ratio("numpy-lost", "limit"),
            unit="x",
            note=f"{note}; without pyeclib, two data fragments lost",
        ),
    )


if __name__ == "__main__":
    main()
