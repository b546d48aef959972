"""Who the realm is: what it declares in public, and the keys that everything in it is sealed with.

Nouns: the ``Manifest``, read by ``parse_manifest``; the ``RootKey`` file, which a ``Scheme`` splits among
custodians and a ``Recovery`` puts together again; ``Keys``, which hands out ``UserKey`` and ``RealmKey`` to
seal with and never a readable key, on ``EpochFiles``. What it declares counts as it is on ``record``: each
``Version`` of the manifest, signed with somebody's own key; the ``PolicySet`` that ``policy`` decides by; and
the ``Release`` that runs.
"""

from reelm.realm import declaration, policy
from reelm.realm.countersign import Attestation
from reelm.realm.custody import WORD_COUNT, Group, Recovery, Scheme, Share, expand
from reelm.realm.draft import default_manifest
from reelm.realm.epochs import EpochFiles
from reelm.realm.errors import (
    EpochKeyMissing,
    EpochKeyUnsafe,
    KeyDestroyed,
    KeyExists,
    KeyMissing,
    ManifestChanged,
    ManifestError,
    ManifestSuperseded,
    PoliciesChanged,
    PoliciesRefused,
    ReleaseRefused,
    ReleaseUnlogged,
    RingBroken,
    RootKeyExists,
    RootKeyMismatch,
    RootKeyMissing,
    RootKeyUnsafe,
    RotationRuns,
    SchemeInvalid,
    SealBroken,
    ShareRefused,
    SignatureRefused,
    SigningKeyExists,
    SigningKeyUnsafe,
)
from reelm.realm.keys import Keys, KeyStatus
from reelm.realm.manifest import parse_manifest
from reelm.realm.model import (
    FRAGMENT_COUNT,
    Destination,
    Fault,
    Manifest,
    ManifestKey,
    Operator,
    Owner,
    Pathway,
    PathwayKind,
    Price,
    Provider,
    RealmName,
    Site,
    StorePlace,
    Tenure,
)
from reelm.realm.policy import PolicySet
from reelm.realm.release import Release
from reelm.realm.root import RootKey
from reelm.realm.rotate import KeyConfig
from reelm.realm.seal import SEAL_OVERHEAD_BYTES, WRAPPED_BYTES, RealmKey, SealingKey, UserKey
from reelm.realm.signing import create_signing_key, read_signing_key
from reelm.realm.version import Version, chain_faults

__all__ = [
    "FRAGMENT_COUNT",
    "SEAL_OVERHEAD_BYTES",
    "WORD_COUNT",
    "WRAPPED_BYTES",
    "Attestation",
    "Destination",
    "EpochFiles",
    "EpochKeyMissing",
    "EpochKeyUnsafe",
    "Fault",
    "Group",
    "KeyConfig",
    "KeyDestroyed",
    "KeyExists",
    "KeyMissing",
    "KeyStatus",
    "Keys",
    "Manifest",
    "ManifestChanged",
    "ManifestError",
    "ManifestKey",
    "ManifestSuperseded",
    "Operator",
    "Owner",
    "Pathway",
    "PathwayKind",
    "PoliciesChanged",
    "PoliciesRefused",
    "PolicySet",
    "Price",
    "Provider",
    "RealmKey",
    "RealmName",
    "Recovery",
    "Release",
    "ReleaseRefused",
    "ReleaseUnlogged",
    "RingBroken",
    "RootKey",
    "RootKeyExists",
    "RootKeyMismatch",
    "RootKeyMissing",
    "RootKeyUnsafe",
    "RotationRuns",
    "Scheme",
    "SchemeInvalid",
    "SealBroken",
    "SealingKey",
    "Share",
    "ShareRefused",
    "SignatureRefused",
    "SigningKeyExists",
    "SigningKeyUnsafe",
    "Site",
    "StorePlace",
    "Tenure",
    "UserKey",
    "Version",
    "chain_faults",
    "create_signing_key",
    "declaration",
    "default_manifest",
    "expand",
    "parse_manifest",
    "policy",
    "read_signing_key",
]
