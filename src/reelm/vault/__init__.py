"""Store bytes that no host can read, and that no single loss can take away.

An object is encrypted under two locks (the owner's key, and a secret shared over the providers), cut into n
fragments of which any k bring it back, and acknowledged only when every fragment that counts is on disk and
any one provider could vanish. What comes back is proven before it is decoded and again after, or it does not
come back.

Nouns: ``Vault``, over the ``VaultEnvironment`` it works with, and its ``Upkeep``; the ``PutReceipt`` of a
put; the ``Suite`` that says how bytes are locked; a ``Store`` at a ``ProviderPlace``; the owner's key as a
``Wrapper``. Small objects share packs, and no caller notices. The bytes are specified in docs/spec/rvf1.md
and docs/spec/rvp1.md.
"""

from reelm.vault.drain import DrainReport
from reelm.vault.environment import VaultEnvironment, by_provider
from reelm.vault.errors import (
    DeletionUnfinished,
    FragmentMissing,
    FragmentRefused,
    KeyNeeded,
    KeyRefused,
    NotDurable,
    NotEnoughFragments,
    ObjectBroken,
    ObjectMissing,
    StoreFailed,
    StoreKeyMissing,
    StoresAway,
    StoresFull,
    Superseded,
    TooFewPlaces,
    VaultError,
)
from reelm.vault.keys import VaultKeys
from reelm.vault.model import (
    BUCKET_WINDOW_BYTES,
    ProviderId,
    ProviderPlace,
    PutReceipt,
    Stage,
    StoreHealth,
    Suite,
    VaultConfig,
)
from reelm.vault.ports import Store, StoreWriter, Wrapper
from reelm.vault.qualification import Qualification
from reelm.vault.status import FragmentLocation, ProviderStatus, VaultStatus
from reelm.vault.store import all_providers
from reelm.vault.upkeep import Upkeep
from reelm.vault.vault import Vault

__all__ = [
    "BUCKET_WINDOW_BYTES",
    "DeletionUnfinished",
    "DrainReport",
    "FragmentLocation",
    "FragmentMissing",
    "FragmentRefused",
    "KeyNeeded",
    "KeyRefused",
    "NotDurable",
    "NotEnoughFragments",
    "ObjectBroken",
    "ObjectMissing",
    "ProviderId",
    "ProviderPlace",
    "ProviderStatus",
    "PutReceipt",
    "Qualification",
    "Stage",
    "Store",
    "StoreFailed",
    "StoreHealth",
    "StoreKeyMissing",
    "StoreWriter",
    "StoresAway",
    "StoresFull",
    "Suite",
    "Superseded",
    "TooFewPlaces",
    "Upkeep",
    "Vault",
    "VaultConfig",
    "VaultEnvironment",
    "VaultError",
    "VaultKeys",
    "VaultStatus",
    "Wrapper",
    "all_providers",
    "by_provider",
]
