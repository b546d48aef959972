"""No god role: a policy set in which somebody could do too much cannot be made."""

import random  # noqa: TID251 - seeded: what fails can be made again
import re
from collections import defaultdict
from itertools import product

import pytest

from reelm.realm import PoliciesRefused
from reelm.realm.policy import PolicySet, decide, shipped_policies, shipped_schema
from support.access.asking import ACTIONS, ROLES, SHIPPED, anything, with_policy

READ = {"access.read", "access.export"}
APPROVE = {"access.approve", "access.review"}
HEAD = '@id("more") permit (principal in Role::"{}", action in [{}], resource);'


def publish(files: dict[str, str]) -> PolicySet:
    return PolicySet(files, shipped_schema())


def refusal(files: dict[str, str]) -> str:
    with pytest.raises(PoliciesRefused) as refused:
        publish(files)
    return "\n".join(refused.value.faults)


def test_no_shipped_role_holds_too_much() -> None:
    assert set(SHIPPED.powers) == set(ROLES)
    for actions in SHIPPED.powers.values():
        assert not (actions & READ and actions & APPROVE)


def test_nobody_both_reads_and_approves() -> None:
    more = HEAD.format("support", 'Action::"access.approve"')
    assert refusal(with_policy(more)) == (
        'Role "support" could read protected data and approve or review that it is read: '
        "leave one of these to another role"
    )


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_each_power_that_it_must_not_have(role: str) -> None:
    """Role by action: what a role is given beside what it has is accepted only when it stays apart."""
    apart = [READ, APPROVE, {"staff.grant"}, {"policy.publish"}]
    for action in ACTIONS:
        more = with_policy(HEAD.format(role, f'Action::"{action}"'))
        held = SHIPPED.powers[role] | {action}
        is_too_much = sum(bool(held & duty) for duty in apart) > 1
        is_too_much |= {"policy.publish", "policy.approve"} <= held
        if is_too_much:
            assert f'Role "{role}" could' in refusal(more)
        else:
            assert action in publish(more).powers[role]


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ('@id("x") permit (principal, action == Action::"access.read", resource);', "name one role"),
        ('@id("x") permit (principal is Staff, action == Action::"access.read", resource);', "name one role"),
        (
            '@id("x") permit (principal == Staff::"me", action == Action::"access.read", resource);',
            "name one role",
        ),
        ('@id("x") permit (principal in Role::"support", action, resource);', "name its actions"),
        ('permit (principal in Role::"a", action == Action::"access.read", resource);', "give it a name"),
        ('@id("x") permit (principal in ?principal, action == Action::"access.read", resource);', "template"),
        ('@id("privacy-approves") forbid (principal, action, resource);', "is the @id of 2 policies"),
        ("this is not Cedar", "unexpected"),
        ('@id("x") forbid (principal, action, resource) when { principal.nope };', "nope"),
        ('@id("x") forbid (principal, action == Action::"access.raed", resource);', "access.raed"),
        (
            '@id("x") forbid (principal,action==Action::"access.read",resource) when {context.ticket==""};',
            "optional attribute `ticket`",
        ),
        (
            '@id("x") forbid (principal is Staff, action, resource) when { principal.revoked == "yes" };',
            "type",
        ),
    ],
)
def test_a_faulty_policy_is_refused_and_named(policy: str, fault: str) -> None:
    said = refusal(with_policy(policy))
    assert fault in said
    assert said.startswith("more.cedar")


def test_every_fault_is_said_at_once() -> None:
    two = 'permit (principal, action, resource); @id("y") forbid (principal, action, resource) when { zzz };'
    assert "\n" in refusal({**with_policy("permit (principal, action, resource);"), "worse.cedar": two})


def test_the_schema_has_no_groups_of_actions() -> None:
    """A head that names a group would name all that is in it, and the check would not see it."""
    assert not re.search(r"action [^{]*\bin\b[^{]*appliesTo", shipped_schema())


def mutations() -> list[dict[str, str]]:
    """The shipped policies, each changed in one place as a slip or a bad intention would."""
    files = shipped_policies()
    staff = files["staff.cedar"]
    changes = [
        (f'in Role::"{one}", action', f'in Role::"{other}", action')
        for one, other in product(ROLES, ROLES)
        if one != other
    ]
    changes += [
        (f'action == Action::"{one}"', f'action in [Action::"{one}", Action::"{other}"]')
        for one, other in product(ACTIONS, ACTIONS)
        if one != other
    ]
    changes += [(f'action == Action::"{one}"', "action") for one in ACTIONS]
    changes += [(f'principal in Role::"{one}"', "principal") for one in ROLES]
    changes += [(f'principal in Role::"{one}"', "principal is Staff") for one in ROLES]
    found = []
    for old, new in changes:
        places = [match.start() for match in re.finditer(re.escape(old), staff)]
        found += [{**files, "staff.cedar": staff[:at] + new + staff[at + len(old) :]} for at in places]
    return found


@pytest.mark.slow
def test_no_change_of_one_place_makes_a_role_that_reads_and_approves() -> None:
    """What got through the check is asked: whatever it allows, it never allows one role both."""
    accepted = refused = 0
    for files in mutations():
        try:
            policies = publish(files)
        except PoliciesRefused:
            refused += 1
            continue
        accepted += 1
        chance = random.Random(accepted)
        did: dict[str, set[str]] = defaultdict(set)
        for _ in range(150):
            asked = anything(chance)
            if decide(policies, asked).is_allowed:
                did[asked.entities[0].parents[0].id].add(asked.action)
        for role, actions in did.items():
            assert actions <= policies.powers[role]
            assert not (actions & READ and actions & APPROVE), role
    assert refused > 20
    assert accepted > 20
