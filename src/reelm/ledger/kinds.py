"""Every kind of leaf there is, with its public fields; nothing else gets into the log.

A docstring says what the realm states by such a leaf; docs/reference/ledger-kinds.md lists them. A kind never
changes its fields' meaning, and loses none: a new meaning is a new kind.
"""

from typing import Any, ClassVar, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from reelm.ledger.fields import (
    Address,
    AnyId,
    Commit,
    Count,
    Countries,
    Country,
    Date,
    Digest,
    Handle,
    Index,
    Kind,
    Line,
    Millionths,
    Name,
    Names,
    Permille,
    Text,
    Time,
    VerifierKey,
    Version,
    Word,
    Words,
    Yes,
)

Role: TypeAlias = Name
Feature: TypeAlias = Name


class ManifestPublish(Kind, frozen=True):
    """A version of the manifest takes effect; the digest is of its canonical JSON."""

    kind: ClassVar[str] = "manifest.publish"
    version: Count
    digest: Digest
    signers: Names | UnsetType = UNSET
    reason: Text | UnsetType = UNSET
    retention_days: Count | UnsetType = UNSET


class KeyRotate(Kind, frozen=True):
    """A public key of the realm is replaced."""

    kind: ClassVar[str] = "key.rotate"
    use: Literal["manifest", "release", "witness", "epoch"]
    old: VerifierKey | UnsetType = UNSET
    new: VerifierKey | UnsetType = UNSET
    epoch: Count | UnsetType = UNSET


class ReleasePublish(Kind, frozen=True):
    """A release exists: the digests of what it was built from and of what was built."""

    kind: ClassVar[str] = "release.publish"
    version: Version
    source_digest: Digest | UnsetType = UNSET
    commit: Commit | UnsetType = UNSET
    artifact_digest: Digest | UnsetType = UNSET
    code_digest: Digest | UnsetType = UNSET
    page_digest: Digest | UnsetType = UNSET
    rebuilders: Names | UnsetType = UNSET
    removed: Names | UnsetType = UNSET


class ReleaseDeploy(Kind, frozen=True):
    """The realm begins to run this code; the digest is of every file of it."""

    kind: ClassVar[str] = "release.deploy"
    version: Version
    code_digest: Digest
    page_digest: Digest | UnsetType = UNSET
    approved_by: Handle | UnsetType = UNSET
    tag: Name | UnsetType = UNSET


class StaffGrant(Kind, frozen=True):
    """A member of staff gets a role."""

    kind: ClassVar[str] = "staff.grant"
    handle: Handle
    role: Role
    granted_by: Handle
    employer: Line | UnsetType = UNSET
    country: Country | UnsetType = UNSET


class StaffRevoke(Kind, frozen=True):
    """A member of staff loses a role, or every role."""

    kind: ClassVar[str] = "staff.revoke"
    handle: Handle
    revoked_by: Handle
    role: Role | UnsetType = UNSET


class PolicyPublish(Kind, frozen=True):
    """A set of policies takes effect."""

    kind: ClassVar[str] = "policy.publish"
    version: Count
    policy_digest: Digest
    schema_digest: Digest
    approved_by: Handle | UnsetType = UNSET


class AccessRead(Kind, frozen=True):
    """A member of staff is about to see protected data; whose is in the private body."""

    kind: ClassVar[str] = "access.read"
    actor: Handle
    role: Role
    purpose: Name
    data: Names
    policy_digest: Digest
    request_digest: Digest
    ticket: Name | UnsetType = UNSET
    approved_by: Handle | UnsetType = UNSET
    emergency: Index | UnsetType = UNSET


class AccessExport(Kind, frozen=True):
    """A member of staff is about to take protected data away as a file."""

    kind: ClassVar[str] = "access.export"
    actor: Handle
    role: Role
    purpose: Name
    data: Names
    rows: Count
    policy_digest: Digest
    request_digest: Digest
    ticket: Name | UnsetType = UNSET
    approved_by: Handle | UnsetType = UNSET


class AccessDeny(Kind, frozen=True):
    """A member of staff was refused protected data."""

    kind: ClassVar[str] = "access.deny"
    actor: Handle
    action: Name
    policy_digest: Digest
    request_digest: Digest
    reason: Name | UnsetType = UNSET


class AccessEmergency(Kind, frozen=True):
    """Someone breaks the glass: rules of access are relaxed until the moment given, at most an hour away."""

    kind: ClassVar[str] = "access.emergency"
    actor: Handle
    purpose: Name
    expires_at: Time
    review_due_at: Time


class AccessReview(Kind, frozen=True):
    """Somebody else has looked at what was done in an emergency."""

    kind: ClassVar[str] = "access.review"
    emergency: Index
    reviewer: Handle
    finding: Literal["justified", "unjustified", "unused"]


class FlowIntent(Kind, frozen=True):
    """Something is about to leave the realm by a declared flow."""

    kind: ClassVar[str] = "flow.intent"
    transfer: AnyId
    flow: Name
    to: Name
    data_class: Literal["public", "interop", "operational"]
    purpose: Name
    size_bytes: Count
    digest: Digest
    policy_digest: Digest | UnsetType = UNSET
    approval_digest: Digest | UnsetType = UNSET


class FlowDone(Kind, frozen=True):
    """A transfer arrived: both realms say so, with the same transfer and digest."""

    kind: ClassVar[str] = "flow.done"
    transfer: AnyId
    flow: Name
    side: Literal["sent", "received"]
    peer: Name
    size_bytes: Count
    digest: Digest


class FlowDeny(Kind, frozen=True):
    """A transfer was refused."""

    kind: ClassVar[str] = "flow.deny"
    flow: Name
    to: Name
    reason: Name
    transfer: AnyId | UnsetType = UNSET
    policy_digest: Digest | UnsetType = UNSET


class ModNotice(Kind, frozen=True):
    """A notice about content came in; who sent it is in the private body."""

    kind: ClassVar[str] = "mod.notice"
    notice: AnyId
    source: Literal["viewer", "trusted-flagger", "authority", "realm", "automated"]
    category: Word
    clip: AnyId | UnsetType = UNSET
    peer: Name | UnsetType = UNSET


class ModDecision(Kind, frozen=True):
    """Content or an account is restricted: the statement of reasons under Article 17 of the DSA."""

    kind: ClassVar[str] = "mod.decision"
    decision: AnyId
    decision_ground: Literal["DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"]
    legal_ground: Line
    explanation: Text
    facts: Text
    category: Word
    content_type: Words
    content_date: Date
    application_date: Date
    source_type: Word
    automated_detection: Yes
    automated_decision: Word
    decision_visibility: Words | UnsetType = UNSET
    decision_monetary: Word | UnsetType = UNSET
    decision_provision: Word | UnsetType = UNSET
    decision_account: Word | UnsetType = UNSET
    category_addition: Words | UnsetType = UNSET
    category_specification: Words | UnsetType = UNSET
    territorial_scope: Countries | UnsetType = UNSET
    content_language: Name | UnsetType = UNSET
    end_date: Date | UnsetType = UNSET
    rule_digest: Digest | UnsetType = UNSET
    decided_by: Handle | UnsetType = UNSET
    notice: AnyId | UnsetType = UNSET
    clip: AnyId | UnsetType = UNSET


class ModAppeal(Kind, frozen=True):
    """Somebody asks to have a decision looked at again."""

    kind: ClassVar[str] = "mod.appeal"
    appeal: AnyId
    decision: AnyId


class ModOutcome(Kind, frozen=True):
    """An appeal is decided, by someone other than who decided first."""

    kind: ClassVar[str] = "mod.outcome"
    appeal: AnyId
    decision: AnyId
    outcome: Literal["upheld", "reversed", "changed"]
    decided_by: Handle
    explanation: Text


class RulePublish(Kind, frozen=True):
    """A set of moderation rules takes effect."""

    kind: ClassVar[str] = "rule.publish"
    version: Count
    rules_digest: Digest
    would_match: Count | UnsetType = UNSET
    approved_by: Handle | UnsetType = UNSET


class RankDeploy(Kind, frozen=True):
    """A ranking model may be loaded from now on; nothing else loads."""

    kind: ClassVar[str] = "rank.deploy"
    version: Version
    model_digest: Digest
    code_digest: Digest
    config_digest: Digest
    window_digest: Digest | UnsetType = UNSET
    ndcg_millionths: Millionths | UnsetType = UNSET
    signed_off_by: Handle | UnsetType = UNSET


class RankParam(Kind, frozen=True):
    """A parameter of the ranking changes."""

    kind: ClassVar[str] = "rank.param"
    name: Name
    old_millionths: Millionths
    new_millionths: Millionths
    reason: Line


class IncidentOpen(Kind, frozen=True):
    """Something is wrong, and since when."""

    kind: ClassVar[str] = "incident.open"
    incident: AnyId
    features: Names
    impact_started_at: Time
    detected_at: Time
    next_update_due_at: Time
    summary: Text
    moderation_affected: Yes
    affected_permille: Permille | UnsetType = UNSET
    provider: Name | UnsetType = UNSET


class IncidentUpdate(Kind, frozen=True):
    """What is known now, and when there will be more."""

    kind: ClassVar[str] = "incident.update"
    incident: AnyId
    summary: Text
    next_update_due_at: Time
    features: Names | UnsetType = UNSET
    affected_permille: Permille | UnsetType = UNSET
    cause: Name | UnsetType = UNSET


class IncidentClose(Kind, frozen=True):
    """It is over."""

    kind: ClassVar[str] = "incident.close"
    incident: AnyId
    resolved_at: Time
    summary: Text
    data_lost: Yes
    cause: Name | UnsetType = UNSET
    postmortem_url: Address | UnsetType = UNSET


class SloMonth(Kind, frozen=True):
    """How an objective was met in a month."""

    kind: ClassVar[str] = "slo.month"
    month: Date
    objective: Name
    good: Count
    total: Count
    target_millionths: Millionths


class DrillResult(Kind, frozen=True):
    """A rehearsal and its figures, also when it failed."""

    kind: ClassVar[str] = "drill.result"
    drill: Name
    succeeded: Yes
    recovery_milliseconds: Count | UnsetType = UNSET
    lost_milliseconds: Count | UnsetType = UNSET
    summary: Text | UnsetType = UNSET


class ErasureDone(Kind, frozen=True):
    """A person's key was destroyed; who it was is in the private body, which nobody can open any more."""

    kind: ClassVar[str] = "erasure.done"
    erasure: AnyId
    objects: Count
    requested_on: Date


class ExportDone(Kind, frozen=True):
    """A person was handed what the realm has about them."""

    kind: ClassVar[str] = "export.done"
    export: AnyId
    size_bytes: Count
    requested_on: Date


class AdPublish(Kind, frozen=True):
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


class AuthorityStatement(Kind, frozen=True):
    """A statement was made to an authority; what it said can be held against its digest."""

    kind: ClassVar[str] = "authority.statement"
    statement: AnyId
    authority: Line
    subject: Line
    digest: Digest
    corrects: Index | UnsetType = UNSET


class HandoverAnnounce(Kind, frozen=True):
    """The realm will change operator."""

    kind: ClassVar[str] = "handover.announce"
    handover: AnyId
    outgoing: Line
    incoming: Line
    cut_on: Date


class HandoverCut(Kind, frozen=True):
    """The new operator's keys count from here on."""

    kind: ClassVar[str] = "handover.cut"
    handover: AnyId
    new_key: VerifierKey
    checkpoint_size: Count
    checkpoint_root: Digest


class HandoverDone(Kind, frozen=True):
    """The change of operator is finished, with the digest of its evidence."""

    kind: ClassVar[str] = "handover.done"
    handover: AnyId
    evidence_digest: Digest
    sessions_revoked: Count
    grants_revoked: Count


class AuditFinding(Kind, frozen=True):
    """An auditor found something, and says so on the realm's own record."""

    kind: ClassVar[str] = "audit.finding"
    auditor: Line
    subject: Line
    severity: Literal["note", "minor", "major"]
    report_digest: Digest
    answers: Index | UnsetType = UNSET


class CanaryHit(Kind, frozen=True):
    """A planted record was seen where it must never be."""

    kind: ClassVar[str] = "canary.hit"
    canary: AnyId
    seen_at: Time
    place: Name
    export: Index | UnsetType = UNSET


class DigestHour(Kind, frozen=True):
    """What was too much to log one by one in an hour: how many, and the root of it all."""

    kind: ClassVar[str] = "digest.hour"
    subject: Name
    hour: Time
    entries: Count
    digest: Digest


KINDS: dict[str, type[Kind]] = {shape.kind: shape for shape in Kind.__subclasses__()}


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON schema of the ``public`` member for every kind, by kind."""
    return {kind: _schema(KINDS[kind]) for kind in sorted(KINDS)}


def _schema(shape: type[Kind]) -> dict[str, Any]:
    described = msgspec.json.schema(shape)["$defs"][shape.__name__]
    return {name: value for name, value in described.items() if name != "title"}
