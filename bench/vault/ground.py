"""A vault over real records and the stores of one measurement."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelm.base import Database, DataClass, Secret, SystemClock, SystemEntropy, metadata
from reelm.vault import PutReceipt, Store, Suite, Vault, VaultConfig, VaultEnvironment, VaultKeys, by_provider
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.store import tables

MIB = 1 << 20
PIECE_BYTES = 1 << 20
STORE_COUNT = 5


class OwnerKey:
    """Wraps data keys under a key of its own."""

    epoch = 1

    def __init__(self) -> None:
        self._entropy = SystemEntropy()
        self._aead = AESGCM(self._entropy.draw(32))

    def wrap(self, dek: Secret) -> bytes:
        nonce = self._entropy.draw(12)
        return nonce + self._aead.encrypt(nonce, dek.reveal(), b"reelm/dek/1")

    def unwrap(self, wrapped: bytes) -> Secret:
        return Secret(self._aead.decrypt(wrapped[:12], wrapped[12:], b"reelm/dek/1"))


@contextmanager
def folders(place: Path) -> Iterator[list[FolderStore]]:
    """Five stores in new folders."""
    yield [
        FolderStore.open(place / f"store-{number}", provider=f"store-{number}", create=True)
        for number in range(STORE_COUNT)
    ]


@asynccontextmanager
async def ground(
    place: Path, stores: Sequence[Store], config: VaultConfig | None = None
) -> AsyncIterator[VaultEnvironment]:
    """New records in a folder, and everything a vault needs with them."""
    database = Database.open(f"sqlite:///{place / 'records.sqlite'}")
    mine = [table for table in metadata.sorted_tables if table.name in vars(tables)]
    async with database.write() as tx:
        await tx.run_sync(lambda connection: metadata.create_all(connection, tables=mine))
    entropy = SystemEntropy()
    try:
        yield VaultEnvironment(
            stores=by_provider(stores),
            database=database,
            keys=VaultKeys(name=Secret(entropy.draw(32)), seal=Secret(entropy.draw(32))),
            pack_key=OwnerKey(),
            realm_id=entropy.draw(8),
            clock=SystemClock(),
            entropy=entropy,
            config=config or VaultConfig(),
        )
    finally:
        await database.close()


async def put(vault: Vault, data: bytes, reference: str, key: OwnerKey) -> PutReceipt:
    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(data), PIECE_BYTES):
            yield data[at : at + PIECE_BYTES]

    return await vault.put(
        pieces(), reference=reference, klass=DataClass.PROTECTED, key=key, suite=Suite.SEALED
    )
