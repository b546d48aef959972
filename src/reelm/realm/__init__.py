"""Who the realm is: what it declares in public, and the keys that everything in it is sealed with.

Nouns: the ``Manifest``, read by ``parse_manifest``; the ``RootKey`` file, which a ``Scheme`` splits among
custodians and a ``Recovery`` puts together again; ``Keys``, which hands out ``UserKey`` and ``RealmKey`` to
seal with and never a readable key, on ``EpochFiles``.
"""

from reelm.realm.custody import WORD_COUNT, Group, Recovery, Scheme, Share, expand
from reelm.realm.declared import declared
from reelm.realm.draft import default_manifest
from reelm.realm.epochs import EpochFiles
from reelm.realm.errors import (
    EpochKeyMissing,
    EpochKeyUnsafe,
    KeyDestroyed,
    KeyExists,
    KeyMissing,
    ManifestError,
    RingBroken,
    RootKeyExists,
    RootKeyMismatch,
    RootKeyMissing,
    RootKeyUnsafe,
    RotationRuns,
    SchemeInvalid,
    SealBroken,
    ShareRefused,
)
from reelm.realm.keys import Keys, KeyStatus
from reelm.realm.manifest import parse_manifest
from reelm.realm.model import (
    FRAGMENT_COUNT,
    Destination,
    Fault,
    Manifest,
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
from reelm.realm.root import RootKey
from reelm.realm.rotate import KeyConfig
from reelm.realm.seal import SEAL_OVERHEAD_BYTES, WRAPPED_BYTES, RealmKey, SealingKey, UserKey

__all__ = [
    "FRAGMENT_COUNT",
    "SEAL_OVERHEAD_BYTES",
    "WORD_COUNT",
    "WRAPPED_BYTES",
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
    "ManifestError",
    "Operator",
    "Owner",
    "Pathway",
    "PathwayKind",
    "Price",
    "Provider",
    "RealmKey",
    "RealmName",
    "Recovery",
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
    "Site",
    "StorePlace",
    "Tenure",
    "UserKey",
    "declared",
    "default_manifest",
    "expand",
    "parse_manifest",
]
