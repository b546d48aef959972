"""The vault under hundreds of seeded schedules of faults; ``bench/fault_campaign.py`` plays many more.

Nothing acknowledged is lost, no wrong byte is returned, no fragment lies where it must not, whatever dies,
lies, hangs, fills up or comes back with old data. The campaign itself is tested too: it replays, it really
did what it is about, and it notices a vault or a store that breaks a promise.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.vault.campaign.provider import Mood
from support.vault.campaign.sabotage import SABOTAGES
from support.vault.campaign.schedule import run

pytestmark = pytest.mark.slow

SEEDS = 500
SHARDS = 5
SEEDS_UNTIL_ALL = 1_500
ROOT = Path(__file__).parents[2]
# What must happen within so many seeds, or they prove less than they say.
HAPPENED = (
    "put: done",
    "put: cut short",
    "put: vault.not-durable",
    "put: vault.superseded",
    "read: done",
    "read: vault.not-enough-fragments",
    "read: vault.object-missing",
    "delete: done",
    "delete: vault.deletion-unfinished",
    "put: large",
    "sweep: done",
    "compact: done",
    "shred: done",
    "read: vault.key-refused",
    "repair: done",
    "repair: cut short",
    "deep scrub: done",
    "light scrub: done",
    "audit: done",
    "renew: done",
    "keep: done",
    "drain: withdrawn",
    "drain: vault.too-few-places",
    "hostile drain: done",
    "heal: quiet",
    "reckoning: another group is lost",
    "process: killed",
    "process: power cut",
    "died at between write and flush",
    "died at between flush and rename",
    "died at between rename and directory flush",
    "died at between unlink and flush",
    "died at before a commit",
    "died at after a commit",
    "records: no answer, saved",
    "records: no answer, not saved",
    "provider: loses power",
    "provider: leaves for good",
    "provider: is back with old data",
    "provider: flips bits on its disk",
    "provider: tears files on its disk",
    "provider: mixes up names on its disk",
    "provider: applies and does not say so",
    "provider: keeps what it says it deleted",
    "provider: acknowledges without keeping",
    "provider: hangs",
    "provider: is full",
    "provider: lies: flip",
    "provider: lies: cut",
    "provider: lies: empty",
    "provider: lies: other",
    "provider: lies: old",
    "fault: clock jumps",
    *(f"fault: {mood}" for mood in Mood),
    "reckoning: read",
    "reckoning: deleted",
)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_nothing_is_lost_and_nothing_wrong_is_returned(shard: int) -> None:
    for seed in range(shard, SEEDS, SHARDS):
        report = run(seed)
        assert report.failure is None, str(report)


def test_everything_that_this_is_about_happens() -> None:
    """Counted where it happens, so that nobody has to believe in faults that never came."""
    missing = set(HAPPENED)
    for seed in range(SEEDS, SEEDS + SEEDS_UNTIL_ALL):
        report = run(seed)
        assert report.failure is None, str(report)
        missing -= report.tally.keys()
        if not missing:
            return
    raise AssertionError(f"{SEEDS_UNTIL_ALL} schedules never saw {sorted(missing)}")


def test_the_same_seed_is_the_same_story() -> None:
    """In this process, after others and in fresh ones, whatever their hash seeds."""
    seeds = range(20)
    here = [run(seed).digest for seed in seeds]
    assert [run(seed).digest for seed in reversed(seeds)] == here[::-1]
    assert len(set(here)) == len(here)
    for hash_seed in ("1", "2"):
        assert _elsewhere(list(seeds), hash_seed=hash_seed) == here


def _elsewhere(seeds: list[int], *, hash_seed: str) -> list[str]:
    script = f"from support.vault.campaign.schedule import run\nfor seed in {seeds}: print(run(seed).digest)"
    path = os.pathsep.join(each for each in sys.path if each)
    done = subprocess.run(  # noqa: S603 - our own Python
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed},
    )
    return done.stdout.split()


@pytest.mark.parametrize("name", sorted(SABOTAGES))
def test_the_campaign_notices(name: str) -> None:
    """A vault or a store that breaks a promise is found within a few seeds, and the report names one."""
    sabotage = SABOTAGES[name]
    for seed in range(sabotage.seeds):
        report = run(seed, sabotage=sabotage)
        if report.failure is not None:
            assert re.search(sabotage.blame, report.failure), str(report)
            assert f"--seed {seed}" in str(report)
            assert run(seed, sabotage=sabotage).digest == report.digest
            return
    raise AssertionError(f"{sabotage.seeds} schedules did not notice")
