"""Who the realm is, and the keys that everything in it is sealed with.

Nouns: the ``RootKey`` file; ``Keys``, which hands out ``UserKey`` and ``RealmKey`` to seal with and never
a readable key.
"""

from reelm.realm.errors import (
    KeyDestroyed,
    KeyExists,
    KeyMissing,
    RootKeyExists,
    RootKeyMismatch,
    RootKeyMissing,
    RootKeyUnsafe,
    SealBroken,
)
from reelm.realm.keys import Keys
from reelm.realm.root import RootKey
from reelm.realm.seal import SEAL_OVERHEAD_BYTES, WRAPPED_BYTES, RealmKey, SealingKey, UserKey

__all__ = [
    "SEAL_OVERHEAD_BYTES",
    "WRAPPED_BYTES",
    "KeyDestroyed",
    "KeyExists",
    "KeyMissing",
    "Keys",
    "RealmKey",
    "RootKey",
    "RootKeyExists",
    "RootKeyMismatch",
    "RootKeyMissing",
    "RootKeyUnsafe",
    "SealBroken",
    "SealingKey",
    "UserKey",
]
