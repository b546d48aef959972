"""What staff wish to see or to take away, what is said of it in public, and what an approval of it is for."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from reelm.accounts.errors import AccessRefused, StaffOnly
from reelm.accounts.store.staff import StaffRow
from reelm.base import AccountId, canonical_json
from reelm.realm import policy


@dataclass(frozen=True, slots=True)
class Standing:
    """A member of staff, and the actions that some policy may permit to their role."""

    member: policy.Member
    may_at_most: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """That a member of staff saw something of somebody; ``leaf_index`` is where it is on record.

    Attributes:
        action: ``access.read``, or ``access.export`` when it was taken away as a file.
    """

    looked_at: datetime
    action: str
    purpose: str
    role: str
    handle: str
    data: str
    leaf_index: int | None


@dataclass(frozen=True, slots=True)
class Export:
    """A file of protected data that may be made now, by its id."""

    id: str
    leaf_index: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to have of whom, and the approval that they say they have for it."""

    asked: policy.Access
    subjects: tuple[AccountId, ...]
    approval_id: str | None
    export_id: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``number`` is that of its leaf, whether it is granted or not."""

    is_granted: bool
    number: int


def leaf_of(member: policy.Member, asked: policy.Access, decision: policy.Decision) -> dict[str, object]:
    leaf: dict[str, object] = {
        "actor": member.handle,
        "role": member.role,
        "purpose": asked.purpose,
        "data": [asked.data.name],
        "policy_digest": decision.policy_digest,
        "request_digest": decision.request_digest,
    }
    if asked.ticket is not None:
        leaf["ticket"] = asked.ticket
    if asked.approver is not None:
        leaf["approved_by"] = asked.approver.handle
    return leaf


def binding_of(asked: policy.Access, asker: policy.Member, subjects: Collection[AccountId]) -> str:
    """What an approval is for: this request by this person, about these; SHA-256 in hexadecimal."""
    request = hashlib.sha256(asked.alone().request(asker).canonical()).hexdigest()
    about = canonical_json({"request": request, "subjects": sorted(set(subjects))})
    return hashlib.sha256(about).hexdigest()


def member_of(row: StaffRow | None, realm: str) -> policy.Member:
    if row is None:
        raise StaffOnly(
            "Only members of staff may do this. Nothing was done. Sign in as one, or ask for a role."
        )
    return policy.Member(row.handle, row.role, realm, row.employer, row.country, row.revoked_at is not None)


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refused(what: str) -> AccessRefused:
    return AccessRefused(
        f"The policies of this realm do not let you {what}, or what it takes is missing, used or "
        "expired. Nothing was shown or changed. ./reelm policy show lists what each role may do."
    )
