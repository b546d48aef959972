"""Seeded schedules of faults over the real vault: nothing acknowledged is lost, no wrong byte is returned.

``python -m bench.fault_campaign --schedules 100000 --processes 2 --from-seed 0`` plays as many;
``--seed N`` replays one and tells its story. What really happened is counted, so that nobody has to believe
that it did.
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

from campaign.schedule import run

BAR = 100_000
_SEEDS_PER_TASK = 250
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


def play_all(*, first: int, count: int, processes: int) -> tuple[Counter[str], list[str]]:
    """The same over some processes; the seeds do not depend on how many."""
    tally: Counter[str] = Counter()
    failed: list[str] = []
    starts = range(first, first + count, _SEEDS_PER_TASK)
    counts = [min(_SEEDS_PER_TASK, first + count - start) for start in starts]
    with ProcessPoolExecutor(processes) as pool:
        for done, (some, broken) in enumerate(pool.map(play, starts, counts), 1):
            tally += some
            failed += broken
            if sys.stderr.isatty():
                sys.stderr.write(
                    f"\r{min(count, done * _SEEDS_PER_TASK):,} of {count:,}, {len(failed)} failed"
                )
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
    tally, failed = play_all(first=chosen.from_seed, count=chosen.schedules, processes=chosen.processes)
    seconds = time.monotonic() - begun
    for what, count in sorted(tally.items()):
        print(f"{count:>10,}  {what}")
    for story in failed[:_FAILURES_TOLD]:
        print(f"\n{story}")
    clean = chosen.schedules - len(failed)
    last = chosen.from_seed + chosen.schedules - 1
    note = (
        f"seeds {chosen.from_seed} to {last}; {len(failed)} failed; "
        f"{chosen.schedules / seconds:,.0f} per second on {chosen.processes} processes"
    )
    figure = Figure(
        name="vault.fault-campaign",
        values=(clean if not failed else 0,),
        unit="schedules clean",
        bar=BAR,
        direction="at least",
        note=note,
    )
    print(note)
    report(figure)


if __name__ == "__main__":
    main()
