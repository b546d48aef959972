"""A realm's staff, what they ask for, and the policies that a new realm starts with."""

import random  # noqa: TID251 - seeded: what fails can be made again

from reelm.base import DataClass
from reelm.realm.policy import (
    Access,
    Data,
    Entity,
    Member,
    PolicySet,
    Ref,
    Request,
    Value,
    shipped_policies,
    shipped_schema,
)

SHIPPED = PolicySet(shipped_policies(), shipped_schema())
ROLES = ("support", "safety", "records", "privacy", "people", "governance", "board")
ACTIONS = (
    "access.read",
    "access.export",
    "access.approve",
    "access.review",
    "access.emergency",
    "staff.grant",
    "staff.revoke",
    "policy.publish",
    "policy.approve",
)
PURPOSES = ("support-request", "report", "legal-request", "subject-request", "threat-to-life", "curiosity")

EMAIL = Data("email", DataClass.PROTECTED, "nl")
MESSAGES = Data("messages", DataClass.PROTECTED, "nl", is_sensitive=True)
PASSWORD = Data("password", DataClass.SECRET, "nl")


def member(role: str, handle: str = "", *, realm: str = "nl", is_revoked: bool = False) -> Member:
    return Member(handle or f"{role}-1", role, realm, "Example B.V.", "NL", is_revoked)


def with_policy(text: str) -> dict[str, str]:
    """The shipped policies and one more file."""
    return {**shipped_policies(), "more.cedar": text}


def anything(chance: random.Random, roles: tuple[str, ...] = ROLES) -> Request:
    """Any request that staff could make, sensible or not."""
    asker = member(
        chance.choice(roles),
        "asker",
        realm=chance.choice(("nl", "nl", "us")),
        is_revoked=not chance.randrange(9),
    )
    other = member(chance.choice(roles), chance.choice(("other", "asker")))
    other = asker if other.handle == asker.handle else other
    access = Access(
        chance.choice(("access.read", "access.export")),
        chance.choice((EMAIL, MESSAGES, PASSWORD)),
        chance.choice(PURPOSES),
        chance.choice((None, "T-1")),
        chance.choice((None, other)),
        chance.random() < 0.3,
    )
    action = chance.choice(ACTIONS)
    if action in {"access.read", "access.export"}:
        return access.request(asker)
    if action == "access.approve":
        return access.approval(asker, asker=other)
    return about_the_realm(action, asker, other, access.purpose)


def about_the_realm(action: str, asker: Member, other: Member, purpose: str) -> Request:
    resource = Ref("Role", "support") if action.startswith("staff.") else Ref("Realm", "nl")
    contexts: dict[str, dict[str, Value]] = {
        "access.review": {"asker": other.ref},
        "access.emergency": {"purpose": purpose},
        "staff.grant": {"subject": other.ref},
        "staff.revoke": {"subject": other.ref},
        "policy.publish": {"approver": other.ref, "digest": "00"},
        "policy.approve": {"asker": other.ref, "digest": "00"},
    }
    people = (asker.entity(),) if asker == other else (asker.entity(), other.entity())
    return Request(asker.ref, action, resource, (*people, Entity(resource)), contexts[action])
