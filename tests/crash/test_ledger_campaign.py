"""The ledger under seeded schedules of deaths; ``bench/fault_ledger.py`` plays many more.

No acknowledged leaf is lost, no size ever has two roots, and no checkpoint can be read without the tiles it
covers. The campaign is tested too: it replays, it really did what it is about, and it notices a disk that
lies.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import pytest

from support.ledger.ledger_campaign.disk import SimulatedDisk
from support.ledger.ledger_campaign.schedule import run
from support.vault.campaign.disk import File

pytestmark = pytest.mark.slow

SEEDS = 300
SEEDS_UNTIL_NOTICED = 400
HAPPENED = (
    "lived",
    "power cut",
    "woke up too late",
    "died before a folder is made",
    "died before write",
    "died between two writes",
    "died between write and flush",
    "died after flush",
    "died before folder flush",
    "died after folder flush",
    "died before a commit or a read of the database",
    "died after a commit",
    "died before rename",
    "died between rename and folder flush",
    "died before remove",
)


class ForgetsNames(SimulatedDisk):
    async def flush_folders(self, paths: Iterable[str]) -> None:
        for _ in paths:
            self._touch("before folder flush")


class ForgetsTiles(SimulatedDisk):
    """Flushes the checkpoint, and nothing else."""

    async def write(self, files: Mapping[str, bytes]) -> None:
        if any(path.startswith(".") for path in files):
            await super().write(files)
            return
        for path, data in files.items():
            folder, name = self._place(path)
            folder.link(name, _fresh(data))


class RenamesTooEarly(SimulatedDisk):
    """Shows the checkpoint under its name before its bytes are there."""

    async def write(self, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            if path == ".checkpoint":
                folder, _ = self._place(path)
                folder.link("checkpoint", _fresh(data))
        await super().write(files)


def _fresh(data: bytes) -> File:
    file = File()
    file.write(0, data)
    return file


def test_nothing_acknowledged_is_lost_and_no_size_has_two_roots() -> None:
    tally: Counter[str] = Counter()
    for seed in range(SEEDS):
        outcome = run(seed)
        assert outcome.failure is None, str(outcome)
        tally += outcome.tally
    assert [what for what in HAPPENED if not tally[what]] == []


def test_a_seed_replays() -> None:
    once, again = run(7), run(7)
    assert once.trace == again.trace
    assert once.digest == again.digest


@pytest.mark.parametrize("disk", [ForgetsNames, ForgetsTiles, RenamesTooEarly])
def test_a_disk_that_does_not_do_what_it_says_is_noticed(disk: type[SimulatedDisk]) -> None:
    assert any(run(seed, disk).failure for seed in range(SEEDS_UNTIL_NOTICED))
