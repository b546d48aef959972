"""A thief with every key and k - 1 providers, and one with every provider and no key: both get nothing.

The same tools, given k providers and the key, get everything; and without the second lock, one provider and
the key would be enough for a third of the bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelm.base import DataClass
from reelm.vault import Suite
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.codec import open_codec
from reelm.vault.store import entries
from support.vault.attacker import Attacker, all_keys, decrypt, shared_ratio
from support.vault.vaulting import (
    PACK_KEY,
    PACKED,
    SMALL,
    VAULT_KEYS,
    OwnerKey,
    memory_stores,
    open_vault,
    records,
    sample,
    stream,
)

pytestmark = pytest.mark.slow

OWNER = b"owner" + bytes(27)
K = SMALL.k
# One of several chunks, one in a pack with others; the bytes are random, so that nothing is found by chance.
SECRETS = {
    "large": sample(4_500, seed=11),
    "large, SHA-256": sample(2_500, seed=12),
    "small": sample(600, seed=13),
    "small, its neighbour": sample(900, seed=14),
}


@dataclass(frozen=True)
class Realm:
    """What there is to steal."""

    stores: Sequence[MemoryStore]
    records: bytes

    def fragments(self, stores: Sequence[MemoryStore]) -> list[bytes]:
        return [data for store in stores for data in store.fragments.values()]


def contents(folder: Path) -> bytes:
    """Of the records' files."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("records.sqlite*")))


@pytest.fixture
async def realm(tmp_path: Path) -> Realm:
    stores = memory_stores()
    async with records(tmp_path) as database:
        vault = open_vault(database, stores, config=PACKED)
        for name, secret in SECRETS.items():
            receipt = await vault.put(
                stream(secret),
                reference=name,
                klass=DataClass.SECRET,
                key=OwnerKey(OWNER),
                suite=Suite.SEALED_SHA256 if "SHA" in name else Suite.SEALED,
            )
            assert await vault.read(receipt.object_id, key=OwnerKey(OWNER)) == secret
        async with database.read() as tx:
            assert len((await tx.execute(entries.select())).all()) == 2
    return Realm(stores, contents(tmp_path))


def thief(realm: Realm, stores: Sequence[MemoryStore], *, has_keys: bool) -> Attacker:
    """One with the contents of these providers, and perhaps all keys and the records."""
    if not has_keys:
        return Attacker(realm.fragments(stores))
    secrets = [OWNER, *all_keys(VAULT_KEYS), realm.records]
    wrappers = [OwnerKey(OWNER), OwnerKey(PACK_KEY)]
    return Attacker(realm.fragments(stores), wrappers=wrappers, secrets=[*secrets, PACK_KEY])


def got(attacker: Attacker) -> dict[str, float]:
    """The part of each secret that turned up anywhere."""
    finds = list(attacker.finds())
    return {name: shared_ratio(finds, secret) for name, secret in SECRETS.items()}


NOTHING = dict.fromkeys(SECRETS, 0.0)
EVERYTHING = dict.fromkeys(SECRETS, 1.0)


async def test_all_keys_and_one_provider_too_few_give_nothing(realm: Realm) -> None:
    for few in list(combinations(realm.stores, K - 1))[::2]:
        assert got(thief(realm, few, has_keys=True)) == NOTHING


async def test_all_providers_and_no_key_give_nothing(realm: Realm) -> None:
    assert got(thief(realm, realm.stores, has_keys=False)) == NOTHING


async def test_all_keys_and_no_provider_give_nothing(realm: Realm) -> None:
    assert got(thief(realm, [], has_keys=True)) == NOTHING


async def test_the_same_tools_get_everything_from_enough_providers_and_the_key(realm: Realm) -> None:
    """Without this, a thief who does everything wrong would prove the vault safe."""
    for enough in list(combinations(realm.stores, K))[::3]:
        assert got(thief(realm, enough, has_keys=True)) == EVERYTHING


async def test_the_owners_key_alone_is_what_is_missing(realm: Realm) -> None:
    """All providers, the records and every key but the owner's; the realm's own opens packs, and no entry."""
    secrets = [*all_keys(VAULT_KEYS), realm.records, PACK_KEY]
    wrappers = [OwnerKey(b"other" + bytes(27)), OwnerKey(PACK_KEY)]
    attacker = Attacker(realm.fragments(realm.stores), wrappers=wrappers, secrets=secrets)
    assert got(attacker) == NOTHING
    assert any(b"RVP1" in find for find in attacker.finds())


@pytest.mark.parametrize("index", range(K))
def test_without_the_second_lock_one_provider_and_the_key_are_enough_for_a_part(index: int) -> None:
    """What encrypting and then fragmenting gives away: the reason for sharing a secret over the providers."""
    key, secret = sample(32, seed=5), sample(3_000, seed=6)
    sealed = AESGCM(key).encrypt(bytes(12), secret, b"")
    block = bytes(open_codec(K, SMALL.n).encode(sealed)[index])
    at = index * len(block)
    decrypted = decrypt(bytes(at) + block, key, 0, is_last=False)
    assert shared_ratio([decrypted], secret) == pytest.approx(1 / K, abs=0.02)
