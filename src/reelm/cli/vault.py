"""The verbs about stored bytes: vault probe."""

import argparse
import asyncio
from pathlib import Path

from reelm.app import examine_place
from reelm.cli.console import say

UNFIT = 1


def run(chosen: argparse.Namespace) -> int:
    """The verb below ``vault``."""
    return _probe(chosen)


def _probe(chosen: argparse.Namespace) -> int:
    credentials: Path | None = chosen.credentials
    examination = asyncio.run(
        examine_place(chosen.place, credentials=credentials, region=chosen.region, beside=Path.cwd())
    )
    width = max(len(finding.check) for finding in examination.findings)
    for finding in examination.findings:
        say(f"{finding.verdict:<6} {finding.check:<{width}}  {finding.detail}")
    verdict = "fit to be a store" if examination.is_fit else "unfit to be a store"
    say(f"{examination.target} is {verdict}. docs/how-to/enrol-a-provider.md says what each line means.")
    return 0 if examination.is_fit else UNFIT
