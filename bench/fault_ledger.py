"""Seeded schedules of deaths over the real ledger: no acknowledged leaf is lost, no size has two roots.

``python -m bench.fault_ledger --schedules 10000 --processes 2 --from-seed 0`` plays as many; ``--seed N``
replays one and tells its story. Processes die before, between and after all that makes a batch durable, alone
or with the power of their machine, and others take over while one is asleep.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench.figure import Figure, report

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from ledger_campaign.schedule import run

BAR = 10_000
_SEEDS_PER_TASK = 100
_FAILURES_TOLD = 5


def play(first: int, count: int) -> tuple[Counter[str], list[str]]:
    """What happened in these seeds, and the story of each that failed."""
    tally: Counter[str] = Counter()
    failed = []
    for seed in range(first, first + count):
        outcome = run(seed)
        tally += outcome.tally
        if outcome.failure is not None:
            failed.append(str(outcome))
    return tally, failed


def replay(seed: int) -> None:
    """Tell one schedule step by step; ends with 1 when it fails."""
    outcome = run(seed)
    print("\n".join(outcome.trace))
    print(f"seed {seed}: {outcome.failure or 'clean'}; digest {outcome.digest}")
    sys.exit(outcome.failure is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--schedules", type=int, default=BAR)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--from-seed", type=int, default=0)
    parser.add_argument("--seed", type=int, help="replay this one")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        replay(chosen.seed)
    begun = time.monotonic()
    tally: Counter[str] = Counter()
    failed: list[str] = []
    end = chosen.from_seed + chosen.schedules
    starts = range(chosen.from_seed, end, _SEEDS_PER_TASK)
    with ProcessPoolExecutor(chosen.processes) as pool:
        for some, broken in pool.map(play, starts, [min(_SEEDS_PER_TASK, end - start) for start in starts]):
            tally += some
            failed += broken
    seconds = time.monotonic() - begun
    for what, count in sorted(tally.items()):
        print(f"{count:>10,}  {what}")
    for story in failed[:_FAILURES_TOLD]:
        print(f"\n{story}")
    note = (
        f"seeds {chosen.from_seed} to {end - 1}; {len(failed)} failed; "
        f"{chosen.schedules / seconds:,.0f} per second on {chosen.processes} processes"
    )
    print(note)
    report(
        Figure(
            name="ledger.fault-campaign",
            values=(0 if failed else chosen.schedules,),
            unit="schedules clean",
            bar=BAR,
            direction="at least",
            note=note,
        )
    )


if __name__ == "__main__":
    main()
