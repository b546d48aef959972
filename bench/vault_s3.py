"""Put and get over five real S3 servers; the limit is the same bytes moved by the client library alone."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import obstore
from bench.figure import Figure, report

from reelm.base import DataClass, SystemEntropy
from reelm.vault import BUCKET_WINDOW_BYTES, Vault, VaultConfig
from reelm.vault.adapters.s3 import PART_BYTES, S3Store

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.vault.radosgw import RadosgwPrograms, throwaway_radosgw
from support.vault.s3 import open_all
from support.vault.vaulting import OwnerKey, open_vault, records

REPEATS = 7
SIZES_MIB = (16, 100)
K, N = 3, 5
BARS = {"put": 0.7, "get": 0.8}
_PIECE = bytes(range(256)) * 4096


@dataclass
class Times:
    """Seconds of each repeat: the vault's, and right before it the limit's."""

    own: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)

    def ratios(self) -> tuple[float, ...]:
        return tuple(limit / own for own, limit in zip(self.own, self.limit, strict=True))


class Contest:
    """One object size: raw and vault take turns in the same run."""

    def __init__(self, vault: Vault, stores: Sequence[S3Store], size_bytes: int) -> None:
        self._vault = vault
        self._stores = stores
        self._size = size_bytes
        self._fragment = bytes(-(-size_bytes // K))
        self._key = OwnerKey(entropy=SystemEntropy())
        self.put, self.get = Times(), Times()

    async def run(self, repeat: int) -> None:
        name = f"raw-{self._size}-{repeat}"
        await _timed(self.put.limit, lambda: _each(self._stores, lambda one: self._raw_put(one, name)))
        receipt = await _timed(self.put.own, lambda: self._put(f"own-{self._size}-{repeat}"))
        await _timed(self.get.limit, lambda: _each(self._stores[:K], lambda one: _raw_get(one, name)))
        await _timed(self.get.own, lambda: self._get(receipt.object_id))
        await self._vault.delete(receipt.object_id)
        await _each(self._stores, lambda one: one.delete(name))

    def figures(self) -> list[Figure]:
        made = []
        for verb, times in (("put", self.put), ("get", self.get)):
            size_mb = self._size / 1e6
            rates = tuple(size_mb / seconds for seconds in times.own)
            mib = self._size >> 20
            is_bound = mib == max(SIZES_MIB)
            what = "5 uploads in parts of size/3" if verb == "put" else "3 downloads of size/3"
            name = f"vault.s3-{verb}-{mib}-mib"
            made.append(Figure(name=name, values=rates, unit="MB/s", note="five radosgw on this machine"))
            made.append(
                Figure(
                    name=f"{name}-to-raw",
                    values=times.ratios(),
                    unit="ratio",
                    bar=BARS[verb] if is_bound else None,
                    direction="at least",
                    note=f"1 is as fast as {what} by the client library alone",
                )
            )
        return made

    async def _raw_put(self, store: S3Store, name: str) -> None:
        data = self._fragment
        await obstore.put_async(store.remote, name, data, use_multipart=True, chunk_size=PART_BYTES)

    async def _put(self, reference: str) -> Any:
        source = _stream(self._size)
        return await self._vault.put(source, reference=reference, klass=DataClass.PROTECTED, key=self._key)

    async def _get(self, object_id: Any) -> None:
        got = 0
        async for chunk in self._vault.get(object_id, key=self._key):
            got += len(chunk)
        assert got == self._size


async def _raw_get(store: S3Store, name: str) -> None:
    await (await obstore.get_async(store.remote, name)).bytes_async()


async def _each(stores: Sequence[S3Store], work: Callable[[S3Store], Awaitable[None]]) -> None:
    await asyncio.gather(*(work(store) for store in stores))


async def _timed(into: list[float], work: Callable[[], Awaitable[Any]]) -> Any:
    begun = time.perf_counter()
    result = await work()
    into.append(time.perf_counter() - begun)
    return result


async def _stream(size: int) -> AsyncIterator[bytes]:
    for at in range(0, size, len(_PIECE)):
        yield _PIECE[: min(len(_PIECE), size - at)]


async def measure(stores: Sequence[S3Store], folder: Path) -> list[Figure]:
    async with records(folder) as database:
        vault = open_vault(
            database, stores, config=VaultConfig(window_bytes=BUCKET_WINDOW_BYTES), entropy=SystemEntropy()
        )
        contests = [Contest(vault, stores, mib << 20) for mib in SIZES_MIB]
        warming = Contest(vault, stores, 1 << 20)
        await warming.run(0)
        for repeat in range(REPEATS):
            for contest in contests:
                await contest.run(repeat)
        for store in stores:
            await store.close()
    return [figure for contest in contests for figure in contest.figures()]


def main() -> None:
    programs = RadosgwPrograms.find()
    if programs is None:
        print("vault.s3: Ceph's radosgw is not installed; nothing was measured.")
        return
    with (
        throwaway_radosgw(programs, count=N) as gateways,
        tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder,
    ):
        figures = asyncio.run(measure(open_all(gateways), Path(folder)))
    report(*figures)


if __name__ == "__main__":
    main()
