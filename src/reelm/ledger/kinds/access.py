"""Hold the leaves about staff: who got which role, and who looked at protected data."""

from typing import ClassVar, Literal

from msgspec import UNSET, UnsetType

from reelm.ledger.fields import Count, Country, Digest, Handle, Index, LeafKind, Line, Name, Names, Time


class StaffGrant(LeafKind, frozen=True):
    """A member of staff gets a role."""

    kind: ClassVar[str] = "staff.grant"
    handle: Handle
    role: Name
    granted_by: Handle
    employer: Line | UnsetType = UNSET
    country: Country | UnsetType = UNSET


class StaffRevoke(LeafKind, frozen=True):
    """A member of staff loses a role, or every role."""

    kind: ClassVar[str] = "staff.revoke"
    handle: Handle
    revoked_by: Handle
    role: Name | UnsetType = UNSET


class AccessRead(LeafKind, frozen=True):
    """A member of staff is about to see protected data; whose is in the private body."""

    kind: ClassVar[str] = "access.read"
    actor: Handle
    role: Name
    purpose: Name
    data: Names
    policy_digest: Digest
    request_digest: Digest
    ticket: Name | UnsetType = UNSET
    approved_by: Handle | UnsetType = UNSET
    emergency: Index | UnsetType = UNSET


class AccessExport(LeafKind, frozen=True):
    """A member of staff is about to take protected data away as a file."""

    kind: ClassVar[str] = "access.export"
    actor: Handle
    role: Name
    purpose: Name
    data: Names
    rows: Count
    policy_digest: Digest
    request_digest: Digest
    ticket: Name | UnsetType = UNSET
    approved_by: Handle | UnsetType = UNSET


class AccessDeny(LeafKind, frozen=True):
    """A member of staff was refused protected data."""

    kind: ClassVar[str] = "access.deny"
    actor: Handle
    action: Name
    policy_digest: Digest
    request_digest: Digest
    reason: Name | UnsetType = UNSET


class AccessEmergency(LeafKind, frozen=True):
    """Someone breaks the glass: rules of access are relaxed until the moment given, at most an hour away."""

    kind: ClassVar[str] = "access.emergency"
    actor: Handle
    purpose: Name
    expires_at: Time
    review_due_at: Time


class AccessReview(LeafKind, frozen=True):
    """Somebody else has looked at what was done in an emergency."""

    kind: ClassVar[str] = "access.review"
    emergency: Index
    reviewer: Handle
    finding: Literal["justified", "unjustified", "unused"]
