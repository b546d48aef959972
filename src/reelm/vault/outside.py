"""Everything the vault works with and does not own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from reelm.base import Clock, Database, Entropy
from reelm.vault.codec import Codec, open_codec
from reelm.vault.format import REALM_BYTES
from reelm.vault.keys import VaultKeys
from reelm.vault.model import Config, ProviderId
from reelm.vault.ports import Store, Wrapper
from reelm.vault.standing import Standing

_codec = lru_cache(open_codec)


@dataclass(frozen=True)
class Outside:
    """Stores, records, keys, time and chance; built once, and shared by the vault and its upkeep.

    Attributes:
        stores: one per provider (``by_provider``); those that were left and are gone are not in it.
        database: where the records are. The vault opens its own units of work: an intent must be durable
            before the first byte leaves, so nothing of the vault is ever called inside a transaction.
        pack_key: the realm's own key for packs, the outer lock of small objects.
        realm_id: 8 bytes, the same for good.
    """

    stores: Mapping[ProviderId, Store]
    database: Database
    keys: VaultKeys
    pack_key: Wrapper
    realm_id: bytes
    clock: Clock
    entropy: Entropy
    config: Config
    standing: Standing = field(default_factory=Standing)

    def __post_init__(self) -> None:
        if len(self.realm_id) != REALM_BYTES:
            raise ValueError(f"a realm's id is {REALM_BYTES} bytes")

    def codec(self, k: int, n: int) -> Codec:
        return _codec(k, n, is_accelerated=self.config.is_accelerated)


def by_provider(stores: Iterable[Store]) -> dict[ProviderId, Store]:
    """The stores, each under its provider.

    Raises:
        ValueError: two are the same provider's.
    """
    given = list(stores)
    found = {store.place.provider: store for store in given}
    if len(found) != len(given):
        raise ValueError("every store is its own provider")
    return found
