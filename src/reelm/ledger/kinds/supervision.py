"""Hold the leaves for those who supervise the realm, pay for advertisements in it, or take it over."""

from typing import ClassVar, Literal

from msgspec import UNSET, UnsetType

from reelm.ledger.fields import AnyId, Count, Date, Digest, Index, LeafKind, Line, Names, VerifierKey


class AdPublish(LeafKind, frozen=True):
    """An advertisement may be shown (Article 39 of the DSA)."""

    kind: ClassVar[str] = "ad.publish"
    ad: AnyId
    on_behalf_of: Line
    payer: Line
    begins_on: Date
    ends_on: Date
    creative_digest: Digest
    targeting: Names | UnsetType = UNSET
    excluded: Names | UnsetType = UNSET


class AuthorityStatement(LeafKind, frozen=True):
    """A statement was made to an authority; what it said can be held against its digest."""

    kind: ClassVar[str] = "authority.statement"
    statement: AnyId
    authority: Line
    subject: Line
    digest: Digest
    corrects: Index | UnsetType = UNSET


class HandoverAnnounce(LeafKind, frozen=True):
    """The realm will change operator."""

    kind: ClassVar[str] = "handover.announce"
    handover: AnyId
    outgoing: Line
    incoming: Line
    cut_on: Date


class HandoverCut(LeafKind, frozen=True):
    """The new operator's keys count from here on."""

    kind: ClassVar[str] = "handover.cut"
    handover: AnyId
    new_key: VerifierKey
    checkpoint_size: Count
    checkpoint_root: Digest


class HandoverDone(LeafKind, frozen=True):
    """The change of operator is finished, with the digest of its evidence."""

    kind: ClassVar[str] = "handover.done"
    handover: AnyId
    evidence_digest: Digest
    sessions_revoked: Count
    grants_revoked: Count


class AuditFinding(LeafKind, frozen=True):
    """An auditor found something, and says so on the realm's own record."""

    kind: ClassVar[str] = "audit.finding"
    auditor: Line
    subject: Line
    severity: Literal["note", "minor", "major"]
    report_digest: Digest
    answers: Index | UnsetType = UNSET
