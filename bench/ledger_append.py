"""Leaves appended by many callers, each waiting for its signed checkpoint; limit: the same bytes, plainly.

The limit appends the leaves and their hashes to one file and flushes it once for every thousand: what any
durable log must do at least. Slices of both follow each other, so that a noisy machine is noisy for both.
``--leaves N`` measures a shorter log; the bars are for a million.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import median, quantiles

from bench.figure import Figure, report
from bench.ledger.ground import ORIGIN, READ, ledger_in
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reelm.base import Algorithm, Note, Signature, SystemClock, VerifierKey
from reelm.ledger import Ledger, Policy, Receipt
from reelm.ledger.checkpoint import cosigned_message
from reelm.ledger.leaf import write_leaf

LEAVES = 1_000_000
SLICES = 10
CALLERS = 2000
BATCH = 1000
VERIFICATIONS = 200
WITNESSES = 3


@dataclass
class Measured:
    appends_per_second: list[float] = field(default_factory=list)
    limit_per_second: list[float] = field(default_factory=list)
    waited_seconds: list[float] = field(default_factory=list)


async def append_slice(ledger: Ledger, count: int, waited: list[float]) -> float:
    """Appends in one second, by callers that each wait before the next."""
    left = iter(range(count))

    async def caller() -> None:
        for _ in left:
            begun = time.perf_counter()
            await ledger.record("access.read", READ)
            waited.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return count / (time.perf_counter() - begun)


def limit_slice(path: Path, count: int) -> float:
    leaf = write_leaf("access.read", READ, realm="bench", at=SystemClock().now())
    block = (leaf + sha256(leaf).digest()) * BATCH
    begun = time.perf_counter()
    with path.open("ab", buffering=0) as file:
        for _ in range(count // BATCH):
            file.write(block)
            os.fsync(file.fileno())
    return count / (time.perf_counter() - begun)


async def measure(leaves: int) -> tuple[Measured, Receipt]:
    measured = Measured()
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        async with ledger_in(Path(folder)) as ledger:
            for _ in range(SLICES):
                rate = await append_slice(ledger, leaves // SLICES, measured.waited_seconds)
                measured.appends_per_second.append(rate)
                measured.limit_per_second.append(limit_slice(Path(folder) / "limit", leaves // SLICES))
            return measured, await ledger.receipt(leaves // 3)


def cosigned(receipt: Receipt) -> tuple[Receipt, Policy]:
    """The same with three witnesses of which two are enough."""
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(WITNESSES)]
    verifiers = [
        VerifierKey(
            f"witness{number}.example", Algorithm.ED25519_COSIGNATURE, key.public_key().public_bytes_raw()
        )
        for number, key in enumerate(keys)
    ]
    signatures = [
        _cosign(receipt.checkpoint, key, verifier) for key, verifier in zip(keys, verifiers, strict=True)
    ]
    log = VerifierKey(
        ORIGIN,
        Algorithm.ED25519,
        Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw(),
    )
    lines = [f"log {log}", *(f"witness w{number} {key}" for number, key in enumerate(verifiers))]
    lines += ["group all-of-them 2 w0 w1 w2", "quorum all-of-them"]
    checkpoint = receipt.checkpoint.with_signatures(signatures)
    return Receipt(receipt.leaf, receipt.index, receipt.proof, checkpoint), Policy.parse("\n".join(lines))


def _cosign(note: Note, key: Ed25519PrivateKey, verifier: VerifierKey) -> Signature:
    seconds = 1_800_000_000
    signed = key.sign(cosigned_message(note, verifier, seconds))
    return Signature(verifier.name, verifier.id, seconds.to_bytes(8, "big") + signed)


def timed(work: Callable[[], object]) -> tuple[float, ...]:
    """Milliseconds of each repeat."""
    taken = []
    for _ in range(VERIFICATIONS):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return tuple(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--leaves", type=int, default=LEAVES)
    leaves = parser.parse_args().leaves // (SLICES * BATCH) * SLICES * BATCH
    begun = time.process_time()
    measured, receipt = asyncio.run(measure(leaves))
    cpu_us = (time.process_time() - begun) / leaves * 1e6
    share = median(measured.appends_per_second) / median(measured.limit_per_second)
    p99_ms = quantiles(measured.waited_seconds, n=100)[98] * 1000
    full, policy = cosigned(receipt)
    data = full.encode()
    report(
        Figure(
            name="ledger.durable-appends",
            values=tuple(measured.appends_per_second),
            unit="/s",
            bar=10_000,
            direction="at least",
            note=f"{leaves:,} by {CALLERS} callers; {cpu_us:.0f} us of CPU each; {share:.2f} of the limit",
        ),
        Figure(
            name="ledger.plain-appends",
            values=tuple(measured.limit_per_second),
            unit="/s",
            direction="at least",
            note="the limit: the same bytes in one file, flushed once for every 1,000",
        ),
        Figure(
            name="ledger.append-to-checkpoint-p99",
            values=(p99_ms,),
            unit="ms",
            bar=1000,
            note=f"median {median(measured.waited_seconds) * 1000:.0f} ms",
        ),
        Figure(
            name="ledger.inclusion-proof",
            values=(32 * len(receipt.proof),),
            unit="B",
            bar=700,
            note=f"{len(receipt.proof)} hashes, {leaves:,} leaves",
        ),
        Figure(
            name="ledger.receipt-size",
            values=(len(data),),
            unit="B",
            bar=2000,
            note=f"three witnesses, and the leaf of {len(receipt.leaf)} B itself",
        ),
        Figure(
            name="ledger.receipt-verify",
            values=timed(lambda: Receipt.parse(data).check(policy)),
            unit="ms",
            bar=5,
            note="read, four signatures, the proof",
        ),
    )


if __name__ == "__main__":
    main()
