"""Seeded schedules of faults over the real vault: nothing acknowledged is lost, no wrong byte is returned.

``python -m bench.fault_campaign --schedules 100000 --processes 2 --from-seed 0`` plays as many;
``--seed N`` replays one and tells its story. What really happened is counted, so that nobody has to believe
that it did.
"""

import sys
from pathlib import Path

from bench.schedules import campaign

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.vault.campaign.schedule import run

BAR = 100_000

if __name__ == "__main__":
    campaign(run, figure="vault.fault-campaign", bar=BAR, about=__doc__)
