"""Run the verbs about the policies: policy show, check, publish."""

import argparse
import asyncio

from reelm.app import open_database, read_policies
from reelm.app import settings as settings_
from reelm.base import SystemClock
from reelm.cli.console import say
from reelm.cli.realm import repository
from reelm.realm import PolicySet, policy

FOUND_WANTING = 1


def run(chosen: argparse.Namespace) -> int:
    """Do one job; return its exit code."""
    settings = settings_.load(chosen.data or repository() / "reelm-data")
    if chosen.job == "check":
        return _check(settings)
    return asyncio.run(_publish(settings) if chosen.job == "publish" else _show(settings))


def _check(settings: settings_.Settings) -> int:
    policies = PolicySet(read_policies(settings.paths.policies), policy.shipped_schema())
    say(f"The policies have no faults. As they are, their digest is {policies.digest}.")
    _say_powers(policies.powers)
    return 0


async def _publish(settings: settings_.Settings) -> int:
    async with open_database(settings) as database, database.write() as tx:
        files = read_policies(settings.paths.policies)
        published = await policy.publish(tx, files, clock=SystemClock())
    digest = published.policy_set.digest
    say(f"Version {published.number} of the policies is in effect, with the digest {digest}.")
    say("Restart the realm, if it runs.")
    return 0


async def _show(settings: settings_.Settings) -> int:
    async with open_database(settings) as database, database.read() as tx:
        published = await policy.published(tx)
    if published is None:
        say("No policies are in effect yet: the first start puts them there.")
        return FOUND_WANTING
    say(f"Version {published.number} is in effect, with the digest {published.policy_set.digest}.")
    _say_powers(published.policy_set.powers)
    return 0


def _say_powers(powers: policy.Powers) -> None:
    for role, actions in sorted(powers.items()):
        say(f"  {role:<12} may at most: {', '.join(sorted(actions))}")
