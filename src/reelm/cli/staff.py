"""Run the verbs about who works for the realm: staff list, grant, revoke."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from reelm.app import OfflineStaff, open_offline_staff, settings
from reelm.cli.console import complain, say
from reelm.cli.realm import repository
from reelm.realm import policy

_UNKNOWN = 1


def run(chosen: argparse.Namespace) -> int:
    """Do one job; return its exit code."""
    jobs: dict[str, Callable[[OfflineStaff, argparse.Namespace], Awaitable[int]]] = {
        "list": _list,
        "grant": _grant,
        "revoke": _revoke,
    }
    return asyncio.run(_with_staff(jobs[chosen.job], chosen))


async def _with_staff(
    job: Callable[[OfflineStaff, argparse.Namespace], Awaitable[int]], chosen: argparse.Namespace
) -> int:
    async with open_offline_staff(settings.load(chosen.data or repository() / "reelm-data")) as staff:
        return await job(staff, chosen)


async def _list(staff: OfflineStaff, _chosen: argparse.Namespace) -> int:
    async with staff.database.read() as tx:
        members = await staff.access.members(tx)
    for member in members:
        revoked = "  revoked" if member.is_revoked else ""
        say(f"  {member.handle:<32} {member.role:<12} {member.country}  {member.employer}{revoked}")
    if not members:
        say("Nobody has a role. `./reelm staff grant` gives the first one.")
    return 0


async def _grant(staff: OfflineStaff, chosen: argparse.Namespace) -> int:
    declared = staff.version.manifest
    member = policy.Member(
        chosen.pseudonym,
        chosen.role,
        declared["realm"]["id"],
        chosen.employer or declared["operator"]["name"],
        chosen.country or declared["operator"]["country"],
    )
    async with staff.database.write() as tx:
        account = await staff.people.account_of(tx, chosen.account)
        await staff.access.grant(tx, account, member, by=None)
    say(f"{member.handle} is {member.role} from now on; the ledger says so as soon as the realm runs.")
    return 0


async def _revoke(staff: OfflineStaff, chosen: argparse.Namespace) -> int:
    async with staff.database.write() as tx:
        if chosen.pseudonym not in {member.handle for member in await staff.access.members(tx)}:
            complain(
                f"No member of staff is called {chosen.pseudonym}. Nothing was changed. "
                "./reelm staff list has all of them."
            )
            return _UNKNOWN
        await staff.access.revoke(tx, chosen.pseudonym, by=None)
    say(f"{chosen.pseudonym} has no role any more; the ledger says so as soon as the realm runs.")
    return 0
