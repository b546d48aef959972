"""Seeded schedules of deaths over the real ledger: no acknowledged leaf is lost, no size has two roots.

``python -m bench.fault_ledger --schedules 10000 --processes 2 --from-seed 0`` plays as many; ``--seed N``
replays one and tells its story. Processes die before, between and after all that makes a batch durable, alone
or with the power of their machine, and others take over while one is asleep.
"""

import sys
from pathlib import Path

from bench.schedules import campaign

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.ledger.ledger_campaign.schedule import run

BAR = 10_000

if __name__ == "__main__":
    campaign(run, figure="ledger.fault-campaign", bar=BAR, about=__doc__)
