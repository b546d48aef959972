"""Run the verbs about the ledger: ledger status, receipt."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

from reelm.app import open_realm, settings
from reelm.cli.console import say
from reelm.cli.realm import repository
from reelm.ledger import Checkpoint, read_leaf
from reelm.workflows import OpenRealm


def run(chosen: argparse.Namespace) -> int:
    """Do one job; return its exit code."""
    return asyncio.run(_in_realm(_status if chosen.job == "status" else _receipt, chosen))


async def _in_realm(
    job: Callable[[OpenRealm, argparse.Namespace], Awaitable[int]], chosen: argparse.Namespace
) -> int:
    """Open the realm, which may be running: its processes and this one share database and files."""
    async with open_realm(settings.load(chosen.data or repository() / "reelm-data")) as realm:
        return await job(realm, chosen)


async def _status(realm: OpenRealm, _chosen: argparse.Namespace) -> int:
    status = await realm.ledger.status()
    say(_line("checkpoint", status.checkpoint))
    say(_line("cosigned", status.cosigned))
    say(f"  {'waiting':<12} {status.waiting:,} leaves")
    for recorded in await realm.ledger.latest(5):
        leaf = read_leaf(recorded.leaf)
        say(f"  {recorded.index:>12,} {leaf.time}  {leaf.kind}")
    return 0


async def _receipt(realm: OpenRealm, chosen: argparse.Namespace) -> int:
    """Write to standard output, so that it can be kept as a .tlog-proof file."""
    sys.stdout.write((await realm.ledger.receipt(chosen.index)).encode().decode())
    return 0


def _line(name: str, checkpoint: Checkpoint | None) -> str:
    if checkpoint is None:
        return f"  {name:<12} none yet"
    return f"  {name:<12} {checkpoint.size:,} leaves of {checkpoint.origin}, root {checkpoint.root.hex()}"
