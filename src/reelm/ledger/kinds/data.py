"""Hold the leaves about data: what leaves the realm by a flow, what is erased, what a person is handed."""

from typing import ClassVar, Literal

from msgspec import UNSET, UnsetType

from reelm.ledger.fields import AnyId, Count, Date, Digest, LeafKind, Name


class FlowIntent(LeafKind, frozen=True):
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


class FlowDone(LeafKind, frozen=True):
    """A transfer arrived: both realms say so, with the same transfer and digest."""

    kind: ClassVar[str] = "flow.done"
    transfer: AnyId
    flow: Name
    side: Literal["sent", "received"]
    peer: Name
    size_bytes: Count
    digest: Digest


class FlowDeny(LeafKind, frozen=True):
    """A transfer was refused."""

    kind: ClassVar[str] = "flow.deny"
    flow: Name
    to: Name
    reason: Name
    transfer: AnyId | UnsetType = UNSET
    policy_digest: Digest | UnsetType = UNSET


class ErasureDone(LeafKind, frozen=True):
    """A person's key was destroyed; who it was is in the private body, which nobody can open any more."""

    kind: ClassVar[str] = "erasure.done"
    erasure: AnyId
    objects: Count
    requested_on: Date


class ExportDone(LeafKind, frozen=True):
    """A person was handed what the realm has about them."""

    kind: ClassVar[str] = "export.done"
    export: AnyId
    size_bytes: Count
    requested_on: Date
