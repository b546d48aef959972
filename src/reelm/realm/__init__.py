"""Hold what the realm declares in public, and the keys that everything in it is sealed with.

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
    KeyDestroyed,
    KeyMissing,
    PoliciesRefused,
    ReleaseRefused,
    ReleaseUnlogged,
    ShareRefused,
)
from reelm.realm.keys import Keys, KeyStatus
from reelm.realm.manifest import parse_manifest
from reelm.realm.model import FRAGMENT_COUNT, Manifest, Price, Provider, StorePlace
from reelm.realm.policy import PolicySet
from reelm.realm.release import Release
from reelm.realm.root import RootKey
from reelm.realm.rotate import KeyConfig
from reelm.realm.seal import RealmKey, SealingKey
from reelm.realm.signing import create_signing_key, read_signing_key
from reelm.realm.version import Version, chain_faults

__all__ = [
    "FRAGMENT_COUNT",
    "WORD_COUNT",
    "Attestation",
    "EpochFiles",
    "Group",
    "KeyConfig",
    "KeyDestroyed",
    "KeyMissing",
    "KeyStatus",
    "Keys",
    "Manifest",
    "PoliciesRefused",
    "PolicySet",
    "Price",
    "Provider",
    "RealmKey",
    "Recovery",
    "Release",
    "ReleaseRefused",
    "ReleaseUnlogged",
    "RootKey",
    "Scheme",
    "SealingKey",
    "Share",
    "ShareRefused",
    "StorePlace",
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
