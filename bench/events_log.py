"""The log: durable signals by group commit, from an act to its consumer in another process, and idle cost.

The limit writes the same bytes with SQLite alone, flushed once for every 1,000 rows. Slices of both follow
each other, so that a noisy machine is noisy for both.
"""

import asyncio
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from bench.events.ground import Arrivals, events_in, played
from bench.figure import Figure, report

from reelm.base import SystemClock
from reelm.events.model import write_fact

SLICES = 5
SIGNALS = 40_000
CALLERS = 2000
BATCH = 1000
ACTS = 300
IDLE_SECONDS = 20.0
CONSUMERS = 6


async def record_slice(folder: Path, waited: list[float]) -> float:
    """Return signals in one second, by callers that each wait before the next."""
    left = iter(range(SIGNALS))
    async with events_in(folder) as (events, _):

        async def caller() -> None:
            for _ in left:
                begun = time.perf_counter()
                await events.record(played())
                waited.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        return SIGNALS / (time.perf_counter() - begun)


def limit_slice(path: Path) -> float:
    """Return rows in one second that SQLite alone makes durable."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(
        "CREATE TABLE IF NOT EXISTS entries (sequence INTEGER PRIMARY KEY, kind TEXT, at INTEGER, body BLOB)"
    )
    body = write_fact(played())[0]
    begun = time.perf_counter()
    for _ in range(SIGNALS // BATCH):
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO entries (kind, at, body) VALUES (?, ?, ?)", [("bench.played", 1, body)] * BATCH
        )
        db.execute("COMMIT")
    taken = time.perf_counter() - begun
    db.close()
    return SIGNALS / taken


async def follow(folder: Path) -> None:
    """Be the worker, with relay and consumers; tell processor time and what arrived when asked."""
    async with events_in(folder) as (events, _):
        consumers = [Arrivals("first"), *(Arrivals(f"c{n}", ["bench.never"]) for n in range(1, CONSUMERS))]
        tasks = [asyncio.create_task(events.relay.run())]
        tasks += [asyncio.create_task(events.consume(each)) for each in consumers]
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            usage = resource.getrusage(resource.RUSAGE_SELF)
            answer = usage.ru_utime + usage.ru_stime if line == "cpu\n" else consumers[0].got
            sys.stdout.write(f"{json.dumps(answer)}\n")
            sys.stdout.flush()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def act(folder: Path) -> tuple[list[float], float]:
    """Return how many milliseconds each act took to its consumer, and the idle percentage of a core."""
    async with events_in(folder) as (events, database):
        command = [sys.executable, "-m", "bench.events_log", "follow", str(folder)]
        with subprocess.Popen(  # noqa: ASYNC220, S603 - this script; nothing else runs yet
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
        ) as worker:

            def ask(what: str) -> list[tuple[int, int]] | float:
                assert worker.stdin is not None
                assert worker.stdout is not None
                worker.stdin.write(f"{what}\n")
                worker.stdin.flush()
                return json.loads(worker.stdout.readline())  # type: ignore[no-any-return] # what follow writes

            ask("cpu")
            await asyncio.sleep(2)
            for _ in range(ACTS):
                async with database.write() as tx:
                    sent_ns = int(SystemClock().monotonic_seconds() * 1e9)
                    await events.append(tx, played(sent_ns))
                await asyncio.sleep(0.02)
            await asyncio.sleep(2)
            got = ask("got")
            begun, before = time.perf_counter(), ask("cpu")
            await asyncio.sleep(IDLE_SECONDS)
            after, seconds = ask("cpu"), time.perf_counter() - begun
            assert worker.stdin is not None
            worker.stdin.close()
    assert isinstance(got, list)
    assert isinstance(before, float)
    assert isinstance(after, float)
    assert len(got) == ACTS, len(got)
    return [(arrived - sent) / 1e6 for sent, arrived in got], (after - before) / seconds * 100


def main() -> None:
    rates, limits, waited = [], [], list[float]()
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        for _ in range(SLICES):
            rates.append(asyncio.run(record_slice(Path(folder), waited)))
            limits.append(limit_slice(Path(folder, "limit.sqlite")))
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        delays_ms, idle_percent = asyncio.run(act(Path(folder)))
    p99_ms = quantiles(waited, n=100)[98] * 1000
    report(
        Figure(
            name="events.durable-signals",
            values=tuple(rates),
            unit="/s",
            bar=20_000,
            direction="at least",
            note=f"{CALLERS} callers, p99 {p99_ms:.0f} ms; {median(rates) / median(limits):.2f} of the limit",
        ),
        Figure(
            name="events.plain-sqlite",
            values=tuple(limits),
            unit="/s",
            direction="at least",
            note="the limit: the same bytes with SQLite alone, flushed once for every 1,000",
        ),
        Figure(
            name="events.act-to-consumer-p99",
            values=(quantiles(delays_ms, n=100)[98],),
            unit="ms",
            bar=50,
            note=f"{ACTS} acts with their commits, another process; median {median(delays_ms):.1f} ms",
        ),
        Figure(
            name="events.idle-processor",
            values=(idle_percent,),
            unit="% of a core",
            bar=1,
            note=f"the relay and {CONSUMERS} consumers for {IDLE_SECONDS:.0f} s in which nothing happens",
        ),
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["follow"]:
        asyncio.run(follow(Path(sys.argv[2])))
    else:
        main()
