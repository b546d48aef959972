"""No god role: what nobody may hold together, whatever a realm writes into its policies.

Conditions and ``forbid`` policies do not count: a role that could do both in some circumstances is refused.
A member of staff has one role at a time, so two roles are two people.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from reelm.realm.policy.heads import PolicyHead

Powers: TypeAlias = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Duty:
    """Actions that belong together, and how people say them."""

    words: str
    actions: frozenset[str]


READING = Duty("read protected data", frozenset({"access.read", "access.export"}))
APPROVING = Duty("approve or review that it is read", frozenset({"access.approve", "access.review"}))
APPOINTING = Duty("give roles to people", frozenset({"staff.grant"}))
RULING = Duty("change the policies", frozenset({"policy.publish"}))
ASSENTING = Duty("agree to a change of policies", frozenset({"policy.approve"}))

# Each of these alone needs somebody else to do harm; two of them together do not.
_APART = (*combinations((READING, APPROVING, APPOINTING, RULING), 2), (RULING, ASSENTING))


def powers_of(heads: Iterable[PolicyHead]) -> Powers:
    """Role -> every action that some policy may permit it."""
    powers: dict[str, frozenset[str]] = {}
    for head in heads:
        if head.is_permit and head.role is not None:
            powers[head.role] = powers.get(head.role, frozenset()) | (head.actions or frozenset())
    return powers


def overlaps(powers: Powers) -> list[str]:
    """Return every role that holds powers that nobody may hold together."""
    return [
        f'Role "{role}" could {one.words} and {other.words}: leave one of these to another role'
        for role, actions in sorted(powers.items())
        for one, other in _APART
        if actions & one.actions and actions & other.actions
    ]
