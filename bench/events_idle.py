"""What the worker of a realm costs while nothing happens: relay, consumers, sequencer, chores, jobs at rest.

Ticks of the kernel are 10 ms, so 30 s resolve 0.03 % of a core.
"""

import tempfile
import time
from pathlib import Path

from bench.figure import Figure, report
from bench.house.cost import cpu_seconds
from bench.house.realm import realm

from reelm.app import Paths, state

SETTLE_SECONDS = 15.0
IDLE_SECONDS = 30.0
REPEATS = 3


def worker_of(data: Path) -> int:
    """Return the process id of the realm's worker."""
    running = state.read_state(Paths(data))
    assert running is not None
    (pid,) = (child.pid for child in running.children if child.name == "worker")
    return pid


def idle_percent(pid: int) -> float:
    """Return the percentage of a core that the process took for some seconds."""
    begun, before = time.perf_counter(), cpu_seconds(pid)
    time.sleep(IDLE_SECONDS)
    return (cpu_seconds(pid) - before) / (time.perf_counter() - begun) * 100


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        data = Path(folder, "realm")
        with realm(data):
            worker = worker_of(data)
            time.sleep(SETTLE_SECONDS)
            measured = tuple(idle_percent(worker) for _ in range(REPEATS))
    report(
        Figure(
            name="events.idle-worker",
            values=measured,
            unit="% of a core",
            bar=1,
            note=f"the whole worker of a new realm, {IDLE_SECONDS:.0f} s each in which nothing happens",
        )
    )


if __name__ == "__main__":
    main()
