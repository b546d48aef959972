"""The heads of policies: for whom, and for which actions, whatever the conditions below.

A condition may depend on anything, so nothing can be concluded from it. What a role may do at most is read
off the heads alone, which is why every ``permit`` has to say its role and its actions there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cedarpy


@dataclass(frozen=True, slots=True)
class PolicyHead:
    """One policy without its conditions.

    Attributes:
        file: where it stands.
        name: its ``@id``; empty when it has none.
        role: the one role it is for, or None.
        is_for_realms: whether it is for realms, of which no person is one.
        actions: what it is about; None for any action.
        is_template: whether it has a slot.
    """

    file: str
    name: str
    is_permit: bool
    role: str | None
    is_for_realms: bool
    actions: frozenset[str] | None
    is_template: bool = False

    def faults(self) -> list[str]:
        """Return what is wrong with it by our own rules, beyond Cedar's."""
        where = f"{self.file}, {self.name or 'a policy without a name'}"
        problems = []
        if not self.name:
            problems.append('give it a name of its own: @id("what-it-is-for")')
        if self.is_template:
            problems.append("templates are not used: write the role instead of a slot")
        if self.is_permit and self.role is None and not self.is_for_realms:
            problems.append('name one role in its head: principal in Role::"support"')
        if self.is_permit and not self.actions:
            problems.append('name its actions in its head: action == Action::"access.read"')
        return [f"{where}: {problem}" for problem in problems]


def read_heads(text: str, *, file: str) -> list[PolicyHead]:
    """Read the heads of a file of policies, in its order.

    Raises:
        ValueError: Cedar cannot read it.
    """
    read = json.loads(cedarpy.policies_to_json_str(text))
    plain = [_head(policy, file) for _, policy in _in_order(read["staticPolicies"])]
    slotted = [_head(policy, file, is_template=True) for _, policy in _in_order(read["templates"])]
    return plain + slotted


def _in_order(policies: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Cedar numbers them as they stand, from policy0."""
    return sorted(policies.items(), key=lambda item: (len(item[0]), item[0]))


def _head(policy: Mapping[str, Any], file: str, *, is_template: bool = False) -> PolicyHead:
    principal = policy["principal"]
    return PolicyHead(
        file=file,
        name=policy.get("annotations", {}).get("id") or "",
        is_permit=policy["effect"] == "permit",
        role=_role(principal),
        is_for_realms=principal["op"] == "is" and principal["entity_type"] == "Realm",
        actions=_actions(policy["action"]),
        is_template=is_template,
    )


def _role(principal: Mapping[str, Any]) -> str | None:
    """From ``principal in Role::"x"`` and ``principal is Staff in Role::"x"``."""
    group = principal.get("in", principal) if principal["op"] in {"is", "in"} else {}
    entity = group.get("entity", {})
    return entity["id"] if entity.get("type") == "Role" else None


def _actions(action: Mapping[str, Any]) -> frozenset[str] | None:
    if action["op"] == "All":
        return None
    named = [action["entity"]] if "entity" in action else action["entities"]
    return frozenset(each["id"] for each in named)
