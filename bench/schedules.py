"""Plays many seeded schedules on all processors, tells those that fail, and reports how many were clean."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Protocol, TypeAlias

from bench.figure import Figure, report

_SEEDS_PER_TASK = 100
_FAILURES_TOLD = 5


class Outcome(Protocol):
    """What became of one schedule; as text it is the story of a failure."""

    @property
    def tally(self) -> Counter[str]: ...
    @property
    def failure(self) -> str | None: ...
    @property
    def trace(self) -> Sequence[str]: ...
    @property
    def digest(self) -> str: ...


Run: TypeAlias = Callable[[int], Outcome]
Played: TypeAlias = tuple[Counter[str], list[str]]


def play(run: Run, seeds: range) -> Played:
    """What happened in these seeds, and the story of each that failed."""
    tally: Counter[str] = Counter()
    failed = []
    for seed in seeds:
        outcome = run(seed)
        tally += outcome.tally
        if outcome.failure is not None:
            failed.append(str(outcome))
    return tally, failed


def play_all(run: Run, seeds: range, *, processes: int) -> Played:
    """The same over some processes; the seeds do not depend on how many."""
    tally: Counter[str] = Counter()
    failed: list[str] = []
    tasks = [seeds[at : at + _SEEDS_PER_TASK] for at in range(0, len(seeds), _SEEDS_PER_TASK)]
    with ProcessPoolExecutor(processes) as pool:
        for done, (some, broken) in enumerate(pool.map(partial(play, run), tasks), 1):
            tally += some
            failed += broken
            if sys.stderr.isatty():
                count = min(len(seeds), done * _SEEDS_PER_TASK)
                sys.stderr.write(f"\r{count:,} of {len(seeds):,}, {len(failed)} failed")
    return tally, failed


def replay(run: Run, seed: int) -> None:
    """Tell one schedule step by step; ends with 1 when it fails."""
    outcome = run(seed)
    print("\n".join(outcome.trace))
    print(f"seed {seed}: {outcome.failure or 'clean'}; digest {outcome.digest}")
    sys.exit(outcome.failure is not None)


def campaign(run: Run, *, figure: str, bar: int, about: str | None) -> None:
    """What the command line asks for; ``run`` is a function of a module, so that processes find it."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--schedules", type=int, default=bar)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--from-seed", type=int, default=0)
    parser.add_argument("--seed", type=int, help="replay this one")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        replay(run, chosen.seed)
    seeds = range(chosen.from_seed, chosen.from_seed + chosen.schedules)
    begun = time.monotonic()
    tally, failed = play_all(run, seeds, processes=chosen.processes)
    per_second = len(seeds) / (time.monotonic() - begun)
    for what, count in sorted(tally.items()):
        print(f"{count:>10,}  {what}")
    for story in failed[:_FAILURES_TOLD]:
        print(f"\n{story}")
    note = (
        f"seeds {seeds.start} to {seeds.stop - 1}; {len(failed)} failed; "
        f"{per_second:,.0f} per second on {chosen.processes} processes"
    )
    print(note)
    report(
        Figure(
            name=figure,
            values=(0 if failed else len(seeds),),
            unit="schedules clean",
            bar=bar,
            direction="at least",
            note=note,
        )
    )
