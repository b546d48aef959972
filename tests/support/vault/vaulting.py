"""A vault to test with: real records in a folder, stores that may be bent by hand, an owner's key."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelm.base import Broken, Database, Entropy, ObjectId, Secret, metadata, mint
from reelm.vault import Store, Suite, Vault, VaultConfig, VaultEnvironment, VaultKeys, Wrapper, by_provider
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.codec import Block, open_codec
from reelm.vault.fragment import ExpectedFragment
from reelm.vault.keys import ContentKey
from reelm.vault.plan import ObjectPlan, make_plan
from reelm.vault.seal import Chunker, Sealer, SealResult
from reelm.vault.share import combine
from reelm.vault.store import tables as vault_tables
from support.machine.determinism import ManualClock, SeededEntropy

REALM_ID = b"testrelm"
VAULT_KEYS = VaultKeys(name=Secret(bytes(range(32))), seal=Secret(bytes(range(32, 64))))
VAULT_TABLES = [
    vault_tables.objects,
    vault_tables.fragments,
    vault_tables.providers,
    vault_tables.moves,
    vault_tables.former_fragments,
    vault_tables.packs,
    vault_tables.entries,
]
PACK_KEY = b"the realm's key for packs" + bytes(7)
# Small chunks make every boundary cheap to reach: 1 KiB below 4 KiB, 4 KiB above. Nothing goes into packs.
# Nothing is late by accident on a busy machine; a test that wants a hedge says how soon.
SMALL = VaultConfig(
    small_bytes=4096,
    small_chunk_log2=10,
    chunk_log2=12,
    pack_below_bytes=0,
    window_bytes=8192,
    batch_bytes=8192,
    straggler_seconds=0.2,
    hedge_floor_seconds=1.0,
)
# Objects below 2,000 bytes go into packs of 10,000.
PACKED = replace(SMALL, pack_below_bytes=2000, pack_bytes=10_000)
_vaults: WeakKeyDictionary[Database, list[Vault]] = WeakKeyDictionary()


class WrongKey(Broken):
    code = "test.wrong-key"


class OwnerKey:
    """Wraps data keys as ``reelm.realm`` does, under a key of the test's own."""

    def __init__(
        self, key: bytes = b"owner" + bytes(27), *, entropy: Entropy | None = None, epoch: int = 1
    ) -> None:
        self._aead = AESGCM(key)
        self._entropy = entropy or SeededEntropy(7)
        self.epoch = epoch

    def wrap(self, dek: Secret) -> bytes:
        nonce = self._entropy.draw(12)
        return nonce + self._aead.encrypt(nonce, dek.reveal(), b"reelm/dek/1")

    def unwrap(self, wrapped: bytes) -> Secret:
        try:
            return Secret(self._aead.decrypt(wrapped[:12], wrapped[12:], b"reelm/dek/1"))
        except InvalidTag:
            raise WrongKey("this key did not wrap it") from None


def memory_stores(count: int = 5) -> list[MemoryStore]:
    return [MemoryStore(f"provider-{number}") for number in range(1, count + 1)]


def open_vault(
    database: Database,
    stores: Sequence[Store],
    *,
    config: VaultConfig = SMALL,
    entropy: Entropy | None = None,
) -> Vault:
    """Return a vault that ``close_vaults`` closes, so that nothing of it runs longer than its database."""
    vault = Vault(environment(database, stores, config=config, entropy=entropy))
    _vaults.setdefault(database, []).append(vault)
    return vault


def environment(
    database: Database,
    stores: Sequence[Store],
    *,
    config: VaultConfig = SMALL,
    entropy: Entropy | None = None,
) -> VaultEnvironment:
    return VaultEnvironment(
        stores=by_provider(stores),
        database=database,
        keys=VAULT_KEYS,
        pack_key=OwnerKey(PACK_KEY, entropy=entropy or SeededEntropy(8)),
        realm_id=REALM_ID,
        clock=ManualClock(),
        entropy=entropy or SeededEntropy(1),
        config=config,
    )


async def close_vaults(database: Database) -> None:
    """Close every vault that was opened over a database."""
    for vault in _vaults.pop(database, []):
        await vault.close()


@asynccontextmanager
async def records(folder: Path, kind: type[Database] = Database) -> AsyncIterator[Database]:
    """The vault's tables in a new SQLite file, of a kind of database that the ``database`` fixture is not."""
    database = kind.open(f"sqlite:///{folder / 'records.sqlite'}")
    async with database.write() as tx:
        await tx.run_sync(lambda connection: metadata.create_all(connection, tables=VAULT_TABLES))
    try:
        yield database
    finally:
        await close_vaults(database)
        await database.close()


async def stream(data: bytes, *, piece_bytes: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), piece_bytes):
        yield data[at : at + piece_bytes]


def sample(length: int, *, seed: int = 0) -> bytes:
    return SeededEntropy(seed).draw(length)


@dataclass(frozen=True)
class Crafted:
    """An object made below the vault: its fragments in index order, and what the records would say."""

    plan: ObjectPlan
    ending: SealResult
    length_bytes: int
    fragments: tuple[bytes, ...]

    def expected(self, index: int) -> ExpectedFragment:
        common = self.plan.common
        return ExpectedFragment(
            realm_id=common.realm_id,
            object_id=common.object_id,
            generation=common.generation,
            index=index,
            shape=self.ending.shape,
            length_bytes=self.length_bytes,
            object_root=self.ending.object_root,
            fragment_root=self.ending.fragment_roots[index],
            seal_key=VAULT_KEYS.seal,
        )


def craft(
    data: bytes,
    *,
    suite: Suite = Suite.SEALED,
    seed: int = 3,
    realm_id: bytes = REALM_ID,
    generation: int = 1,
    config: VaultConfig = SMALL,
    key: Wrapper | None = None,
) -> Crafted:
    """The same seed gives the same object id and keys, so only what the arguments change differs."""
    entropy, wrapper = SeededEntropy(seed), key or OwnerKey()
    first = make_plan(
        suite,
        wrapper,
        realm_id=realm_id,
        object_id=ObjectId(mint(ManualClock(), entropy)),
        chunk_log2=config.small_chunk_log2 if len(data) < config.small_bytes else config.chunk_log2,
        config=config,
        entropy=entropy,
    )
    common = replace(first.common, generation=generation)
    plan = first
    if generation != first.common.generation:
        content_key = first.key
        if content_key is not None:
            dek = wrapper.unwrap(common.wrapped_dek)
            content_key = ContentKey(
                common, dek=dek, shared=combine(dict(enumerate(first.shares[: common.k])))
            )
        plan = ObjectPlan(common, content_key, first.shares)
    sealer = Sealer(common, open_codec(common.k, common.n), key=plan.key)
    chunker = Chunker(suite, chunk_bytes=1 << common.chunk_log2, batch_bytes=config.batch_bytes)
    columns: list[list[Block]] = [[] for _ in range(common.n)]
    for batch in [*chunker.feed(data), *chunker.end()]:
        for column, blocks in zip(columns, sealer.seal(batch), strict=True):
            column.extend(blocks)
    ending = sealer.finish(length_bytes=len(data), shares=plan.shares, seal_key=VAULT_KEYS.seal)
    parts = zip(ending.heads, columns, ending.trailers, strict=True)
    return Crafted(
        plan, ending, len(data), tuple(b"".join((head, *body, tail)) for head, body, tail in parts)
    )
