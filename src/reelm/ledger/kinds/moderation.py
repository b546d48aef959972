"""Hold the leaves about what may stay and what is shown: notices, decisions, rules, ranking."""

from typing import ClassVar, Literal

from msgspec import UNSET, UnsetType

from reelm.ledger.fields import (
    AnyId,
    Count,
    Countries,
    Date,
    Digest,
    Handle,
    LeafKind,
    Line,
    Millionths,
    Name,
    Text,
    Version,
    Word,
    Words,
    Yes,
)


class ModNotice(LeafKind, frozen=True):
    """A notice about content came in; who sent it is in the private body."""

    kind: ClassVar[str] = "mod.notice"
    notice: AnyId
    source: Literal["viewer", "trusted-flagger", "authority", "realm", "automated"]
    category: Word
    clip: AnyId | UnsetType = UNSET
    peer: Name | UnsetType = UNSET


class ModDecision(LeafKind, frozen=True):
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


class ModAppeal(LeafKind, frozen=True):
    """Somebody asks to have a decision looked at again."""

    kind: ClassVar[str] = "mod.appeal"
    appeal: AnyId
    decision: AnyId


class ModOutcome(LeafKind, frozen=True):
    """An appeal is decided, by someone other than who decided first."""

    kind: ClassVar[str] = "mod.outcome"
    appeal: AnyId
    decision: AnyId
    outcome: Literal["upheld", "reversed", "changed"]
    decided_by: Handle
    explanation: Text


class RulePublish(LeafKind, frozen=True):
    """A set of moderation rules takes effect."""

    kind: ClassVar[str] = "rule.publish"
    version: Count
    rules_digest: Digest
    would_match: Count | UnsetType = UNSET
    approved_by: Handle | UnsetType = UNSET


class RankDeploy(LeafKind, frozen=True):
    """A ranking model may be loaded from now on; nothing else loads."""

    kind: ClassVar[str] = "rank.deploy"
    version: Version
    model_digest: Digest
    code_digest: Digest
    config_digest: Digest
    window_digest: Digest | UnsetType = UNSET
    ndcg_millionths: Millionths | UnsetType = UNSET
    signed_off_by: Handle | UnsetType = UNSET


class RankParam(LeafKind, frozen=True):
    """A parameter of the ranking changes."""

    kind: ClassVar[str] = "rank.param"
    name: Name
    old_millionths: Millionths
    new_millionths: Millionths
    reason: Line
