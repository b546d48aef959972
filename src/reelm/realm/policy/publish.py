"""The policies in the ledger: what decides is the set that was put there, and the realm's files say the same.

Its files are ``policies/*.cedar`` in the realm's folder; an edit counts once it is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reelm.base import Clock, Tx
from reelm.realm.errors import PoliciesChanged
from reelm.realm.policy.policies import PolicySet
from reelm.realm.policy.shipped import shipped_schema
from reelm.realm.store import declarations as store


@dataclass(frozen=True, slots=True)
class Published:
    """A policy set in effect; ``number`` counts from 1."""

    number: int
    policy_set: PolicySet


async def published(tx: Tx) -> Published | None:
    """Return the policy set in effect."""
    row = await store.newest_policies(tx)
    return None if row is None else Published(row[0], PolicySet.of(row[1]))


async def policies_of(tx: Tx, number: int) -> PolicySet | None:
    """Return a policy set that is or was in effect, to decide again what was decided then."""
    document = await store.find_policies(tx, number)
    return None if document is None else PolicySet.of(document)


async def publish(tx: Tx, files: Mapping[str, str], *, clock: Clock) -> Published:
    """Put these policies into effect, once ``tx`` is durable; the same policies again change nothing.

    Raises:
        PoliciesRefused: they have faults, or give somebody too much; what was in effect still is.
        PoliciesChanged: somebody else published at the same moment.
    """
    policies = PolicySet(files, shipped_schema())
    newest = await store.newest_policies(tx)
    if newest is not None and newest[1] == policies.document:
        return Published(newest[0], policies)
    number = newest[0] + 1 if newest else 1
    if not await store.add_policies(tx, number, policies.document, at=clock.now()):
        raise PoliciesChanged(
            f"Somebody else has published policies as version {number}. Nothing was changed. "
            "Look at what is in effect, and publish again."
        )
    return Published(number, policies)


async def hold_to_published(tx: Tx, files: Mapping[str, str], *, clock: Clock) -> Published:
    """Return the set in effect if the files say the same; publish a new realm's as version 1.

    Raises:
        PoliciesChanged: the files say something else.
        PoliciesRefused: a new realm's files have faults.
    """
    newest = await published(tx)
    if newest is None:
        return await publish(tx, files, clock=clock)
    other = [name for name in sorted({*files, *newest.policy_set.files}) if _differs(name, files, newest)]
    if other:
        raise PoliciesChanged(
            f"{' and '.join(other)} in the folder of policies: not what is in effect as version "
            f"{newest.number}. The realm was not started. Undo the change, or put it into effect with "
            "./reelm policy publish, and start again.",
            version=newest.number,
        )
    return newest


def _differs(name: str, files: Mapping[str, str], newest: Published) -> bool:
    return files.get(name) != newest.policy_set.files.get(name)
