"""A full audit of a million entries, by the auditor's own program; and a thousand tamperings, all noticed.

The limit in the same run is SHA-256 over the same bytes, file by file, without looking at them. The auditor
hashes every entry by itself, reads it as strictly as its format demands, and recomputes the tree.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figure import Figure, report
from bench.house.cost import peaks_kib

sys.path.insert(0, str(Path(__file__).parents[1] / "audit" / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bench.ledger.written import write_log

from reelm_audit.tlog.keys import VerifierKey
from support.ledger.tampering import Ground

ENTRIES = int(os.environ.get("REELM_BENCH_ENTRIES", "1000000"))
REPEATS = 5
TAMPERINGS = 1_000
TIME_BAR_SECONDS = 10
MEMORY_BAR_MIB = 300
_POLL_SECONDS = 0.02


def audit(log: Path, key: VerifierKey, state: Path) -> tuple[float, float]:
    """Seconds and peak MiB, summed over the auditor's processes, of one full audit."""
    state.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "reelm_audit",
        "ledger",
        str(log),
        "--key",
        str(key),
        "--state",
        str(state),
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "audit" / "src")}
    begun = time.perf_counter()
    peaks: dict[int, int] = {}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603 - ours
        while process.poll() is None:
            peaks.update(peaks_kib(process.pid))
            time.sleep(_POLL_SECONDS)
        seconds = time.perf_counter() - begun
        told = process.communicate()[0].decode()
    if process.returncode or f"All {ENTRIES:,} entries" not in told:
        raise RuntimeError(f"the audit did not pass:\n{told}")
    return seconds, sum(peaks.values()) / 1024


def limit(log: Path) -> float:
    """Seconds to read and hash the same files in one go, on one processor."""
    begun = time.perf_counter()
    for path in sorted((log / "tile").rglob("*")):
        if path.is_file():
            hashlib.sha256(path.read_bytes()).digest()
    return time.perf_counter() - begun


def noticed(place: Path) -> int:
    ground = Ground(place)
    return sum(ground.play(seed).is_noticed for seed in range(TAMPERINGS))


def main() -> None:
    audits, limits = [], []
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        log = Path(folder, "log")
        key = write_log(log, ENTRIES)
        for _ in range(REPEATS):
            limits.append(limit(log))
            audits.append(audit(log, key, Path(folder, "state.json")))
        of_tamperings = noticed(Path(folder, "tampering"))
    seconds = tuple(each for each, _ in audits)
    ratios = tuple(mine / least for mine, least in zip(seconds, limits, strict=True))
    note = f"{ENTRIES:,} entries of 390 bytes, from a folder, page cache"
    report(
        Figure(name="ledger.audit", values=seconds, unit="s", bar=TIME_BAR_SECONDS, note=note),
        Figure(
            name="ledger.audit-memory",
            values=tuple(mib for _, mib in audits),
            unit="MiB",
            bar=MEMORY_BAR_MIB,
            note="peak resident memory, summed over all processes",
        ),
        Figure(
            name="ledger.audit-limit",
            values=tuple(limits),
            unit="s",
            note="SHA-256 of the same files, one processor",
        ),
        Figure(
            name="ledger.audit-to-limit", values=ratios, unit="ratio", note="1 is hashing without looking"
        ),
        Figure(
            name="ledger.tamperings-noticed",
            values=(of_tamperings,),
            unit="of 1,000",
            bar=TAMPERINGS,
            direction="at least",
            note="random, of 26 kinds: files altered, and histories signed anew",
        ),
    )


if __name__ == "__main__":
    main()
