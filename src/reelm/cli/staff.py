"""The verbs about who works for the realm: staff list, grant, revoke."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from reelm.app import Office, open_office, settings
from reelm.cli.console import complain, say
from reelm.cli.realm import repository
from reelm.realm import policy

_UNKNOWN = 1


def run(chosen: argparse.Namespace) -> int:
    """Do one job; its exit code."""
    jobs: dict[str, Callable[[Office, argparse.Namespace], Awaitable[int]]] = {
        "list": _list,
        "grant": _grant,
        "revoke": _revoke,
    }
    return asyncio.run(_in_office(jobs[chosen.job], chosen))


async def _in_office(
    job: Callable[[Office, argparse.Namespace], Awaitable[int]], chosen: argparse.Namespace
) -> int:
    async with open_office(settings.load(chosen.data or repository() / "reelm-data")) as office:
        return await job(office, chosen)


async def _list(office: Office, _chosen: argparse.Namespace) -> int:
    async with office.database.read() as tx:
        members = await office.staff.all(tx)
    for member in members:
        revoked = "  revoked" if member.is_revoked else ""
        say(f"  {member.handle:<32} {member.role:<12} {member.country}  {member.employer}{revoked}")
    if not members:
        say("Nobody has a role. `./reelm staff grant` gives the first one.")
    return 0


async def _grant(office: Office, chosen: argparse.Namespace) -> int:
    declared = office.version.manifest
    member = policy.Member(
        chosen.pseudonym,
        chosen.role,
        declared["realm"]["id"],
        chosen.employer or declared["operator"]["name"],
        chosen.country or declared["operator"]["country"],
    )
    async with office.database.write() as tx:
        account = await office.people.account_of(tx, chosen.account)
        await office.staff.grant(tx, account, member, by=None)
    say(f"{member.handle} is {member.role} from now on; the public record says so as soon as the realm runs.")
    return 0


async def _revoke(office: Office, chosen: argparse.Namespace) -> int:
    async with office.database.write() as tx:
        if chosen.pseudonym not in {member.handle for member in await office.staff.all(tx)}:
            complain(
                f"No member of staff is called {chosen.pseudonym}. Nothing was changed. "
                "./reelm staff list has all of them."
            )
            return _UNKNOWN
        await office.staff.revoke(tx, chosen.pseudonym, by=None)
    say(f"{chosen.pseudonym} has no role any more; the public record says so as soon as the realm runs.")
    return 0
