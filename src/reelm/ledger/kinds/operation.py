"""Hold the leaves about how well the realm runs: incidents, objectives, drills, planted rows, digests."""

from typing import ClassVar

from msgspec import UNSET, UnsetType

from reelm.ledger.fields import (
    Address,
    AnyId,
    Count,
    Date,
    Digest,
    Index,
    LeafKind,
    Millionths,
    Name,
    Names,
    Permille,
    Text,
    Time,
    Yes,
)


class IncidentOpen(LeafKind, frozen=True):
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


class IncidentUpdate(LeafKind, frozen=True):
    """The state of an incident as it is known now, and the time of the next word on it."""

    kind: ClassVar[str] = "incident.update"
    incident: AnyId
    summary: Text
    next_update_due_at: Time
    features: Names | UnsetType = UNSET
    affected_permille: Permille | UnsetType = UNSET
    cause: Name | UnsetType = UNSET


class IncidentClose(LeafKind, frozen=True):
    """It is over."""

    kind: ClassVar[str] = "incident.close"
    incident: AnyId
    resolved_at: Time
    summary: Text
    data_lost: Yes
    cause: Name | UnsetType = UNSET
    postmortem_url: Address | UnsetType = UNSET


class SloMonth(LeafKind, frozen=True):
    """The result of one objective in one month."""

    kind: ClassVar[str] = "slo.month"
    month: Date
    objective: Name
    good: Count
    total: Count
    target_millionths: Millionths


class DrillResult(LeafKind, frozen=True):
    """A rehearsal and its figures, also when it failed."""

    kind: ClassVar[str] = "drill.result"
    drill: Name
    succeeded: Yes
    recovery_milliseconds: Count | UnsetType = UNSET
    lost_milliseconds: Count | UnsetType = UNSET
    summary: Text | UnsetType = UNSET


class CanaryHit(LeafKind, frozen=True):
    """A planted record was seen where it must never be."""

    kind: ClassVar[str] = "canary.hit"
    canary: AnyId
    seen_at: Time
    place: Name
    export: Index | UnsetType = UNSET


class DigestHour(LeafKind, frozen=True):
    """The entries of an hour that were too many to log one by one: their number, and the root of all."""

    kind: ClassVar[str] = "digest.hour"
    subject: Name
    hour: Time
    entries: Count
    digest: Digest
