"""Putting objects of three sizes into five folders; the limit is the disk, the peer is Tahoe-LAFS."""

import asyncio
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.figure import Figure, report
from bench.vault.ground import MIB, OwnerKey, folders, ground, put
from bench.vault.limit import write_seconds
from bench.vault.tahoe import PROGRAM_VARIABLE, Tahoe, tahoe

from reelm.base import keep_freed_memory
from reelm.vault import Vault

REPEATS = int(os.environ.get("REELM_REPEATS", "7"))
# Size in MiB: at least so much of the limit, at least so many times Tahoe-LAFS.
BARS = {1: (0.4, 5.0), 16: (0.55, 6.0), 100: (0.6, 8.0)}
NUMPY_MIB, NUMPY_BAR = 100, 0.35
GET_MIB, GET_BAR = 100, 8.0


@dataclass
class Times:
    """Seconds per repeat of one size; what was not measured is empty."""

    size_mib: int
    of: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def ratios(self, slower: str, faster: str) -> tuple[float, ...]:
        return tuple(top / bottom for top, bottom in zip(self.of[slower], self.of[faster], strict=True))


async def turn(times: Times, vaults: dict[str, Vault], peer: Tahoe | None, place: Path) -> None:
    """Each contender once, with bytes that none has seen."""
    data = os.urandom(times.size_mib * MIB)  # noqa: TID251 - bytes that no disk can compress
    times.of["limit"].append(write_seconds(place / "limit", object_bytes=len(data)))
    for name, vault in vaults.items():
        if name == "numpy" and times.size_mib != NUMPY_MIB:
            continue
        await contend(times, name, vault, data)
    if peer is not None:
        took, cap = await asyncio.to_thread(peer.put_seconds, data)
        times.of["tahoe"].append(took)
        if times.size_mib == GET_MIB:
            times.of["tahoe get"].append(await asyncio.to_thread(peer.get_seconds, cap, expected=data))


async def contend(times: Times, name: str, vault: Vault, data: bytes) -> None:
    key = OwnerKey()
    begun = time.monotonic()
    receipt = await put(vault, data, f"{name}-{times.size_mib}-{len(times.of[name])}", key)
    times.of[name].append(time.monotonic() - begun)
    begun = time.monotonic()
    length = 0
    async for chunk in vault.get(receipt.object_id, key=key):
        length += len(chunk)
    times.of[f"{name} get"].append(time.monotonic() - begun)
    if length != len(data):
        raise RuntimeError("the vault returned something else than was stored")
    await vault.delete(receipt.object_id)


async def measure(place: Path, peer: Tahoe | None) -> list[Times]:
    measured = [Times(size) for size in BARS]
    with folders(place) as stores:
        async with ground(place, stores) as environment:
            plain = replace(environment, config=replace(environment.config, is_accelerated=False))
            vaults = {"vault": Vault(environment), "numpy": Vault(plain)}
            await vaults["vault"].enrol()
            await turn(Times(NUMPY_MIB), vaults, None, place)  # to warm up
            for times in measured:
                for _ in range(REPEATS):
                    await turn(times, vaults, peer, place)
            for vault in vaults.values():
                await vault.close()
        for store in stores:
            await store.close()
    return measured


def figures(measured: Sequence[Times]) -> list[Figure]:
    made = []
    for times in measured:
        of_limit, of_peer = BARS[times.size_mib]
        made.append(_ratio(f"put-{times.size_mib}-mib-to-limit", times.ratios("limit", "vault"), of_limit))
        if times.size_mib == NUMPY_MIB:
            made.append(
                _ratio(f"put-{NUMPY_MIB}-mib-numpy-to-limit", times.ratios("limit", "numpy"), NUMPY_BAR)
            )
        rates = tuple(times.size_mib * MIB / 1e6 / seconds for seconds in times.of["vault"])
        made.append(
            Figure(name=f"vault.put-{times.size_mib}-mib", values=rates, unit="MB/s", direction="at least")
        )
        if times.of["tahoe"]:
            name = f"put-{times.size_mib}-mib-to-tahoe"
            made.append(_ratio(name, times.ratios("tahoe", "vault"), of_peer, note="times as fast"))
        if times.of["tahoe get"]:
            ratios = times.ratios("tahoe get", "vault get")
            made.append(_ratio(f"get-{GET_MIB}-mib-to-tahoe", ratios, GET_BAR, note="times as fast"))
    return made


def _ratio(name: str, values: tuple[float, ...], bar: float, *, note: str = "") -> Figure:
    limit = "1 is five files of a third of the size, written and flushed by five threads"
    return Figure(
        name=f"vault.{name}", values=values, unit="ratio", bar=bar, direction="at least", note=note or limit
    )


def main() -> None:
    keep_freed_memory()
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        place = Path(folder)
        with tahoe(place / "tahoe") as peer:
            if peer is None:
                sys.stdout.write(f"Tahoe-LAFS is not installed ({PROGRAM_VARIABLE}); it is left out.\n")
            measured = asyncio.run(measure(place, peer))
    report(*figures(measured))


if __name__ == "__main__":
    main()
