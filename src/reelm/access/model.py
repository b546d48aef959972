"""State what staff ask to have, what the public leaf says of it, and what an approval of it is bound to."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from reelm.base import AccountId, canonical_json
from reelm.realm import policy

Finding = Literal["justified", "unjustified", "unused"]


@dataclass(frozen=True, slots=True)
class StaffRole:
    """A member of staff, and the actions that some policy may permit to their role."""

    member: policy.Member
    may_at_most: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaffRead:
    """One access by a member of staff to somebody's data; ``leaf_index`` is where it is on the ledger.

    Attributes:
        action: ``access.read``, or ``access.export`` when it was exported as a file.
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
class AccessRequest:
    """A request for data of some people, and the approval that whoever asks names for it."""

    asked: policy.Access
    subjects: tuple[AccountId, ...]
    approval_id: str | None
    export_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """A decision on a request; ``number`` is that of its leaf, whether it is granted or not."""

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
    """Return what an approval is bound to: the SHA-256, in hexadecimal, of a request by one about these."""
    request = hashlib.sha256(asked.alone().request(asker).canonical()).hexdigest()
    about = canonical_json({"request": request, "subjects": sorted(set(subjects))})
    return hashlib.sha256(about).hexdigest()


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
