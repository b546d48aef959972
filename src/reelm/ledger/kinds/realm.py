"""Hold the leaves about the realm itself: its manifest, keys, releases and policies."""

from typing import ClassVar, Literal

from msgspec import UNSET, UnsetType

from reelm.ledger.fields import (
    Commit,
    Count,
    Digest,
    Handle,
    LeafKind,
    Name,
    Names,
    Text,
    VerifierKey,
    Version,
)


class ManifestPublish(LeafKind, frozen=True):
    """A version of the manifest takes effect; the digest is of its canonical JSON."""

    kind: ClassVar[str] = "manifest.publish"
    version: Count
    digest: Digest
    signers: Names | UnsetType = UNSET
    reason: Text | UnsetType = UNSET
    retention_days: Count | UnsetType = UNSET


class KeyRotate(LeafKind, frozen=True):
    """A public key of the realm is replaced."""

    kind: ClassVar[str] = "key.rotate"
    use: Literal["manifest", "release", "witness", "epoch"]
    old: VerifierKey | UnsetType = UNSET
    new: VerifierKey | UnsetType = UNSET
    epoch: Count | UnsetType = UNSET


class ReleasePublish(LeafKind, frozen=True):
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


class ReleaseDeploy(LeafKind, frozen=True):
    """The realm begins to run this code; the digest is of every file of it."""

    kind: ClassVar[str] = "release.deploy"
    version: Version
    code_digest: Digest
    page_digest: Digest | UnsetType = UNSET
    approved_by: Handle | UnsetType = UNSET
    tag: Name | UnsetType = UNSET


class PolicyPublish(LeafKind, frozen=True):
    """A set of policies takes effect."""

    kind: ClassVar[str] = "policy.publish"
    version: Count
    policy_digest: Digest
    schema_digest: Digest
    approved_by: Handle | UnsetType = UNSET
