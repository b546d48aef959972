"""Bytes that no host can read, and that no single loss can take away.

An object is encrypted under two locks (the owner's key, and a secret shared over the providers), cut into n
fragments of which any k bring it back, and acknowledged only when every fragment that counts is on disk and
any one provider could vanish. What comes back is proven before it is decoded and again after, or it does not
come back.

Nouns: ``Vault``, over the ``Outside`` it works with; the ``Receipt`` of a put; the ``Suite`` that says how
bytes are locked; a ``Store`` at a ``Place``; the owner's key as a ``Wrapper``. Small objects share packs, and
no caller notices. The bytes are specified in docs/spec/rvf1.md and docs/spec/rvp1.md.
"""

from reelm.vault.audit import AuditReport, Sampled
from reelm.vault.drain import DrainReport
from reelm.vault.errors import (
    ClassNeedsSeal,
    DeletionUnfinished,
    FragmentMissing,
    FragmentRefused,
    KeyNeeded,
    KeyRefused,
    NotDurable,
    NotEnoughFragments,
    ObjectBroken,
    ObjectMissing,
    ProviderUnknown,
    RenewalNeeded,
    StoreFailed,
    StoreFull,
    StoreKeyMissing,
    StoreKeyUnsafe,
    StoreRefused,
    StoresFull,
    Superseded,
    TooFewPlaces,
    VaultError,
    WrongRange,
    WrongStage,
)
from reelm.vault.keys import VaultKeys
from reelm.vault.model import (
    BUCKET_WINDOW_BYTES,
    Config,
    Place,
    ProviderId,
    Receipt,
    Stage,
    StoreHealth,
    Suite,
)
from reelm.vault.outside import Outside, by_provider
from reelm.vault.ports import FragmentWriter, Store, Wrapper
from reelm.vault.repair import RepairReport
from reelm.vault.scrub import ScrubReport
from reelm.vault.status import ProviderStatus, VaultStatus, Whereabouts
from reelm.vault.store import ProviderRecord, all_providers
from reelm.vault.trial import Examination, Finding, Verdict
from reelm.vault.upkeep import Upkeep
from reelm.vault.vault import Vault

__all__ = [
    "BUCKET_WINDOW_BYTES",
    "AuditReport",
    "ClassNeedsSeal",
    "Config",
    "DeletionUnfinished",
    "DrainReport",
    "Examination",
    "Finding",
    "FragmentMissing",
    "FragmentRefused",
    "FragmentWriter",
    "KeyNeeded",
    "KeyRefused",
    "NotDurable",
    "NotEnoughFragments",
    "ObjectBroken",
    "ObjectMissing",
    "Outside",
    "Place",
    "ProviderId",
    "ProviderRecord",
    "ProviderStatus",
    "ProviderUnknown",
    "Receipt",
    "RenewalNeeded",
    "RepairReport",
    "Sampled",
    "ScrubReport",
    "Stage",
    "Store",
    "StoreFailed",
    "StoreFull",
    "StoreHealth",
    "StoreKeyMissing",
    "StoreKeyUnsafe",
    "StoreRefused",
    "StoresFull",
    "Suite",
    "Superseded",
    "TooFewPlaces",
    "Upkeep",
    "Vault",
    "VaultError",
    "VaultKeys",
    "VaultStatus",
    "Verdict",
    "Whereabouts",
    "Wrapper",
    "WrongRange",
    "WrongStage",
    "all_providers",
    "by_provider",
]
