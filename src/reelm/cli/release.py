"""Run the verbs about what runs: release show, publish."""

import argparse
import asyncio

from reelm.app import record_release, running_release
from reelm.app import settings as settings_
from reelm.cli.console import say
from reelm.cli.realm import repository
from reelm.realm import Release


def run(chosen: argparse.Namespace) -> int:
    """Do one job; return its exit code."""
    if chosen.job == "show":
        _say(running_release())
        return 0
    settings = settings_.load(chosen.data or repository() / "reelm-data")
    description = None if chosen.description is None else chosen.description.read_bytes()
    release, index = asyncio.run(record_release(settings, description))
    _say(release)
    say(f"This release is in the ledger, in leaf {index:,}. Restart the realm, if it runs.")
    return 0


def _say(release: Release) -> None:
    for name, value in release.public().items():
        say(f"  {name:<16} {value}")
