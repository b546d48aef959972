"""Who the realm is: what it declares in public, and the keys that everything in it is sealed with.

Nouns: the ``Manifest``, read by ``parse_manifest``; the ``RootKey`` file; ``Keys``, which hands out
``UserKey`` and ``RealmKey`` to seal with and never a readable key.
"""

from reelm.realm.draft import default_manifest
from reelm.realm.errors import (
    KeyDestroyed,
    KeyExists,
    KeyMissing,
    ManifestError,
    RootKeyExists,
    RootKeyMismatch,
    RootKeyMissing,
    RootKeyUnsafe,
    SealBroken,
)
from reelm.realm.keys import Keys
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
from reelm.realm.seal import SEAL_OVERHEAD_BYTES, WRAPPED_BYTES, RealmKey, SealingKey, UserKey

__all__ = [
    "FRAGMENT_COUNT",
    "SEAL_OVERHEAD_BYTES",
    "WRAPPED_BYTES",
    "Destination",
    "Fault",
    "KeyDestroyed",
    "KeyExists",
    "KeyMissing",
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
    "RootKey",
    "RootKeyExists",
    "RootKeyMismatch",
    "RootKeyMissing",
    "RootKeyUnsafe",
    "SealBroken",
    "SealingKey",
    "Site",
    "StorePlace",
    "Tenure",
    "UserKey",
    "default_manifest",
    "parse_manifest",
]
