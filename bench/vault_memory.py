"""Memory that storing and reading 1 GiB takes over an idle process; each repeat is a process of its own."""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from bench.figure import Figure, report
from bench.house.realm import environment
from bench.vault.ground import MIB, OwnerKey, folders, ground, put

from reelm.base import DataClass, keep_freed_memory
from reelm.vault import Vault

REPEATS = 3
OBJECT_BYTES = 1 << 30
BAR_MIB = 64
_TIMEOUT_SECONDS = 600


def main() -> None:
    found = [_child() for _ in range(REPEATS)]
    report(
        *(
            Figure(
                name=f"vault.{what}-memory",
                values=tuple(each[what] for each in found),
                unit="MiB over idle",
                bar=BAR_MIB,
                note="1 GiB through five folders; peak resident memory",
            )
            for what in ("put", "get")
        )
    )


def _child() -> dict[str, float]:
    command = [sys.executable, "-m", "bench.vault_memory", "once"]
    done = subprocess.run(  # noqa: S603 - ourselves
        command, check=True, capture_output=True, env=environment(), timeout=_TIMEOUT_SECONDS
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


async def _once(place: Path) -> dict[str, float]:
    key = OwnerKey()
    with folders(place) as stores:
        async with ground(place, stores) as environment:
            vault = Vault(environment)
            await vault.enrol()
            await vault.read((await put(vault, bytes(MIB), "warm", key)).object_id, key=key)
            _peak_mib()  # of the start; what stands after it is idle
            idle = _peak_mib()
            receipt = await vault.put(_source(), reference="large", klass=DataClass.PROTECTED, key=key)
            await vault.close()
            stored = _peak_mib()
            async for _ in vault.get(receipt.object_id, key=key):
                pass
            read = _peak_mib()
        for store in stores:
            await store.close()
    return {"put": stored - idle, "get": read - idle}


async def _source() -> AsyncIterator[bytes]:
    for _ in range(OBJECT_BYTES // MIB):
        yield os.urandom(MIB)  # noqa: TID251 - bytes that no disk can compress


def _peak_mib() -> float:
    """The largest resident set since the last call."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    if peak is None:
        raise RuntimeError("this system does not tell the peak of resident memory")
    return int(peak[1]) / 1024


if __name__ == "__main__":
    if sys.argv[1:] == ["once"]:
        keep_freed_memory()
        with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
            sys.stdout.write(json.dumps(asyncio.run(_once(Path(folder)))))
    else:
        main()
